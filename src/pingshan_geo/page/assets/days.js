/* The day as of which the page is read: #asof=2017-12-31. Python has assessed each day; what differs from the
   page's own data is told byte by byte (days.py), so that another day is another page: it is loaded anew. */
(() => {
  "use strict";
  const { part, key, el } = pingshanGeo;

  const content = (id) => (document.getElementById(id) || { textContent: "" }).textContent;

  /** The data of the day that the address asks for, and the days that there are. */
  pingshanGeo.read = async () => {
    const text = content("pingshan-geo-data");
    const bytes = await pingshanGeo.inflate(content("pingshan-geo-packed"));
    const told = content("pingshan-geo-days");
    if (!told) return pingshanGeo.unpack(text, bytes);
    const days = JSON.parse(told);
    const at = days.days.slice(0, -1).indexOf(new URLSearchParams(location.hash.slice(1)).get("asof"));
    const of = at < 0 ? [text, bytes] : await asOf(days, at, text, bytes);
    return Object.assign(pingshanGeo.unpack(...of), { days: days.days });
  };

  /** The JSON and the bytes of an earlier day. */
  async function asOf(told, at, text, bytes) {
    const packed = await pingshanGeo.inflate(told.block);
    const sum = (list) => list.reduce((total, one) => total + one, 0);
    const all = sum(told.steps);
    const numbers = new Uint32Array(packed.buffer, 0, 3 * all);
    const first = sum(told.steps.slice(0, at));
    const steps = (column) => numbers.subarray(column * all + first, column * all + first + told.steps[at]);
    const [counts, starts, lengths] = [0, 1, 2].map(steps);
    const head = new TextEncoder().encode(text);
    const base = new Uint8Array(head.length + bytes.length);
    base.set(head);
    base.set(bytes, head.length);
    const found = new Uint8Array(sum([...counts]) + sum([...lengths]));
    let from = 12 * all + sum(told.new.slice(0, at));
    let to = 0;
    for (let step = 0; step < counts.length; step += 1) {
      found.set(packed.subarray(from, from + counts[step]), to);
      from += counts[step];
      to += counts[step];
      found.set(base.subarray(starts[step], starts[step] + lengths[step]), to);
      to += lengths[step];
    }
    const json = found.slice(0, told.text[at]);
    return [new TextDecoder().decode(json), found.slice(told.text[at])];
  }

  key("asof", {
    initial: ({ data }) => (data.days ? data.days[data.days.length - 1] : null),
    read: ({ data }, day) => (data.days && data.days.includes(day) ? day : null),
  });

  part("day_control", (page) => {
    const { days } = page.data;
    if (location.protocol === "about:") return; // in a notebook there is no address to load anew
    const place = page.slot("days");
    const select = el("select", { "data-testid": "as-of", onchange: () => page.set({ asof: select.value }, { push: true }) },
      days.map((day) => el("option", { value: day, selected: day === page.state.asof }, day)));
    page.on((state, changed) => {
      if (!changed || changed.has("lang")) {
        select.setAttribute("aria-label", page.t("as_of_choose"));
        place.replaceChildren(...page.fill("as_of", { date: select }));
      }
      place.classList.toggle("is-early", state.asof !== days[days.length - 1]);
      // The address is written after all parts have been told.
      if (changed && changed.has("asof")) setTimeout(() => location.reload(), 0);
    });
  });
})();

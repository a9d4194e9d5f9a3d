/* Filters of lots by zone, stage, years, area and floor area ratio; each choice counts what the others leave. */
(() => {
  "use strict";
  const { el, part, key, sieve, format, div, span } = pingshanGeo;
  const OWN = ["in", "stage", "years", "area", "far"];
  const MEASURES = { area: "site_area", far: "far" };
  const facts = new WeakMap();

  for (const name of ["in", "stage"]) {
    key(name, {
      read: (page, text, raw) => {
        const known = new Set(choices(page)[name].map(({ code }) => code));
        return raw.split(",").map(decodeURIComponent).filter((code) => known.has(code)).join(",") || null;
      },
      write: (text) => text.split(",").map(encodeURIComponent).join(","),
    });
  }
  for (const name of ["years", "area", "far"]) key(name, { read: (page, text) => (pingshanGeo.lots.range(text) ? text : null) });

  /** Choices with the lots of each; a lot may stand under several, or under "unknown". */
  function choices(page) {
    if (!facts.has(page)) facts.set(page, {});
    const known = facts.get(page);
    if (known.in) return known;
    const { zones, parcels, projects } = page.data.tables;
    const many = parcels.id.length;
    const withRest = (groups) => {
      const placed = new Uint8Array(many);
      for (const { rows } of groups) for (const at of rows) placed[at] = 1;
      const rest = [];
      for (let at = 0; at < many; at += 1) if (!placed[at]) rest.push(at);
      return rest.length && groups.length ? [...groups, { code: "unknown", rows: rest }] : groups;
    };
    known.in = withRest(zones.id.map((id, at) => ({ code: id, rows: page.data.members.parcels[at] || [] }))
      .filter(({ code, rows }) => rows.length && zones.columns.role[page.model.rowOf.zones.get(code)] !== "context"));
    const stages = new Map();
    const stage = projects.columns.stage || [];
    page.model.lotsOfProjects().forEach((lots, project) => {
      if (!stage[project]) return;
      if (!stages.has(stage[project])) stages.set(stage[project], new Set());
      for (const at of lots) stages.get(stage[project]).add(at);
    });
    known.stage = withRest([...stages].map(([code, rows]) => ({ code, rows: [...rows] })));
    return known;
  }

  function values(page, name) {
    const known = choices(page);
    if (!known[name]) {
      if (name === "years") {
        known.years = new Float64Array(page.data.tables.parcels.id.length).fill(NaN);
        for (const [at, set] of pingshanGeo.lots.lotYears(page)) known.years[at] = Math.max(...set);
      } else known[name] = Float64Array.from(pingshanGeo.lots.column(page, MEASURES[name]));
    }
    return known[name];
  }

  /** Which lots pass one filter, as a mark for each; null where it is off. */
  function passes(page, name, text) {
    if (text === null || text === undefined) return null;
    const mask = new Uint8Array(page.data.tables.parcels.id.length);
    if (name === "in" || name === "stage") {
      const chosen = new Set(text.split(","));
      for (const { code, rows } of choices(page)[name]) if (chosen.has(code)) for (const at of rows) mask[at] = 1;
      return mask;
    }
    const asked = pingshanGeo.lots.range(text);
    if (!asked) return null;
    const column = values(page, name);
    for (let at = 0; at < mask.length; at += 1) mask[at] = Number.isNaN(column[at]) ? +asked.unknown : +(column[at] >= asked.low && column[at] <= asked.high);
    if (name === "years") {
      for (const [at, set] of pingshanGeo.lots.lotYears(page)) mask[at] = +[...set].some((year) => year >= asked.low && year <= asked.high);
    }
    return mask;
  }

  function masks(page, state) {
    const known = choices(page);
    if (!known.masks) known.masks = {};
    return OWN.map((name) => {
      if (!known.masks[name] || known.masks[name].text !== state[name]) known.masks[name] = { text: state[name], mask: passes(page, name, state[name]) };
      return known.masks[name].mask;
    });
  }

  sieve(...OWN).by((page, state) => {
    const on = masks(page, state).filter(Boolean);
    return on.length === 0 ? null : on.length === 1 ? (at) => on[0][at] === 1 : (at) => on.every((mask) => mask[at] === 1);
  });

  /** For each filter the lots that pass all but it: a lot that fails one filter counts in that one alone. */
  function facets(page, rest) {
    const on = masks(page, page.state);
    const left = OWN.map(() => new Uint8Array(rest.length));
    for (let at = 0; at < rest.length; at += 1) {
      if (!rest[at]) continue;
      let fails = 0;
      let which = 0;
      for (let one = 0; one < OWN.length; one += 1) if (on[one] && !on[one][at]) { fails += 1; which = one; }
      if (fails === 1) left[which][at] = 1;
      else if (!fails) for (const mask of left) mask[at] = 1;
    }
    return left;
  }

  function nameOf(page, name, code) {
    if (code === "unknown") return page.t("unknown");
    return name === "in" ? pingshanGeo.subjectTitle(page, page.model.row("zones", code)) : page.field(code, true);
  }

  /** What is on of a filter, in words. */
  pingshanGeo.filterSays = (page, name, text) => {
    if (name === "in" || name === "stage") return text.split(",").map((code) => nameOf(page, name, code)).join(page.state.lang === "zh" ? "、" : ", ");
    const { low, high, unknown } = pingshanGeo.lots.range(text);
    if (low === Infinity) return page.t("filter_only_unknown");
    const say = (value) => (!Number.isFinite(value) ? "…" : name === "years" ? String(value) : format.digits(value, 2));
    const ends = Number.isFinite(low) || Number.isFinite(high) ? `${say(low)}–${say(high)}${name === "area" ? ` ${page.t("unit_m2")}` : ""}` : "";
    return [ends || page.t("filter_known"), unknown ? page.t("unknown") : ""].filter(Boolean).join(" + ");
  };

  function list(page, name) {
    const rows = choices(page)[name].map(({ code, rows: lots }) => {
      const box = el("input", { type: "checkbox", "data-choice": code, onchange: () => {
        const chosen = new Set((page.state[name] || "").split(",").filter(Boolean));
        if (box.checked) chosen.add(code); else chosen.delete(code);
        page.set({ [name]: choices(page)[name].map((one) => one.code).filter((one) => chosen.has(one)).join(",") || null });
      } });
      const word = span(code === "unknown" ? "use-name unknown" : "use-name");
      const count = span("num second");
      return { code, lots, box, word, count, row: el("label", { class: "use" }, box, word, count) };
    });
    return {
      place: div("choices", rows.map(({ row }) => row)),
      sync: () => {
        const chosen = new Set((page.state[name] || "").split(","));
        for (const { code, box, word } of rows) { box.checked = chosen.has(code); word.textContent = nameOf(page, name, code); }
      },
      count: (mask) => {
        for (const { lots, count } of rows) {
          let sum = 0;
          for (const at of lots) sum += mask[at];
          count.textContent = format.digits(sum, 0);
        }
      },
    };
  }

  part("filters", (page) => {
    const place = el("div", { class: "filters", role: "group", "data-testid": "filters" });
    page.slot("filters", "topleft").append(place);
    const made = OWN.filter((name) => (name === "in" || name === "stage" ? choices(page)[name].length : true)).map((name) => {
      const steps = name === "in" || name === "stage" ? null : pingshanGeo.ranges.scale(values(page, name), name === "years");
      const inner = steps ? pingshanGeo.ranges.range(page, { key: name, steps, whole: name === "years" }) : list(page, name);
      const summary = el("summary", {});
      const box = el("details", { class: "filter", "data-filter": name, ontoggle: () => {
        if (box.open) for (const one of made) if (one.box !== box) one.box.open = false;
        const around = place.closest(".list-lots");
        if (around) around.classList.toggle("has-open", made.some((one) => one.box.open));
      } }, summary, inner.place);
      return { name, steps, inner, summary, box };
    });
    place.append(...made.map(({ box }) => box));
    let rest = null;
    const draw = (state, changed) => {
      if (!rest || !changed || [...changed].some((name) => name !== "shown" && !OWN.includes(name))) rest = pingshanGeo.lots.passing(page, ...OWN).mask;
      const left = facets(page, rest);
      place.setAttribute("aria-label", page.t("filters_label"));
      for (const { name, steps, inner, summary } of made) {
        const word = page.t(`filter_${name}`);
        // The chips say the value: here it would push the other filters into a second row.
        const says = state[name] === null ? null : page.sentence("filter_on", { name: word, value: pingshanGeo.filterSays(page, name, state[name]) });
        summary.textContent = says ? `${word} ●` : word;
        if (says) summary.title = says; else summary.removeAttribute("title");
        summary.classList.toggle("on", state[name] !== null);
        inner.sync();
        const mask = left[OWN.indexOf(name)];
        if (!steps) { inner.count(mask); continue; }
        const counts = new Uint32Array(256);
        for (let at = 0; at < mask.length; at += 1) counts[steps.bin[at]] += mask[at];
        inner.count(counts);
      }
    };
    page.on((state, changed) => {
      if (!changed || ["lang", "shown"].some((name) => changed.has(name))) draw(state, changed);
    });
  });
})();

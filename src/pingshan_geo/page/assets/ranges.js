/* A range of numbers as a small histogram with two ends that are dragged, typed or moved by keys. */
(() => {
  "use strict";
  const { el, svg, format, div, span } = pingshanGeo;
  const BARS = 20;
  const STEPS = 400;
  /** Where the middle lies is told from about so many values. */
  const SAMPLE = 2000;

  /** Values of lots (NaN is unknown) as steps: even ones, or even in the logarithm where most are small. */
  function scale(values, whole) {
    let [least, most] = [Infinity, -Infinity];
    const some = [];
    const every = Math.ceil(values.length / SAMPLE);
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at];
      if (Number.isNaN(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
      if (at % every === 0) some.push(value);
    }
    const any = least <= most;
    const low = any ? (whole ? least : Math.max(0, least)) : 0;
    const high = any ? most : 1;
    const middle = some.length ? some.sort((a, b) => a - b)[some.length >> 1] : low;
    const log = !whole && low > 0 && high / low > 20 && middle - low < (high - low) / 4;
    const bars = whole ? Math.min(BARS, high - low + 1) : BARS;
    const width = high - low || 1;
    const share = (value) => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / width);
    const at = (part) => (log ? low * (high / low) ** part : low + part * width);
    const bin = new Uint8Array(values.length).fill(255); // of the unknown
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at];
      if (Number.isNaN(value)) continue;
      bin[at] = Math.min(bars - 1, Math.floor(whole ? ((value - low) * bars) / (high - low + 1) : share(value) * bars));
    }
    return { low, high, bars, bin, share, at, any };
  }

  /** Ends typed or dragged → the text of the state; the whole range with the unknown is no filter. */
  function text(low, high, unknown) {
    if (low === "" && high === "" && unknown) return null;
    return `${low}..${high}${unknown ? ",unknown" : ""}`;
  }

  function range(page, { key, steps, whole, decimals = whole ? 0 : 2 }) {
    const round = (value) => (whole ? Math.round(value) : Number(value.toPrecision(3)));
    const svgBars = Array.from({ length: steps.bars }, (_, at) => svg("rect", { x: at + 0.06, y: 0, width: 0.88, height: 0 }));
    const histogram = svg("svg", { class: "bars", viewBox: `0 0 ${steps.bars} 10`, preserveAspectRatio: "none", role: "img" }, ...svgBars);
    const ends = ["from", "to"].map((side) => ({
      side,
      box: el("input", { type: "number", step: "any", class: "end-box" }),
      slide: el("input", { type: "range", min: 0, max: STEPS, step: 1, class: `end-slide end-${side}` }),
    }));
    const unknown = el("input", { type: "checkbox" });
    const unknownCount = span("num second");
    const unknownWord = span("unknown use-name");
    const asked = () => pingshanGeo.lots.range(page.state[key]) || { low: -Infinity, high: Infinity, unknown: true };
    const typed = (end) => (end.box.value.trim() === "" || !Number.isFinite(Number(end.box.value)) ? "" : Number(end.box.value));
    const send = (narrow) => {
      let [low, high] = ends.map(typed);
      if (low !== "" && high !== "" && low > high) [low, high] = [high, low];
      // who narrows a range for the first time asks for known values
      const with0 = narrow && page.state[key] === null ? false : unknown.checked;
      page.set({ [key]: text(low, high, with0) });
    };
    for (const end of ends) {
      end.box.addEventListener("change", () => send(true));
      end.slide.addEventListener("input", () => {
        const place = Number(end.slide.value);
        const edge = end.side === "from" ? 0 : STEPS;
        end.box.value = place === edge ? "" : String(round(steps.at(place / STEPS)));
        send(true);
      });
    }
    unknown.addEventListener("change", () => send(false));
    const only = pingshanGeo.button("link", () => page.set({ [key]: page.state[key] === "unknown" ? null : "unknown" }), {});
    const inputs = div("ends", ends.map(({ box }) => box));
    const place = div("range", steps.any ? [histogram, div("slides", ends.map(({ slide }) => slide)), inputs] : null,
      el("label", { class: "use" }, unknown, unknownWord, unknownCount), only);
    const say = (value) => (whole ? String(value) : format.digits(value, decimals));
    const sync = () => {
      const name = page.t(`filter_${key}`);
      const now = asked();
      const none = now.low === Infinity;
      ends.forEach(({ side, box, slide }, at) => {
        const value = at ? now.high : now.low;
        const open = none || !Number.isFinite(value);
        if (document.activeElement !== box) box.value = open ? "" : String(value);
        box.placeholder = `${page.t(at ? "filter_high" : "filter_low")} ${say(at ? steps.high : steps.low)}`;
        const label = page.sentence(`filter_${side}`, { name });
        box.setAttribute("aria-label", label);
        slide.setAttribute("aria-label", label);
        const part = open ? at : Math.max(0, Math.min(1, steps.share(Math.max(value, steps.low))));
        slide.value = String(Math.round(part * STEPS));
        slide.setAttribute("aria-valuetext", say(open ? (at ? steps.high : steps.low) : value));
      });
      unknown.checked = now.unknown;
      unknownWord.textContent = page.t("unknown");
      only.textContent = page.t("filter_only_unknown");
      only.setAttribute("aria-pressed", String(none));
      histogram.setAttribute("aria-label", page.sentence("filters_bars", { name, low: say(steps.low), high: say(steps.high) }));
    };
    const count = (counts) => {
      const most = Math.max(1, ...counts.subarray(0, steps.bars));
      const now = asked();
      svgBars.forEach((bar, at) => {
        const high = counts[at] ? Math.max(0.5, (counts[at] / most) * 10) : 0;
        bar.setAttribute("y", 10 - high);
        bar.setAttribute("height", high);
        const middle = steps.at((at + 0.5) / steps.bars);
        bar.setAttribute("class", middle >= now.low && middle <= now.high ? "in" : "out");
      });
      unknownCount.textContent = format.digits(counts[255], 0);
    };
    return { place, sync, count };
  }

  pingshanGeo.ranges = { scale, range };
})();

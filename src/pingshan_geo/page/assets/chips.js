/* What is on, as chips, and one button that clears all. */
(() => {
  "use strict";
  const { button, span, div } = pingshanGeo;
  const chips = [];

  /** Register what a chip says of a member of the state, and the value that turns it off. */
  pingshanGeo.chip = (key, text, clear = null) => chips.push({ key, text, clear });

  const joined = (page, words) => words.join(page.state.lang === "zh" ? "、" : ", ");
  pingshanGeo.chip("q", (page, text) => page.sentence("chip_search", { text }), "");
  pingshanGeo.chip("uses", (page, uses) => page.sentence("chip_uses", {
    text: joined(page, [...uses].map((code) => (code === "unknown" ? page.t("unknown") : code))) || page.t("none_chosen"),
  }));
  for (const key of ["in", "stage", "years", "area", "far"]) {
    pingshanGeo.chip(key, (page, text) => page.sentence("filter_on", { name: page.t(`filter_${key}`), value: pingshanGeo.filterSays(page, key, text) }));
  }
  pingshanGeo.chip("sel", (page, text) => page.sentence("chip_selected", { count: text.split(",").length }));

  /** The place of the chips, which follows the state. */
  pingshanGeo.chipBar = (page) => {
    const bar = div("chips-on");
    page.on((state) => {
      const on = chips.filter(({ key, clear }) => state[key] !== undefined && state[key] !== clear && state[key] !== null);
      const held = bar.contains(document.activeElement);
      bar.replaceChildren(...on.map(({ key, text, clear }) => {
        const says = text(page, state[key]);
        return button("chip-on", () => page.set({ [key]: clear }), { "data-chip": key, "aria-label": page.sentence("filter_clear_one", { name: says }) },
          span("chip-text", says), span("chip-off", "×"));
      }), on.length ? button("link chip-clear", () => page.set(Object.fromEntries(chips.map(({ key, clear }) => [key, clear]))), { "data-testid": "clear-all" }, page.t("filters_clear")) : "");
      bar.hidden = !on.length;
      if (held) {
        const next = bar.querySelector("button") || document.getElementById("search");
        if (next) next.focus();
      }
    });
    return bar;
  };
})();

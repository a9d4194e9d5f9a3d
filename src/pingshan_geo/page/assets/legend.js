/* The land uses: legend and filter in one. */
(() => {
  "use strict";
  const { el, part, format, button, span, div } = pingshanGeo;

  part("legend", (page) => {
    const place = page.slot("legend", "bottomleft");
    const section = el("details", { class: "legend", "data-testid": "legend", open: !matchMedia("(max-width: 760px)").matches });
    place.append(section);
    const codes = page.data.uses.map((use) => use.code);
    const choose = (uses) => page.set({ uses: uses.size === codes.length ? null : uses });
    const draw = (state) => {
      const chosen = state.uses || new Set(codes);
      const rows = page.data.uses.map((use) => {
        const box = el("input", { type: "checkbox", "data-use": use.code, onchange: () => {
          const next = new Set(page.state.uses || codes);
          if (box.checked) next.add(use.code); else next.delete(use.code);
          choose(new Set(codes.filter((code) => next.has(code))));
        } });
        box.checked = chosen.has(use.code);
        const name = use.code === "unknown" ? [span("unknown", page.t("unknown"))]
          : [span("use-code", use.code), span("", ` ${page.say(use.name)} `), span("second", page.other(use.name))];
        const count = span("num second", format.digits(use.count, 0));
        return el("label", { class: "use" }, box, pingshanGeo.swatch(page, use.code), span("use-name", name), count);
      });
      const all = button("link", (event) => { event.preventDefault(); choose(new Set(codes)); }, {}, page.t("all"));
      all.hidden = !state.uses;
      section.replaceChildren(el("summary", {}, span("", page.t("land_use")), all), div("uses", rows));
    };
    page.on((state, changed) => {
      if (!changed || changed.has("lang")) return draw(state);
      if (changed.has("uses")) {
        const chosen = state.uses || new Set(codes);
        for (const box of section.querySelectorAll("input")) box.checked = chosen.has(box.dataset.use);
        section.querySelector("summary button").hidden = !state.uses;
      }
    });
  });
})();

/* By what lots are coloured, and the classes of it: legend and filter in one. */
(() => {
  "use strict";
  const { el, part, format, button, span, div } = pingshanGeo;

  /** Codes of the way that pass, or null where all do. */
  function chosenOf(page, way) {
    if (way === "use") return page.state.uses;
    const [filtered, codes] = (page.state.cls || "").split(":");
    return filtered === way ? new Set(codes.split(",")) : null;
  }

  /** How many lots of each class pass all filters but this way's own. */
  function counted(page, colouring) {
    const own = colouring.way === "use" ? "uses" : "cls";
    const { mask } = chosenOf(page, colouring.way) ? pingshanGeo.lots.passing(page, own) : page.shown;
    const counts = new Array(colouring.classes.length).fill(0);
    for (let at = 0; at < mask.length; at += 1) counts[colouring.of[at]] += mask[at];
    return counts;
  }

  function choose(page, way, codes, all) {
    const kept = codes.size === all.length ? null : all.filter((code) => codes.has(code));
    if (way === "use") page.set({ uses: kept && new Set(kept) });
    else page.set({ cls: kept && `${way}:${kept.join(",")}` });
  }

  /** A class said: code and name of a land use, mark and word of a verdict. */
  function named(page, way, cls) {
    const label = pingshanGeo.classLabel(page, cls);
    if (way !== "use" || cls.code === "unknown") return span(cls.code === "unknown" ? "unknown" : "", cls.mark ? el("b", { class: "class-mark", "aria-hidden": "true" }, `${cls.mark} `) : "", label);
    return [span("use-code", cls.code), ` ${label}`];
  }

  pingshanGeo.chip("cls", (page, value) => {
    const [way, codes] = value.split(":");
    const chosen = new Set(codes.split(","));
    const names = pingshanGeo.colouring(page, way).classes.filter(({ code }) => chosen.has(code)).map((cls) => pingshanGeo.classLabel(page, cls));
    return `${page.t(`colour_${way}`)}${page.state.lang === "zh" ? "：" : ": "}${names.join(page.state.lang === "zh" ? "、" : ", ") || page.t("nothing_chosen")}`;
  });

  part("legend", (page) => {
    const place = page.slot("legend", "bottomleft");
    const section = el("details", { class: "legend", "data-testid": "legend", open: !matchMedia("(max-width: 760px)").matches });
    const summary = el("summary");
    section.addEventListener("toggle", () => place.classList.toggle("is-open", section.open));
    const reset = button("link reset", () => { page.set(pingshanGeo.colouring(page).way === "use" ? { uses: null } : { cls: null }); select.focus(); }, {});
    const select = el("select", { id: "colour-by", onchange: () => page.set({ colour: select.value === "use" ? null : select.value }) });
    const label = el("label", { class: "colour-by", for: "colour-by" });
    const list = div("uses");
    section.append(summary, div("colour-row", label, select, reset), list);
    place.append(section);
    const draw = () => {
      const { way, classes } = pingshanGeo.colouring(page);
      const all = classes.map(({ code }) => code);
      label.textContent = page.t("colour_by");
      select.replaceChildren(...pingshanGeo.colourWays.map((one) => el("option", { value: one, selected: one === way }, page.t(`colour_${one}`))));
      reset.textContent = page.t("all");
      // What lots are coloured by stands in the choice while the legend is open.
      summary.replaceChildren(span("when-open", page.t("legend_title")), span("when-closed", page.t(`colour_${way}`)));
      list.dataset.way = way;
      list.replaceChildren(...classes.map((cls) => {
        const box = el("input", { type: "checkbox", [way === "use" ? "data-use" : "data-class"]: cls.code, onchange: () => {
          const next = new Set(chosenOf(page, way) || all);
          if (box.checked) next.add(cls.code); else next.delete(cls.code);
          choose(page, way, next, all);
        } });
        return el("label", { class: "use", title: (way === "use" && page.other(cls.pair)) || null }, box, pingshanGeo.pattern(cls.pattern).swatch(cls.colour), span("use-name", named(page, way, cls)), span("num second class-count"));
      }));
      fill();
    };
    const fill = () => {
      const colouring = pingshanGeo.colouring(page);
      const chosen = chosenOf(page, colouring.way);
      const counts = counted(page, colouring);
      [...list.children].forEach((row, at) => {
        row.querySelector("input").checked = !chosen || chosen.has(colouring.classes[at].code);
        row.querySelector(".class-count").textContent = format.digits(counts[at], 0);
      });
      reset.hidden = !chosen;
    };
    page.on((state, changed) => {
      if (!changed || changed.has("lang") || changed.has("colour")) draw();
      else if (changed.has("shown")) fill();
    });
  });
})();

/* In which unit areas are shown: as printed, or all in one. */
(() => {
  "use strict";
  const { el, format } = pingshanGeo;
  const UNITS = ["m2", "ha", "mu", "km2", "10k_m2"];
  let wanted = null;

  pingshanGeo.key("units", { read: (page, text) => (UNITS.includes(text) ? text : null) });

  /** The unit of an area: the one that the reader wants, else that of the figure; floor is in m² or 10⁴ m² alone. */
  pingshanGeo.shownIn = ({ unit, show }, { name, group }) => {
    if (!wanted || unit !== "m2") return show;
    const isFloor = name.includes("floor") || (group === "targets" && show === "m2");
    return isFloor && !["m2", "10k_m2"].includes(wanted) ? show : wanted;
  };

  /** The unit of a sum: the one that the reader wants, else a usual one; of floor as above. */
  const unitOf = (usual, isFloor = false) => (!wanted || (isFloor && !["m2", "10k_m2"].includes(wanted)) ? usual : wanted);

  /** An amount of land, or of floor, in that unit. */
  function amount(page, value, usual, isFloor = false) {
    const unit = unitOf(usual, isFloor);
    const shown = value / format.FACTOR[unit];
    const decimals = unit === "m2" ? (shown < 1000 ? 1 : 0) : shown < 0.1 ? 4 : 2;
    return `${format.digits(shown, decimals)} ${page.t(`unit_${unit}`)}`;
  }
  Object.assign(pingshanGeo, { unitOf, amount });

  /** The choice in the head of the page; a change is told as one of language, since all numbers are said anew. */
  pingshanGeo.units = (page, place) => {
    wanted = page.state.units;
    const box = el("select", { "data-testid": "units", onchange: () => page.set({ units: box.value || null }) });
    place.append(box);
    page.on((state, changed) => {
      if (!changed || changed.has("lang")) {
        box.setAttribute("aria-label", page.t("units_of_areas"));
        box.replaceChildren(el("option", { value: "" }, page.t("units_printed")), ...UNITS.map((unit) => el("option", { value: unit }, page.t(`unit_${unit}`))));
        box.value = state.units || "";
      }
      if (changed && changed.has("units")) {
        wanted = state.units;
        const all = new Set(["lang"]);
        for (const listener of page.listeners) listener(state, all);
      }
    });
  };
})();

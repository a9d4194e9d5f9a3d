/* How numbers are set: thousands separators, no needless decimals, bounds beside the value. */
(() => {
  "use strict";
  const { span } = pingshanGeo;
  const FACTOR = {}; // stored value of one shown unit; comes with the data
  const DERIVED = { "%": 1, m2: 0, ha: 2, km2: 2, yuan: 0, "yuan/m2": 0, count: 0, "1": 2 };
  /** Decimals of what is compared to printed digits. */
  const COMPARED = { measured_area: 2, area_difference: 2, area_ratio: 4 };

  function digits(value, decimals, keep = false) {
    const fixed = Math.abs(value).toFixed(decimals);
    const [whole, part = ""] = fixed.split(".");
    const kept = keep ? part : part.replace(/0+$/, "");
    const sign = value < 0 && Number(fixed) !== 0 ? "\u2212" : "";
    return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (kept ? `.${kept}` : "");
  }

  /** Decimals of a figure in the unit it is shown in: printed ones are kept, computed ones rounded. */
  function decimalsOf(figure, unit) {
    if (figure.status === "recorded" || figure.status === "conflict") return 4;
    if (figure.measure in COMPARED) return COMPARED[figure.measure];
    const size = Math.abs(figure.value / (FACTOR[unit] || 1));
    const usual = unit in DERIVED ? DERIVED[unit] : 2;
    return size > 0 && size < 0.1 ? usual + 2 : unit === "m2" && size < 1000 ? 1 : usual;
  }

  /** Decimals at which the bounds part, so that the number is seen to lie between them. */
  function partingDecimals(figure, unit) {
    const usual = decimalsOf(figure, unit);
    if (usual === 4 || figure.low === null || figure.high === null) return usual;
    const end = (bound, decimals) => digits(bound / (FACTOR[unit] || 1), decimals);
    for (let decimals = usual; decimals <= 4; decimals += 1) {
      if (end(figure.low, decimals) !== end(figure.high, decimals)) return decimals;
    }
    return usual;
  }

  function number(figure, unit = figure.show, decimals = partingDecimals(figure, unit)) {
    return digits(figure.value / (FACTOR[unit] || 1), decimals, decimals < 4 && figure.unit === "1");
  }

  function withUnit(page, text, unit) {
    const name = page.t(`unit_${unit}`);
    return name ? `${text} ${name}` : text;
  }

  function bounds(page, figure, unit = figure.show) {
    const { value, low, high } = figure;
    if (value === null || low === null || high === null || (low === value && high === value)) return "";
    const scale = FACTOR[unit] || 1;
    const half = (high - low) / 2;
    if (figure.status === "recorded" && Math.abs(high - value - half) < 1e-9 * Math.abs(value || 1)) {
      return withUnit(page, `±${digits(half / scale, 6)}`, unit);
    }
    const decimals = partingDecimals(figure, unit);
    const ends = [low, high].map((bound) => digits(bound / scale, decimals, figure.unit === "1"));
    return ends[0] === ends[1] ? "" : withUnit(page, ends.join(low < 0 ? " … " : "–"), unit);
  }

  function qualifier(page, figure) {
    return ["about", "more_than", "less_than"].includes(figure.qualifier) ? page.t(figure.qualifier) : "";
  }

  /** A figure as text, for sentences and files that people read. */
  function text(page, figure, unit = figure.show) {
    if (!figure || figure.value === null) return page.t("unknown");
    const parts = [qualifier(page, figure), number(figure, unit), page.t(`unit_${unit}`)];
    return parts.filter(Boolean).join(" ");
  }

  /** A figure as nodes: qualifier, number, lighter unit; unknown is a word in its own colour. */
  function nodes(page, figure, unit = figure && figure.show) {
    if (!figure || figure.value === null) return [span("unknown", page.t("unknown"))];
    const said = qualifier(page, figure);
    const name = page.t(`unit_${unit}`);
    return [
      said ? span("qualifier", `${said} `) : null,
      span("number", number(figure, unit)),
      name ? span("unit", ` ${name}`) : null,
    ];
  }

  /** The same land in the units that people of the trade also use; floor is counted in m² alone. */
  function otherUnits(page, figure) {
    const isFloor = figure.measure.includes("floor") || figure.group === "quality" || (figure.group === "targets" && figure.show === "m2");
    if (figure.unit !== "m2" || figure.value === null || isFloor) return "";
    const units = ["ha", "mu"].filter((unit) => unit !== figure.show);
    if (Math.abs(figure.value) >= 1e7) units.pop();
    return units
      .filter((unit) => Math.abs(figure.value / FACTOR[unit]) >= 0.001)
      .map((unit) => `${digits(figure.value / FACTOR[unit], figure.value < 1e4 ? 3 : 2)} ${page.t(`unit_${unit}`)}`)
      .join(" · ");
  }

  /** The years of a period: whole years lose their days. */
  function years(start, end) {
    const whole = (!start || start.endsWith("-01-01")) && (end || "").endsWith("-12-31");
    const ends = [start, end].filter(Boolean).map((day) => (whole ? day.slice(0, 4) : day));
    return [...new Set(ends)].join(" – ");
  }

  pingshanGeo.format = { digits, number, decimalsOf, bounds, qualifier, text, nodes, otherUnits, years, FACTOR };
})();

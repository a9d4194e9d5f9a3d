/* What outlines tell of a lot or zone: where it lies, its limits, recorded against measured, findings. */
(() => {
  "use strict";
  const { el, svg, card, format, button, span, p, div } = pingshanGeo;
  const MARKS = { over: "▲", under: "▼", within: "✓", within_rounding: "≈", agrees: "✓", explained: "∵", disagrees: "≠" };
  /** A number of the lot, its minimum and its maximum. */
  const LIMITED = [
    ["far", "far_minimum", "far_limit"],
    ["site_coverage", null, "site_coverage_limit"],
    ["green_ratio", "green_ratio_minimum", null],
    ["building_height", null, "building_height_limit"],
  ];
  const RECORDED = ["recorded_area", "measured_area", "area_difference", "area_ratio"];
  const SHOWN = new Set([...LIMITED.flat(), "far_margin", "floor_headroom", ...RECORDED]);
  const known = (figure) => Boolean(figure) && figure.value !== null;

  /** A verdict as mark and word; what cannot be judged has the look of the unknown. */
  const verdict = (page, code) =>
    span(`chip verdict verdict-${MARKS[code] ? code : "unknown"}`, el("b", { "aria-hidden": "true" }, MARKS[code] || "?"), ` ${page.t(code)}`);

  /** A share in percent with so many decimals that a part is neither 0 nor 100. */
  function percent(page, share) {
    if (share === null) return page.t("unknown");
    let decimals = 1;
    while (decimals < 7 && share > 0 && share < 1 && [0, 100].includes(Number((share * 100).toFixed(decimals)))) decimals += 1;
    return `${format.digits(share * 100, decimals)} %`;
  }

  /** The zones of each kind that a lot lies in, and how much of it lies in none. */
  function liesIn(page, row) {
    const { model, data } = page;
    const { kind: kinds, geometry_status: statuses } = data.tables.zones.columns;
    const whole = model.value("measured_area", row.id);
    const rows = model.pairsOf(row.index).map((pair, at, all) => {
      const kind = page.field(pair.kind, true);
      const id = `${row.id}@${pair.zone || `outside:${pair.kind}`}`;
      const why = model.figure(`overlay_share/${id}`);
      const area = !why || whole === null ? "" : pingshanGeo.amount(page, pair.share * whole, "m2");
      const undrawn = pair.zone ? 0 : kinds.filter((one, index) => one === pair.kind && statuses[index] === "none").length;
      return card.field(page, at && all[at - 1].kind === pair.kind ? "" : page.title([kind, kind]),
        pair.zone ? card.reference(page, pair.zone) : span("outside", page.sentence("outside_of", { kind })),
        [
          [why ? button("link", () => page.why(why.id), { "data-figure": why.id }, percent(page, pair.share)) : page.t(pair.share === null ? "unknown" : "whole_lot"), area ? ` · ${area}` : ""],
          pair.sliver ? page.t("sliver_said") : pair.dominant && pair.share < 1 ? page.t("dominant") : "",
          undrawn ? page.sentence("note_undrawn_zones", { count: undrawn }) : "",
        ]);
    });
    return card.section(page.t("lies_in"), rows);
  }

  /** A number against its limits as a bar; hatched where the number is not known. */
  function bullet(page, figure, bounds) {
    const most = 1.15 * Math.max(...bounds.map((one) => one.value), figure.high === null ? figure.value : figure.high);
    const at = (value) => (300 * value) / most;
    const bar = (kind, width, y, height) => svg("rect", { x: 0, y, width, height, class: kind });
    const tick = (kind, x, from, to) => svg("path", { d: `M${x} ${from}V${to}`, class: kind });
    const label = [figure, ...bounds].map((one) => `${page.t(one.measure)} ${format.text(page, one)}`).join(" · ");
    const shape = svg("svg", { class: "bullet limit-bullet", viewBox: "0 0 300 16", preserveAspectRatio: "none", role: "img", "aria-label": label }, bar("bar-track", 300, 4, 8));
    if (known(figure)) {
      shape.append(bar(figure.verdict === "over" ? "bar-over" : "bar-delivered", at(figure.value), 4, 8));
      if (figure.low !== null && figure.high !== null) shape.append(svg("path", { d: `M${at(figure.low)} 8H${at(figure.high)}`, class: "bar-bounds" }));
    } else {
      shape.append(svg("rect", { x: 0, y: 4, width: 300, height: 8, fill: "url(#pg-use-unknown)" }));
    }
    shape.append(...bounds.map((one) => tick("bar-target", at(one.value), 0, 16)));
    return shape;
  }

  /** How the lot stands to its limits; a section only where a number or a limit is known. */
  function limits(page, row, show) {
    const of = (measure) => (measure ? page.model.figure(`${measure}/${row.id}`) : null);
    const rows = LIMITED.map(([measure, least, most]) => {
      const [figure, minimum, maximum] = [measure, least, most].map(of);
      if (!figure || ![figure, minimum, maximum].some(known)) return null;
      const bounds = [minimum, maximum].filter(known);
      return [
        show(figure),
        bounds.map(show),
        maximum && maximum.notes.length ? p("cause", page.say(maximum.notes[0])) : null,
        bounds.length ? null : card.field(page, page.title(most || least), null),
        bounds.length && measure === "far" ? bullet(page, figure, bounds) : null,
        card.field(page, page.t("verdict"), verdict(page, figure.verdict || "unknown")),
        measure === "far" ? ["far_margin", "floor_headroom"].map(of).filter(known).map(show) : null,
      ];
    });
    return card.section(page.t("limits_title"), ...rows.flat());
  }

  /** Recorded and measured area, how far they part, and the likely cause with its evidence. */
  function recorded(page, row, show) {
    const figures = RECORDED.map((measure) => page.model.figure(`${measure}/${row.id}`)).filter(Boolean);
    if (!row.area_verdict || !figures.some(known)) return card.section(page.t("recorded_measured"), figures.map(show));
    const difference = figures.find((figure) => figure.measure === "area_difference");
    const tolerance = difference && row.area_tolerance_m2 !== null ? row.area_tolerance_m2 : null;
    return card.section(page.t("recorded_measured"), figures.map(show),
      tolerance === null ? null : card.field(page, page.t("tolerance"), `±${pingshanGeo.amount(page, tolerance, "m2")}`),
      card.field(page, page.t("verdict"), verdict(page, row.area_verdict)),
      (difference ? difference.notes : []).map((note) => p("cause", page.say(note))));
  }

  /** What was found: a button that shows the place where it has one. */
  function finding(page, index) {
    const row = page.data.findings[index];
    const said = [span(`severity ${row.severity}`, page.t(row.severity)), ` ${page.say(row.message)}`];
    return page.showFinding && page.model.hasShape(index)
      ? button("finding", () => page.showFinding(index), { "data-finding": index }, said, span("link", page.t("show_on_map")))
      : div("finding", said);
  }

  function findings(page, id) {
    const found = page.model.findingsOf(id);
    const more = found.length - 40;
    return card.section(page.t("ledger_findings"), found.slice(0, 40).map((index) => finding(page, index)),
      more > 0 ? p("aside", page.sentence("and_more", { count: more })) : null);
  }

  pingshanGeo.land = { SHOWN, percent, liesIn, limits, recorded, findings };
})();

/* Why? The formula with its numbers, where each was printed, what else was printed, what is left out. */
(() => {
  "use strict";
  const { el, part, format, button, span, p, div } = pingshanGeo;
  const MOST_INPUTS = 40;
  /** Figures of a statement or an agreement: the verdict is what is asked for. */
  const SAID = ["claim_computed", "obligation_days_left", "obligation_required"];

  function operand(page, input, figure) {
    const name = named(page, input, figure, page.say(input.label));
    return button("operand", () => page.why(input.id), {}, span("value", format.nodes(page, input)), span("aside", name));
  }

  function formula(page, figure) {
    const signs = figure.operator.split(" … ");
    const inputs = figure.inputs.map((id) => page.model.figure(id)).filter(Boolean);
    const bounds = format.bounds(page, figure);
    const result = div("result", span("value", format.nodes(page, figure)), bounds ? span("aside", bounds) : null);
    const sign = (text) => span("sign", text);
    const terms = Array.from({ length: Math.max(inputs.length, signs.length + 1) }, (_, i) =>
      [i ? sign(signs[i - 1]) : null, inputs[i] ? operand(page, inputs[i], figure) : null]);
    const parts = figure.operator && [2, signs.length + 1].includes(inputs.length) ? [terms, div("outcome", sign("="), result)] : result;
    return div("formula", parts);
  }

  /** The recorded figures under this one, each once, in the order of the formula. */
  function roots(page, figure, seen = new Map()) {
    if (seen.has(figure.id)) return seen;
    if (!figure.inputs.length) seen.set(figure.id, figure);
    for (const id of figure.inputs.slice(0, MOST_INPUTS)) {
      const input = page.model.figure(id);
      if (input) roots(page, input, seen);
    }
    return seen;
  }

  const andMore = (page, inputs) => (inputs.length > MOST_INPUTS
    ? [p("aside", page.sentence("and_more", { count: format.digits(inputs.length - MOST_INPUTS, 0) }))] : []);

  function printedPart(page, figure) {
    return [...roots(page, figure).values()].filter((root) => root.evidence.length).map((root) => {
      const many = root.evidence.length > 1;
      return div("printed",
        root.measure === "obligation_days_left" ? null : p("", el("b", {}, format.text(page, root)), ` ${named(page, root, figure, page.say(root.label))}`),
        root.evidence.map(({ source, locator, printed }, index) =>
          p("aside", many ? span("reading", `${index + 1} `) : null, pingshanGeo.citation(page, source, locator, printed === "outline" ? page.t("field_outline") : printed))));
    }).concat(andMore(page, figure.inputs));
  }

  /** A measure by its name; of another subject than the figure's, with that subject. */
  function named(page, input, figure, label) {
    return input.subject === figure.subject ? label : `${label}, ${pingshanGeo.subjectName(page, input.subject)}`;
  }

  pingshanGeo.subjectName = (page, id) => {
    const kind = page.model.kindOf(id);
    if (kind) return pingshanGeo.subjectTitle(page, page.model.row(kind, id));
    const [lot, zone] = id.split("@").map((one) => (page.model.kindOf(one) ? pingshanGeo.subjectName(page, one) : one));
    if (!zone) return id;
    const outside = /^outside:(.*)$/.exec(zone);
    return outside ? page.sentence("pair_outside", { lot, kind: page.field(outside[1], true) }) : page.sentence("pair_inside", { lot, zone });
  };

  /** How many of the rows of a sum are known, where not all are. */
  pingshanGeo.known = (page, { completeness: part }) => (part && part.rows_known < part.rows ? page.sentence("sum_rows_known", { known: part.rows_known, rows: part.rows }) : "");

  function leftOut(page, figure) {
    const part = figure.completeness;
    if (!part) return null;
    const lines = [p("", page.sentence("sum_rows_known", { known: part.rows_known, rows: part.rows }))];
    if (part.of_recorded_total !== null) {
      lines.push(p("aside", page.sentence("sum_of_total", { share: `${format.digits(part.of_recorded_total * 100, 1)} %` })));
    }
    if (part.left_out.length) {
      const item = (id) => el("li", {}, pingshanGeo.card.reference(page, id), span("unknown", ` ${page.t("unknown")}`));
      lines.push(el("ul", { class: "members" }, part.left_out.slice(0, 60).map(item)));
      if (part.left_out.length > 60) lines.push(p("aside", page.sentence("and_more", { count: part.left_out.length - 60 })));
    }
    return lines;
  }

  function boundsPart(page, figure) {
    if (figure.value === null) return null;
    const unit = page.t(`unit_${figure.show}`);
    const at = (value) => `${format.digits(value / (format.FACTOR[figure.show] || 1), { "%": 2, 1: 3 }[figure.show] || 4, figure.unit === "1")}${unit ? ` ${unit}` : ""}`;
    if (figure.low === null && figure.high === null) return p("", page.t("bounds_none"));
    if (figure.high === null) return p("", page.sentence("bounds_at_least", { low: at(figure.low) }));
    if (figure.low === null) return p("", page.sentence("bounds_at_most", { high: at(figure.high) }));
    const ofOutlines = ["overlay", "quality"].includes(figure.group) || figure.measure.startsWith("measured");
    if (figure.low === figure.high) return p("", page.t(ofOutlines && figure.unit !== "count" ? "bounds_outlines" : "bounds_exact"));
    return p("", page.sentence("bounds_between", { low: at(figure.low), high: at(figure.high) }));
  }

  const PACE = ["period_share", "expected", "delivered", "pace_margin", "pace_needed"];

  /** How a target goes: what should be there by now, ahead or behind, and its rate at each stage. */
  function pacePart(page, { id, subject, group }) {
    if (group !== "targets") return null;
    const own = page.model.figuresOf(subject).filter((one) => one.id !== id);
    const show = (one) => pingshanGeo.figureField(page, one, null);
    const paced = PACE.map((measure) => page.model.figure(`${measure}/${subject}`)).filter(Boolean);
    const margin = page.model.figure(`pace_margin/${subject}`);
    const stages = own.filter((one) => /^completion_rate_(?!itemised|printed)/.test(one.measure));
    const { section, field } = pingshanGeo.card;
    return [
      section(page.t("ev_pace"), margin ? [field(page, page.t("verdict"), pingshanGeo.paceMark(page, margin.verdict)), paced.filter((one) => one.id !== id).map(show)] : null),
      section(page.t("ev_stages"), stages.map(show)),
    ];
  }

  function body(page, figure) {
    const { section } = pingshanGeo.card;
    const inputs = figure.inputs.map((id) => page.model.figure(id)).filter(Boolean);
    const printed = printedPart(page, figure);
    return [
      formula(page, figure),
      figure.kind === "claims" || page.model.kindOf(figure.subject) === "claims" ? p("", el("b", {}, pingshanGeo.subjectName(page, figure.subject))) : null,
      p("method", span(`chip status-${figure.status}`, page.t(figure.status)), " ",
        figure.verdict && SAID.includes(figure.measure) ? [span("chip", page.t(figure.verdict)), " "] : "",
        figure.operator && figure.status === "recorded" ? "" : page.say(figure.method)),
      section(page.t("ev_basis"), figure.basis ? p("", page.say(figure.basis)) : null),
      section(page.t("ev_bounds"), boundsPart(page, figure)),
      section(page.t("ev_step"), pingshanGeo.stepLine(page, figure)),
      section(page.t("ev_printed"), printed.length ? printed : p("unknown", page.t("ev_nowhere"))),
      section(page.t("ev_notes"), figure.notes.length ? el("ul", {}, figure.notes.map((note) => el("li", {}, page.say(note)))) : null),
      section(page.t("ev_left_out"), leftOut(page, figure)),
      pingshanGeo.sensitivity.section(page, figure, `${page.title(figure.label)}, ${pingshanGeo.subjectName(page, figure.subject)}`),
      pacePart(page, figure),
      section(page.t("ev_inputs"),
        inputs.slice(0, MOST_INPUTS).map((input) => pingshanGeo.figureField(page, input, null, named(page, input, figure, page.title(input.label)))),
        andMore(page, inputs)),
      p("figure-id", figure.id),
    ];
  }

  part("evidence_panel", (page) => {
    const place = page.slot("panel", "topright");
    const box = el("article", { class: "panel evidence", "data-testid": "evidence", hidden: true });
    place.append(box);
    let opener = null;
    document.addEventListener("click", (event) => {
      const from = event.target.closest && event.target.closest("[data-figure], .entry");
      if (from && !box.contains(from)) opener = from;
    }, true);
    /** One step back: from the figure to the card, from the card to the page. */
    const close = () => {
      const was = page.state.lot || page.state.zone;
      if (page.state.figure) page.set({ figure: null }, { push: true });
      else if (was) page.open(null);
      else return;
      const row = [...document.querySelectorAll(".rows .entry")].find((one) => one.dataset.id === was);
      const next = opener && opener.isConnected ? opener : row || document.getElementById("search");
      if (next) next.focus();
    };
    page.on((state, changed) => {
      if (changed && !["figure", "lang", "scenario"].some((key) => changed.has(key))) return;
      box.hidden = !state.figure;
      if (!state.figure) return box.replaceChildren();
      const figure = page.model.figure(state.figure);
      const kind = page.model.kindOf(figure.subject);
      const name = pingshanGeo.subjectName(page, figure.subject);
      const subject = kind === "parcels" || kind === "zones" ? pingshanGeo.card.reference(page, figure.subject) : name;
      const title = page.sentence(figure.value === null ? "why_unknown" : "why", { value: format.text(page, figure) });
      box.replaceChildren(pingshanGeo.panelHead(page, title, [page.title(figure.label), subject], close, { subject: figure.subject, kind, figure: figure.id }), div("panel-body", body(page, figure)));
      if (changed && changed.has("figure")) pingshanGeo.arrive(box);
      return null;
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  });
})();

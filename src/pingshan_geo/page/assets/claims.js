/* Printed statements that can be computed again: what was claimed beside what comes out. */
(() => {
  "use strict";
  const { el, format, button, span, p, div } = pingshanGeo;
  /** In the order in which they are told: what asks for a look first; each has a sign beside its word. */
  const VERDICTS = new Map([["contradicted", "✕"], ["rounded", "≈"], ["cannot_check", "?"], ["consistent", "✓"]]);
  const OPERATORS = { rate: "÷", part: "÷", comparison: "÷", total: "+", difference: "−", growth: "÷ … − 1" };
  /** Claims that the drawer shows at once. */
  const MOST = 300;

  const chip = (page, verdict, ...rest) => span(`chip verdict verdict-${verdict}`, el("span", { "aria-hidden": "true" }, VERDICTS.get(verdict)), " ", page.t(verdict), rest);

  const computedOf = (page, id) => page.model.figure(`claim_computed/${id}`);

  /** The claims by verdict; inside a verdict in the catalogue's order. */
  function sorted(page) {
    const places = new Map([...VERDICTS.keys()].map((verdict) => [verdict, []]));
    page.data.tables.claims.id.forEach((id, at) => {
      const figure = computedOf(page, id);
      (places.get(figure && figure.verdict) || places.get("cannot_check")).push(at);
    });
    return places;
  }

  /** The formula with its numbers, up to the sign before the result; empty where one of them is unknown. */
  function formula(page, figure, form) {
    const [sign, rest] = (OPERATORS[form] || "").split(" … ");
    const inputs = figure.inputs.map((id) => page.model.figure(id)).filter(Boolean);
    if (!sign || inputs.length < 2 || inputs.some((one) => one.value === null)) return "";
    const said = inputs.map((one) => format.text(page, one)).join(` ${sign} `);
    return `${said}${rest ? ` ${rest}` : ""} = `;
  }

  function number(page, measure, figure, form) {
    const { label } = page.data.measures.find((one) => one.name === measure);
    const isKnown = figure && figure.value !== null;
    const bounds = isKnown ? format.bounds(page, figure) : "";
    const none = span("unknown", page.t(measure === "claimed_value" && !figure ? "claim_no_number" : "unknown"));
    return div("claim-number", span("claim-name", page.title(label)),
      isKnown ? [span("second", formula(page, figure, form)), span("value", format.nodes(page, figure)), bounds ? span("second", ` ${bounds}`) : ""] : none);
  }

  function line(page, at, verdict) {
    const row = page.model.rowAt("claims", at);
    const { id, source_id: from, locator } = row;
    const computed = computedOf(page, id);
    const source = page.data.sources.find((one) => one.id === from);
    const [claimed, implied] = ["claimed_value", "claim_implied"].map((measure) => page.model.figure(`${measure}/${id}`));
    const statement = page.say(row.name);
    return el("li", { class: "claim", "data-claim": id, "data-verdict": verdict },
      div("claim-verdict", chip(page, verdict)),
      div("claim-said",
        computed ? button("claim-open", () => page.why(computed.id), { "data-figure": computed.id, "data-focus": computed.id }, statement) : statement,
        source ? span("aside", pingshanGeo.citation(page, { ...source, url: null }, locator)) : "",
        div("claim-numbers", number(page, "claimed_value", claimed), number(page, "claim_computed", computed, row.formula),
          implied && implied.value !== null ? number(page, "claim_implied", implied) : ""),
        (computed ? computed.notes : []).map((note) => span("claim-note", page.say(note)))));
  }

  pingshanGeo.drawer("claims", (page) => page.model.count("claims"), (page) => {
    const places = sorted(page);
    const all = [...places].flatMap(([verdict, rows]) => rows.map((at) => [at, verdict]));
    const list = el("ul", { class: "claims", "data-testid": "claims" });
    const more = button("link more-rows", () => show(true));
    function show(hasAsked) {
      const from = list.childElementCount;
      list.append(...all.slice(from, from + MOST).map(([at, verdict]) => line(page, at, verdict)));
      const left = all.length - list.childElementCount;
      more.hidden = left <= 0;
      more.textContent = page.sentence("show_more", { more: format.digits(Math.min(left, MOST), 0), left: format.digits(left, 0) });
      const next = hasAsked && list.children[from] && list.children[from].querySelector("button");
      if (next) next.focus({ preventScroll: true });
    }
    show(false);
    const counts = [...places].map(([verdict, rows]) => chip(page, verdict, " ", el("b", {}, format.digits(rows.length, 0))));
    return [p("claims-count", span("", pingshanGeo.counted(page, "claims_count", all.length)), counts), list, more];
  });
})();

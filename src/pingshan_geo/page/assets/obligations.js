/* What the agreement on a lot asks for: due, met, overdue or unknown, in the card and in the timeline. */
(() => {
  "use strict";
  const { el, svg, format, button, span, p } = pingshanGeo;
  const VERDICTS = ["overdue", "due", "met", "unknown"];
  const SHAPES = {
    met: ["M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", "M-2.6 .2l1.9 2l3.3 -4"],
    due: ["M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"],
    overdue: ["M0 -6l6.4 11.4h-12.8z", "M0 -2.4v3.6M0 3v.9"],
    unknown: ["M-5 -5h10v10h-10z", "M-1.8 -1.4c0 -2.4 3.6 -2.4 3.6 0c0 1.3 -1.8 1.2 -1.8 2.4M0 2.8v.5"],
  };
  const TERM = "M8.5 -6.5V6.5"; // where a term ends, a stop stands beside the mark
  const LANE = 17;
  const FAR = { wide: 128, rows: 4 };

  /** A verdict as a shape, which no other verdict has; a term has a stop beside it. */
  const shape = (verdict, isTerm, attributes = {}) => svg("g", { class: `duty duty-${verdict}`, ...attributes },
    svg("path", { d: SHAPES[verdict][0], class: "duty-form" }),
    SHAPES[verdict][1] && svg("path", { d: SHAPES[verdict][1], class: "duty-sign" }),
    isTerm && svg("path", { d: TERM, class: "duty-stop" }));

  const icon = (verdict, isTerm) => svg("svg", { class: "duty-icon", viewBox: isTerm ? "-8 -8 19 16" : "-8 -8 16 16", "aria-hidden": "true" }, shape(verdict, isTerm));

  /** The verdict of an obligation; what nobody has judged is unknown. */
  const verdictOf = (row) => (VERDICTS.includes(row.obligation_verdict) ? row.obligation_verdict : "unknown");
  const chip = (page, row) => span(`chip duty-chip verdict-${verdictOf(row)}`, icon(verdictOf(row), row.kind_key === "term"), page.t(verdictOf(row)));

  /** Positions of the lots that an obligation is about: its own, that of its land transfer, those of its project. */
  function lotsOf(page, row) {
    const { model } = page;
    const own = (id) => (model.has("parcels", id) ? [model.rowOf.parcels.get(id)] : []);
    if (row.parcel_id) return own(row.parcel_id);
    const sale = row.auction_id && model.has("auctions", row.auction_id) ? model.row("auctions", row.auction_id) : null;
    if (sale && sale.parcel_id) return own(sale.parcel_id);
    const project = model.rowOf.projects.get(row.project_id || (sale && sale.project_id));
    return project === undefined ? [] : [...model.lotsOfProjects()[project]];
  }

  /** All obligations with their lots, made once. */
  const all = (page) => pingshanGeo.lots.once(page, "obligations", () => page.model.rows("obligations").map((row) => ({ row, lots: lotsOf(page, row) })));

  const ofLot = (page, id) => {
    const at = page.model.rowOf.parcels.get(id);
    return all(page).filter(({ lots }) => lots.includes(at)).map(({ row }) => row);
  };

  const figureOf = (page, row, measure) => page.model.figure(`${measure}/${row.id}`);
  /** The figure whose evidence says most: the part reached where it is known, else what is asked, else the days left. */
  const telling = (page, row) => ["obligation_rate", "obligation_required", "obligation_days_left"].map((measure) => figureOf(page, row, measure))
    .filter((one, at) => one && (at || one.value !== null))[0] || null;

  const dueOf = (row) => row.obligation_due || row.due || null;
  const name = (page, row) => page.title(page.words[row.kind_key] ? row.kind_key : [row.kind_key, row.kind_key]);

  /** What is asked for, what is reached, when: one line each. */
  function lines(page, row) {
    const [asked, reached] = ["obligation_required", "obligation_reached"].map((measure) => figureOf(page, row, measure));
    const isTerm = row.kind_key === "term";
    const due = dueOf(row);
    const on = (word, date) => (date ? span("whole", page.sentence(word, { date })) : "");
    return [
      row.name[0] === row.id ? "" : page.say(row.name),
      page.dotted([
        asked && asked.value !== null ? page.fill("duty_asked", { value: format.text(page, asked) }) : "",
        isTerm || !asked || asked.value === null ? "" : page.fill("duty_reached", { value: span("", format.nodes(page, reached)) }),
      ]),
      page.dotted([
        due ? on(isTerm ? "duty_ends" : "duty_due", due) : span("unknown", page.t(isTerm ? "duty_end_unknown" : "duty_due_unknown")),
        on("duty_met_on", row.met_on), on("duty_open_on", row.open_on),
      ]),
      page.field(row.note),
    ].filter((one) => one && one.length);
  }

  /** The section of a lot's card; pressing one opens the evidence of its figure. */
  function section(page, lot, notes) {
    const rows = ofLot(page, lot).map((row) => {
      const source = page.data.sources.find((one) => one.id === row.source_id);
      const said = [
        span("field-name", name(page, row), source ? notes.mark([[source, row.locator]]) : null),
        span("field-value", chip(page, row), lines(page, row).map((line) => span("aside", line))),
      ];
      const figure = telling(page, row);
      const hooks = { "data-obligation": row.id, ...(figure ? { "data-figure": figure.id } : {}) };
      return figure ? button("field figure-row", () => page.why(figure.id), hooks, said) : el("div", { class: "field", ...hooks }, said);
    });
    return pingshanGeo.card.section(page.t("obligations"), rows);
  }

  /** Dates on which something is due or a term ends, for the timeline; those without a date are told there. */
  function dated(page, moments) {
    const { tables } = page.data;
    return all(page).map(({ row, lots }) => ({
      kind: "obligation", row, id: row.id, date: dueOf(row), when: moments(dueOf(row)), verdict: verdictOf(row), isTerm: row.kind_key === "term",
      lot: lots.length ? tables.parcels.id[lots[0]] : null,
    }));
  }

  function said(page, one) {
    const lot = one.lot ? pingshanGeo.subjectTitle(page, page.model.row("parcels", one.lot)) : page.t("time_no_lot");
    const rough = one.when.exact ? "" : ` (${page.t(one.date.length > 4 ? "time_to_month" : "time_to_year")})`;
    return [`${one.date}${rough}`, name(page, one.row), page.t(one.verdict), lot].join(" · ");
  }

  /** A mark of the timeline that tells its words when it is pointed at, and acts when it is pressed. */
  const press = (node, words, tell, action) => {
    for (const event of ["pointerenter", "focus"]) node.addEventListener(event, () => tell(words));
    node.addEventListener("click", action);
    node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); action(); } });
    return node;
  };

  /** The lane of the timeline, in rows that do not overlap. */
  function lane(page, list, x, top, tell) {
    const lines = svg("g", { class: "lane" });
    const ends = [];
    for (const one of list) {
      const [from, to] = [x(one.when.start), x(one.when.end)];
      const width = one.when.exact ? 0 : to - from;
      const middle = width > 16 ? to - 8 : from + width / 2;
      const left = Math.min(from, middle - 8);
      let row = ends.findIndex((end) => end <= left);
      if (row < 0) row = ends.push(0) - 1;
      ends[row] = Math.max(from + width, middle + (one.isTerm ? 11 : 8)) + 2;
      const y = top + row * LANE + LANE / 2;
      const off = one.lot && !page.shown.mask[page.model.rowOf.parcels.get(one.lot)] ? " off" : "";
      const node = svg("g", { role: "button", tabindex: 0, class: `happened-at${off}`, "data-event": one.id, "data-verdict": one.verdict, "data-focus": `event:${one.id}`, "aria-label": said(page, one) },
        width > 16 && svg("rect", { x: from, y: y - 2.5, width, height: 5, class: "duty-span" }),
        shape(one.verdict, one.isTerm, { transform: `translate(${middle} ${y})` }));
      lines.append(press(node, said(page, one), tell, () => (one.lot ? page.open("parcels", one.lot) : tell(said(page, one)))));
    }
    return { shape: lines, high: Math.max(1, ends.length) * LANE + 4 };
  }

  /** Ends that lie far beyond the axis: their years behind a break at its edge, which is not to scale. */
  function beyond(page, list, edge, top, tell) {
    const years = [...new Set(list.map((one) => Number(one.date.slice(0, 4))))].sort((a, b) => a - b);
    const each = Math.ceil(years.length / FAR.rows);
    const lines = svg("g", { class: "lane beyond" }, svg("path", { class: "beyond-break", d: `M${edge} ${top}l4 4l-8 5l8 5l-4 4` }));
    let rows = 0;
    for (let at = 0; at < years.length; at += each, rows += 1) {
      const group = years.slice(at, at + each);
      const own = list.filter((one) => group.includes(Number(one.date.slice(0, 4))));
      const ends = [...new Set([group[0], group[group.length - 1]])].join("–");
      const words = own.length > 6 ? pingshanGeo.counted(page, "time_beyond", own.length, { years: ends }) : own.map((one) => said(page, one)).join("; ");
      const y = top + rows * LANE + LANE / 2;
      const text = svg("text", { x: edge + 35, y: y + 4 });
      text.textContent = `${ends}${own.length > 1 ? ` ×${own.length}` : ""}`;
      const worst = VERDICTS.find((verdict) => own.some((one) => one.verdict === verdict));
      const node = svg("g", { role: "button", tabindex: 0, class: "happened-at", "data-beyond": group[0], "data-focus": `beyond:${group[0]}`, "aria-label": words },
        svg("path", { class: "beyond-arrow", d: `M${edge + 5} ${y}h8m-3 -3l3 3l-3 3` }),
        shape(worst, own.every((one) => one.isTerm), { transform: `translate(${edge + 22} ${y})` }), text);
      lines.append(press(node, words, tell, () => (own.length === 1 && own[0].lot ? page.open("parcels", own[0].lot) : tell(words))));
    }
    return { shape: lines, high: rows * LANE + 4 };
  }

  /** What the shapes mean, of those that are there. */
  function key(page, list) {
    const there = VERDICTS.filter((verdict) => list.some((one) => one.verdict === verdict));
    if (!there.length) return "";
    return p("duty-key aside", there.map((verdict) => span("", icon(verdict), ` ${page.t(verdict)}`)),
      list.some((one) => one.isTerm) ? span("", icon("due", true), ` ${page.t("duty_term_key")}`) : "");
  }

  pingshanGeo.obligations = { ofLot, section, dated, lane, beyond, key, press, verdictOf, FAR };
})();

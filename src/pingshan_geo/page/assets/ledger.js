/* The drawer under the map: tasks, land transfers, what was found, sources, and what other modules add. */
(() => {
  "use strict";
  const { el, part, key, format, card, button, span, p, div } = pingshanGeo;
  const drawers = [];

  /** A drawer: how many things are in it (true: some, 0: none), what it shows, and on what that rests. */
  function drawer(name, count, draw, ...keys) {
    drawers.push({ name, count, draw, keys });
  }
  pingshanGeo.drawer = drawer;
  key("drawer", { read: (page, name) => (drawers.some((one) => one.name === name && one.count(page)) ? name : null) });

  const link = (page, figure) => (figure
    ? button("cell-figure", () => page.why(figure.id), { "data-figure": figure.id }, format.nodes(page, figure))
    : "");
  function table(page, heads, rows) {
    const side = ([, numeric]) => (numeric ? "num" : null);
    return el("table", {},
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col", class: side(head) }, page.title(head[0]))))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((content, at) => el("td", { class: side(heads[at]) }, content))))));
  }

  const word = (page, value) => (value ? page.t(value) : span("unknown", "—"));

  /** Rows of findings that a drawer shows; the gravest come first. */
  const MOST = 200;

  drawer("targets", (page) => page.data.tables.targets.id.length, (page) =>
    table(page, [["target"], ["field_period"], ["target_value", true], ["delivered", true], ["completion_rate", true], ["ev_bounds", true]],
      page.model.rows("targets").map((row) => {
        const of = (measure) => page.model.figure(`${measure}/${row.id}`);
        const rate = of("completion_rate");
        const asked = of("target_value");
        const implied = of("implied_target");
        return [
          pingshanGeo.subjectTitle(page, row),
          span("whole", format.years(row.period_start, row.period_end)),
          link(page, asked && asked.value === null && implied && implied.value !== null ? implied : asked),
          link(page, of("delivered")),
          link(page, rate),
          rate ? format.bounds(page, rate) : "",
        ];
      })));

  drawer("auctions", (page) => page.data.tables.auctions.id.length, (page) =>
    table(page, [["field_date"], ["lot"], ["project"], ["field_buyer"], ["field_mode"], ["price", true], ["site_area", true]],
      page.model.rows("auctions").map((row) => {
        const project = page.model.has("projects", row.project_id) ? page.model.row("projects", row.project_id).name : null;
        const area = row.parcel_id ? page.model.figure(`site_area/${row.parcel_id}`) : null;
        const none = () => word(page, null);
        return [
          word(page, row.date),
          card.reference(page, row.parcel_id) || none(),
          page.say(project) || none(),
          page.field(row.buyer) || none(),
          word(page, row.mode),
          link(page, page.model.figure(`price/${row.id}`)),
          area ? link(page, area) : none(),
        ];
      })));

  drawer("findings", (page) => page.data.findings.length, (page) =>
    [table(page, [["severity"], ["finding"], ["field_subject"], ["finding_where"]],
      page.data.findings.slice(0, MOST).map((row, at) => [
        span(`severity ${row.severity}`, page.t(row.severity)),
        [div("", page.say(row.message)), div("aside", page.say(row.fix)),
          page.showFinding && page.model.hasShape(at) ? button("link", () => page.showFinding(at), { "data-finding": at }, page.t("show_on_map")) : null],
        page.dotted([row.subject, ...row.related].map((id) => card.reference(page, id))),
        page.dotted([[row.file, row.row].filter((value) => value !== null && value !== undefined).join(":"), page.field(row.field, true)]),
      ])), page.data.findings.length > MOST ? p("aside", page.sentence("and_more", { count: page.data.findings.length - MOST })) : ""]);

  drawer("sources", (page) => page.data.sources.length, (page) =>
    table(page, [["field_source"], ["field_publisher"], ["field_date"], ["field_licence"]],
      page.data.sources.map((row) => [
        pingshanGeo.citation(page, { ...row, date: null }), row.publisher || word(page, null), word(page, row.date), word(page, row.licence),
      ])));

  part("ledger", (page) => {
    const place = page.slot("ledger", "bottomleft");
    const bar = el("div", { class: "drawer-tabs", role: "group" });
    const sheet = el("div", { class: "drawer-sheet", hidden: true });
    place.append(bar, sheet);
    const named = new Map(drawers.map((one) => [one.name, one]));
    const draw = (state) => {
      bar.replaceChildren(...drawers.map(({ name, count }) => [name, count(page)]).filter(([, count]) => count).map(([name, count]) =>
        button("drawer-tab", () => page.set({ drawer: page.state.drawer === name ? null : name }), { "data-ledger": name, "aria-expanded": String(state.drawer === name) },
          page.t(`ledger_${name}`), count === true ? "" : span("tally", ` ${format.digits(count, 0)}`))));
      fill(state);
    };
    const fill = (state) => {
      const open = named.get(state.drawer);
      sheet.hidden = !open;
      sheet.dataset.drawer = state.drawer || "";
      sheet.replaceChildren(...[open ? open.draw(page) : ""].flat());
    };
    page.on((state, changed) => {
      if (!changed || changed.has("lang")) return draw(state);
      if (changed.has("drawer")) {
        draw(state);
        sheet.scrollTop = 0;
      } else if (named.has(state.drawer) && named.get(state.drawer).keys.some((key) => changed.has(key))) fill(state);
    });
  });
})();

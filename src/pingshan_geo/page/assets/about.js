/* What stands in the panel when nothing is chosen: how to read the map, what is not drawn and why. */
(() => {
  "use strict";
  const { el, part, format, card, button, span, p, div } = pingshanGeo;

  /** What is not drawn, under the reason why. */
  function undrawn(page) {
    const reasons = new Map();
    for (const kind of ["parcels", "zones"]) {
      for (const row of page.model.rows(kind).filter((one) => one.geometry_status === "none")) {
        const why = page.field(row.geometry_note).replace(/^(Not drawn: |未绘：)/, "") || page.t(row.zone_id ? "undrawn_zone_only" : "undrawn_nowhere");
        if (!reasons.has(why)) reasons.set(why, []);
        reasons.get(why).push(row.id);
      }
    }
    return [...reasons].map(([why, ids]) => el("li", {}, span("aside", page.title([why, why])), page.dotted(ids.map((id) => card.reference(page, id)))));
  }

  part("about_panel", (page) => {
    const place = page.slot("panel", "topright");
    const box = el("article", { class: "panel about" });
    place.append(box);
    const key = el("section", { class: "undrawn" });
    page.showUndrawn = () => key.scrollIntoView({ block: "start" });
    const read = (status, word) => el("li", {}, el("span", { class: `sample ${status}`, "aria-hidden": "true" }), span("", page.t(word)));
    page.on((state, changed) => {
      box.hidden = Boolean(state.lot || state.zone || state.figure);
      if (changed && !changed.has("lang")) return;
      const items = undrawn(page);
      const count = ["parcels", "zones"].flatMap((kind) => page.model.rows(kind)).filter((row) => row.geometry_status === "none").length;
      key.replaceChildren(
        el("h3", {}, `${page.t("not_drawn_title")} · ${format.digits(count, 0)}`),
        count ? el("ul", { class: "members" }, items) : p("", page.t("all_drawn")),
      );
      box.replaceChildren(
        el("header", { class: "panel-head" },
          div("", el("h2", { tabindex: "-1" }, page.t("about_title")), p("panel-sub", page.t("about_sub")))),
        el("div", { class: "panel-body" },
          card.section(page.t("reading_title"), el("ul", { class: "reading-key" },
            read("solid", "reading_published"), read("illustrative", "reading_illustrative"), read("unknown-sample", "reading_unknown"))),
          key,
          card.section(page.t("figures_title"), p("", page.t("figures_text")))));
    });
  });

  /* The drawer under the map: tasks, land transfers, what was found, sources. */
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
  const LEDGERS = {
    targets: (page) => table(page, [["target"], ["field_period"], ["target_value", true], ["delivered", true], ["completion_rate", true], ["ev_bounds", true]],
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
      })),
    auctions: (page) => table(page, [["field_date"], ["lot"], ["project"], ["field_buyer"], ["field_mode"], ["price", true], ["site_area", true]],
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
      })),
    findings: (page) => [table(page, [["severity"], ["finding"], ["field_subject"], ["finding_where"]],
      page.data.findings.slice(0, MOST).map((row, at) => [
        span(`severity ${row.severity}`, page.t(row.severity)),
        [div("", page.say(row.message)), div("aside", page.say(row.fix)),
          page.showFinding && page.model.hasShape(at) ? button("link", () => page.showFinding(at), { "data-finding": at }, page.t("show_on_map")) : null],
        page.dotted([row.subject, ...row.related].map((id) => card.reference(page, id))),
        page.dotted([[row.file, row.row].filter((value) => value !== null && value !== undefined).join(":"), page.field(row.field, true)]),
      ])), page.data.findings.length > MOST ? p("aside", page.sentence("and_more", { count: page.data.findings.length - MOST })) : ""],
    sources: (page) => table(page, [["field_source"], ["field_publisher"], ["field_date"], ["field_licence"]],
      page.data.sources.map((row) => [
        pingshanGeo.citation(page, { ...row, date: null }), row.publisher || word(page, null), word(page, row.date), word(page, row.licence),
      ])),
  };

  part("ledger", (page) => {
    const place = page.slot("ledger", "bottomleft");
    const bar = el("div", { class: "drawer-tabs", role: "group" });
    const sheet = el("div", { class: "drawer-sheet", hidden: true });
    place.append(bar, sheet);
    let open = null;
    const draw = () => {
      const { tables, findings, sources } = page.data;
      const counts = { targets: tables.targets.id.length, auctions: tables.auctions.id.length, findings: findings.length, sources: sources.length };
      bar.replaceChildren(...Object.keys(LEDGERS).filter((name) => counts[name]).map((name) =>
        button("drawer-tab", () => { open = open === name ? null : name; draw(); }, { "data-ledger": name, "aria-expanded": String(open === name) },
          page.t(`ledger_${name}`), span("tally", ` ${format.digits(counts[name], 0)}`))));
      sheet.hidden = !open;
      sheet.replaceChildren(...[open ? LEDGERS[open](page) : ""].flat());
      sheet.scrollTop = 0;
    };
    page.on((state, changed) => { if (!changed || changed.has("lang")) draw(); });
  });
})();

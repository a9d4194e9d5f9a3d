/* Lots side by side, rows that differ marked. */
(() => {
  "use strict";
  const { el, format, button, span, p, div } = pingshanGeo;
  const MOST = 60;
  const AT_ONCE = 30;
  const LEFT_OUT = new Set(["land_use", "zone_id", "geometry_status", "source_id", "locator"]);
  const view = { differing: false };

  const chosen = (page) => pingshanGeo.selection.selected(page).rows.map((at) => page.data.tables.parcels.id[at]);
  const choose = (page, ids) => page.set({ sel: ids.length ? ids.map(encodeURIComponent).join(",") : null }, { push: true });

  /** The lots side by side: the selected ones, then the one whose card is open. */
  function compared(page) {
    const ids = chosen(page);
    const { lot } = page.state;
    return lot && !ids.includes(lot) ? [...ids, lot] : ids;
  }

  const words = (text, unknown = false) => ({ text, node: unknown ? span("unknown", text) : text });
  const value = (page, text) => (text ? words(text) : words("—", true));

  function figureCell(page, figure) {
    if (!figure) return words("—", true);
    const bounds = format.bounds(page, figure);
    return {
      text: format.text(page, figure),
      node: [button("cell-figure", () => page.why(figure.id), { "data-figure": figure.id }, format.nodes(page, figure)), bounds ? span("aside", bounds) : ""],
    };
  }

  function labelOf(page, column) {
    return [`field_${column}`, `col_${column}`].filter((one) => page.words[one]).map((one) => page.t(one))[0] || column;
  }

  /** Rows of the table: group, label, a cell for each lot. */
  function rowsOf(page, ids) {
    const { model, data } = page;
    const lots = ids.map((id) => model.row("parcels", id));
    const rows = [];
    const add = (label, cells) => { if (cells.some((cell) => cell.text !== "—")) rows.push({ label, cells }); };
    const use = (code) => data.uses.find((one) => one.code === code);
    add(page.t("land_use"), lots.map((lot) => (lot.land_use && use(lot.land_use) ? words(`${lot.land_use} ${page.say(use(lot.land_use).name)}`) : words(page.t("unknown"), true))));
    add(page.title("zone"), lots.map((lot) => (lot.zone_id && model.has("zones", lot.zone_id) ? words(pingshanGeo.subjectTitle(page, model.row("zones", lot.zone_id))) : words("—", true))));
    for (const { name, label } of data.measures) {
      const figures = ids.map((id) => model.figure(`${name}/${id}`));
      if (figures.some(Boolean)) rows.push({ label: page.title(label), cells: figures.map((figure) => figureCell(page, figure)) });
      if (name === "far" && figures.some((figure) => figure && figure.verdict)) {
        add(page.t("verdict"), figures.map((figure) => (figure && figure.verdict ? words(page.t(figure.verdict), figure.verdict === "unknown") : words("—", true))));
      }
    }
    if (lots.some((lot) => lot.area_verdict)) add(page.t("recorded_measured"), lots.map((lot) => (lot.area_verdict ? words(page.t(lot.area_verdict)) : words("—", true))));
    related(page, lots, "auctions", ["date", "mode", "buyer", "class"], add);
    related(page, lots, "projects", ["name", "developer", "industry", "stage"], add);
    add(page.t("field_outline"), lots.map((lot) => words(page.t(lot.geometry_status))));
    for (const column of Object.keys(data.tables.parcels.columns)) {
      if (!LEFT_OUT.has(column)) add(labelOf(page, column), lots.map((lot) => value(page, page.field(lot[column === "kind" ? "kind_key" : column], true))));
    }
    return rows;
  }

  /** Fields and figures of a lot's land transfers or projects; several of them one under the other. */
  function related(page, lots, kind, columns, add) {
    const of = lots.map((lot) => (kind === "auctions" ? page.model.auctionsOf(lot.id) : page.model.projectsOf(lot.id)));
    const title = page.t(kind === "auctions" ? "land_transfer" : "project");
    const label = (text) => `${title} · ${text}`;
    for (const column of columns) {
      add(label(labelOf(page, column)), of.map((rows) => value(page, rows.map((row) => page.field(row[column], column !== "buyer" && column !== "name")).filter(Boolean).join("; "))));
    }
    const measures = new Set(of.flat().flatMap((row) => page.model.figuresOf(row.id)).map((figure) => figure.measure));
    for (const measure of measures) {
      const figures = of.map((rows) => rows.map((row) => page.model.figure(`${measure}/${row.id}`)).filter(Boolean));
      const named = figures.flat()[0];
      add(label(page.say(named.label)), figures.map((list) => {
        const cells = list.map((figure) => figureCell(page, figure));
        return cells.length ? { text: cells.map((cell) => cell.text).join("; "), node: cells.map((cell) => div("", cell.node)) } : words("—", true);
      }));
    }
  }

  const differs = ({ cells }) => new Set(cells.map((cell) => cell.text)).size > 1;

  /** A cell that a spreadsheet takes as text, never as a formula. */
  const flat = (text) => pingshanGeo.inert(String(text).replace(/\s+/g, " "));

  function side(page, id) {
    const title = pingshanGeo.subjectTitle(page, page.model.row("parcels", id));
    const open = id === page.state.lot;
    const kept = chosen(page);
    const take = () => {
      choose(page, kept.filter((one) => one !== id));
      if (open) page.open(null);
    };
    return el("th", { scope: "col", "data-lot": id },
      button("link", () => page.open("parcels", id), { "data-focus": `lot:${id}` }, title),
      button("remove", take, { "aria-label": page.sentence("compare_remove", { lot: title }), title: page.sentence("compare_remove", { lot: title }) }, "×"),
      open && !kept.includes(id) ? button("link keep", () => choose(page, [...kept, id]), { "data-focus": "keep" }, page.t("compare_keep")) : "");
  }

  function empty(page) {
    const { rows } = page.shown;
    const { id } = page.data.tables.parcels;
    return [p("", page.t("compare_how")),
      rows.length && rows.length <= AT_ONCE ? button("link", () => choose(page, rows.map((at) => id[at])), { "data-focus": "all" }, pingshanGeo.counted(page, "compare_take", rows.length)) : ""];
  }

  function draw(page, box) {
    const all = compared(page);
    const ids = all.slice(0, MOST);
    if (!ids.length) return box.replaceChildren(...empty(page));
    const rows = rowsOf(page, ids);
    const several = ids.length > 1;
    const kept = view.differing && several ? rows.filter(differs) : rows;
    const only = el("input", { type: "checkbox", "data-focus": "only", onchange: () => { view.differing = only.checked; draw(page, box); box.querySelector("[data-focus=only]").focus(); } });
    only.checked = view.differing;
    const tsv = () => [["", ...ids], ...kept.map(({ label, cells }) => [label, ...cells.map((cell) => cell.text)])].map((row) => row.map(flat).join("\t")).join("\n");
    const copying = button("link", (event) => pingshanGeo.copy(tsv(), event.currentTarget, page.t("compare_copy"), page), { "data-testid": "compare-copy" }, page.t("compare_copy"));
    const table = el("table", { class: "compared" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, pingshanGeo.counted(page, "compare_side", all.length)), ids.map((id) => side(page, id)))),
      el("tbody", {}, kept.map((row) => {
        const apart = several && differs(row);
        return el("tr", { class: apart ? "differs" : null },
          el("th", { scope: "row" }, several ? span("differs-mark", apart ? [el("span", { "aria-hidden": "true" }, "≠"), span("aloud", page.t("compare_differs"))] : "") : "", row.label),
          row.cells.map((cell) => el("td", {}, cell.node)));
      })));
    return box.replaceChildren(
      div("compare-tools", several ? el("label", {}, only, " ", page.t("compare_only")) : "", copying,
        several ? span("second", page.sentence("compare_count", { count: format.digits(rows.filter(differs).length, 0), rows: format.digits(rows.length, 0) })) : p("aside", page.t("compare_more")),
        all.length > MOST ? span("unknown", page.sentence("and_more", { count: all.length - MOST })) : ""),
      table);
  }

  pingshanGeo.drawer("compare", () => true, (page) => {
    const box = div("compare");
    draw(page, box);
    return box;
  }, "sel", "lot", "shown");
})();

/* Several lots at once: by shift and by a box, with their sums. */
(() => {
  "use strict";
  const { el, key, sieve, format, button, span, div } = pingshanGeo;
  /** An address holds no more letters of ids than this: some programs cut longer links. */
  const LONGEST = 6000;

  key("sel", {
    read: (page, text, raw) => [...new Set(raw.split(",").map(decodeURIComponent))].filter((id) => page.model.has("parcels", id)).map(encodeURIComponent).join(",") || null,
    write: (ids) => (ids.length > LONGEST ? null : ids),
  });
  key("only", { read: (page, text) => (text === "1" ? "1" : null) });

  /** Positions of the selected lots, in the catalogue's order. */
  function selected(page, { sel } = page.state) {
    if (!page.selection || page.selection.sel !== sel) {
      const rowOf = page.model.rowOf.parcels;
      const rows = sel ? sel.split(",").map((id) => rowOf.get(decodeURIComponent(id))).filter((at) => at !== undefined) : [];
      page.selection = { sel, rows: rows.sort((a, b) => a - b), set: new Set(rows) };
    }
    return page.selection;
  }

  sieve("only", "sel").by((page, state) => {
    if (state.only !== "1" || !state.sel) return null;
    const { set } = selected(page, state);
    return (at) => set.has(at);
  });

  /** Select lots by position: instead of those before, besides them, or each the other way round. */
  function select(page, rows, way = "replace") {
    const next = new Set(way === "replace" ? [] : selected(page).rows);
    for (const at of rows) if (way === "toggle" && next.has(at)) next.delete(at); else next.add(at);
    const ids = page.data.tables.parcels.id;
    const sel = [...next].sort((a, b) => a - b).map((at) => encodeURIComponent(ids[at])).join(",") || null;
    page.set({ sel, only: sel ? page.state.only : null });
  }

  /** Sums of lots: land, floor, their ratio over the lots that have both, and how many lack each. */
  function sums(page, rows) {
    const out = { land: 0, floor: 0, withLand: 0, withFloor: 0, both: 0, pairLand: 0, pairFloor: 0 };
    for (const at of rows) {
      const land = page.model.valueAt("parcels", "site_area", at);
      const floor = page.model.valueAt("parcels", "gross_floor_area", at); // one basis, as in a group of the reports
      if (land !== null) { out.land += land; out.withLand += 1; }
      if (floor !== null) { out.floor += floor; out.withFloor += 1; }
      if (land !== null && floor !== null) { out.pairLand += land; out.pairFloor += floor; out.both += 1; }
    }
    return { ...out, far: out.pairLand > 0 ? out.pairFloor / out.pairLand : null };
  }

  pingshanGeo.chip("only", (page) => page.sentence("only_selected", { count: format.digits(selected(page).rows.length, 0) }));

  /** The panel of the selection; hidden while nothing is selected. */
  function panel(page) {
    const box = el("section", { class: "pg-sums pg-over", "data-testid": "selection", hidden: true });
    const line = (word, known, count, value) => div("sum",
      span("field-name", page.title(word)), span("num", known ? value : span("unknown", page.t("unknown"))),
      known < count ? span("aside", page.sentence("sum_without", { count: format.digits(count - known, 0) })) : null);
    const told = el("b", { role: "status" }); // one node, so that a change in it is read out
    const act = (word, action, attributes = {}) => button("tool-act", action, attributes, page.t(word));
    const close = button("close", () => page.set({ sel: null, only: null }), {}, "×");
    const inner = div("");
    box.append(div("sum-head", told, close), inner);
    const draw = (state) => {
      const { rows } = selected(page);
      box.hidden = !rows.length;
      told.textContent = rows.length ? page.sentence(rows.length === 1 ? "selected_lot" : "selected_lots", { count: format.digits(rows.length, 0) }) : "";
      if (!rows.length) return null;
      const all = sums(page, rows);
      box.setAttribute("aria-label", page.t("selection"));
      close.title = page.t("clear_selection");
      close.setAttribute("aria-label", page.t("clear_selection"));
      return inner.replaceChildren(
        line("site_area", all.withLand, rows.length, pingshanGeo.lots.landText(page, all.land)),
        line("gross_floor_area", all.withFloor, rows.length, pingshanGeo.lots.floorText(page, all.floor)),
        line("far", all.both, rows.length, all.far === null ? "" : format.digits(all.far, 2, true)),
        state.sel.length > LONGEST ? span("aside", page.t("selection_not_in_link")) : "",
        div("tool-acts",
          act("compare_lots", () => page.set({ drawer: "compare" })),
          act("only_these", () => page.set({ only: state.only ? null : "1" }), { "aria-pressed": String(state.only === "1") }),
          act("clear_selection", () => page.set({ sel: null, only: null }))));
    };
    page.on((state, changed) => {
      if (!changed || ["lang", "sel", "only"].some((name) => changed.has(name))) draw(state);
      if (changed && changed.has("sel") && page.drawLabels) page.drawLabels();
    });
    return box;
  }

  pingshanGeo.selection = { selected, select, sums, panel };
})();

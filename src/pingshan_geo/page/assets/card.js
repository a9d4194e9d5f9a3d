/* The card of one lot or zone: every field, every figure pressable, sources as footnotes. */
(() => {
  "use strict";
  const { el, part, format, button, span, p, div } = pingshanGeo;
  const HIDDEN = new Set(["land_use", "zone_id", "geometry_status", "source_id", "locator", "role", "parent", "note"]);
  const OUTLINE = new Set(["measured_area_plane", "drawn_area", "share_of_parent"]);
  const MOST = 200;

  /** Numbers for sources in the order in which a card names them. */
  class Footnotes {
    constructor(page) {
      this.page = page;
      this.seen = new Map();
    }

    number(source, locator) {
      if (!source) return null;
      const key = `${source.id}\u0001${locator || ""}`;
      if (!this.seen.has(key)) this.seen.set(key, { source, locator, number: this.seen.size + 1 });
      return this.seen.get(key).number;
    }

    mark(pairs) {
      const numbers = [...new Set(pairs.map(([source, locator]) => this.number(source, locator)).filter(Boolean))];
      return numbers.length ? el("sup", {}, numbers.join(" ")) : null;
    }

    list() {
      return el("ol", { class: "footnotes" }, [...this.seen.values()].map(({ source, locator, number }) =>
        el("li", {}, el("b", {}, number), " ", pingshanGeo.citation(this.page, source, locator))));
    }
  }

  /** A source in one line; its address is a link that only the reader follows. */
  pingshanGeo.citation = (page, source, locator, printed) => {
    const place = (locator || "").replace(/\bP(\d+) S(\d+)\b/g,
      (_, paragraph, sentence) => page.sentence("locator_sentence", { paragraph, sentence }));
    const parts = [page.say(source.title), source.date, place].filter(Boolean).join(" · ");
    const link = /^https?:\/\//.test(source.url || "") ? [" ", el("a", { href: source.url, rel: "noopener noreferrer", target: "_blank" }, source.url)] : "";
    return span("citation", printed ? [el("q", {}, printed), " "] : "", parts, link);
  };

  const unknown = (page) => span("unknown", page.t("unknown"));

  const asides = (texts) => texts.filter((text) => text && text.length).map((text) => span("aside", text));

  function field(page, label, value, notes = [], mark = null) {
    const said = value === null || value === undefined || value === "" ? unknown(page) : value;
    return div("field", span("field-name", label, mark), span("field-value", said, asides(notes)));
  }

  pingshanGeo.figureField = (page, figure, notes, label = page.title(figure.label)) => {
    const bounds = format.bounds(page, figure);
    const plain = figure.status === "recorded" || figure.group === "counts";
    const aside = figure.value === null
      ? [pingshanGeo.ofTarget(page, figure), page.say(figure.notes[0])]
      : [page.dotted([bounds, format.otherUnits(page, figure)]),
        page.dotted([plain ? "" : page.t(figure.status), page.say(figure.basis)]), pingshanGeo.known(page, figure)];
    const mark = notes && notes.mark(figure.inputs.length ? [] : figure.evidence.map((item) => [item.source, item.locator]));
    return button("field figure-row", () => page.why(figure.id), { "data-figure": figure.id },
      span("field-name", label, mark),
      span("field-value", span("value", format.nodes(page, figure)), asides(aside)));
  };

  const section = (title, ...rows) => (rows.flat().filter(Boolean).length ? el("section", {}, el("h3", {}, title), rows) : null);

  /** A reference to another subject as a button where the page can open it. */
  function reference(page, id) {
    if (!id) return null;
    const kind = page.model.kindOf(id);
    if (!kind) return id;
    const title = pingshanGeo.subjectTitle(page, page.model.row(kind, id));
    if (kind === "parcels" || kind === "zones") return button("link", () => page.open(kind, id), {}, title);
    return title;
  }

  function rowSource(page, row) {
    const source = page.data.sources.find((one) => one.id === row.source_id);
    return source ? [[source, row.locator]] : [];
  }

  function auction(page, row, notes) {
    const mark = notes.mark(rowSource(page, row));
    const figures = page.model.figuresOf(row.id).map((figure) => pingshanGeo.figureField(page, figure, notes));
    return section(page.t("land_transfer"),
      field(page, page.t("field_date"), row.date, [], mark),
      page.model.transferVerdict(row) === "stands" ? null : field(page, page.t("field_status"), page.t(page.model.transferVerdict(row))),
      field(page, page.t("field_mode"), page.field(row.mode, true)),
      field(page, page.t("field_buyer"), page.field(row.buyer)),
      figures,
      field(page, page.t("field_term_years"), row.term_years === null ? null : `${format.digits(Number(row.term_years), 2)} ${page.t("unit_year")}`),
      row.class ? field(page, page.t("field_class"), page.field(row.class, true)) : null,
      row.target_id ? field(page, page.title("target"), reference(page, row.target_id)) : null);
  }

  function project(page, row, notes) {
    return section(page.t("project"),
      field(page, page.t("field_name"), page.say(row.name), [page.other(row.name)], notes.mark(rowSource(page, row))),
      field(page, page.t("field_developer"), page.field(row.developer)),
      field(page, page.t("field_industry"), page.field(row.industry, true)),
      field(page, page.t("field_stage"), page.field(row.stage, true)),
      page.model.figuresOf(row.id).filter((figure) => figure.value !== null).map((figure) => pingshanGeo.figureField(page, figure, notes)));
  }

  /** What the row itself says: every column that the rest of the card has not shown. */
  function register(page, row, notes) {
    const table = page.data.tables[row.kind];
    const coded = new Set(["kind", "parcel_kind", "land_use_standard", "layer", "recorded_area_basis", "recorded_area_edition", "site_area_basis"]);
    const rows = Object.keys(table.columns).filter((column) => !HIDDEN.has(column)).map((column) => {
      const value = table.columns[column][row.index];
      const label = [`field_${column}`, `col_${column}`].filter((key) => page.words[key]).map((key) => page.t(key))[0] || column;
      const said = column === "part_of" && value
        ? value.split(";").map((id) => div("", reference(page, id.trim())))
        : page.field(value, coded.has(column));
      return field(page, label, said === "" ? span("unknown", "—") : said);
    });
    const mark = notes.mark(rowSource(page, row));
    return section(page.t("register"), field(page, page.t("field_id"), row.id, [], mark), rows,
      field(page, page.t("field_outline"), page.t(row.geometry_status),
        row.geometry_status === "none" && row.geometry_note ? [] : [page.t(`status_says_${row.geometry_status}`)]));
  }

  function chips(page, row) {
    const out = [span(`chip ${row.geometry_status}`, page.t(`chip_${row.geometry_status}`))];
    if (row.kind === "parcels") {
      for (const { date } of page.model.auctionsOf(row.id).filter((sale) => page.model.transferCounts(sale))) {
        out.push(span("chip", date ? page.sentence("chip_auctioned", { year: date.slice(0, 4) }) : page.t("auctioned")));
      }
    }
    if (row.kind === "parcels" && pingshanGeo.obligations.ofLot(page, row.id).some((one) => pingshanGeo.obligations.verdictOf(one) === "overdue")) {
      out.push(span("chip verdict-over", el("b", { "aria-hidden": "true" }, "▲ "), page.t("duty_overdue_chip")));
    }
    return p("chips", out);
  }

  function subtitle(page, row) {
    if (row.kind === "zones") return [page.other(row.name), page.field(row.kind_key, true), row.parent ? reference(page, row.parent) : ""];
    const use = page.data.uses.find((one) => one.code === (row.land_use || "unknown"));
    const name = pingshanGeo.subjectTitle(page, row) === row.id ? page.say(row.name) : page.other(row.name);
    const said = use && use.code !== "unknown" ? `${use.code} ${page.say(use.name)}` : span("whole", `${page.t("land_use")} `, unknown(page));
    return [name === row.id ? "" : name, said, reference(page, row.zone_id)];
  }

  function body(page, row) {
    const { model } = page;
    const notes = new Footnotes(page);
    const { land } = pingshanGeo;
    const figures = model.figuresOf(row.id).filter((one) => !land.SHOWN.has(one.measure) || (row.kind === "zones" && one.measure === "far"));
    const show = (one) => pingshanGeo.figureField(page, one, notes);
    const note = page.field(row.note);
    const ofOutline = (one) => OUTLINE.has(one.measure);
    const ofLand = section(page.t("land_and_floor"), figures.filter((one) => !["counts", "overlay"].includes(one.group) && !ofOutline(one)).map(show));
    const parts = [land.recorded(page, row, show), section(page.t("areas_and_outline"), figures.filter(ofOutline).map(show))];
    if (row.kind === "parcels") {
      parts.unshift(land.limits(page, row, show), land.liesIn(page, row), land.findings(page, row.id), ofLand, pingshanGeo.lotScenario(page, row).slice(1));
      parts.push(pingshanGeo.obligations.section(page, row.id, notes), pingshanGeo.neighbours(page, row));
      parts.push(model.auctionsOf(row.id).map((one) => auction(page, one, notes)), model.projectsOf(row.id).map((one) => project(page, one, notes)));
    } else {
      const list = (kind) => {
        const rows = model.inZone(kind, row.id);
        const items = rows.slice(0, MOST).map((one) => el("li", {}, reference(page, one.id)));
        if (rows.length > MOST) items.push(el("li", { class: "aside" }, page.sentence("and_more", { count: rows.length - MOST })));
        return section(`${page.t(kind)} · ${format.digits(rows.length, 0)}`, rows.length ? el("ul", { class: "members" }, items) : null);
      };
      const rateOf = (id) => model.figure(`completion_rate/${id}`) || model.figure(`target_value/${id}`);
      const named = (one, figure) => figure && pingshanGeo.figureField(page, figure, notes, pingshanGeo.subjectTitle(page, one));
      const targets = model.related("targets", "zone_id", row.id);
      const indicators = model.related("indicators", "scope", row.id);
      parts.push(
        ofLand,
        section(page.title("overlay"), figures.filter((one) => one.group === "overlay").map(show)),
        land.findings(page, row.id),
        section(page.t("counts"), figures.filter((one) => one.group === "counts").map(show)),
        section(page.t("targets"), targets.map((one) => named(one, rateOf(one.id)))),
        list("parcels"),
        list("projects"),
        section(page.t("indicators"), indicators.map((one) => named(one, model.figure(`indicator_value/${one.id}`)))));
    }
    parts.push(register(page, row, notes));
    return [note ? p("note", note) : null, parts, notes.list()].flat(3).filter(Boolean);
  }

  /** The head of a panel; of a subject that can be flagged with the tool for it. */
  pingshanGeo.panelHead = (page, title, lines, onclose, about = null) => el("header", { class: "panel-head" },
    div("", el("h2", { tabindex: "-1" }, title), p("panel-sub", page.dotted(lines)),
      about && pingshanGeo.flagButton ? p("panel-sub panel-flag", pingshanGeo.flagButton(page, about)) : null),
    button("close", onclose, { "aria-label": page.t("close"), title: `${page.t("close")} (Esc)` }, "×"));

  part("lot_panel", (page) => {
    const place = page.slot("panel", "topright");
    const box = el("article", { class: "panel", hidden: true });
    place.append(box);
    page.on((state, changed) => {
      if (changed && !["lot", "zone", "figure", "lang", "scenario"].some((key) => changed.has(key))) return;
      const kind = state.lot ? "parcels" : "zones";
      const id = state.lot || state.zone;
      box.hidden = !id || Boolean(state.figure);
      if (!id) return box.replaceChildren();
      box.setAttribute("data-testid", state.lot ? "lot-card" : "zone-card");
      if (changed && changed.size === 1 && changed.has("figure") && box.childElementCount) return null;
      const row = page.model.row(kind, id);
      box.replaceChildren(
        pingshanGeo.panelHead(page, pingshanGeo.subjectTitle(page, row), subtitle(page, row), () => page.open(null), { subject: row.id, kind, figure: null }),
        div("panel-body", chips(page, row), kind === "parcels" ? pingshanGeo.lotTools(page, row) : "", body(page, row)));
      if (changed && (changed.has("lot") || changed.has("zone")) && !box.hidden) pingshanGeo.arrive(box);
      return null;
    });
  });

  /** Bring the reader to a panel that has just opened. */
  pingshanGeo.arrive = (box) => {
    const place = box.closest("[data-slot=panel]");
    if (place) place.scrollTop = 0;
    const body = box.querySelector(".panel-body");
    if (body) body.scrollTop = 0;
    box.querySelector("h2").focus({ preventScroll: true });
    if (place && matchMedia("(max-width: 760px)").matches) place.scrollIntoView({ block: "start" });
  };

  pingshanGeo.card = { section, field, reference };
})();

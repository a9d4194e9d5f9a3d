/* Lots and zones as lists, the search, the count with what its sum leaves out. */
(() => {
  "use strict";
  const { el, part, format, button, span, p, div } = pingshanGeo;
  const MACHINE_ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;

  /** A target without a name is said by what it counts and when. */
  function targetTitle(page, row) {
    const what = [row.measure, row.counts].map((code) => page.field(code, true)).join(page.state.lang === "zh" ? "" : " ");
    return `${page.title([what, what])} · ${pingshanGeo.format.years(row.period_start, row.period_end)}`;
  }

  /** A parcel number is a name of its own; an id made for the catalogue gives way to the name. */
  pingshanGeo.subjectTitle = (page, row) => {
    if (row.kind === "targets" && row.name[0] === row.id) return targetTitle(page, row);
    const name = page.say(row.name);
    return name && (row.kind !== "parcels" || MACHINE_ID.test(row.id)) ? name : row.id;
  };

  /** A number in a narrow column; its unit stands in the head. */
  function cell(page, figure, unit = figure && figure.show) {
    if (!figure || figure.value === null) {
      return span("num unknown", el("span", { "aria-hidden": "true" }, "—"), span("aloud", page.t("unknown")));
    }
    const said = { about: "≈", more_than: ">", less_than: "<" }[figure.qualifier];
    const decimals = unit === "m2" ? 0 : format.decimalsOf(figure, unit);
    return span("num", said ? span("qualifier", `${said} `) : "", format.number(figure, unit, decimals));
  }

  const COLUMNS = {
    parcels: [["site_area", "m2"], ["far", ""]],
    zones: [["recorded_area", ""], ["parcel_count", ""]],
  };
  const FLOOR = "gross_floor_area";
  const SORTED = ["id", "site_area", FLOOR, "far"];
  const WHOLE = 200; // up to so many rows all of them stand in the document
  const HIGH = 48; // of a row where they do not, as in filters.css
  const ON_PAPER = 2000;
  const SLOW = 2000; // lots above which typing waits for a pause

  pingshanGeo.key("order", { read: (page, text) => (SORTED.some((name) => [`${name}:up`, `${name}:down`].includes(text)) ? text : null) });
  const orderOf = (text) => (text ? { measure: text.split(":")[0], down: text.endsWith(":down") } : null);

  /** Ids that a list may hold: neighbouring districts are ground, not zones of this catalogue. */
  function listed(page, kind) {
    if (kind === "parcels") return page.data.tables.parcels.id;
    return page.model.rows(kind).filter((row) => row.role !== "context").map((row) => row.id);
  }

  /** Titles whose numbers sort by size; made once for each language. */
  function sortKeys(page) {
    const { lang } = page.state;
    const { id, name } = page.data.tables.parcels;
    return pingshanGeo.lots.once(page, `sort-${lang}`, () => id.map((one, at) => {
      const title = (MACHINE_ID.test(one) && page.say(name[at])) || one;
      return title.replace(/\d+/g, (digits) => digits.padStart(9, "0"));
    }));
  }

  /** Positions in the wanted order; unknown values stand last either way. */
  function sortedRows(page, rows, order) {
    if (!order) return rows;
    const way = order.down ? -1 : 1;
    if (order.measure === "id") {
      const said = sortKeys(page);
      return [...rows].sort((a, b) => (said[a] < said[b] ? -way : said[a] > said[b] ? way : 0));
    }
    const column = pingshanGeo.lots.column(page, order.measure);
    const known = Int32Array.from(rows.filter((at) => !Number.isNaN(column[at])));
    known.sort((a, b) => way * (column[a] - column[b]) || a - b);
    return [...known, ...rows.filter((at) => Number.isNaN(column[at]))];
  }

  function sorted(page, ids, order) {
    if (!order) return ids;
    const value = (id) => page.model.value(order.measure, id);
    return [...ids].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      return order.down ? y - x : x - y;
    });
  }

  function columnsOf(kind, order) {
    return kind === "parcels" && order && order.measure === FLOOR ? [[FLOOR, "m2"], COLUMNS.parcels[1]] : COLUMNS[kind];
  }

  function rowButton(page, kind, id, order) {
    const row = page.model.row(kind, id);
    const title = pingshanGeo.subjectTitle(page, row);
    const name = title === id ? page.say(row.name) : page.other(row.name);
    const under = page.dotted(kind === "parcels" ? [row.land_use, name === id ? "" : name] : [name, page.field(row.kind_key, true)]);
    const measures = columnsOf(kind, order).map(([measure]) => page.model.figure(`${measure}/${id}`));
    const withUnit = kind === "zones" && measures[0] && measures[0].value !== null;
    const area = withUnit ? span("num", format.nodes(page, measures[0])) : cell(page, measures[0], pingshanGeo.unitOf("m2", columnsOf(kind, order)[0][0] === FLOOR));
    const hook = kind === "parcels" ? "parcel-row" : "zone-row";
    return button("entry", () => page.open(kind, id), { "data-testid": hook, "data-id": id },
      kind === "parcels" ? pingshanGeo.swatchAt(page, row.index) : el("span", { class: `mini-line ${row.geometry_status}`, "aria-hidden": "true" }),
      span("row-name", span("row-title", title), under.length ? span("row-under", under) : null),
      area, cell(page, measures[1]));
  }

  /** What is said of site areas, by profile: whether they are about so much, and their basis. */
  function areaNotes(page) {
    const { columns, profiles } = page.data.lots;
    const said = (profiles.site_area || []).map(({ qualifier, basis }) => ({ about: qualifier === "about", basis: basis < 0 ? null : page.data.texts[basis] }));
    return { said, of: columns.site_area ? columns.site_area.profile : [] };
  }

  /** How many lots pass, their summed site area, and what the sum leaves out. */
  function counted(page, rows) {
    const area = pingshanGeo.lots.column(page, "site_area");
    const notes = areaNotes(page);
    const [known, left] = [[], []];
    for (const at of rows) (Number.isNaN(area[at]) ? left : known).push(at);
    const sum = known.reduce((total, at) => total + area[at], 0);
    const present = new Set();
    for (const at of known) present.add(notes.of[at]);
    const told = [...present].filter(Boolean).map((code) => notes.said[code - 1]);
    const bases = new Set(told.map(({ basis }) => page.say(basis)));
    const names = left.slice(0, 3).map((at) => pingshanGeo.subjectTitle(page, page.model.row("parcels", page.data.tables.parcels.id[at])));
    if (left.length > 3) names.push(page.sentence("and_more", { count: left.length - 3 }));
    const about = told.some(({ about: isAbout }) => isAbout) ? `${page.t("about")} ` : "";
    if (!rows.length) return [div("", page.t("nothing_found"))];
    const lines = [div("", page.fill(rows.length === 1 ? "count_lot" : "count_lots", {
      count: el("b", {}, format.digits(rows.length, 0)),
      area: known.length ? el("b", {}, `${about}${pingshanGeo.lots.landText(page, sum)}`) : span("unknown", page.t("unknown")),
    }))];
    if (left.length) {
      lines.push(div("aside", page.sentence("count_left_out", { count: left.length, names: names.join(page.state.lang === "zh" ? "、" : ", ") })));
    }
    bases.delete("");
    if (bases.size > 1) lines.push(div("aside", page.sentence("bases_mixed", { bases: [...bases].join(" + ") })));
    return lines;
  }

  /** Floor area of the lots that pass and their group ratio, each with what it leaves out. */
  function summed(page, rows) {
    const [land, floor] = ["site_area", FLOOR].map((measure) => pingshanGeo.lots.column(page, measure));
    const known = rows.filter((at) => !Number.isNaN(floor[at]));
    const both = known.filter((at) => !Number.isNaN(land[at]));
    if (!known.length) return [];
    const sum = (column, some) => some.reduce((total, at) => total + column[at], 0);
    const number = (count) => format.digits(count, 0);
    const lines = [div("aside", page.sentence("sums_floor", { floor: pingshanGeo.lots.floorText(page, sum(floor, known)), known: number(known.length), count: number(rows.length) }))];
    if (both.length && sum(land, both) > 0) {
      lines.push(div("aside", page.sentence("sums_far", { far: format.digits(sum(floor, both) / sum(land, both), 2, true), known: number(both.length) })));
    } else if (both.length < rows.length) lines.push(div("aside", page.sentence("sums_left_out", { count: number(rows.length - both.length) })));
    return lines;
  }

  function head(page, kind, order, sort) {
    const sorter = (measure, word, name) => {
      const on = order && order.measure === measure;
      return button(name, () => sort(measure), { "aria-pressed": String(Boolean(on)), "data-sort": measure }, word, on ? (order.down ? " ▾" : " ▴") : "");
    };
    const label = ([measure, unit]) => [page.t(measure === FLOOR ? "short_floor" : `short_${measure}`), unit ? page.t(`unit_${pingshanGeo.unitOf(unit, measure === FLOOR)}`) : ""].filter(Boolean).join(" ");
    const shown = columnsOf(kind, order);
    const other = shown[0][0] === FLOOR ? COLUMNS.parcels[0] : [FLOOR, ""];
    return div("list-head",
      kind === "parcels" ? span("row-name", sorter("id", page.title("lot"), "sort"), sorter(other[0], other[0] === FLOOR ? page.t("list_sort_floor") : label([other[0], ""]), "sort")) : span("row-name", page.title("zone")),
      shown.map((column) => sorter(column[0], label(column), "sort num")));
  }

  /** Rows of which only those in view stand in the document, unless there are few or they are printed. */
  class Rows {
    constructor(scroller, make) {
      Object.assign(this, { scroller, make, ids: [], made: new Map(), whole: true, stop: 0 });
      this.space = el("div", { class: "rows-space", role: "list" });
      this.space.addEventListener("keydown", (event) => this.key(event));
      this.space.addEventListener("focusin", (event) => {
        this.stop = Number(event.target.closest(".item").getAttribute("aria-posinset")) - 1;
        this.reach();
      });
      for (const one of [scroller, window]) one.addEventListener("scroll", () => this.place(), { passive: true });
      window.addEventListener("resize", () => this.place());
    }

    show(ids, whole = ids.length <= WHOLE) {
      Object.assign(this, { ids, whole, made: new Map(), stop: 0 });
      this.space.replaceChildren();
      this.space.classList.toggle("virtual", !whole);
      this.space.style.setProperty("height", whole ? "auto" : `${ids.length * HIGH}px`);
      this.place();
    }

    /** The first and last row in view. */
    view() {
      const box = this.space.getBoundingClientRect();
      const own = getComputedStyle(this.scroller).overflowY === "auto" ? this.scroller.getBoundingClientRect() : { top: 0, bottom: innerHeight };
      return [Math.floor((Math.max(own.top, 0) - box.top) / HIGH), Math.ceil((Math.min(own.bottom, innerHeight) - box.top) / HIGH)];
    }

    place() {
      const [top, end] = this.whole ? [0, this.ids.length] : this.view();
      const [first, last] = this.whole ? [top, end] : [Math.max(0, top - 12), Math.min(this.ids.length, Math.max(end, 0) + 12)];
      for (const [at, node] of this.made) {
        if ((at < first || at >= last) && !node.contains(document.activeElement)) { node.remove(); this.made.delete(at); }
      }
      for (let at = first; at < last; at += 1) if (!this.made.has(at)) this.put(at);
      this.reach();
    }

    /** One stop for Tab, the row that had the focus or the first in view: arrow keys lead to the others. */
    reach() {
      if (!this.made.has(this.stop)) {
        const top = this.whole ? 0 : Math.max(0, this.view()[0]);
        this.stop = this.made.has(top) ? top : Math.min(...this.made.keys());
      }
      for (const [at, node] of this.made) node.firstChild.tabIndex = at === this.stop ? 0 : -1;
    }

    put(at) {
      const node = el("div", { class: "item", role: "listitem", "aria-setsize": this.ids.length, "aria-posinset": at + 1 }, this.make(this.ids[at]));
      if (!this.whole) {
        node.style.setProperty("top", `${at * HIGH}px`);
        let next = null; // rows stand in their order, so that Tab follows it
        for (const [other, one] of this.made) if (other > at && (next === null || other < next[0])) next = [other, one];
        this.space.insertBefore(node, next && next[1]);
      } else this.space.append(node);
      this.made.set(at, node);
    }

    reveal(at) {
      if (!this.whole) {
        const own = getComputedStyle(this.scroller).overflowY === "auto";
        const [top, end] = this.view();
        const by = at <= top + 1 ? (at - top - 1) * HIGH : at >= end - 1 ? (at - end + 2) * HIGH : 0;
        if (by) (own ? this.scroller : window).scrollBy(0, by);
        this.place();
        if (!this.made.has(at)) this.put(at);
      } else if (this.made.has(at)) this.made.get(at).scrollIntoView({ block: "nearest" });
    }

    key(event) {
      const item = event.target.closest(".item");
      if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
      const at = Number(item.getAttribute("aria-posinset")) - 1;
      const last = this.ids.length - 1;
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 10, PageUp: at - 10 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = Math.max(0, Math.min(last, to));
      this.reveal(next);
      this.made.get(next).firstChild.focus({ preventScroll: true });
      this.place();
    }
  }

  part("lot_list", (page) => {
    const place = page.slot("list", "topleft");
    const { id: lotIds } = page.data.tables.parcels;
    let waiting = null;
    const input = el("input", { id: "search", type: "search", autocomplete: "off", spellcheck: "false", oninput: () => {
      clearTimeout(waiting);
      const seek = () => page.set({ q: input.value });
      if (lotIds.length > SLOW) waiting = setTimeout(seek, 120); else seek();
    }, onkeydown: (event) => {
      const first = body.querySelector(".entry");
      if (!first || !["Enter", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "Enter" && page.state.q) first.click(); else first.focus();
    } });
    const count = el("div", { "data-testid": "count", class: "count", role: "status" });
    const sums = el("div", { "data-testid": "sums", class: "sums" });
    const body = el("div", { class: "rows" });
    const tabs = el("div", { class: "tabs", role: "group" });
    const lots = div("list-lots", div("searching", input), el("div", { "data-slot": "legend" }), el("div", { "data-slot": "filters" }), pingshanGeo.chipBar(page), count, sums);
    place.append(tabs, lots, body);
    const kindOf = (state) => (state.tab === "zones" ? "zones" : "parcels");
    let zoneOrder = null;
    const order = (state) => (kindOf(state) === "zones" ? zoneOrder : orderOf(state.order));
    const rows = new Rows(body, (id) => { const row = rowButton(page, kindOf(page.state), id, order(page.state)); current(row, page.state); return row; });
    const sort = (measure) => {
      const now = order(page.state);
      const [first, second] = measure === "id" ? [false, true] : [true, false];
      const next = !now || now.measure !== measure ? { measure, down: first } : now.down === first ? { measure, down: second } : null;
      if (kindOf(page.state) === "parcels") page.set({ order: next && `${next.measure}:${next.down ? "down" : "up"}` });
      else { zoneOrder = next; list(page.state); }
      const again = body.querySelector(`[data-sort=${measure}]`);
      if (again) again.focus();
    };
    const list = (state, printed = false) => {
      const kind = kindOf(state);
      const ids = kind === "parcels" ? sortedRows(page, page.shown.rows, order(state)).map((at) => lotIds[at]) : sorted(page, listed(page, "zones"), zoneOrder);
      const rest = printed && ids.length > ON_PAPER ? [p("nothing", page.sentence("list_print_rest", { shown: format.digits(ON_PAPER, 0), count: format.digits(ids.length, 0) }))] : [];
      body.replaceChildren(head(page, kind, order(state), sort), ...rest, ids.length ? rows.space : p("nothing", page.t("nothing_found")));
      rows.space.setAttribute("aria-label", page.t(`tab_${kind}`));
      if (printed) rows.show(ids.slice(0, ON_PAPER), true); else rows.show(ids);
    };
    const draw = (state) => {
      const about = state.tab === "about";
      tabs.replaceChildren(...["parcels", "zones", "about"].map((tab) =>
        button(`tab tab-${tab}`, () => { page.open(null); page.set({ tab }); }, { "aria-pressed": String(state.tab === tab) },
          page.t(`tab_${tab}`), tab === "about" ? "" : span("tally", ` ${format.digits(listed(page, tab).length, 0)}`))));
      input.placeholder = page.t("search_hint");
      input.setAttribute("aria-label", page.t("search_hint"));
      if (input.value !== state.q) input.value = state.q;
      lots.hidden = kindOf(state) !== "parcels" || about;
      body.hidden = about;
      count.replaceChildren(...counted(page, page.shown.rows));
      sums.replaceChildren(...summed(page, page.shown.rows));
      list(state);
    };
    const chosen = (state) => (kindOf(state) === "zones" ? state.zone : state.lot);
    const current = (row, state) => {
      if (row.dataset.id === chosen(state)) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
    };
    const mark = (state) => {
      for (const row of body.querySelectorAll(".entry")) current(row, state);
      const at = chosen(state) ? rows.ids.indexOf(chosen(state)) : -1;
      if (at >= 0 && place.clientHeight && getComputedStyle(body).overflowY === "auto") rows.reveal(at);
    };
    page.hover = (id) => { for (const row of body.querySelectorAll(".entry")) row.classList.toggle("near", row.dataset.id === id); };
    window.addEventListener("beforeprint", () => { if (!rows.whole) list(page.state, true); });
    window.addEventListener("afterprint", () => { if (rows.ids.length > WHOLE) list(page.state); });
    page.on((state, changed) => {
      if (!changed || ["lang", "shown", "tab", "colour"].some((key) => changed.has(key))) draw(state);
      else if (changed.has("order")) list(state);
      if (!changed || ["lot", "zone", "tab", "order"].some((key) => changed.has(key))) mark(state);
    });
  });
})();

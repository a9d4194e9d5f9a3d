/* Lots and zones as lists, the search, the count with what its sum leaves out. */
(() => {
  "use strict";
  const { el, svg, part, format, button, span, p, div } = pingshanGeo;
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

  pingshanGeo.swatch = (page, use) => {
    const fill = pingshanGeo.useFill(page, use || "unknown", true);
    return svg("svg", { class: "swatch", viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 13, height: 13, rx: 2, fill }));
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
    parcels: [["site_area", "unit_m2"], ["far", ""]],
    zones: [["recorded_area", ""], ["parcel_count", ""]],
  };

  /** Ids that a list may hold: neighbouring districts are ground, not zones of this catalogue. */
  function listed(page, kind) {
    return page.model.rows(kind).filter((row) => row.role !== "context").map((row) => row.id);
  }

  function sorted(page, ids, kind, order) {
    if (!order) return ids;
    const value = (id) => page.model.value(order.measure, id);
    return [...ids].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      return order.down ? y - x : x - y;
    });
  }

  function rowButton(page, kind, id) {
    const row = page.model.row(kind, id);
    const title = pingshanGeo.subjectTitle(page, row);
    const name = title === id ? page.say(row.name) : page.other(row.name);
    const under = page.dotted(kind === "parcels" ? [row.land_use, name] : [name, page.field(row.kind_key, true)]);
    const measures = COLUMNS[kind].map(([measure]) => page.model.figure(`${measure}/${id}`));
    const withUnit = kind === "zones" && measures[0] && measures[0].value !== null;
    const area = withUnit ? span("num", format.nodes(page, measures[0])) : cell(page, measures[0], "m2");
    const hook = kind === "parcels" ? "parcel-row" : "zone-row";
    return button("entry", () => page.open(kind, id), { "data-testid": hook, "data-id": id },
      kind === "parcels" ? pingshanGeo.swatch(page, row.land_use) : el("span", { class: `mini-line ${row.geometry_status}`, "aria-hidden": "true" }),
      span("row-name", span("row-title", title), under.length ? span("row-under", under) : null),
      area, cell(page, measures[1]));
  }

  /** How many lots pass, their summed site area, and what the sum leaves out. */
  function counted(page, ids) {
    const figures = ids.map((id) => page.model.figure(`site_area/${id}`));
    const known = figures.filter((figure) => figure && figure.value !== null);
    const sum = known.reduce((total, figure) => total + figure.value, 0);
    const left = ids.filter((id, index) => !known.includes(figures[index]));
    const bases = new Set(known.map((figure) => page.say(figure.basis)).filter(Boolean));
    const names = left.slice(0, 3).map((id) => pingshanGeo.subjectTitle(page, page.model.row("parcels", id)));
    if (left.length > 3) names.push(page.sentence("and_more", { count: left.length - 3 }));
    const about = known.some((figure) => figure.qualifier === "about") ? `${page.t("about")} ` : "";
    const lines = [div("", page.fill(ids.length === 1 ? "count_lot" : "count_lots", {
      count: el("b", {}, format.digits(ids.length, 0)),
      area: known.length ? el("b", {}, `${about}${format.digits(sum / 1e4, 2)} ${page.t("unit_ha")}`) : span("unknown", page.t("unknown")),
    }))];
    if (left.length) {
      lines.push(div("aside", page.sentence("count_left_out", { count: left.length, names: names.join(page.state.lang === "zh" ? "、" : ", ") })));
    }
    if (bases.size > 1) lines.push(div("aside", page.sentence("bases_mixed", { bases: [...bases].join(" + ") })));
    return lines;
  }

  function head(page, kind, order, sort) {
    const column = ([measure, unit]) => {
      const on = order && order.measure === measure;
      const label = [page.t(`short_${measure}`), unit ? page.t(unit) : ""].filter(Boolean).join(" ");
      const arrow = on ? (order.down ? " ▾" : " ▴") : "";
      return button("sort num", () => sort(measure), { "aria-pressed": String(Boolean(on)) }, label, arrow);
    };
    return div("list-head", span("row-name", page.title(kind === "parcels" ? "lot" : "zone")), COLUMNS[kind].map(column));
  }

  part("lot_list", (page) => {
    const place = page.slot("list", "topleft");
    const input = el("input", { id: "search", type: "search", autocomplete: "off", spellcheck: "false", oninput: () => page.set({ q: input.value }) });
    const count = el("div", { "data-testid": "count", class: "count", role: "status" });
    const body = el("div", { class: "rows" });
    const tabs = el("div", { class: "tabs", role: "group" });
    const legendPlace = el("div", { "data-slot": "legend" });
    const lots = div("list-lots", div("searching", input), legendPlace, count);
    place.append(tabs, lots, body);
    const orders = { parcels: null, zones: null };
    const sort = (kind) => (measure) => {
      const now = orders[kind];
      orders[kind] = !now || now.measure !== measure ? { measure, down: true } : now.down ? { measure, down: false } : null;
      draw(page.state);
    };
    const draw = (state) => {
      const kind = state.tab === "zones" ? "zones" : "parcels";
      const about = state.tab === "about";
      const passing = page.shown.rows.map((at) => page.data.tables.parcels.id[at]);
      const ids = kind === "parcels" ? passing : listed(page, "zones");
      tabs.replaceChildren(...["parcels", "zones", "about"].map((tab) =>
        button(`tab tab-${tab}`, () => { page.open(null); page.set({ tab }); }, { "aria-pressed": String(state.tab === tab) },
          page.t(`tab_${tab}`), tab === "about" ? "" : span("tally", ` ${format.digits(listed(page, tab).length, 0)}`))));
      input.placeholder = page.t("search_hint");
      input.setAttribute("aria-label", page.t("search_hint"));
      if (input.value !== state.q) input.value = state.q;
      lots.hidden = kind !== "parcels" || about;
      body.hidden = about;
      count.replaceChildren(...counted(page, passing));
      const rows = sorted(page, ids, kind, orders[kind]).map((id) => rowButton(page, kind, id));
      body.replaceChildren(head(page, kind, orders[kind], sort(kind)), ...(rows.length ? rows : [p("nothing", page.t("nothing_found"))]));
      mark(state);
    };
    const mark = (state) => {
      for (const row of body.querySelectorAll(".entry")) {
        const on = row.dataset.id === (state.tab === "zones" ? state.zone : state.lot);
        if (on) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
        if (on && place.clientHeight && getComputedStyle(body).overflowY === "auto") row.scrollIntoView({ block: "nearest" });
      }
    };
    page.hover = (id) => { for (const row of body.querySelectorAll(".entry")) row.classList.toggle("near", row.dataset.id === id); };
    page.on((state, changed) => {
      if (!changed || ["lang", "shown", "tab"].some((key) => changed.has(key))) draw(state);
      else mark(state);
    });
  });
})();

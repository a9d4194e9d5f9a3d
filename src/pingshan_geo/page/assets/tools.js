/* The frame: title, language, downloads of what the filter shows, link, print. */
(() => {
  "use strict";
  const { el, part, geometry, format, span, p, div } = pingshanGeo;
  /** Around a lot on its own sheet: so many times its size on each side, and no closer than this zoom. */
  const LOT_GROUND = 3;
  const LOT_ZOOM = 17;
  /** As in cells.py, and behind white space too, which some programs pass over. */
  const FORMULA = /^(?:[\s\u0000-\u001f]*[=+\-@＝＋－＠\t\r\n]|')/;

  /** A text with an apostrophe before it where a spreadsheet would run it as a formula. */
  const inert = (text) => (FORMULA.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text) ? `'${text}` : text);
  pingshanGeo.inert = inert;

  /** A cell as RFC 4180 text. */
  function cell(value) {
    if (value === null || value === undefined) return "";
    const text = typeof value === "string" ? inert(value) : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }

  /** Rows of lots: fields, then each measure with bounds and status; what a scenario does to a lot comes first. */
  function tableOf(page, at) {
    const { model, data } = page;
    const { columns, pairs } = data.tables.parcels;
    const ids = Array.from(at, (one) => data.tables.parcels.id[one]);
    const measures = data.measures.filter((measure) => data.lots.columns[measure.name] && ids.some((id) => model.figure(`${measure.name}/${id}`)));
    const fields = Object.entries(columns).flatMap(([column, values]) => pairs[column]
      ? pairs[column].map((name, side) => [name, (index) => values[index] && values[index][side]])
      : [[column, (index) => values[index]]]);
    const end = { m2: "_m2", yuan: "_yuan" };
    const assumed = page.state.scenario ? ["scenario"] : [];
    const heads = ["parcel_id", ...assumed, "name_en", "name_zh", ...fields.map(([name]) => name),
      ...measures.flatMap(({ name, unit }) => ["", "_low", "_high"].map((part) => `${name}${part}${end[unit] || ""}`).concat(`${name}_status`))];
    const rows = ids.map((id) => {
      const index = model.rowOf.parcels.get(id);
      const cells = [id, ...assumed.map(() => pingshanGeo.assumedOf(page, id)), ...data.tables.parcels.name[index], ...fields.map(([, at]) => at(index))];
      for (const { name } of measures) {
        const figure = model.figure(`${name}/${id}`);
        cells.push(...(figure ? [figure.value, figure.low, figure.high, figure.status] : [null, null, null, null]));
      }
      return cells;
    });
    return { heads, rows };
  }

  /** One lot as two lines that a spreadsheet takes: heads and values, tabs between. */
  pingshanGeo.rowText = (page, id) => {
    const { heads, rows } = tableOf(page, [page.model.rowOf.parcels.get(id)]);
    const plain = (value) => cell(value).replace(/[\t\r\n]+/g, " ");
    return [heads, rows[0]].map((line) => line.map(plain).join("\t")).join("\n");
  };

  function csv(page) {
    const { heads, rows } = tableOf(page, page.shown.rows);
    return `\ufeff${[heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
  }

  function geojsonText(page) {
    const { heads, rows } = tableOf(page, page.shown.rows);
    const block = page.data.geometry.parcels;
    const features = rows.map((row) => ({
      type: "Feature",
      id: row[0],
      properties: Object.fromEntries(heads.map((head, index) => [head, row[index] === undefined || row[index] === "" ? null : row[index]])),
      geometry: geometry.geojson(block, page.model.rowOf.parcels.get(row[0])),
    }));
    const sketched = features.some((feature) => feature.properties.geometry_status === "illustrative");
    const notice = sketched ? { notice: page.words.notice_illustrative[0], notice_zh: page.words.notice_illustrative[1] } : {};
    return `${JSON.stringify({ type: "FeatureCollection", as_of: page.data.page.as_of, ...(page.state.scenario ? { scenario: page.state.scenario } : {}), ...notice, features }, null, 1)}\n`;
  }

  function save(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = el("a", { href: address, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  pingshanGeo.save = save;

  pingshanGeo.copy = async (text, button, name, page) => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", { readonly: true, class: "aloud" });
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    button.textContent = page.t(done ? "copied" : "copy_failed");
    setTimeout(() => { button.textContent = name; }, 1600);
  };

  /** What the colours of the map mean: classes of the colouring that is on, with the lots that are printed. */
  function paperLegend(page) {
    const { way, classes, of } = pingshanGeo.colouring(page);
    const counts = new Array(classes.length).fill(0);
    for (const at of page.shown.rows) counts[of[at]] += 1;
    const rows = classes.map((cls, at) => {
      const label = way === "use" && cls.code !== "unknown" ? `${cls.code} ${pingshanGeo.classLabel(page, cls)}` : pingshanGeo.classLabel(page, cls);
      const name = span(cls.code === "unknown" ? "use-name unknown" : "use-name", cls.mark ? `${cls.mark} ` : "", label);
      return counts[at] ? el("li", {}, pingshanGeo.pattern(cls.pattern).swatch(cls.colour), name, span("num", format.digits(counts[at], 0))) : null;
    });
    return [el("h3", {}, page.t(`colour_${way}`)), el("ul", { class: "paper-legend" }, rows)];
  }

  /** Beside the map: the filters that are on, the legend, what is counted, and what the foot says. */
  function paperSide(page, listed) {
    const chips = [...page.frame.querySelectorAll(".chips-on .chip-text")].map((chip) => chip.textContent);
    const copied = (hook) => {
      const copy = page.frame.querySelector(`[data-testid=${hook}]`).cloneNode(true);
      copy.removeAttribute("data-testid");
      copy.removeAttribute("role");
      return copy;
    };
    const isSelected = page.frame.querySelector("[data-testid=selection]:not([hidden])");
    const sums = isSelected ? Object.assign(copied("selection"), { className: "paper-sums" }) : null;
    return div("paper-side",
      sums,
      chips.length ? [el("h3", {}, page.t("filters_label")), el("ul", { class: "paper-chips" }, chips.map((text) => el("li", {}, text)))] : null,
      page.data.tables.parcels.id.length ? paperLegend(page) : null,
      div("paper-notes", listed ? [copied("count"), copied("sums")] : null, div("paper-foot", [...page.frame.querySelectorAll(".pg-foot > span")].map((one) => p("", one.textContent)))));
  }

  /** A row of the printed list. */
  function paperRow(page, kind, row, measures) {
    const { geometry_status: status } = row;
    const title = pingshanGeo.subjectTitle(page, row);
    const known = (text) => text || span("unknown", page.t("unknown"));
    const zone = row.zone_id && page.model.has("zones", row.zone_id) ? page.say(page.model.row("zones", row.zone_id).name) : "";
    const use = kind === "parcels" ? page.data.uses.find(({ code }) => code === row.land_use) : null;
    const said = kind === "parcels" ? [use && use.code !== "unknown" ? `${use.code} ${page.say(use.name)}` : "", zone] : [page.field(row.kind_key, true)];
    const name = title === row.id ? page.say(row.name) : page.other(row.name);
    const outline = page.words[status] && status !== "none" ? page.t(status) : page.t(`chip_${status}`);
    return el("tr", {},
      el("td", {}, el("b", {}, title), name && name !== title ? [" ", span("second", name)] : null),
      said.map((text) => el("td", {}, known(text))),
      measures.map(({ name: measure }) => el("td", { class: "num" }, format.nodes(page, page.model.figure(`${measure}/${row.id}`)))),
      el("td", { class: `outline-${status}` }, outline));
  }

  /** The list as a table, whose head the browser repeats on every page. */
  function paperList(page) {
    const kind = page.state.tab === "zones" ? "zones" : "parcels";
    const all = kind === "parcels" ? page.shown.rows.length : 0;
    const ids = [...page.frame.querySelectorAll(`.rows [data-testid=${kind === "parcels" ? "parcel-row" : "zone-row"}]`)].map((one) => one.dataset.id);
    if (!ids.length) return p("paper-list", page.t("nothing_found"));
    const measures = (kind === "parcels" ? ["site_area", "gross_floor_area", "far"] : ["recorded_area", "parcel_count"])
      .map((name) => page.data.measures.find((one) => one.name === name)).filter(Boolean);
    const heads = kind === "parcels" ? ["lot", "land_use", "zone"] : ["zone", "field_kind"];
    const rest = all > ids.length ? p("second", page.sentence("list_print_rest", { shown: format.digits(ids.length, 0), count: format.digits(all, 0) })) : null;
    return div("paper-list", rest, el("table", {},
      el("thead", {}, el("tr", {}, heads.map((word) => el("th", {}, page.title(word))),
        measures.map(({ label }) => el("th", { class: "num" }, page.title(label))), el("th", {}, page.t("colour_geometry")))),
      el("tbody", {}, ids.map((id) => paperRow(page, kind, page.model.row(kind, id), measures)))));
  }

  /** In the margin of every sheet: what it is, its date, the notice; browsers before 131 leave margins empty. */
  function paperMargin(page) {
    const { title, as_of: day, notice } = page.data.page;
    const said = [page.say(title), page.sentence("as_of", { date: day }), page.say(notice)].join(" · ");
    const quoted = said.replace(/["\\\u0000-\u001f]/g, (sign) => `\\${sign.charCodeAt(0).toString(16)} `);
    const sheet = document.styleSheets[0];
    const at = sheet.insertRule(`@media print { @page { @bottom-left { content: "${quoted}"; font: 8px system-ui, sans-serif; color: #444; } } }`, sheet.cssRules.length);
    return () => sheet.deleteRule(at);
  }

  /** Paper: the map takes its place on the sheet before the browser lays the sheet out, and before lots are
      painted for it. The same map stands on upright and on broad sheets: a page learns too late which it is. */
  function mapOnPaper(page) {
    const { map } = page;
    let before = null;
    const look = (bounds) => {
      const { lot } = page.state;
      const shape = lot && geometry.bounds(page.data.geometry.parcels, page.model.rowOf.parcels.get(lot));
      if (page.state.view) map.fitBounds(bounds, { animate: false });
      else if (shape && shape.isValid()) map.fitBounds(shape.pad(LOT_GROUND), { animate: false, maxZoom: LOT_ZOOM });
      else page.ground.fit();
    };
    const place = (set) => {
      map.invalidateSize({ animate: false, pan: false });
      set();
      if (page.drawLabels) page.drawLabels();
    };
    window.addEventListener("beforeprint", () => {
      if (before) return;
      before = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds(), view: page.state.view };
      document.documentElement.classList.add("on-paper");
      place(() => look(before.bounds));
    });
    window.addEventListener("afterprint", () => {
      if (!before) return;
      const { centre, zoom, view } = before;
      before = null;
      document.documentElement.classList.remove("on-paper");
      place(() => map.setView(centre, zoom, { animate: false }));
      if (page.state.view !== view) page.set({ view });
    });
  }

  /** What stands on paper alone, for as long as it is printed. */
  function wordsOnPaper(page) {
    let undo = null;
    const leave = () => {
      if (undo) undo();
      undo = null;
    };
    window.addEventListener("beforeprint", () => {
      leave();
      const listed = page.frame.dataset.face === "about";
      const parts = [paperSide(page, listed), listed ? paperList(page) : ""].filter(Boolean);
      const clear = paperMargin(page);
      page.frame.querySelector(".pg-mapbox").after(...parts);
      undo = () => {
        clear();
        parts.forEach((one) => one.remove());
      };
    });
    window.addEventListener("afterprint", leave);
  }

  part("page_frame", (page) => {
    const frame = page.frame;
    const { data, map } = page;
    document.documentElement.classList.add("has-frame");
    frame.querySelector("[data-slot=map]").append(map.getContainer());
    map.getContainer().setAttribute("aria-label", page.t("map_label"));
    map.invalidateSize(false);
    const at = (hook) => frame.querySelector(`[data-testid=${hook}]`);
    at("lang-en").addEventListener("click", () => page.set({ lang: "en" }));
    at("lang-zh").addEventListener("click", () => page.set({ lang: "zh" }));
    const file = (suffix) => `${data.page.catalogue}-parcels${page.state.asof === pingshanGeo.keys.get("asof").initial(page) ? "" : `-${data.page.as_of}`}${page.state.scenario ? "-scenario" : ""}.${suffix}`;
    at("download-csv").addEventListener("click", () => save(file("csv"), "text/csv;charset=utf-8", csv(page)));
    at("download-geojson").addEventListener("click", () => save(file("geojson"), "application/geo+json", geojsonText(page)));
    at("copy-link").addEventListener("click", (event) => pingshanGeo.copy(pingshanGeo.link(page), event.currentTarget, page.t("copy_link"), page));
    at("print").addEventListener("click", () => window.print());
    const more = frame.querySelector(".more");
    pingshanGeo.units(page, frame.querySelector(".more-items"));
    more.addEventListener("click", () => more.setAttribute("aria-expanded", String(more.getAttribute("aria-expanded") !== "true")));
    mapOnPaper(page);
    Promise.resolve().then(() => wordsOnPaper(page)); // last of all: a long list unrolls itself for paper first
    const fillWord = (selector, text) => { frame.querySelector(selector).textContent = text; };
    page.on((state, changed) => {
      frame.dataset.face = state.figure ? "figure" : state.lot || state.zone ? "card" : "about";
      frame.dataset.tab = state.tab;
      if (changed && !changed.has("lang")) return;
      document.documentElement.lang = state.lang;
      document.title = page.say(data.page.title);
      fillWord(".pg-title", page.say(data.page.title));
      fillWord(".pg-title-other", page.other(data.page.title));
      fillWord(".pg-day", page.sentence("as_of", { date: data.page.as_of }));
      fillWord(".pg-unsurveyed", data.page.surveyed ? "" : ` · ${page.t("no_lot_surveyed")}`);
      for (const node of frame.querySelectorAll("[data-word]")) node.textContent = page.t(node.dataset.word);
      for (const node of frame.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", page.t(node.dataset.aria));
      for (const lang of ["en", "zh"]) at(`lang-${lang}`).setAttribute("aria-pressed", String(state.lang === lang));
      fillWord(".foot-crs", page.sentence("foot_crs", { crs: data.page.crs }));
      fillWord(".foot-notice", page.say(data.page.notice));
      fillWord(".foot-source", page.say(data.page.credit));
    });
  });
})();

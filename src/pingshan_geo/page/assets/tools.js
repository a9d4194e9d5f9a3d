/* The frame: title, language, downloads of what the filter shows, link, print. */
(() => {
  "use strict";
  const { el, part, geometry } = pingshanGeo;
  const FORMULA = /^[\s\u0000-\u001f]*[=+\-@\t\r]/;

  /** A cell as RFC 4180 text; one that a spreadsheet would run as a formula gets an apostrophe. */
  function cell(value) {
    if (value === null || value === undefined) return "";
    const text = typeof value === "string" && FORMULA.test(value) && !/^[+-]?\d+(\.\d+)?$/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }

  /** Rows that the filter shows: fields of the lot, then each measure with bounds and status. */
  function shownTable(page) {
    const { model, data } = page;
    const { columns, pairs } = data.tables.parcels;
    const ids = page.shown.rows.map((at) => data.tables.parcels.id[at]);
    const measures = data.measures.filter((measure) => ids.some((id) => model.figureOf.has(`${measure.name}/${id}`)));
    const fields = Object.entries(columns).flatMap(([column, values]) => pairs[column]
      ? pairs[column].map((name, side) => [name, (index) => values[index] && values[index][side]])
      : [[column, (index) => values[index]]]);
    const end = { m2: "_m2", yuan: "_yuan" };
    const heads = ["parcel_id", "name_en", "name_zh", ...fields.map(([name]) => name),
      ...measures.flatMap(({ name, unit }) => ["", "_low", "_high"].map((part) => `${name}${part}${end[unit] || ""}`).concat(`${name}_status`))];
    const rows = ids.map((id) => {
      const index = model.rowOf.parcels.get(id);
      const cells = [id, ...data.tables.parcels.name[index], ...fields.map(([, at]) => at(index))];
      for (const { name } of measures) {
        const figure = model.figure(`${name}/${id}`);
        cells.push(...(figure ? [figure.value, figure.low, figure.high, figure.status] : [null, null, null, null]));
      }
      return cells;
    });
    return { heads, rows };
  }

  function csv(page) {
    const { heads, rows } = shownTable(page);
    return `\ufeff${[heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
  }

  function geojsonText(page) {
    const { heads, rows } = shownTable(page);
    const block = page.data.geometry.parcels;
    const features = rows.map((row) => ({
      type: "Feature",
      id: row[0],
      properties: Object.fromEntries(heads.map((head, index) => [head, row[index] === undefined || row[index] === "" ? null : row[index]])),
      geometry: geometry.geojson(block, page.model.rowOf.parcels.get(row[0])),
    }));
    const sketched = features.some((feature) => feature.properties.geometry_status === "illustrative");
    const notice = sketched ? { notice: page.words.notice_illustrative[0], notice_zh: page.words.notice_illustrative[1] } : {};
    return `${JSON.stringify({ type: "FeatureCollection", as_of: page.data.page.as_of, ...notice, features }, null, 1)}\n`;
  }

  function save(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = el("a", { href: address, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async function copyLink(page, button) {
    const text = pingshanGeo.link(page);
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
    setTimeout(() => { button.textContent = page.t("copy_link"); }, 1600);
  }

  /** Paper: the map takes its place on the sheet before the browser lays the sheet out. */
  function onPaper(page) {
    const { map } = page;
    let before = null;
    const resize = () => {
      map.invalidateSize({ animate: false, pan: false });
      if (!page.state.view) page.ground.fit();
      if (page.drawLabels) page.drawLabels();
    };
    window.addEventListener("beforeprint", () => {
      before = { centre: map.getCenter(), zoom: map.getZoom() };
      document.documentElement.classList.add("on-paper");
      resize();
    });
    window.addEventListener("afterprint", () => {
      document.documentElement.classList.remove("on-paper");
      resize();
      if (before && page.state.view) map.setView(before.centre, before.zoom, { animate: false });
    });
  }

  part("page_frame", (page) => {
    const frame = page.frame;
    const { data, map } = page;
    frame.querySelector("[data-slot=map]").append(map.getContainer());
    map.getContainer().setAttribute("aria-label", page.t("map_label"));
    map.invalidateSize(false);
    const at = (hook) => frame.querySelector(`[data-testid=${hook}]`);
    at("lang-en").addEventListener("click", () => page.set({ lang: "en" }));
    at("lang-zh").addEventListener("click", () => page.set({ lang: "zh" }));
    at("download-csv").addEventListener("click", () => save(`${data.page.catalogue}-parcels.csv`, "text/csv;charset=utf-8", csv(page)));
    at("download-geojson").addEventListener("click", () => save(`${data.page.catalogue}-parcels.geojson`, "application/geo+json", geojsonText(page)));
    at("copy-link").addEventListener("click", (event) => copyLink(page, event.currentTarget));
    at("print").addEventListener("click", () => window.print());
    const more = frame.querySelector(".more");
    more.addEventListener("click", () => more.setAttribute("aria-expanded", String(more.getAttribute("aria-expanded") !== "true")));
    onPaper(page);
    const fillWord = (selector, text) => { frame.querySelector(selector).textContent = text; };
    page.on((state, changed) => {
      frame.dataset.face = state.figure ? "figure" : state.lot || state.zone ? "card" : "about";
      frame.dataset.tab = state.tab;
      if (changed && !changed.has("lang")) return;
      document.documentElement.lang = state.lang;
      document.title = page.say(data.page.title);
      fillWord(".pg-title", page.say(data.page.title));
      fillWord(".pg-title-other", page.other(data.page.title));
      fillWord(".pg-as-of", [page.sentence("as_of", { date: data.page.as_of }), data.page.surveyed ? "" : page.t("no_lot_surveyed")].filter(Boolean).join(" · "));
      for (const node of frame.querySelectorAll("[data-word]")) node.textContent = page.t(node.dataset.word);
      for (const node of frame.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", page.t(node.dataset.aria));
      for (const lang of ["en", "zh"]) at(`lang-${lang}`).setAttribute("aria-pressed", String(state.lang === lang));
      fillWord(".foot-crs", page.sentence("foot_crs", { crs: data.page.crs }));
      fillWord(".foot-notice", page.say(data.page.notice));
      fillWord(".foot-source", page.say(data.page.credit));
    });
  });
})();

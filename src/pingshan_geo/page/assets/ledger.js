/* What the drawers draw from: measures of all lots as columns, which lots pass, ranges as the address says them. */
(() => {
  "use strict";
  const { format } = pingshanGeo;
  const cache = new WeakMap();

  /** "LOW..HIGH[,unknown]" or "unknown" as {low, high, unknown}; null where it is neither. */
  function range(text) {
    const found = /^(?:(-?[\d.]*(?:e[-+]?\d+)?)\.\.(-?[\d.]*(?:e[-+]?\d+)?))?(,?unknown)?$/.exec(text || "");
    if (!text || !found) return null;
    const end = (piece, open) => (piece ? Number(piece) : open);
    if (found[1] === undefined) return { low: Infinity, high: -Infinity, unknown: true };
    const [low, high] = [end(found[1], -Infinity), end(found[2], Infinity)];
    return Number.isNaN(low) || Number.isNaN(high) ? null : { low, high, unknown: Boolean(found[3]) };
  }
  const within = ({ low, high }, value) => value >= low && value <= high;

  /** A measure of all lots as numbers, NaN where unknown; made once. */
  function column(page, measure) {
    const kept = once(page, "columns", () => new Map());
    if (!kept.has(measure)) {
      const values = new Float64Array(page.data.tables.parcels.id.length);
      for (let at = 0; at < values.length; at += 1) {
        const value = page.model.valueAt("parcels", measure, at);
        values[at] = value === null || value === undefined ? NaN : value;
      }
      kept.set(measure, values);
    }
    return kept.get(measure);
  }

  function once(page, name, make) {
    if (!cache.has(page)) cache.set(page, {});
    const kept = cache.get(page);
    if (!(name in kept)) kept[name] = make();
    return kept[name];
  }

  /** Which lots pass when some filters are put aside. */
  function passing(page, ...aside) {
    if (aside.every((name) => page.state[name] === null || page.state[name] === undefined)) return page.shown;
    const kept = aside.map((name) => page.state[name]);
    const { shown } = page;
    aside.forEach((name) => { page.state[name] = null; });
    page.sift();
    const others = page.shown;
    aside.forEach((name, at) => { page.state[name] = kept[at]; });
    page.shown = shown;
    return others;
  }

  /** The years in which a lot's land was transferred, by its position; lots without one are left out. */
  function lotYears(page) {
    const { model, data } = page;
    const years = new Map();
    const put = (at, year) => {
      if (!years.has(at)) years.set(at, new Set());
      years.get(at).add(year);
    };
    const { date, parcel_id: lots, project_id: projects } = data.tables.auctions.columns;
    (date || []).forEach((day, at) => {
      if (!model.transferCounts({ index: at })) return;
      const lot = model.rowOf.parcels.get(lots[at]);
      const named = lots[at] ? [lot] : model.lotsOfProjects()[model.rowOf.projects.get(projects[at])] || [];
      for (const one of named) if (day && one !== undefined) put(one, Number(day.slice(0, 4)));
    });
    return years;
  }

  const landText = (page, value) => pingshanGeo.amount(page, value, "ha");
  const floorText = (page, value) => pingshanGeo.amount(page, value, "m2", true);

  /** A sentence that counts: one thing has its own, where the language wants one. */
  pingshanGeo.counted = (page, key, count, values = {}) => page.sentence(count === 1 && page.words[`${key}_one`] ? `${key}_one` : key, { ...values, count: format.digits(count, 0) });

  pingshanGeo.lots = { range, within, column, once, passing, lotYears, landText, floorText };
})();

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
  /** A name as it is, save where it is a word of ours ("several", "not stated"). */
  const told = (page, text) => word(page, text && page.words[text.replace(/ /g, "_")] ? text.replace(/ /g, "_") : text);

  /** Rows of findings that a drawer shows at once; the gravest come first. */
  const MOST = 300;

  drawer("targets", (page) => page.data.tables.targets.id.length, (page) =>
    table(page, [["target"], ["field_period"], ["target_value", true], ["delivered", true], ["completion_rate", true], ["ev_bounds", true], ["pace_margin", true]],
      page.model.rows("targets").map((row) => {
        const of = (measure) => page.model.figure(`${measure}/${row.id}`);
        const rate = of("completion_rate");
        const asked = of("target_value");
        const implied = of("implied_target");
        const isImplied = asked && asked.value === null && implied && implied.value !== null;
        return [
          pingshanGeo.subjectTitle(page, row),
          span("whole", format.years(row.period_start, row.period_end)),
          [link(page, isImplied ? implied : asked), isImplied ? div("aside", page.say(implied.label)) : null],
          link(page, of("delivered")),
          rate ? [link(page, rate), pingshanGeo.stepLine(page, rate)] : "",
          rate ? format.bounds(page, rate) : "",
          of("pace_margin") ? [link(page, of("pace_margin")), of("pace_margin").value === null ? "" : pingshanGeo.paceMark(page, of("pace_margin").verdict)] : "",
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
          [word(page, row.mode), page.model.transferVerdict(row) === "stands" ? null : div("aside", page.t(page.model.transferVerdict(row)))],
          link(page, page.model.figure(`price/${row.id}`)),
          area ? link(page, area) : none(),
        ];
      })));

  /** The word for a column; of one that ends in its unit the word without it. */
  const columnWord = (page, name) => page.field(name && !page.words[name] && page.words[name.replace(/_[a-z0-9]+$/, "")] ? name.replace(/_[a-z0-9]+$/, "") : name, true);

  /** A part of the findings, then as many more at a press. */
  drawer("findings", (page) => page.data.findings.length, (page) => {
    const { findings } = page.data;
    const row = (one, at) => [
      span(`severity ${one.severity}`, page.t(one.severity)),
      [div("", page.say(one.message)), div("aside", page.say(one.fix)),
        page.showFinding && page.model.hasShape(at) ? button("link", () => page.showFinding(at), { "data-finding": at }, page.t("show_on_map")) : null],
      page.dotted([one.subject, ...one.related].map((id) => card.reference(page, id))),
      page.dotted([[one.file, one.row].filter((value) => value !== null && value !== undefined).join(":"), columnWord(page, one.field)]),
    ];
    const part = (from) => table(page, [["severity"], ["finding"], ["field_subject"], ["finding_where"]],
      findings.slice(from, from + MOST).map((one, at) => row(one, from + at)));
    const all = part(0);
    const body = all.querySelector("tbody");
    const more = button("link more-rows", () => {
      const next = [...part(body.childElementCount).querySelector("tbody").children];
      body.append(...next);
      tell();
      next[0].tabIndex = -1;
      next[0].focus({ preventScroll: true });
    });
    const tell = () => {
      const left = findings.length - body.childElementCount;
      more.hidden = left <= 0;
      more.textContent = page.sentence("show_more", { more: format.digits(Math.min(left, MOST), 0), left: format.digits(left, 0) });
    };
    tell();
    return [all, more];
  });

  drawer("sources", (page) => page.data.sources.length, (page) =>
    table(page, [["field_source"], ["field_publisher"], ["field_date"], ["field_licence"]],
      page.data.sources.map((row) => [
        pingshanGeo.citation(page, { ...row, date: null }), told(page, row.publisher), word(page, row.date), told(page, row.licence),
      ])));

  part("ledger", (page) => {
    const place = page.slot("ledger", "bottomleft");
    const bar = el("div", { class: "drawer-tabs", role: "group" });
    const sheet = el("div", { class: "drawer-sheet", hidden: true, role: "region", tabindex: "-1" });
    place.append(bar, sheet);
    const named = new Map(drawers.map((one) => [one.name, one]));
    const offered = drawers.filter(({ count }) => count(page));
    const tabs = new Map(offered.map(({ name }) => [name,
      button("drawer-tab", () => page.set({ drawer: page.state.drawer === name ? null : name }), { "data-ledger": name })]));
    bar.append(...tabs.values());
    const label = () => offered.forEach(({ name, count }) => {
      const many = count(page);
      tabs.get(name).replaceChildren(page.t(`ledger_${name}`), many === true ? "" : span("tally", ` ${format.digits(many, 0)}`));
    });
    const fill = (state) => {
      const open = named.get(state.drawer);
      const held = sheet.contains(document.activeElement) && document.activeElement.dataset.focus;
      const [top, left] = [sheet.scrollTop, sheet.scrollLeft];
      for (const [name, tab] of tabs) tab.setAttribute("aria-expanded", String(name === state.drawer));
      sheet.hidden = !open;
      sheet.dataset.drawer = state.drawer || "";
      place.dataset.drawer = state.drawer || "";
      if (page.frame) page.frame.classList.toggle("drawer-open", Boolean(open));
      if (open) sheet.setAttribute("aria-label", page.t(`ledger_${state.drawer}`));
      sheet.replaceChildren(...[open ? open.draw(page) : ""].flat());
      [sheet.scrollTop, sheet.scrollLeft] = [top, left];
      const again = held && [...sheet.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === held);
      if (again) again.focus({ preventScroll: true });
    };
    page.on((state, changed) => {
      if (!changed || changed.has("lang")) {
        label();
        fill(state);
        // A link to a drawer leads to it where the page is one long column.
        if (!changed && state.drawer && !state.lot && !state.figure && matchMedia("(max-width: 760px)").matches) requestAnimationFrame(() => place.scrollIntoView());
        return null;
      }
      if (changed.has("drawer")) {
        fill(state);
        sheet.scrollTop = 0;
      } else if (named.has(state.drawer) && named.get(state.drawer).keys.some((key) => changed.has(key))) fill(state);
      return null;
    });
  });
})();

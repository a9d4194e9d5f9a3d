/* What if: another target, lots more or fewer, a floor area ratio for lots without one, another basis.
   Nothing recorded changes: before and after stand side by side, and the whole state is in the address. */
(() => {
  "use strict";
  const { el, format, arithmetic, button, span, p, div } = pingshanGeo;
  const { UNKNOWN, exact, sum, divide, subtract, add, times } = arithmetic;
  const BASES = ["recorded", "measured"];
  const COUNTED = { land_area: "site_area", floor_area: "gross_floor_area" };
  const MOST = 40;
  const MOST_FAR = 100;
  const LEAST = 1e-12; // less, or more than one part of it, is no amount of land

  /** target.ID=M2;drop=ID,ID;add=ID,ID;far.ID=RATIO;basis=measured, each piece encoded. */
  function parse(page, raw) {
    const found = { target: null, value: null, drop: new Set(), add: new Set(), far: new Map(), basis: "recorded" };
    const number = (text) => (Number(text) >= LEAST && Number(text) <= 1 / LEAST ? Number(text) : null);
    for (const piece of (raw || "").split(";")) {
      const [head, rest = ""] = piece.split("=");
      const [name, id = ""] = head.split(".").map(decodeURIComponent);
      if (name === "target" && page.model.has("targets", id)) {
        found.target = id;
        found.value = number(rest);
      } else if (name === "drop" || name === "add") {
        for (const lot of rest.split(",").map(decodeURIComponent)) if (page.model.has("parcels", lot)) found[name].add(lot);
      } else if (name === "far" && number(rest) && Number(rest) <= MOST_FAR && page.model.has("parcels", id) && lacksFloor(page, id)) found.far.set(id, number(rest));
      else if (name === "basis" && BASES.includes(rest)) found.basis = rest;
    }
    return found;
  }

  /** An id in an address: points part the pieces here, and stay as they are elsewhere. */
  const said = (id) => encodeURIComponent(id).replace(/\./g, "%2E");

  function compose({ target, value, drop, add: more, far, basis }) {
    const list = (ids) => [...ids].map(encodeURIComponent).join(",");
    const parts = [
      drop.size ? `drop=${list(drop)}` : "",
      more.size ? `add=${list(more)}` : "",
      ...[...far].map(([id, ratio]) => `far.${said(id)}=${ratio}`),
      basis === "recorded" ? "" : `basis=${basis}`,
    ].filter(Boolean);
    if (target && (value !== null || drop.size || more.size || (parts.length && basis !== "recorded"))) parts.unshift(`target.${said(target)}=${value === null ? "" : value}`);
    return parts.length ? parts.join(";") : null;
  }

  pingshanGeo.key("scenario", { read: (page, text, raw) => compose(parse(page, raw)), write: (raw) => raw });

  const firstTarget = (page) => {
    const { id } = page.data.tables.targets;
    const lead = page.data.headline.map((one) => one.slice(one.indexOf("/") + 1)).find((one) => page.model.has("targets", one));
    return lead || id[0] || null;
  };

  /** Land transfers that count towards a target, a lot once; those without a lot are all kept. */
  function counted(page, target) {
    const seen = new Set();
    const counting = page.model.related("auctions", "target_id", target).filter((sale) => page.model.transferCounts(sale));
    return counting.filter(({ parcel_id: lot }) => {
      if (lot && seen.has(lot)) return false;
      seen.add(lot);
      return true;
    });
  }

  /** Land, floor and their ratio over the lots that have both, as the reports group them. */
  function group(page, rows, landOf, floorOf) {
    const pairs = rows.map((at) => [landOf(at), floorOf(at)]);
    const both = pairs.filter(([land, floor]) => land.value !== null && floor.value !== null);
    const [land, floor] = [0, 1].map((side) => sum(pairs.map((pair) => pair[side])));
    return { land, floor, far: divide(sum(both.map((pair) => pair[1])), sum(both.map((pair) => pair[0]))), rows: rows.length };
  }

  const interval = (figure) => (figure && figure.value !== null ? { value: figure.value, low: figure.low, high: figure.high } : UNKNOWN);

  /** Whether no floor of a lot is known on any basis, so that a ratio may be assumed. */
  const lacksFloor = (page, id) => ["gross_floor_area", "countable_floor_area"].every((measure) => interval(page.model.figure(`${measure}/${id}`)).value === null);

  /** Both sides of a scenario; `target` is null where the catalogue has none. */
  function outcome(page, { target: chosen, value, drop, add: more, far, basis }) {
    const { model, data } = page;
    const ids = data.tables.parcels.id;
    const target = chosen || firstTarget(page);
    const of = (measure, id) => interval(model.figure(`${measure}/${id}`));
    const area = (id, name) => of(name === "site_area" && basis === "measured" ? "measured_area" : name, id);
    const before = group(page, page.shown.rows, (at) => of("site_area", ids[at]), (at) => of("gross_floor_area", ids[at]));
    const floor = (at) => {
      const known = of("gross_floor_area", ids[at]);
      return known.value === null && far.has(ids[at]) ? times(area(ids[at], "site_area"), far.get(ids[at])) : known;
    };
    const kept = page.shown.rows.filter((at) => !drop.has(ids[at]));
    const result = { target: null, before, after: group(page, kept, (at) => area(ids[at], "site_area"), floor) };
    if (!target) return result;
    const row = model.row("targets", target);
    const name = COUNTED[row.measure];
    const items = counted(page, target);
    const lots = new Set(items.map((one) => one.parcel_id).filter(Boolean));
    const asked = interval(model.figure(`target_value/${target}`));
    const printed = model.figure(`delivered/${target}`);
    const wanted = value === null ? asked : exact(value);
    const gone = [...drop].filter((id) => lots.has(id));
    const come = [...more].filter((id) => !lots.has(id));
    let delivered = interval(printed);
    if (name && printed && printed.status === "recorded") {
      const partOf = (list) => (list.length ? list.map((id) => area(id, name)).reduce(add) : exact(0));
      delivered = add(subtract(delivered, partOf(gone)), partOf(come));
    } else if (name) {
      const all = [...items.filter((one) => !gone.includes(one.parcel_id)).map((one) => one.parcel_id), ...come];
      const whole = sum(all.map((id) => (id ? area(id, name) : UNKNOWN)));
      delivered = whole.known === whole.rows ? whole : UNKNOWN;
    }
    const rate = interval(model.figure(`completion_rate/${target}`));
    const sides = (want, done, known) => ({ wanted: want, delivered: done, rate: known || divide(done, want), left: subtract(want, done) });
    Object.assign(before, sides(asked, interval(printed), rate));
    const same = !gone.length && !come.length && value === null && (basis === "recorded" || delivered === before.delivered);
    Object.assign(result.after, sides(wanted, same ? before.delivered : delivered, same ? rate : null));
    return Object.assign(result, { target, row, name, items, lots, come });
  }

  /** The scenario of the state, or null where nothing is assumed. */
  pingshanGeo.scenario = (page) => {
    const { scenario } = page.state;
    if (!scenario) return null;
    const known = page.assumed;
    if (!known || known.raw !== scenario || known.shown !== page.shown) {
      const said_ = parse(page, scenario);
      page.assumed = { raw: scenario, shown: page.shown, asked: said_, ...outcome(page, said_) };
    }
    return page.assumed;
  };

  /** What a scenario does to a lot, for files that leave the page: first what is assumed for all; empty where it does nothing. */
  pingshanGeo.assumedOf = (page, id) => {
    const found = pingshanGeo.scenario(page);
    if (!found) return "";
    const { drop, add: more, far, value, basis } = found.asked;
    return [value === null ? "" : `target=${value}`, basis === "recorded" ? "" : `basis=${basis}`, drop.has(id) ? "dropped" : "", more.has(id) ? "added" : "", far.has(id) ? `far=${far.get(id)}` : ""].filter(Boolean).join(";");
  };

  const change = (page, edit) => {
    const asked = parse(page, page.state.scenario);
    if (!asked.target) asked.target = firstTarget(page);
    edit(asked);
    page.set({ scenario: compose(asked) });
  };

  const toggled = (set, id) => { if (set.has(id)) set.delete(id); else set.add(id); };

  /** What may be assumed of one lot: on its card. */
  pingshanGeo.lotScenario = (page, row) => {
    const asked = parse(page, page.state.scenario);
    const target = asked.target || firstTarget(page);
    const isCounted = target && counted(page, target).some((one) => one.parcel_id === row.id);
    const [name, way] = isCounted ? [asked.drop, "drop"] : [asked.add, "add"];
    const open = () => page.set({ drawer: "whatif" });
    return [
      target ? button("link", () => { change(page, (one) => toggled(one[way], row.id)); open(); }, { "aria-pressed": String(name.has(row.id)) },
        page.t(name.has(row.id) ? "whatif_undo" : `whatif_${way}`)) : null,
      lacksFloor(page, row.id) ? farInput(page, row.id, asked) : null,
    ];
  };

  function farInput(page, id, asked) {
    const input = el("input", { type: "number", min: "0.01", max: "100", step: "any", class: "whatif-number", value: asked.far.has(id) ? asked.far.get(id) : null,
      "data-far": id, onchange: () => change(page, (one) => { if (Number(input.value) > 0) one.far.set(id, Number(input.value)); else one.far.delete(id); }) });
    return el("label", { class: "whatif-far" }, span("", page.sentence("whatif_far", { lot: pingshanGeo.subjectTitle(page, page.model.row("parcels", id)) })), " ", input);
  }

  const shown = (page, measure, part, show) => (part === undefined || part.value === null
    ? [span("unknown", page.t("unknown"))]
    : [format.nodes(page, { measure, group: "", status: "derived", unit: measure === "rate" ? "1" : "m2", show, qualifier: null, ...part }),
      span("aside", format.bounds(page, { measure, status: "derived", unit: "m2", show, ...part }))]);

  function table(page, found, unit) {
    const { before, after } = found;
    const lines = [
      ...(found.target ? [["target_value", "wanted", unit], ["delivered", "delivered", unit], ["completion_rate", "rate", "%"], ["outstanding", "left", unit]] : []),
      ["whatif_land", "land", "ha"], ["whatif_floor", "floor", "m2"], ["whatif_group_far", "far", "1"],
    ];
    const label = (key) => {
      const measure = page.data.measures.find((one) => one.name === key);
      return measure ? page.title(measure.label) : page.t(key);
    };
    const rows = lines.map(([key, part, show]) => {
      const [one, two] = [before[part], after[part]];
      const step = one && two && one.value !== null && two.value !== null ? two.value - one.value : null;
      const differs = !one || !two || one.value !== two.value;
      const said_ = step === null ? span("unknown", differs ? page.t("unknown") : "—")
        : step === 0 ? "=" : `${step > 0 ? "+" : ""}${format.digits(step / (format.FACTOR[show] || 1), { "%": 1, 1: 3, m2: 0 }[show] === undefined ? 2 : { "%": 1, 1: 3, m2: 0 }[show])}`;
      return el("tr", { class: differs ? "differs" : null }, el("th", { scope: "row" }, label(key)),
        [one, two].map((side) => el("td", { class: "num" }, shown(page, key, side, show))), el("td", { class: "num" }, said_));
    });
    const heads = ["", "whatif_before", "whatif_after", "whatif_difference"];
    return el("table", { class: "whatif-table" }, el("thead", {}, el("tr", {}, heads.map((key) => el("th", { scope: "col", class: key ? "num" : null }, key ? page.t(key) : "")))),
      el("tbody", {}, rows));
  }

  /** The unit in which a target is printed. */
  function unitOf(page, target) {
    const figure = target && page.model.figure(`target_value/${target}`);
    return figure && format.FACTOR[figure.show] ? figure.show : "ha";
  }

  function form(page, asked, found) {
    const { model, data } = page;
    const target = found.target;
    const figure = target && model.figure(`target_value/${target}`);
    const unit = unitOf(page, target);
    const select = (label, options, value, choose) => {
      const box = el("select", { onchange: () => choose(box.value) }, options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
      return el("label", {}, span("", label), " ", box);
    };
    const amount = target && el("input", { type: "number", min: "0", step: "any", class: "whatif-number", "data-whatif": "target",
      value: asked.value === null ? (figure && figure.value !== null ? figure.value / format.FACTOR[unit] : null) : asked.value / format.FACTOR[unit],
      onchange: () => change(page, (one) => {
        const now = Number(amount.value) * format.FACTOR[unit];
        one.value = now > 0 && !(figure && figure.value !== null && Math.abs(now - figure.value) < 1e-9 * now) ? now : null;
      }) });
    const lotLine = (id, on, way) => el("label", { class: "whatif-lot" },
      el("input", { type: "checkbox", checked: on, "data-whatif-lot": id, onchange: () => change(page, (one) => toggled(one[way], id)) }), " ",
      pingshanGeo.subjectTitle(page, model.row("parcels", id)), " ", span("second", shown(page, found.name, found.name ? interval(model.figure(`${found.name}/${id}`)) : undefined, unit)));
    const lots = target ? [...found.lots] : [];
    const extra = [...asked.add].filter((id) => !found.lots || !found.lots.has(id));
    const loose = target ? found.items.filter((one) => !one.parcel_id).length : 0;
    const without = page.shown.rows.map((at) => data.tables.parcels.id[at]).filter((id) => lacksFloor(page, id));
    return div("whatif-form",
      target ? select(page.title("target"), data.tables.targets.id.map((id) => [id, pingshanGeo.subjectTitle(page, model.row("targets", id))]), target,
        (id) => change(page, (one) => { one.target = id; one.value = null; })) : null,
      target ? el("label", {}, span("", page.sentence("whatif_target", { unit: page.t(`unit_${unit}`) })), " ", amount) : null,
      select(page.t("whatif_basis"), BASES.map((one) => [one, page.t(`whatif_${one}`)]), asked.basis, (basis) => change(page, (one) => { one.basis = basis; })),
      target ? el("fieldset", {}, el("legend", {}, page.t("whatif_counted")), lots.slice(0, MOST).map((id) => lotLine(id, !asked.drop.has(id), "drop")),
        extra.map((id) => lotLine(id, true, "add")), loose ? p("aside", page.sentence("whatif_loose", { count: loose })) : null, p("aside", page.t("whatif_add_hint"))) : null,
      without.length ? el("fieldset", {}, el("legend", {}, page.t("whatif_without")), without.slice(0, MOST).map((id) => farInput(page, id, asked)),
        without.length > MOST ? p("aside", page.sentence("and_more", { count: without.length - MOST })) : null) : null);
  }

  pingshanGeo.drawer("whatif", () => true, (page) => {
    const asked = parse(page, page.state.scenario);
    const found = outcome(page, asked);
    const figure = found.target && page.model.figure(`target_value/${found.target}`);
    const reset = button("link", () => page.set({ scenario: null }), { "data-whatif": "reset" }, page.t("whatif_reset"));
    reset.hidden = !page.state.scenario;
    return div("whatif", form(page, asked, found),
      div("whatif-outcome", p("whatif-says", page.t("whatif_says"), " ", reset), table(page, found, figure ? figure.show : "ha")));
  }, "scenario", "shown", "lang");

  /** One line that stays on the page and on paper while something is assumed. */
  pingshanGeo.part("scenario_mark", (page) => {
    const place = div("scenario-mark");
    place.setAttribute("role", "status");
    if (page.frame) page.frame.querySelector(".pg-head").after(place);
    else page.slot("scenario", "topleft").append(place);
    page.on((state, changed) => {
      if (changed && !["scenario", "lang", "shown"].some((key) => changed.has(key))) return;
      const found = pingshanGeo.scenario(page);
      place.hidden = !found;
      document.documentElement.classList.toggle("is-scenario", Boolean(found));
      place.replaceChildren();
      if (!found) return;
      const { asked, after, target } = found;
      const pieces = [
        target ? pingshanGeo.subjectTitle(page, found.row) : "",
        target && asked.value !== null ? [page.t("target"), " ", shown(page, "target_value", exact(asked.value), unitOf(page, target))[0]] : "",
        asked.drop.size ? pingshanGeo.counted(page, "whatif_dropped", asked.drop.size) : "",
        asked.add.size ? pingshanGeo.counted(page, "whatif_added", asked.add.size) : "",
        asked.far.size ? pingshanGeo.counted(page, "whatif_far_set", asked.far.size) : "",
        asked.basis === "measured" ? page.t("whatif_measured") : "",
        target ? [page.title(page.data.measures.find((one) => one.name === "completion_rate").label), " ", shown(page, "rate", after.rate, "%")[0]] : "",
      ];
      place.append(el("b", {}, page.t("whatif_mark")), " ", ...page.dotted(pieces).flat(5).filter(Boolean),
        " · ", page.t("whatif_elsewhere"), " ", button("link", () => page.set({ scenario: null }), {}, page.t("whatif_reset")));
    });
  });
})();

/* What was delivered when, summed up against the target. A date known to the year or month is a
   span: the sum rises somewhere in it, so between two curves. */
(() => {
  "use strict";
  const { el, svg, key, format, button, span, p, div, lots } = pingshanGeo;
  const DAY = 864e5;
  const HIGH = 190;
  const LANE = 17;
  const EDGE = { left: 76, right: 22, top: 20 };
  const MOST = 300;
  const FAR_YEARS = 5;
  const ALL = "all";

  key("goal", { read: (page, id) => (id === ALL || page.model.has("targets", id) ? id : null) });

  /** First and last moment of a date written to the year, month or day; null where there is none. */
  function moments(text) {
    const found = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?/.exec(text || "");
    if (!found) return null;
    const [year, month, day] = found.slice(1).map((piece) => (piece ? Number(piece) : null));
    const start = Date.UTC(year, month ? month - 1 : 0, day || 1);
    const end = day ? start + DAY : month ? Date.UTC(year, month, 1) : Date.UTC(year + 1, 0, 1);
    return { start, end, exact: Boolean(day) };
  }

  /** Land transfers and dates of projects, with the lot each leads to; those without date are told. */
  function happened(page) {
    const { tables } = page.data;
    const land = (lot) => (lot && page.model.has("parcels", lot) ? page.model.value("site_area", lot) : null);
    const projects = page.model.rows("projects");
    const lotOf = new Map(projects.map((row) => [row.id, row.parcel_id]));
    const named = new Map(projects.map((row) => [row.id, row]));
    const auctions = page.model.rows("auctions").map((row) => {
      const lot = row.parcel_id || lotOf.get(row.project_id) || null;
      return { kind: "auction", row, id: row.id, date: row.date, when: moments(row.date), lot, target: page.model.transferCounts(row) ? row.target_id : null, land: land(row.parcel_id), verdict: page.model.transferVerdict(row), project: named.get(row.project_id) };
    });
    const dated = tables.projects.columns.stage_date !== undefined;
    const built = projects.map((row) => ({ kind: "project", row, id: row.id, date: row.stage_date || null, when: dated ? moments(row.stage_date) : null, lot: row.parcel_id, land: null, project: row }));
    const order = (list) => list.filter((one) => one.when).sort((a, b) => a.when.start - b.when.start || a.when.end - b.when.end);
    const due = pingshanGeo.obligations.dated(page, moments);
    return { auctions, built, due, lanes: [["time_auctions", order(auctions)], ["time_projects", order(built)], ["time_obligations", order(due)]] };
  }

  function goals(page, auctions) {
    const counted = new Set(auctions.map((one) => one.target).filter(Boolean));
    return page.model.rows("targets").map((row) => {
      const of = (measure) => page.model.figure(`${measure}/${row.id}`);
      const [asked, implied] = [of("target_value"), of("implied_target")];
      const figure = asked && asked.value !== null ? asked : implied && implied.value !== null ? implied : asked;
      return { row, id: row.id, figure, delivered: of("delivered"), counted: counted.has(row.id), from: moments(row.period_start), to: moments(row.period_end) };
    });
  }

  /** The sum at the earliest and at the latest that the dates allow, as steps. */
  function curves(items) {
    const steps = (end) => {
      let total = 0;
      return items.map((one) => [one.when[end === "start" || one.when.exact ? "start" : "end"], one.land]).sort((a, b) => a[0] - b[0])
        .map(([time, land]) => [time, total, total += land]);
    };
    return { early: steps("start"), late: steps("end"), total: items.reduce((sum, one) => sum + one.land, 0) };
  }

  const line = (x, y, from, to, steps) => `M${x(from)} ${y(0)}${steps.map(([time, low, high]) => `H${x(time)}V${y(high)}`).join("")}H${x(to)}`;

  /** What goes into the drawing: the chosen target, what counts towards it, the ends of the axis. */
  function plan(page) {
    const all = lots.once(page, "happened", () => happened(page));
    const targets = lots.once(page, "goals", () => goals(page, all.auctions));
    const usual = targets.find((one) => one.counted) || targets[0];
    const goal = page.state.goal === ALL ? null : targets.find((one) => one.id === page.state.goal) || usual || null;
    const counting = all.auctions.filter((one) => !goal || one.target === goal.id);
    const items = counting.filter((one) => one.when && one.land !== null);
    const asOf = moments(page.data.page.as_of);
    const times = [...all.lanes.slice(0, 2).flatMap(([, list]) => list.flatMap(({ when }) => [when.start, when.end])), asOf.end];
    if (goal) for (const end of [goal.from && goal.from.start, goal.to && goal.to.end]) if (end) times.push(end);
    // What is due long after all else is told at the edge: it must not press the rest together.
    const near = Math.max(...times) + FAR_YEARS * 365 * DAY;
    const [, ends] = all.lanes[2];
    const far = ends.filter(({ when }) => when.end > near);
    const due = ends.filter(({ when }) => when.end <= near);
    times.push(...due.flatMap(({ when }) => [when.start, when.end]));
    const [least, most] = times.reduce(([low, high], time) => [Math.min(low, time), Math.max(high, time)], [Infinity, -Infinity]);
    const years = [new Date(least).getUTCFullYear(), new Date(most - 1).getUTCFullYear() + 1];
    return { ...all, lanes: [...all.lanes.slice(0, 2), ["time_obligations", due]], far, targets, goal, counting, items, asOf, years, curve: curves(items), unit: goal && goal.figure ? goal.figure.show : "ha" };
  }

  /** The pace that reaches the target at its end: from now where its time still runs, else from its start. */
  function pace(page, { goal, curve, asOf }) {
    if (!goal || !goal.figure || goal.figure.value === null || !goal.to) return null;
    const start = goal.from ? goal.from.start : null;
    const done = goal.delivered && goal.delivered.value !== null ? goal.delivered.value : goal.counted ? curve.total : null;
    const now = asOf.end;
    const runs = now < goal.to.end && (start === null || now > start);
    if (runs && done !== null && done >= goal.figure.value) return null;
    const from = runs && done !== null ? [now, done] : start === null ? null : [start, 0];
    if (!from) return null;
    const monthly = goal.to.end - from[0] < 550 * DAY;
    const each = (monthly ? 365.25 / 12 : 365.25) * DAY;
    return { from, to: [goal.to.end, goal.figure.value], open: runs && done !== null, monthly, rate: ((goal.figure.value - from[1]) / (goal.to.end - from[0])) * each };
  }

  const amount = (page, value, unit, decimals = 2) => {
    const name = page.t(`unit_${unit}`);
    return `${format.digits(value / (format.FACTOR[unit] || 1), decimals)}${name ? ` ${name}` : ""}`;
  };

  function said(page, one) {
    const name = one.kind === "auction" ? page.t("land_transfer") : page.field(one.row.stage, true) || page.t("project");
    const what = one.lot && page.model.has("parcels", one.lot) ? pingshanGeo.subjectTitle(page, page.model.row("parcels", one.lot)) : one.project ? page.say(one.project.name) : one.id;
    const land = one.kind === "auction" ? (one.land === null ? page.t("time_land_unknown") : lots.landText(page, one.land)) : "";
    const rough = one.when.exact ? "" : page.t(one.date.length > 4 ? "time_to_month" : "time_to_year");
    const stands = !one.verdict || one.verdict === "stands" ? "" : page.t(one.verdict);
    return [`${one.date}${rough ? ` (${rough})` : ""}`, name, stands, what, land].filter(Boolean).join(" · ");
  }

  /** The events of a lane in rows that do not overlap; very many of them as a count a year. */
  function lane(page, list, x, top, tell, pick) {
    const { press } = pingshanGeo.obligations;
    const shape = svg("g", { class: "lane" });
    if (list.length > MOST) {
      const counts = new Map();
      for (const { when } of list) { const year = new Date(when.start).getUTCFullYear(); counts.set(year, (counts.get(year) || 0) + 1); }
      const most = Math.max(...counts.values());
      for (const [year, count] of counts) {
        const [from, to] = [year, year + 1].map((one) => x(Date.UTC(one, 0, 1)));
        const high = Math.max(2, (2 * LANE * count) / most);
        const words = page.sentence("time_in_year", { year, count: format.digits(count, 0) });
        const mark = svg("g", { role: "button", tabindex: 0, "data-focus": `year:${year}`, "aria-label": words },
          svg("rect", { x: from + 1, y: top + 2 * LANE - high, width: Math.max(1, to - from - 2), height: high, class: "happened" }));
        shape.append(press(mark, words, tell, () => pick(year, year)));
      }
      return { shape, high: 2 * LANE + 4 };
    }
    const ends = [];
    for (const one of list) {
      const from = x(one.when.start);
      const width = one.when.exact ? 10 : Math.max(10, x(one.when.end) - from);
      const left = one.when.exact ? from - 5 : from;
      let row = ends.findIndex((end) => end <= left);
      if (row < 0) row = ends.push(0) - 1;
      ends[row] = left + width + 2;
      const middle = top + row * LANE + LANE / 2;
      const at = one.lot ? page.model.rowOf.parcels.get(one.lot) : undefined;
      const off = at !== undefined && !page.shown.mask[at] ? " off" : "";
      const words = said(page, one);
      const mark = svg("g", { role: "button", tabindex: 0, class: `happened-at ${one.kind}${off}${page.model.transferVoid(one.verdict) ? " void" : ""}`, "data-event": one.id, "data-focus": `event:${one.id}`, "aria-label": words },
        one.when.exact
          ? svg("path", { d: one.kind === "auction" ? `M${from - 5} ${middle - 5}h10v10h-10z` : `M${from} ${middle - 6}l6 6l-6 6l-6 -6z`, class: "happened" })
          : svg("rect", { x: left, y: middle - 5, width, height: 10, rx: one.kind === "auction" ? 0 : 5, class: "happened span" }));
      shape.append(press(mark, words, tell, () => {
        if (one.lot && page.model.has("parcels", one.lot)) page.open("parcels", one.lot);
        else if (one.project && one.project.zone_id && page.model.has("zones", one.project.zone_id)) page.open("zones", one.project.zone_id);
        else tell(`${words} · ${page.t("time_no_lot")}`);
      }));
    }
    return { shape, high: Math.max(1, ends.length) * LANE + 4 };
  }

  function drawing(page, now, needed, tell) {
    const wide = Math.max(340, Math.min(1400, (document.querySelector(".drawer-sheet") || document.body).clientWidth - 34));
    const { goal, curve, years, unit, far } = now;
    const margin = far.length ? pingshanGeo.obligations.FAR.wide : EDGE.right;
    const [first, last] = years.map((year) => Date.UTC(year, 0, 1));
    const x = (time) => EDGE.left + ((wide - EDGE.left - margin) * (time - first)) / (last - first);
    const values = [curve.total, goal && goal.figure && goal.figure.value, goal && goal.delivered && goal.delivered.value].filter((one) => typeof one === "number");
    const most = 1.12 * Math.max(...values, 0) || 1;
    const y = (value) => HIGH - ((HIGH - EDGE.top) * value) / most;
    const shape = svg("svg", { class: "timeline-lines", role: "group", "aria-label": page.t("ledger_timeline") });
    const write = (text, attributes) => { const node = svg("text", attributes); node.textContent = text; shape.append(node); };
    const back = svg("rect", { class: "timeline-back", x: EDGE.left, y: 0, width: wide - EDGE.left - margin, height: HIGH });
    const brush = svg("rect", { class: "brush", y: 0, visibility: "hidden" });
    shape.append(back);
    const each = Math.max(1, Math.ceil((years[1] - years[0]) / ((wide - EDGE.left - margin) / 44)));
    const grids = [];
    for (let year = years[0]; year <= years[1]; year += 1) {
      const at = x(Date.UTC(year, 0, 1));
      const grid = svg("path", { class: "grid" });
      grids.push([grid, at]);
      shape.append(grid);
      if (year < years[1] && (year - years[0]) % each === 0) write(String(year), { x: at + 3, y: HIGH + 14 });
    }
    const scaled = most / (format.FACTOR[unit] || 1);
    const step = [1, 2, 2.5, 5, 10].map((one) => one * 10 ** Math.floor(Math.log10(scaled / 3))).find((one) => scaled / one <= 5);
    for (let tick = 0; tick <= scaled; tick += step) {
      const at = y(tick * (format.FACTOR[unit] || 1));
      shape.append(svg("path", { class: "grid", d: `M${EDGE.left} ${at}H${wide - margin}` }));
      write(format.digits(tick, 2), { x: EDGE.left - 6, y: at + 4, "text-anchor": "end" });
    }
    write(page.t(`unit_${unit}`), { x: EDGE.left - 6, y: 10, "text-anchor": "end", class: "axis-name" });
    const end = Math.min(last, now.asOf.end);
    if (curve.early.length) {
      const [early, late] = [curve.early, curve.late].map((steps) => line(x, y, first, end, steps));
      const under = [...curve.late].reverse().map(([time, low, high]) => `V${y(high)}H${x(time)}`).join("");
      shape.append(svg("path", { class: "curve-between", d: `${early}${under}V${y(0)}Z`, fill: "url(#pg-hatch-zone)" }),
        svg("path", { class: "curve early", d: early }), svg("path", { class: "curve", d: late }));
    }
    if (goal && goal.figure && goal.figure.value !== null && goal.to) {
      const from = goal.from ? x(goal.from.start) : EDGE.left;
      const at = y(goal.figure.value);
      shape.append(svg("path", { class: "goal-line", d: `M${from} ${at}H${x(goal.to.end)}` }));
      // Before the target begins the sum lies low; above the line the curve may pass.
      const side = from > EDGE.left + 130 ? { x: from - 7, y: at + 4, "text-anchor": "end" }
        : x(goal.to.end) > wide - 190 ? { x: x(goal.to.end), y: at - 5, "text-anchor": "end" } : { x: from, y: at - 5 };
      write(`${page.title("target")} ${format.text(page, goal.figure)}`, { ...side, class: "goal-name" });
    }
    if (needed) shape.append(svg("path", { class: "pace-line", d: `M${x(needed.from[0])} ${y(needed.from[1])}L${x(needed.to[0])} ${y(needed.to[1])}` }));
    if (goal && goal.delivered && goal.delivered.value !== null) {
      const at = Math.min(goal.to ? goal.to.end : end, end);
      const right = x(at) > wide - 150;
      shape.append(svg("path", { class: "delivered-mark", d: `M${x(at)} ${y(goal.delivered.value) - 6}l6 6l-6 6l-6 -6z` }));
      write(`${page.title("delivered")} ${format.text(page, goal.delivered)}`, { x: x(at) + (right ? -10 : 10), y: y(goal.delivered.value) + 4, "text-anchor": right ? "end" : "start", class: "goal-name" });
    }
    let top = HIGH + 24;
    const pick = (one, other) => page.set({ years: page.state.years === `${one}..${other}` ? null : `${one}..${other}` }, { push: true });
    for (const [word, list] of now.lanes) {
      const owed = word === "time_obligations";
      const later = owed && far.length ? pingshanGeo.obligations.beyond(page, far, wide - margin + 10, top, tell) : null;
      if (!list.length && !later) continue;
      write(page.t(word), { x: 0, y: top + LANE / 2 + 4, class: "lane-name" });
      const made = owed && list.length <= MOST ? pingshanGeo.obligations.lane(page, list, x, top, tell) : lane(page, list, x, top, tell, pick);
      shape.append(made.shape, later ? later.shape : "");
      top += Math.max(made.high, later ? later.high : 0);
    }
    for (const [grid, at] of grids) grid.setAttribute("d", `M${at} 0V${top}`);
    back.setAttribute("height", top);
    brush.setAttribute("height", top);
    const today = x(now.asOf.end);
    shape.append(svg("path", { class: "as-of-line", d: `M${today} 8V${top}` }));
    write(page.sentence("as_of", { date: page.data.page.as_of }), { x: today - 4, y: 8, "text-anchor": "end", class: "axis-name" });
    const asked = lots.range(page.state.years);
    const lay = (from, to) => { brush.setAttribute("x", Math.min(from, to)); brush.setAttribute("width", Math.abs(to - from)); brush.setAttribute("visibility", "visible"); };
    if (asked && asked.low !== Infinity) lay(x(Math.max(first, Date.UTC(Number.isFinite(asked.low) ? asked.low : years[0], 0, 1))), x(Math.min(last, Date.UTC(Number.isFinite(asked.high) ? asked.high + 1 : years[1], 0, 1))));
    shape.insertBefore(brush, back.nextSibling);
    const placeOf = (event) => { const frame = shape.getBoundingClientRect(); return ((event.clientX - frame.left) * wide) / frame.width; };
    const yearAt = (place) => Math.max(years[0], Math.min(years[1] - 1, new Date(first + ((place - EDGE.left) * (last - first)) / (wide - EDGE.left - margin)).getUTCFullYear()));
    let from = null;
    back.addEventListener("pointerdown", (event) => { if (!event.button) { from = placeOf(event); back.setPointerCapture(event.pointerId); } });
    back.addEventListener("pointermove", (event) => {
      if (from !== null) lay(from, placeOf(event));
      else tell(cumulated(page, now, first + ((placeOf(event) - EDGE.left) * (last - first)) / (wide - EDGE.left - margin)));
    });
    back.addEventListener("pointercancel", () => { from = null; });
    back.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const ends = [from, placeOf(event)].sort((a, b) => a - b);
      from = null;
      if (ends[1] - ends[0] < 4) return lay(0, 0);
      return pick(yearAt(ends[0]), yearAt(ends[1]));
    });
    shape.setAttribute("viewBox", `0 0 ${wide} ${top + 2}`);
    return shape;
  }

  /** The sum on a day: one number, or the two between which it lies. */
  function cumulated(page, { curve, unit }, time) {
    const of = (steps) => steps.reduce((sum, [when, , high]) => (when <= time ? high : sum), 0);
    const ends = [...new Set([of(curve.late), of(curve.early)])].map((value) => amount(page, value, unit));
    return page.sentence("time_sum_on", { date: new Date(time).toISOString().slice(0, 10), sum: ends.join(" – ") });
  }

  /** The same in words, with what the curve leaves out. */
  function words(page, now, needed) {
    const { goal, counting, items, curve, unit } = now;
    const count = (value) => format.digits(value, 0);
    const lines = [page.sentence("time_items", { known: count(items.length), rows: count(counting.length), sum: items.length ? amount(page, curve.total, unit) : page.t("unknown") })];
    if (needed) lines.push(page.sentence(needed.monthly ? (needed.open ? "time_pace_month" : "time_even_month") : needed.open ? "time_pace_year" : "time_even_year", { rate: amount(page, needed.rate, unit) }));
    const left = [
      ["time_no_area", counting.filter((one) => one.land === null).length],
      ["time_no_date", now.auctions.filter((one) => !one.when).length],
      ["time_no_project_date", now.built.filter((one) => !one.when).length],
      ["time_no_due", now.due.filter((one) => !one.when).length],
    ].filter(([, many]) => many).map(([word, many]) => pingshanGeo.counted(page, word, many));
    return [
      p("", page.dotted([goal ? [`${page.title("target")} `, goal.figure ? button("cell-figure", () => page.why(goal.figure.id), { "data-figure": goal.figure.id }, format.nodes(page, goal.figure)) : span("unknown", page.t("unknown"))] : "",
        goal && goal.delivered ? [`${page.title("delivered")} `, button("cell-figure", () => page.why(goal.delivered.id), { "data-figure": goal.delivered.id }, format.nodes(page, goal.delivered))] : "", ...lines])),
      left.length ? p("aside unknown", page.dotted(left)) : "",
      p("aside", page.t("time_how")),
      pingshanGeo.obligations.key(page, now.due.filter((one) => one.when)),
    ];
  }

  pingshanGeo.drawer("timeline", (page) => ["auctions", "targets", "obligations"].some((kind) => page.model.count(kind)), (page) => {
    const now = plan(page);
    const needed = pace(page, now);
    const readout = p("readout", page.t("time_hint"));
    readout.setAttribute("role", "status");
    const select = el("select", { id: "time-goal", "data-focus": "goal", onchange: () => page.set({ goal: select.value }) },
      now.targets.map((one) => el("option", { value: one.id }, pingshanGeo.subjectTitle(page, one.row))), el("option", { value: ALL }, page.t("time_all")));
    select.value = now.goal ? now.goal.id : ALL;
    return div("timeline",
      div("timeline-head", el("label", { for: "time-goal" }, page.title("target"), " ", select),
        page.state.years ? button("link", () => page.set({ years: null }), { "data-focus": "years:off" }, page.t("time_years_off")) : ""),
      drawing(page, now, needed, (text) => { readout.textContent = text; }), readout, words(page, now, needed));
  }, "shown", "years", "goal");
})();

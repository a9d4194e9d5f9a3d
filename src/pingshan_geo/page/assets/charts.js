/* Charts of the lots that pass: land and floor by use, zone and year, land against floor.
   A chart shows what the other filters leave; what its own filter takes away is paler. */
(() => {
  "use strict";
  const { el, svg, key, sieve, format, button, span, p, div } = pingshanGeo;
  const MOST_BARS = 12;
  const MOST_YEARS = 24;
  const HATCHED = "url(#pg-use-unknown)";
  const { range, within, column, once, passing, lotYears, landText, floorText } = pingshanGeo.lots;
  const whole = new Set(); // charts of which a reader wants all bars

  key("floor", { read: (page, text) => (range(text) ? text : null) });
  sieve("floor").by((page, { floor }) => {
    const asked = range(floor);
    if (!asked) return null;
    const values = column(page, "gross_floor_area");
    return (at) => (Number.isNaN(values[at]) ? asked.unknown : within(asked, values[at]));
  });

  function byUse(page) {
    const rows = new Map(page.data.uses.map((use) => [use.code, []]));
    page.data.tables.parcels.columns.land_use.forEach((code, at) => rows.get(code || "unknown").push(at));
    return page.data.uses.map((use) => ({
      code: use.code,
      use: use.code,
      name: () => (use.code === "unknown" ? page.t("chart_no_use") : `${use.code} ${page.say(use.name)}`),
      rows: rows.get(use.code),
    }));
  }

  function byZone(page) {
    const { zones, parcels } = page.data.tables;
    const land = column(page, "site_area");
    const placed = new Uint8Array(parcels.id.length);
    const groups = zones.id.map((id, at) => ({
      code: id,
      rows: page.data.members.parcels[at] || [],
      name: () => pingshanGeo.subjectTitle(page, page.model.row("zones", id)),
    })).filter(({ rows }, at) => rows.length && zones.columns.role[at] !== "context");
    for (const group of groups) {
      group.size = 0;
      for (const at of group.rows) {
        placed[at] = 1;
        group.size += land[at] || 0;
      }
    }
    groups.sort((a, b) => b.size - a.size || b.rows.length - a.rows.length);
    const rest = [...placed.keys()].filter((at) => !placed[at]);
    if (rest.length) groups.push({ code: "unknown", rows: rest, name: () => page.t("chart_no_zone") });
    return groups;
  }

  function byYear(page) {
    const years = lotYears(page);
    const all = [...years.values()].flatMap((set) => [...set]);
    const [first, last] = [Math.min(...all), Math.max(...all)];
    const step = all.length && last - first >= MOST_YEARS ? (last - first >= 10 * MOST_YEARS / 2 ? 10 : 5) : 1;
    const groups = new Map();
    for (const [at, set] of years) {
      for (const start of new Set([...set].map((year) => Math.floor(year / step) * step))) {
        if (!groups.has(start)) groups.set(start, []);
        groups.get(start).push(at);
      }
    }
    const bars = [...groups].sort((a, b) => a[0] - b[0]).map(([start, rows]) => ({
      code: `${start}..${start + step - 1}`,
      rows,
      name: () => (step === 1 ? String(start) : `${start}–${start + step - 1}`),
    }));
    const rest = page.data.tables.parcels.id.map((_, at) => at).filter((at) => !years.has(at));
    if (rest.length) bars.push({ code: "unknown", rows: rest, name: () => page.t("chart_no_year") });
    return bars;
  }

  const listed = (text) => (text ? text.split(",") : []);
  /** One of several choices on or off; all or none of them is no filter. */
  function toggled(codes, chosen, code) {
    const next = new Set(chosen);
    if (!next.delete(code)) next.add(code);
    return next.size && next.size < codes.length ? codes.filter((one) => next.has(one)) : null;
  }

  const DIMENSIONS = [
    { key: "uses", title: "chart_by_use", groups: byUse,
      on: (uses, code) => uses.has(code),
      press: (codes, uses, code) => { const next = toggled(codes, uses || [], code); return next && new Set(next); } },
    { key: "in", title: "chart_by_zone", groups: byZone, note: "chart_overlap",
      on: (text, code) => listed(text).includes(code),
      press: (codes, text, code) => { const next = toggled(codes, listed(text), code); return next && next.join(","); } },
    { key: "years", title: "chart_by_year", groups: byYear, note: "chart_years_note",
      on: (text, code) => { const asked = range(text); return !asked || (code === "unknown" ? asked.unknown : within(asked, Number(code.split("..")[0])) || within(asked, Number(code.split("..")[1]))); },
      press: (codes, text, code) => (text === code ? null : code) },
  ];

  /** Sums of the lots of a group that pass, and of how many the number is not known. */
  function summed(rows, mask, values) {
    const sum = { lots: 0, known: 0, total: 0 };
    for (const at of rows) {
      if (!mask[at]) continue;
      sum.lots += 1;
      if (Number.isNaN(values[at])) continue;
      sum.known += 1;
      sum.total += values[at];
    }
    return sum;
  }

  const saidSum = (page, sum, unit) => (sum.known ? unit(page, sum.total) : page.t("unknown"));

  /** A bar with its value; a hatched end where lots of the group are of unknown size. */
  function bar(page, sum, most, fill, unit) {
    const width = sum.known && most ? Math.max(0.6, (86 * sum.total) / most) : 0;
    const shapes = [svg("rect", { x: 0, y: 2, width: `${width}%`, height: 10, class: "chart-fill", ...(fill ? { fill } : {}) })];
    if (sum.lots > sum.known) shapes.push(svg("rect", { x: `${width}%`, y: 2, width: sum.known ? 10 : 34, height: 10, fill: HATCHED, class: "chart-fill" }));
    return span("chart-bar", svg("svg", { class: "chart-track", height: 14, "aria-hidden": "true" }, ...shapes),
      span(sum.known ? "chart-value num" : "chart-value unknown", saidSum(page, sum, unit)));
  }

  function chart(page, dimension, redraw) {
    const { state } = page;
    const value = state[dimension.key] === undefined ? null : state[dimension.key];
    const groups = once(page, dimension.key, () => dimension.groups(page));
    const { mask } = passing(page, dimension.key);
    const [land, floor] = ["site_area", "gross_floor_area"].map((measure) => column(page, measure));
    const rows = groups.map((group) => ({ group, land: summed(group.rows, mask, land), floor: summed(group.rows, mask, floor) }))
      .filter(({ group, land: sum }) => sum.lots || (value !== null && dimension.on(value, group.code)));
    const most = (name) => Math.max(0, ...rows.map((row) => row[name].total));
    const [mostLand, mostFloor] = [most("land"), most("floor")];
    const codes = groups.map((group) => group.code);
    const many = rows.length > MOST_BARS && !whole.has(dimension.key);
    const kept = many ? rows.filter((row, at) => at < MOST_BARS || row.group.code === "unknown") : rows;
    const bars = kept.map(({ group, land: ofLand, floor: ofFloor }) => {
      const on = value === null ? null : dimension.on(value, group.code);
      const fill = group.code === "unknown" ? "var(--unknown)" : group.use ? pingshanGeo.useFill(page, group.use) : null;
      const name = group.name();
      return button(`chart-row${on === false ? " off" : ""}`, () => page.set({ [dimension.key]: dimension.press(codes, value, group.code) }, { push: true }), {
        "aria-pressed": String(on === true),
        "data-focus": `${dimension.key}:${group.code}`,
        "data-code": group.code,
        title: pingshanGeo.counted(page, "chart_bar_says", ofLand.lots, { name, land: saidSum(page, ofLand, landText), floor: saidSum(page, ofFloor, floorText) }),
      }, span(`chart-name${group.code === "unknown" ? " unknown" : ""}`, on ? el("b", {}, "✓ ") : "", name), span("chart-lots num second", format.digits(ofLand.lots, 0)),
      bar(page, ofLand, mostLand, fill, landText), bar(page, ofFloor, mostFloor, fill, floorText));
    });
    const without = (values) => page.shown.rows.reduce((count, at) => count + Number.isNaN(values[at]), 0);
    const notes = [["chart_without_land", without(land)], ["chart_without_floor", without(floor)]]
      .filter(([, count]) => count).map(([word, count]) => pingshanGeo.counted(page, word, count));
    return el("section", { class: "chart", "data-chart": dimension.key, "aria-label": page.t(dimension.title) },
      el("h3", {}, page.t(dimension.title)),
      div("chart-head second", span("chart-name", ""), span("chart-lots num", page.t("short_parcel_count")), span("", page.title("site_area")), span("", page.title("gross_floor_area"))),
      bars.length ? bars : p("unknown", page.t("nothing_found")),
      many ? button("link", () => { whole.add(dimension.key); redraw(); }, { "data-focus": `${dimension.key}:all` }, page.sentence("chart_all", { count: format.digits(rows.length, 0) })) : "",
      notes.length ? p("aside unknown", page.dotted([...notes, page.t("chart_hatched")])) : "",
      dimension.note ? p("aside", page.t(dimension.note)) : "");
  }

  pingshanGeo.drawer("charts", (page) => page.data.tables.parcels.id.length > 0 || 0, (page) => {
    const box = div("charts");
    const draw = () => box.replaceChildren(
      p("aside chart-how", page.t("chart_how")),
      ...DIMENSIONS.map((dimension) => chart(page, dimension, draw)),
      pingshanGeo.scatter(page));
    draw();
    return box;
  }, "shown", "uses", "in", "years");

  const saidRange = (page, text) => {
    const asked = range(text);
    const end = (value) => (Number.isFinite(value) ? floorText(page, value) : "…");
    const ends = asked.low === Infinity ? "" : `${end(asked.low)} – ${end(asked.high)}`;
    return page.sentence("chart_chip_floor", { range: [ends, asked.unknown ? page.t("unknown") : ""].filter(Boolean).join(" / ") });
  };
  pingshanGeo.chip("floor", saidRange);
})();

/* Land against floor: one point per lot, rays of equal floor area ratio, a box that filters. */
(() => {
  "use strict";
  const { el, svg, format, button, span, p, div } = pingshanGeo;
  const { column, once, passing, range, within, landText, floorText } = pingshanGeo.lots;
  const WIDE = 620;
  const HIGH = 360;
  const EDGE = { left: 74, right: 44, top: 12, bottom: 38 };
  const RAYS = [1, 2, 3, 4];
  const MOST_DRAWN = 2000;
  const MOST_LABELLED = 40;
  const SKEWED = 40;

  /** Lots over their limit whatever the rounding: the verdict is asked only where the number exceeds it. */
  function overLimit(page) {
    const [far, limit] = ["far", "far_limit"].map((measure) => column(page, measure));
    const { id } = page.data.tables.parcels;
    const over = new Uint8Array(id.length);
    for (let at = 0; at < id.length; at += 1) {
      if (!(far[at] > limit[at])) continue;
      const figure = page.model.figure(`far/${id[at]}`);
      over[at] = figure && figure.verdict === "over" ? 1 : 0;
    }
    return over;
  }

  /** A scale from a least to a greatest value to pixels, with ticks. */
  function scale(values, from, to) {
    let least = Infinity;
    let most = 0;
    for (const value of values) {
      if (value > 0 && value < least) least = value;
      if (value > most) most = value;
    }
    return { least, most, from, to };
  }
  function finished(raw, log) {
    const { from, to } = raw;
    const most = raw.most || 1;
    if (log) {
      const [low, high] = [Math.log10(raw.least / 1.25), Math.log10(most * 1.25)];
      const marks = high - low > 2.2 ? [1] : high - low > 1.2 ? [1, 3] : [1, 2, 5];
      const ticks = [];
      for (let power = Math.floor(low); power <= high; power += 1) for (const mark of marks) ticks.push(mark * 10 ** power);
      const place = (value) => from + ((to - from) * (Math.log10(Math.max(value, 10 ** low)) - low)) / (high - low);
      const back = (pixel) => 10 ** (low + ((pixel - from) / (to - from)) * (high - low));
      return { low: 10 ** low, high: 10 ** high, place, back, ticks: ticks.filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high) };
    }
    const high = most * 1.06;
    const step = [1, 2, 2.5, 5, 10].map((one) => one * 10 ** Math.floor(Math.log10(high / 4))).find((one) => high / one <= 6);
    const ticks = Array.from({ length: Math.floor(high / step) + 1 }, (_, at) => at * step);
    return { low: 0, high, place: (value) => from + ((to - from) * value) / high, back: (pixel) => (high * (pixel - from)) / (to - from), ticks };
  }

  function axes(page, x, y) {
    const right = WIDE - EDGE.right;
    const foot = HIGH - EDGE.bottom;
    const shape = svg("g", { class: "axes" });
    const write = (text, attributes) => { const node = svg("text", attributes); node.textContent = text; shape.append(node); };
    for (const tick of x.ticks) {
      shape.append(svg("path", { class: "grid", d: `M${x.place(tick)} ${EDGE.top}V${foot}` }));
      write(format.digits(tick / 1e4, 3), { x: x.place(tick), y: foot + 14, "text-anchor": "middle" });
    }
    for (const tick of y.ticks) {
      shape.append(svg("path", { class: "grid", d: `M${EDGE.left} ${y.place(tick)}H${right}` }));
      write(format.digits(tick, 0), { x: EDGE.left - 6, y: y.place(tick) + 4, "text-anchor": "end" });
    }
    for (const far of RAYS) {
      const start = Math.max(x.low, y.low / far);
      const end = Math.min(x.high, y.high / far);
      if (start >= end) continue;
      shape.append(svg("path", { class: "ray", d: `M${x.place(start)} ${y.place(start * far)}L${x.place(end)} ${y.place(end * far)}` }));
      const top = end < x.high;
      write(page.sentence("chart_ray", { far }), { class: "ray-name", x: x.place(end) + (top ? 0 : 3), y: y.place(end * far) + (top ? -3 : 4), "text-anchor": top ? "middle" : "start" });
    }
    write(`${page.title("site_area")} (${page.t("unit_ha")})`, { x: right, y: HIGH - 6, "text-anchor": "end", class: "axis-name" });
    write(`${page.title("gross_floor_area")} (${page.t("unit_m2")})`, { x: 4, y: EDGE.top - 2, class: "axis-name" });
    return shape;
  }

  /** Where each lot with both numbers stands, least land first. */
  function points(page, rows) {
    const [land, floor] = ["site_area", "gross_floor_area"].map((measure) => column(page, measure));
    const drawn = rows.filter((at) => land[at] >= 0 && floor[at] >= 0).sort((a, b) => land[a] - land[b]);
    const raw = [scale(drawn.map((at) => land[at]), EDGE.left, WIDE - EDGE.right), scale(drawn.map((at) => floor[at]), HIGH - EDGE.bottom, EDGE.top)];
    const log = drawn.length > 3 && raw.some(({ least, most }) => most / least > SKEWED) && raw.every(({ least }) => least < Infinity);
    const [x, y] = raw.map((one) => finished(one, log));
    return { drawn, land, floor, x, y, log };
  }

  const triangle = (x, y, size) => `M${x} ${y - size}L${x + size} ${y + 0.8 * size}H${x - size}Z`;

  function paint(page, canvas, { drawn, land, floor, x, y }, isOff, over) {
    const colours = new Map(page.data.uses.map((use) => [use.code, use.colour]));
    const codes = page.data.tables.parcels.columns.land_use;
    const context = canvas.getContext("2d");
    const ink = getComputedStyle(document.documentElement);
    const [unknown, warn] = ["--unknown", "--warn"].map((name) => ink.getPropertyValue(name).trim());
    const sharp = canvas.width / WIDE;
    context.scale(sharp, sharp);
    for (const at of drawn) {
      const [px, py] = [x.place(land[at]), y.place(floor[at])];
      context.globalAlpha = isOff(at) ? 0.12 : 0.75;
      context.fillStyle = over[at] ? warn : colours.get(codes[at]) || unknown;
      if (over[at]) context.fill(new Path2D(triangle(px, py, 4)));
      else context.fillRect(px - 1.5, py - 1.5, 3, 3);
    }
  }

  function marks(page, { drawn, land, floor, x, y }, isOff, over) {
    const codes = page.data.tables.parcels.columns.land_use;
    return svg("g", { class: "points" }, ...drawn.map((at) => {
      const [px, py] = [x.place(land[at]), y.place(floor[at])];
      const fill = pingshanGeo.useFill(page, codes[at] || "unknown");
      const kind = `point${over[at] ? " over" : ""}${isOff(at) ? " off" : ""}`;
      const mark = over[at] ? svg("path", { d: triangle(px, py, 6), fill, class: kind }) : svg("circle", { cx: px, cy: py, r: 4.5, fill, class: kind });
      if (drawn.length > MOST_LABELLED) return mark;
      const label = svg("text", { x: px + 7, y: py + 4, class: "point-name" });
      label.textContent = codes[at] || "?";
      return svg("g", {}, mark, label);
    }));
  }

  pingshanGeo.scatter = (page) => {
    const { state } = page;
    const { id, columns } = page.data.tables.parcels;
    const over = once(page, "over", () => overLimit(page));
    const others = passing(page, "area", "floor");
    const plot = points(page, others.rows);
    const { drawn, land, floor, x, y } = plot;
    const isOff = (at) => !page.shown.mask[at];
    const asked = [range(state.area), range(state.floor)];
    const overs = drawn.reduce((sum, at) => sum + over[at], 0);
    const many = drawn.length > MOST_DRAWN;
    const says = page.sentence("chart_scatter_says", { count: format.digits(drawn.length, 0), over: format.digits(overs, 0) });
    const near = svg("circle", { r: 9, class: "point-near", visibility: "hidden" });
    const box = svg("rect", { class: "brush", visibility: "hidden" });
    const shape = svg("svg", { class: "scatter-lines", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": says }, axes(page, x, y), many ? null : marks(page, plot, isOff, over), box, near);
    const readout = p("readout", page.t("chart_scatter_how"));
    readout.setAttribute("role", "status");
    let chosen = -1;

    const lay = (x1, y1, x2, y2) => {
      const sides = { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1), visibility: "visible" };
      for (const [name, value] of Object.entries(sides)) box.setAttribute(name, value);
    };
    if (drawn.length && asked.some(Boolean)) {
      const ends = (one, axis) => [one ? Math.max(one.low, axis.low) : axis.low, one ? Math.min(one.high, axis.high) : axis.high].map(axis.place);
      const [[x1, x2], [y1, y2]] = [ends(asked[0], x), ends(asked[1], y)];
      lay(x1, y1, x2, y2);
    }
    const tell = (position) => {
      chosen = position;
      const at = drawn[position];
      near.setAttribute("visibility", at === undefined ? "hidden" : "visible");
      if (at === undefined) return;
      near.setAttribute("cx", x.place(land[at]));
      near.setAttribute("cy", y.place(floor[at]));
      const use = columns.land_use[at];
      readout.replaceChildren(...page.fill("chart_point_says", {
        lot: button("link", () => page.open("parcels", id[at]), {}, pingshanGeo.subjectTitle(page, page.model.row("parcels", id[at]))),
        use: use || page.t("unknown"),
        land: landText(page, land[at]),
        floor: floorText(page, floor[at]),
        far: land[at] ? format.digits(floor[at] / land[at], 2) : page.t("unknown"),
      }), over[at] ? ` ▲ ${page.t("over")}` : "");
    };
    const placeOf = (event) => {
      const frame = shape.getBoundingClientRect();
      return [((event.clientX - frame.left) * WIDE) / frame.width, ((event.clientY - frame.top) * HIGH) / frame.height];
    };
    const nearest = ([px, py]) => {
      let [best, least] = [-1, 16 ** 2];
      drawn.forEach((at, position) => {
        const away = (x.place(land[at]) - px) ** 2 + (y.place(floor[at]) - py) ** 2;
        if (away < least) [best, least] = [position, away];
      });
      return best;
    };
    let from = null;
    shape.addEventListener("pointerdown", (event) => {
      if (event.button || !drawn.length) return;
      from = placeOf(event);
      shape.setPointerCapture(event.pointerId);
    });
    shape.addEventListener("pointermove", (event) => {
      const to = placeOf(event);
      if (from) lay(...from, ...to);
      else if (nearest(to) >= 0) tell(nearest(to));
    });
    shape.addEventListener("pointercancel", () => { from = null; });
    shape.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [[x1, y1], [x2, y2]] = [from, placeOf(event)];
      from = null;
      if (Math.hypot(x2 - x1, y2 - y1) < 5) {
        const at = drawn[nearest([x2, y2])];
        if (at !== undefined) page.open("parcels", id[at]);
        return;
      }
      const span2 = (axis, one, other) => {
        const [low, high] = [one, other].map(axis.back).sort((a, b) => a - b);
        return `${Math.max(0, Math.floor(low))}..${Math.max(0, Math.ceil(high))}`;
      };
      page.set({ area: span2(x, x1, x2), floor: span2(y, y1, y2) }, { push: true });
    });
    const keys = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
    const onkeydown = (event) => {
      if (event.key === "Enter" && event.target === frame && drawn[chosen] !== undefined) page.open("parcels", id[drawn[chosen]]);
      if (!(event.key in keys) || !drawn.length) return;
      event.preventDefault();
      tell(Math.max(0, Math.min(drawn.length - 1, chosen + keys[event.key])));
    };
    const canvas = many ? el("canvas", { class: "scatter-points", width: 2 * WIDE, height: 2 * HIGH, "aria-hidden": "true" }) : null;
    if (canvas) paint(page, canvas, plot, isOff, over);
    const frame = el("div", { class: "scatter", tabindex: "0", role: "group", "aria-label": `${says} ${page.t("chart_scatter_how")}`, "data-focus": "scatter", onkeydown }, canvas, shape);
    const lacking = others.rows.length - drawn.length;
    const zero = plot.log ? drawn.filter((at) => land[at] === 0 || floor[at] === 0).length : 0;
    return el("section", { class: "chart chart-scatter", "data-chart": "scatter" },
      el("h3", {}, page.t("chart_scatter")),
      drawn.length ? [frame, readout] : p("unknown", page.t("nothing_found")),
      asked.some(Boolean) ? button("link", () => page.set({ area: null, floor: null }), { "data-focus": "scatter:off" }, page.t("chart_box_off")) : "",
      p("aside", page.dotted([says, page.t(plot.log ? "chart_log" : "chart_linear"), zero ? pingshanGeo.counted(page, "chart_zero", zero) : ""])),
      lacking ? p("aside unknown", pingshanGeo.counted(page, "chart_lacking", lacking)) : "");
  };
})();

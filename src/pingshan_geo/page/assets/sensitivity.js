/* What would change a figure: a tornado, the same as a table, what turns its verdict, where it would stand at its
   threshold. All of it was computed in Python for the page's own day (sensitivity.py); here it is drawn. */
(() => {
  "use strict";
  const { el, svg, format, span, p, div } = pingshanGeo;
  const MOST_BARS = 16;
  const LEAST_SHARE = 0.3; // the threshold is drawn to scale where the bars keep at least this part of the width
  const MOST_DECIMALS = 9;
  const [LINE, BAR, GAP, TOP] = [14, 13, 7, 24];
  const LETTERS = "11px -apple-system, \"Segoe UI\", Arial, \"PingFang SC\", \"Microsoft YaHei\", \"Noto Sans CJK SC\", sans-serif";

  /** The part of the data about one figure, with texts in place of their positions; null where there is none. */
  function of(page, id) {
    const { sensitivity: all, texts } = page.data;
    const at = all ? all.figure.indexOf(id) : -1;
    if (at < 0) return null;
    const text = (one) => (one < 0 ? null : texts[one]);
    const [verdict, threshold, changes, evens, notes] = all.told[at];
    return {
      verdict,
      threshold,
      changes: changes.map(([kind, about, label, outcomes, effect, printed, turns]) => ({
        kind, about, label: text(label), effect, printed: text(printed), turns,
        outcomes: outcomes.map((one) => one && { value: one[0], verdict: one[1], at: one[2] }),
      })),
      evens: evens.map(([kind, about, label, value, unit, base, printed]) => ({ kind, about, label: text(label), value, unit, base, printed })),
      notes: notes.map(text),
    };
  }

  /** A stored value in a shown unit, with as many digits as show a difference. */
  function valueText(page, value, unit, step = null, bare = false) {
    if (value === null) return page.t("unknown");
    const factor = format.FACTOR[unit] || 1;
    const size = Math.abs(value / factor);
    let decimals = size >= 1000 || size === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
    if (step) decimals = Math.min(Math.max(decimals, Math.ceil(-Math.log10(step / factor)) + 1), MOST_DECIMALS);
    const name = bare ? "" : page.t(`unit_${unit}`);
    return [format.digits(value / factor, decimals), name].filter(Boolean).join(" ");
  }

  const valueOf = (page, figure, value, bare) => valueText(page, value, figure.show, value === null ? null : Math.abs(value - figure.value), bare);

  /** How a value differs from the figure as it is. */
  function differing(page, figure, value) {
    if (value === null || value === figure.value) return "";
    const step = Math.abs(value - figure.value);
    return `${value > figure.value ? "+" : "\u2212"}${valueText(page, step, figure.show, null, true)}`;
  }

  const pen = document.createElement("canvas").getContext("2d");
  const widthOf = (text) => {
    pen.font = LETTERS;
    return pen.measureText(text).width * 1.03;
  };

  /** A text in lines of a width: words stay whole, Chinese breaks anywhere. */
  function wrapped(text, width) {
    const lines = [""];
    for (const piece of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) || []) {
      const last = lines[lines.length - 1];
      if (last && widthOf(last + piece.trimEnd()) > width) lines.push(piece);
      else lines[lines.length - 1] = last + piece;
    }
    return lines.map((line) => line.trimEnd());
  }

  /** Both ends of the axis, and the places of values on it. */
  function scale(figure, { threshold }, changes, left, right) {
    const values = [figure.value, ...changes.flatMap(({ outcomes }) => outcomes.filter((one) => one && one.value !== null).map((one) => one.value))];
    let [low, high] = [Math.min(...values), Math.max(...values)];
    const wide = high - low || Math.abs(figure.value) || 1;
    let holds = threshold !== null;
    if (holds) {
      const ends = [Math.min(low, threshold), Math.max(high, threshold)];
      holds = wide >= LEAST_SHARE * (ends[1] - ends[0]);
      if (holds) [low, high] = ends;
    }
    const room = (high - low || wide) * 0.03;
    return { holds, x: (value) => Number((left + ((value - low + room) / (high - low + 2 * room)) * (right - left)).toFixed(2)) };
  }

  const SIDES = { input: ["low", "high"] };
  const sidesOf = (kind) => SIDES[kind] || ["other"];

  /** The bars of one change and what is said at their ends. */
  function bars(page, figure, change, x, y) {
    const zero = x(figure.value);
    const parts = [];
    const ends = { low: [], high: [], reach: { low: zero, high: zero } };
    change.outcomes.forEach((one, at) => {
      if (!one) return;
      const kind = sidesOf(change.kind)[at] || "other";
      if (one.value === null) {
        parts.push(svg("rect", { x: zero - 5, y, width: 10, height: BAR, class: "sens-bar unknown-bar" }));
        ends.high.push(page.t("unknown"));
        ends.reach.high = Math.max(ends.reach.high, zero + 5);
        return;
      }
      const to = x(one.value);
      const side = one.value >= figure.value ? "high" : "low";
      parts.push(svg("rect", { x: Math.min(to, zero), y, width: Math.max(Math.abs(to - zero), 1), height: BAR, class: `sens-bar ${kind}-bar` }));
      ends[side].push(valueOf(page, figure, one.value, true));
      ends.reach[side] = side === "high" ? Math.max(ends.reach.high, to) : Math.min(ends.reach.low, to);
    });
    return { parts, ends };
  }

  function tornado(page, figure, found, name) {
    const place = document.querySelector("[data-slot=panel]");
    const wide = Math.max(250, Math.min(620, (place && place.clientWidth ? place.clientWidth : Math.min(innerWidth, 380)) - 42));
    const changes = found.changes.slice(0, MOST_BARS);
    const said = changes.flatMap(({ outcomes }) => outcomes.filter(Boolean).map((one) => widthOf(valueOf(page, figure, one.value, true))));
    const pad = Math.min(0.3 * wide, Math.max(0, ...said) + 8);
    const { holds, x } = scale(figure, found, changes, pad, wide - pad);
    const title = page.sentence("sensitivity_title", { figure: name });
    const shape = svg("svg", { class: "tornado", role: "img", "aria-label": `${title}. ${page.sentence("sensitivity_desc", { value: format.text(page, figure) })}` });
    const write = (text, attributes) => { const node = svg("text", attributes); node.textContent = text; return node; };
    /** A text around a place, kept within the drawing. */
    const around = (text, at, y, kind) => write(text, { x: Math.max(widthOf(text) / 2, Math.min(wide - widthOf(text) / 2, at)), y, "text-anchor": "middle", class: kind });
    const rows = [];
    let y = TOP;
    for (const change of changes) {
      const lines = wrapped(page.say(change.label), wide);
      lines.forEach((line, at) => rows.push(write(line, { x: 0, y: y + LINE * (at + 1) - 3, class: "sens-label" })));
      y += LINE * lines.length + 1;
      const { parts, ends } = bars(page, figure, change, x, y);
      rows.push(...parts);
      for (const [side, step, anchor] of [["low", -4, "end"], ["high", 4, "start"]]) {
        if (ends[side].length) rows.push(write([...new Set(ends[side])].join("; "), { x: ends.reach[side] + step, y: y + 10, "text-anchor": anchor, class: "sens-value" }));
      }
      y += BAR + GAP;
    }
    const zero = x(figure.value);
    shape.append(svg("path", { d: `M${zero} ${TOP - 6}V${y}`, class: "sens-base" }));
    const last = [around(`${page.t("sensitivity_base_line")} ${format.text(page, figure)}`, zero, TOP - 10, "sens-value")];
    if (found.threshold !== null) {
      const limit = `${page.t("sensitivity_threshold")} ${valueText(page, found.threshold, figure.show)}`;
      if (holds) {
        shape.append(svg("path", { d: `M${x(found.threshold)} ${TOP - 6}V${y}`, class: "sens-threshold" }));
        last.push(around(limit, x(found.threshold), y + 12, "sens-limit"));
      } else {
        const isLeft = found.threshold < figure.value;
        last.push(write(isLeft ? `← ${limit}` : `${limit} →`, { x: isLeft ? 0 : wide, y: y + 12, "text-anchor": isLeft ? "start" : "end", class: "sens-limit" }));
      }
      y += 18;
    }
    shape.append(...rows, ...last);
    shape.setAttribute("viewBox", `0 0 ${wide} ${y + 2}`);
    return shape;
  }

  /** What the bars mean, of those that are there. */
  function key(page, changes) {
    const there = new Set(changes.flatMap(({ kind, outcomes }) => outcomes.map((one, at) => (!one ? "" : one.value === null ? "unknown" : sidesOf(kind)[at] || "other"))));
    const sample = (kind) => svg("svg", { class: "sens-sample", viewBox: "0 0 16 10", "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 15, height: 9, class: `sens-bar ${kind}-bar` }));
    return p("aside sens-key", ["low", "high", "other", "unknown"].filter((kind) => there.has(kind)).map((kind) => span("", sample(kind), ` ${page.t(`sens_key_${kind}`)}`)));
  }

  /** The same as a table: each change, what the figure would be, and how much that differs. */
  function table(page, figure, changes) {
    const head = (word, side) => el("th", { scope: "col", class: side || null }, page.title(word));
    const rows = changes.map((change) => {
      const moved = change.kind === "input" ? page.model.figure(change.about) : null;
      const told = change.outcomes.filter(Boolean).map((one) => {
        const at = moved && one.at !== null ? valueText(page, one.at, moved.show, Math.abs(one.at - moved.value)) : "";
        const differs = differing(page, figure, one.value);
        return div("sens-outcome", at ? [span("aside", page.sentence("sens_at", { at })), " "] : null,
          one.value === null ? span("unknown", page.t("unknown")) : span("value", valueOf(page, figure, one.value)),
          differs ? [" ", span("aside", differs)] : null);
      });
      return el("tr", { "data-change": change.about },
        el("th", { scope: "row" }, page.say(change.label), change.printed && !page.say(change.label).includes(page.say(change.printed)) ? span("aside", page.say(change.printed)) : null,
          change.turns ? span("sens-turns", `⇄ ${page.sentence("sensitivity_turns", { verdict: page.t(change.turns) })}`) : null),
        el("td", { class: "num" }, told));
    });
    return el("table", { class: "sens-table" }, el("caption", { class: "aloud" }, page.t("sensitivity_changes")),
      el("thead", {}, el("tr", {}, head("sens_change"), head("sens_would_be", "num"))), el("tbody", {}, rows));
  }

  const share = (value) => `${format.digits(value * 100, 1, true)} %`;

  function even(page, one) {
    if (one.kind !== "net_site_share") {
      const moved = page.model.figure(one.about);
      const unit = moved ? moved.show : one.unit;
      return page.sentence("sensitivity_even_input", { input: page.say(one.label), value: valueText(page, one.value, unit), base: valueText(page, one.base || 0, unit) });
    }
    const said = [page.sentence("sensitivity_even_share", { share: share(one.value) })];
    if (one.printed.length) {
      const ends = one.printed.map(([, part]) => part);
      const shares = one.printed.map(([lot, part]) => `${share(part)} (${pingshanGeo.subjectName(page, lot)})`).join(page.state.lang === "zh" ? "、" : ", ");
      const lies = Math.min(...ends) >= one.value ? "above" : Math.max(...ends) < one.value ? "below" : "between";
      said.push(page.sentence("sensitivity_even_printed", { shares }), page.t(`sensitivity_even_${lies}`));
    }
    return said.join(page.state.lang === "zh" ? "" : " ");
  }

  /** How the figure stands, and the single changes that turn that; no color says it alone. */
  function verdict(page, figure, found) {
    if (found.verdict === null || found.threshold === null) return null;
    const turning = found.changes.filter((one) => one.turns);
    const against = page.sentence("sensitivity_against", { verdict: page.t(found.verdict), threshold: valueText(page, found.threshold, figure.show) });
    return [p("sens-verdict", el("b", {}, page.title([against, against]))),
      turning.length
        ? el("ul", { class: "sens-turning" }, turning.map((one) => el("li", {}, `${page.say(one.label)}: `, el("b", {}, page.sentence("sensitivity_turns", { verdict: page.t(one.turns) })))))
        : p("", page.t("sensitivity_none_turns"))];
  }

  /** The section of the evidence panel; a line where the figures shown are not those that it was worked out for. */
  function section(page, figure, name) {
    const { section: made } = pingshanGeo.card;
    const title = page.t("sensitivity_changes");
    const { days } = page.data;
    if (days && page.state.asof !== days[days.length - 1]) {
      const [last] = days.slice(-1);
      return figure.status === "derived" && figure.value !== null ? made(title, p("aside", page.sentence("sens_other_day", { date: last }))) : null;
    }
    const found = of(page, figure.id);
    if (!found) return null;
    if (page.state.scenario) return made(title, p("aside", page.t("sens_scenario")));
    const more = found.changes.length - MOST_BARS;
    const none = page.t("sensitivity_none_turns");
    const notes = found.notes.map((note) => page.say(note)).filter((note) => note !== none);
    return el("section", { class: "sens", "data-testid": "sensitivity" }, el("h3", {}, title),
      verdict(page, figure, found),
      found.changes.length ? [tornado(page, figure, found, name), key(page, found.changes), more > 0 ? p("aside", page.sentence("sens_drawn", { count: MOST_BARS, all: found.changes.length })) : null, table(page, figure, found.changes)] : null,
      found.evens.length ? [el("h4", {}, page.title("break_even")), el("ul", {}, found.evens.map((one) => el("li", { "data-even": one.kind }, even(page, one))))] : null,
      notes.length ? el("ul", { class: "aside" }, notes.map((note) => el("li", {}, note))) : null);
  }

  pingshanGeo.sensitivity = { of, section };
})();

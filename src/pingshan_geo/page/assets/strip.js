/* The headline strip: one sentence leads, each number can be pressed; a bar only where there is a task. */
(() => {
  "use strict";
  const { el, svg, part, format, button, span } = pingshanGeo;

  /** What was asked (tick), what was delivered, which part of it is itemised, how sure (whisker). */
  function bullet(page, target, delivered, itemised) {
    const width = 460;
    const { low, high } = delivered;
    const reach = Math.max(delivered.value * 1.08, target.value * 1.25, delivered.high || 0);
    const x = (value) => ((value / reach) * width).toFixed(1);
    const say = page.sentence("bar_says", { delivered: format.text(page, delivered), target: format.text(page, target) });
    return svg("svg", { class: "bullet", viewBox: `0 0 ${width} 24`, preserveAspectRatio: "none", role: "img", "aria-label": say },
      svg("rect", { x: 0, y: 5, width, height: 14, class: "bar-track" }),
      svg("rect", { x: 0, y: 5, width: x(delivered.value), height: 14, class: "bar-delivered" }),
      itemised && itemised.value !== null && svg("rect", { x: 0, y: 5, width: x(itemised.value), height: 14, class: "bar-itemised" }),
      low !== null && high !== null && svg("path", { d: `M${x(low)} 12H${x(high)}M${x(low)} 8V16M${x(high)} 8V16`, class: "bar-bounds" }),
      svg("path", { d: `M${x(target.value)} 0V24`, class: "bar-target" }));
  }

  const strong = (value) => el("b", {}, value);

  function leadSentence(page, rate, target, delivered, count) {
    const values = {
      count: page.t("numerals").split(" ")[count - 1] || format.digits(count, 0),
      delivered: strong(format.text(page, delivered)),
      target: format.text(page, target),
      times: strong(format.digits(rate.value, 1)),
      rate: strong(format.text(page, rate)),
    };
    const measure = rate.value >= 1.5 ? "times" : "share";
    return page.fill(count ? `lead_${measure}_sites` : `lead_${measure}`, values);
  }

  function rateLine(page, rate) {
    const itemised = page.model.figure(rate.id.replace("completion_rate/", "completion_rate_itemised/"));
    const bounds = format.bounds(page, rate);
    const mark = (kind) => svg("svg", { class: "bar-mark", viewBox: "0 0 8 8", "aria-hidden": "true" },
      svg("rect", { width: 8, height: 8, class: `bar-${kind}` }));
    const parts = [span("", mark("delivered"), strong(format.text(page, rate)),
      bounds ? ` · ${page.sentence("by_printed_digits", { bounds })}` : "")];
    if (itemised && itemised.value !== null) {
      const sum = page.model.figure(`delivered_itemised/${rate.subject}`);
      const part = sum && sum.completeness;
      const words = part ? page.sentence("itemised_of", { known: part.rows_known, rows: part.rows }) : page.t("itemised");
      parts.push(span("", mark("itemised"), `${words} ${format.text(page, itemised)}`));
    }
    return parts;
  }

  const PACE_MARKS = { ahead: "▲", behind: "▼", on_pace: "●" };

  /** A verdict of pace as mark and word; what nobody can tell has the look of the unknown. */
  pingshanGeo.paceMark = (page, verdict) => (PACE_MARKS[verdict]
    ? span(`pace-${verdict}`, span("pace-mark", PACE_MARKS[verdict]), page.t(verdict))
    : span("unknown", page.t("unknown")));

  /** The step that a figure lies in, or the two that it may lie in; null where there is none. */
  pingshanGeo.stepLine = (page, figure) => {
    const steps = (page.data.steps[figure.id] || []).map((at) => strong(page.say(page.data.texts[at])));
    if (!steps.length) return null;
    return span("pace", span("pace-mark", "⚑"), steps.length > 1 ? page.fill("step_between", { lowest: steps[0], highest: steps[1] }) : page.fill("step_is", { step: steps[0] }));
  };

  /** Ahead or behind, by how much, and the pace that is needed; nothing once the period is over. */
  function paceLine(page, target) {
    const of = (measure) => page.model.figure(`${measure}/${target}`);
    const [margin, share, needed] = ["pace_margin", "period_share", "pace_needed"].map(of);
    if (!margin || margin.value === null || !PACE_MARKS[margin.verdict] || !share || share.value === null || share.value >= 1) return null;
    const by = margin.verdict === "on_pace" ? "" : [" ", strong(format.text(page, { ...margin, value: Math.abs(margin.value) }))];
    const pace = needed && needed.value > 0 ? [" · ", page.t("pace_needed"), " ", strong(format.text(page, needed))] : "";
    return span("pace", pingshanGeo.paceMark(page, margin.verdict), by, pace);
  }

  /** The quotient in words: 488,800 ÷ 106,000 m². */
  function quotient(page, figure) {
    const [top, bottom] = figure.inputs.map((id) => page.model.figure(id));
    if (!top || !bottom || top.value === null || bottom.value === null) return "";
    const unit = top.unit === bottom.unit ? (top.show === bottom.show ? top.show : bottom.show) : null;
    if (!unit) return "";
    return [strong(format.number(top, unit)), " ÷ ", strong(format.number(bottom, unit)), span("unit", ` ${page.t(`unit_${unit}`)}`)];
  }

  /** What an unknown rate would be a rate of. */
  pingshanGeo.ofTarget = (page, figure) => {
    const target = figure.measure === "completion_rate" && page.model.figure(`target_value/${figure.subject}`);
    return target && target.value !== null ? page.fill("of_target", { target: strong(format.text(page, target)) }) : "";
  };

  /** On what a figure rests, short enough to be read whole: the evidence has the rest. */
  function rests(page, figure) {
    if (figure.basis) return page.say(figure.basis);
    const disputed = figure.inputs.map((id) => page.model.figure(id)).some((one) => one && one.status === "conflict");
    const implied = page.model.figure(`implied_target/${figure.subject}`);
    return [page.t(figure.status), disputed ? page.t("sources_disagree") : "",
      figure.status === "recorded" && implied && implied.value !== null ? `${page.say(implied.label)} ${format.text(page, implied)}` : ""]
      .filter(Boolean).join(page.state.lang === "zh" ? "，" : ", ");
  }

  function tile(page, figure, lead) {
    const { model, state } = page;
    const row = model.row(model.kindOf(figure.subject), figure.subject);
    const target = model.figure(`target_value/${figure.subject}`);
    const delivered = model.figure(`delivered/${figure.subject}`);
    const wide = lead && figure.measure === "completion_rate" && figure.value !== null && target && delivered;
    const name = pingshanGeo.subjectTitle(page, row);
    const title = row.kind === "targets" ? name : [page.title(figure.label), page.state.lang === "zh" ? "，" : ", ", span(name === row.id ? "whole" : "", name)];
    const hooks = { "data-testid": "kpi", "data-figure": figure.id, "aria-pressed": String(state.figure === figure.id) };
    const box = button(`kpi${wide ? " kpi-lead" : ""}`, () => page.why(figure.id), hooks, span("kpi-title", title));
    const after = [figure.measure === "completion_rate" ? paceLine(page, row.id) : null, pingshanGeo.stepLine(page, figure)].filter(Boolean);
    if (wide) {
      const count = model.related("auctions", "target_id", row.id).filter((sale) => model.transferCounts(sale)).length;
      const itemised = model.figure(`delivered_itemised/${row.id}`);
      box.append(
        span("kpi-sentence", leadSentence(page, figure, target, delivered, count)),
        bullet(page, target, delivered, itemised),
        span("kpi-line", rateLine(page, figure)), ...after);
      return box;
    }
    const bounds = format.bounds(page, figure);
    const said = quotient(page, figure);
    const line = figure.value === null ? span("", pingshanGeo.ofTarget(page, figure)) : [said ? span("", said) : "", bounds ? span("", bounds) : ""];
    const missing = delivered && delivered.value === null ? page.t("delivery_unknown") : page.say(figure.notes[0]);
    const note = figure.value === null ? missing : rests(page, figure);
    box.append(span("kpi-value", format.nodes(page, figure)), span("kpi-line", line), span("kpi-note", [note, after]));
    return box;
  }

  part("target_strip", (page) => {
    const place = page.slot("strip", "topright");
    const draw = () => {
      const figures = page.data.headline.map((id) => page.model.figure(id)).filter(Boolean);
      place.replaceChildren(...figures.map((figure, index) => tile(page, figure, index === 0)));
      place.classList.toggle("has-lead", Boolean(place.querySelector(".kpi-lead")));
    };
    page.on((state, changed) => {
      if (!changed || changed.has("lang")) draw();
      for (const box of place.querySelectorAll(".kpi")) box.setAttribute("aria-pressed", String(box.dataset.figure === state.figure));
    });
  });
})();

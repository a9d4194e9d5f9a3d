/* What stands in the panel when nothing is chosen: how to read the map, what is not drawn and why. */
(() => {
  "use strict";
  const { el, part, format, card, button, span, p, div } = pingshanGeo;

  /** What is not drawn, under the reason why. */
  function undrawn(page) {
    const reasons = new Map();
    for (const kind of ["parcels", "zones"]) {
      for (const row of page.model.rowsWith(kind, "geometry_status", "none")) {
        const why = page.field(row.geometry_note).replace(/^(Not drawn: |未绘：)/, "") || page.t(row.zone_id ? "undrawn_zone_only" : "undrawn_nowhere");
        if (!reasons.has(why)) reasons.set(why, []);
        reasons.get(why).push(row.id);
      }
    }
    const items = [...reasons].map(([why, ids]) => el("li", {}, span("aside", page.title([why, why])), page.dotted(ids.map((id) => card.reference(page, id)))));
    return { items, count: [...reasons.values()].reduce((sum, ids) => sum + ids.length, 0) };
  }

  part("about_panel", (page) => {
    const place = page.slot("panel", "topright");
    const box = el("article", { class: "panel about" });
    place.append(box);
    const key = el("section", { class: "undrawn" });
    const skip = page.frame && page.frame.querySelector(".skip");
    if (skip) {
      skip.addEventListener("click", () => {
        page.open(null);
        if (page.state.tab === "about") page.set({ tab: "parcels" });
        (page.frame.querySelector(".rows .entry") || document.getElementById("search")).focus();
      });
    }
    page.showUndrawn = () => key.scrollIntoView({ block: "start" });
    const read = (status, word) => el("li", {}, el("span", { class: `sample ${status}`, "aria-hidden": "true" }), span("", page.t(word)));
    page.on((state, changed) => {
      box.hidden = Boolean(state.lot || state.zone || state.figure);
      if (changed && !changed.has("lang")) return;
      const { items, count } = undrawn(page);
      key.replaceChildren(
        el("h3", {}, `${page.t("not_drawn_title")} · ${format.digits(count, 0)}`),
        count ? el("ul", { class: "members" }, items) : p("", page.t("all_drawn")),
      );
      box.replaceChildren(
        el("header", { class: "panel-head" },
          div("", el("h2", { tabindex: "-1" }, page.t("about_title")), p("panel-sub", page.t("about_sub")))),
        el("div", { class: "panel-body" },
          card.section(page.t("reading_title"), el("ul", { class: "reading-key" },
            read("solid", "reading_published"), read("illustrative", "reading_illustrative"), read("unknown-sample", "reading_unknown"))),
          key,
          card.section(page.t("figures_title"), p("", page.t("figures_text")), p("", page.t("flag_how")))));
    });
  });
})();

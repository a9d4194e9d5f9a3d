/* Flags: what a reader doubts of a lot or a figure. They stay in this browser, and leave it as a file
   that the reader saves; `import FILE --as corrections` takes each of them as a proposal. */
(() => {
  "use strict";
  const { el, format, button, span, p, div } = pingshanGeo;
  const WRITTEN = ["subject", "kind", "figure", "field", "shown", "comment", "who", "when", "source", "locator", "as_of", "scenario"];
  const kept = { flags: null, isStored: false, editing: null, removed: null, count: 0 };
  /** What the reader last said of who he is, for as long as the page is open. */
  const reader = { name: "" };

  const placeOf = ({ data }) => `pingshan-geo-flags/${data.page.catalogue}/${data.page.sha256 || ""}`;
  const isFlag = (one) => one && ["key", ...WRITTEN].every((name) => typeof one[name] === "string");

  function stored(page) {
    try {
      const list = JSON.parse(localStorage.getItem(placeOf(page)) || "[]");
      return Array.isArray(list) ? list.filter(isFlag) : [];
    } catch {
      return [];
    }
  }

  /** Keep what there is where the browser lets a file keep something. */
  function store(page) {
    try {
      if (kept.flags.length) localStorage.setItem(placeOf(page), JSON.stringify(kept.flags));
      else localStorage.removeItem(placeOf(page));
      kept.isStored = true;
    } catch {
      kept.isStored = false;
    }
  }

  /** The flags; read from the browser the first time they are asked for. */
  function load(page) {
    if (kept.flags) return kept.flags;
    kept.flags = stored(page);
    store(page);
    kept.said = el("div", { class: "aloud", role: "status", "data-testid": "flag-status" });
    (page.frame || document.body).append(kept.said);
    window.addEventListener("storage", ({ key }) => {
      if (key !== placeOf(page)) return; // the same page in another tab
      kept.flags = stored(page);
      tell(page, "");
    });
    return kept.flags;
  }

  function change(page, edit, said) {
    kept.flags = edit(kept.isStored ? stored(page) : load(page));
    store(page);
    tell(page, said);
  }

  /** The counts beside the buttons, and the drawer, after a change. */
  function tell(page, said) {
    kept.said.textContent = said;
    document.querySelectorAll(".flag-open").forEach((one) => label(page, one));
    const tab = document.querySelector("[data-ledger=flags]");
    if (tab) tab.replaceChildren(page.t("ledger_flags"), tally(kept.flags.length));
    kept.count += 1;
    page.set({ flagged: kept.count });
  }

  const tally = (count) => (count ? span("tally", ` ${format.digits(count, 0)}`) : "");

  function label(page, opener) {
    const { subject, of } = opener.dataset;
    opener.replaceChildren(page.t("flag_open"), tally(load(page).filter((one) => one.subject === subject && one.figure === of).length));
  }

  /** A flag in words: the figure and its subject, or the subject as a whole. */
  function what(page, { subject, figure }) {
    const name = pingshanGeo.subjectName(page, subject);
    const found = figure && page.model.figure(figure);
    return figure ? `${found ? page.title(found.label) : figure.split("/")[0]} · ${name}` : name;
  }

  /** The day on the reader's own clock. */
  function today() {
    const now = new Date();
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  }

  function flagOf(page, { subject, kind, figure }) {
    const found = figure ? page.model.figure(figure) : null;
    const [first] = found ? found.evidence : [];
    return {
      key: `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`,
      subject,
      kind,
      figure,
      field: found ? found.measure : "",
      shown: found ? format.text(page, found) : "",
      comment: "",
      who: reader.name,
      when: today(),
      source: first && first.source ? first.source.id : "",
      locator: first ? first.locator || "" : "",
      as_of: page.data.page.as_of,
      scenario: page.state.scenario || "",
    };
  }

  /** The file; half of a broken letter is no text and becomes the sign for that. */
  function fileText(page) {
    const { catalogue: id, sha256 = "", as_of: day } = page.data.page;
    const whole = (text) => text.replace(/[\ud800-\udfff]/gu, "\ufffd");
    const flags = load(page).map((flag) => Object.fromEntries(WRITTEN.map((name) => [name, whole(flag[name])])));
    return `${JSON.stringify({ pingshan_geo_flags: "1.0", catalogue: { id, sha256, as_of: day }, flags }, null, 1)}\n`;
  }

  /** Open what was flagged, or null where this day of the catalogue does not have it. */
  function way(page, { subject, kind, figure }) {
    const found = figure && page.model.figure(figure) ? figure : null;
    const has = (one) => (kind === one && page.model.has(one, subject) ? subject : null);
    const face = { lot: has("parcels"), zone: has("zones"), figure: found };
    return Object.values(face).some(Boolean) ? () => page.set(face, { push: true }) : null;
  }

  function remove(page, flag) {
    kept.removed = { flag, at: kept.flags.findIndex((one) => one.key === flag.key) };
    change(page, (flags) => flags.filter((one) => one.key !== flag.key), page.sentence("flag_removed", { what: what(page, flag) }));
    focusOn("undo");
  }

  function undo(page) {
    const { flag, at } = kept.removed;
    kept.removed = null;
    change(page, (flags) => [...flags.slice(0, at), flag, ...flags.slice(at)], page.sentence("flag_saved", { what: what(page, flag) }));
    focusOn(`edit-${flag.key}`);
  }

  function focusOn(name) {
    const node = [...document.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === name);
    if (node) node.focus();
  }

  function edit(page, flag) {
    const leave = (said) => {
      kept.editing = null;
      tell(page, said);
      focusOn(`edit-${flag.key}`);
    };
    return pingshanGeo.flagForm(page, flag, flag.key, (typed) => {
      kept.editing = null;
      change(page, (flags) => flags.map((one) => (one.key === flag.key ? { ...one, ...typed } : one)), page.sentence("flag_saved", { what: what(page, flag) }));
      focusOn(`edit-${flag.key}`);
    }, () => leave(""));
  }

  function item(page, flag) {
    if (kept.editing === flag.key) return el("li", {}, edit(page, flag));
    const name = what(page, flag);
    const go = way(page, flag);
    const act = (word, action, focus) => button("link", action, { "data-focus": `${focus}-${flag.key}`, "data-flag": focus, "aria-label": `${page.t(word)}: ${name}` }, page.t(word));
    const start = () => {
      kept.editing = flag.key;
      tell(page, "");
      document.querySelector(".flag-list textarea").focus();
    };
    return el("li", { class: "flag" },
      div("flag-of", go ? button("link", go, { "data-flag": "go" }, name) : name,
        flag.shown ? span("aside", page.sentence("flag_shown", { value: flag.shown })) : "",
        span("aside", page.dotted([flag.who, flag.when, flag.as_of ? page.sentence("as_of", { date: flag.as_of }) : "", flag.scenario ? page.t("flag_scenario") : ""]))),
      p("flag-comment", flag.comment),
      div("flag-acts", act("flag_edit", start, "edit"), act("flag_remove", () => remove(page, flag), "remove")));
  }

  pingshanGeo.drawer("flags", (page) => load(page).length || true, (page) => {
    const flags = load(page);
    const download = button("flag-act", () => pingshanGeo.save(`${page.data.page.catalogue}-flags.json`, "application/json", fileText(page)), { "data-testid": "download-flags", "data-focus": "download" }, page.t("flag_download"));
    const removed = kept.removed ? [page.sentence("flag_removed", { what: what(page, kept.removed.flag) }), " ", button("link", () => undo(page), { "data-focus": "undo", "data-flag": "undo" }, page.t("flag_undo"))] : "";
    return div("flag-list",
      div("flag-head", flags.length ? [el("b", {}, pingshanGeo.counted(page, "flag_count", flags.length)), download] : p("", page.t("flag_none")), removed ? span("flag-undo", removed) : ""),
      flags.length || !kept.isStored ? p("aside", page.t(kept.isStored ? "flag_kept" : "flag_not_kept")) : "",
      flags.length ? el("ul", { "data-testid": "flags" }, flags.map((flag) => item(page, flag))) : "");
  }, "flagged");

  pingshanGeo.flags = { load, change, flagOf, what, label, reader };
})();

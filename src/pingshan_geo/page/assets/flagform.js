/* Flag a lot or a figure: the button, and the form that it opens in its panel. */
(() => {
  "use strict";
  const { el, format, button, span, p, div, flags } = pingshanGeo;
  const MOST = 2000;
  const MOST_NAME = 200;
  /** What is being typed, until it is saved or cancelled. */
  const drafts = new Map();
  let forms = 0;

  /** The form; what is typed is kept under a name until it is saved or cancelled. */
  function form(page, flag, draft, save, leave) {
    const { comment, who } = drafts.get(draft) || flag;
    forms += 1;
    const id = (part) => `flag-${forms}-${part}`;
    const text = el("textarea", { id: id("comment"), rows: "4", "aria-required": "true", "aria-describedby": `${id("count")} ${id("fault")}`, "data-flag": "comment" });
    const name = el("input", { id: id("who"), type: "text", maxlength: MOST_NAME, "data-flag": "who" });
    const count = span("aside flag-count");
    const fault = el("p", { id: id("fault"), class: "flag-fault", role: "alert" });
    count.id = id("count");
    [text.value, name.value] = [comment, who];
    const long = () => [...text.value].length;
    const typed = () => {
      drafts.set(draft, { comment: text.value, who: name.value });
      count.textContent = page.sentence("flag_comment_count", { count: format.digits(long(), 0), most: format.digits(MOST, 0) });
    };
    const submit = (event) => {
      event.preventDefault();
      const over = long() - MOST;
      const wrong = !text.value.trim() ? page.t("flag_comment_missing") : over > 0 ? page.sentence("flag_comment_long", { count: format.digits(over, 0) }) : "";
      fault.textContent = wrong;
      text.setAttribute("aria-invalid", String(Boolean(wrong)));
      if (wrong) return text.focus();
      flags.reader.name = name.value.trim();
      drafts.delete(draft);
      return save({ comment: text.value, who: flags.reader.name });
    };
    const put = el("form", {
      class: "flag-form", "aria-label": page.sentence("flag_this", { what: flags.what(page, flag) }), novalidate: true, oninput: typed, onsubmit: submit,
      onkeydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        leave();
      },
    },
    p("flag-what", el("b", {}, flags.what(page, flag)), flag.shown ? span("aside", page.sentence("flag_shown", { value: flag.shown })) : ""),
    el("label", { for: text.id }, page.t("flag_comment")), text, count, fault,
    el("label", { for: name.id }, page.t("flag_who")), name,
    div("flag-acts", el("button", { type: "submit", class: "flag-act", "data-flag": "save" }, page.t("flag_save")),
      button("flag-act", () => { drafts.delete(draft); leave(); }, { "data-flag": "cancel" }, page.t("flag_cancel"))));
    typed();
    return put;
  }

  pingshanGeo.flagForm = form;

  /** The list of flags; on a phone it stands below the other lists, which a card covers. */
  function showList(page) {
    const isNarrow = matchMedia("(max-width: 760px)").matches;
    page.set({ drawer: "flags", ...(isNarrow ? { lot: null, zone: null, figure: null, tab: "parcels" } : {}) }, { push: true });
    const sheet = document.querySelector(".drawer-sheet");
    if (isNarrow) sheet.scrollIntoView({ block: "start" });
    sheet.focus({ preventScroll: true });
  }

  /** The form on top of the panel in which the button stands. */
  function open(page, opener, about, isAsked) {
    const panel = opener.closest(".panel");
    const body = panel && panel.querySelector(".panel-body");
    const draft = `${about.subject}\u0001${about.figure}`;
    const flag = flags.flagOf(page, about);
    const put = form(page, flag, draft, (said) => {
      close();
      flags.change(page, (all) => [...all, { ...flag, ...said }], page.sentence("flag_saved", { what: flags.what(page, flag) }));
      const show = button("link", () => showList(page), { "data-flag": "list" }, page.t("flag_list"));
      place(p("flag-line", page.sentence("flag_saved", { what: flags.what(page, flag) }), " ", show));
    }, () => close());
    function place(node) {
      if (panel) panel.querySelectorAll(".flag-form, .flag-line").forEach((one) => one.remove());
      if (body) body.prepend(node);
      else opener.after(node);
    }
    function close() {
      put.remove();
      opener.setAttribute("aria-expanded", "false");
      opener.focus();
    }
    place(put);
    opener.setAttribute("aria-expanded", "true");
    if (!isAsked) return;
    if (body) body.scrollTop = 0;
    put.querySelector("textarea").focus();
  }

  /** A button that flags a subject, or a figure of it ("measure/subject"); null outside the page's frame. */
  pingshanGeo.flagButton = (page, { subject, kind, figure }) => {
    if (!page.frame) return null;
    const about = { subject, kind: kind || page.model.kindOf(subject) || "", figure: (figure && figure.id) || figure || "" };
    const opener = button("link flag-open", () => {
      const isOpen = opener.getAttribute("aria-expanded") === "true";
      const put = opener.closest(".panel") && opener.closest(".panel").querySelector(".flag-form");
      if (isOpen && put) put.querySelector("textarea").focus();
      else open(page, opener, about, true);
    }, { "data-testid": "flag", "data-subject": subject, "data-of": about.figure, "aria-expanded": "false" });
    flags.label(page, opener);
    const draft = drafts.get(`${subject}\u0001${about.figure}`);
    // The panel is drawn anew with another language or unit: what was being typed comes back.
    if (draft && draft.comment.trim()) Promise.resolve().then(() => opener.isConnected && open(page, opener, about, false));
    return opener;
  };
})();

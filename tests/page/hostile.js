/* Looks at, presses and moves over everything that the page shows, many at a time. What `watch` notes
   are the names of all elements and attributes that ever stood in the document. */
window.hostile = (() => {
  "use strict";
  const shapes = new Set();
  const said = new Set();
  const note = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    shapes.add(node.localName);
    for (const { name, value } of node.attributes) {
      shapes.add(`${node.localName}[${name}]`);
      if (["href", "src", "action", "data"].includes(name)) shapes.add(`${node.localName}[${name}=${/^[a-z]+:|^/i.exec(value)[0]}]`);
    }
  };
  new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records) {
      if (type === "attributes") note(target);
      for (const node of addedNodes) {
        note(node);
        if (node.querySelectorAll) node.querySelectorAll("*").forEach(note);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });

  // A browser without a window never ends to print; what the page does before and after is the same.
  window.print = () => { for (const name of ["beforeprint", "afterprint"]) window.dispatchEvent(new Event(name)); };

  const tick = () => new Promise((done) => { setTimeout(done); });
  const AWAY = "a[href], [data-testid^=lang], [data-testid=print], [data-testid^=download], [data-testid=copy-link], .flag-act, .close";
  const MOVES = ["pointerover", "pointerenter", "mouseover", "mousemove", "focus"];

  function over(root) {
    for (const node of [root, ...root.querySelectorAll("*")]) {
      for (const name of MOVES) node.dispatchEvent(new PointerEvent(name, { bubbles: true }));
    }
  }

  /** Press every button of a place, one after the other, and put back what was shown before. */
  async function press(page, select, state, most = Infinity) {
    const count = () => [...document.querySelectorAll(`${select} button, ${select} summary, ${select} [role=button]`)].filter((one) => !one.matches(AWAY));
    for (let at = 0; at < Math.min(most, count().length); at += 1) {
      const node = count()[at];
      node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      if (at % 50 === 0) await tick();
      page.set(state);
    }
  }

  const NONE = { lot: null, zone: null, figure: null, drawer: null, sel: null, scenario: null, q: "", colour: null, tab: "parcels", only: null };
  const text = () => { said.add(document.body.innerText); };

  /** What stands beside each lot under the pointer; of each so-manieth the card and its buttons. */
  async function lots(page, deep, most) {
    const { id } = page.data.tables.parcels;
    for (let at = 0; at < id.length; at += 1) {
      page.nearLot(at);
      if (at % deep) continue;
      page.set({ lot: id[at] });
      over(document.querySelector("[data-testid=lot-card]"));
      await press(page, "[data-testid=lot-card]", { ...NONE, lot: id[at] }, most);
    }
    page.nearLot(-1);
    page.set(NONE);
  }

  async function zones(page, most) {
    for (const { id } of page.model.rows("zones")) {
      page.set({ zone: id });
      over(document.querySelector("[data-testid=zone-card]"));
      await press(page, "[data-testid=zone-card]", { ...NONE, zone: id }, most);
    }
    page.set(NONE);
  }

  /** Rows of both lists, those too that stand in the document only when they are scrolled to. */
  async function lists(page) {
    const pressed = [];
    for (const tab of ["parcels", "zones"]) {
      page.set({ ...NONE, tab });
      const rows = document.querySelector(".rows");
      const seen = new Set();
      for (let top = 0; top <= rows.scrollHeight; top += rows.clientHeight || 400) {
        rows.scrollTop = top;
        rows.dispatchEvent(new Event("scroll"));
        for (const row of [...rows.querySelectorAll(".entry")]) {
          if (seen.has(row.dataset.id)) continue;
          seen.add(row.dataset.id);
          over(row);
          row.click();
        }
        await tick();
      }
      pressed.push(seen.size);
    }
    page.set(NONE);
    return pressed;
  }

  async function figures(page, every) {
    const { measure, subject } = page.data.figures;
    for (let at = 0; at < subject.length; at += every) {
      page.set({ figure: `${page.data.measures[measure[at]].name}/${subject[at]}` });
      if (at % 32 === 0) await tick();
    }
    over(document.querySelector("[data-testid=evidence]"));
    page.set(NONE);
  }

  async function drawers(page, most) {
    for (const tab of [...document.querySelectorAll("[data-ledger]")]) {
      const drawer = tab.dataset.ledger;
      const { id } = page.data.tables.parcels;
      const state = { ...NONE, drawer, ...(drawer === "compare" ? { sel: id.slice(0, 5).map(encodeURIComponent).join(",") } : {}) };
      page.set(state);
      tab.click();
      page.set(state);
      for (let more = document.querySelector(".more-rows:not([hidden])"); more; more = document.querySelector(".more-rows:not([hidden])")) more.click();
      over(document.querySelector(".drawer-sheet"));
      text();
      await press(page, ".drawer-sheet", state, most);
      await tick();
    }
    page.set(NONE);
  }

  async function rest(page, most) {
    for (const colour of pingshanGeo.colourWays) {
      page.set({ colour: colour === "use" ? null : colour });
      for (const box of [...document.querySelectorAll("[data-testid=legend] input")].slice(0, most)) box.click();
      page.set({ ...NONE, uses: null, cls: null });
    }
    document.querySelectorAll("details:not([open])").forEach((one) => { one.open = true; });
    await tick();
    for (const part of [".pg-left", ".pg-strip", ".pg-key", ".pg-mapbox"]) {
      const node = document.querySelector(part);
      if (!node) continue;
      over(node);
      await press(page, part, NONE, most);
    }
    window.dispatchEvent(new Event("beforeprint"));
    text();
    window.dispatchEvent(new Event("afterprint"));
    page.set({ ...NONE, uses: null, cls: null, layers: null });
    await tick();
  }

  /** Texts typed into the search, and put into the address as they are and encoded. */
  async function typed(page, texts) {
    const box = document.querySelector("#search");
    for (const one of texts) {
      box.value = one;
      box.dispatchEvent(new Event("input"));
      for (const hash of [`#q=${encodeURIComponent(one)}`, `#${one}`, `#lot=${one}&zone=${one}&figure=far/${one}&drawer=${one}&colour=${one}&uses=${one}&sel=${one}&scenario=drop=${one}&order=${one}&cls=${one}&asof=${one}&layers=${one}&view=${one}`]) {
        location.hash = hash;
        window.dispatchEvent(new Event("popstate"));
      }
      await tick();
    }
    location.hash = `#lang=${page.state.lang}`;
    await tick();
    page.set(NONE);
  }

  return {
    shapes,
    said,
    async walk({ lang, every, deep, most, texts }) {
      const { page } = pingshanGeo;
      const took = {};
      let now = performance.now();
      const lap = (name) => { took[name] = Math.round(performance.now() - now) / 1000; now = performance.now(); };
      page.set({ ...NONE, lang });
      text();
      await lots(page, deep, most); lap("lots");
      await zones(page, most); lap("zones");
      const pressed = await lists(page); lap("lists");
      await figures(page, every); lap("figures");
      await drawers(page, most); lap("drawers");
      await rest(page, most); lap("rest");
      await typed(page, texts); lap("typed");
      return { took, pressed };
    },
  };
})();

/* The page's ground: the data block, words, state, and the places where parts stand.
   Text from data enters the document through textContent alone. */
const pingshanGeo = (() => {
  "use strict";
  const makers = new Map();
  const asked = [];
  const keys = new Map();
  const sieves = [];
  let started = false;
  const SVG = "http://www.w3.org/2000/svg";

  /** Make an element; children that are no nodes become text. */
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  }

  function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children.filter(Boolean));
    return node;
  }

  const made = (tag) => (name, ...children) => el(tag, { class: name || null }, ...children);

  function button(name, action, attributes, ...children) {
    return el("button", { type: "button", class: name, onclick: action, ...attributes }, ...children);
  }

  class Page {
    constructor(data, map) {
      this.data = data;
      this.words = Object.assign(Object.create(null), data.words);
      this.map = map;
      this.model = pingshanGeo.readModel(data);
      this.state = {};
      for (const [name, key] of keys) this.state[name] = key.initial ? key.initial(this) : null;
      this.listeners = [];
      this.narrow = matchMedia("(max-width: 1020px)"); // one panel at a time, as in page.css
      this.frame = document.querySelector(".pg-frame");
    }

    /** Which of a pair [en, zh] the reader wants; where it is empty, the other. */
    say(pair) {
      if (!pair) return "";
      return this.state.lang === "zh" ? pair[1] || pair[0] : pair[0] || pair[1];
    }

    other(pair) {
      const first = this.say(pair);
      const second = pair ? (this.state.lang === "zh" ? pair[0] : pair[1]) : "";
      return second && second !== first ? second : "";
    }

    t(key) {
      const pair = this.words[key];
      return pair ? this.say(pair) : key;
    }

    /** A field as people read it: a pair by language, a code by its word, other text as it is. */
    field(value, coded = false) {
      const pair = Array.isArray(value) ? value : [value, value];
      const text = this.say(pair.map((one) => (one === null || one === undefined ? "" : String(one))));
      if (!coded || text !== String(pair[0])) return text;
      const key = text.replace(/ /g, "_");
      return this.words[key] ? this.t(key) : text.replace(/[_-]/g, " ");
    }

    /** Fill a sentence of our own; values become nodes, never part of the sentence's pattern. */
    fill(key, values) {
      return this.t(key).split(/(\{\w+\})/).filter(Boolean).map((piece) => {
        const name = /^\{(\w+)\}$/.exec(piece);
        return name && name[1] in values ? values[name[1]] : piece;
      });
    }

    /** Pieces with a dot between them; empty ones are left out. */
    dotted(pieces) {
      return pieces.filter((one) => one && one.length !== 0).map((one, index) => [index ? " · " : "", one]);
    }

    /** A word at the head of a line. */
    title(pair) {
      const text = typeof pair === "string" ? this.t(pair) : this.say(pair);
      return text.charAt(0).toUpperCase() + text.slice(1);
    }

    sentence(key, values) {
      return this.fill(key, values).join("");
    }

    on(listener) {
      this.listeners.push(listener);
      listener(this.state, null);
    }

    /** Which lots pass all sieves: a mark for each, and the positions of those that pass. */
    sift() {
      const { id } = this.data.tables.parcels;
      const tests = sieves.map(({ make }) => make(this, this.state)).filter(Boolean);
      const mask = new Uint8Array(id.length);
      const rows = [];
      for (let at = 0; at < id.length; at += 1) {
        if (tests.every((test) => test(at))) {
          mask[at] = 1;
          rows.push(at);
        }
      }
      this.shown = { mask, rows };
    }

    /** Change the state, tell every part what changed; "shown" where the lots that pass may have. */
    set(change, { push = false } = {}) {
      const changed = new Set(Object.keys(change).filter((key) => change[key] !== this.state[key]));
      if (!changed.size) return;
      Object.assign(this.state, change);
      if (sieves.some((sieve) => sieve.keys.some((key) => changed.has(key)))) {
        this.sift();
        changed.add("shown");
      }
      for (const listener of this.listeners) listener(this.state, changed);
      pingshanGeo.writeHash(this, push);
    }

    open(kind, id, push = true) {
      const face = { lot: null, zone: null, figure: null };
      if (kind === "parcels") face.lot = id;
      else if (kind === "zones") face.zone = id;
      this.set(face, { push });
    }

    why(figureId) {
      if (this.model.figure(figureId)) this.set({ figure: figureId }, { push: true });
    }

    /** The place of a part: its slot in the frame, else a control on the map. */
    slot(name, corner = "topright") {
      const place = this.frame && this.frame.querySelector(`[data-slot=${name}]`);
      if (place) return place;
      return this.control(el("div", { class: `pg-float pg-float-${name}` }), corner);
    }

    /** Put a node on the map as a control that keeps its clicks to itself. */
    control(node, position) {
      const made = L.control({ position });
      made.onAdd = () => {
        L.DomEvent.disableClickPropagation(node).disableScrollPropagation(node);
        return node;
      };
      made.addTo(this.map);
      return node;
    }
  }

  /** Read the data, then make every part; asked twice, it runs once. */
  async function start() {
    if (started || !document.getElementById("pingshan-geo-data") || !asked.length) return;
    started = true;
    try {
      const page = new Page(await pingshanGeo.read(), asked[0][1]);
      pingshanGeo.readHash(page);
      page.sift();
      document.documentElement.lang = page.state.lang;
      for (const [name] of asked) makers.get(name)(page);
      pingshanGeo.followHash(page);
      pingshanGeo.page = page;
      document.documentElement.dataset.ready = "true";
    } catch (error) {
      // The words are in the data, which may be what is broken: the page's own sentences first.
      const told = document.getElementById("pingshan-geo-broken");
      if (told) told.hidden = false;
      else document.body.prepend(el("p", { role: "alert" }, "The page could not be built: its data cannot be read. 页面数据无法读取，不能显示。"));
      document.documentElement.dataset.ready = "failed";
      throw error;
    }
  }

  document.addEventListener("DOMContentLoaded", start);
  return {
    start, // a packed program calls it at its end; DOMContentLoaded may have passed by then
    el,
    svg,
    button,
    span: made("span"),
    div: made("div"),
    p: made("p"),
    keys,
    part: (name, maker) => makers.set(name, maker),
    /** A member of the state: how the address says it, and reads it (page, decoded text, raw text). */
    key: (name, key) => keys.set(name, key),
    /** A filter: on which members of the state it rests, and the test (of a lot's position) they make, or null. */
    sieve: (...names) => ({ by: (make) => sieves.push({ keys: names, make }) }),
    add: (name, map) => asked.push([name, map]),
  };
})();

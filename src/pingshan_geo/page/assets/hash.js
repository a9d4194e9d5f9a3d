/* The address carries the whole state: #lot=ID&zone=ID&figure=ID&uses=M0,M1&q=…&lang=zh
   &layers=findings,pieces:KIND&view=lat,lon,zoom, and what other modules add with `key`. */
(() => {
  "use strict";
  const { key } = pingshanGeo;
  const MOST_ZOOM = 24;
  let written = null;

  const among = (...words) => (page, text) => (words.includes(text) ? text : null);
  key("lot", { read: (page, id) => (page.model.has("parcels", id) ? id : null) });
  key("zone", { read: (page, id) => (page.model.has("zones", id) ? id : null) });
  key("figure", { read: (page, id) => (page.model.figure(id) ? id : null) });
  key("uses", {
    read: (page, text, raw) => {
      const known = new Set(page.data.uses.map((use) => use.code));
      return new Set(raw.split(",").map(decodeURIComponent).filter((code) => known.has(code)));
    },
    write: (uses) => [...uses].map(encodeURIComponent).join(","),
  });
  key("q", { initial: () => "", read: (page, text) => text });
  key("tab", { as: "list", initial: () => "parcels", read: among("parcels", "zones", "about") });
  key("lang", { initial: (page) => page.data.lang, read: among("en", "zh") });
  key("layers", { read: (page, text) => text.split(",").filter((name) => page.model.hasLayer(name)).join(",") || null });
  key("view", {
    read: (page, text) => {
      const view = text.split(",").map(Number);
      const [lat, lon, zoom] = view;
      return view.length === 3 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= MOST_ZOOM ? text : null;
    },
  });

  const plain = (value) => encodeURIComponent(value).replace(/%2C/g, ",").replace(/%2F/g, "/").replace(/%3A/g, ":");

  function compose(page) {
    const parts = [];
    for (const [name, { as = name, initial, write = plain }] of pingshanGeo.keys) {
      const value = page.state[name];
      const usual = initial ? initial(page) : null;
      const text = value === null || value === usual ? null : write(value, page);
      if (text !== null) parts.push(`${as}=${text}`);
    }
    return parts.length ? `#${parts.join("&")}` : "";
  }

  /** State that the address asks for; what the catalogue does not have is left out. */
  function parse(page, text) {
    const asked = new Map();
    for (const pair of text.replace(/^#/, "").split("&")) {
      const at = pair.indexOf("=");
      if (at > 0) asked.set(pair.slice(0, at), pair.slice(at + 1).replace(/\+/g, " "));
    }
    const state = {};
    for (const [name, { as = name, initial, read }] of pingshanGeo.keys) {
      let value = null;
      try {
        if (asked.has(as)) value = read(page, decodeURIComponent(asked.get(as)), asked.get(as));
      } catch {
        value = null; // a broken percent sequence: that part of the address says nothing
      }
      state[name] = value === null && initial ? initial(page) : value;
    }
    if (state.lot) state.zone = null;
    return state;
  }

  pingshanGeo.readHash = (page) => {
    Object.assign(page.state, parse(page, location.hash));
    written = location.hash;
  };

  pingshanGeo.writeHash = (page, push) => {
    const hash = compose(page);
    if (hash === written || location.protocol === "about:") return;
    written = hash;
    const address = hash || location.pathname + location.search;
    if (push) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  };

  pingshanGeo.followHash = (page) => {
    const follow = () => {
      if (location.hash === written) return;
      written = location.hash;
      page.set(parse(page, location.hash));
    };
    window.addEventListener("popstate", follow);
    window.addEventListener("hashchange", follow);
  };

  pingshanGeo.link = (page) => location.href.split("#")[0] + compose(page);
})();

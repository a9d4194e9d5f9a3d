/* The address carries the whole state: #lot=ID&zone=ID&figure=ID&uses=M0,M1&q=…&lang=zh
   &layers=findings,pieces:KIND&view=lat,lon,zoom */
(() => {
  "use strict";
  const FACES = ["lot", "zone", "figure"];
  let written = null;

  function compose(page) {
    const { state } = page;
    const parts = [];
    const add = (key, value) => parts.push(`${key}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%2F/g, "/").replace(/%3A/g, ":")}`);
    for (const face of FACES) if (state[face]) add(face, state[face]);
    if (state.uses) parts.push(`uses=${[...state.uses].map(encodeURIComponent).join(",")}`);
    if (state.q) add("q", state.q);
    if (state.tab !== "parcels") add("list", state.tab);
    if (state.lang !== page.data.lang) add("lang", state.lang);
    if (state.layers) add("layers", state.layers);
    if (state.view) add("view", state.view);
    return parts.length ? `#${parts.join("&")}` : "";
  }

  /** State that the address asks for; what the catalogue does not have is left out. */
  function parse(page, text) {
    const asked = new Map();
    for (const pair of text.replace(/^#/, "").split("&")) {
      const at = pair.indexOf("=");
      if (at < 1) continue;
      try {
        const [key, value] = [pair.slice(0, at), pair.slice(at + 1).replace(/\+/g, " ")];
        asked.set(key, key === "uses" ? value.split(",").map(decodeURIComponent) : decodeURIComponent(value));
      } catch {
        continue; // a broken percent sequence: that part of the address says nothing
      }
    }
    const { model } = page;
    const known = new Set(page.data.uses.map((use) => use.code));
    const uses = asked.has("uses") ? new Set(asked.get("uses").filter((code) => known.has(code))) : null;
    const view = (asked.get("view") || "").split(",").map(Number);
    const given = (key, good) => (asked.has(key) && good(asked.get(key)) ? asked.get(key) : null);
    const lot = given("lot", (id) => model.has("parcels", id));
    return {
      lot,
      zone: lot ? null : given("zone", (id) => model.has("zones", id)),
      figure: given("figure", (id) => model.figure(id)),
      q: asked.get("q") || "",
      uses,
      tab: given("list", (tab) => ["parcels", "zones", "about"].includes(tab)) || "parcels",
      lang: given("lang", (lang) => lang === "en" || lang === "zh") || page.data.lang,
      layers: (asked.get("layers") || "").split(",").filter((name) => model.hasLayer(name)).join(",") || null,
      view: view.length === 3 && view.every(Number.isFinite) && Math.abs(view[0]) <= 90 ? asked.get("view") : null,
    };
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

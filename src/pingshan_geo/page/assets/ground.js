/* The ground of the map: panes, hatches, the view. Solid is published, dashed and hatched is illustrative. */
(() => {
  "use strict";
  const { svg, geometry } = pingshanGeo;
  const CLOSE = 17;
  const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function pane(map, name, order, still = false) {
    const made = map.getPane(name) || map.createPane(name);
    made.style.zIndex = order;
    if (still) made.style.pointerEvents = "none";
    return L.svg({ pane: name, padding: 0.6 });
  }

  /** Hatches live in one hidden drawing; paths and swatches name them by id. */
  pingshanGeo.patterns = (page) => {
    if (document.querySelector(".pg-defs")) return;
    const defs = svg("defs");
    const pattern = (id, size, turn, ...shapes) => {
      const place = { width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turn})` };
      defs.append(svg("pattern", { id, ...place }, ...shapes));
    };
    const ground = (size, fill) => svg("rect", fill ? { width: size, height: size, fill } : { width: size, height: size, class: "unknown-ground" });
    const line = (size, kind) => svg("path", { d: `M0 0V${size}`, class: kind });
    pattern("pg-hatch-zone", 9, 45, line(9, "hatch-line"));
    pattern("pg-hatch-inner", 7, -45, line(7, "hatch-line"));
    pattern("pg-outside", 5, 45, ground(5), line(5, "outside-line"));
    pattern("pg-fault", 5, -45, line(5, "fault-line"));
    pattern("pg-use-unknown", 4, 45, ground(4), line(4, "unknown-line"));
    pingshanGeo.colouring(page, "use").classes.forEach(({ colour, pattern: name }, index) => {
      if (name !== "hatch") defs.append(svg("pattern", { id: `pg-use-${index}`, ...pingshanGeo.pattern(name).tile }, ...pingshanGeo.pattern(name).marks(colour)));
    });
    document.body.append(svg("svg", { class: "pg-defs", "aria-hidden": "true", width: 0, height: 0 }, defs));
  };

  /** The fill of a land use, as on the map and in the legend. */
  pingshanGeo.useFill = (page, code) => {
    const index = pingshanGeo.colouring(page, "use").classes.findIndex((use) => use.code === code && use.pattern !== "hatch");
    return index < 0 ? "url(#pg-use-unknown)" : `url(#pg-use-${index})`;
  };

  function drawnBounds(page) {
    const all = L.latLngBounds([]);
    const { zones, parcels } = page.data.geometry;
    for (const { role, index } of page.model.rows("zones")) if (role !== "context") all.extend(geometry.bounds(zones, index));
    all.extend(geometry.bounds(parcels));
    return all;
  }

  /** The view: what the address says, else everything drawn; kept on resize until a reader moves. */
  function ground(page) {
    if (page.ground) return page.ground;
    const { map } = page;
    map.getContainer().classList.add("pg-map");
    const bounds = drawnBounds(page);
    const fit = () => bounds.isValid() && map.fitBounds(bounds, { padding: [14, 14], animate: false });
    const show = (state) => {
      if (!state.view) return fit();
      const [lat, lon, zoom] = state.view.split(",").map(Number);
      return map.setView([lat, lon], zoom, { animate: false });
    };
    let touched = false;
    let resizing = false;
    for (const event of ["pointerdown", "wheel", "keydown"]) {
      map.getContainer().addEventListener(event, () => { touched = true; }, { passive: true, capture: true });
    }
    map.options.zoomSnap = 0.25;
    map.options.zoomDelta = 0.5;
    if (STILL) map._zoomAnimated = false;
    map.invalidateSize(false);
    show(page.state);
    map.on("moveend", () => {
      if (!touched || resizing) return;
      const { lat, lng } = map.getCenter();
      page.set({ view: `${lat.toFixed(5)},${lng.toFixed(5)},${Number(map.getZoom().toFixed(2))}` });
    });
    map.on("resize", () => show(page.state));
    new ResizeObserver(() => { resizing = true; map.invalidateSize({ animate: false, pan: false }); resizing = false; }).observe(map.getContainer());
    page.on((state, changed) => {
      if (changed && changed.has("view") && !touched) show(state);
      touched = false;
    });
    /** Shows a place with ground about it, and keeps that in the address. */
    const look = (bounds) => {
      touched = true;
      map.fitBounds(bounds.pad(1.2), { animate: false, maxZoom: CLOSE });
    };
    page.ground = { fit, look };
    return page.ground;
  }

  pingshanGeo.ground = Object.assign(ground, { pane, STILL, SOLID: new Set(["surveyed", "published"]) });
})();

/* The map: quiet ground, zones and lots. Solid is published, dashed and hatched is illustrative. */
(() => {
  "use strict";
  const { svg, part, geometry, button, span, div } = pingshanGeo;
  const LEAST = 12;
  const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const SOLID = new Set(["surveyed", "published"]);

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
    page.data.uses.forEach(({ colour, texture }, index) => {
      if (!colour) return;
      const marks = [[], [svg("circle", { cx: 2.5, cy: 2.5, r: 0.9, class: "use-mark" })], [svg("path", { d: "M0 2.5H5", class: "use-line" })]];
      pattern(`pg-use-${index}`, 5, 0, ground(5, colour), ...marks[Math.min(texture, 2)]);
      pattern(`pg-use-${index}-sketch`, 5, 45, ground(5, colour), ...marks[Math.min(texture, 2)].map((mark) => mark.cloneNode()), line(5, "sketch-line"));
    });
    document.body.append(svg("svg", { class: "pg-defs", "aria-hidden": "true", width: 0, height: 0 }, defs));
  };

  /** The fill of a land use; uses of like colour are told apart by texture, sketches by hatching. */
  pingshanGeo.useFill = (page, code, solid) => {
    const index = page.data.uses.findIndex((use) => use.code === code);
    if (index < 0 || !page.data.uses[index].colour) return "url(#pg-use-unknown)";
    return `url(#pg-use-${index}${solid ? "" : "-sketch"})`;
  };

  function drawnBounds(page) {
    const all = L.latLngBounds([]);
    for (const kind of ["zones", "parcels"]) {
      const rows = geometry.decode(page.data.geometry[kind]);
      page.model.rows(kind).forEach(({ role, index }) => {
        if (rows[index] && role !== "context") all.extend(L.latLngBounds(rows[index].flat(2)));
      });
    }
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
    page.ground = { fit };
    return page.ground;
  }

  /** Borders of a neighbouring district without the straight cuts at the edge of what is shown. */
  function borders(row, edge) {
    const cut = (a, b) => [[0, edge.getSouth()], [0, edge.getNorth()], [1, edge.getWest()], [1, edge.getEast()]]
      .some(([axis, value]) => Math.abs(a[axis] - value) < 1e-6 && Math.abs(b[axis] - value) < 1e-6);
    return row.flat().flatMap((ring) => {
      const runs = [[]];
      [...ring, ring[0]].forEach((point, i, all) => {
        if (i && cut(all[i - 1], point)) runs.push([]);
        runs[runs.length - 1].push(point);
      });
      return runs.filter((run) => run.length > 1);
    });
  }

  part("zone_layer", (page) => {
    const { map, data } = page;
    pingshanGeo.patterns(page);
    ground(page);
    const table = data.tables.zones;
    const rows = geometry.decode(data.geometry.zones);
    const renderer = { ground: pane(map, "pgGround", 390), zones: pane(map, "pgZones", 400) };
    const chosen = pane(map, "pgChosenZone", 430, true);
    const size = (row) => { const b = L.latLngBounds(row.flat(2)); return (b.getNorth() - b.getSouth()) * (b.getEast() - b.getWest()); };
    const order = rows.map((row, index) => index).filter((index) => rows[index]).sort((a, b) => size(rows[b]) - size(rows[a]));
    const sketched = new Set(table.id.filter((id, index) => table.columns.geometry_status[index] === "illustrative"));
    const edge = L.latLngBounds(rows.flatMap((row, index) => (row && table.columns.role[index] === "context" ? row.flat(2) : [])));
    for (const index of order) {
      if (table.columns.role[index] === "context") {
        L.polyline(borders(rows[index], edge), { renderer: renderer.ground, className: "zone zone-context", interactive: false }).addTo(map);
        continue;
      }
      const [role, status] = [table.columns.role[index], table.columns.geometry_status[index]];
      const nested = role === "zone" && sketched.has(table.columns.parent[index]);
      const path = L.polygon(rows[index], {
        renderer: role === "zone" ? renderer.zones : renderer.ground,
        className: `zone zone-${role} ${SOLID.has(status) ? "solid" : status}${nested ? " nested" : ""}`,
        interactive: role === "zone",
        smoothFactor: 0.5,
        bubblingMouseEvents: true,
      }).addTo(map);
      path.on("click", (event) => { page.open("zones", table.id[index]); L.DomEvent.stop(event); });
    }
    let outline = null;
    page.on((state, changed) => {
      if (changed && !changed.has("zone")) return;
      if (outline) outline.remove();
      const index = state.zone ? data.tables.zones.id.indexOf(state.zone) : -1;
      outline = index >= 0 && rows[index]
        ? L.polygon(rows[index], { renderer: chosen, className: "zone-chosen", interactive: false, smoothFactor: 0.5 }).addTo(map)
        : null;
    });
  });

  part("parcel_layer", (page) => {
    const { map, data, model } = page;
    pingshanGeo.patterns(page);
    ground(page);
    const table = data.tables.parcels;
    const rows = geometry.decode(data.geometry.parcels);
    const renderer = pane(map, "pgLots", 420);
    const chosen = pane(map, "pgChosen", 440, true);
    const centres = rows.filter(Boolean).map((row) => L.latLngBounds(row.flat(2)).getCenter());
    let least = LEAST;
    const measureSpacing = () => { least = Math.min(LEAST, 0.85 * geometry.spacing(map, centres)); };
    const marks = new Map();
    measureSpacing();
    map.on("zoomstart zoom", measureSpacing);
    rows.forEach((row, index) => {
      if (!row) return;
      const status = table.columns.geometry_status[index];
      const mark = new geometry.Mark(row, {
        renderer,
        className: `lot ${SOLID.has(status) ? "solid" : status}`,
        fillColor: pingshanGeo.useFill(page, table.columns.land_use[index] || "unknown", SOLID.has(status)),
        weight: 1,
        smoothFactor: 0.3,
        least: () => least,
      });
      mark.on("click", (event) => { page.open("parcels", table.id[index]); L.DomEvent.stop(event); });
      mark.on("mouseover mouseout", (event) => page.hover && page.hover(event.type === "mouseover" ? table.id[index] : null));
      marks.set(table.id[index], mark);
    });
    page.marks = marks;
    map.on("click", (event) => {
      const near = nearestMark(map, marks, event.layerPoint);
      if (near) page.open("parcels", near);
    });
    map.on("zoomend moveend", () => sayEnlarged(page, marks));
    let outline = null;
    page.on((state, changed) => {
      if (!changed || changed.has("q") || changed.has("uses")) {
        const passing = new Set(model.passing(state));
        for (const [id, mark] of marks) if (passing.has(id)) mark.addTo(map); else mark.remove();
        sayEnlarged(page, marks);
      }
      if (!changed || changed.has("lot")) {
        if (outline) outline.remove();
        const mark = state.lot && marks.get(state.lot);
        const look = { renderer: chosen, className: "lot-chosen", interactive: false, least: () => Math.max(least, 17) };
        outline = mark ? new geometry.Mark(mark.getLatLngs(), look).addTo(map) : null;
        const middle = mark && mark.getBounds().getCenter();
        if (mark && changed && !map.getBounds().pad(-0.05).contains(middle)) map.panTo(middle, { animate: !STILL });
      }
    });
  });

  /** For fingers: the lot nearest to a touch, up to 22 pixels from its mark's middle. */
  function nearestMark(map, marks, point) {
    if (!matchMedia("(pointer: coarse)").matches) return null;
    let best = null;
    let least = 22;
    for (const [id, mark] of marks) {
      if (!map.hasLayer(mark)) continue;
      const away = map.latLngToLayerPoint(mark.getBounds().getCenter()).distanceTo(point);
      if (away < least) [best, least] = [id, away];
    }
    return best;
  }

  function sayEnlarged(page, marks) {
    const enlarged = [...marks.values()].filter((mark) => page.map.hasLayer(mark) && mark.enlarged).length;
    if (page.enlarged === enlarged) return;
    page.enlarged = enlarged;
    if (page.sayEnlarged) page.sayEnlarged(enlarged);
  }

  part("map_key", (page) => {
    const place = div("key-lines");
    page.slot("key", "topleft").append(place);
    const { model, map } = page;
    const line = (kind) => svg("svg", { class: `key-line ${kind}`, width: 26, height: 10, "aria-hidden": "true" }, svg("path", { d: "M1 5H25" }));
    const enlarged = span("key-enlarged");
    const shown = ["zones", "parcels"].flatMap((kind) => model.rows(kind)).filter((row) => row.role !== "context");
    const used = new Set(shown.map((row) => row.geometry_status));
    const undrawn = shown.filter((row) => row.geometry_status === "none").length;
    page.sayEnlarged = (count) => {
      enlarged.textContent = count ? page.sentence("key_enlarged", { count }) : "";
      enlarged.hidden = !count;
    };
    page.on((state, changed) => {
      if (changed && !changed.has("lang")) return;
      const solid = ["surveyed", "published"].filter((status) => used.has(status));
      const broken = ["approximate", "illustrative"].filter((status) => used.has(status));
      const kinds = [[solid.length > 1 ? "solid" : solid[0], "solid"], ...broken.map((status) => [status, status])];
      place.replaceChildren(
        ...kinds.filter(([word]) => word).map(([word, style]) => span("", line(style), ` ${page.t(`key_${word}`)}`)),
        enlarged,
      );
      if (undrawn) {
        const say = page.sentence("key_undrawn", { count: undrawn });
        place.append(page.frame
          ? button("link", () => {
            page.open(null);
            page.set({ tab: page.narrow.matches ? "about" : page.state.tab });
            page.showUndrawn();
          }, {}, say)
          : span("", say));
      }
      page.sayEnlarged(page.enlarged || 0);
    });
    page.on((state, changed) => {
      if (changed && !changed.has("lang")) return;
      for (const way of ["in", "out"]) {
        const button = map.getContainer().querySelector(`.leaflet-control-zoom-${way}`);
        if (button) Object.assign(button, { title: page.t(`zoom_${way}`), ariaLabel: page.t(`zoom_${way}`) });
      }
    });
    L.control.scale({ imperial: false, maxWidth: 130, position: "bottomright" }).addTo(map);
    const north = L.control({ position: "topright" });
    const arrow = svg("path", { d: "M7 0L13 21L7 16L1 21Z" });
    north.onAdd = () => div("pg-north", "N", svg("svg", { width: 14, height: 22, viewBox: "0 0 14 22", "aria-hidden": "true" }, arrow));
    north.addTo(map);
  });
})();

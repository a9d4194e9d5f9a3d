/* Lots in the colours of their land use, with a minimum mark where they would be too small to be seen. */
(() => {
  "use strict";
  const { part, geometry, ground } = pingshanGeo;
  const { pane, STILL, SOLID } = ground;
  const LEAST = 12;

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
      if (!changed || changed.has("shown")) {
        for (const [id, mark] of marks) if (page.shown.mask[model.rowOf.parcels.get(id)]) mark.addTo(map); else mark.remove();
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
})();

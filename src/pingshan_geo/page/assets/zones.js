/* Zones and, as lines, the neighbouring districts. */
(() => {
  "use strict";
  const { part, geometry, ground } = pingshanGeo;
  const { pane, SOLID } = ground;

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
})();

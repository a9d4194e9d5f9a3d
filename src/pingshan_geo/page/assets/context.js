/* A bureau's own background: areas, lines and points in greys, under everything. */
(() => {
  "use strict";
  const { part } = pingshanGeo;

  /** [lat, lon] of each point from whole numbers, each the step from the one before. */
  function points(steps, step) {
    const out = [];
    let [x, y] = [0, 0];
    for (let at = 0; at < steps.length; at += 2) {
      x += steps[at];
      y += steps[at + 1];
      out.push([y / step, x / step]);
    }
    return out;
  }

  part("context_layer", (page) => {
    const { context } = page.data;
    if (!context) return;
    const { map } = page;
    const renderer = pingshanGeo.ground.pane(map, "pgContext", 380, true);
    const line = (steps) => points(steps, context.step);
    const look = (name) => ({ renderer, className: `context ${name}`, interactive: false, smoothFactor: 1 });
    if (context.areas.length) L.polygon(context.areas.map((rings) => rings.map(line)), look("area")).addTo(map);
    if (context.lines.length) L.polyline(context.lines.map(line), look("line")).addTo(map);
    for (const place of line(context.points)) L.circleMarker(place, { ...look("point"), radius: 2 }).addTo(map);
  });
})();

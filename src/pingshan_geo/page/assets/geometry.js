/* Outlines: whole numbers of 1e-7 degree, each point as the step from the one before. */
(() => {
  "use strict";

  /** Rings of every row as [[[lat, lon], …], …] per polygon; null where a row has no outline. */
  function decode(block) {
    if (block.rows) return block.rows;
    const { step, xy, rings, polygons, features } = block;
    let at = 0;
    let ring = 0;
    let polygon = 0;
    let x = 0;
    let y = 0;
    const points = (count) => {
      const out = [];
      for (let i = 0; i < count; i += 1) {
        x += xy[at];
        y += xy[at + 1];
        at += 2;
        out.push([y / step, x / step]);
      }
      return out;
    };
    const take = (count, make) => Array.from({ length: count }, make);
    block.rows = features.map((count) =>
      count === 0 ? null : take(count, () => take(polygons[polygon++], () => points(rings[ring++]))),
    );
    return block.rows;
  }

  /** A lot that keeps a minimum mark: below it the outline is enlarged about its middle. */
  const Mark = L.Polygon.extend({
    _project() {
      L.Polygon.prototype._project.call(this);
      this.enlarged = false;
      const least = this.options.least ? this.options.least() : 0;
      if (!this._rawPxBounds || !least) return;
      const size = this._rawPxBounds.getSize();
      const extent = Math.max(size.x, size.y);
      if (extent >= least || extent === 0) return;
      const middle = this._rawPxBounds.getCenter();
      const grow = (point) => middle.add(point.subtract(middle).multiplyBy(least / extent));
      this._rings = this._rings.map((points) => points.map(grow));
      this._rawPxBounds = L.bounds(grow(this._rawPxBounds.min), grow(this._rawPxBounds.max));
      this._updateBounds();
      this.enlarged = true;
    },
  });

  /** Median distance in pixels from a mark to its nearest neighbour; many marks count as none. */
  function spacing(map, centres) {
    if (centres.length < 2 || centres.length > 2000) return centres.length < 2 ? Infinity : 0;
    const points = centres.map((centre) => map.latLngToLayerPoint(centre));
    const nearest = points.map((point, i) =>
      points.reduce((best, other, j) => (i === j ? best : Math.min(best, point.distanceTo(other))), Infinity),
    );
    return nearest.sort((a, b) => a - b)[nearest.length >> 1];
  }

  /** A GeoJSON geometry of one row, longitude first, rings closed, 7 decimals. */
  function geojson(block, index) {
    const row = decode(block)[index];
    if (!row) return null;
    const close = (points) => [...points, points[0]].map(([lat, lon]) => [lon, lat]);
    const parts = row.map((polygon) => polygon.map(close));
    return parts.length === 1
      ? { type: "Polygon", coordinates: parts[0] }
      : { type: "MultiPolygon", coordinates: parts };
  }

  pingshanGeo.geometry = { decode, Mark, spacing, geojson };
})();

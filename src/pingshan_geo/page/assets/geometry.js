/* Outlines: whole numbers of 1e-7 degree, each point as the step from the one before.
   All shapes of a block lie in flat arrays; rows of nested points are made one by one when asked for. */
(() => {
  "use strict";
  const WORLD = 256; // Web Mercator at zoom 0, in pixels
  const MOST = 85.0511287798;
  const flats = new WeakMap();

  const across = (lon) => WORLD * (lon / 360 + 0.5);
  const down = (lat) => {
    const sine = Math.sin((Math.max(-MOST, Math.min(MOST, lat)) * Math.PI) / 180);
    return WORLD * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
  };

  /** Ends of runs whose lengths are given. */
  function ends(lengths) {
    const out = new Int32Array(lengths.length);
    let sum = 0;
    for (let i = 0; i < lengths.length; i += 1) out[i] = sum += lengths[i];
    return out;
  }

  const before = (list, at) => (at ? list[at - 1] : 0);

  /** A block as typed arrays: degrees and pixels at zoom 0 of every point, where rings, polygons and
      rows end, and the box of each row in pixels: west, north, east, south (none: Infinity first). */
  function flat(block) {
    if (flats.has(block)) return flats.get(block);
    const { step, xy } = block;
    const degrees = new Float64Array(xy.length);
    const pixels = new Float64Array(xy.length);
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < xy.length; i += 2) {
      lon += xy[i];
      lat += xy[i + 1];
      degrees[i] = lon / step;
      degrees[i + 1] = lat / step;
      pixels[i] = across(lon / step);
      pixels[i + 1] = down(lat / step);
    }
    const made = { count: block.features.length, degrees, xy: pixels, rings: ends(block.rings), polygons: ends(block.polygons), features: ends(block.features) };
    made.box = boxes(made);
    flats.set(block, made);
    return made;
  }

  /** The first and the last (left out) ring of a row. */
  function ringsOf({ polygons, features }, at) {
    const [first, last] = [before(features, at), features[at]];
    return [first ? polygons[first - 1] : 0, last ? polygons[last - 1] : 0];
  }

  function boxes(made) {
    const { count, xy, rings } = made;
    const box = new Float64Array(4 * count);
    for (let at = 0; at < count; at += 1) {
      const [first, last] = ringsOf(made, at);
      let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 2 * before(rings, first), stop = 2 * before(rings, last); i < stop; i += 2) {
        if (xy[i] < west) west = xy[i];
        if (xy[i] > east) east = xy[i];
        if (xy[i + 1] < north) north = xy[i + 1];
        if (xy[i + 1] > south) south = xy[i + 1];
      }
      box.set([west, north, east, south], 4 * at);
    }
    return box;
  }

  /** Rings of one row as [[[lat, lon], …], …] per polygon; null where it has no outline. */
  function outline(block, at) {
    const { degrees, rings, polygons, features } = flat(block);
    if (!(at >= 0) || before(features, at) === features[at]) return null;
    const run = (list, one, make) => Array.from({ length: list[one] - before(list, one) }, (_, i) => make(before(list, one) + i));
    const point = (i) => [degrees[2 * i + 1], degrees[2 * i]];
    return run(features, at, (polygon) => run(polygons, polygon, (ring) => run(rings, ring, point)));
  }

  /** Outlines of all rows: for tables of a few rows. */
  function decode(block) {
    if (!block.rows) block.rows = Array.from({ length: block.features.length }, (_, at) => outline(block, at));
    return block.rows;
  }

  const place = (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0);

  /** Bounds of one row, or of all: not valid where nothing is drawn. */
  function bounds(block, at = null) {
    const { box, count } = flat(block);
    const all = L.latLngBounds([]);
    const [first, last] = at === null ? [0, count] : [at, at + 1];
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 4 * first; i < 4 * last; i += 4) {
      west = Math.min(west, box[i]);
      north = Math.min(north, box[i + 1]);
      east = Math.max(east, box[i + 2]);
      south = Math.max(south, box[i + 3]);
    }
    return west <= east ? all.extend(place(west, north)).extend(place(east, south)) : all;
  }

  /** A GeoJSON geometry of one row, longitude first, rings closed, 7 decimals. */
  function geojson(block, index) {
    const row = outline(block, index);
    if (!row) return null;
    const close = (points) => [...points, points[0]].map(([lat, lon]) => [lon, lat]);
    const parts = row.map((polygon) => polygon.map(close));
    return parts.length === 1
      ? { type: "Polygon", coordinates: parts[0] }
      : { type: "MultiPolygon", coordinates: parts };
  }

  pingshanGeo.geometry = { flat, ringsOf, outline, decode, bounds, place, geojson };
})();

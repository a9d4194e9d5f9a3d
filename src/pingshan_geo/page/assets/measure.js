/* Lengths and areas on the ellipsoid, and coordinates of a metric grid. Points are [lat, lon] in degrees. */
(() => {
  "use strict";
  const RAD = Math.PI / 180;
  const ELLIPSOIDS = { GRS80: [6378137, 1 / 298.257222101], WGS84: [6378137, 1 / 298.257223563] };
  /** Edges are cut into pieces no longer than this for areas: a piece is then a parabola to 1e-9. */
  const PIECE = 5000;

  function ellipsoid(name) {
    const [a, f] = ELLIPSOIDS[name];
    const n = f / (2 - f);
    return { a, f, n, b: a * (1 - f), e2: f * (2 - f), second: (f * (2 - f)) / (1 - f) ** 2 };
  }
  /** CGCS2000 stands on GRS80 (but for the 11th digit of its flattening). */
  const GRS80 = ellipsoid("GRS80");
  const WGS84 = ellipsoid("WGS84");
  const of = (page) => (/WGS/.test(page.data.page.crs) ? WGS84 : GRS80);

  /** Helmert's series of Vincenty's A and B, and his correction of the arc. */
  function series(uSq) {
    const root = Math.sqrt(1 + uSq);
    const k = (root - 1) / (root + 1);
    return [(1 + (k * k) / 4) / (1 - k), k * (1 - (3 / 8) * k * k)];
  }

  function correction(B, sin, cos, mid) {
    return B * sin * (mid + (B / 4) * (cos * (2 * mid * mid - 1) - (B / 6) * mid * (4 * sin * sin - 3) * (4 * mid * mid - 3)));
  }

  function longitudeTerm(f, cosSqAlpha, sinAlpha, sigma, sin, cos, mid) {
    const C = (f / 16) * cosSqAlpha * (4 + f * (4 - 3 * cosSqAlpha));
    return (1 - C) * f * sinAlpha * (sigma + C * sin * (mid + C * cos * (2 * mid * mid - 1)));
  }

  /** Length and azimuth at the start of the geodesic between two points (Vincenty 1975). */
  function inverse([lat1, lon1], [lat2, lon2], ell = GRS80) {
    const { a, f, b, second } = ell;
    const L = (lon2 - lon1) * RAD;
    const [u1, u2] = [lat1, lat2].map((lat) => Math.atan((1 - f) * Math.tan(lat * RAD)));
    const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
    let lambda = L;
    for (let turn = 0; turn < 60; turn += 1) {
      const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
      // sin(u2 - u1) with the half angle keeps the digits of short lines
      const across = Math.sin(u2 - u1) + 2 * s1 * c2 * Math.sin(lambda / 2) ** 2;
      const sin = Math.hypot(c2 * sl, across);
      if (sin === 0) return { length: 0, azimuth: 0 };
      const cos = s1 * s2 + c1 * c2 * cl;
      const sigma = Math.atan2(sin, cos);
      const sinAlpha = (c1 * c2 * sl) / sin;
      const cosSq = 1 - sinAlpha * sinAlpha;
      const mid = cosSq > 1e-15 ? cos - (2 * s1 * s2) / cosSq : 0;
      const next = L + longitudeTerm(f, cosSq, sinAlpha, sigma, sin, cos, mid);
      if (Math.abs(next - lambda) < 1e-15 || turn === 59) {
        const [A, B] = series(cosSq * second);
        return { length: b * A * (sigma - correction(B, sin, cos, mid)), azimuth: Math.atan2(c2 * sl, across) };
      }
      lambda = next;
    }
    return { length: a * Math.PI, azimuth: 0 };
  }

  /** Where one comes from a point with an azimuth after a length. */
  function direct([lat1, lon1], azimuth, length, ell = GRS80) {
    const { f, b, second } = ell;
    const u1 = Math.atan((1 - f) * Math.tan(lat1 * RAD));
    const [s1, c1, sa, ca] = [Math.sin(u1), Math.cos(u1), Math.sin(azimuth), Math.cos(azimuth)];
    const start = Math.atan2(s1, c1 * ca);
    const sinAlpha = c1 * sa;
    const cosSq = 1 - sinAlpha * sinAlpha;
    const [A, B] = series(cosSq * second);
    const first = length / (b * A);
    let [sigma, sin, cos, mid] = [first, 0, 0, 0];
    for (let turn = 0; turn < 30; turn += 1) {
      [sin, cos, mid] = [Math.sin(sigma), Math.cos(sigma), Math.cos(2 * start + sigma)];
      const next = first + correction(B, sin, cos, mid);
      const done = Math.abs(next - sigma) < 1e-15;
      sigma = next;
      if (done) break;
    }
    [sin, cos, mid] = [Math.sin(sigma), Math.cos(sigma), Math.cos(2 * start + sigma)];
    const lat = Math.atan2(s1 * cos + c1 * sin * ca, (1 - f) * Math.hypot(sinAlpha, s1 * sin - c1 * cos * ca));
    const lambda = Math.atan2(sin * sa, c1 * cos - s1 * sin * ca);
    return [lat / RAD, lon1 + (lambda - longitudeTerm(f, cosSq, sinAlpha, sigma, sin, cos, mid)) / RAD];
  }

  /** The area between the equator and a latitude, for a radian of longitude. */
  function zoneArea(lat, { b, e2 }) {
    const [sin, e] = [Math.sin(lat * RAD), Math.sqrt(e2)];
    return ((b * b) / 2) * (sin / (1 - e2 * sin * sin) + Math.atanh(e * sin) / e);
  }

  /** Points along the geodesic between two points, an even number of steps, both ends with it. */
  function along(from, to, step, ell = GRS80) {
    const { length, azimuth } = inverse(from, to, ell);
    const count = 2 * Math.max(1, Math.ceil(length / step));
    const out = [from];
    for (let at = 1; at < count; at += 1) out.push(direct(from, azimuth, (length * at) / count, ell));
    out.push(to);
    return out;
  }

  /** Area of a ring whose edges are geodesics; each piece is integrated as a parabola through three points. */
  function area(ring, ell = GRS80) {
    if (ring.length < 3) return 0;
    const base = zoneArea(ring[0][0], ell); // near the ring, so that small rings keep their digits
    let sum = 0;
    ring.forEach((from, at) => {
      const points = along(from, ring[(at + 1) % ring.length], PIECE, ell);
      for (let i = 0; i + 2 < points.length; i += 2) {
        const [q0, q1, q2] = points.slice(i, i + 3).map(([lat]) => zoneArea(lat, ell) - base);
        const [x1, x2] = [points[i + 1][1] - points[i][1], points[i + 2][1] - points[i][1]];
        const [slope, bend] = [4 * x1 - x2, 4 * x2 - 8 * x1];
        sum += (RAD * (slope * (q0 + 4 * q1 + q2) + bend * (2 * q1 + q2))) / 6;
      }
    });
    return Math.abs(sum);
  }

  function length(points, ell = GRS80) {
    return points.slice(1).reduce((sum, point, at) => sum + inverse(points[at], point, ell).length, 0);
  }

  /** Whether edges of a ring cross, so that it bounds no one area. */
  function crosses(ring) {
    const side = (p, q, r) => Math.sign((q[1] - p[1]) * (r[0] - p[0]) - (q[0] - p[0]) * (r[1] - p[1]));
    const edge = (at) => [ring[at], ring[(at + 1) % ring.length]];
    return ring.some((_, i) => ring.some((__, j) => {
      if (j <= i + 1 || (i === 0 && j === ring.length - 1)) return false;
      const [[a, b], [c, d]] = [edge(i), edge(j)];
      return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
    }));
  }

  /** Middle meridian and number of the 3-degree zone that a longitude lies in. */
  const zone = (lon) => ({ number: Math.round(lon / 3), meridian: 3 * Math.round(lon / 3) });

  /** Gauss-Krüger without scale: northing and easting in metres, 500 km on the middle meridian (series to n⁴). */
  function grid([lat, lon], meridian, { a, n } = GRS80) {
    const ALPHA = [
      n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3 + (41 / 180) * n ** 4,
      (13 / 48) * n ** 2 - (3 / 5) * n ** 3 + (557 / 1440) * n ** 4,
      (61 / 240) * n ** 3 - (103 / 140) * n ** 4,
      (49561 / 161280) * n ** 4,
    ];
    const radius = (a / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64);
    const e = (2 * Math.sqrt(n)) / (1 + n);
    const sin = Math.sin(lat * RAD);
    const t = Math.sinh(Math.atanh(sin) - e * Math.atanh(e * sin));
    const d = (lon - meridian) * RAD;
    const xi = Math.atan2(t, Math.cos(d));
    const eta = Math.atanh(Math.sin(d) / Math.sqrt(1 + t * t));
    let [north, east] = [xi, eta];
    ALPHA.forEach((factor, at) => {
      const k = 2 * (at + 1);
      north += factor * Math.sin(k * xi) * Math.cosh(k * eta);
      east += factor * Math.cos(k * xi) * Math.sinh(k * eta);
    });
    return [radius * north, 500000 + radius * east];
  }

  pingshanGeo.measure = { GRS80, WGS84, of, inverse, direct, along, length, area, crosses, zone, grid };
})();

/* Which lot lies under a point: a grid of boxes, then rings, holes and parts.
   Places are pixels at zoom 0; a mark below `least` is enlarged about the middle of its box. */
(() => {
  "use strict";
  const { geometry } = pingshanGeo;
  /** A row whose box covers more cells than this stands in a list of its own. */
  const WIDE = 64;

  /** A grid of boxes; `query` visits every row whose box may meet a box, each once. */
  function grid({ count, box }) {
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < 4 * count; i += 4) {
      if (!(box[i] <= box[i + 2])) continue;
      west = Math.min(west, box[i]);
      north = Math.min(north, box[i + 1]);
      east = Math.max(east, box[i + 2]);
      south = Math.max(south, box[i + 3]);
    }
    const side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(count))));
    const cell = Math.max(east - west, south - north) / side || 1;
    const put = (value, from) => Math.max(0, Math.min(side - 1, Math.floor((value - from) / cell)));
    const span = (a, b, c, d) => [put(a, west), put(b, north), put(c, west), put(d, north)];
    const wide = [];
    const start = new Int32Array(side * side + 1);
    const each = (visit) => {
      for (let at = 0; at < count; at += 1) {
        const i = 4 * at;
        if (box[i] <= box[i + 2]) visit(at, ...span(box[i], box[i + 1], box[i + 2], box[i + 3]));
      }
    };
    const spread = (visit) => each((at, x0, y0, x1, y1) => {
      if ((x1 - x0 + 1) * (y1 - y0 + 1) > WIDE) return;
      for (let y = y0; y <= y1; y += 1) for (let x = x0; x <= x1; x += 1) visit(y * side + x, at);
    });
    each((at, x0, y0, x1, y1) => { if ((x1 - x0 + 1) * (y1 - y0 + 1) > WIDE) wide.push(at); });
    spread((cellAt) => { start[cellAt + 1] += 1; });
    for (let i = 0; i < side * side; i += 1) start[i + 1] += start[i];
    const items = new Int32Array(start[side * side]);
    const next = start.slice();
    spread((cellAt, at) => { items[next[cellAt]++] = at; });

    function query(a, b, c, d, visit) {
      const meets = (i) => box[i] <= c && box[i + 2] >= a && box[i + 1] <= d && box[i + 3] >= b;
      for (const at of wide) if (meets(4 * at)) visit(at);
      const [x0, y0, x1, y1] = span(a, b, c, d);
      for (let y = y0; y <= y1; y += 1) {
        for (let x = x0; x <= x1; x += 1) {
          for (let k = start[y * side + x]; k < start[y * side + x + 1]; k += 1) {
            const i = 4 * items[k];
            // A row in several cells counts in the first of them that is asked.
            if (meets(i) && Math.max(x0, put(box[i], west)) === x && Math.max(y0, put(box[i + 1], north)) === y) visit(items[k]);
          }
        }
      }
    }
    return { query, cell };
  }

  /** Each edge of a row, until `visit` returns true. */
  function edges(flat, at, visit) {
    const { xy, rings } = flat;
    const [first, last] = geometry.ringsOf(flat, at);
    for (let ring = first; ring < last; ring += 1) {
      const from = ring ? rings[ring - 1] : 0;
      for (let i = from, j = rings[ring] - 1; i < rings[ring]; j = i, i += 1) {
        if (visit(xy[2 * j], xy[2 * j + 1], xy[2 * i], xy[2 * i + 1])) return true;
      }
    }
    return false;
  }

  function contains(flat, at, x, y) {
    let inside = false;
    edges(flat, at, (ax, ay, bx, by) => {
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
    });
    return inside;
  }

  function distance(flat, at, x, y) {
    let best = contains(flat, at, x, y) ? 0 : Infinity;
    if (best) edges(flat, at, (ax, ay, bx, by) => {
      const [dx, dy] = [bx - ax, by - ay];
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      best = Math.min(best, Math.hypot(x - ax - along * dx, y - ay - along * dy));
    });
    return best;
  }

  /** Whether an edge enters a box: cut to the box, something is left (Liang and Barsky). */
  function enters(ax, ay, bx, by, west, north, east, south) {
    let [from, to] = [0, 1];
    for (const [p, q] of [[ax - bx, ax - west], [bx - ax, east - ax], [ay - by, ay - north], [by - ay, south - ay]]) {
      if (p === 0 && q < 0) return false;
      if (p < 0) from = Math.max(from, q / p);
      if (p > 0) to = Math.min(to, q / p);
    }
    return from <= to;
  }

  /** Questions about the rows of a block; `passes(at)` says which rows count. */
  function hits(flat) {
    const { box } = flat;
    const index = grid(flat);

    /** How many times its size a row is drawn, where no mark is smaller than `least`. */
    const growth = (at, least) => {
      const extent = Math.max(box[4 * at + 2] - box[4 * at], box[4 * at + 3] - box[4 * at + 1]);
      return extent > 0 && extent < least ? least / extent : 1;
    };
    /** The place in the outline that is drawn at a place of the enlarged mark. */
    const back = (at, x, y, grown) => {
      const [mx, my] = [(box[4 * at] + box[4 * at + 2]) / 2, (box[4 * at + 1] + box[4 * at + 3]) / 2];
      return [mx + (x - mx) / grown, my + (y - my) / grown];
    };

    /** The row drawn on top at a place, or -1. */
    function at(x, y, least, passes) {
      let best = -1;
      const reach = least / 2;
      index.query(x - reach, y - reach, x + reach, y + reach, (one) => {
        if (one > best && passes(one) && contains(flat, one, ...back(one, x, y, growth(one, least)))) best = one;
      });
      return best;
    }

    /** The nearest row within `reach` of a place, or -1. */
    function near(x, y, reach, least, passes) {
      let [best, closest] = [-1, reach];
      const wide = reach + least / 2;
      index.query(x - wide, y - wide, x + wide, y + wide, (one) => {
        if (!passes(one)) return;
        const grown = growth(one, least);
        const away = distance(flat, one, ...back(one, x, y, grown)) * grown;
        if (away < closest || (away === closest && one > best)) [best, closest] = [one, away];
      });
      return best;
    }

    /** Rows whose shape meets a box, in order. */
    function within(west, north, east, south, passes) {
      const found = [];
      index.query(west, north, east, south, (one) => {
        if (!passes(one)) return;
        const i = 4 * one;
        const whole = box[i] >= west && box[i + 2] <= east && box[i + 1] >= north && box[i + 3] <= south;
        if (whole || edges(flat, one, (...edge) => enters(...edge, west, north, east, south)) || contains(flat, one, west, north)) found.push(one);
      });
      return found.sort((a, b) => a - b);
    }

    /** Median distance from a row's middle to the nearest other middle; from up to 2 000 rows. */
    function spacing() {
      const drawn = [];
      for (let one = 0; one < flat.count; one += 1) if (box[4 * one] <= box[4 * one + 2]) drawn.push(one);
      if (drawn.length < 2) return Infinity;
      const middle = (one) => [(box[4 * one] + box[4 * one + 2]) / 2, (box[4 * one + 1] + box[4 * one + 3]) / 2];
      const every = Math.ceil(drawn.length / 2000);
      const nearest = drawn.filter((one, i) => i % every === 0).map((one) => {
        const [x, y] = middle(one);
        for (let reach = index.cell; ; reach *= 2) {
          let best = Infinity;
          index.query(x - reach, y - reach, x + reach, y + reach, (other) => {
            if (other === one) return;
            const [ox, oy] = middle(other);
            best = Math.min(best, Math.hypot(ox - x, oy - y));
          });
          if (best <= reach || reach > 1024) return best;
        }
      });
      return nearest.sort((a, b) => a - b)[nearest.length >> 1];
    }

    return { at, near, within, spacing, growth, query: index.query };
  }

  pingshanGeo.hits = Object.assign(hits, { distance });
})();

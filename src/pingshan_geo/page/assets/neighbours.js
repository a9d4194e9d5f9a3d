/* What can be done with one lot, and which lots lie next to it. */
(() => {
  "use strict";
  const { card, button, span, geometry, format } = pingshanGeo;
  const NEAR_M = 30;
  const TOUCHES_M = 0.05; // as in the rules of topology: two surveys of one corner
  const MOST = 12;
  const EARTH_M = 2 * Math.PI * 6378137;

  /** Lots within reach, the nearest first: [position, metres]. The distance is that of outlines. */
  function near(page, index) {
    const flat = geometry.flat(page.data.geometry.parcels);
    const [west, north, east, south] = flat.box.subarray(4 * index, 4 * index + 4);
    if (!(west <= east)) return null;
    const { lat } = geometry.place((west + east) / 2, (north + south) / 2);
    const metres = (EARTH_M * Math.cos((lat * Math.PI) / 180)) / 256; // of one pixel at zoom 0
    const reach = NEAR_M / metres;
    page.lotHits = page.lotHits || pingshanGeo.hits(flat);
    const found = [];
    page.lotHits.query(west - reach, north - reach, east + reach, south + reach, (other) => {
      if (other === index) return;
      const away = Math.min(apart(flat, index, other), apart(flat, other, index)) * metres;
      if (away <= NEAR_M) found.push([other, away]);
    });
    return found.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  }

  /** The least distance from the corners of one outline to another. */
  function apart(flat, one, other) {
    const [first, last] = geometry.ringsOf(flat, one);
    const point = (ring) => (ring ? flat.rings[ring - 1] : 0);
    let best = Infinity;
    for (let i = point(first); i < point(last) && best > 0; i += 1) {
      best = Math.min(best, pingshanGeo.hits.distance(flat, other, flat.xy[2 * i], flat.xy[2 * i + 1]));
    }
    return best;
  }

  pingshanGeo.neighbours = (page, row) => {
    const found = near(page, row.index);
    if (!found || !found.length) return null;
    const { id } = page.data.tables.parcels;
    const rows = found.slice(0, MOST).map(([at, away]) => card.field(page, card.reference(page, id[at]),
      away <= TOUCHES_M ? page.t("neighbour_touches") : page.sentence("neighbour_away", { distance: format.digits(away, away < 1 ? 2 : 0) })));
    if (found.length > MOST) rows.push(span("aside", page.sentence("and_more", { count: found.length - MOST })));
    return card.section(page.t("neighbours"), rows);
  };

  /** Copy the lot's row, print its sheet, assume something of it. */
  pingshanGeo.lotTools = (page, row) => {
    const copy = button("link", () => pingshanGeo.copy(pingshanGeo.rowText(page, row.id), copy, page.t("copy_row"), page), { "data-testid": "copy-row" }, page.t("copy_row"));
    const print = button("link", () => window.print(), { "data-testid": "print-lot" }, page.t("print_lot"));
    const bounds = geometry.bounds(page.data.geometry.parcels, row.index);
    const zoom = bounds.isValid() ? button("link", () => page.ground.look(bounds), { "data-testid": "zoom-lot" }, page.t("zoom_lot")) : null;
    return span("lot-tools", page.dotted([zoom, copy, print, ...pingshanGeo.lotScenario(page, row).slice(0, 1)]));
  };
})();

/* Lots on the map: drawn on a canvas, found under the pointer, opened; the chosen one stands out above all. */
(() => {
  "use strict";
  const { el, span, part, geometry, ground } = pingshanGeo;
  const { pane, STILL } = ground;
  /** Marks are no smaller than this in pixels, less where lots stand closer, and never below DOT. */
  const LEAST = 12;
  const DOT = 3;
  const CHOSEN = 17;
  /** For fingers: a lot so near to a touch counts as touched. */
  const FINGER = 22;
  const LABELLED = 2000;
  const LOTS = 420;

  part("parcel_layer", (page) => {
    const { map, data, model } = page;
    pingshanGeo.patterns(page);
    ground(page);
    const table = data.tables.parcels;
    const block = geometry.flat(data.geometry.parcels);
    const hits = pingshanGeo.hits(block);
    page.lotHits = hits;
    const apart = hits.spacing();
    const scale = () => map.getZoomScale(map.getZoom(), 0);
    const least = () => Math.max(DOT, Math.min(LEAST, 0.85 * apart * scale()));
    const passes = (at) => page.shown.mask[at] === 1;
    let selection = [];
    pane(map, "pgLots", LOTS, true);
    const canvas = new pingshanGeo.LotCanvas({ page, block, hits, least, selected: () => selection }).addTo(map);
    const away = () => Boolean(pingshanGeo.isOff) && pingshanGeo.isOff("parcel_layer", map);

    /** The position of the lot under a point of the map, as it is drawn there, or -1. */
    page.lotAt = (point) => {
      if (away()) return -1;
      const { x, y } = map.project(map.containerPointToLatLng(point), 0);
      const shortest = least() / scale();
      // Dots that touch each other are asked for their true shape first.
      let at = least() === DOT ? hits.at(x, y, 0, passes) : -1;
      if (at < 0) at = hits.at(x, y, shortest, passes);
      if (at < 0 && matchMedia("(pointer: coarse)").matches) at = hits.near(x, y, FINGER / scale(), shortest, passes);
      return at;
    };

    /** Positions of the lots that show and whose shape meets bounds. */
    page.lotsAt = (bounds) => {
      const [a, b] = [L.latLngBounds(bounds).getNorthWest(), L.latLngBounds(bounds).getSouthEast()].map((corner) => map.project(corner, 0));
      return away() ? [] : hits.within(a.x, a.y, b.x, b.y, passes);
    };

    /** Boxes of the marks in view, in pixels of the map; null where they are too many to be labelled. */
    page.lotBoxes = () => {
      const corner = map.containerPointToLayerPoint([0, 0]);
      const found = canvas.inView(L.bounds(corner, corner.add(map.getSize())));
      return away() ? [] : found.length > LABELLED ? null : Array.from(found, (at) => page.lotBox(at));
    };
    page.lotBox = (at) => {
      const s = scale();
      const grown = hits.growth(at, least() / s);
      const corner = map.layerPointToContainerPoint([0, 0]).subtract(map.getPixelOrigin());
      const [a, b, c, d] = block.box.subarray(4 * at, 4 * at + 4);
      const [w, h] = [(c - a) * s * grown, (d - b) * s * grown];
      return { at, x: ((a + c) * s - w) / 2 + corner.x, y: ((b + d) * s - h) / 2 + corner.y, w, h };
    };

    watch(page);
    const outlines = { chosen: outline(map, "pgChosen", 440, "lot-chosen"), near: outline(map, "pgChosen", 440, "lot-near") };
    const rows = (at, size) => enlarged(data.geometry.parcels, block, at, hits.growth(at, size / scale()));
    const place = (at, name, size) => outlines[name].setLatLngs(at >= 0 ? rows(at, size) : []);
    const drawChosen = () => place(page.state.lot ? model.rowOf.parcels.get(page.state.lot) : -1, "chosen", Math.max(least(), CHOSEN));
    const tip = el("div", { class: "lot-tip", "aria-hidden": "true", hidden: true });
    map.getContainer().append(tip);
    map.on("movestart zoomstart", () => { tip.hidden = true; });
    page.nearLot = (at) => {
      place(at, "near", least());
      tip.hidden = at < 0;
      if (at >= 0) tell(page, tip, at);
      if (page.hover) page.hover(at < 0 ? null : table.id[at]);
    };

    const sayEnlarged = () => {
      const shortest = least() / scale();
      let count = 0;
      for (let at = 0; at < block.count; at += 1) if (page.shown.mask[at] && hits.growth(at, shortest) > 1) count += 1;
      if (page.enlarged === count) return;
      page.enlarged = count;
      if (page.sayEnlarged) page.sayEnlarged(count);
    };
    map.on("zoomend viewreset", () => { sayEnlarged(); drawChosen(); });
    page.on((state, changed) => {
      const any = (...keys) => !changed || keys.some((key) => changed.has(key));
      if (any("sel")) selection = pingshanGeo.selection.selected(page).rows;
      if (any("shown", "sel", "colour", "layers", "scenario")) canvas.change();
      if (any("shown")) sayEnlarged();
      if (!any("lot")) return;
      drawChosen();
      const bounds = state.lot && geometry.bounds(data.geometry.parcels, model.rowOf.parcels.get(state.lot));
      const middle = bounds && bounds.isValid() && bounds.getCenter();
      if (middle && changed && !map.getBounds().pad(-0.05).contains(middle)) map.panTo(middle, { animate: !STILL });
    });
  });

  /** What a lot is, beside it: name, use and ratio. */
  function tell(page, tip, at) {
    const row = page.model.rowAt("parcels", at);
    const use = page.data.uses.find((one) => one.code === (row.land_use || "unknown"));
    const far = page.model.lotFigure("far", at);
    tip.replaceChildren(el("b", {}, pingshanGeo.subjectTitle(page, row)), " ", ...page.dotted([
      use && use.code !== "unknown" ? `${use.code} ${page.say(use.name)}` : span("unknown", `${page.t("land_use")} ${page.t("unknown")}`),
      far && far.value !== null ? [page.t("short_far"), " ", pingshanGeo.format.text(page, far)] : ""]).flat(3));
    const { x, y, w } = page.lotBox(at);
    const size = page.map.getSize();
    const left = Math.max(4, Math.min(size.x - tip.offsetWidth - 4, x + w / 2 - tip.offsetWidth / 2));
    const above = y - tip.offsetHeight - 6;
    tip.style.setProperty("transform", `translate(${left}px, ${Math.max(4, above)}px)`);
  }

  /** An outline above the canvas, for one lot. */
  function outline(map, name, order, className) {
    return L.polygon([], { renderer: pane(map, name, order, true), className, interactive: false, smoothFactor: 0.3 }).addTo(map);
  }

  /** Rows of a lot as it is drawn: enlarged about its middle on the screen. */
  function enlarged(block, { box }, at, grown) {
    const rows = geometry.outline(block, at) || [];
    if (grown === 1) return rows;
    const middle = L.point((box[4 * at] + box[4 * at + 2]) / 2, (box[4 * at + 1] + box[4 * at + 3]) / 2);
    const grow = (point) => {
      const { x, y } = L.CRS.EPSG3857.latLngToPoint(L.latLng(point), 0).subtract(middle).multiplyBy(grown).add(middle);
      return geometry.place(x, y);
    };
    return rows.map((polygon) => polygon.map((ring) => ring.map(grow)));
  }

  /** The pointer: the canvas itself lets all events through, so that zones below stay within reach. */
  function watch(page) {
    const { map } = page;
    const container = map.getContainer();
    /** Whether nothing that stands above the lots is meant. */
    const free = (target) => {
      if (target === container) return true;
      const above = target.closest && target.closest(".leaflet-pane");
      return Boolean(above) && Number(getComputedStyle(above).zIndex) < LOTS;
    };
    const under = (event) => (!page.tool && free(event.target) ? page.lotAt(map.mouseEventToContainerPoint(event)) : -1);
    let seen = -1;
    let last = null;
    const look = () => {
      const at = last && !last.buttons ? under(last) : -1;
      last = null;
      if (at === seen) return;
      seen = at;
      container.classList.toggle("over-lot", at >= 0);
      page.nearLot(at);
    };
    container.addEventListener("mousemove", (event) => {
      if (!last) requestAnimationFrame(look);
      last = event;
    });
    container.addEventListener("mouseleave", () => { last = null; look(); });
    // Before zones hear of it; the map hears of it as of any click, and which lot it met.
    container.addEventListener("click", (event) => {
      if (map.dragging && map.dragging.moved()) return;
      const at = under(event);
      if (at < 0) return;
      event.stopPropagation();
      const containerPoint = map.mouseEventToContainerPoint(event);
      const layerPoint = map.containerPointToLayerPoint(containerPoint);
      map.fire("click", { latlng: map.layerPointToLatLng(layerPoint), layerPoint, containerPoint, originalEvent: event, lot: at });
    }, true);
    map.on("click", ({ lot, originalEvent }) => {
      if (lot === undefined || (originalEvent && originalEvent.shiftKey)) return; // shift gathers lots
      page.open("parcels", page.data.tables.parcels.id[lot]);
    });
  }
})();

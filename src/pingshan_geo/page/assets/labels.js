/* Labels: the reader's language first; each finds a place free of lots, other labels and panels, or is left out. */
(() => {
  "use strict";
  const { el, part, geometry, format, span } = pingshanGeo;

  /** What each further place tried weighs. */
  const LATER = 0.12;
  /** Up to so many lots in view are labelled beside their mark; of more, only those that hold their label. */
  const FEW = 40;
  /** So many labels are measured at a time. */
  const BATCH = 64;
  /** From this cost on a zone's label does without its second language. */
  const CROWDED = 4;

  const overlap = (a, taken) =>
    taken.some((b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h);

  /** Offsets around an anchor, nearest first; rings of growing distance. */
  function places(gap, rings = 3) {
    const out = [[0, 0]];
    for (let ring = 1; ring <= rings; ring += 1) {
      for (const [x, y] of [[0, -1], [0, 1], [1, 0], [-1, 0], [1, -1], [-1, -1], [1, 1], [-1, 1]]) out.push([x * ring * gap, y * ring * gap]);
    }
    return out;
  }

  /** Middles of a row's widest parts along a few levels, widest first: places inside even a bent outline. */
  function inner(map, row) {
    const points = row[0][0].map((point) => map.latLngToContainerPoint(point));
    const box = L.bounds(points);
    const found = [];
    for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
      const y = box.min.y + share * (box.max.y - box.min.y);
      const cuts = [];
      points.forEach((a, i) => {
        const b = points[(i + 1) % points.length];
        if (a.y > y !== b.y > y) cuts.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
      });
      cuts.sort((a, b) => a - b);
      for (let i = 0; i + 1 < cuts.length; i += 2) found.push({ width: cuts[i + 1] - cuts[i], point: L.point((cuts[i] + cuts[i + 1]) / 2, y) });
    }
    return found.length ? found.sort((a, b) => b.width - a.width).map((one) => one.point) : [box.getCenter()];
  }

  /** Outlines of zones on the screen with points along them, so that another zone's label can keep off. */
  function outlinesOf(page) {
    const { zones } = page.data.tables;
    const view = L.bounds([0, 0], page.map.getSize());
    return geometry.decode(page.data.geometry.zones).flatMap((row, index) => {
      if (!row || zones.columns.role[index] === "context" || !boxOf(page.map, row).intersects(view)) return [];
      return row.map((polygon) => {
        const corners = polygon[0].map((point) => page.map.latLngToContainerPoint(point));
        const along = corners.flatMap((a, i) => {
          const b = corners[(i + 1) % corners.length];
          const pieces = Math.min(40, Math.ceil(a.distanceTo(b) / 9));
          return Array.from({ length: pieces }, (_, k) => a.add(b.subtract(a).multiplyBy(k / pieces)));
        });
        const { min } = L.bounds(corners);
        const size = L.bounds(corners).getSize();
        return { zone: zones.id[index], corners, along, area: size.x * size.y, box: { x: min.x, y: min.y, w: size.x, h: size.y } };
      });
    });
  }

  function contains(corners, x, y) {
    let inside = false;
    corners.forEach((a, i) => {
      const b = corners[(i + 1) % corners.length];
      if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
    });
    return inside;
  }

  /** How ill a zone's label stands: outside of its zone, inside a smaller one, across a line. */
  function cost(label, box, all) {
    const outlines = all.filter((one) => one.zone === label.id || overlap(box, [one.box]));
    const crossed = ({ along }) => along.filter((at) => at.x > box.x && at.x < box.x + box.w && at.y > box.y && at.y < box.y + box.h).length;
    const own = outlines.filter((one) => one.zone === label.id);
    const [x, y] = [box.x + box.w / 2, box.y + box.h / 2];
    const area = Math.max(0, ...own.map((one) => one.area));
    if (!own.length) return outlines.some((one) => contains(one.corners, x, y) || crossed(one) > 1) ? Infinity : 0;
    let sum = own.some((one) => contains(one.corners, x, y)) ? 0 : 12;
    for (const other of outlines) {
      if (other.zone === label.id) continue;
      sum += crossed(other);
      if (other.area < area && contains(other.corners, x, y)) sum += 8;
    }
    return sum;
  }

  const known = new WeakMap();

  /** The box of an outline on the screen. */
  function boxOf(map, row) {
    if (!known.has(row)) known.set(row, L.latLngBounds(row.flat(2)));
    const bounds = known.get(row);
    const at = (corner) => map.latLngToContainerPoint(corner);
    return L.bounds(at(bounds.getNorthWest()), at(bounds.getSouthEast()));
  }

  /** The part of the map that a zone's label may stand in: its own box and a little more. */
  function extent(map, row) {
    const box = boxOf(map, row);
    return L.bounds(box.min.subtract([14, 22]), box.max.add([14, 22]));
  }

  /** What wants a label, most wanted first. */
  function wanted(page, lots) {
    const { model, data, state, map } = page;
    const out = [];
    const zones = geometry.decode(data.geometry.zones);
    const holds = ({ w, h }) => w > 74 && h > 30;
    const lotLabel = (box, chosen) => {
      const id = data.tables.parcels.id[box.at];
      const lot = model.row("parcels", id);
      const wide = holds(box);
      const lift = Math.max(box.h, 12) / 2 + 9;
      const lines = [pingshanGeo.subjectTitle(page, lot)];
      return { kind: "parcels", id, chosen, lines, note: wide ? lot.land_use : "", anchor: L.point(box.x + box.w / 2, box.y + box.h / 2), lift, inside: wide && !chosen };
    };
    const chosen = state.lot ? model.rowOf.parcels.get(state.lot) : -1;
    const box = chosen >= 0 && page.lotBox && page.shown.mask[chosen] ? page.lotBox(chosen) : { x: NaN };
    if (Number.isFinite(box.x)) out.push(lotLabel(box, true));
    const rank = { root: 0, zone: 1, context: 2 };
    const view = L.bounds([0, 0], map.getSize());
    model.rows("zones")
      .filter((row) => zones[row.index] && boxOf(map, zones[row.index]).intersects(view))
      .map((row) => { const { x, y } = boxOf(map, zones[row.index]).getSize(); return { row, size: x * x + y * y }; })
      .sort((a, b) => rank[a.row.role] - rank[b.row.role] || b.size - a.size)
      .forEach(({ row }) => {
        const area = model.figure(`recorded_area/${row.id}`);
        const notes = [];
        const anchors = inner(map, zones[row.index]);
        if (row.role !== "context" && area && area.value !== null) notes.push(format.text(page, area));
        if (row.geometry_status === "illustrative") notes.push(page.t("outline_illustrative"));
        const lines = [page.say(row.name), page.other(row.name)];
        const label = { kind: "zones", id: row.id, role: row.role, chosen: state.zone === row.id, lines, note: notes.join(" · "), anchor: anchors[0], anchors, lift: 0 };
        out.push({ ...label, extent: extent(map, zones[row.index]) });
      });
    const rest = lots.filter((box) => box.at !== chosen && (lots.length <= FEW || holds(box)));
    return out.concat(rest.map((box) => lotLabel(box, false)));
  }

  /** Labels with their nodes and room, measured many at a time: each look at a size lays out the page anew. */
  function* batches(labels, make, pane) {
    for (let first = 0; first < labels.length; first += BATCH) {
      const made = labels.slice(first, first + BATCH).map(make);
      pane.append(...made.map(({ node }) => node));
      yield* made.map((one) => ({ ...one, room: [one.node.offsetWidth + 6, one.node.offsetHeight + 2] }));
    }
  }

  function draw(page, pane) {
    const { map } = page;
    const frame = map.getContainer().getBoundingClientRect();
    const size = map.getSize();
    const taken = [...map.getContainer().querySelectorAll(".leaflet-control, .pg-over")].map((node) => {
      const box = node.getBoundingClientRect();
      return { x: box.left - frame.left, y: box.top - frame.top, w: box.width, h: box.height };
    }).filter((box) => box.w > 0);
    const found = page.lotBoxes ? page.lotBoxes() : [];
    const lots = found || [];
    const dense = !found || lots.length > FEW;
    const outlines = outlinesOf(page);
    const held = pane.contains(document.activeElement) ? document.activeElement.dataset.zone : null;
    pane.replaceChildren();
    let small = 0;
    const near = ({ anchor: { x, y } }) => x >= -60 && y >= -60 && x <= size.x + 60 && y <= size.y + 60;
    const make = (label) => {
      const opens = label.role === "root" || label.role === "zone";
      const node = el(opens ? "button" : "div", { class: `pg-label pg-label-${label.role || "lot"}${label.chosen ? " chosen" : ""}`, type: opens ? "button" : null, "data-zone": opens ? label.id : null },
        span("label-name", label.lines[0]),
        label.lines[1] && !dense ? span("label-other", ` ${label.lines[1]}`) : null,
        label.note && !(dense && label.role) ? span("label-note", label.note) : null);
      if (opens) node.addEventListener("click", (event) => { event.stopPropagation(); page.open("zones", label.id); });
      return { label, node };
    };
    for (const { label, node, room: measured } of batches(wanted(page, lots).filter(near), make, pane)) {
      if (label.kind === "parcels" && small > 200) {
        node.remove();
        continue;
      }
      let [w, h] = measured;
      const lot = label.kind === "parcels";
      const fits = (x, y, over) => {
        const box = { x: x - w / 2, y: y - h / 2, w, h };
        if (box.x < 2 || box.y < 2 || box.x + w > size.x - 2 || box.y + h > size.y - 2) return null;
        if (label.extent && !label.extent.contains(L.point(box.x + w / 2, box.y + h / 2))) return null;
        if (overlap(box, taken) || (!label.inside && !over && overlap(box, lots))) return null;
        return box;
      };
      // Over lots stands only the name of a zone that has room for it: names must not hide the town.
      const room = label.extent && label.extent.getSize().subtract([28, 44]);
      const roomy = Boolean(room) && (label.chosen || (room.x > 1.3 * w && room.y > 2.5 * h));
      const side = w / 2 + 10;
      const around = label.inside ? [[0, 0]] : lot ? [[0, -label.lift], [0, label.lift], [side, 0], [-side, 0]] : places(22, 4);
      const tries = (label.anchors || [label.anchor]).flatMap((anchor) => around.map(([dx, dy]) => [anchor.x + dx, anchor.y + dy]));
      const free = (over) => {
        let best = null;
        for (let index = 0; index < tries.length; index += 1) {
          const later = index * LATER; // no place from here on can be better than this
          if (best && later >= best.weight) break;
          const found = fits(...tries[index], over);
          const weight = found ? (lot ? 0 : cost(label, found, outlines)) + later : Infinity;
          if (weight < Infinity && (!best || weight < best.weight)) best = Object.assign(found, { weight });
        }
        return best;
      };
      let box = free(!lot && dense && roomy);
      const second = node.querySelector(".label-other");
      if (second && label.role !== "context" && (!box || box.weight >= CROWDED)) {
        second.remove();
        [w, h] = [node.offsetWidth + 6, node.offsetHeight + 2];
        box = free(false) || box;
      }
      if (!box && label.chosen) box = { x: label.anchor.x - w / 2, y: label.anchor.y - label.lift - h / 2, w, h };
      if (!box) {
        node.remove();
        continue;
      }
      node.classList.toggle("plate", !lot && !label.inside && overlap(box, lots));
      L.DomUtil.setPosition(node, map.containerPointToLayerPoint([box.x + 3, box.y + 1]).round());
      taken.push(box);
      if (lot) small += 1;
    }
    const again = held && [...pane.children].find((one) => one.dataset.zone === held);
    if (again) again.focus({ preventScroll: true }); else if (held) map.getContainer().focus({ preventScroll: true });
  }

  part("map_labels", (page) => {
    const pane = page.map.createPane("pgLabels");
    pane.style.zIndex = 450;
    let waiting = 0;
    const later = () => {
      if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(page, pane); });
    };
    page.map.on("moveend zoomend resize viewreset", later);
    page.map.on("zoomanim", () => { if (!pane.contains(document.activeElement)) pane.replaceChildren(); });
    page.on((state, changed) => {
      if (!changed || ["lang", "lot", "zone", "shown"].some((key) => changed.has(key))) later();
    });
    page.drawLabels = () => draw(page, pane);
  });
})();

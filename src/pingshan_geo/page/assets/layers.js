/* Two layers of the map, off at first: errors between outlines, and parts of lots in zones of one kind. */
(() => {
  "use strict";
  const { el, svg, part, format, geometry, ground, land, span, div } = pingshanGeo;
  /** Okabe and Ito's colours, told apart by the colour-blind too. */
  const TINTS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7a5195"];
  /** Extent in pixels under which the place of an error gets a ring. */
  const SEEN = 22;
  const NAMED = 8;

  const pieceKind = (layers) => layers.filter((one) => one.startsWith("pieces:")).map((one) => one.slice(7))[0] || null;

  /** Put a path of the map, with a title that says what it is. */
  function put(group, shape, title, onclick) {
    shape.addTo(group);
    if (shape._path) shape._path.append(svg("title", {}, title));
    if (onclick) shape.on("click", (event) => { onclick(); L.DomEvent.stop(event); });
  }

  /** Tint of each zone of a kind, in the order of the catalogue. */
  function tints(page, kind) {
    const { pairs, tables } = page.data;
    const met = new Set(pairs.zone.filter((zone, at) => zone >= 0 && pairs.kinds[pairs.kind[at]] === kind));
    return new Map([...met].sort((a, b) => a - b).map((zone, at) => [tables.zones.id[zone], TINTS[at % TINTS.length]]));
  }

  function drawPieces(page, group, renderer, kind) {
    const { model, data } = page;
    const { parcels: lots, pieces: parts } = data.geometry;
    const colours = tints(page, kind);
    const word = page.field(kind, true);
    for (const at of page.shown.rows) {
      const id = data.tables.parcels.id[at];
      for (const pair of model.pairsOf(at).filter((one) => one.kind === kind)) {
        const rows = pair.piece < 0 ? geometry.outline(lots, at) : geometry.outline(parts, pair.piece);
        if (!rows) continue;
        const look = { renderer, className: `piece ${pair.zone ? "" : "outside"}`, fillColor: colours.get(pair.zone) || "url(#pg-outside)", smoothFactor: 0.3 };
        const where = pair.zone ? page.say(model.row("zones", pair.zone).name) : page.sentence("outside_of", { kind: word });
        put(group, L.polygon(rows, look), `${id} · ${where} · ${land.percent(page, pair.share)}`, () => page.open("parcels", id));
      }
    }
  }

  /** Shapes of findings, hatched; where one is too small to be seen it gets a ring. */
  function drawFindings(page, group, renderer, chosen) {
    const { data, map, model } = page;
    geometry.decode(data.geometry.findings).forEach((rows, index) => {
      if (!rows) return;
      const { severity, subject, message } = data.findings[index];
      const kind = model.kindOf(subject);
      const open = () => (kind === "parcels" || kind === "zones") && page.open(kind, subject);
      const look = { renderer, className: `fault ${severity}${index === chosen ? " chosen" : ""}`, smoothFactor: 0.3 };
      const shape = L.polygon(rows, { ...look, fillColor: "url(#pg-fault)" });
      put(group, shape, page.say(message), open);
      const { x, y } = map.latLngToLayerPoint(shape.getBounds().getSouthEast()).subtract(map.latLngToLayerPoint(shape.getBounds().getNorthWest()));
      if (Math.max(x, y) < SEEN) put(group, L.circleMarker(shape.getBounds().getCenter(), { ...look, className: `${look.className} ring`, radius: index === chosen ? 12 : 9 }), page.say(message), open);
    });
  }

  part("detail_layers", (page) => {
    const { map, model, data } = page;
    const count = data.geometry.findings.features.filter(Boolean).length;
    const cut = model.cutKinds();
    if (!count && !cut.length) return;
    const box = div("layer-switches");
    page.slot("key", "topleft").append(box);
    const faults = L.layerGroup().addTo(map);
    const pieces = L.layerGroup().addTo(map);
    const renderers = { pieces: ground.pane(map, "pgPieces", 425), faults: ground.pane(map, "pgFaults", 445) };
    pingshanGeo.patterns(page);
    const on = () => (page.state.layers || "").split(",").filter(Boolean);
    let chosen = null;

    /** The layers with one of them switched; kind says of which zones the parts are. */
    const switched = (name, wanted, kind = null) => {
      const rest = on().filter((one) => !one.startsWith(name));
      return (wanted ? [...rest, kind ? `${name}:${kind}` : name] : rest).sort().join(",") || null;
    };
    const turn = (...how) => page.set({ layers: switched(...how) });

    const mark = (fill) => svg("svg", { class: "swatch", viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 13, height: 13, rx: 2, fill }));
    const toggle = (name, checked, onchange, ...more) => {
      const input = el("input", { type: "checkbox", "data-testid": `layer-${name}`, onchange: () => onchange(input.checked) });
      input.checked = checked;
      return el("label", { class: `layer-switch${checked ? " is-on" : ""}` }, input, ...more);
    };

    const drawKey = () => {
      const focused = box.contains(document.activeElement) && document.activeElement.dataset.testid;
      const kind = pieceKind(on());
      const switches = [];
      if (count) switches.push(toggle("findings", on().includes("findings"), (wanted) => turn("findings", wanted), mark("url(#pg-fault)"), span("", page.t("layer_findings"), span("tally", ` ${format.digits(count, 0)}`))));
      if (cut.length) switches.push(toggle("pieces", Boolean(kind), (wanted) => turn("pieces", wanted, cut[0]), span("", page.t("layer_pieces"))));
      if (kind) {
        const choose = el("select", { "data-testid": "layer-kind", "aria-label": page.t("layer_kind"), onchange: () => turn("pieces", true, choose.value) },
          cut.map((one) => el("option", { value: one }, page.field(one, true))));
        choose.value = kind;
        const named = [...tints(page, kind)];
        switches.push(choose,
          named.slice(0, NAMED).map(([id, colour]) => span("tint", mark(colour), ` ${page.say(model.row("zones", id).name)}`)),
          named.length > NAMED ? span("", page.sentence("and_more", { count: named.length - NAMED })) : "",
          span("tint", mark("url(#pg-outside)"), ` ${page.t("outside")}`));
      }
      box.replaceChildren(...switches.flat().filter(Boolean));
      if (page.frame) page.frame.querySelector(".pg-mapbox").classList.toggle("has-tint", Boolean(kind)); // the key is taller
      const again = focused && box.querySelector(`[data-testid=${focused}]`);
      if (again) again.focus();
    };

    const drawFaults = () => {
      faults.clearLayers();
      if (on().includes("findings")) drawFindings(page, faults, renderers.faults, chosen);
    };

    /** Bring a finding's place into view and turn its layer on. */
    page.showFinding = (index) => {
      const bounds = geometry.bounds(data.geometry.findings, index);
      const zoom = Math.min(18, map.getBoundsZoom(bounds.pad(1)));
      const { lat, lng } = bounds.getCenter();
      chosen = index;
      page.set({ layers: switched("findings", true), view: `${lat.toFixed(6)},${lng.toFixed(6)},${zoom}` });
      map.setView([lat, lng], zoom, { animate: false }); // also where only a list has moved the map since
      drawFaults();
      if (page.frame && matchMedia("(max-width: 760px)").matches) page.frame.querySelector(".pg-main").scrollIntoView({ block: "start" });
    };

    map.on("zoomend", drawFaults);
    page.on((state, changed) => {
      const any = (...keys) => !changed || keys.some((key) => changed.has(key));
      if (any("lang", "layers")) {
        drawKey();
        drawFaults();
      }
      const kind = pieceKind(on());
      map.getContainer().classList.toggle("in-pieces", Boolean(kind));
      if (!any("lang", "layers", "shown")) return;
      pieces.clearLayers();
      if (kind) drawPieces(page, pieces, renderers.pieces, kind);
    });
  });
})();

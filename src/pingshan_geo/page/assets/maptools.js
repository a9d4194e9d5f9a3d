/* Tools on the map: the place of the cursor, measuring on the ellipsoid, selection by a box and by shift. */
(() => {
  "use strict";
  const { el, svg, part, format, button, span, div } = pingshanGeo;
  const ICONS = { line: "M2 14L7 5L11 10L16 3", area: "M3 13L5 4L14 3L15 12L9 15Z", box: "M3 3H15V15H3Z" };
  const MU = 10000 / 15;
  /** A map lower than this, in pixels, has no room for tools. */
  const LOW = 200;
  const inControl = (event) => event.target.closest && event.target.closest(".leaflet-control");
  const typing = (event) => /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);

  const say = (page, value, decimals, unit) => `${format.digits(value, decimals)} ${page.t(`unit_${unit}`)}`;
  const lengthText = (metres) => (metres < 10000 ? `${format.digits(metres, 1)} m` : `${format.digits(metres / 1000, 3)} km`);
  const areaText = (page, area) => [say(page, area, area < 1e4 ? 1 : 0, "m2"), say(page, area / 1e4, 3, "ha"), say(page, area / MU, 2, "mu")].join(" · ");

  /** Degrees and metres of a place, in the 3-degree zone of the lots. */
  function cursor(page) {
    const { measure } = pingshanGeo;
    const line = div("pg-cursor pg-over", "");
    page.control(line, "bottomleft");
    const bounds = page.map.getBounds();
    const { meridian, number } = measure.zone(bounds.getCenter().lng);
    const metres = (value) => value.toFixed(1).replace(/\B(?=(\d{3})+\.)/g, "\u202f");
    const show = (latlng, centre) => {
      const [north, east] = measure.grid([latlng.lat, latlng.lng], meridian, measure.of(page));
      const place = page.sentence("cursor_at", { lon: latlng.lng.toFixed(5), lat: latlng.lat.toFixed(5), meridian, zone: number, north: metres(north), east: metres(east) });
      line.textContent = centre ? `${page.t("cursor_centre")} · ${place}` : place;
    };
    const middle = () => show(page.map.getCenter(), true);
    page.map.on("mousemove", (event) => show(event.latlng));
    page.map.on("mouseout moveend", middle);
    page.on((state, changed) => { if (!changed || changed.has("lang")) middle(); });
  }

  /** Points that a reader sets, drawn and measured as they come. */
  function measuring(page, panel) {
    const { map } = page;
    const { measure } = pingshanGeo;
    const ell = measure.of(page);
    let [kind, points, ended, layers] = [null, [], false, []];
    const renderer = pingshanGeo.ground.pane(map, "pgMeasure", 470, true);
    const draw = () => {
      for (const layer of layers) layer.remove();
      const ring = kind === "area" && points.length > 2;
      const track = (ring ? [...points, points[0]] : points).flatMap((point, at, all) => (at ? measure.along(all[at - 1], point, 20000, ell).slice(1) : [point]));
      layers = [
        L.polyline(track, { renderer, interactive: false, className: "measure-line" }),
        ...points.map((point) => L.circleMarker(point, { renderer, interactive: false, radius: 3.5, className: "measure-point" })),
      ].map((layer) => layer.addTo(map));
      panel(told(), { back: points.length > 0 && !ended, end: points.length > 1 && !ended });
    };
    const told = () => {
      if (points.length < 2) return [];
      if (kind === "line") return [page.sentence("tool_length", { length: lengthText(measure.length(points, ell)) })];
      const around = lengthText(measure.length(points.length > 2 ? [...points, points[0]] : points, ell));
      const area = points.length < 3 ? null : measure.crosses(points) ? page.t("tool_crossed") : page.sentence("tool_area_is", { area: areaText(page, measure.area(points, ell)) });
      return [area, page.sentence("tool_perimeter", { length: around })].filter(Boolean);
    };
    return {
      start(next) { [kind, points, ended] = [next, [], false]; draw(); },
      stop() { for (const layer of layers) layer.remove(); [kind, points, layers] = [null, [], []]; },
      add({ lat, lng }) { if (ended) [points, ended] = [[], false]; points.push([lat, lng]); draw(); },
      back() { if (!ended) points.pop(); draw(); },
      end() { ended = points.length > 1; draw(); },
      draw,
    };
  }

  /** A box drawn with the pointer, or by its corners with the keyboard. */
  function boxing(page, isOn) {
    const { map } = page;
    const node = map.getContainer();
    const frame = div("pg-box");
    frame.hidden = true;
    node.append(frame);
    let [from, corner, drawn] = [null, null, false];
    const at = (event) => map.mouseEventToContainerPoint(event);
    const take = (a, b, add) => {
      const bounds = L.latLngBounds(map.containerPointToLatLng(a), map.containerPointToLatLng(b));
      if (page.lotsAt) pingshanGeo.selection.select(page, page.lotsAt(bounds), add ? "add" : "replace");
    };
    const move = (event) => {
      const to = at(event);
      frame.hidden = false;
      Object.assign(frame.style, { left: `${Math.min(from.x, to.x)}px`, top: `${Math.min(from.y, to.y)}px`, width: `${Math.abs(to.x - from.x)}px`, height: `${Math.abs(to.y - from.y)}px` });
    };
    const up = (event) => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      frame.hidden = true;
      const to = at(event);
      drawn = from.distanceTo(to) > 4;
      if (drawn) take(from, to, event.shiftKey);
      from = null;
    };
    map.boxZoom.disable();
    node.addEventListener("pointerdown", (event) => {
      drawn = false;
      if (event.button || inControl(event) || !(isOn() || event.shiftKey)) return;
      from = at(event);
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", up);
    }, true);
    return {
      justDrawn: () => drawn,
      corner() {
        const centre = map.getCenter();
        if (corner) take(map.latLngToContainerPoint(corner), map.latLngToContainerPoint(centre), false);
        corner = corner ? null : centre;
      },
      stop() { corner = null; },
    };
  }

  part("map_tools", (page) => {
    const { map } = page;
    const node = map.getContainer();
    let tool = null;
    const bar = el("div", { class: "pg-toolbar leaflet-bar", role: "toolbar" });
    const result = el("section", { class: "pg-measure pg-over", "data-testid": "measure", hidden: true });
    const values = el("div", { class: "measure-values", role: "status" });
    const copied = el("span", { class: "aside", role: "status" });
    const [title, how] = [el("b"), span("aside")];
    const close = button("close", () => use(null), {}, "×");
    const acts = div("tool-acts");
    result.append(div("sum-head", title, close), values, how, acts, copied);
    page.control(bar, "topright");
    cursor(page);
    page.control(pingshanGeo.selection.panel(page), "bottomleft");
    page.control(result, "bottomleft");
    node.append(div("pg-cross"));
    const act = (word, action) => button("tool-act", action, { "data-act": word }, page.t(word));
    const copy = () => {
      pingshanGeo.copy([...values.children].map((line) => line.textContent).join("\n"), copied, "", page);
    };
    const show = (lines, can) => {
      values.replaceChildren(...lines.map((line) => div("measure-value", line)));
      copied.textContent = "";
      title.textContent = page.t(`tool_${tool}`);
      result.setAttribute("aria-label", title.textContent);
      close.setAttribute("aria-label", page.t("close"));
      how.textContent = page.t(lines.length ? "tool_geodesic" : tool === "box" ? "tool_how_box" : "tool_how_line");
      acts.replaceChildren(can.back ? act("tool_back", () => measure.back()) : "", can.end ? act("tool_end", () => measure.end()) : "", lines.length ? act("tool_copy", copy) : "");
    };
    const measure = measuring(page, show);
    const box = boxing(page, () => tool === "box");
    const use = (next) => {
      measure.stop();
      box.stop();
      tool = next === tool ? null : next;
      page.tool = tool; // lots are neither lit nor opened under a tool
      node.classList.toggle("with-tool", Boolean(tool));
      map.dragging[tool === "box" ? "disable" : "enable"]();
      for (const one of bar.children) one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
      result.hidden = !tool;
      if (tool === "box") show([], {}); else if (tool) measure.start(tool);
      if (tool) node.focus({ preventScroll: true });
      if (page.drawLabels) page.drawLabels();
    };
    page.on((state, changed) => {
      if (changed && !changed.has("lang")) return;
      bar.setAttribute("aria-label", page.t("tools_on_map"));
      bar.replaceChildren(...Object.entries(ICONS).map(([name, d]) => button("tool", () => use(name), { "data-tool": name, "aria-pressed": String(tool === name), "aria-label": page.t(`tool_${name}`), title: page.t(`tool_${name}`) },
        svg("svg", { width: 18, height: 18, viewBox: "0 0 18 18", "aria-hidden": "true" }, svg("path", { d, class: name })))));
      if (tool === "box") show([], {}); else if (tool) measure.draw();
    });
    const low = () => node.classList.toggle("is-low", map.getSize().y < LOW && !tool);
    map.on("resize", low);
    low();
    const clicked = (event) => {
      if (inControl(event)) return;
      const free = !(map.dragging.moved() && map.dragging.enabled());
      const point = map.mouseEventToContainerPoint(event);
      if (!tool && !box.justDrawn()) {
        const lot = event.shiftKey && page.lotAt ? page.lotAt(point) : -1;
        if (lot < 0) return;
        pingshanGeo.selection.select(page, [lot], "toggle");
      } else if (tool && tool !== "box" && free && event.type === "click" && event.detail < 2) measure.add(map.containerPointToLatLng(point));
      else if (event.type === "dblclick" && tool && tool !== "box") measure.end();
      event.stopPropagation();
    };
    node.addEventListener("click", clicked, true);
    node.addEventListener("dblclick", clicked, true);
    const KEYS = {
      " ": () => (tool === "box" ? box.corner() : measure.add(map.getCenter())),
      Enter: () => measure.end(),
      Backspace: () => measure.back(),
    };
    window.addEventListener("keydown", (event) => {
      if (typing(event)) return;
      let done = false;
      if (event.key === "Escape") {
        if (tool) use(null); else if (page.state.sel) page.set({ sel: null, only: null }); else return;
        done = true;
      } else if (tool && KEYS[event.key] && !event.target.closest("button, a, summary") && (tool !== "box" || event.key === " ")) {
        KEYS[event.key]();
        done = true;
      }
      if (done) { event.preventDefault(); event.stopImmediatePropagation(); }
    }, true);
  });
})();

/* The key of the map: what lines mean, whether marks are enlarged, what is not drawn; scale and north. */
(() => {
  "use strict";
  const { svg, part, button, span, div, format } = pingshanGeo;

  part("map_key", (page) => {
    const place = div("key-lines");
    page.slot("key", "topleft").append(place);
    const { model, map } = page;
    const line = (kind) => svg("svg", { class: `key-line ${kind}`, width: 26, height: 10, "aria-hidden": "true" }, svg("path", { d: "M1 5H25" }));
    const enlarged = span("key-enlarged");
    const { columns } = page.data.tables.parcels;
    const zones = model.rows("zones").filter((row) => row.role !== "context");
    const statuses = [...columns.geometry_status, ...zones.map((row) => row.geometry_status)];
    const used = new Set(statuses);
    const undrawn = statuses.filter((status) => status === "none").length;
    page.sayEnlarged = (count) => {
      enlarged.textContent = count ? page.sentence("key_enlarged", { count: format.digits(count, 0) }) : "";
      enlarged.hidden = !count;
    };
    page.on((state, changed) => {
      if (changed && !changed.has("lang")) return;
      const solid = ["surveyed", "published"].filter((status) => used.has(status));
      const broken = ["approximate", "illustrative"].filter((status) => used.has(status));
      const kinds = [[solid.length > 1 ? "solid" : solid[0], "solid"], ...broken.map((status) => [status, status])];
      place.replaceChildren(
        ...kinds.filter(([word]) => word).map(([word, style]) => span("", line(style), ` ${page.t(`key_${word}`)}`)),
        enlarged,
      );
      if (undrawn) {
        const say = page.sentence("key_undrawn", { count: format.digits(undrawn, 0) });
        place.append(page.frame
          ? button("link", () => {
            page.open(null);
            page.set({ tab: page.narrow.matches ? "about" : page.state.tab });
            page.showUndrawn();
          }, {}, say)
          : span("", say));
      }
      page.sayEnlarged(page.enlarged || 0);
    });
    page.on((state, changed) => {
      if (changed && !changed.has("lang")) return;
      map.getContainer().setAttribute("aria-label", page.t("map_region"));
      map.getContainer().setAttribute("role", "region");
      for (const way of ["in", "out"]) {
        const button = map.getContainer().querySelector(`.leaflet-control-zoom-${way}`);
        if (button) Object.assign(button, { title: page.t(`zoom_${way}`), ariaLabel: page.t(`zoom_${way}`) });
      }
    });
    if (pingshanGeo.ground.STILL) {
      map.options.inertia = false;
      const panBy = map.panBy.bind(map);
      map.panBy = (by, options) => panBy(by, { ...options, animate: false });
    }
    L.control.scale({ imperial: false, maxWidth: 130, position: "bottomright" }).addTo(map);
    const north = L.control({ position: "topright" });
    const arrow = svg("path", { d: "M7 0L13 21L7 16L1 21Z" });
    north.onAdd = () => div("pg-north", "N", svg("svg", { width: 14, height: 22, viewBox: "0 0 14 22", "aria-hidden": "true" }, arrow));
    north.addTo(map);
  });
})();

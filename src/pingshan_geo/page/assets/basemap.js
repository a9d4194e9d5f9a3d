/* Tiles from a host that the maker of the page has named; without that the page fetches nothing. */
(() => {
  "use strict";
  const { part } = pingshanGeo;
  const NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

  /** Where GCJ-02 has a place that lies at [lat, lon] in truth: the public approximation, to about 1 m. */
  function shifted([lat, lon]) {
    const [x, y, A, E] = [lon - 105, lat - 35, 6378245, 0.00669342162296594323];
    const wave = (t, a, b) => Math.sin(t * Math.PI) * a + Math.sin((t * Math.PI) / b[0]) * b[1] + Math.sin((t * Math.PI) / b[2]) * b[3];
    const common = ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
    const dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + common + ((wave(y, 20, [3, 40, 12, 160]) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
    const dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + common + ((wave(x, 20, [3, 40, 12, 150]) + 300 * Math.sin((x * Math.PI) / 30)) * 2) / 3;
    const phi = (lat * Math.PI) / 180;
    const magic = 1 - E * Math.sin(phi) ** 2;
    return [
      lat + (dLat * 180) / (((A * (1 - E)) / (magic * Math.sqrt(magic))) * Math.PI),
      lon + (dLon * 180) / ((A / Math.sqrt(magic)) * Math.cos(phi) * Math.PI),
    ];
  }

  /** Tiles of the place where GCJ-02 has the middle of the map, moved back under the lots. */
  const Shifted = L.TileLayer.extend({
    _getTiledPixelBounds({ lat, lng }) {
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, L.latLng(shifted([lat, lng])));
    },
  });

  function follow(map, pane) {
    const { lat, lng } = map.getCenter();
    const zoom = map.getZoom();
    L.DomUtil.setPosition(pane, map.project([lat, lng], zoom).subtract(map.project(shifted([lat, lng]), zoom)));
  }

  pingshanGeo.gcj02 = shifted;
  part("basemap_layer", (page) => {
    const { basemap } = page.data.page;
    if (!basemap) return;
    const { map } = page;
    pingshanGeo.ground(page);
    const pane = map.createPane("pgBasemap");
    pane.style.zIndex = 370;
    const Tiles = basemap.shifted ? Shifted : L.TileLayer;
    for (const url of basemap.urls) new Tiles(url, { pane: "pgBasemap", maxZoom: 22, maxNativeZoom: 18, errorTileUrl: NOTHING }).addTo(map);
    if (!basemap.shifted) return;
    map.on("zoom move viewreset", () => follow(map, pane));
    follow(map, pane);
  });
})();

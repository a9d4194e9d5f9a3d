/* A part of the page as a layer of Leaflet: folium's groups and LayerControl switch it like any other. */
(() => {
  "use strict";

  /** A class on the map hides the panes of a part that is off; the part itself goes on as it is. */
  const Part = L.Layer.extend({
    initialize(name, map) {
      this.name = name;
      this.turn(map, true);
    },
    turn(map, off) {
      map.getContainer().classList.toggle(`pg-off-${this.name}`, off);
    },
    onAdd(map) { this.turn(map, false); },
    onRemove(map) { this.turn(map, true); },
  });

  pingshanGeo.layer = (name, map) => new Part(name, map);
  /** Whether a part is switched off: what is not seen is not hit. */
  pingshanGeo.isOff = (name, map) => map.getContainer().classList.contains(`pg-off-${name}`);
})();

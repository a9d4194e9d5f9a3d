/* Tools on the map: cursor, measuring, selection. */
(() => {
  "use strict";
  pingshanGeo.part("map_tools", () => {});
})();

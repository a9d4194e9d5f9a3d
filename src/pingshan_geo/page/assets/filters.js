/* Filters of lots by zone, stage, years, area and floor area ratio. */
(() => {
  "use strict";
  pingshanGeo.part("filters", () => {});
})();

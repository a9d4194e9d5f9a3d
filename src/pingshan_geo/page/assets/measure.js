/* Lengths and areas on the ellipsoid, and coordinates of a metric grid. */

"""The one gate to GDAL.

GDAL runs in a child process: a file that crashes it ends the child, not the program. In the child
only the driver that was named is on, since GDAL otherwise picks one by content, whatever the
suffix says. Tables go over the pipe as Arrow, both ways.
"""

from __future__ import annotations

import os

from pingshan_geo.gdal.gate import known_drivers
from pingshan_geo.gdal.read import read
from pingshan_geo.gdal.write import arrow, write

__all__ = ["arrow", "read", "versions", "write"]


def versions() -> dict[str, str]:
    """Return the versions of the libraries that geometry went through: geos, gdal, proj."""
    before = os.environ.get("OGR_SKIP")
    os.environ["OGR_SKIP"] = ",".join(known_drivers())
    try:
        import pyogrio
    finally:
        if before is None:
            del os.environ["OGR_SKIP"]
        else:
            os.environ["OGR_SKIP"] = before
    import pyproj
    import shapely

    return {
        "geos": shapely.geos_version_string,
        "gdal": pyogrio.__gdal_version_string__,
        "proj": pyproj.proj_version_str,
    }

"""Land parcels, zones, auctions and targets of a district: figures that can be defended.

>>> from pingshan_geo import assess, load_catalogue
>>> assessment = assess(load_catalogue())
>>> round(assessment.figure("completion_rate/industrial-land-2017").value, 4)
2.3979
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pingshan_geo.assessment import Assessment, assess
    from pingshan_geo.catalogue import Catalogue, load_catalogue
    from pingshan_geo.figure import Figure
    from pingshan_geo.findings import Finding
    from pingshan_geo.measures.area import measured_area
    from pingshan_geo.measures.overlay import overlay
    from pingshan_geo.measures.reconcile import reconcile
    from pingshan_geo.measures.topology import topology
    from pingshan_geo.page import to_map

__version__ = "0.1.0"
__all__ = [
    "Assessment", "Catalogue", "Figure", "Finding", "assess", "load_catalogue", "measured_area",
    "overlay", "reconcile", "to_map", "topology",
]  # fmt: skip

_HOME = {
    "Assessment": "assessment", "assess": "assessment", "Catalogue": "catalogue",
    "load_catalogue": "catalogue", "Figure": "figure", "Finding": "findings", "to_map": "page",
    "measured_area": "measures.area", "overlay": "measures.overlay",
    "reconcile": "measures.reconcile", "topology": "measures.topology",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    # Heavy imports wait until a name is used: `pingshan-geo --help` needs none of them.
    if name in _HOME:
        return getattr(importlib.import_module(f"pingshan_geo.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

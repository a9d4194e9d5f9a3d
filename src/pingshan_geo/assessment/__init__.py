"""An assessment: a catalogue's subjects with their measures, as of a day, and what was found."""

from __future__ import annotations

from pingshan_geo.assessment.build import ALLOCATIONS, assess
from pingshan_geo.assessment.land import as_polygons
from pingshan_geo.assessment.model import Assessment, Later, ids_of

__all__ = ["ALLOCATIONS", "Assessment", "Later", "as_polygons", "assess", "ids_of"]

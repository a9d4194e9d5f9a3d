"""An assessment: a catalogue's subjects with their measures, as of a day, and what was found."""

from __future__ import annotations

from pingshan_geo.assessment.build import Assessment, assess, ids_of

__all__ = ["Assessment", "assess", "ids_of"]

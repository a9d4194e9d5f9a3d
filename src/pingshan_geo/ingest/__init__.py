"""A foreign file → rows of a catalogue: nothing shifted, lost or guessed in silence."""

from pingshan_geo.ingest.columns.mapping import IMPORTABLE
from pingshan_geo.ingest.plan import Plan, Request, plan
from pingshan_geo.ingest.rows import Outcome
from pingshan_geo.ingest.run import run, write

__all__ = ["IMPORTABLE", "Outcome", "Plan", "Request", "plan", "run", "write"]

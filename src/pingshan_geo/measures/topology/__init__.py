"""Topology: overlaps, duplicates, containment, unmatched borders, gaps and slivers of parcels."""

from pingshan_geo.measures.topology.jobs import Parcels, Partial, Task, finish, partial
from pingshan_geo.measures.topology.rules import RULES, TopologyTolerance
from pingshan_geo.measures.topology.tiles import Tile, tiles
from pingshan_geo.measures.topology.whole import in_tiles, topology

__all__ = [
    "RULES", "Parcels", "Partial", "Task", "Tile", "TopologyTolerance",
    "finish", "in_tiles", "partial", "tiles", "topology",
]  # fmt: skip

"""Topology: overlaps, duplicates, containment, unmatched borders, gaps and slivers of parcels."""

from pingshan_geo.measures.topology.rules import RULES, TopologyTolerance, topology

__all__ = ["RULES", "TopologyTolerance", "topology"]

"""Layers for other programs: files of many formats, tables of a PostGIS database."""

from pingshan_geo.export.features import geojson
from pingshan_geo.export.layers import TABLES, Layer, export_table
from pingshan_geo.export.partition import write_partitioned
from pingshan_geo.export.write import ENCODINGS, SUFFIXES, write, writer_of

__all__ = [
    "ENCODINGS", "SUFFIXES", "TABLES", "Layer", "export_table", "geojson", "write",
    "write_partitioned", "writer_of",
]  # fmt: skip

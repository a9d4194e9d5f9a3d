"""Layers for other programs: GeoJSON, GeoPackage, GeoParquet, CSV."""

from pingshan_geo.export.layers import TABLES, Layer, export_table
from pingshan_geo.export.write import SUFFIXES, geojson, write

__all__ = ["SUFFIXES", "TABLES", "Layer", "export_table", "geojson", "write"]

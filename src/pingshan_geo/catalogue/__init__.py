"""A catalogue: a folder of plain files, read into checked tables."""

from __future__ import annotations

from pingshan_geo.catalogue.load import Catalogue, load_catalogue, read_catalogue, shipped_path

__all__ = ["Catalogue", "load_catalogue", "read_catalogue", "shipped_path"]

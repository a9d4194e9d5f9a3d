"""Which parts of a table a filter needs: where it is sure that no row matches none is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from pygeofilter import ast

from pingshan_geo.catalogue.stored import Extent


def may_match(node: Any, values: Mapping[str, list[str]], extent: Extent | None) -> bool:
    """Return whether a row of a part may match a filter; False only where it is sure.

    Parameters
    ----------
    node : node
        The filter's tree, from `query.parsed`.
    values : mapping of str to list of str
        All texts that some columns hold.
    extent : Extent, optional
        Where the outlines lie.

    Examples
    --------
    >>> from pingshan_geo.query import parsed
    >>> filter = parsed("zone_id IN ('a', 'b') AND far > 3")
    >>> may_match(filter, {"zone_id": ["b"]}, None), may_match(filter, {"zone_id": ["c"]}, None)
    (True, False)
    """
    match node:
        case ast.And(lhs, rhs):
            return may_match(lhs, values, extent) and may_match(rhs, values, extent)
        case ast.Or(lhs, rhs):
            return may_match(lhs, values, extent) or may_match(rhs, values, extent)
        case ast.Equal(ast.Attribute(name=name), str(value)) if name in values:
            return value in values[name]
        case ast.In(ast.Attribute(name=name), options) if name in values and not node.not_:
            return not set(values[name]).isdisjoint(options)
        case ast.GeometryIntersects() | ast.GeometryWithin() if extent is not None:
            return _reaches(extent, node.rhs)
    return True


def _reaches(extent: Extent, literal: Any) -> bool:
    if not np.isfinite(extent.bounds).all():
        return False
    west, south, east, north = extent.bounds
    box = shapely.box(west, south, east, north)
    return bool(box.intersects(shapely.geometry.shape(literal)))

"""Which parts of a table a filter needs: where it is sure that no row matches none is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from pygeofilter import ast


def may_match(node: Any, values: Mapping[str, list[str]], bounds: list[float] | None) -> bool:
    """Return whether a row of a part may match a filter; False only where it is sure.

    Parameters
    ----------
    node : node
        The filter's tree, from `query.parsed`.
    values : mapping of str to list of str
        All texts that some columns hold.
    bounds : list of float, optional
        Where the outlines lie: west, south, east, north; empty for nowhere.

    Examples
    --------
    >>> from pingshan_geo.query import parsed
    >>> filter = parsed("zone_id IN ('a', 'b') AND far > 3")
    >>> may_match(filter, {"zone_id": ["b"]}, None), may_match(filter, {"zone_id": ["c"]}, None)
    (True, False)
    """
    match node:
        case ast.And(lhs, rhs):
            return may_match(lhs, values, bounds) and may_match(rhs, values, bounds)
        case ast.Or(lhs, rhs):
            return may_match(lhs, values, bounds) or may_match(rhs, values, bounds)
        case ast.Equal(ast.Attribute(name=name), str(value)) if name in values:
            return value in values[name]
        case ast.In(ast.Attribute(name=name), options) if name in values and not node.not_:
            return not set(values[name]).isdisjoint(options)
        case ast.GeometryIntersects() | ast.GeometryWithin() if bounds is not None:
            return _reaches(bounds, node.rhs)
    return True


def _reaches(bounds: list[float], literal: Any) -> bool:
    if not bounds:
        return False
    west, south, east, north = bounds
    return bool(shapely.box(west, south, east, north).intersects(shapely.geometry.shape(literal)))

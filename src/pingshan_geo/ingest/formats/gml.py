"""What GDAL leaves out of GML in silence: all geometries of a feature but the last."""

from __future__ import annotations

from xml.parsers import expat

_SHAPES = {
    "Point", "LineString", "Curve", "CompositeCurve", "LinearRing", "Polygon", "Surface",
    "PolyhedralSurface", "Tin", "CompositeSurface", "Solid", "MultiPoint", "MultiLineString",
    "MultiCurve", "MultiPolygon", "MultiSurface", "MultiGeometry",
}  # fmt: skip


def geometries_beside(data: bytes, layer: str) -> dict[str, int]:
    """Return the first feature that holds a geometry beside another one, by property.

    Parameters
    ----------
    data : bytes
        GML that `pingshan_geo.ingest.formats.xml.checked_xml` lets pass.
    layer : str
        Name of the element of its features, without a prefix.

    Returns
    -------
    dict
        Names of the properties that hold such geometries, and number of the feature, from 1.

    Examples
    --------
    >>> lot = b"<g:lot><g:edge><g:Point/></g:edge>%s</g:lot>"
    >>> data = b"<g>" + lot % b"" + lot % b"<g:mid><g:Point/></g:mid>" + b"</g>"
    >>> geometries_beside(data, "lot")
    {'edge': 2, 'mid': 2}
    """
    above: list[str] = []
    own: list[str] = []  # properties of the feature at hand that hold a geometry
    found: dict[str, int] = {}
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name in _SHAPES and above[-2:-1] == [layer]:
            own.append(above[-1])
        above.append(name)

    def end(_: str) -> None:
        nonlocal count
        if above.pop() == layer:
            count += 1
            if len(own) > 1:
                found.update((name, found.get(name, count)) for name in own)
            own.clear()

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    return found

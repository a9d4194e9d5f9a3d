"""What GDAL does not say of GML: several geometries of a feature, several CRS, a part of all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from pingshan_geo.catalogue.readers import Report
from pingshan_geo.ingest.delivery import tell_partial

if TYPE_CHECKING:
    import pyarrow as pa

# Columns that GDAL makes of the envelope around all features.
_ENVELOPE = {"Envelope_srsName", "lowerCorner", "upperCorner"}
_SHAPES = {
    "Point", "LineString", "Curve", "OrientableCurve", "CompositeCurve", "LinearRing", "Polygon",
    "Surface", "OrientableSurface", "PolyhedralSurface", "Tin", "TriangulatedSurface",
    "CompositeSurface", "Solid", "CompositeSolid", "MultiPoint", "MultiLineString", "MultiCurve",
    "MultiPolygon", "MultiSurface", "MultiSolid", "MultiGeometry", "GeometricComplex",
}  # fmt: skip


def without_envelope(table: pa.Table) -> pa.Table:
    """Return a table without the columns that say of each feature where all of them lie."""
    return table.drop_columns([name for name in table.column_names if name in _ENVELOPE])


def tell_gml(data: bytes, layer: str, report: Report) -> None:
    """Tell what reading the features of a layer with GDAL passes over.

    Parameters
    ----------
    data : bytes
        GML that `pingshan_geo.ingest.formats.xml.checked_xml` lets pass.
    layer : str
        Name of the element of its features, without a prefix.
    report : Report
        Gets ``gml-geometries`` (the first feature with more than one, and the properties that
        hold them), ``crs-several`` (systems of the outlines, — for none), ``features-partial``.

    Examples
    --------
    >>> lot = b"<g:lot><g:edge><g:Point/></g:edge>%s</g:lot>"
    >>> data = b"<g>" + lot % b"" + lot % b"<g:mid><g:Point/></g:mid>" + b"</g>"
    >>> tell_gml(data, "lot", lambda code, **parts: print(code, parts))
    gml-geometries {'row': 2, 'value': 'edge, mid'}
    """
    above: list[str] = []
    own: list[str] = []  # properties of the feature at hand that hold a geometry
    several: dict[str, int] = {}
    systems: dict[str, str] = {}
    count = 0
    feature: int | None = None  # how deep the feature at hand stands, and the geometry in it
    shape: int | None = None

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal feature, shape
        name = name.rpartition(":")[2]
        if not above:
            tell_partial(attributes, report)
        if feature is None and name == layer:
            feature = len(above)
        elif feature is not None and shape is None and name in _SHAPES:
            shape = len(above)
            own.append(above[-1] if shape > feature + 1 else name)
            said = attributes.get("srsName", "—")
            systems.setdefault(said.replace("#", ":").replace("/", ":").rpartition(":")[2], said)
        above.append(name)

    def end(_: str) -> None:
        nonlocal feature, shape, count
        above.pop()
        if shape == len(above):
            shape = None
        if feature == len(above):
            feature, count = None, count + 1
            if len(own) > 1:
                several.update((name, several.get(name, count)) for name in own)
            own.clear()

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    if several:
        report("gml-geometries", row=min(several.values()), value=", ".join(several))
    if len(systems) > 1:
        report("crs-several", value=", ".join(systems.values()))

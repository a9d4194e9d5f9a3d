"""What a page has around its lots: background, base map, approval number, public notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pingshan_geo.assessment import Assessment
from pingshan_geo.page.basemap import Basemap
from pingshan_geo.page.public import Public
from pingshan_geo.words import Text, text

#: Steps of a background in one degree; one is about 1 m.
STEP = 100_000
#: A background is simplified until it has at most so many points.
MOST_POINTS = 60_000


@dataclass(frozen=True, slots=True)
class Background:
    """Shapes under everything: longitude and latitude in the catalogue's CRS, and their file."""

    file: str
    shapes: gpd.GeoSeries


@dataclass(frozen=True, slots=True)
class Around:
    """All that a page may have beside its assessment; earlier ones are of the same catalogue."""

    approval: str | None = None
    background: Background | None = None
    basemap: Basemap | None = None
    public: Public | None = None
    earlier: tuple[Assessment, ...] = ()


def put_around(data: dict[str, Any], assessment: Assessment, around: Around) -> None:
    """Add to a page's data what stands around the lots, and say so in its foot."""
    page = data["page"]
    if around.approval:
        number = around.approval.strip().removeprefix("审图号").lstrip(":： ")
        _say(page, "notice", text("foot_approval").filled(number=number))
    if around.public:
        fields = [_named(field) for field in around.public.fields]
        names = (
            ", ".join(field.en.lower() for field in fields) or "—",
            "、".join(field.zh for field in fields) or "—",
        )
        step = f"{around.public.step:f}".rstrip("0").rstrip(".")
        _say(page, "notice", text("foot_public").filled(step=step, fields=Text(*names)))
    if around.background:
        _say(page, "credit", text("foot_context").filled(file=around.background.file))
        data["context"] = _shapes(around.background.shapes, _view(assessment))
    if around.basemap:
        key = "foot_basemap_shifted" if around.basemap.shifted else "foot_basemap"
        _say(page, "credit", text(key).filled(host=around.basemap.host))
        page["basemap"] = {
            "urls": list(around.basemap.urls),
            "host": around.basemap.origin,
            "shifted": around.basemap.shifted,
        }


def _named(field: str) -> Text:
    key = f"field_{field}"
    said = text(key)
    return text(field) if said.en == key else said


def _say(page: dict[str, Any], place: str, said: Text) -> None:
    page[place] = [f"{one} · {more}" for one, more in zip(said, page[place], strict=True)]


def _view(assessment: Assessment) -> tuple[float, float, float, float] | None:
    """Return what readers may look at: everything that is drawn, and as much again around it."""
    bounds = np.vstack([assessment.zones.total_bounds, assessment.parcels.total_bounds])
    if np.isnan(bounds).all():
        return None
    west, south = np.nanmin(bounds[:, :2], axis=0).tolist()
    east, north = np.nanmax(bounds[:, 2:], axis=0).tolist()
    aside, above = (east - west) / 2 + 0.02, (north - south) / 2 + 0.02
    return (west - aside, south - above, east + aside, north + above)


def _shapes(
    geometry: gpd.GeoSeries, view: tuple[float, float, float, float] | None
) -> dict[str, Any]:
    """Return areas, lines and points as whole numbers, cut to a view and simplified."""
    shapes = shapely.force_2d(np.asarray(geometry[geometry.notna()].array, dtype=object))
    shapes = shapely.make_valid(shapes)
    if view is not None:
        shapes = shapely.clip_by_rect(shapes, *view)
    parts = shapely.get_parts(shapely.get_parts(shapes))
    tolerance = 1 / STEP
    found = shapely.simplify(parts, tolerance)
    while shapely.get_num_coordinates(found).sum() > MOST_POINTS and tolerance < 0.01:
        tolerance *= 2
        found = shapely.simplify(parts, tolerance)
    kinds = shapely.get_type_id(found)
    areas = [shapely.get_rings(each) for each in found[(kinds == 3) & ~shapely.is_empty(found)]]
    lines = found[((kinds == 1) | (kinds == 2)) & ~shapely.is_empty(found)]
    return {
        "step": STEP,
        "areas": [[_steps(ring, closed=True) for ring in rings] for rings in areas],
        "lines": [_steps(line) for line in lines],
        "points": _steps(found[(kinds == 0) & ~shapely.is_empty(found)]),
    }


def _steps(shape: Any, *, closed: bool = False) -> list[int]:
    points = np.rint(shapely.get_coordinates(shape) * STEP).astype(np.int64)
    points = points[:-1] if closed else points
    points[1:] = np.diff(points, axis=0)
    steps: list[int] = points.ravel().tolist()
    return steps

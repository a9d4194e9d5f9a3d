"""The rows that do not agree, beside the lots near them and the numbers of all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.figure import FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.reconcile.choice import Scores


@dataclass(frozen=True)
class Areas:
    """Numbers of some rows.

    Attributes
    ----------
    recorded, half_m2, geodesic, plane, sigma_m2 : array of float
        Record, half of its printed step, areas on the ellipsoid and in the plane, standard
        deviation by the survey.
    plane_share : float
        How likely the register computes in the plane, from the rows that can tell.
    """

    recorded: FloatArray
    half_m2: FloatArray
    geodesic: FloatArray
    plane: FloatArray
    sigma_m2: FloatArray
    plane_share: float

    def bases(self) -> Iterator[tuple[float, FloatArray]]:
        """Yield the areas that the register may stand on, each with its share."""
        yield 1 - self.plane_share, self.geodesic
        yield self.plane_share, self.plane


@dataclass(frozen=True)
class Table(Areas):
    """Numbers of all rows, and what else they tell together.

    Attributes
    ----------
    zone : array of str
        ``zone_id`` of each row, or None.
    has_heights : bool
        Whether any row tells the height of its ground.
    agreeing : int
        How many rows agree.
    """

    zone: ObjectArray
    has_heights: bool
    agreeing: int


@dataclass(frozen=True)
class Case(Areas):
    """Numbers of the lots that do not agree and of those near them.

    Attributes
    ----------
    lots : GeoDataFrame
        The lots that do not agree, those about them and those of the same parcel code.
    rows : array of int
        Positions of those that do not agree.
    same_m2 : array of float
        Standard deviation of areas that are taken from the very corners of the outline: without
        their rounding to a millimetre, unless the table shows it.
    asked : array of int
        Positions of those that do not agree among all rows.
    table : Table
        All rows.
    """

    lots: gpd.GeoDataFrame
    rows: IntArray
    same_m2: FloatArray
    asked: IntArray
    table: Table

    @property
    def sigma(self) -> FloatArray:
        """Standard deviations of the rows that do not agree."""
        return self.sigma_m2[self.rows]

    @property
    def own(self) -> IntArray:
        """Number of each row that does not agree."""
        return np.arange(len(self.rows))

    def scaled(
        self, scores: Scores, cause: str, factor: FloatArray | float, *, share: float = 1.0,
        slack: FloatArray | float = 0.0, value: FloatArray | float | None = None,
    ) -> None:  # fmt: skip
        """Offer a cause that multiplies areas; ``slack`` is a share of the area."""
        for weight, base in self.bases():
            area = base[self.rows] * factor
            scores.offer(
                cause, self.own, area, sigma_m2=self.sigma * factor, slack_m2=slack * np.abs(area),
                share=share * weight, value=factor if value is None else value,
            )  # fmt: skip

    def added(
        self, scores: Scores, cause: str, area: FloatArray, *, share: FloatArray | float = 1.0,
        slack_m2: float = 0.0, value: FloatArray | float | None = None,
    ) -> None:  # fmt: skip
        """Offer a cause that adds an area to each row."""
        for weight, base in self.bases():
            scores.offer(
                cause, self.own, base[self.rows] + area, sigma_m2=self.sigma, slack_m2=slack_m2,
                share=share * weight, value=area if value is None else value,
            )  # fmt: skip


def in_units(crs: Any, distance_m: float) -> float:
    """Return a distance in units of the coordinates of a CRS, about.

    Examples
    --------
    >>> from pyproj import CRS
    >>> in_units(CRS("EPSG:4547"), 555), in_units(CRS("EPSG:4490"), 555), in_units(None, 555)
    (555.0, 0.005, 555.0)
    """
    return distance_m / (111_000 if crs is not None and crs.is_geographic else 1)


def texts_of(lots: pd.DataFrame, column: str) -> ObjectArray:
    """Return a column of texts, None where there is none."""
    if column not in lots:
        return np.full(len(lots), None, dtype=object)
    found: ObjectArray = np.array(lots[column].to_numpy(dtype=object))
    found[pd.isna(found)] = None
    return found


def numbers_of(lots: pd.DataFrame, column: str) -> FloatArray:
    """Return a column of numbers, NaN where there is none."""
    if column not in lots:
        return np.full(len(lots), np.nan)
    found: FloatArray = lots[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return found

"""The rows that do not agree, beside all rows of their table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.figure import FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.reconcile.choice import Scores


@dataclass(frozen=True)
class Case:
    """Columns of all lots, and the positions of those that do not agree.

    Attributes
    ----------
    lots : GeoDataFrame
        All rows.
    rows : array of int
        Positions of the rows that do not agree.
    recorded, half_m2, geodesic, plane, sigma_m2 : array of float
        Of all rows: record, half of its printed step, areas on the ellipsoid and in the plane,
        standard deviation by the survey.
    same_m2 : array of float
        The same of areas that are taken from the very corners of the outline: without their
        rounding to a millimetre, unless the table shows it.
    plane_share : float
        How likely the register computes in the plane, from the rows that can tell.
    """

    lots: gpd.GeoDataFrame
    rows: IntArray
    recorded: FloatArray
    half_m2: FloatArray
    geodesic: FloatArray
    plane: FloatArray
    sigma_m2: FloatArray
    same_m2: FloatArray
    plane_share: float

    def bases(self) -> Iterator[tuple[float, FloatArray]]:
        """Yield the areas that the register may stand on, each with its share."""
        yield 1 - self.plane_share, self.geodesic
        yield self.plane_share, self.plane

    @property
    def sigma(self) -> FloatArray:
        """Standard deviations of the rows that do not agree."""
        return self.sigma_m2[self.rows]

    @property
    def own(self) -> IntArray:
        """Number of each row that does not agree."""
        return np.arange(len(self.rows))

    def reach(self, distance_m: float) -> float:
        """Return a distance in units of the coordinates."""
        crs = self.lots.crs
        return distance_m / (111_000 if crs is not None and crs.is_geographic else 1)

    def numbers(self, column: str) -> FloatArray:
        """Return a column of numbers of all rows, NaN where there is none."""
        if column not in self.lots:
            return np.full(len(self.lots), np.nan)
        numbers: FloatArray = self.lots[column].to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers

    def texts(self, column: str) -> ObjectArray:
        """Return a column of texts of all rows, None where there is none."""
        if column not in self.lots:
            return np.full(len(self.lots), None, dtype=object)
        found: ObjectArray = np.array(self.lots[column].to_numpy(dtype=object))
        found[pd.isna(found)] = None
        return found

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

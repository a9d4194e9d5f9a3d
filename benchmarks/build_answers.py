"""Whether builds gave the same answers: figures, pieces, pairs, totals, verdicts, files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from build_tables import LEFT_OUT
from measures import unequal

from pingshan_geo.assessment import Assessment
from pingshan_geo.findings import MOST_OF_A_CODE

#: Measured areas are equal to this relative difference or 1 cm², as `measured_area` promises (and
#: geodesic areas of small parcels are not much better); what texts give, to the last digits.
AREAS, _LEAST_AREA_M2, NUMBERS = 1e-7, 1e-4, 1e-12
_LEAST_M2 = 1e-8  # a difference of two numbers of some thousand m²
_OVERLAPS = ("must-not-overlap", "must-not-have-duplicates", "feature-within-feature")
_OVER = "far-over-limit"
_KEYS = {"parcels": "parcel_id", "zones": "zone_id"}
_COUNTED = b'"type": "Feature",'


def own_answer(assessment: Assessment, out: Path) -> None:
    """Write what the peers write without outlines, of an assessment."""
    tables = {"parcels": assessment.parcels, "zones": assessment.zones}
    tables_answer(tables, out)
    told = [f.subject for f in assessment.findings if f.code == _OVER]
    pd.DataFrame({"parcel_id": told, "code": _OVER}).to_parquet(out / "told.parquet")
    pairs, found = assessment.overlay, assessment.topology
    pieces = pairs[["parcel_id", "zone_id", "overlay_area_m2", "overlay_share"]]
    pieces.to_parquet(out / "pieces.parquet", index=False)
    kept = found.loc[found["rule"].isin(_OVERLAPS), ["parcel_id", "other_id", "area_m2"]]
    pd.DataFrame(kept).to_parquet(out / "overlaps.parquet", index=False)


def tables_answer(tables: Mapping[str, pd.DataFrame], out: Path) -> None:
    """Write the tables of parcels and zones without outlines."""
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        bare = pd.DataFrame(table.drop(columns="geometry")).rename_axis(_KEYS[name])
        bare.reset_index().to_parquet(out / f"{name}.parquet")


def check_tables(own: Path, other: Path) -> None:
    """End with a message where the tables of two folders do not hold the same answers."""
    for name, key in _KEYS.items():
        one, two = (
            pd.read_parquet(folder / f"{name}.parquet").set_index(key) for folder in (own, other)
        )
        _same(one, two, f"{other.name}, {name}")
    # The package names the first thousand of a kind.
    if (own / "told.parquet").exists() and (other / "told.parquet").exists():
        named, over = (_over(folder) for folder in (own, other))
        if not named <= over or len(named) < min(len(over), MOST_OF_A_CODE):
            sys.exit(f"{other.name}: other parcels are over their limit")
    if not (other / "pieces.parquet").exists():
        return
    _same_pieces(pd.read_parquet(own / "pieces.parquet"), other)
    first, second = (_pairs(folder) for folder in (own, other))
    if difference := unequal("overlaps", first, second):
        sys.exit(f"{other.name}, overlaps: {difference}")


def check_written(own: Path, other: Path) -> None:
    """End with a message where the files of a build and of a peer hold other answers.

    The build's are those of its report; its list of overlaps ends with the first thousand, so
    pairs are compared where only measures are (see `check_tables`).
    """
    (report,) = own.glob("*-report.parquet")
    whole = pq.read_table(report).to_pandas()
    for name, key in _KEYS.items():
        one = whole[whole["kind"] == name].set_index("id").drop(columns="kind")
        two = pd.read_parquet(other / f"{name}.parquet").set_index(key)
        _same(one, two[two.columns.intersection(one.columns)], f"{other.name}, {name}")
    _same_pieces(whole[whole["kind"] == "overlay"], other)
    for pattern in ("*parcels.geojson", "*zones.geojson"):
        counts = [_features(next(folder.glob(pattern))) for folder in (own, other)]
        if counts[0] != counts[1]:
            sys.exit(f"{other.name}, {pattern}: features {counts}")
    fields = [set(_gpkg(folder)["fields"]) for folder in (own, other)]
    if "values" not in other.name and fields[0] != fields[1]:
        sys.exit(f"{other.name}: columns differ: {fields[0] ^ fields[1]}")


def check_files(out: Path) -> int:
    """Return how many attributes the GeoPackage of a build has."""
    return len(_gpkg(out)["fields"])


def _gpkg(folder: Path) -> dict[str, list[str]]:
    found = pyogrio.read_info(next(folder.glob("*.gpkg")), layer="parcels")
    return {"fields": list(found["fields"])}


def _features(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(_COUNTED in line for line in lines)


def _over(folder: Path) -> set[str]:
    found = pd.read_parquet(folder / "told.parquet")
    return set(found.loc[found["code"] == _OVER, "parcel_id"])


def _pairs(folder: Path) -> tuple[object, object, object]:
    found = pd.read_parquet(folder / "overlaps.parquet")
    ends = np.sort(found[["parcel_id", "other_id"]].to_numpy(dtype=object).astype(str), axis=1)
    return ends[:, 0], ends[:, 1], found["area_m2"].to_numpy()


def _same_pieces(pairs: pd.DataFrame, other: Path) -> None:
    """End where the pieces of parcels in zones are not the same, in m² or as shares."""
    theirs = pd.read_parquet(other / "pieces.parquet")
    ours = pairs[pairs["zone_id"].notna()]
    for own, name in (("overlay_area_m2", "area_m2"), ("overlay_share", "share")):
        scale = 1.0 if name == "area_m2" else 1e4  # shares above a ten-thousandth
        one, two = (
            (each["parcel_id"].to_numpy(str), each["zone_id"].to_numpy(str),
             each[column].to_numpy() * scale)
            for each, column in ((ours, own), (theirs, name))
        )  # fmt: skip
        if difference := unequal("overlay", one, two):
            sys.exit(f"{other.name}, pieces, {name}: {difference}")


def _same(own: pd.DataFrame, other: pd.DataFrame, where: str) -> None:
    """End where a column of the other table is missing or holds something else."""
    if not own.index.is_unique or set(own.index) != set(other.index):
        sys.exit(f"{where}: other rows")
    other = other.reindex(own.index)
    for name in other.columns.drop(list(LEFT_OUT), errors="ignore"):
        if name not in own:
            sys.exit(f"{where}: {name} is theirs alone")
        one, two = own[name], other[name]
        if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(two):
            a, b = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (one, two))
            relative, least = (
                NUMBERS,
                np.full(len(a), _LEAST_M2 if name.endswith("_m2") else NUMBERS),
            )
            if name.startswith(("measured_area", "area_difference", "area_ratio")):
                area = own["measured_area_m2"].to_numpy(dtype=np.float64)
                least = np.maximum(AREAS * area, _LEAST_AREA_M2)
                least = least / area if name.startswith("area_ratio") else least
            same = np.isclose(a, b, rtol=relative, atol=least, equal_nan=True)
        else:
            same = np.asarray(_texts(one) == _texts(two))
        if not same.all():
            at = int(np.flatnonzero(~same)[0])
            sys.exit(
                f"{where}: {name} differs {(~same).sum()} times: {one.iloc[at]!r}, {two.iloc[at]!r}"
            )


def _texts(column: pd.Series[str]) -> pd.Series[str]:
    return column.astype(object).where(column.notna(), "")

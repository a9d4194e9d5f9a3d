"""The figures of the report in a bundle, held against those computed again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from pingshan_geo.catalogue.readers import file_report, read_json
from pingshan_geo.findings import Finding
from pingshan_geo.words import Text, text

# What a figure is compared in; texts may be worded otherwise in another version.
_COMPARED = ("value", "low", "high", "status", "unit", "qualifier", "evidence")
_CLOSE = 1e-9


def figures_of(data: bytes, file: str, found: list[Finding]) -> dict[str, Mapping[str, Any]] | None:
    """Return the figures of a report document by id, None after a finding."""
    before = len(found)
    value = read_json(data, file_report(file, found))
    if len(found) > before:
        return None
    figures = value.get("figures") if isinstance(value, dict) else None
    rows: list[Any] = figures if isinstance(figures, list) else [figures]
    if not all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in rows):
        found.append(
            Finding("bundle-file-not-remade", file=file, details={"at": text("bundle_no_place")})
        )
        return None
    return {each["id"]: each for each in rows}


def differences(
    computed: Mapping[str, Mapping[str, Any]],
    printed: Mapping[str, Mapping[str, Any]],
    file: str,
    reason: Text,
    *,
    exactly: bool,
) -> Iterator[Finding]:
    """Yield a finding for each figure that is not the same in the report and computed again."""
    for name, figure in computed.items():
        if name not in printed:
            details: dict[str, str | Text] = {"computed": _shown(figure["value"]), "why": reason}
            yield Finding("bundle-figure-missing", subject=name, file=file, details=details)
            continue
        for field in _COMPARED:
            here, there = figure[field], printed[name].get(field)
            if _is_equal(here, there, exactly=exactly):
                continue
            details = {"computed": _shown(here), "why": reason}
            yield Finding(
                "bundle-figure-differs", subject=name, file=file, field=field,
                value=_shown(there), details=details,
            )  # fmt: skip
    for name in printed.keys() - computed.keys():
        value = _shown(printed[name].get("value"))
        yield Finding(
            "bundle-figure-extra", subject=name, file=file, value=value, details={"why": reason}
        )


def _is_equal(here: Any, there: Any, *, exactly: bool) -> bool:
    numbers = all(
        isinstance(each, int | float) and type(each) is not bool for each in (here, there)
    )
    if numbers and not exactly:
        with suppress(OverflowError):  # a whole number of hundreds of digits is no figure of ours
            return math.isclose(here, there, rel_tol=_CLOSE, abs_tol=0.0)
    return bool(here == there) and (numbers or type(here) is type(there))


def _shown(value: Any) -> str:
    """Return a value at full precision, as JSON has it; — is unknown."""
    return "—" if value is None else str(value)

"""The report document: one JSON shape, whether all is well or not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import metadata
from importlib.resources import files
from typing import Any

from pingshan_geo.assessment import Assessment
from pingshan_geo.figure import Figure

SCHEMA_VERSION = "1.0"


def document(assessment: Assessment, figures: Iterable[Figure], lang: str = "en") -> dict[str, Any]:
    """Return figures and findings as the report document.

    Parameters
    ----------
    assessment : Assessment
        Where the figures come from; all of its findings go in.
    figures : iterable of Figure
        In the order in which they stand in the document.
    lang : str
        ``en`` or ``zh``: language of title, methods, notes and messages.

    Returns
    -------
    dict
        Valid by `schema`. Values are at full precision in the stored units; unknown is None.

    Examples
    --------
    >>> from pingshan_geo.assessment import assess
    >>> from pingshan_geo.catalogue import load_catalogue
    >>> assessment = assess(load_catalogue())
    >>> report = document(assessment, [assessment.figure("far/pingshan-innovation-plaza")])
    >>> report["figures"][0]["value"], report["figures"][0]["status"]
    (None, 'unknown')
    """
    from pingshan_geo import gdal

    catalogue = assessment.catalogue
    return {
        "schema_version": SCHEMA_VERSION,
        "catalogue": {
            "id": catalogue.id,
            "title": catalogue.title.get(lang),
            "as_of": assessment.as_of.isoformat(),
            "sha256": catalogue.sha256,
        },
        "software": {"pingshan_geo": metadata.version("pingshan-geo"), **gdal.versions()},
        "figures": [figure.to_dict(lang) for figure in figures],
        "findings": [finding.to_dict(lang) for finding in assessment.findings],
    }


def to_json(report: dict[str, Any]) -> bytes:
    """Return a report document as UTF-8 JSON; a number that is none is an error, never written."""
    return (json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the report document.

    Examples
    --------
    >>> schema()["title"]
    'Report of pingshan_geo'
    """
    text = files("pingshan_geo.report").joinpath("schema.json").read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed

"""The land uses that occur: code, name, colour, and a texture where two colours are alike."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pandas as pd

from pingshan_geo.words import Text, land_use, text

#: Colours nearer than this, of 442 between black and white, are told apart by texture.
ALIKE = 60


def land_uses(parcels: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the land uses of parcels by code, with their number; parcels without one last.

    Parameters
    ----------
    parcels : DataFrame
        With columns ``land_use`` and ``land_use_standard``; None where no source says.

    Examples
    --------
    >>> lots = pd.DataFrame({"land_use": ["M0", None], "land_use_standard": ["shenzhen", None]})
    >>> [(use["code"], use["count"]) for use in land_uses(lots)]
    [('M0', 1), ('unknown', 1)]
    """
    pairs = parcels[["land_use", "land_use_standard"]].dropna(subset="land_use")
    counts = Counter(zip(pairs["land_use"], pairs["land_use_standard"], strict=True))
    uses: dict[str, dict[str, Any]] = {}
    for (code, standard), count in sorted(counts.items(), key=lambda item: str(item[0])):
        known = land_use(standard, code)
        name = known.name if known else Text(code, code)
        use = uses.setdefault(code, _use(code, name, known.colour if known else None))
        use["count"] += count
    found = list(uses.values())
    for at, use in enumerate(found):
        alike = [one for one in found[:at] if _distance(use["colour"], one["colour"]) < ALIKE]
        use["texture"] = max((one["texture"] + 1 for one in alike), default=0)
    rest = len(parcels) - sum(use["count"] for use in found)
    return [*found, {**_use("unknown", text("unknown"), None), "count": rest}] if rest else found


def _use(code: str, name: Text, colour: str | None) -> dict[str, Any]:
    return {"code": code, "name": list(name), "colour": colour, "texture": 0, "count": 0}


def _distance(one: str | None, other: str | None) -> float:
    """Return how far two ``#rrggbb`` colours lie apart; infinite without a colour."""
    if one is None or other is None:
        return math.inf
    first, second = (tuple(bytes.fromhex(colour.removeprefix("#"))) for colour in (one, other))
    return math.dist(first, second)

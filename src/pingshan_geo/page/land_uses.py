"""The land uses that occur: code, name, colour, and a texture where two colours are alike."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.words import Text, land_use, text

#: Colours nearer than this in CIE L*a*b*, to whichever kind of eye, are told apart by texture.
ALIKE = 15
#: What each kind of colour-blind eye sees of linear red, green and blue (Machado et al. 2009).
_EYES = np.array([
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
     [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
     [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
     [0.004733, 0.691367, 0.303900]],
])  # fmt: skip
_XYZ = np.array(
    [[0.43395, 0.37622, 0.18983], [0.21267, 0.71515, 0.07217], [0.01776, 0.10947, 0.87277]]
)


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
        colour = use["colour"]
        taken = {one["texture"] for one in found[:at] if distance(colour, one["colour"]) < ALIKE}
        use["texture"] = next(texture for texture in range(at + 1) if texture not in taken)
    rest = len(parcels) - sum(use["count"] for use in found)
    return [*found, {**_use("unknown", text("unknown"), None), "count": rest}] if rest else found


def _use(code: str, name: Text, colour: str | None) -> dict[str, Any]:
    return {"code": code, "name": list(name), "colour": colour, "texture": 0, "count": 0}


def distance(one: str | None, other: str | None) -> float:
    """Return how far two ``#rrggbb`` colours lie apart for the eye that sees it least.

    Examples
    --------
    >>> round(distance("#FF0000", "#FF0000")), distance("#FF0000", None)
    (0, inf)
    """
    if one is None or other is None:
        return math.inf
    return float(np.linalg.norm(_lab(one) - _lab(other), axis=1).min())


def _lab(colour: str) -> np.ndarray:
    """Return L*a*b* of a colour as each kind of eye sees it, a row for each."""
    light = np.array(list(bytes.fromhex(colour.removeprefix("#")))) / 255
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    x, y, z = _cube(np.clip(_EYES @ linear, 0, 1) @ _XYZ.T).T
    return np.column_stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _cube(tristimulus: np.ndarray) -> np.ndarray:
    low = tristimulus * (29 / 6) ** 2 / 3 + 4 / 29
    return np.where(tristimulus > (6 / 29) ** 3, np.cbrt(tristimulus), low)

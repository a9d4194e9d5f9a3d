"""The CRS guard: where on earth a delivery lies, held against what it claims.

Position decides. What the numbers say is read in every way that is known to go wrong, and each
reading is held against the outline of the district: does the layer lie in it, and where it fills
it, how far off? What position cannot tell is not guessed but named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.crs import datum_step, is_web_mercator
from pingshan_geo.errors import UsageError
from pingshan_geo.findings import Finding, first_few
from pingshan_geo.ingest import gcj
from pingshan_geo.ingest.delivery import Claim
from pingshan_geo.ingest.guard_frames import Candidate, Search, is_dms
from pingshan_geo.ingest.guard_scene import Look, Scene, Shift
from pingshan_geo.ingest.guard_verdict import AS_CLAIMED, LOCAL, Reading, Verdict, cause_of, named
from pingshan_geo.ingest.placement import (
    EARTH_M,
    FALSE_EASTING,
    Placement,
    in_degrees,
    parameter,
    parse_crs_option,
    vertices,
)
from pingshan_geo.words import Text

# Lies in the district; does not; is no more than a chance.
_IN, _OUT, _AWAY = 0.95, 0.5, 0.02
# Shifts between Beijing 54 or Xian 80 and CGCS2000 in print lie between these.
_OLD_DATUM_M = (20.0, 250.0)
_HEIGHTS_M = (150.0, 6000.0)  # planes are raised from about 160 m on (1/40 000)
# A chance of one in a hundred that leading digits fit a district is too much to be certain.
_CHANCE = 0.01


def locate(
    geometry: npt.NDArray[Any],
    claim: Claim | None,
    outline: Any,
    *,
    file: str | None = None,
    anchors: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None = None,
) -> Verdict:
    """Return where a delivery lies.

    Parameters
    ----------
    geometry : array of shapely geometries
        As delivered; None and empty ones do not count.
    claim : Claim or None
        The CRS claimed, also by an option.
    outline : shapely geometry or None
        The district, longitude and latitude on CGCS2000 or WGS 84. Without it the area of use of
        the CRS claimed stands for it, which shows gross errors only.
    file : str, optional
        Named in findings.
    anchors : pair of arrays, optional
        The same objects as delivered and as known, longitude and latitude: three or more show a
        shift to the metre.
    """
    claimed, notes = _claimed(claim, file)
    if claimed is not None and claimed.base == "LOCAL":
        return Verdict((Reading(AS_CLAIMED, claimed, None, 1.0, None),), certain=True)
    if outline is None:
        outline = _area_of_use(claimed)
    if not len(vertices(geometry)) or outline is None:
        is_known = claimed is not None
        first = Reading(
            AS_CLAIMED if is_known else LOCAL, claimed or Placement("LOCAL"), None, 0.0, None
        )
        return Verdict((first,), is_known, notes=tuple(notes), file=file)
    guard = _Guard(Scene(geometry, outline, anchors), claim, claimed)
    verdict = guard.verdict()
    if guard.search.is_china and not gcj.is_available():
        notes.append(Finding("crs-unchecked", value=", ".join(gcj.SYSTEMS)))
    verdict = replace(verdict, file=file, claimed=_label(claimed), notes=(*notes, *verdict.notes))
    if claim is not None and claim.origin == "option" and not verdict.is_clean:
        # The user has decided; what speaks against it is said.
        doubt = verdict.told("crs-option-doubtful")
        verdict = replace(verdict, notes=(*verdict.notes, doubt))
    if verdict.is_clean and verdict.open:
        names = Text(*("; ".join(named(each).get(lang) for each in verdict.open)
                       for lang in ("en", "zh")))  # fmt: skip
        said = Finding("crs-open", value=verdict.claimed, details={"open": names})
        verdict = replace(verdict, notes=(*verdict.notes, said))
    return replace(verdict, notes=tuple(replace(each, file=file) for each in verdict.notes))


def told_far(geometry: npt.NDArray[Any], rows: npt.NDArray[Any], outline: Any) -> list[Finding]:
    """Return a warning about outlines that lie further from the district than that is wide."""
    west, south, east, north = outline.bounds
    room = max(east - west, north - south)
    bounds = shapely.bounds(geometry)
    beyond = (bounds[:, :2] > (east + room, north + room)) | (
        bounds[:, 2:] < (west - room, south - room)
    )
    far = np.flatnonzero(beyond.any(axis=1))
    if not len(far):
        return []
    details = {"rows": first_few(rows[far].tolist())}
    return [Finding("rows-far", value=str(len(far)), details=details)]


def _claimed(claim: Claim | None, file: str | None) -> tuple[Placement | None, list[Finding]]:
    if claim is None:
        return None, []
    try:
        return parse_crs_option(claim.text), []
    except UsageError:
        if claim.origin == "option":
            raise
        return None, [Finding("crs-claim-unread", file=file, value=claim.text)]


def _area_of_use(claimed: Placement | None) -> Any:
    crs = None if claimed is None else claimed.crs
    area = None if crs is None else crs.area_of_use
    if area is None or area.west >= area.east:
        return None
    return shapely.box(*area.bounds)


class _Guard:
    """One delivery under examination."""

    def __init__(self, scene: Scene, claim: Claim | None, claimed: Placement | None) -> None:
        self.scene, self.claim, self.claimed = scene, claim, claimed
        self.search = Search(scene, claimed)
        self.as_claimed = None if claimed is None else scene.look(claimed)

    def verdict(self) -> Verdict:
        look = self.as_claimed
        if look is not None and not self._is_dms(look):
            shift = look.shift
            is_close = shift is not None and shift.is_seen and shift.length_m < self.scene.width_m
            is_close = is_close and not self._is_blurred(look)
            if is_close and (verdict := self._explained(look)) is not None:
                return verdict
            if look.fit >= _OUT:
                return self._near(look, is_trusted=True)
        found = self.search.candidates()
        least = 0.3 + (look.fit if look is not None else 0.0)
        if look is not None and self._is_dms(look):
            least = look.fit - 0.05
        found = [each for each in found if each.look.fit >= least]
        if found:
            return self._far(found)
        if look is not None and look.fit > _AWAY:
            # Part of a wider layer: nothing fits better.
            near = self._near(look, is_trusted=True)
            return replace(
                near, notes=(*near.notes, Finding("crs-outside", value=f"{look.fit:.0%}"))
            )
        first = Reading(LOCAL, Placement("LOCAL"), None, 0.0, None)
        return Verdict((first,), certain=False, fit_claimed=look.fit if look is not None else 0.0)

    def _is_dms(self, look: Look) -> bool:
        crs = look.placement.crs
        is_plain = crs is not None and in_degrees(crs) and not look.placement.dms
        return is_plain and is_dms(self.scene.xy)

    def _far(self, found: list[Candidate]) -> Verdict:
        """Judge candidates of which the first lies where the claim does not."""
        best = found[0]
        same = [each for each in found if self.search.apart_m(each.look, best.look) < 5000]
        elsewhere = [each for each in found if each not in same]
        near = self._near(best.look, is_trusted=self._keeps_datum(best.look.placement))
        rivals = [*elsewhere, *same[1:]]
        readings = [*near.readings, *(self._reading(each.look) for each in rivals)]
        unique = {each.placement: each for each in reversed(readings)}
        ordered = [each for each in readings if unique.pop(each.placement, None)]
        placement = best.look.placement
        size = self.scene.width_m / 1e5
        chance = size * size if placement.x and placement.y else 0.0
        is_free = placement.base.startswith("GK:")
        if best.look.shift is None:  # nothing shows a shift: what else lies there is a rival
            is_free |= chance > _CHANCE or any(self._is_rival(each, best) for each in same[1:])
        certain = near.certain and not elsewhere and not is_free and best.look.fit >= _IN
        return Verdict(
            tuple(ordered), certain, near.open, near.notes,
            fit_claimed=self.as_claimed.fit if self.as_claimed else 0.0,
        )  # fmt: skip

    def _is_rival(self, other: Candidate, best: Candidate) -> bool:
        """Return whether another plane on a datum of today fits as well, at another place."""
        crs = other.look.placement.crs
        lon, lat = self.scene.centre.tolist()
        return (
            crs is not None
            and datum_step(crs, (lon, lat)) is not None
            and other.assumed <= best.assumed
            and self.search.apart_m(other.look, best.look) > _OLD_DATUM_M[0]
        )

    def _keeps_datum(self, placement: Placement) -> bool:
        """Return whether the datum that the file names can be believed for a reading."""
        if self.claimed is None or self.claim is None or self.claim.origin == "format":
            return False
        crs, said = placement.crs, self.claimed.crs
        assert crs is not None and said is not None  # noqa: S101, PT018 -- LOCAL is dealt with
        return bool(crs.datum == said.datum)

    def _near(self, look: Look, *, is_trusted: bool) -> Verdict:
        """Judge a look that lies in the district: it may be shifted by up to a few kilometres."""
        others = self._map_services(look)
        shift, notes = look.shift, tuple[Finding, ...]()
        if shift is not None and shift.is_seen and not self._is_blurred(look):
            verdict = self._explained(look)
            if verdict is not None:
                return verdict
            value = f"{shift.east:+.0f} m, {shift.north:+.0f} m"
            notes = (Finding("crs-shifted", value=value),)
        if look.fit < _IN:
            better = [each for each in others if each.fit >= 0.98 and each.fit > look.fit + 0.05
                      and not (each.shift is not None and each.shift.is_seen)]  # fmt: skip
            if better:
                readings = [self._reading(each) for each in (*better, look)]
                return Verdict(tuple(readings), certain=False, fit_claimed=look.fit)
        unsure = self._open(look, others)
        is_free = not is_trusted and bool(unsure)
        certain = not is_free and not notes
        return Verdict((self._reading(look),), certain, tuple(unsure), notes, fit_claimed=look.fit)

    def _is_blurred(self, look: Look) -> bool:
        """Return whether a shift is no more than the datum itself leaves open."""
        shift, crs = look.shift, look.placement.crs
        if shift is None or crs is None or shift.length_m > _OLD_DATUM_M[1]:
            return False
        lon, lat = self.scene.centre.tolist()
        return datum_step(crs, (lon, lat)) is None

    def _map_services(self, look: Look) -> list[Look]:
        """Return the looks as GCJ-02 and BD-09, where those are in use."""
        if not self.search.is_china or look.placement.system or not gcj.is_available():
            return []
        return [self.scene.look(replace(look.placement, system=each)) for each in gcj.SYSTEMS]

    def _explained(self, look: Look) -> Verdict | None:
        """Return what explains a shift that is seen, None where nothing known does."""
        shift, crs = look.shift, look.placement.crs
        assert shift is not None  # noqa: S101 -- the caller has looked
        others = [*self._map_services(look), *self.search.beside(look)]
        left = [
            (each.shift.length_m, at)
            for at, each in enumerate(others)
            if each.shift is not None and not each.shift.length_m > max(
                3 * each.shift.sigma_m, 12.0, 0.05 * shift.length_m
            )
        ]  # fmt: skip
        if left:
            ranked = [others[at] for _, at in sorted(left)]
            readings = [self._reading(each) for each in (*ranked, look)]
            alone = len(ranked) == 1 or sorted(left)[1][0] > 3 * (sorted(left)[0][0] + 5)
            return Verdict(tuple(readings), certain=alone, fit_claimed=look.fit)
        found = [*self._raised(look, shift), *self._old_datum(look, shift)]
        if not found and crs is not None and parameter(crs, *FALSE_EASTING) == 500_000:
            others = [each.look for each in self.search.meridians()]
            found = [self._reading(each) for each in others if each.fit >= _IN
                     and each.shift is not None and not each.shift.is_seen]  # fmt: skip
        if not found:
            return None
        return Verdict((*found, self._reading(look)), certain=False, fit_claimed=look.fit)

    def _raised(self, look: Look, shift: Shift) -> list[Reading]:
        """Return the plane raised by a local height that a shift due north speaks for."""
        crs = look.placement.crs
        if crs is None or not crs.is_projected or is_web_mercator(crs):
            return []
        if abs(shift.east) > max(3 * shift.sigma_m, 0.1 * shift.north):
            return []
        middle = look.placement.plane(np.median(self.scene.xy, axis=0)[None, :])[0]
        height = shift.north / (middle[1] - shift.north) * EARTH_M
        if not _HEIGHTS_M[0] < height < _HEIGHTS_M[1]:
            return []
        raised = self.scene.look(replace(look.placement, height=float(round(height))))
        return [self._reading(raised, "raised-plane")]

    def _old_datum(self, look: Look, shift: Shift) -> list[Reading]:
        """Return Xian 80 in the same projection, for a shift of the size that old datums make."""
        low, high = _OLD_DATUM_M
        if not self.search.is_china or not low < shift.length_m < high:
            return []
        return [Reading("old-datum", _old_twin(look.placement), shift.length_m, look.fit, None)]

    def _open(self, look: Look, others: Sequence[Look]) -> list[Reading]:
        """Return the readings that position cannot tell from a look, each with its shift."""
        shift, crs = look.shift, look.placement.crs
        seen_m = look.room_m if shift is None else max(5 * shift.sigma_m, 15.0) + shift.length_m
        unsure = [
            replace(self._reading(each), shift_m=self.search.apart_m(each, look))
            for each in others
            if self.search.apart_m(each, look) <= seen_m
            or (shift is None and each.fit >= look.fit - 0.02)
        ]
        if not self.search.is_china or crs is None:
            return unsure
        is_new = _old_twin(look.placement) != look.placement
        if seen_m > _OLD_DATUM_M[0] and is_new and not look.placement.system:
            unsure.append(Reading("old-datum", _old_twin(look.placement), 150.0, look.fit, None))
        if not crs.is_projected or is_web_mercator(crs):
            return unsure
        north = float(look.placement.plane(np.median(self.scene.xy, axis=0)[None, :])[0, 1])
        meridian = parameter(crs, "Longitude of natural origin")
        least = {
            "renamed-prj": 0.0004 * north if meridian % 6 == 3 else np.inf,
            "raised-plane": _HEIGHTS_M[0] / EARTH_M * north,
            # Five minutes; such a shift is along the district, not only to its next edge.
            "arbitrary-cm": 8000.0 if shift is not None or self.scene.width_m > 16_000 else np.inf,
        }
        for cause, metres in least.items():
            if metres < (self.scene.width_m if shift is None else seen_m):
                unsure.append(Reading(cause, look.placement, metres, look.fit, None))
        return unsure

    def _reading(self, look: Look, cause: str | None = None) -> Reading:
        placement = look.placement
        cause = cause or cause_of(placement, self.claimed)
        shift, factor = None, None
        if self.as_claimed is not None and placement != self.claimed:
            apart = self.search.apart_m(look, self.as_claimed)
            shift = apart if np.isfinite(apart) else None
            factor = None if shift is None else self._area_factor(placement)
        return Reading(cause, placement, shift, look.fit, factor)

    def _area_factor(self, placement: Placement) -> float | None:
        import pyproj

        geod = pyproj.Geod(ellps="GRS80")
        areas = []
        for each in (placement, self.claimed):
            assert each is not None  # noqa: S101 -- there is no factor without a claim
            moved = each.approximate(shapely.get_coordinates(self.scene.pieces))
            if not np.isfinite(moved).all():
                return None
            moved = shapely.set_coordinates(self.scene.pieces.copy(), moved)
            areas.append(sum(abs(geod.geometry_area_perimeter(piece)[0]) for piece in moved))
        return areas[0] / areas[1] if areas[1] > 0 else None


# EPSG codes of CGCS2000 and of Xian 80 in the same projection, for each family of zones.
_TWINS = ((4491, 4501, 2327), (4502, 4512, 2338), (4513, 4533, 2349), (4534, 4554, 2370))


def _old_twin(placement: Placement) -> Placement:
    """Return a placement on Xian 80 in place of CGCS2000; Beijing 54 has no better a claim."""
    code = placement.base.removeprefix("EPSG:")
    for first, last, twin in _TWINS:
        if code.isdigit() and first <= int(code) <= last:
            return replace(placement, base=f"EPSG:{int(code) - first + twin}")
    crs = placement.crs
    return replace(placement, base="EPSG:4610") if crs and in_degrees(crs) else placement


def _label(claimed: Placement | None) -> str:
    if claimed is None or claimed.crs is None:
        return "—"
    return claimed.text if len(claimed.text) < 80 else claimed.crs.name

"""Causes of practice for which a recorded area disagrees with its outline; see area_planter.py.

Each function alters a register in the making and returns the ids whose record it made wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import area_cases as cases
import numpy as np
import shapely
from area_cases import NO_FIT, Draft, Shape, UnfitError

EARTH_RADIUS_M = 6_371_000.0
PRINTS = (("m2", 2), ("m2", 2), ("m2", 1), ("m2", 0), ("mu", 2), ("ha", 4))
MISREAD = {"unit-mu": 3 / 2000, "unit-ha": 1e-4, "unit-km2": 1e-6, "unit-mm2": 1e6,
           "unit-sqft": 1 / 0.3048**2}  # fmt: skip
POWERS = (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0)


def _misread(cause: str, d: Draft) -> list[str]:
    # A column headed 亩, 公顷, 万㎡ or km² is loaded as m²; CAD in mm; a foreign plan in sq ft.
    for name in (names := d.some()):
        number = d.exact[name] * MISREAD[cause]
        decimals = int(np.clip(d.rng.integers(4, 7) - np.ceil(np.log10(number)), 0, 9))
        d.text[name] = f"{number:.{decimals}f}"
    return names


def _power_of_ten(d: Draft) -> list[str]:
    # The decimal point is typed elsewhere, or "万" is left out or read twice.
    factor = float(d.rng.choice(POWERS))
    for name in (names := d.some()):
        d.text[name] = f"{d.exact[name] * factor:.{max(0, 2 - round(np.log10(factor)))}f}"
    return names


def _scaled(d: Draft, names: list[str], area: Callable[[Shape], float]) -> list[str]:
    for name in names:
        d.exact[name] = area(d.lonlat(d.shape[name]))
    return names


def _web_mercator(d: Draft) -> list[str]:
    # `$area` or ST_Area on a layer kept in EPSG:3857 for its tiles.
    return _scaled(d, d.some(), cases.web_mercator_area)


def meridians(own: float) -> list[float]:
    """Return the other central meridians in use around one: 3-, 1.5- and 6-degree zones."""
    six = [6 * np.floor(own / 6) + 3, 6 * np.ceil(own / 6) - 3]
    return [each for each in {own - 3, own + 3, own - 1.5, own + 1.5, *six} if each != own]


def _other_zone(d: Draft) -> list[str]:
    # The whole county computed in the neighbour's zone, a city's 1.5-degree zone, the 6-degree one.
    other = float(d.rng.choice(sorted(meridians(d.meridian_deg))))
    return _scaled(d, d.some(), lambda lonlat: cases.plane_area(lonlat, other))


def _plane_for_ellipsoid(d: Draft) -> list[str]:
    # The deed's area was taken in the plane, where the survey law asks for the ellipsoid.
    d.register = "geodesic"
    for name in d.ids:
        d.exact[name] = d.area(d.shape[name])
    return _scaled(d, d.some(), cases.plane_area)


def _ellipsoid_for_plane(d: Draft) -> list[str]:
    # A plane area "reduced to the ellipsoid" once more though it was geodesic already.
    return _scaled(d, d.some(), lambda g: cases.geodesic_area(g) ** 2 / cases.plane_area(g))


def _compensation_plane(d: Draft) -> list[str]:
    # A city on a plateau surveys at its mean height; or a distance reduction applied backwards.
    height_m, sign = float(np.round(d.rng.uniform(200, 3500))), d.rng.choice([1, 1, 1, -1])
    told = d.rng.random() < 0.5
    for name in d.ids:
        d.exact[name] *= (1 + height_m / EARTH_RADIUS_M) ** (2 * sign)
        d.set(name, ground_height_m=height_m if told else np.nan)
    return list(d.ids)


def _slope_surface(d: Draft) -> list[str]:
    # Terraces and forest contracts measured along the slope.
    names = d.some()
    for name in {*names, *d.ids[::3]}:
        slope = float(np.round(d.rng.uniform(5, 30), 1))
        d.set(name, slope_deg=slope)
        d.exact[name] /= np.cos(np.radians(slope)) if name in names else 1
    return names


def _hole(d: Draft, lost: bool) -> list[str]:
    # A village pond or a power station inside: in the deed's total; or filled by a CAD export.
    name = d.pick()
    whole = d.shape[name]
    holed, inner = cases.with_hole(whole, d.rng)
    d.put(name, holed)
    if lost or d.rng.random() < 0.5:
        d.put(f"{name}-1", inner)
    d.exact[name] = d.area(holed if lost else whole)
    d.shape[name] = whole if lost else holed
    return [name]


def _part(d: Draft, of_outline: bool) -> list[str]:
    # A road cuts a lot in two: the deed lists one part; or the delivery has a row for each part.
    name = d.pick()
    other = d.beside(name, touching=False)
    both = shapely.multipolygons([d.shape[name], d.shape[other]])
    if not of_outline:
        d.drop(other)
        d.put(name, both)
        d.exact[name] = d.area(both.geoms[int(d.rng.integers(2))])
        return [name]
    total, code = d.area(both), f"GB{d.rng.integers(10_000, 99_999)}"
    d.exact[name] = total
    for each in (name, other):
        d.set(each, parcel_code=code)
    if d.rng.random() < 0.5:
        d.exact[other] = float("nan")
        return [name]
    d.exact[other] = total
    return [name, other]


def _generalised(d: Draft) -> list[str]:
    # A planning bureau publishes a map at 1:10 000 of a boundary surveyed along a river or a ridge.
    name = d.pick()
    fine = cases.with_natural_border(d.shape[name], d.rng)
    if shapely.get_num_coordinates(fine) < 100:
        raise UnfitError(NO_FIT)
    d.put(name, fine, geometry_status="published")
    d.shape[name] = cases.generalised(fine, int(d.rng.integers(5, 61)), d.rng)
    return [name]


def _older_outline(d: Draft) -> list[str]:
    # A road takes a strip: deed renewed and outline not; or the outline renewed and deed not.
    name = d.pick()
    old, new = d.shape[name], cases.strip_cut(d.shape[name], d.rng.uniform(0.03, 0.25), d.rng)
    record, drawn = (old, new) if d.rng.random() < 0.5 else (new, old)
    d.exact[name], d.shape[name] = d.area(record), drawn
    day = f"20{d.rng.integers(12, 25)}-0{d.rng.integers(1, 10)}-01"
    d.earlier.append((name, record, day))
    d.set(name, valid_from=day)
    return [name]


def _arcs(d: Draft) -> list[str]:
    # A DXF export writes arcs as a few chords; the area was taken from the true arcs.
    name, chords = d.pick(), int(d.rng.integers(4, 13))
    state = d.rng.bit_generator.state
    fine = cases.with_arcs(d.shape[name], 2048, d.rng)
    d.rng.bit_generator.state = state
    flat = cases.with_arcs(d.shape[name], chords, d.rng)
    if fine is None or flat is None:
        raise UnfitError(NO_FIT)
    d.exact[name], d.shape[name] = d.area(fine), cases.to_mm(flat)
    return [name]


def slips(text: str) -> set[str]:
    """Return a printed number with one digit wrong, in every way."""
    at = [k for k, sign in enumerate(text) if sign != "."]
    made = {text[:k] + str(digit) + text[k + 1 :] for k in at for digit in range(10)}
    return {each for each in made if each[0] != "0"} - {text}


def swaps(text: str) -> set[str]:
    """Return a printed number with two neighbouring digits exchanged, in every way."""
    digits, dot = text.replace(".", ""), text.find(".")
    made = {digits[:k] + digits[k + 1] + digits[k] + digits[k + 2 :]
            for k in range(len(digits) - 1)}  # fmt: skip
    made = {each if dot < 0 else f"{each[:dot]}.{each[dot:]}" for each in made}
    return {each for each in made if each[0] != "0"} - {text}


def _typed(d: Draft, wrong: Callable[[str], set[str]]) -> list[str]:
    # Deeds are typed from paper: 3 for 8, or 56 for 65.
    name = d.pick(simple=False)
    choice = sorted(wrong(d.printed(d.exact[name])))
    if not choice:
        raise UnfitError(NO_FIT)
    d.text[name] = str(d.rng.choice(choice))
    return [name]


def _total_for_net(d: Draft) -> list[str]:
    # A land contract prints 总用地面积 while the drawing is the 建设用地.
    name = d.pick()
    total, net = d.shape[name], cases.strip_cut(d.shape[name], d.rng.uniform(0.05, 0.3), d.rng)
    d.shape[name] = net
    d.set(name, basis="total_land", net_site_area_m2=round(d.area(net), 2))
    if d.rng.random() < 0.5:
        d.set(name, site_area_m2=round(d.area(total), 2))
    return [name]


def _land_given_up(d: Draft) -> list[str]:
    # 代征道路, 代征绿地: in the contract's area and not in the red line, or the other way round.
    name = d.pick()
    total, net = d.shape[name], cases.strip_cut(d.shape[name], d.rng.uniform(0.05, 0.3), d.rng)
    given = round(d.area(total) - d.area(net), 2)
    record_total = bool(d.rng.random() < 0.7)
    d.exact[name] = d.area(net) + given if record_total else d.area(net)
    d.shape[name] = net if record_total else total
    d.set(name, basis="parcel" if record_total else "net_site", given_up_area_m2=given)
    return [name]


def _renewal_unit(d: Draft) -> list[str]:
    # A renewal unit's plan prints three areas; the unit's stands beside another's red line.
    name = d.pick()
    unit = d.shape[name]
    demolition = cases.strip_cut(unit, d.rng.uniform(0.1, 0.3), d.rng)
    development = cases.strip_cut(demolition, d.rng.uniform(0.2, 0.4), d.rng)
    d.shape[name] = demolition if d.rng.random() < 0.5 else development
    d.set(name, basis="renewal_unit", demolition_area_m2=round(d.area(demolition), 2),
          development_area_m2=round(d.area(development), 2))  # fmt: skip
    if d.rng.random() < 0.5:
        d.set(name, renewal_unit_area_m2=round(d.area(unit), 2))
    return [name]


def _swapped(d: Draft) -> list[str]:
    # Two deeds of one sale, or two lines of one list, exchanged.
    one = d.pick(simple=False)
    after = d.ids[(d.ids.index(one) + 1) % len(d.ids)]
    two = d.beside(one) if d.rng.random() < 0.6 else after
    d.exact[one], d.exact[two] = d.exact[two], d.exact[one]
    return [one, two]


def _merged(d: Draft) -> list[str]:
    # Two lots sold as one keep two outlines; the contract's total stands at one, or at both.
    one = d.pick()
    two = d.beside(one)
    total, way = d.exact[one] + d.exact[two], d.rng.integers(3)
    d.exact[one] = total
    d.exact[two] = (d.exact[two], float("nan"), total)[way]
    return [one, two] if way == 2 else [one]


def _split(d: Draft) -> list[str]:
    # A lot is divided: its old total stays at the first part; or two deeds stand at one outline.
    one = d.pick()
    two = d.beside(one)
    if d.rng.random() < 0.5:
        whole = shapely.union(d.shape[one], d.shape[two])
        if whole.geom_type != "Polygon":
            raise UnfitError(NO_FIT)
        code = f"GB{d.rng.integers(10_000, 99_999)}"
        d.shape[one], d.shape[two] = whole, None
        for each in (one, two):
            d.set(each, parcel_code=code)
        return [one]
    d.exact[one] += d.exact[two]
    d.exact[two] = float("nan")
    d.set(two, valid_from=f"20{d.rng.integers(12, 25)}-06-01")
    return [one]


def _control_total(d: Draft) -> list[str]:
    # A village's lots are adjusted so that they sum to the area the plan or the statute gives.
    zone = str(d.rng.choice(sorted({str(row["zone_id"]) for row in d.row.values()})))
    names = [each for each in d.ids if d.row.get(each, {}).get("zone_id") == zone]
    if len(names) < 3:
        raise UnfitError(NO_FIT)
    factor = 1 + d.rng.uniform(0.003, 0.03) * d.rng.choice([-1, 1])
    for name in names:
        d.exact[name] *= factor
    d.totals[zone] = round(sum(d.exact[name] for name in names), 2)
    return names


def _random(d: Draft) -> list[str]:
    # No cause at all: another land's number, or anything of the same size.
    names, others = d.some(), dict(d.exact)
    for name in names:
        if d.rng.random() < 0.5:
            d.exact[name] = others[name] * float(np.exp(d.rng.uniform(np.log(0.2), np.log(5))))
        else:
            jitter = 1 + d.rng.uniform(0.01, 0.3) * d.rng.choice([-1, 1])
            d.exact[name] = others[str(d.rng.choice(d.ids))] * jitter
    return names


CAUSES: dict[str, Callable[[Draft], list[str]]] = {
    **{cause: partial(_misread, cause) for cause in MISREAD},
    "power-of-ten": _power_of_ten,
    "web-mercator": _web_mercator,
    "other-projection-zone": _other_zone,
    "plane-for-ellipsoid": _plane_for_ellipsoid,
    "ellipsoid-for-plane": _ellipsoid_for_plane,
    "compensation-plane": _compensation_plane,
    "slope-surface": _slope_surface,
    "hole-not-subtracted": partial(_hole, lost=False),
    "hole-lost": partial(_hole, lost=True),
    "part-missing": partial(_part, of_outline=False),
    "part-missing-outline": partial(_part, of_outline=True),
    "generalised-outline": _generalised,
    "older-outline": _older_outline,
    "arcs-flattened": _arcs,
    "digit-slip": partial(_typed, wrong=slips),
    "digit-swap": partial(_typed, wrong=swaps),
    "total-for-net-site": _total_for_net,
    "land-given-up": _land_given_up,
    "renewal-unit-for-other": _renewal_unit,
    "lots-swapped": _swapped,
    "lots-merged": _merged,
    "lots-split": _split,
    "control-total": _control_total,
    "random": _random,
    "clean": lambda _: [],
}  # fmt: skip

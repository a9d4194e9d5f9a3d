"""A filter selects what CQL2 says, and nothing that is unknown."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pingshan_geo.errors import UsageError
from pingshan_geo.query import matching

LOTS = gpd.GeoDataFrame(
    {
        "name": ["坪山", "O'Brien", None, "a%b.c"],
        "note_en": ["one", "two", "three", None],
        "far": [4.6, float("nan"), 2.0, 0.0],
        "a": [1, 2, 3, 4],
        "nothing": [None] * 4,
        "open-air": [True, False, True, False],
        "date": ["2017", "2017-12-13", "2018-02", None],
        "geometry_status": ["published", "illustrative", "none", "surveyed"],
    },
    geometry=[shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1), None, shapely.box(5, 5, 6, 6)],
    index=pd.Index(["p", "q", "r", "s"], name="parcel_id"),
    crs=4490,
)
SQUARE = "POLYGON((0 0, 2 0, 2 2, 0 2, 0 0))"


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        ("a = 1", "p"),
        ("a <> 1", "qrs"),
        ("a=1 OR a=2 AND a=3", "p"),
        ("(a=1 OR a=2) AND a=2", "q"),
        ("NOT (a=1 AND far>1)", "qrs"),
        ("a\n>= 3", "rs"),
        ("2 < a", "rs"),
        ("a BETWEEN 2 AND 3", "qr"),
        ("a NOT BETWEEN 2 AND 3", "ps"),
        ("parcel_id IN ('p', 's')", "ps"),
        ("parcel_id NOT IN ('p', 's')", "qr"),
        ("name = 'O''Brien'", "q"),
        ("name LIKE '%坪_'", "p"),
        (r"name LIKE 'a\%b%'", "s"),
        ("name LIKE 'a%b_d'", ""),
        ("name LIKE '.*'", ""),
        ("name NOT LIKE 'a%'", "pq"),
        ("note_en = 'two'", "q"),
        ('"open-air" = TRUE', "pr"),
        ("date >= DATE('2017-12-01')", "qr"),
        ("a * 2 - 1 = 5", "r"),
        ("-a < -3", "s"),
        ("a / far > 1", "r"),
    ],
)
def test_a_filter_selects_by_the_rules_of_cql2(where: str, chosen: str) -> None:
    assert "".join(LOTS.index[matching(where, LOTS)]) == chosen


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        ("far > 3", "p"),
        ("NOT far > 3", "rs"),
        ("far > 3 OR a > 0", "pqrs"),
        ("NOT (far > 3 AND a = 2)", "prs"),
        ("far IS NULL", "q"),
        ("far IS NOT NULL", "prs"),
        ("name IS NULL", "r"),
        ("nothing > 3", ""),
        ("NOT nothing = 'x'", ""),
        ("nothing IS NULL", "pqrs"),
        ("a / far IS NULL", "qs"),
    ],
)
def test_what_is_unknown_is_selected_neither_by_a_comparison_nor_by_its_negation(
    where: str, chosen: str
) -> None:
    assert "".join(LOTS.index[matching(where, LOTS)]) == chosen


def test_an_illustrative_outline_lies_neither_inside_nor_outside() -> None:
    inside = matching(f"S_INTERSECTS(geometry, {SQUARE})", LOTS)
    outside = matching(f"NOT S_WITHIN(geometry, {SQUARE})", LOTS)
    assert "".join(LOTS.index[inside]) == "p"
    assert "".join(LOTS.index[outside]) == "s"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "ends too early"),
        ("a >", "cannot be read"),
        ("a = 1 b", "character 7: 'b'"),
        ("name = 'x", "character 8"),
        ("DATE('2017-13-01') = date", "month"),
        ("naem = 'x'", "no column 'naem'; nearest: name"),
        ("a = 'x'", "a number with a text"),
        ("a LIKE '1'", "not a number"),
        ("name + 1 = 2", "other than numbers"),
        ("S_INTERSECTS(name, POINT(1 1))", "holds no geometry"),
        ("S_INTERSECTS(geometry, POLYGON((0 0)))", "cannot be used"),
        ("S_INTERSECTS(geometry, LINESTRING(1 1))", "cannot be used"),
        ("S_INTERSECTS(geometry, SRID=3857;POINT(1 2))", "leave SRID=3857 out"),
        ("__import__('os').system('true')", "cannot be read"),
        ("a = 1; a = 2", "character 6"),
        ("NOT " * 5000 + "a = 1", "nested too deep"),
    ],
)
def test_a_filter_that_cannot_be_used_says_why(where: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        matching(where, LOTS)


def test_the_table_is_not_changed() -> None:
    before = LOTS.copy(deep=True)
    matching("far > 3 AND name LIKE '%'", LOTS)
    pd.testing.assert_frame_equal(pd.DataFrame(LOTS), pd.DataFrame(before))


def test_a_filter_prints_nothing(capsys) -> None:
    assert matching("S_INTERSECTS(geometry, MULTIPOINT(1 1, 0.5 0.5))", LOTS)["p"]
    assert capsys.readouterr().out == ""

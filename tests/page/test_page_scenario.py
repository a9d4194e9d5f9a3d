"""What if: the page's arithmetic against the vectors that hold for Python's, and scenarios."""

import json
from pathlib import Path

import numpy as np
import pytest

from pingshan_geo.figure import Interval, divide, subtract
from pingshan_geo.measures.rollup import group_sums

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "arithmetic.json").read_text("utf-8"))


def interval(*rows):
    """Unknown is NaN, and a bound that is missing infinite."""
    value, low, high = np.array([[np.nan if e is None else e for e in row] for row in rows]).T
    known = ~np.isnan(value)
    low = np.where(known & np.isnan(low), -np.inf, low)
    return Interval(value, low, np.where(known & np.isnan(high), np.inf, high))


def is_near(found, expected):
    return len(found) == len(expected) and all(
        one is two if None in (one, two) else one == pytest.approx(two, rel=1e-9)
        for one, two in zip(found, expected, strict=True)
    )


def plain(found):
    parts = [float(part[0]) for part in found]
    return [part if np.isfinite(part) else None for part in parts]


@pytest.mark.parametrize("case", VECTORS["divide"])
def test_python_divides_as_the_vectors_say(case):
    found = plain(divide(interval(case["top"]), interval(case["bottom"])))
    assert is_near(found, case["gives"])


@pytest.mark.parametrize("case", VECTORS["subtract"])
def test_python_subtracts_as_the_vectors_say(case):
    found = plain(subtract(interval(case["left"]), interval(case["right"])))
    assert is_near(found, case["gives"])


@pytest.mark.parametrize("case", VECTORS["sum"])
def test_python_sums_as_the_vectors_say(case):
    rows = interval(*case["items"])
    found = group_sums(rows, np.zeros(len(rows.value), dtype=np.int64), 1)
    assert is_near(plain(found.interval), case["gives"])
    assert (int(found.known[0]), int(found.rows[0])) == (case["known"], case["rows"])


def test_the_page_counts_as_the_vectors_say(opened):
    found = opened().evaluate(
        """(vectors) => {
          const { divide, subtract, sum } = pingshanGeo.arithmetic;
          const of = ([value, low, high]) => ({ value, low, high });
          const plain = ({ value, low, high }) => [value, low, high];
          return {
            divide: vectors.divide.map((one) => plain(divide(of(one.top), of(one.bottom)))),
            subtract: vectors.subtract.map((one) => plain(subtract(of(one.left), of(one.right)))),
            sum: vectors.sum.map((one) => sum(one.items.map(of)))
              .map((one) => [plain(one), one.known, one.rows]),
          };
        }""",
        VECTORS,
    )
    for name in ("divide", "subtract"):
        for got, case in zip(found[name], VECTORS[name], strict=True):
            assert is_near(got, case["gives"]), (name, case)
    for (got, known, rows), case in zip(found["sum"], VECTORS["sum"], strict=True):
        assert is_near(got, case["gives"])
        assert (known, rows) == (case["known"], case["rows"])


def test_another_target_and_a_lot_less_stand_beside_what_is_recorded(opened):
    page = opened(address="#drawer=whatif")
    assert page.locator(".scenario-mark").is_hidden()
    page.fill("[data-whatif=target]", "20")
    page.press("[data-whatif=target]", "Enter")
    # 22.78 ha by 20 ha, where 22.78 by 9.5 is recorded.
    rows = page.locator(".whatif-table tr").all_inner_texts()
    rate = next(row for row in rows if "239.8" in row)
    assert "113.9" in rate
    page.click("[data-whatif-lot='G13113-8014']")
    rows = page.locator(".whatif-table tr").all_inner_texts()
    assert any("22.78" in row and "12.18" in row for row in rows)  # 22.78 − 10.6 ha
    assert page.locator(".scenario-mark").is_visible()
    address = page.evaluate("location.hash")
    again = opened(address=address)
    assert "12.18" in again.locator(".whatif-table").inner_text()
    again.click("[data-testid=lang-zh]")
    assert "情景推演" in again.locator(".scenario-mark").inner_text()
    again.click("[data-whatif=reset]")
    assert again.locator(".scenario-mark").is_hidden()
    assert "scenario" not in again.evaluate("location.hash")


def test_downloads_say_what_is_assumed(opened):
    page = opened(address="#scenario=drop=G13113-8014")
    with page.expect_download() as caught:
        page.click("[data-testid=download-csv]")
    assert "scenario" in caught.value.suggested_filename
    text = Path(caught.value.path()).read_text("utf-8-sig")
    head, *lines = text.splitlines()
    at = head.split(",").index("scenario")
    assert at == 1
    told = {line.split(",")[0]: line.split(",")[1] for line in lines}
    assert told["G13113-8014"] == "dropped"
    assert set(told.values()) == {"dropped", ""}

"""Sums that are exact, whatever the order and the pieces."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.measures.sums import partial_sums

NUMBERS = st.lists(st.floats(-1e300, 1e300) | st.floats(-1e6, 1e6) | st.just(math.nan), max_size=40)


def zero(count):
    return np.zeros(count, dtype=np.int64)


@given(NUMBERS)
def test_a_sum_is_the_true_sum_rounded_once(values):
    known = [value for value in values if not math.isnan(value)]
    sums = partial_sums(np.array(values, dtype=float), zero(len(values)), 1)
    assert (sums.known.tolist(), sums.rows.tolist()) == ([len(known)], [len(values)])
    if known:
        assert sums.finish()[0] == float(sum(map(Fraction, known))) == math.fsum(known)
    else:
        assert math.isnan(sums.finish()[0])


@given(NUMBERS, st.lists(st.integers(0, 39), max_size=4), st.randoms())
def test_pieces_of_any_size_in_any_order_give_the_same_bits(values, cuts, random):
    array = np.array(values, dtype=float)
    group = np.arange(len(array)) % 3
    whole = partial_sums(array, group, 3)
    places = sorted({0, len(array), *(cut for cut in cuts if cut < len(array))})
    pieces = [partial_sums(array[a:b], group[a:b], 3) for a, b in itertools.pairwise(places)] or [
        whole
    ]
    random.shuffle(pieces)
    merged = pieces[0]
    for piece in pieces[1:]:
        merged = piece.merge(merged)
    assert merged.finish().tobytes() == whole.finish().tobytes()
    assert merged.known.tolist() == whole.known.tolist()
    assert merged.rows.tolist() == whole.rows.tolist()


def test_merging_leaves_the_pieces_as_they_were():
    one, two = (partial_sums(np.array([value]), zero(1), 1) for value in (1.0, 2.0))
    one.merge(two)
    assert (one.finish()[0], two.finish()[0]) == (1.0, 2.0)


@pytest.mark.parametrize("value", [5e-324, -5e-324, 1.7976931348623157e308, 0.1, -0.0])
def test_the_smallest_and_largest_numbers_come_back(value):
    assert partial_sums(np.array([value]), zero(1), 1).finish()[0] == value


def test_a_group_without_rows_is_unknown_and_not_nothing():
    sums = partial_sums(np.array([0.0, np.nan]), np.array([0, 1]), 3)
    assert sums.finish().tolist() == pytest.approx([0.0, np.nan, np.nan], nan_ok=True)
    assert (sums.known.tolist(), sums.rows.tolist()) == ([1, 0, 0], [1, 1, 0])

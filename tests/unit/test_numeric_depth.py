"""One side of an order book against a dictionary of prices, and what an order would get of it (R001-41)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.numeric import depth
from fsmtrader.numeric.depth import Levels

CHANGES = st.lists(st.tuples(st.integers(9950, 10050), st.sampled_from([0.0, 0.5, 2.0])), max_size=120)


def side_of(levels: dict[float, float], *, is_bid: bool, places: int = 64) -> Levels:
    side = depth.new_side(places)
    for price, size in levels.items():
        depth.set_level(side, price, size, is_bid)
    return side


def told(side: Levels) -> list[tuple[float, float]]:
    return [(depth.price_in(side, i), depth.size_in(side, i)) for i in range(depth.level_count(side))]


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.booleans())
def test_a_side_is_what_was_told_last_of_each_price(changes: list[tuple[int, float]], is_bid: bool) -> None:
    side, known = side_of({}, is_bid=is_bid, places=128), dict[float, float]()
    for ticks, size in changes:
        price = ticks / 100
        before = depth.set_level(side, price, size, is_bid)
        assert before == known.pop(price, 0.0)
        if size:
            known[price] = size
    assert told(side) == sorted(known.items(), reverse=not is_bid)


def test_a_price_is_found_however_it_was_computed() -> None:
    side = side_of({0.3: 2.0}, is_bid=True)
    assert depth.size_at(side, 0.1 + 0.2, True) == 2.0
    depth.set_level(side, 0.1 + 0.2, 5.0, True)
    assert told(side) == [(0.3, 5.0)]


def test_a_full_side_lets_its_worst_level_go() -> None:
    side = side_of({99.0: 1.0, 100.0: 2.0, 98.0: 3.0}, is_bid=True, places=2)
    assert told(side) == [(99.0, 1.0), (100.0, 2.0)]
    depth.set_level(side, 99.5, 4.0, True)
    assert told(side) == [(99.5, 4.0), (100.0, 2.0)]


def test_R001_41_worst_level_average_and_what_is_there() -> None:
    bids = side_of({99.95: 1.0, 99.90: 2.0, 99.70: 5.0}, is_bid=True)
    worst, average, filled = depth.estimate(bids, 3.0)
    assert (worst, filled) == (99.90, 3.0)
    assert average == pytest.approx(99.916666666667, abs=1e-9)
    assert depth.estimate(bids, 4.0)[0] == 99.70
    assert depth.available(bids, 99.80, True) == 3.0
    assert depth.available(bids, math.nan, True) == 8.0


def test_R001_41_an_empty_or_short_book_has_no_price() -> None:
    for side, there in ((side_of({}, is_bid=False), 0.0), (side_of({100.05: 1.0}, is_bid=False), 1.0)):
        worst, average, filled = depth.estimate(side, 2.0)
        assert math.isnan(worst)
        assert math.isnan(average)
        assert filled == there


def test_asks_fall_towards_the_best() -> None:
    asks = side_of({100.05: 1.0, 100.10: 2.0, 100.02: 4.0}, is_bid=False)
    assert (depth.best_price(asks), depth.best_size(asks)) == (100.02, 4.0)
    depth.set_level(asks, 100.02, 0.0, False)
    assert depth.best_price(asks) == 100.05
    assert depth.available(asks, 100.05, False) == 1.0


def test_V17_what_own_orders_had_counts_until_the_level_is_told_anew() -> None:
    bids = side_of({100.0: 3.0}, is_bid=True)
    depth.consume(bids, 0, 2.0)
    assert depth.used_in(bids, 0) == 2.0
    depth.set_level(bids, 100.0, 3.0, True)
    assert depth.used_in(bids, 0) == 0.0

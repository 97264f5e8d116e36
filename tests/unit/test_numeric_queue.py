"""The queue before an order (V-14), by hand, and a chance that seed and number decide (V-15)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.numeric import depth, matching
from fsmtrader.numeric.matching import take_level, unused
from fsmtrader.numeric.queue import (
    LOG,
    POWER,
    RISK_AVERSE,
    after_level,
    chance,
    is_through,
    queue_in,
    share_behind,
)

INF = math.inf


@pytest.mark.parametrize(
    ("ahead", "before", "now", "model", "power", "expected"),
    [
        (8.0, 12.0, 9.0, RISK_AVERSE, 1.0, 8.0),
        (8.0, 12.0, 7.0, RISK_AVERSE, 1.0, 7.0),
        (8.0, 12.0, 9.0, POWER, 1.0, 6.0),  # a third of the 3 stood behind
        (8.0, 12.0, 7.0, POWER, 2.0, 4.0),  # a fifth of the 5 did
        (8.0, 12.0, 7.0, POWER, 3.0, 3.5555555555555554),  # a ninth
        (3.0, 4.0, 2.5, LOG, 1.0, 2.0),  # ln 2 of ln 2 + ln 4: a third of the 1.5
        (1.0, 10.0, 0.5, POWER, 2.0, 0.5),  # never more than is displayed
        (8.0, 12.0, 14.0, POWER, 2.0, 8.0),  # who joins stands behind
        (0.0, 5.0, 2.0, LOG, 1.0, 0.0),
        (INF, INF, 3.0, POWER, 2.0, 3.0),
    ],
)
def test_V14_what_stands_before_an_order_when_its_level_is_told(
    ahead: float, before: float, now: float, model: int, power: float, expected: float
) -> None:
    assert after_level(ahead, 0.0, before, now, model, power) == pytest.approx(expected, abs=1e-12)


def test_V14_more_than_all_behind_cannot_have_left_there() -> None:
    """9 of 10 leave, 4 before and 6 behind: 36/52 of 9 is 6.23, more than the 6 behind; the 0.23 stood before."""
    assert share_behind(4.0, 6.0, POWER, 2.0) == pytest.approx(36 / 52)
    assert after_level(4.0, 0.0, 10.0, 1.0, POWER, 2.0) == pytest.approx(4.0 - (16 / 52) * 9.0 + (6.0 - 36 / 52 * 9.0))


def test_V14_what_was_traded_counts_once() -> None:
    """Of 12, 8 before the order, 3 were traded: 5 before. The level shows 9: nobody else left. Then 7: 2 left."""
    assert after_level(5.0, 3.0, 12.0, 9.0, POWER, 1.0) == 5.0
    assert after_level(5.0, 3.0, 12.0, 7.0, POWER, 1.0) == pytest.approx(5.0 - 2.0 * (1.0 - 7 / 12))


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.sampled_from([0, 1, 2]),
    st.sampled_from([0.5, 1.0, 2.0, 3.0]),
)  # fmt: skip
def test_V14_nobody_falls_back_and_nobody_is_behind_more_than_is_there(
    ahead: float, behind: float, traded: float, now: float, model: int, power: float
) -> None:
    moved = after_level(ahead, traded, ahead + behind, now, model, power)
    assert 0.0 <= moved <= min(ahead, now)


def test_V14_the_queue_at_a_price_is_what_its_side_shows() -> None:
    bids = depth.new_side(8)
    assert queue_in(bids, 99.0, True) == 0.0
    depth.set_level(bids, 99.0, 4.0, True)
    depth.set_level(bids, 98.0, 2.0, True)
    found = [queue_in(bids, price, True) for price in (99.0, 98.0, 98.5, 99.5, 97.0)]
    assert found == [4.0, 2.0, 0.0, 0.0, INF]


def test_V14_a_trade_goes_through_a_price_from_its_own_side() -> None:
    assert is_through(98.9, 99.0, True) and not is_through(99.0, 99.0, True) and not is_through(99.1, 99.0, True)
    assert is_through(99.1, 99.0, False) and not is_through(98.9, 99.0, False)
    assert not is_through(0.1 + 0.2, 0.3, False)


def test_V17_a_level_is_taken_once() -> None:
    asks = depth.new_side(8)
    for price, size in ((100.0, 2.0), (100.5, 3.0)):
        depth.set_level(asks, price, size, False)
    assert unused(asks, 100.5, False) == 5.0
    assert take_level(asks, 1.5, 100.5, False) == (1, 1.5)
    assert take_level(asks, 1.5, 100.5, False) == (1, 0.5)
    assert take_level(asks, 1.5, 100.5, False) == (0, 1.5)
    assert take_level(asks, 1.5, 100.0, False) == (1, 0.0)
    assert unused(asks, math.nan, False) == 1.5 and unused(asks, 100.0, False) == 0.0
    assert take_level(depth.new_side(8), 1.0, math.nan, False) == (-1, 0.0)


def test_V15_chance_is_even_and_decided_by_seed_and_number() -> None:
    drawn = [chance(1, number) for number in range(4000)]
    assert drawn == [chance(1, number) for number in range(4000)] != [chance(2, number) for number in range(4000)]
    assert all(0.0 <= number < 1.0 for number in drawn)
    tenths = [sum(1 for number in drawn if int(number * 10) == tenth) for tenth in range(10)]
    assert min(tenths) > 340 and max(tenths) < 460


def test_V14_what_rounding_leaves_of_a_trade_fills_nobody() -> None:
    """0.1 + 0.2 stand before the order, and 0.3 are traded."""
    ahead = 0.1 + 0.2 - 1e-16
    assert matching.after_trade(0.007, ahead, 0.0, 100.0, 100.0, 0.3, True) == (0.0, 0.0)
    assert matching.after_trade(0.007, 0.3, 0.0, 100.0, 100.0, 0.1 + 0.2, True) == (0.0, 0.0)
    filled, left = matching.after_trade(0.007, 0.3, 0.0, 100.0, 100.0, 0.305, True)
    assert (round(filled, 12), left) == (0.005, 0.0)
    assert matching.after_trade(0.007, 0.0, 0.0, 100.0, 100.0, math.inf, True) == (0.007, 0.0)
    assert matching.after_trade(0.007, math.inf, 0.0, 100.0, 100.0, 5.0, True) == (0.0, math.inf)

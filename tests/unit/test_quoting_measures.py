"""The formulas of a market maker's report, by numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from fsmtrader.research.open_orders import OpenOrder
from fsmtrader.research.quoting.markouts import Markouts
from fsmtrader.research.quoting.measures import (
    QUEUE_NAMES,
    markout,
    markout_bp,
    queue_bin,
    quoted_spread,
    ratio,
    skew,
)
from fsmtrader.research.quoting.presence import Presence, Spent, Weighted
from fsmtrader.research.quoting.queue import QueuePlaces

S = 1_000_000


def test_a_markout_is_what_the_market_gave_after_the_fill() -> None:
    assert markout(100.0, 100.5, is_buy=True) == 0.5
    assert markout(100.0, 100.5, is_buy=False) == -0.5
    assert markout_bp(100.0, 100.5, is_buy=True) == pytest.approx(50.0)
    assert markout_bp(200.0, 199.0, is_buy=False) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("ahead", "name"),
    [
        (0.0, "first"),
        (2.0, "up to 1×"),
        (2.1, "1× to 3×"),
        (6.0, "1× to 3×"),
        (20.0, "3× to 10×"),
        (60.0, "10× to 30×"),
        (200.0, "30× to 100×"),
        (200.1, "over 100×"),
        (math.inf, "not known"),
        (math.nan, "not known"),
    ],
)
def test_a_place_in_the_queue_is_counted_in_multiples_of_the_order(ahead: float, name: str) -> None:
    assert QUEUE_NAMES[queue_bin(ahead, 2.0)] == name


def test_spread_and_skew_are_shares_of_the_middle() -> None:
    assert quoted_spread(99.0, 103.0, 100.0) == pytest.approx(0.04)
    assert skew(99.0, 103.0, 100.0) == pytest.approx(0.01)
    assert skew(97.0, 101.0, 100.0) == pytest.approx(-0.01)
    assert math.isnan(skew(math.nan, 101.0, 100.0))
    assert ratio(3.0, 4.0) == 0.75 and ratio(1.0, 0.0) is None


def test_presence_adds_what_was_there_and_keeps_the_longest_gap() -> None:
    presence = Presence(10 * S)
    presence.switch(12 * S, True)  # a gap of 2
    presence.switch(15 * S, True)  # nothing new
    presence.switch(17 * S, False)  # there for 5
    presence.switch(20 * S, True)  # a gap of 3
    presence.switch(21 * S, False)  # there for 1
    presence.finish(23 * S)  # a gap of 2 that goes on
    assert (presence.there_us, presence.gap_us, presence.gap_begin_us) == (6 * S, 3 * S, 17 * S)
    presence.finish(25 * S)  # and is now the longest
    assert (presence.gap_us, presence.gap_begin_us) == (4 * S, 21 * S)


def test_of_equal_gaps_the_first_is_named() -> None:
    presence = Presence(0)
    presence.switch(2 * S, True)
    presence.switch(3 * S, False)
    presence.finish(5 * S)
    assert (presence.gap_us, presence.gap_begin_us) == (2 * S, 0)


def test_what_is_there_to_the_end_is_counted_once() -> None:
    presence = Presence(0)
    presence.switch(S, True)
    presence.finish(4 * S)
    presence.finish(5 * S)
    assert presence.there_us == 4 * S


def test_a_mean_is_weighted_by_time_and_leaves_out_what_is_not_known() -> None:
    mean = Weighted()
    mean.set(0, 2.0)
    mean.set(3 * S, math.nan)
    mean.set(10 * S, -4.0)
    mean.finish(11 * S)
    assert mean.mean == pytest.approx((2.0 * 3 - 4.0 * 1) / 4) and mean.most == 4.0
    assert Weighted().mean is None


def test_time_is_spent_on_what_is_named() -> None:
    spent = Spent(0, "a")
    spent.switch(2 * S, "b")
    spent.switch(3 * S, "b")
    spent.switch(7 * S, "a")
    spent.finish(8 * S)
    assert spent.us == {"a": 3 * S, "b": 5 * S}


def test_markouts_are_taken_at_the_last_price_of_their_moment() -> None:
    markouts = Markouts()
    markouts.filled(0, "X", 100.0, 2.0, is_buy=True, is_maker=True)
    markouts.filled(5 * S, "X", 100.0, 1.0, is_buy=False, is_maker=True)
    markouts.filled(5 * S, "X", 100.0, 1.0, is_buy=False, is_maker=False)
    assert markouts.next_us == S
    markouts.due(6 * S, {"X": 101.0})  # one second after all three
    markouts.due(15 * S, {"X": 99.0})  # ten seconds
    found = {(m.liquidity, m.horizon_seconds): m for m in markouts.found()}
    maker = found["maker", 1.0]
    assert (maker.count, maker.mean_bp, maker.mean_quote, maker.total_quote) == (2, 0.0, 0.5, 1.0)
    taker = found["taker", 10.0]
    assert (taker.count, taker.mean_quote) == (1, 1.0) and taker.mean_bp == pytest.approx(100.0)
    assert ("maker", 60.0) not in found, "the data ends before it"
    assert markouts.next_us == 60 * S


def test_a_markout_without_a_price_does_not_count() -> None:
    markouts = Markouts()
    markouts.filled(0, "X", 100.0, 2.0, is_buy=True, is_maker=True)
    markouts.due(100 * S, {"X": math.nan})
    assert markouts.found() == () and markouts.next_us == math.inf


def test_orders_are_counted_by_their_place_in_the_queue() -> None:
    def order(name: str, ahead: float, made: float) -> OpenOrder:
        return OpenOrder(name, "X", "buy", "bid", 99.0, 2.0, 0, 2.0 - made, True, False, made, S, ahead)

    places = QueuePlaces()
    places.ended(order("a", 0.0, 2.0), 3 * S)
    places.ended(order("b", 0.0, 0.5), 2 * S)
    places.ended(order("c", 50.0, 0.0), 11 * S)
    first, last = places.found()
    assert (first.name, first.orders, first.filled_orders) == ("first", 2, 2)
    assert (first.quantity, first.filled_quantity, first.rested_seconds) == (4.0, 2.5, 3.0)
    assert (last.name, last.orders, last.filled_orders, last.rested_seconds) == ("10× to 30×", 1, 0, 10.0)

"""Bars at the simulated venue (V-16): what is filled, at which price, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.orders import Accepted, Expired, Filled, Rejected, Style


def fills(told: tuple[Any, ...]) -> list[tuple[str, float, float, bool]]:
    return [(m.client_id, round(m.quantity, 9), round(m.price, 9), m.maker) for m in told if isinstance(m, Filled)]


def test_V16_a_market_order_fills_at_the_close_half_a_spread_away(desk: Any) -> None:
    d = desk(half_spread=0.001)
    d.bar(90, 110, 80, 100)
    assert fills(d.send("L", 1)) == [("1", 1, 100.1, False)]
    assert fills(d.send("S", 1)) == [("2", 1, 99.9, False)]
    assert fills(d.send("S", 1, 99.5, Style.IOC)) == [("3", 1, 99.9, False)]
    assert d.send("S", 1, 100.0, Style.IOC) == (Expired("4"),)


def test_V16_what_arrives_within_a_bar_is_filled_at_the_next_open(desk: Any) -> None:
    d = desk(half_spread=0.001, latency=Latency(entry_us=100_000))
    d.flat(100, at=0)
    assert d.send("L", 1, at=0) == ()
    assert d.send("L", 1, 99.0, at=0) == ()
    assert d.send("L", 1, 120.0, post_only=True, at=0) == ()
    assert d.venue.advance(100_000) == (Accepted("1"), Accepted("2"), Accepted("3"))
    told = d.bar(102, 110, 98, 105)
    assert fills(told) == [("1", 1, 102.102, False), ("2", 1, 99.0, True)]
    assert Rejected("3", "post_only") in told


def test_V16_what_was_sent_within_a_bar_never_has_the_bars_own_past(desk: Any) -> None:
    d = desk(half_spread=0.001)
    d.flat(100, at=0)
    d.send("L", 1, at=30_000_000)
    d.send("L", 1, 99.0, at=30_000_000)
    assert fills(d.bar(100, 120, 90, 110, at=60_000_000)) == [("1", 1, 110.11, False)]
    assert fills(d.bar(110, 110, 98, 100, at=120_000_000)) == [("2", 1, 99.0, True)]


def test_V16_an_order_after_another_markets_bar_is_filled_at_its_own_markets_close(desk: Any) -> None:
    d = desk()
    d.flat(100, at=0)
    d.flat(200, market=1, at=0)
    d.bar(100, 120, 100, 120, at=60_000_000)
    d.send("D", 1, at=60_000_000)
    assert fills(d.bar(200, 240, 200, 240, market=1, at=60_000_000)) == [("1", 1, 240, False)]


def test_V16_news_that_came_late_is_of_the_bar_before(desk: Any) -> None:
    d = desk(latency=Latency(feed_us=50_000))
    d.flat(100, at=0)
    d.send("L", 1, at=50_000)
    d.send("L", 1, at=50_001)
    assert fills(d.bar(102, 110, 98, 105)) == [("1", 1, 102, False), ("2", 1, 105, False)]


def test_V16_a_waiting_order_can_be_cancelled(desk: Any) -> None:
    d = desk()
    d.flat(100, at=0)
    assert d.send("L", 1, at=5) == (Accepted("1"),)
    assert len(d.cancel("1")) == 1
    assert d.flat(100) == () and d.position("L")[0] == 0.0


def test_V16_a_limit_order_needs_a_tick_of_penetration(desk: Any) -> None:
    d = desk()
    d.flat(100)
    d.send("L", 1, 99.0)
    assert d.bar(100, 100, 99.0, 100) == ()
    assert fills(d.bar(100, 100, 98.5, 100)) == [("1", 1, 99.0, True)]


def test_V16_more_ticks_of_penetration_can_be_asked_for(desk: Any) -> None:
    d = desk(ticks=3.0)
    d.flat(100)
    d.send("L", 1, 99.0)
    assert d.bar(100, 100, 98.0, 100) == ()
    assert fills(d.bar(100, 100, 97.5, 100)) == [("1", 1, 99.0, True)]


def test_V16_a_gap_is_filled_at_the_open_unless_post_only(desk: Any) -> None:
    d = desk(half_spread=0.001)
    d.flat(100)
    d.send("L", 1, 99.0)
    d.send("L", 1, 99.0, post_only=True)
    assert fills(d.bar(95, 96, 94, 95)) == [("1", 1, 95.095, False), ("2", 1, 99.0, True)]


def test_V16_the_bar_that_made_the_decision_does_not_fill_it(desk: Any) -> None:
    d = desk()
    d.bar(100, 110, 90, 100)
    assert d.send("L", 1, 95.0) == (Accepted("1"),)
    assert d.flat(100) == ()


def test_V16_no_entry_and_exit_within_one_bar(desk: Any) -> None:
    d = desk(hedge=False)
    d.flat(100)
    d.send("N", 1, 99.0)
    d.send("N", -1, 101.0)
    assert fills(d.bar(100, 103, 98, 100)) == [("1", 1, 99.0, True)]
    assert fills(d.bar(100, 103, 98, 100)) == [("2", 1, 101.0, True)]


def test_V16_an_exit_closes_only_what_was_there_before_the_bar(desk: Any) -> None:
    d = desk(hedge=False)
    d.flat(100)
    d.send("N", 2)
    d.send("N", 1, 99.0)
    d.send("N", -3, 101.0)
    assert fills(d.bar(100, 104, 98, 100)) == [("2", 1, 99.0, True), ("3", 2, 101.0, True)]
    assert fills(d.bar(100, 104, 98, 100)) == [("3", 1, 101.0, True)]


def test_V16_the_path_decides_which_of_two_orders_is_first(desk: Any) -> None:
    up, down = desk(hedge=False), desk(hedge=False)
    for d in (up, down):
        d.flat(100)
        d.send("N", 1, 99.0)
        d.send("N", -1, 101.0)
    assert fills(up.bar(100, 102, 95, 96)) == [("2", 1, 101.0, True)]
    assert fills(down.bar(100, 105, 98, 104)) == [("1", 1, 99.0, True)]


def test_V16_orders_on_both_sides_of_a_hedged_pair_are_apart(desk: Any) -> None:
    d = desk()
    d.flat(100)
    d.send("L", 1, 99.0)
    d.send("S", 1, 101.0)
    assert fills(d.bar(100, 103, 98, 100)) == [("1", 1, 99.0, True), ("2", 1, 101.0, True)]


def test_passive_without_a_price_rests_at_the_close(desk: Any) -> None:
    d = desk()
    d.flat(100)
    assert d.send("L", 1, style=Style.PASSIVE) == (Accepted("1"),)
    assert fills(d.bar(100, 100, 99, 99.5)) == [("1", 1, 100.0, True)]


def test_finer_data_beside_bars_is_what_orders_are_matched_with(desk: Any) -> None:
    d = desk()
    d.book(99.5, 0, 100.0, 5)
    d.send("L", 1, 99.0)
    assert d.bar(100, 100, 90, 100) == ()
    assert d.venue.mark("L") == pytest.approx(99.75)
    assert fills(d.send("L", 1)) == [("2", 1, 100.0, False)]

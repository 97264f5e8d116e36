"""Orders at the simulated venue (V-01 to V-07, V-13, V-17, V-19, V-20, V-24), on books and trades."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fsmtrader.domain.instruments import Fees, Latency
from fsmtrader.domain.orders import (
    Accepted,
    Cancelled,
    CancelRefused,
    Expired,
    Filled,
    PoolIntent,
    Rejected,
    Style,
)

FREE = Fees(0.0, 0.0)


def brief(told: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Messages as short tuples: fills with quantity and price."""
    short: list[tuple[Any, ...]] = []
    for message in told:
        match message:
            case Filled():
                short.append(("filled", message.client_id, round(message.quantity, 9), round(message.price, 9)))
            case Rejected():
                short.append(("rejected", message.client_id, message.reason))
            case Accepted() | Expired() | Cancelled() | CancelRefused():
                short.append((type(message).__name__.lower(), message.client_id))
            case _:
                short.append((type(message).__name__.lower(), message.leg))
    return short


def test_V01_post_only_that_crosses_is_rejected_and_leaves_no_order(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 5)
    assert brief(d.send("L", 1, 100.0, post_only=True)) == [("rejected", "1", "post_only")]
    assert brief(d.send("S", 1, 99.5, post_only=True)) == [("rejected", "2", "post_only")]
    assert d.venue.open_orders("main") == ()
    assert brief(d.send("L", 1, 99.5, post_only=True)) == [("accepted", "3")]
    assert brief(d.send("S", 1, 100.0, post_only=True)) == [("accepted", "4")]


def test_V02_crossing_is_judged_by_the_book_at_arrival(desk: Any) -> None:
    d = desk(latency=Latency(entry_us=500_000))
    d.book(99.5, 5, 100.5, 5)
    assert d.send("L", 1, 100.0, post_only=True) == ()
    d.book(99.5, 5, 100.0, 5, at=d.now_us + 400_000)
    assert brief(d.venue.advance(d.now_us + 100_000)) == [("rejected", "1", "post_only")]
    assert d.send("L", 1, 100.0, post_only=True) == ()
    d.book(99.5, 5, 100.5, 5, at=d.now_us + 400_000)
    assert brief(d.venue.advance(d.now_us + 100_000)) == [("accepted", "2")]


def test_V03_ioc_fills_what_crosses_and_the_rest_expires(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 2)
    assert brief(d.send("L", 3, 100.5, Style.IOC)) == [("filled", "1", 2.0, 100.0), ("expired", "1")]
    assert brief(d.send("L", 3, 99.5, Style.IOC)) == [("expired", "2")]
    assert brief(d.send("S", 3, 99.5, Style.IOC)) == [("filled", "3", 3.0, 99.5)]


def test_V03_a_market_order_beyond_the_displayed_size_tells_both_levels(desk: Any) -> None:
    d = desk(impact=0.01)
    d.book(99.5, 5, 100.0, 2)
    assert brief(d.send("L", 3)) == [("filled", "1", 2.0, 100.0), ("filled", "1", 1.0, 101.0)]
    without = desk()
    without.book(99.5, 5, 100.0, 2)
    assert brief(without.send("L", 3)) == [("filled", "1", 3.0, 100.0)]
    assert "1 market orders in C/Q:Q were larger" in d.venue.notes[0] and "0.01 worse" in d.venue.notes[0]
    assert "at the touch all the same" in without.venue.notes[0]
    without.book(99.5, 5, 100.5, 4)
    without.send("L", 3)
    assert [note for note in without.venue.notes if "larger" in note] == [without.venue.notes[0]]
    assert "1 market" in without.venue.notes[0]


def test_V03_a_limit_order_takes_what_there_is_and_rests(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 2)
    assert brief(d.send("L", 3, 100.0)) == [("accepted", "1"), ("filled", "1", 2.0, 100.0)]
    assert d.venue.open_orders("main") == ("1",)
    assert brief(d.book(99.5, 5, 100.0, 0.5)) == [("filled", "1", 0.5, 100.0)]


def test_V04_fok_is_full_or_nothing(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 2)
    assert brief(d.send("L", 2.1, 100.0, Style.FOK)) == [("expired", "1")]
    assert d.position("L")[0] == 0.0
    assert brief(d.send("L", 2, 100.0, Style.FOK)) == [("filled", "2", 2.0, 100.0)]


@pytest.mark.parametrize("hedge", [True, False])
def test_V05_reduce_only_without_a_position_is_rejected(desk: Any, hedge: bool) -> None:
    d = desk(hedge=hedge)
    d.book(99.5, 5, 100.0, 5)
    assert brief(d.send("L", -1, reduce_only=True)) == [("rejected", "1", "reduce_only")]
    d.send("L", 1)
    assert brief(d.send("L", -1, reduce_only=True)) == [("filled", "3", 1.0, 99.5)]


def test_V05_reduce_only_on_the_same_side_is_rejected(desk: Any) -> None:
    d = desk(hedge=False)
    d.book(99.5, 5, 100.0, 5)
    d.send("N", 1)
    assert brief(d.send("N", 1, reduce_only=True)) == [("rejected", "2", "reduce_only")]


def test_V06_reduce_only_beyond_the_position_fills_up_to_it(desk: Any) -> None:
    d = desk(hedge=False)
    d.book(99.5, 9, 100.0, 9)
    d.send("N", 1)
    assert brief(d.send("N", -3, reduce_only=True)) == [("filled", "2", 1.0, 99.5), ("expired", "2")]
    assert d.position("N")[0] == 0.0


def test_V06_resting_reduce_only_orders_shrink_and_end_with_the_position(desk: Any) -> None:
    d = desk(hedge=False)
    d.book(99.5, 9, 100.0, 9)
    d.send("N", 2)
    d.send("N", -2, 101.0, reduce_only=True)
    d.send("N", -2, 102.0, reduce_only=True)
    assert brief(d.send("N", -1)) == [("filled", "4", 1.0, 99.5)]
    assert brief(d.book(101.0, 9, 101.5, 9)) == [("filled", "2", 1.0, 101.0), ("cancelled", "3"), ("cancelled", "2")]
    assert d.position("N")[0] == 0.0 and d.venue.open_orders("main") == ()


def test_V06_an_order_that_shrank_does_not_grow_again(desk: Any) -> None:
    d = desk(hedge=False)
    d.book(99.5, 9, 100.0, 9)
    d.send("N", 2)
    d.send("N", -2, 101.0, reduce_only=True)
    d.send("N", -1.5)
    d.send("N", 5)
    assert brief(d.book(101.0, 9, 101.5, 9)) == [("filled", "2", 0.5, 101.0), ("cancelled", "2")]


def test_V07_hedge_mode_holds_both_sides_and_closing_needs_no_flag(desk: Any) -> None:
    d = desk()
    d.book(99.5, 9, 100.0, 9)
    assert brief(d.send("L", 2)) == [("filled", "1", 2.0, 100.0)]
    assert brief(d.send("S", 1)) == [("filled", "2", 1.0, 99.5)]
    assert d.position("L") == (2.0, 100.0) and d.position("S") == (-1.0, 99.5)
    assert brief(d.send("S", -2)) == [("filled", "3", 1.0, 100.0), ("expired", "3")]
    assert brief(d.send("S", -1)) == [("rejected", "4", "reduce_only")]
    assert d.position("L") == (2.0, 100.0)


def test_V07_a_leg_without_a_side_has_no_position_side(desk: Any) -> None:
    d = desk()
    d.book(99.5, 9, 100.0, 9)
    assert brief(d.send("N", 2)) == [("rejected", "1", "position_side")]


def test_V07_one_way_legs_share_one_net_position(desk: Any) -> None:
    d = desk(hedge=False)
    d.book(99.5, 9, 100.0, 9)
    d.send("L", 2)
    d.send("S", 3)
    assert d.position("L") == d.position("S") == (-1.0, 99.5)


def test_V13_an_order_arrives_and_its_answer_comes_back_later(desk: Any) -> None:
    d = desk(latency=Latency(entry_us=300_000, response_us=200_000))
    d.book(99.5, 9, 100.0, 9, at=0)
    assert d.send("L", 1, at=0) == () and d.venue.next_us() == 300_000
    d.book(101.0, 9, 101.5, 9, at=250_000)
    assert d.venue.advance(300_000) == () and d.venue.next_us() == 500_000
    assert brief(d.venue.advance(500_000)) == [("filled", "1", 1.0, 101.5)]
    assert d.venue.next_us() == math.inf


def test_V13_fills_of_resting_orders_are_told_after_the_response_latency(desk: Any) -> None:
    d = desk(latency=Latency(response_us=200_000))
    d.book(99.5, 9, 100.0, 9, at=0)
    d.send("L", 1, 99.5, at=0)
    assert d.book(98.0, 9, 99.0, 9, at=1_000_000) == ()
    assert brief(d.venue.advance(1_200_000)) == [("accepted", "1"), ("filled", "1", 1.0, 99.5)]


def test_V15_a_resting_order_waits_behind_the_displayed_size(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 5)
    d.send("L", 2, 99.5)
    assert d.trade(99.5, 4, -1.0) == ()
    assert d.trade(99.5, 9, 1.0) == ()
    assert brief(d.trade(99.5, 2, -1.0)) == [("filled", "1", 1.0, 99.5)]
    assert brief(d.trade(99.0, 9, -1.0)) == [("filled", "1", 1.0, 99.5)]


def test_V15_a_touch_that_crosses_fills_as_maker_at_the_orders_own_price(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 5)
    d.send("S", 2, 101.0)
    (fill,) = d.book(102.0, 5, 102.5, 5)
    assert (fill.quantity, fill.price, fill.maker) == (2, 101.0, True)
    assert fill.fee == pytest.approx(2 * 101.0 * 0.0002)


def test_V15_on_trades_alone_a_price_must_be_gone_through(desk: Any) -> None:
    d = desk()
    d.trade(100.0, 1)
    d.send("L", 2, 99.0)
    assert d.trade(99.0, 5) == ()
    assert brief(d.trade(98.5, 1.5)) == [("filled", "1", 1.5, 99.0)]


def test_V17_two_orders_do_not_take_the_same_displayed_size(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 3)
    assert brief(d.send("L", 2, 100.0, Style.IOC)) == [("filled", "1", 2.0, 100.0)]
    assert brief(d.send("L", 2, 100.0, Style.IOC)) == [("filled", "2", 1.0, 100.0), ("expired", "2")]
    d.book(99.0, 5, 100.0, 3)
    assert brief(d.send("L", 2, 100.0, Style.IOC)) == [("expired", "3")]
    d.book(99.0, 5, 100.0, 4)
    assert brief(d.send("L", 2, 100.0, Style.IOC)) == [("filled", "4", 2.0, 100.0)]


def test_V17_two_orders_do_not_share_a_trade_or_a_crossing_touch(desk: Any) -> None:
    d = desk()
    d.book(99.5, 0, 100.0, 5)
    d.send("L", 2, 99.0)
    d.send("L", 2, 99.5)
    assert brief(d.trade(98.5, 3, -1.0)) == [("filled", "2", 2.0, 99.5), ("filled", "1", 1.0, 99.0)]
    d.send("L", 2, 98.5)
    assert brief(d.book(98.0, 5, 98.5, 2)) == [("filled", "1", 1.0, 99.0), ("filled", "3", 1.0, 98.5)]


def test_V19_a_client_id_that_is_active_is_refused(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 5)
    d.send("L", 1, 99.0, name="a")
    assert brief(d.send("L", 1, 99.0, name="a")) == [("rejected", "a", "duplicate_id")]
    assert d.venue.open_orders("main") == ("a",)
    d.cancel("a")
    assert brief(d.send("L", 1, 99.0, name="a")) == [("accepted", "a")]


def test_V20_the_cancel_of_a_filled_order_is_refused_and_its_fill_told_once(desk: Any) -> None:
    d = desk(latency=Latency(entry_us=100_000, response_us=100_000))
    d.book(99.5, 5, 100.0, 5, at=0)
    d.send("L", 1, 99.5, at=0)
    told = d.venue.advance(200_000)
    d.now_us = 950_000
    assert d.cancel("1") == ()
    assert d.book(98.0, 5, 99.0, 5, at=1_000_000) == ()
    told += d.venue.advance(2_000_000)
    assert brief(told) == [("accepted", "1"), ("filled", "1", 1.0, 99.5), ("cancelrefused", "1")]


def test_V20_a_cancel_that_comes_in_time_ends_the_order(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 5)
    d.send("L", 1, 99.5)
    assert brief(d.cancel("1")) == [("cancelled", "1")]
    assert d.book(98.0, 5, 99.0, 5) == ()
    assert brief(d.cancel("1")) == [("cancelrefused", "1")]


def test_V24_filters_reject_and_never_round(desk: Any) -> None:
    d = desk()
    d.book(99.5, 5, 100.0, 5)
    assert brief(d.send("L", 1, 99.25)) == [("rejected", "1", "tick")]
    assert brief(d.send("L", 1.05)) == [("rejected", "2", "lot")]
    assert brief(d.send("L", 0.1, 99.5)) == [("rejected", "3", "min_notional")]
    assert brief(d.send("L", 1000.1, 99.5)) == [("rejected", "4", "max_quantity")]
    assert brief(d.send("L", 0.0, 99.5)) == [("rejected", "5", "min_quantity")]
    assert brief(d.send("L", 1, -99.5)) == [("rejected", "6", "price")]
    assert d.position("L")[0] == 0.0
    d.send("L", 1)
    assert brief(d.send("L", -0.1, 99.5)) == [("accepted", "8"), ("filled", "8", 0.1, 99.5)]


def test_an_order_needs_a_price_a_pool_and_margin(desk: Any) -> None:
    d = desk(leverage=10.0)
    assert brief(d.send("L", 1)) == [("rejected", "1", "no_price")]
    assert brief(d.venue.take(PoolIntent("p", "add_liquidity", "L", 1.0), 0)) == [("rejected", "p", "unsupported")]
    d.book(99.5, 5, 100.0, 5000)
    assert brief(d.send("L", 999)) == [("rejected", "2", "margin")]
    assert brief(d.send("L", 600)) == [("filled", "3", 600.0, 100.0)]
    assert brief(d.send("L", 400, 99.5)) == [("rejected", "4", "margin")]
    assert brief(d.send("L", 300, 99.5)) == [("accepted", "5")]
    assert brief(d.send("S", 100, 100.0)) == [("rejected", "6", "margin")]
    assert brief(d.send("L", -600, 99.0)) == [("accepted", "7"), ("filled", "7", 5.0, 99.5)]


def test_a_flip_needs_margin_only_for_what_it_opens(desk: Any) -> None:
    d = desk(hedge=False, fees=FREE, leverage=1.0, capital=1_000.0)
    d.book(99.5, 500, 100.0, 500)
    d.mark(100.0)
    assert brief(d.send("N", 10)) == [("filled", "1", 10.0, 100.0)]
    assert brief(d.send("N", -20.1)) == [("rejected", "2", "margin")]
    assert brief(d.send("N", -20)) == [("filled", "3", 20.0, 99.5)]


def test_what_closes_a_net_position_may_be_of_any_value(desk: Any) -> None:
    d = desk(hedge=False)
    d.book(99.0, 9, 99.5, 9)
    d.send("N", 0.2)
    assert brief(d.send("N", 0.1)) == [("rejected", "2", "min_notional")]
    assert brief(d.send("N", -0.1)) == [("filled", "3", 0.1, 99.0)]


def test_V11_without_a_side_of_the_touch_the_other_one_is_the_mark(desk: Any) -> None:
    d = desk()
    d.book(99.0, 9, math.nan, math.nan)
    assert d.venue.mark("L") == 99.0
    d.book(math.nan, math.nan, 99.5, 9)
    assert d.venue.mark("L") == 99.5


def test_passive_without_a_price_joins_the_touch(desk: Any) -> None:
    d = desk()
    d.book(99.5, 0, 100.0, 5)
    assert brief(d.send("L", 1, style=Style.PASSIVE)) == [("accepted", "1")]
    assert brief(d.trade(99.5, 1, -1.0)) == [("filled", "1", 1.0, 99.5)]


def touched_and_filled(desk: Any, touched: float, seed: int) -> list[bool]:
    """Of forty orders: which are filled by quotes that come to their price and not through it."""
    d = desk(touched=touched, seed=seed)
    d.book(99.5, 50, 100.0, 50)
    for _ in range(40):
        d.send("L", 1, 99.0)
    d.book(98.0, 50, 99.0, 50)
    still = set(d.venue.open_orders("main"))
    if still:
        assert len(d.book(98.0, 50, 98.5, 50)) == len(still), "a touch that goes through fills the rest"
    return [str(number) not in still for number in range(1, 41)]


def test_V15_where_no_trades_are_told_a_touch_fills_by_chance(desk: Any) -> None:
    half = touched_and_filled(desk, 0.5, 7)
    assert 10 <= sum(half) <= 30
    assert half == touched_and_filled(desk, 0.5, 7) != touched_and_filled(desk, 0.5, 8)
    assert sum(touched_and_filled(desk, 0.0, 7)) == 0
    assert sum(touched_and_filled(desk, 1.0, 7)) == 40

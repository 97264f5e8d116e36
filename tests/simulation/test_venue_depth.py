"""Orders among the levels of a book (V-02 to V-04, V-14, V-17, V-18, V-20): queues, walks and what is left of levels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.conftest import Desk
from tests.simulation.test_venue_orders import brief

from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.orders import Filled, Style
from fsmtrader.domain.queues import Leaving, QueueModel

POWER_1 = QueueModel(Leaving.POWER, 1.0)
POWER_2 = QueueModel(Leaving.POWER, 2.0)
LOG = QueueModel(Leaving.LOG)


@pytest.fixture
def d(desk: type[Desk]) -> Desk:
    """Bids 99.5 (5), 99 (8), 98.5 (3); asks 100 (2), 100.5 (4), 101.5 (6)."""
    return with_book(desk())


def with_book(made: Desk) -> Desk:
    made.depth({98.5: 3, 99.0: 8, 99.5: 5}, {100.0: 2, 100.5: 4, 101.5: 6}, snapshot=True)
    return made


# -- orders that take ------------------------------------------------------------------------------------------------


def test_V03_an_ioc_walks_the_levels_within_its_limit(d: Desk) -> None:
    told = d.send("L", 7, 101.0, Style.IOC)
    assert brief(told) == [("filled", "1", 2.0, 100.0), ("filled", "1", 4.0, 100.5), ("expired", "1")]
    assert all(not fill.maker for fill in told if isinstance(fill, Filled))
    assert brief(d.send("S", 9, 99.0, Style.IOC)) == [("filled", "2", 5.0, 99.5), ("filled", "2", 4.0, 99.0)]


def test_V03_a_market_order_walks_the_book_and_what_is_beyond_it_costs_the_impact(desk: type[Desk]) -> None:
    d = with_book(desk(impact=0.01))
    levels = [("filled", "1", 2.0, 100.0), ("filled", "1", 4.0, 100.5), ("filled", "1", 6.0, 101.5)]
    assert brief(d.send("L", 14)) == [*levels, ("filled", "1", 2.0, 102.515)]
    assert "1 market orders in C/Q:Q were larger" in d.venue.notes[0]
    assert brief(d.send("L", 1)) == [("filled", "2", 1.0, 102.515)]
    without = with_book(desk())
    assert brief(without.send("L", 14)) == [*levels[:2], ("filled", "1", 8.0, 101.5)]


def test_V03_a_limit_order_takes_what_it_may_and_rests_with_the_rest(d: Desk) -> None:
    assert brief(d.send("L", 3, 100.0)) == [("accepted", "1"), ("filled", "1", 2.0, 100.0)]
    assert d.depth({98.5: 4}) == ()  # the ask at 100 is used up by the order itself: it is not met by it
    assert brief(d.depth({}, {100.0: 0.5})) == [("filled", "1", 1.0, 100.0)]


def test_V04_fok_sees_all_levels_within_its_limit(d: Desk) -> None:
    assert brief(d.send("L", 6.1, 100.5, Style.FOK)) == [("expired", "1")]
    assert d.position("L")[0] == 0.0
    assert brief(d.send("L", 6, 100.5, Style.FOK)) == [("filled", "2", 2.0, 100.0), ("filled", "2", 4.0, 100.5)]
    assert brief(d.send("L", 0.1, 100.5, Style.FOK)) == [("expired", "3")]


def test_V04_fok_takes_what_decimals_add_up_to(desk: type[Desk]) -> None:
    d = desk()
    d.depth({99.0: 1}, {100.0: 0.1, 100.5: 0.7}, snapshot=True)
    assert 0.1 + 0.7 < 0.8
    assert brief(d.send("L", 0.8, 100.5, Style.FOK)) == [("filled", "1", 0.1, 100.0), ("filled", "1", 0.7, 100.5)]
    assert d.position("L")[0] == pytest.approx(0.8)


def test_V02_post_only_is_judged_by_the_levels_at_arrival(desk: type[Desk]) -> None:
    d = with_book(desk(latency=Latency(entry_us=500_000)))
    assert d.send("L", 1, 99.5, post_only=True) == ()
    d.depth({}, {99.5: 1}, at=d.now_us + 400_000)
    assert brief(d.venue.advance(d.now_us + 100_000)) == [("rejected", "1", "post_only")]
    assert d.send("L", 1, 99.5, post_only=True) == ()
    d.depth({}, {99.5: 0}, at=d.now_us + 400_000)
    assert brief(d.venue.advance(d.now_us + 100_000)) == [("accepted", "2")]


def test_V17_a_level_that_decimals_have_used_up_is_used_up(desk: type[Desk]) -> None:
    d = desk()
    d.depth({99.0: 1}, {100.0: 0.8}, snapshot=True)
    d.send("L", 0.1, 100.0, Style.IOC)
    d.send("L", 0.7, 100.0, Style.IOC)
    assert 0.8 - (0.1 + 0.7) > 0.0
    assert brief(d.send("L", 1, 100.0, Style.IOC)) == [("expired", "3")]


def test_V17_own_orders_use_up_a_level_until_it_is_told_anew(d: Desk) -> None:
    d.send("L", 5, 100.5, Style.IOC)
    assert brief(d.send("L", 2, 100.5, Style.IOC)) == [("filled", "2", 1.0, 100.5), ("expired", "2")]
    d.depth({}, {101.5: 7})
    assert brief(d.send("L", 2, 100.5, Style.IOC)) == [("expired", "3")]
    d.depth({}, {100.0: 3})
    assert brief(d.send("L", 5, 100.5, Style.IOC)) == [("filled", "4", 3.0, 100.0), ("expired", "4")]
    d.depth({99.5: 5}, {100.0: 2, 100.5: 4}, snapshot=True)
    assert brief(d.send("L", 2, 100.0, Style.IOC)) == [("filled", "5", 2.0, 100.0)]


# -- orders that rest ------------------------------------------------------------------------------------------------


def test_V14_a_queue_is_what_is_displayed_at_the_price_on_arrival(d: Desk) -> None:
    d.send("L", 2, 99.0)
    assert d.trade(99.5, 50, -1.0) == ()
    assert d.trade(99.0, 8, -1.0) == ()
    assert d.trade(99.0, 9, 1.0) == ()  # bought: it did not come to this side
    assert brief(d.trade(99.0, 1.5, -1.0)) == [("filled", "1", 1.5, 99.0)]
    (fill,) = d.trade(99.0, 7, -1.0)
    assert (fill.quantity, fill.price, fill.maker) == (0.5, 99.0, True)


def test_V14_at_a_price_of_its_own_an_order_is_the_first(d: Desk) -> None:
    d.depth({}, {100.0: 0})
    d.send("S", 1, 100.0)
    assert brief(d.trade(100.0, 0.4, 1.0)) == [("filled", "1", 0.4, 100.0)]


def test_V14_a_trade_through_fills_all_of_an_order_at_its_own_price(d: Desk) -> None:
    d.send("L", 20, 99.0)
    assert brief(d.trade(98.5, 0.1, -1.0)) == [("filled", "1", 20.0, 99.0)]


def test_V14_a_touch_that_comes_to_an_order_fills_all_of_it_when_the_book_is_whole(d: Desk) -> None:
    d.send("L", 20, 99.0)
    d.send("L", 2, 98.5)
    (fill,) = d.depth({99.5: 0, 99.0: 0}, {99.0: 1.0})
    assert (fill.client_id, fill.quantity, fill.price, fill.maker) == ("1", 20.0, 99.0, True)
    assert brief(d.send("L", 1, 99.0, Style.IOC)) == [("expired", "3")]  # V-17: the order that rested has met it


def test_V14_a_touch_through_several_orders_fills_them_best_price_first(d: Desk) -> None:
    d.send("L", 2, 98.5)
    d.send("L", 2, 99.0)
    told = d.depth({99.5: 0, 99.0: 0, 98.5: 0, 97.0: 1}, {98.5: 1.0})
    assert brief(told) == [("filled", "2", 2.0, 99.0), ("filled", "1", 2.0, 98.5)]


def test_V14_risk_averse_whoever_leaves_stood_behind_as_long_as_that_can_be(d: Desk) -> None:
    d.send("L", 2, 99.0)
    d.depth({99.0: 12})
    d.depth({99.0: 9})
    d.trade(99.0, 6, -1.0)  # 2 left before it
    d.depth({99.0: 6})
    d.depth({99.0: 1})  # no more than 1 can stand before it
    assert brief(d.trade(99.0, 2.5, -1.0)) == [("filled", "1", 1.5, 99.0)]


def test_V14_power_2_shares_those_who_leave_by_the_squares(desk: type[Desk]) -> None:
    d = with_book(desk(queue=POWER_2))
    d.send("L", 2, 99.0)
    d.depth({99.0: 12})  # 8 before, 4 behind
    d.depth({99.0: 7})  # 5 leave, 16/80 of them behind: 4 before go, 4 are left
    assert d.trade(99.0, 4, -1.0) == ()
    assert brief(d.trade(99.0, 0.5, -1.0)) == [("filled", "1", 0.5, 99.0)]


def test_V14_log_shares_those_who_leave_by_their_logarithms(desk: type[Desk]) -> None:
    d = with_book(desk(queue=LOG))
    d.send("L", 2, 98.5)
    d.depth({98.5: 4})  # 3 before, 1 behind: ln 4 and ln 2, a third of those who leave were behind
    d.depth({98.5: 2.5})  # 1 of the 1.5 stood before: 2 are left
    assert d.trade(98.5, 2, -1.0) == ()
    assert brief(d.trade(98.5, 0.25, -1.0)) == [("filled", "1", 0.25, 98.5)]


def test_V14_what_was_traded_is_not_counted_again_when_the_level_is_told(desk: type[Desk]) -> None:
    d = with_book(desk(queue=POWER_2))
    d.send("L", 2, 99.0)
    d.depth({99.0: 16})  # 8 before, 8 behind
    d.trade(99.0, 3, -1.0)  # 5 before
    d.depth({99.0: 13})  # that was the trade
    d.depth({99.0: 13})
    assert d.trade(99.0, 5, -1.0) == ()
    assert brief(d.trade(99.0, 1, -1.0)) == [("filled", "1", 1.0, 99.0)]


def test_V14_a_trade_is_waited_for_until_its_own_level_is_told(desk: type[Desk]) -> None:
    d = with_book(desk(queue=POWER_1))
    d.send("L", 2, 99.0)
    d.trade(99.0, 3, -1.0)  # 5 before
    d.depth({98.5: 4})  # another level
    d.depth({99.0: 5})  # that was the trade
    assert d.trade(99.0, 5, -1.0) == ()
    assert brief(d.trade(99.0, 1, -1.0)) == [("filled", "1", 1.0, 99.0)]


def test_V14_a_trade_that_a_level_has_shown_is_done_with(desk: type[Desk]) -> None:
    d = with_book(desk(queue=POWER_1))
    d.send("L", 2, 99.0)
    d.depth({99.0: 16})  # 8 before, 8 behind
    d.trade(99.0, 3, -1.0)  # 5 before
    d.depth({99.0: 13})
    d.depth({99.0: 6.5})  # 6.5 leave, 5/13 of them before: 2.5 are left
    assert d.trade(99.0, 2.5, -1.0) == ()
    assert brief(d.trade(99.0, 1, -1.0)) == [("filled", "1", 1.0, 99.0)]


def test_V14_own_orders_at_a_price_keep_their_order_whatever_the_model_says(desk: type[Desk]) -> None:
    """Of 10, 8 leave; by the cubes 5 before become 1 (half of 8 were behind) and 6 before would become none."""
    d = with_book(desk(queue=QueueModel(Leaving.POWER, 3.0)))
    d.depth({99.0: 5})
    d.send("L", 0.3, 99.0)
    d.depth({99.0: 6})
    d.send("L", 2, 99.0)
    d.depth({99.0: 10})
    d.depth({99.0: 2})
    assert brief(d.trade(99.0, 1.5, -1.0)) == [("filled", "1", 0.3, 99.0), ("filled", "2", 0.2, 99.0)]


def test_V14_a_level_that_is_gone_leaves_nobody_before_an_order(d: Desk) -> None:
    d.send("L", 2, 99.0)
    d.depth({99.0: 0})
    assert brief(d.trade(99.0, 1, -1.0)) == [("filled", "1", 1.0, 99.0)]


def test_V14_a_snapshot_tells_all_levels_anew(d: Desk) -> None:
    d.send("L", 1, 99.5)
    d.send("L", 1, 99.0)
    d.send("L", 1, 97.0)
    d.depth({98.0: 1, 99.5: 3}, {100.0: 2}, snapshot=True)
    assert d.trade(99.5, 3, -1.0) == ()
    assert brief(d.trade(99.5, 0.5, -1.0)) == [("filled", "1", 0.5, 99.5)]
    assert brief(d.trade(99.0, 0.5, -1.0)) == [("filled", "1", 0.5, 99.5)]  # through it; nothing of it is left at 99
    assert brief(d.trade(99.0, 0.5, -1.0)) == [("filled", "2", 0.5, 99.0)]  # 99 is not told any more: empty
    assert d.trade(97.0, 9, 1.0) == () and d.venue.open_orders("main") == ("2", "3")


def test_a_snapshot_is_all_there_is(d: Desk) -> None:
    d.depth({98.0: 1}, {103.0: 2}, snapshot=True)
    assert d.venue.touch("L") == (98.0, 103.0)
    assert brief(d.send("L", 5, 104.0, Style.IOC)) == [("filled", "1", 2.0, 103.0), ("expired", "1")]


def test_V14_beyond_the_levels_that_are_told_a_queue_is_not_known(d: Desk) -> None:
    d.send("L", 1, 98.0)
    assert d.trade(98.0, 1000, -1.0) == ()
    d.depth({98.0: 4})
    assert d.trade(98.0, 4, -1.0) == ()
    assert brief(d.trade(98.0, 0.5, -1.0)) == [("filled", "1", 0.5, 98.0)]


def test_V14_a_price_that_is_passed_over_is_empty(d: Desk) -> None:
    d.send("L", 1, 98.0)
    d.depth({97.5: 4})
    assert brief(d.trade(98.0, 0.5, -1.0)) == [("filled", "1", 0.5, 98.0)]


def test_V17_orders_at_one_price_are_served_in_order_and_share_a_trade(d: Desk) -> None:
    d.send("L", 2, 98.5)
    d.send("L", 2, 98.5)
    assert brief(d.trade(98.5, 4, -1.0)) == [("filled", "1", 1.0, 98.5)]
    assert brief(d.trade(98.5, 2, -1.0)) == [("filled", "1", 1.0, 98.5), ("filled", "2", 1.0, 98.5)]


def test_V17_what_an_order_had_of_a_trade_the_next_price_has_not(d: Desk) -> None:
    d.depth({99.0: 0})
    d.send("L", 2, 99.0)
    d.depth({98.5: 0.0})
    d.send("L", 2, 98.5)
    d.depth({97.0: 1})
    assert brief(d.trade(98.5, 3, -1.0)) == [("filled", "1", 2.0, 99.0), ("filled", "2", 1.0, 98.5)]


def test_V17_two_accounts_share_one_book(desk: type[Desk]) -> None:
    d = desk(accounts=2)
    d.depth({99.0: 5}, {100.0: 3}, snapshot=True)
    assert brief(d.send("L", 2, 100.0, Style.IOC)) == [("filled", "1", 2.0, 100.0)]
    assert brief(d.send("other", 2, 100.0, Style.IOC)) == [("filled", "2", 1.0, 100.0), ("expired", "2")]
    d.send("other", 1, 99.5)
    d.send("L", 1, 99.5)
    assert brief(d.trade(99.5, 1.5, -1.0)) == [("filled", "3", 1.0, 99.5), ("filled", "4", 0.5, 99.5)]


def test_V20_a_cancel_that_comes_too_late_finds_the_order_filled_by_its_queue(desk: type[Desk]) -> None:
    d = with_book(desk(latency=Latency(entry_us=100_000, response_us=100_000)))
    d.send("L", 1, 98.5)
    told = d.venue.advance(d.now_us + 200_000)
    d.trade(98.5, 3.4, -1.0)
    d.now_us += 500_000
    assert d.cancel("1") == ()
    d.trade(98.5, 0.6, -1.0, at=d.now_us + 50_000)
    told += d.venue.advance(d.now_us + 1_000_000)
    assert brief(told) == [
        ("accepted", "1"), ("filled", "1", 0.4, 98.5), ("filled", "1", 0.6, 98.5), ("cancelrefused", "1"),
    ]  # fmt: skip


# -- what else is told -----------------------------------------------------------------------------------------------


def test_quotes_and_bars_beside_levels_change_nothing(d: Desk) -> None:
    d.send("L", 1, 99.5)
    assert d.book(98.0, 1, 99.0, 1) == ()
    assert d.bar(99.0, 101.0, 90.0, 99.0) == ()
    assert d.venue.touch("L") == (99.5, 100.0) and d.venue.mark("L") == 99.75
    assert d.venue.open_orders("main") == ("1",)


def test_V11_the_mark_is_the_middle_of_the_book_once_it_is_whole(d: Desk) -> None:
    assert d.venue.mark("L") == 99.75
    d.depth({99.5: 0})
    assert d.venue.mark("L") == 99.5
    d.depth({99.0: 0, 98.5: 0})
    assert d.venue.mark("L") == 100.0


def test_V12_an_account_is_not_looked_at_within_a_message(desk: type[Desk]) -> None:
    d = with_book(desk(capital=100.0, leverage=20.0))
    d.send("L", 10)  # 2 at 100, 4 at 100.5, 4 at 101.5
    told = d.depth({99.5: 0, 99.0: 0, 98.5: 0, 80.0: 5}, {100.0: 0, 100.5: 0, 101.5: 0, 81.0: 2})
    assert brief(told) == [("liquidated", "L")]


def test_V12_what_a_wide_book_has_cost_is_told_when_the_next_message_is_whole(desk: type[Desk]) -> None:
    """10 bought at 103 of 21.2, where the mark is 100: 30 are lost, and no row but the last may tell it."""
    d = desk(capital=21.2, leverage=50.0)
    d.depth({97.0: 10}, {103.0: 10}, snapshot=True)
    assert brief(d.send("L", 10)) == [("filled", "1", 10.0, 103.0)]
    assert brief(d.depth({96.5: 1, 96.0: 1}, {103.5: 1})) == [("liquidated", "L")]


def test_V18_participation_is_counted_and_said_above_five_percent(d: Desk) -> None:
    d.depth({99.5: 100}, {100.0: 100})
    d.send("L", 4, 100.0, Style.IOC)
    assert d.venue.books[0].participation.greatest == 0.04
    assert d.venue.notes == ()
    d.send("L", 2, 100.0, Style.IOC)  # 6 of 100 now
    d.send("L", 2, 99.0)
    d.trade(99.0, 10, -1.0)  # 2 of 10
    d.depth({}, {100.0: 100})
    d.send("L", 4, 100.0, Style.IOC)
    assert d.venue.books[0].participation.mean == pytest.approx((0.04 + 0.06 + 0.2 + 0.04) / 4)
    (note,) = d.venue.notes
    assert note.startswith("own fills in C/Q:Q had up to 20% of what was displayed or traded at their level (8.5% on")


def test_V18_participation_is_counted_for_quotes_too(desk: type[Desk]) -> None:
    d = desk()
    d.book(99.5, 10, 100.0, 10)
    d.send("L", 1, 100.0, Style.IOC)
    assert d.venue.books[0].participation.greatest == 0.1


# -- properties ------------------------------------------------------------------------------------------------------

TICKS = st.integers(195, 205)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("level"), TICKS, st.sampled_from([0.0, 0.5, 2.0, 7.0])),
        st.tuples(st.just("trade"), TICKS, st.sampled_from([0.3, 1.0, 9.0])),
        st.tuples(st.just("take"), TICKS, st.sampled_from([0.3, 2.0, 11.0])),
        st.tuples(st.just("rest"), TICKS, st.sampled_from([0.3, 2.0])),
    ),
    min_size=3,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from([QueueModel(), POWER_2, LOG]))
def test_V17_no_fill_without_its_own_liquidity_and_none_beyond_its_limit(
    steps: list[tuple[str, int, float]], queue: QueueModel
) -> None:
    """Takers have no more of a level than it showed since it was told, resters at the trade's price no more than the
    trade, in order of time; nobody is filled beyond its limit, and resters only at it."""
    d = Desk(capital=1e9, queue=queue)
    d.depth({97.0: 1.0}, {103.0: 1.0}, snapshot=True)
    limits: dict[str, tuple[float, bool]] = {}
    left_at: dict[float, float] = {103.0: 1.0}
    for what, ticks, size in steps:
        price = ticks / 2.0
        if what == "level":
            is_bid = price < 100.0
            told = d.depth({price: size}) if is_bid else d.depth({}, {price: size})
            if not is_bid:
                left_at[price] = size
        elif what == "trade":
            told = d.trade(price, size, -1.0)
            at_price = [m for m in told if isinstance(m, Filled) and m.price == price]
            assert sum(fill.quantity for fill in at_price) <= size + 1e-9
        else:
            told = d.send("L", size, price, Style.IOC if what == "take" else Style.LIMIT)
            limits[str(d.count)] = (price, what == "rest")
            for fill in (m for m in told if isinstance(m, Filled)):
                left_at[fill.price] -= fill.quantity
                assert left_at[fill.price] >= -1e-9 and not fill.maker
        filled = [m for m in told if isinstance(m, Filled)]
        for fill in filled:
            limit, rests = limits[fill.client_id]
            assert fill.price <= limit and (not fill.maker or (rests and fill.price == limit))
        for level in {fill.price for fill in filled if fill.maker}:
            served = [int(fill.client_id) for fill in filled if fill.maker and fill.price == level]
            waiting = [int(name) for name in d.venue.open_orders("main") if limits[name][0] == level]
            assert served == sorted(set(served)) and all(name >= served[-1] for name in waiting)

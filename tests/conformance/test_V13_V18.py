"""Ways and fills: V-13 to V-18."""

from __future__ import annotations

import pytest
from tests.conformance.conftest import Made
from tests.conformance.venue_under_test import SECOND, UnderTest, briefs

from fsmtrader.domain.instruments import Jitter, Latency, Shape
from fsmtrader.domain.orders import Accepted, Filled, Style

MS = 1_000
HELD = {"binanceusdm": (0, 0), "grvt": (25, 0), "lighter": (300, 200)}
"""how long the exchange itself holds an order that may take, and one that may not"""


def moments(v: UnderTest) -> list[int]:
    """When something happens on the way until all is at rest."""
    found: list[int] = []
    while (moment := v.venue.next_us()) < float("inf"):
        found.append(int(moment))
        v.until(int(moment))
    return found


@pytest.mark.parametrize("post_only", [False, True])
def test_V13_ways_of_orders_and_answers_are_apart(venue: Made, exchange: str, post_only: bool) -> None:
    v = venue(latency=Latency(entry_us=10 * MS, response_us=4 * MS))
    v.quote(1999.0, 5, 2000.0, 5)
    sent = v.now_us
    assert v.send("N", 1, 1999.0 if post_only else 2000.0, post_only=post_only) == ()
    arrives = sent + (10 + HELD[exchange][post_only]) * MS
    assert moments(v) == [arrives, arrives + 4 * MS]
    assert v.held("N") == (0.0 if post_only else 1.0)


def test_V13_an_order_has_the_book_of_its_arrival(venue: Made, exchange: str) -> None:
    v = venue(latency=Latency(entry_us=10 * MS))
    v.quote(1999.0, 5, 2000.0, 5)
    sent = v.now_us
    v.send("N", 1)
    arrives = sent + (10 + HELD[exchange][0]) * MS
    v.quote(2001.0, 5, 2002.0, 5, at=arrives - 1)
    v.quote(2003.0, 5, 2004.0, 5, at=arrives + 1)
    told = v.settle()
    assert told == () and v.venue.position("N") == (1.0, 2002.0)


@pytest.mark.parametrize("shape", list(Shape))
def test_V13_jitter_is_drawn_from_its_seed_and_overtakes_nothing(venue: Made, shape: Shape) -> None:
    def told(seed: int) -> list[tuple[int, str]]:
        v = venue(latency=Latency(10 * MS, 10 * MS, 10 * MS, Jitter(5 * MS, shape, 0.5, seed)))
        v.quote(1999.0, 5, 2000.0, 5)
        for _ in range(40):
            v.until(v.now_us + 100)
            v.send("N", 1, 1900.0, post_only=True)
        heard: list[tuple[int, str]] = []
        while (moment := v.venue.next_us()) < float("inf"):
            heard += [(int(moment), message.client_id) for message in v.until(int(moment))]
        return heard

    one = told(1)
    assert [name for _, name in one] == [str(n + 1) for n in range(40)], "first in, first out"
    assert one == told(1) and one != told(2)
    assert len({time for time, _ in one}) > 5


def test_V13_recorded_delays_are_followed_on_straight_lines(venue: Made, exchange: str) -> None:
    recorded = ((1 * SECOND, 10 * MS, 2 * MS), (3 * SECOND, 30 * MS, 4 * MS))
    v = venue(latency=Latency(recorded=recorded))
    v.quote(1999.0, 5, 2000.0, 5, at=500 * MS)
    held = HELD[exchange][1] * MS
    for sent, entry in ((600 * MS, 10 * MS), (2 * SECOND, 20 * MS), (5 * SECOND, 30 * MS)):
        v.until(sent)
        v.send("N", 1, 1900.0, post_only=True)
        (arrives, back) = moments(v)
        assert arrives == sent + entry + held
        response = 2 + 2 * (min(max(arrives, SECOND), 3 * SECOND) - SECOND) / (2 * SECOND)
        assert back == arrives + round(response * MS)


def test_V14_a_queue_on_levels_and_trades(venue: Made) -> None:
    v = venue()
    v.depth({1998.0: 8, 1999.0: 5}, {2000.0: 5}, snapshot=True)
    v.order("N", 2, 1998.0)
    assert v.trade(1999.0, 50, False) == () and v.trade(1998.0, 6, False) == ()
    assert v.depth({1998.0: 1}, {}) == (), "six were traded and one has left: one is before it, at most"
    assert briefs(v.trade(1998.0, 1.5, False)) == [("filled", 0.5, 1998.0)]
    assert briefs(v.trade(1997.0, 0.1, False)) == [("filled", 1.5, 1998.0)], "through its price: all, at its price"


def test_V15_a_queue_on_quotes(venue: Made) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    v.order("N", 2, 1999.0)
    assert v.trade(1999.0, 4, False) == () and v.trade(1999.0, 9, True) == ()
    assert briefs(v.trade(1999.0, 2, False)) == [("filled", 1.0, 1999.0)]
    (fill,) = v.quote(1998.0, 5, 1999.0, 5)
    assert (fill.quantity, fill.price, fill.maker) == (1.0, 1999.0, True), "a touch that crosses"


def test_V15_on_trades_alone_a_price_must_be_gone_through(venue: Made) -> None:
    v = venue()
    v.trade(2000.0, 1, True)
    v.order("N", 2, 1990.0)
    assert v.trade(1990.0, 5, False) == ()
    assert briefs(v.trade(1989.0, 1.5, False)) == [("filled", 1.5, 1990.0)]


def test_V16_bars(venue: Made) -> None:
    v = venue()
    v.bar(2000.0, 2000.0, 2000.0, 2000.0)
    v.order("N", 1, 1990.0)
    v.order("N", -1, 2010.0)
    assert v.bar(2000.0, 2010.0, 1990.0, 2000.0) == (), "touched, not gone through"
    told = v.bar(2000.0, 2000.0, 1989.0, 1995.0)
    assert briefs(told) == [("filled", 1.0, 1990.0)]
    assert briefs(v.bar(2020.0, 2030.0, 2015.0, 2020.0)) == [("filled", 1.0, 2020.0)], "an open beyond it, as a taker"


def test_V16_post_only_never_has_more_than_its_price(venue: Made) -> None:
    v = venue()
    v.bar(2000.0, 2000.0, 2000.0, 2000.0)
    v.order("N", -1, 2010.0, post_only=True)
    told = v.bar(2020.0, 2030.0, 2005.0, 2020.0)
    fills = [m for m in told if isinstance(m, Filled)]
    assert [(m.price, m.maker) for m in fills] in ([(2010.0, True)], []), "its own price, or refused at that open"
    assert not any(m.price > 2010.0 for m in fills)


def test_V16_no_entry_and_exit_within_a_bar(venue: Made) -> None:
    v = venue()
    v.bar(2000.0, 2000.0, 2000.0, 2000.0)
    v.order("N", 1, 1990.0)
    v.order("N", -1, 2010.0, reduce_only=False)
    told = v.bar(2000.0, 2020.0, 1980.0, 2000.0)
    assert len([m for m in told if isinstance(m, Filled)]) == 1


def test_V17_two_own_orders_do_not_have_the_same_size(venue: Made) -> None:
    v = venue()
    v.quote(1999.0, 0, 2000.0, 3)
    assert v.order("N", 2, 2000.0, Style.IOC)[0] == ("filled", 2.0, 2000.0)
    assert v.order("O", 2, 2000.0, Style.IOC)[0] == ("filled", 1.0, 2000.0), "not another account either"
    v.order("N", 2, 1998.0)
    v.order("O", 2, 1999.0)
    told = v.trade(1997.0, 3, False)
    assert [(m.client_id, m.quantity, m.price) for m in told] == [("4", 2.0, 1999.0), ("3", 1.0, 1998.0)]


def test_V18_the_book_is_not_moved_by_us(venue: Made, exchange: str) -> None:
    v = venue()
    levels = {2000.0: 3.0, 2001.0: 5.0}
    v.depth({1999.0: 5.0}, levels, snapshot=True)
    assert v.order("N", 3, 2000.0, Style.IOC) == [("filled", 3.0, 2000.0)]
    assert v.order("N", 1, 2000.0, Style.IOC)[0][0] == "expired", "what we had is gone"
    v.depth({1999.0: 5.0}, levels, snapshot=True)
    assert v.order("N", 3, 2000.0, Style.IOC) == [("filled", 3.0, 2000.0)], "the market is told as if we were not there"
    assert [type(m) for m in v.send("N", 1, 1999.5, post_only=True)] in ([Accepted], [])

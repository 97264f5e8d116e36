"""Orders: V-01 to V-07, a test for each row of the table, for each exchange."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.conftest import Made

from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.orders import Accepted, Cancelled, Rejected, Style

POST_ONLY = {
    "binanceusdm": [("rejected", "post_only", "-5022")],
    "grvt": [("rejected", "post_only", "FAIL_POST_ONLY")],
    "lighter": [("accepted",), ("cancelled", "post_only", "canceled-post-only")],
}


def test_V01_post_only_that_crosses_on_arrival(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    assert v.order("N", 1, 2000.0, post_only=True) == POST_ONLY[exchange]
    assert v.order("N", -1, 1999.0, post_only=True) == POST_ONLY[exchange]
    assert v.order("N", 1, 1999.99, post_only=True) == [("accepted",)]
    assert v.quote(1990.0, 5, 1999.99, 5) != (), "the one that did not cross rests"
    assert v.trade(1000.0, 50, False) == () and v.held("N") == 1.0, "of the others nothing is left"


@pytest.mark.parametrize(("before", "after", "crosses"), [(2001.0, 2000.0, True), (2000.0, 2001.0, False)])
def test_V02_crossing_is_judged_by_the_book_at_arrival(
    venue: Made, exchange: str, before: float, after: float, crosses: bool
) -> None:
    v = venue(latency=Latency(entry_us=400_000))
    v.quote(1999.0, 5, before, 5)
    sent = v.now_us
    assert v.send("N", 1, 2000.0, post_only=True) == ()
    v.quote(1999.0, 5, after, 5, at=sent + 300_000)
    assert [type(m) for m in v.settle()] == (
        [Accepted] if not crosses else [Accepted, Cancelled] if exchange == "lighter" else [Rejected]
    )


REST_OF_IOC = {"binanceusdm": "EXPIRED", "grvt": "IOC_CANCEL", "lighter": "canceled"}


def test_V03_ioc_fills_what_crosses_and_the_rest_is_gone(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 2)
    rest = ("expired", REST_OF_IOC[exchange])
    assert v.order("N", 3, 2001.0, Style.IOC) == [("filled", 2.0, 2000.0), rest]
    assert v.order("N", 3, 1999.5, Style.IOC) == [rest]
    assert v.order("N", -3, 1999.0, Style.IOC) == [("filled", 3.0, 1999.0)]


def test_V03_partial_fills_are_told_level_by_level(venue: Made, exchange: str) -> None:
    v = venue()
    v.depth({1999.0: 5}, {2000.0: 1, 2001.0: 2, 2003.0: 9}, snapshot=True)
    fills = [("filled", 1.0, 2000.0), ("filled", 2.0, 2001.0)]
    assert v.order("N", 5, 2002.0, Style.IOC) == [*fills, ("expired", REST_OF_IOC[exchange])]


FOK_TOO_LARGE = {
    "binanceusdm": [("rejected", "fok", "-5021")],
    "grvt": [("expired", "FOK_CANCEL")],
    "lighter": [("rejected", "unsupported", "21705")],
}
TWO = [("filled", 2.0, 2000.0)]
FOK_THAT_FITS = {"binanceusdm": TWO, "grvt": TWO, "lighter": FOK_TOO_LARGE["lighter"]}


def test_V04_fok_is_full_or_nothing_or_not_there(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 2)
    assert v.order("N", 3, 2000.0, Style.FOK) == FOK_TOO_LARGE[exchange]
    assert v.held("N") == 0.0
    assert v.order("N", 2, 2000.0, Style.FOK) == FOK_THAT_FITS[exchange]


REDUCE_ONLY: dict[str, list[Any]] = {
    "binanceusdm": [("rejected", "reduce_only", "-2022")],
    "grvt": [("rejected", "reduce_only", "FAIL_REDUCE_ONLY")],
    "lighter": [],
}


def test_V05_reduce_only_without_a_position_or_on_its_side(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    assert v.order("N", -1, reduce_only=True) == REDUCE_ONLY[exchange]
    assert v.order("N", -1, 2010.0, reduce_only=True) == REDUCE_ONLY[exchange]
    assert v.order("N", 1) == [("filled", 1.0, 2000.0)]
    assert v.order("N", 1, reduce_only=True) == REDUCE_ONLY[exchange]
    assert v.order("N", -1, reduce_only=True) == [("filled", 1.0, 1999.0)]


def test_V05_nobody_keeps_silent_about_an_order_that_was_accepted(venue: Made, exchange: str) -> None:
    """On bars what arrives within one waits for its end: accepted, and refused when the position is gone by then."""
    v = venue()
    v.bar(2000.0, 2000.0, 2000.0, 2000.0, at=0)
    v.order("N", 1)
    v.bar(2000.0, 2000.0, 2000.0, 2000.0, at=60_000_000)
    assert v.held("N") == (1.0)
    v.until(61_000_000)
    assert v.order("N", -1) == v.order("N", -1, reduce_only=True) == [("accepted",)]
    told = v.bar(2000.0, 2000.0, 2000.0, 2000.0, at=120_000_000)
    reasons = [m.reason for m in told if isinstance(m, Rejected | Cancelled)]
    assert reasons == ["reduce_only"] and v.held("N") == 0.0


REST_OF_MARKET = {"binanceusdm": "EXPIRED", "grvt": "MARKET_CANCEL", "lighter": "canceled-too-much-slippage"}
SHRUNK = {"binanceusdm": "EXPIRED", "grvt": "REDUCE_ONLY_LIMIT", "lighter": "canceled-reduce-only"}


def test_V06_reduce_only_beyond_the_position(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 9, 2000.0, 9)
    v.order("N", 1)
    assert v.order("N", -3, reduce_only=True) == [("filled", 1.0, 1999.0), ("expired", REST_OF_MARKET[exchange])]
    assert v.held("N") == 0.0


def test_V06_resting_reduce_only_orders_shrink_with_the_position(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 9, 2000.0, 9)
    v.order("N", 2)
    v.order("N", -2, 2010.0, reduce_only=True)
    v.order("N", -2, 2020.0, reduce_only=True)
    v.order("N", -1)
    told = v.quote(2010.0, 9, 2011.0, 9)
    gone = ("reduce_only", SHRUNK[exchange])
    filled = [m for m in told if not isinstance(m, Cancelled)]
    assert [(m.client_id, m.quantity, m.price) for m in filled] == [("2", 1.0, 2010.0)]
    assert {(m.client_id, m.reason, m.code) for m in told if isinstance(m, Cancelled)} == {("2", *gone), ("3", *gone)}
    assert v.held("N") == 0.0


def test_V07_both_sides_side_by_side_where_there_is_a_hedge_mode(venue: Made, exchange: str) -> None:
    v = venue(hedge=True)
    v.quote(1999.0, 9, 2000.0, 9)
    if exchange != "binanceusdm":
        assert v.order("L", 1) == [("rejected", "position_side", "")]
        return
    assert v.order("L", 2) == [("filled", 2.0, 2000.0)]
    assert v.order("S", 1) == [("filled", 1.0, 1999.0)]
    assert (v.held("L"), v.held("S")) == (2.0, -1.0)
    assert v.order("S", -2) == [("filled", 1.0, 2000.0), ("expired", "EXPIRED")], "closing needs no flag"
    assert v.order("S", -1) == [("rejected", "reduce_only", "-2022")]
    assert v.order("N", 1) == [("rejected", "position_side", "-4061")]


def test_V07_without_it_all_legs_are_one_net_position(venue: Made) -> None:
    v = venue()
    v.quote(1999.0, 9, 2000.0, 9)
    v.order("L", 2)
    v.order("S", 3)
    assert v.held("L") == v.held("S") == v.held("N") == -1.0

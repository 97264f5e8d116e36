"""Accounts: V-08 to V-12."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.conftest import Made
from tests.conformance.venue_under_test import SECOND, briefs

from fsmtrader.domain.instruments import Fees
from fsmtrader.domain.orders import Filled, Funded, Liquidated, Style
from fsmtrader.venues.simulated.profiles import PROFILES

FREE = Fees(0.0, 0.0)
HOUR = 3_600 * SECOND


def test_V08_the_average_entry(venue: Made) -> None:
    v = venue(fees=FREE)
    v.quote(2000.0, 9, 2000.0, 9)
    v.order("N", 1)
    v.quote(2040.0, 9, 2040.0, 9)
    v.order("N", 3)
    assert v.venue.position("N") == (4.0, 2030.0), "adding averages"
    v.quote(2050.0, 9, 2050.0, 9)
    v.order("N", -1)
    assert v.venue.position("N") == (3.0, 2030.0), "reducing leaves it"
    v.order("N", -5)
    assert v.venue.position("N") == (-2.0, 2050.0), "a flip begins anew at the fill"
    assert v.venue.cash("main") == (100_080.0, 80.0, 0.0, 0.0)


FEES = {"binanceusdm": (1.0, 0.2), "grvt": (0.9, 0.26), "lighter": (0.0, 0.0)}
"""of 2,000 taken, of 1,000 made"""


def test_V09_fees_of_each_fill(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1000.0, 0, 2000.0, 1)
    taken, made = FEES[exchange]
    (fill, *_) = [m for m in (*v.send("N", 2, 2000.0, Style.IOC), *v.settle()) if isinstance(m, Filled)]
    assert (fill.quantity, fill.maker) == (1.0, False), "the fee is of what was filled"
    assert fill.fee == pytest.approx(taken)
    v.order("N", 1, 1000.0)
    (fill,) = v.trade(1000.0, 1, False)
    assert fill.maker and fill.fee == pytest.approx(made)
    assert v.venue.cash("main")[2] == pytest.approx(taken + made)


def test_V09_a_rebate_is_received_and_cash_adds_up(venue: Made) -> None:
    v = venue(fees=Fees(-0.0001, 0.0005))
    v.quote(1999.0, 0, 2000.0, 5)
    v.order("N", 2)
    v.order("N", 1, 1999.0)
    (fill,) = v.trade(1999.0, 1, False)
    assert fill.fee == pytest.approx(-0.1999)
    v.funding(0.001, 2000.0)
    v.quote(2010.0, 5, 2011.0, 5)
    v.order("N", -3)
    wallet, realised, fees, funding = v.venue.cash("main")
    assert realised == pytest.approx(2 * 10 + 11) and funding == pytest.approx(-6.0)
    assert fees == pytest.approx(2.0 - 0.1999 + 3 * 2010 * 0.0005)
    assert wallet == pytest.approx(100_000 + realised - fees + funding)


HOURS = {"binanceusdm": 8, "grvt": 8, "lighter": 1}


def test_V10_funding_at_the_venues_boundaries(venue: Made, exchange: str) -> None:
    v = venue(fees=FREE)
    assert PROFILES[exchange](FREE, v.setup.latency).funding_of(v.setup.symbol) == HOURS[exchange] * HOUR
    v.quote(2000.0, 9, 2000.0, 9)
    v.order("N", 2)
    v.order("O", -1)
    told = [
        message
        for hour in range(HOURS[exchange], 25, HOURS[exchange])
        for message in v.funding(0.0001, 2000.0, at=hour * HOUR)
    ]
    assert len(told) == 2 * 24 // HOURS[exchange]
    assert briefs(tuple(told[:2])) == [("funded", "N", -0.4), ("funded", "O", 0.2)], "positive: who is long pays"
    assert v.venue.cash("main")[3] == pytest.approx(-0.4 * 24 / HOURS[exchange])
    assert briefs(v.funding(-0.0001)) == [("funded", "N", 0.4), ("funded", "O", -0.2)], "on the mark"


def test_V10_a_position_must_be_there_at_the_instant(venue: Made) -> None:
    v = venue(fees=FREE)
    v.quote(2000.0, 9, 2000.0, 9)
    assert v.funding(0.001) == ()
    v.order("N", 2)
    v.order("N", -2)
    assert v.funding(0.001) == ()


def test_V11_fundings_and_liquidations_are_on_the_mark(venue: Made) -> None:
    v = venue(fees=FREE, capital=1_000.0)
    v.mark(2000.0)
    v.quote(2000.0, 9, 2000.0, 9)
    v.order("N", 9)
    assert v.quote(1500.0, 9, 1500.0, 9) == (), "the last price, or the middle of the touch, liquidates nobody"
    (told,) = v.funding(0.0001)
    assert isinstance(told, Funded) and told.mark == 2000.0
    assert any(isinstance(message, Liquidated) for message in v.mark(1800.0))


LIQUIDATIONS: dict[str, tuple[float, float, list[Any], float]] = {
    # 1,000 + 9 (p - 2,000) = 0.004 * 9 p at p = 17,000 / 8.964 = 1,896.47; 64 are left of a fee of 0.5 %
    "binanceusdm": (1897.0, 1896.0, [("liquidated", "N", -9.0, 1896.0, 64.0)], 0.0),
    # 0.01 * 9 p at p = 17,000 / 8.91 = 1,907.97; the insurance fund takes all that is left, 163
    "grvt": (1908.0, 1907.0, [("liquidated", "N", -9.0, 1907.0, 163.0)], 0.0),
    # 0.012 * 9 p at p = 17,000 / 8.892 = 1,911.83; four at 1,910, for 1 %: then 118.6 are above 0.012 * 5 * 1,911
    "lighter": (1912.0, 1911.0, [("liquidated", "N", -4.0, 1910.0, 76.4)], 5.0),
}
CODES = {"binanceusdm": "CANCELED", "grvt": "LIQUIDATION", "lighter": "canceled-liquidation"}


def test_V12_below_the_maintenance_margin(venue: Made, exchange: str) -> None:
    safe, below, closed, left = LIQUIDATIONS[exchange]
    v = venue(fees=FREE, capital=1_000.0)
    v.mark(2000.0)
    v.quote(2000.0, 9, 2000.0, 9)
    v.order("N", 9)
    v.order("N", -1, 2100.0, reduce_only=True)
    v.quote(1910.0, 4, 1911.0, 4)
    assert v.mark(safe) == ()
    assert briefs(v.mark(below)) == [("cancelled", "liquidation", CODES[exchange]), *closed]
    assert v.held("N") == left
    assert v.mark(below) == (), "and now there is margin enough, or nothing"
    if left == 0.0:
        assert v.venue.cash("main")[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("exchange", ["lighter"])
def test_V12_what_cannot_be_sold_at_its_zero_price_is_tried_again_and_taken_over_at_last(venue: Made) -> None:
    # 563.6 are left with five at 2,000 after the first four; equity 563.6 + 5 (p - 2,000)
    v = venue(fees=FREE, capital=1_000.0)
    v.mark(2000.0)
    v.quote(2000.0, 9, 2000.0, 9)
    v.order("N", 9)
    v.quote(1880.0, 4, 1911.0, 4)
    assert v.mark(1911.0) == (), "the zero price is 1,888.89: nobody pays it"
    assert v.held("N") == 9.0
    assert briefs(v.quote(1910.0, 4, 1911.0, 4)) == [("liquidated", "N", -4.0, 1910.0, 76.4)]
    # the close-out margin, 0.008 * 5 p, at p = 9,436.4 / 4.96 = 1,902.50
    assert briefs(v.mark(1900.0)) == [("liquidated", "N", -5.0, 1900.0, 63.6)]
    assert v.venue.cash("main")[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("exchange", ["lighter"])
def test_V12_a_position_is_sold_level_by_level_down_to_its_zero_price(venue: Made) -> None:
    # equity 199 and a maintenance margin of 206.388 at 1,911: the zero price is 1,888.89; 1 % is less than what is better
    v = venue(fees=FREE, capital=1_000.0)
    v.mark(2000.0)
    v.depth({1999.0: 9}, {2000.0: 9}, snapshot=True)
    v.order("N", 9)
    v.depth({1910.0: 2, 1909.0: 1, 1888.0: 9}, {1912.0: 1}, snapshot=True)
    first, second = ("liquidated", "N", -2.0, 1910.0, 38.2), ("liquidated", "N", -1.0, 1909.0, 19.09)
    assert briefs(v.mark(1911.0)) == [first, second]
    assert v.held("N") == pytest.approx(6.0)


@pytest.mark.parametrize("exchange", ["binanceusdm"])
def test_V12_in_hedge_mode_both_sides_share_one_price(venue: Made) -> None:
    # 1,000 + 6 (p - 2,000) - 3 (p - 2,000) = 0.004 * 9 p at p = 5,000 / 2.964 = 1,686.9
    v = venue(fees=FREE, capital=1_000.0, hedge=True)
    v.mark(2000.0)
    v.quote(2000.0, 9, 2000.0, 9)
    v.order("L", 6)
    v.order("S", 3)
    assert v.mark(1687.0) == ()
    assert [(m.leg, m.change) for m in v.mark(1686.0)] == [("L", -6.0), ("S", -3.0)]

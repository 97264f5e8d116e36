"""Accounts at the simulated venue (V-08 to V-12, V-22): positions, cash, funding, marks, liquidation."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsmtrader.domain.instruments import Fees
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import Cancelled, Effect, Expired, Filled, Funded, Liquidated, OrderIntent, Rejected, Style
from fsmtrader.numeric.margin import zero_price
from fsmtrader.venues.simulated import Side, SimulatedVenue, VenueAccount, VenueLeg, VenueMarket, binance_usdm
from fsmtrader.venues.simulated.profiles import lighter

FREE = Fees(0.0, 0.0)


def test_V08_adding_averages_reducing_leaves_and_a_flip_restarts(desk: Any) -> None:
    d = desk(hedge=False, fees=FREE)
    d.flat(100)
    d.send("N", 1)
    d.flat(104)
    d.send("N", 3)
    assert d.position("N") == (4.0, 103.0)
    d.flat(105)
    d.send("N", -1)
    assert d.position("N") == (3.0, 103.0)
    assert d.venue.cash("main")[1] == 2.0
    d.send("N", -5)
    assert d.position("N") == (-2.0, 105.0)
    assert d.venue.cash("main") == (10_008.0, 8.0, 0.0, 0.0)


def test_V09_fees_are_of_what_was_filled_and_a_rebate_is_received(desk: Any) -> None:
    d = desk(fees=Fees(-0.0001, 0.0005))
    d.book(99.5, 0, 100.0, 2)
    (taken, _) = d.send("L", 3, 100.0, Style.IOC)
    assert taken.fee == pytest.approx(0.1) and not taken.maker
    d.send("L", 2, 99.5)
    (made,) = d.trade(99.5, 1, -1.0)
    assert made.fee == pytest.approx(-0.00995) and made.maker
    assert d.venue.cash("main")[0] == pytest.approx(10_000 - 0.1 + 0.00995)


def test_V10_a_positive_rate_lets_longs_pay_shorts_at_the_boundary(desk: Any) -> None:
    d = desk(fees=FREE)
    d.flat(100)
    d.send("L", 3)
    d.send("S", 1)
    assert d.funding(0.001, 102.0) == (
        Funded("L", -0.306, 0.001, 102.0),
        Funded("S", pytest.approx(0.102), 0.001, 102.0),
    )
    assert d.funding(-0.001) == (Funded("L", 0.3, -0.001, 100), Funded("S", -0.1, -0.001, 100))
    assert d.venue.cash("main")[3] == pytest.approx(-0.004)
    assert d.venue.cash("main")[0] == pytest.approx(9_999.996)


def test_V10_a_position_must_exist_at_the_instant(desk: Any) -> None:
    d = desk(fees=FREE)
    d.flat(100)
    assert d.funding(0.001) == ()
    d.send("L", 3)
    d.send("L", -3)
    assert d.funding(0.001) == ()


def test_V10_legs_that_share_a_net_position_receive_its_funding_together(desk: Any) -> None:
    d = desk(hedge=False, fees=FREE)
    d.flat(100)
    d.send("L", 3)
    d.send("S", 1)
    told = d.funding(0.01)
    assert [(m.leg, m.amount) for m in told] == [("L", -3.0), ("S", 1.0)]
    assert d.position("N")[0] == 2.0 and sum(m.amount for m in told) == -2.0


def test_V11_the_mark_is_apart_from_the_last_price(desk: Any) -> None:
    d = desk(fees=FREE)
    d.flat(100)
    d.send("L", 3)
    d.mark(90)
    d.flat(120)
    assert d.venue.mark("L") == 90
    assert d.venue.equity("main") == 9_970.0
    assert d.funding(0.001)[0].mark == 90


def test_V11_coarse_marks_serve_fundings_only(desk: Any) -> None:
    d = desk(fees=FREE, coarse_marks=True)
    d.flat(100)
    d.send("L", 3)
    d.mark(90)
    assert d.venue.mark("L") == 100 and d.venue.equity("main") == 10_000.0
    assert d.funding(0.001)[0].mark == 90


def test_V12_an_account_below_its_maintenance_margin_is_closed(desk: Any) -> None:
    # 90 long at 100 with 1,000: 1,000 + 90 (p - 100) = 0.01 * 90 p at p = 8,000 / 89.1 = 89.7868
    d = desk(fees=FREE, capital=1_000.0, liquidation_fee=0.005)
    d.flat(100)
    d.send("L", 90)
    d.send("L", 1, 80.0)
    assert d.venue.liquidation_price("L") == pytest.approx(8_000 / 89.1)
    assert d.flat(89.8) == ()
    told = d.flat(89.7)
    assert told[0] == Cancelled("2", "liquidation")
    assert told[1] == Liquidated("L", -90.0, 89.7, pytest.approx(0.005 * 90 * 89.7))
    assert d.position("L")[0] == 0.0 and d.venue.open_orders("main") == ()
    assert d.venue.cash("main")[0] == pytest.approx(1_000 - 90 * 10.3 - 0.005 * 90 * 89.7)
    assert d.flat(50) == ()


def test_V12_the_second_tier_has_its_rate_and_deduction(desk: Any) -> None:
    d = desk(fees=FREE, capital=10_000.0)
    d.flat(100)
    d.send("L", 500)
    assert d.venue.maintenance("main") == 50_000 * 0.02 - 100
    assert d.venue.liquidation_price("L") == pytest.approx((40_000 - 100) / (500 * 0.98))


def test_V12_liquidation_uses_the_mark(desk: Any) -> None:
    d = desk(fees=FREE, capital=1_000.0)
    d.mark(100)
    d.flat(100)
    d.send("L", 90)
    assert d.flat(50) == ()
    assert any(isinstance(m, Liquidated) for m in d.mark(89))


def test_V12_hedged_sides_share_one_price_and_are_closed_together(desk: Any) -> None:
    # 1,000 + 90 (p - 100) - 30 (p - 100) = 0.01 * 120 p at p = 5,000 / 58.8
    d = desk(fees=FREE, capital=1_000.0)
    d.flat(100)
    d.send("L", 90)
    d.send("S", 30)
    assert d.venue.liquidation_price("L") == d.venue.liquidation_price("S") == pytest.approx(5_000 / 58.8)
    assert d.flat(85.1) == ()
    told = d.flat(85.0)
    assert [(m.leg, m.change, m.price) for m in told] == [("L", -90.0, 85.0), ("S", -30.0, 85.0)]


def test_V12_legs_of_one_net_position_are_closed_for_one_fee(desk: Any) -> None:
    d = desk(hedge=False, fees=FREE, capital=1_000.0, liquidation_fee=0.001)
    d.flat(100)
    d.send("L", 120)
    d.send("S", 30)
    assert d.position("N") == (90.0, 100.0)
    told = d.flat(89.0)
    assert [(m.leg, m.change, m.price) for m in told] == [("L", -120.0, 89.0), ("S", -30.0, 89.0)]
    assert [m.fee for m in told] == [pytest.approx(0.8 * 8.01), pytest.approx(0.2 * 8.01)]
    assert d.position("N")[0] == 0.0 and d.venue.cash("main")[0] == pytest.approx(1_000 - 990 - 8.01)


def test_V12_of_two_accounts_in_a_market_the_one_without_margin_is_closed() -> None:
    profile = binance_usdm(FREE)
    legs = [VenueLeg("poor", "a", 0, Side.LONG), VenueLeg("rich", "b", 0, Side.LONG)]
    accounts = [VenueAccount("a", profile, 100.0), VenueAccount("b", profile, 1_000.0)]
    venue = SimulatedVenue([VenueMarket("ETH/USDT")], accounts, legs)

    def bar(price: float) -> list[str]:
        told = venue.news(MarketEvent(0, Kind.BAR, 0, price, price, price, price, 1.0))
        return [message.leg for message in told if isinstance(message, Liquidated)]

    bar(1_000.0)
    for leg in ("poor", "rich"):
        venue.take(OrderIntent(leg, leg, 1.0, Effect.OPEN, False), 0)
    assert bar(999.0) == [] and bar(904.0) == [] and bar(903.0) == ["poor"]
    assert bar(500.0) == [] and venue.position("rich") == (1.0, 1_000.0)


def test_an_account_without_free_margin_can_still_reduce(desk: Any) -> None:
    d = desk(hedge=False, fees=FREE, capital=1_000.0)
    d.flat(100)
    d.send("N", 190)
    d.flat(96.5)
    assert d.venue.equity("main") < 190 * 96.5 / 20
    assert [type(m) for m in d.send("N", 0.2)] == [Rejected]
    assert [type(m) for m in d.send("N", -1, reduce_only=True)] == [Filled]
    assert [type(m) for m in d.send("N", -1)] == [Filled]


def test_what_doubles_leave_over_is_no_position(desk: Any) -> None:
    d = desk(fees=FREE, capital=1e6)
    d.flat(100)
    d.send("L", 900.0)
    for _ in range(900):
        d.send("L", 0.7)
        d.send("L", -1.7)
    assert d.position("L")[0] == 0.0 and d.funding(0.01) == ()


def test_V12_losses_beyond_the_wallet_are_the_insurance_funds(desk: Any) -> None:
    d = desk(fees=FREE, capital=1_000.0)
    d.flat(100)
    d.send("S", 90)
    (told,) = d.flat(150)
    assert told == Liquidated("S", -90.0, pytest.approx(100 + 1_000 / 90), 0.0)
    assert d.venue.cash("main")[0] == pytest.approx(0.0, abs=1e-9)


def test_V12_another_market_of_the_account_is_counted(desk: Any) -> None:
    d = desk(fees=FREE, capital=1_000.0)
    # 1,000 + 50 (91 - 100) + 50 (p - 100) = 0.01 * 50 (91 + p) at p = 4,495.5 / 49.5
    d.flat(100, at=0)
    d.flat(100, market=1, at=0)
    d.send("L", 50)
    d.send("D", 50)
    assert d.flat(91, market=1) == ()
    assert d.venue.liquidation_price("L") == pytest.approx(4_495.5 / 49.5)
    assert d.flat(90.9) == ()
    assert [m.leg for m in d.flat(90.8)] == ["L", "D"]


def test_no_margin_no_liquidation(desk: Any) -> None:
    d = desk(margin=False, capital=10.0)
    d.flat(100)
    d.send("L", 500)
    assert d.flat(10) == () and d.venue.equity("main") < 0


@pytest.mark.parametrize("seed", range(4))
def test_V12_the_bands_miss_no_liquidation(desk: Any, seed: int) -> None:
    """What is told with bands is what a look at every single price tells."""
    dice = random.Random(seed)
    d = desk(capital=2_000.0, fees=FREE)
    d.flat(100)
    d.send("L", 150)
    d.send("S", 60)
    price = 100.0
    for _ in range(3_000):
        price *= math.exp(dice.gauss(-0.0003, 0.004))
        equity = 2_000 + 150 * (price - 100) - 60 * (price - 100)
        sides = [150 * price, 60 * price]
        need = sum(0.01 * n if n <= 1e4 else 0.02 * n - 100 for n in sides)
        told = d.flat(price)
        assert bool(told) == (equity < need)
        if told:
            return
    pytest.fail("the market never fell far enough")


def play(d: Any, seed: int, hedge: bool) -> list[Any]:
    """A market of all kinds of events with random orders; everything that was told."""
    dice = random.Random(seed)
    told: list[Any] = []
    price, bars = 100.0, dice.random() < 0.5
    sent: list[str] = []
    for _ in range(60):
        price = max(20.0, round(2 * price * math.exp(dice.gauss(0.0, 0.02))) / 2)
        pick = dice.random()
        if pick < 0.05:
            told += d.funding(dice.choice((0.01, -0.01)))
        elif pick < 0.1:
            told += d.mark(price)
        elif bars:
            told += d.bar(price, price + 1.5, price - 1.5, price + dice.choice((-0.5, 0.0, 0.5)))
        elif pick < 0.5:
            told += d.book(price - 0.5, dice.randint(0, 5), price, dice.randint(0, 5))
        else:
            told += d.trade(price, dice.randint(1, 5), dice.choice((1.0, -1.0)))
        for _ in range(dice.randint(0, 2)):
            leg = dice.choice(("L", "S") if hedge else ("L", "S", "N"))
            limit = price + dice.choice((-2.0, -1.0, 0.0, 1.0, 2.0))
            style = dice.choice((None, Style.MARKET, Style.IOC, Style.FOK, Style.PASSIVE))
            at_market = style is Style.MARKET
            told += d.send(
                leg,
                dice.choice((-1.0, 1.0)) * dice.randint(1, 30) / 10,
                math.nan if at_market else limit,
                style,
                reduce_only=dice.random() < 0.3,
                post_only=dice.random() < 0.2,
            )
            sent.append(str(d.count))
        if sent and dice.random() < 0.2:
            told += d.cancel(dice.choice(sent))
    return told


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from((200.0, 10_000.0)))
def test_V09_cash_is_realised_less_fees_and_funding(desk: Any, seed: int, hedge: bool, capital: float) -> None:
    """Cash as told message by message, and again from the fills alone, with legs' own average prices."""
    d = desk(hedge=hedge, capital=capital, fees=Fees(-0.0001, 0.0005))
    told = play(d, seed, hedge)
    wallet, realised, fees, funding = d.venue.cash("main")
    assert wallet == pytest.approx(capital + realised - fees + funding, abs=1e-9)
    assert fees == pytest.approx(sum(m.fee for m in told if isinstance(m, Filled | Liquidated)), abs=1e-9)
    assert funding == pytest.approx(sum(m.amount for m in told if isinstance(m, Funded)), abs=1e-9)
    bought = {"L": 0.0, "S": 0.0, "N": 0.0}
    paid = 0.0
    for m in told:
        if isinstance(m, Filled | Liquidated):
            leg, quantity = (
                (m.leg, m.change)
                if isinstance(m, Liquidated)
                else (d.legs[m.client_id], d.signs[m.client_id] * m.quantity)
            )
            signed = -quantity if leg == "S" else quantity
            bought[leg] += signed
            paid += signed * m.price
    legs = ("L", "S") if hedge else ("N",)
    assert sum(bought.values()) == pytest.approx(sum(d.position(leg)[0] for leg in legs), abs=1e-9)
    worth = sum(d.position(leg)[0] * d.position(leg)[1] for leg in legs if d.position(leg)[0] != 0.0)
    assert realised == pytest.approx(worth - paid, abs=1e-6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.booleans())
def test_orders_end_once_and_are_never_filled_beyond_their_size(desk: Any, seed: int, hedge: bool) -> None:
    d = desk(hedge=hedge)
    filled: dict[str, float] = {}
    ended: set[str] = set()
    for m in play(d, seed, hedge):
        if isinstance(m, Filled):
            assert m.quantity > 0.0 and m.client_id not in ended
            filled[m.client_id] = filled.get(m.client_id, 0.0) + m.quantity
            assert filled[m.client_id] <= d.sizes[m.client_id] * (1 + 1e-9)
        elif isinstance(m, Rejected | Expired | Cancelled):
            assert m.client_id not in ended
            ended.add(m.client_id)
    full = {name for name, size in d.sizes.items() if filled.get(name, 0.0) >= size * (1 - 1e-9)}
    assert full & ended == set()
    assert full | ended | set(d.venue.open_orders("main")) == set(d.sizes)


@pytest.mark.parametrize("hedge", [True, False])
def test_V22_the_same_calls_give_the_same_answers(desk: Any, hedge: bool) -> None:
    for seed in range(5):
        assert repr(play(desk(hedge=hedge), seed, hedge)) == repr(play(desk(hedge=hedge), seed, hedge))


HASHED = """
from fsmtrader.domain.instruments import Fees
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import Effect, OrderIntent, Style
from fsmtrader.numeric.margin import zero_price
from fsmtrader.venues.simulated import Side, SimulatedVenue, VenueAccount, VenueLeg, VenueMarket, binance_usdm
from fsmtrader.venues.simulated.profiles import lighter
legs = [VenueLeg(a + s.value, a, m, s) for a in ("one", "two") for m in (0, 1) for s in (Side.LONG, Side.SHORT)]
accounts = [VenueAccount(a, binance_usdm(), 500.0) for a in ("one", "two")]
legs = [VenueLeg(f"{l.name}{l.market}", l.account, l.market, l.side) for l in legs]
venue = SimulatedVenue([VenueMarket("ETH/USDT"), VenueMarket("BNB/USDT")], accounts, legs)
told = []
for i in range(200):
    price = 100.0 - i % 7 + i * i % 11 - i * 0.3
    for market in (0, 1):
        told += venue.news(MarketEvent(i, Kind.BAR, market, price, price + 2, price - 2, price, 1.0))
    for n, leg in enumerate(legs):
        change = (5.0 if (i + n) % 3 else -5.0)
        limit = float("nan") if (i + n) % 4 else round(price)
        style = Style.MARKET if limit != limit else Style.LIMIT
        told += venue.take(OrderIntent(f"{i}-{n}", leg.name, change, Effect.OPEN, False, style, limit), i)
print(repr(told))
"""


def test_V22_the_seed_of_hashes_changes_nothing() -> None:
    def said(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", HASHED], env=environment, capture_output=True, text=True, check=True
        ).stdout

    first = said("1")
    assert "Liquidated" in first and "Filled" in first and "Rejected" in first
    assert said("2") == first


def test_V12_one_position_after_the_other_is_sold_until_there_is_margin_enough() -> None:
    """Lighter: 0.06 BTC (margin 72 at 100,000) is sold before 2 ETH (48 at 2,000), and that is enough.

    Of a capital of 500 are 113 left at 93,550, of 0.012 * (5,613 + 4,000) = 115.4 to maintain; after 1 % of the sale 56.9.
    """
    legs = [VenueLeg("E", "a", 0), VenueLeg("B", "a", 1)]
    markets = [VenueMarket("ETH/USDC:USDC"), VenueMarket("BTC/USDC:USDC")]
    venue = SimulatedVenue(markets, [VenueAccount("a", lighter(), 500.0, hedge=False)], legs)
    told: list[Any] = []
    for market, price in ((0, 2_000.0), (1, 100_000.0)):
        venue.news(MarketEvent(0, Kind.BOOK, market, price, 9.0, price, 9.0))
    for leg, change in (("E", 2.0), ("B", 0.06)):
        told += venue.take(OrderIntent(leg, leg, change, Effect.OPEN, False), 0)
    told += venue.advance(1_000_000)
    assert [(m.client_id, m.quantity) for m in told] == [("E", 2.0), ("B", 0.06)]
    told = list(venue.news(MarketEvent(2_000_000, Kind.BOOK, 1, 93_550.0, 9.0, 93_550.0, 9.0)))
    assert [(m.leg, m.change, m.price) for m in told] == [("B", -0.06, 93_550.0)]
    assert venue.position("E")[0] == 2.0 and venue.equity("a") > venue.maintenance("a")


@given(
    st.floats(100.0, 5_000.0),
    st.floats(0.1, 50.0),
    st.floats(0.05, 0.99),
    st.floats(0.001, 0.1),
    st.booleans(),
    st.floats(0.0, 1.0),
)
def test_V12_a_trade_at_the_zero_price_leaves_an_account_as_sound_as_it_was(
    mark: float, size: float, ratio: float, rate: float, is_long: bool, part: float
) -> None:
    """Equity over maintenance margin is the same after a part of the position was closed there, whatever else there is."""
    others = 123.0
    need = size * mark * rate + others
    equity = ratio * need
    price = zero_price(mark, ratio, rate, is_long)
    after = equity + part * size * (price - mark) * (1.0 if is_long else -1.0)
    assert after == pytest.approx(ratio * ((1.0 - part) * size * mark * rate + others), rel=1e-9)

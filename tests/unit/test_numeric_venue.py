"""The numeric heart of the venue: each function by hand, and compiled, to the last bit."""

from __future__ import annotations

import inspect
import math
import random
import struct
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numba.extending import register_jitable

from fsmtrader.numeric import bar_path, depth, filters, funding, margin, matching, positions, queue
from fsmtrader.numeric.registry import JITABLE
from fsmtrader.numeric.registry_venue import OF_VENUES

MODULES = (positions, matching, depth, queue, bar_path, filters, margin, funding)
NAN, INF = math.nan, math.inf
PRICES = (100.0, 101.0, 99.9, 100.1, 0.00012345, 3000.25, 60000.0)
SIZES = (0.0, 1.0, 0.3, 2.5, 1e-12, 123.456)
SIGNED = (*SIZES, -1.0, -0.3, -2.5)
BOTH = (False, True)
LIMITS, RATES, DEDUCTIONS = (50_000.0, 600_000.0, 3_000_000.0), (0.004, 0.005, 0.0065), (0.0, 50.0, 950.0)
VALUES: dict[str, tuple[Any, ...]] = {
    "is_buy": BOTH, "is_short": BOTH, "is_up": BOTH, "post_only": BOTH, "reduces": BOTH,
    "limits": (LIMITS,), "rates": (RATES,), "deductions": (DEDUCTIONS,),
    "exponent": (-12, -3, 0, 2, 5), "markets": (1, 2, 5), "now_us": (0, 1, 28_799_999_999, 28_800_000_000),
    "interval_us": (28_800_000_000,), "tick": (0.0, 0.1, 0.01), "ticks": (0.0, 1.0, 2.0), "lot": (0.0, 0.001, 1e-12),
    "leverage": (1.0, 20.0), "most_leverage": (5.0, 125.0, INF), "aggressor": (1.0, -1.0, NAN),
    "bid": (*PRICES, NAN), "ask": (*PRICES, NAN), "touch": (*PRICES, NAN), "opposite": (*PRICES, NAN), "mark": PRICES,
    "told": (*PRICES, NAN), "rate": (0.0001, -0.0003), "half_spread": (0.0, 0.0001), "impact": (0.0, 0.001),
    "value": PRICES, "notional": (0.0, 50_000.0, 50_000.1, 1e9), "slack": (-1.0, 0.0, 100.0), "gross": (0.0, 2.0),
    "most_quantity": (INF, 100.0), "least_quantity": (0.0, 0.001), "least_notional": (0.0, 20.0),
    "displayed": (*SIZES, INF), "ahead": (*SIZES, INF), "change": SIGNED, "position": SIGNED, "opened": SIGNED, "net": SIGNED,
    "is_bid": BOTH, "is_long": BOTH, "place": (0, 1), "places": (2, 8), "model": (0, 1, 2), "power": (1.0, 2.0, 3.0, 0.5), "seed": (0, 7),
    "number": (0, 1, 2**40, -1), "limit": (*PRICES, NAN),
}  # fmt: skip
IS_A_PRICE = ("price", "average", "open", "high", "low", "close", "extreme", "traded")
MAY_BE_AT_MARKET = ("is_marketable", "take", "breach")


def choices(function: str, name: str) -> tuple[Any, ...]:
    if name in VALUES:
        return VALUES[name]
    if any(part in name for part in IS_A_PRICE):
        return (*PRICES, NAN) if name == "price" and function in MAY_BE_AT_MARKET else PRICES
    return (0.004, 0.01) if name.endswith("rate") else SIZES


def side_of_three() -> Any:
    side = np.zeros(depth.side_size(8))
    for price, size in ((99.9, 1.0), (100.0, 0.3), (100.1, 2.5)):
        depth.set_level(side, price, size, True)
    depth.consume(side, 1, 0.1)
    return side


def public_functions(module: ModuleType) -> Iterator[Callable[..., Any]]:
    for name, thing in vars(module).items():
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_"):
            yield thing


def bits(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(bits(part) for part in result)
    if isinstance(result, float):
        return "nan" if math.isnan(result) else struct.pack("<d", result)
    return result


@pytest.fixture(scope="module", autouse=True)
def registered() -> None:
    for function in JITABLE:
        register_jitable(function)


def test_the_registry_is_complete() -> None:
    moved_by_slices = {depth.set_level, depth.insert, depth.remove}
    made_by_python = {depth.new_side, depth.side_size, *moved_by_slices}
    found = {function for module in MODULES for function in public_functions(module)}
    assert set(OF_VENUES) == found - made_by_python
    assert len(JITABLE) == len(set(JITABLE)) and set(OF_VENUES) < set(JITABLE)


@pytest.mark.parametrize("function", OF_VENUES, ids=lambda f: f.__name__)
def test_compiled(function: Callable[..., Any]) -> None:
    compiled = njit(function)
    dice = random.Random(function.__name__)
    names = list(inspect.signature(function).parameters)
    for _ in range(300):
        arguments = [None if name == "side" else dice.choice(choices(function.__name__, name)) for name in names]
        mine, its = ([side_of_three() if a is None else a for a in arguments] for _ in range(2))
        assert bits(compiled(*mine)) == bits(function(*its)), arguments
        if "side" in names:
            assert mine[0].tobytes() == its[0].tobytes()


# -- positions -------------------------------------------------------------------------------------------------------


def test_a_change_takes_from_a_position_and_then_opens() -> None:
    assert positions.reducing_part(2.0, -3.0) == 2.0 and positions.opening_part(2.0, -3.0) == 1.0
    assert positions.reducing_part(2.0, 3.0) == 0.0 and positions.opening_part(2.0, 3.0) == 3.0
    assert positions.reducing_part(-2.0, 0.5) == 0.5 and positions.opening_part(-2.0, 0.5) == 0.0
    assert positions.opening_part(0.1 + 0.2, -0.3) == positions.opening_part(0.3, -(0.1 + 0.2)) == 0.0


def test_V06_an_order_that_only_reduces_is_cut_to_the_position() -> None:
    assert positions.shrunk(3.0, 2.0, False) == 2.0
    assert positions.shrunk(1.0, 2.0, False) == 1.0
    assert positions.shrunk(1.0, 2.0, True) == 0.0
    assert positions.shrunk(1.0, 0.0, True) == 0.0
    assert positions.shrunk(0.1 + 0.2, 0.3, False) == 0.1 + 0.2


def test_V16_what_a_bar_opened_is_not_closed_in_it() -> None:
    assert positions.room_in_bar(1.0, 1.0, False) == 0.0
    assert positions.room_in_bar(3.0, 1.0, False) == 2.0
    assert positions.room_in_bar(3.0, 1.0, True) == INF
    assert positions.room_in_bar(3.0, 0.0, False) == INF
    assert positions.opened_in_bar(0.0, 0.0, -2.0) == -2.0
    assert positions.opened_in_bar(1.0, 0.0, -3.0) == -2.0
    assert positions.opened_in_bar(1.0, 0.5, -0.5) == 0.5


# -- matching --------------------------------------------------------------------------------------------------------


def test_V02_crossing_is_at_the_touch_or_through_it() -> None:
    assert matching.is_marketable(100.0, 99.0, 100.0, True) and not matching.is_marketable(99.9, 99.0, 100.0, True)
    assert matching.is_marketable(99.0, 99.0, 100.0, False) and not matching.is_marketable(99.1, 99.0, 100.0, False)
    assert matching.is_marketable(NAN, 99.0, 100.0, True) and not matching.is_marketable(NAN, 99.0, NAN, True)


def test_V03_a_taker_gets_what_is_displayed_and_only_the_market_more() -> None:
    assert matching.take(3.0, NAN, 100.0, 2.0, 0.01, True) == (2.0, 1.0, 101.0)
    assert matching.take(3.0, NAN, 100.0, 2.0, 0.01, False) == (2.0, 1.0, 99.0)
    assert matching.take(3.0, 105.0, 100.0, 2.0, 0.01, True)[:2] == (2.0, 0.0)
    assert matching.take(3.0, 105.0, 100.0, -0.5, 0.01, True)[:2] == (0.0, 0.0)


def test_V14_a_trade_at_the_price_eats_the_queue_first_and_one_through_it_does_not() -> None:
    assert matching.after_trade(2.0, 5.0, 0.0, 100.0, 100.0, 6.0, True) == (1.0, 0.0)
    assert matching.after_trade(2.0, 5.0, 0.0, 100.0, 100.0, 4.0, True) == (0.0, 1.0)
    assert matching.after_trade(2.0, 5.0, 0.0, 100.0, 99.9, 1.5, True) == (1.5, 0.0)
    assert matching.after_trade(2.0, 5.0, 0.0, 100.0, 100.1, 9.0, True) == (0.0, 5.0)
    assert matching.after_trade(2.0, 5.0, 0.0, 100.0, 100.1, 9.0, False) == (2.0, 0.0)


def test_V17_what_own_orders_had_of_a_trade_is_gone() -> None:
    assert matching.after_trade(2.0, 5.0, 1.0, 100.0, 100.0, 8.0, True) == (2.0, 0.0)
    assert matching.after_trade(2.0, 5.0, 2.5, 100.0, 100.0, 8.0, True) == (0.5, 0.0)
    assert matching.after_trade(2.0, 0.0, 1.5, 100.0, 99.0, 2.0, True) == (0.5, 0.0)


def test_V15_the_queue_is_what_is_displayed_at_the_touch() -> None:
    assert matching.queue_at(100.0, 100.0, 7.0, True) == 7.0
    assert matching.queue_at(100.1, 100.0, 7.0, True) == 0.0
    assert matching.queue_at(99.9, 100.0, 7.0, True) == INF
    assert matching.queue_at(100.1, 100.0, 7.0, False) == INF
    assert matching.queue_after_book(INF, 99.9, 99.9, 4.0, True) == 4.0
    assert matching.queue_after_book(3.0, 99.9, 99.9, 4.0, True) == 3.0
    assert matching.queue_after_book(3.0, 99.9, 100.0, 4.0, True) == 3.0
    assert matching.queue_after_book(3.0, 99.9, 99.8, 4.0, True) == 0.0


def test_a_trade_hits_the_side_that_did_not_ask_for_it() -> None:
    assert matching.hits(-1.0, True) and not matching.hits(1.0, True)
    assert matching.hits(1.0, False) and not matching.hits(-1.0, False)
    assert matching.hits(NAN, True) and matching.hits(NAN, False)


# -- bars ------------------------------------------------------------------------------------------------------------


def test_V16_the_path_goes_to_the_nearer_extreme_first() -> None:
    assert bar_path.is_up_first(100.0, 101.0, 95.0, 96.0)
    assert not bar_path.is_up_first(100.0, 105.0, 99.0, 104.0)
    assert bar_path.is_up_first(100.0, 101.0, 99.0, 99.5) and not bar_path.is_up_first(100.0, 101.0, 99.0, 100.5)


def test_V16_a_price_must_be_gone_through_by_a_tick() -> None:
    assert not bar_path.penetrates(99.0, 99.0, 0.1, 1.0, True)
    assert bar_path.penetrates(99.0, 98.9, 0.1, 1.0, True)
    assert not bar_path.penetrates(99.0, 98.9, 0.1, 2.0, True)
    assert bar_path.penetrates(99.0, 99.0, 0.1, 0.0, True)
    assert not bar_path.penetrates(99.0, 99.0, 0.0, 1.0, True) and bar_path.penetrates(99.0, 98.999, 0.0, 1.0, True)
    assert bar_path.penetrates(101.0, 101.1, 0.1, 1.0, False) and not bar_path.penetrates(101.0, 101.0, 0.1, 1.0, False)


def test_V16_orders_are_served_along_the_path() -> None:
    def way(price: float, is_up: bool, is_buy: bool) -> float:
        return bar_path.way_to(price, 100.0, 102.0, 97.0, is_up, 0.1, 1.0, is_buy)

    assert way(99.0, False, True) == 1.0
    assert way(99.0, True, True) == 5.0
    assert way(101.0, True, False) == 1.0
    assert way(101.0, False, False) == 7.0
    assert way(97.0, True, True) == INF
    assert way(100.5, True, True) == 0.0


def test_V16_post_only_gains_nothing_in_a_gap() -> None:
    assert bar_path.price_in_gap(100.0, 98.0, False, True) == 98.0
    assert bar_path.price_in_gap(100.0, 98.0, True, True) == 100.0
    assert bar_path.price_in_gap(100.0, 101.0, False, True) == 100.0
    assert bar_path.price_in_gap(100.0, 103.0, False, False) == 103.0


# -- filters ---------------------------------------------------------------------------------------------------------


def test_V24_the_first_filter_that_an_order_breaks() -> None:
    def breach(price: float, quantity: float, reduces: bool = False) -> int:
        return filters.breach(price, quantity, 0.1, 0.001, 0.002, 10.0, 100.0, 50_000.0, reduces)

    assert breach(50_000.1, 0.002) == filters.PASSED
    assert breach(50_000.15, 0.002) == filters.TICK
    assert breach(0.0, 0.002) == breach(-1.0, 0.002) == breach(INF, 1.0) == filters.PRICE
    assert breach(50_000.0, 0.0025) == filters.LOT
    assert breach(50_000.0, 0.001) == filters.MIN_QUANTITY
    assert breach(50_000.0, 0.0) == filters.MIN_QUANTITY
    assert breach(50_000.0, 10.001) == filters.MAX_QUANTITY
    assert breach(49_999.9, 0.002) == filters.MIN_NOTIONAL
    assert breach(49_999.9, 0.002, reduces=True) == filters.PASSED
    assert breach(NAN, 0.002) == filters.PASSED
    assert breach(50_000.0, 0.1 + 0.2) == filters.PASSED


def test_V24_filters_of_a_contract_that_nobody_knows() -> None:
    assert [filters.tick_for(price) for price in (60_000.0, 3_000.0, 99.9, 0.5, 0.00001234)] == [
        1.0,
        0.1,
        0.001,
        1e-5,
        1e-9,
    ]
    assert [filters.lot_for(price) for price in (60_000.0, 3_000.0, 0.5, 5.0, 0.00001)] == [
        1e-5,
        0.001,
        10.0,
        1.0,
        100_000.0,
    ]
    assert filters.power_of_ten_below(1.0) == (1.0, 0) and filters.power_of_ten_below(0.1) == (0.1, -1)


# -- margin and funding ----------------------------------------------------------------------------------------------


def test_V12_maintenance_by_tiers() -> None:
    assert margin.maintenance(40_000.0, LIMITS, RATES, DEDUCTIONS) == 160.0
    assert margin.maintenance(50_000.0, LIMITS, RATES, DEDUCTIONS) == 200.0
    assert margin.maintenance(100_000.0, LIMITS, RATES, DEDUCTIONS) == 450.0
    assert margin.maintenance(4_000_000.0, LIMITS, RATES, DEDUCTIONS) == 25_050.0
    assert margin.maintenance(4_000_000.0, (), (), ()) == 0.0
    assert margin.initial(10_000.0, 20.0, 125.0) == 500.0 and margin.initial(10_000.0, 20.0, 5.0) == 2_000.0


def test_V12_liquidation_price_by_hand() -> None:
    none = (0.0, NAN, 0.0, 0.0)
    # 1,000 of wallet, long 1 at 10,000: 1,000 + (p - 10,000) = 0.004 p
    long = margin.liquidation_price(1_000.0, 0.0, 1.0, 10_000.0, 0.004, 0.0, *none, *none)
    assert long == pytest.approx(9_000.0 / 0.996, rel=1e-12)
    short = margin.liquidation_price(1_000.0, 0.0, -1.0, 10_000.0, 0.004, 0.0, *none, *none)
    assert short == pytest.approx(11_000.0 / 1.004, rel=1e-12)
    assert math.isnan(margin.liquidation_price(20_000.0, 0.0, 1.0, 10_000.0, 0.004, 0.0, *none, *none))


def test_V12_both_hedged_sides_share_one_liquidation_price() -> None:
    # long 3 at 10,000 and short 1 at 9,000, wallet 5,000: 5,000 + 3 (p - 10,000) + (9,000 - p) = 0.004 * 4 p
    none = (0.0, NAN, 0.0, 0.0)
    price = margin.liquidation_price(5_000.0, 0.0, *none, 3.0, 10_000.0, 0.004, 0.0, 1.0, 9_000.0, 0.004, 0.0)
    assert price == pytest.approx(16_000.0 / 1.984, rel=1e-12)


@settings(max_examples=60)
@given(st.floats(-50.0, 50.0), st.floats(100.0, 10_000.0), st.floats(0.5, 1.5), st.floats(1.0, 100_000.0))
def test_V12_at_the_liquidation_price_equity_is_the_maintenance_margin(
    net: float, average: float, way: float, wallet: float
) -> None:
    price = margin.liquidation_price(
        wallet, -7.0, net, average * way, 0.01, 45.0, 0.0, NAN, 0.0, 0.0, 0.0, NAN, 0.0, 0.0
    )
    if not math.isnan(price):
        equity = wallet - 7.0 + net * (price - average * way)
        assert equity == pytest.approx(abs(net) * price * 0.01 - 45.0, rel=1e-6, abs=1e-5 * (1.0 + abs(net) * price))


@settings(max_examples=60)
@given(st.floats(0.01, 1e5), st.floats(0.001, 100.0), st.floats(-1.0, 1.0))
def test_V12_within_the_safe_reach_nothing_is_liquidated(slack: float, gross: float, way: float) -> None:
    reach = margin.safe_reach(slack, gross, 1)
    move = reach * way
    assert slack - gross * abs(move) - 0.5 * gross * abs(move) > 0.0
    assert margin.safe_reach(-1.0, gross, 1) == 0.0


def test_V10_boundaries_and_the_price_of_funding() -> None:
    hour = 3_600_000_000
    assert funding.boundary_after(0, 8 * hour) == 8 * hour
    assert funding.boundary_after(8 * hour - 1, 8 * hour) == 8 * hour
    assert funding.boundary_after(8 * hour, 8 * hour) == 16 * hour
    assert funding.funding_mark(NAN, 5.0) == 5.0 and funding.funding_mark(4.0, 5.0) == 4.0

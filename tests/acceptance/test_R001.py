"""Document 001, requirement by requirement, on the simulated venue with an order book (R001, C001, V001)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.acceptance.book_floor import BookFloor, Live

from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.orders import Filled, Style

SIDES = ("buy", "sell")


def quoting(**values: str) -> BookFloor:
    """A floor that quotes around 100: the book has been told twice, so that a change of the middle is known."""
    floor = BookFloor(**values)
    floor.book()
    floor.book(after=1.0)
    assert floor.risk == "QUOTING"
    return floor


def long(quantity: float, **values: str) -> BookFloor:
    """A floor that has bought a quantity near 100, without static quotes: sellers came to its dynamic ones."""
    floor = quoting(**{"staticFraction": "0", **values})
    buy(floor, quantity, 100.0)
    return floor


def buy(floor: BookFloor, quantity: float, middle: float) -> None:
    """Sellers come down to its bids until it holds a quantity."""
    for _ in range(60):
        live = floor.slot("maker.buy.dynamic")
        if live is not None:
            floor.trade(live.price - 0.01, 1.0, -1.0)
        if floor.value("qX") >= quantity:
            break
        floor.around(middle, after=0.5)
    assert floor.value("qX") == pytest.approx(quantity)


# -- 3.1 the spread ------------------------------------------------------------------------------------------------------


def test_R001_02_both_sides_are_quoted_a_dynamic_and_a_static_part_each() -> None:
    floor = quoting()
    assert floor.slot("maker.buy.dynamic") == Live(99.95, 0.7, True)
    assert floor.slot("maker.buy.static") == Live(99.95, 0.3, True)
    assert floor.slot("maker.sell.dynamic") == Live(100.05, 0.7, True)
    assert floor.slot("maker.sell.static") == Live(100.05, 0.3, True)


def test_R001_03_volatility_is_the_greatest_step_of_the_middle_and_counts_in_shocks() -> None:
    floor = quoting(baseSpread="1%")
    floor.around(100.15)
    floor.around(100.15)
    assert floor.value("volatilityFactor") == pytest.approx(0.0015 / 0.005, rel=1e-6)
    assert floor.value("Spread") == pytest.approx(0.01 * 1.3, rel=1e-6)


def test_R001_05_what_reduces_is_nearer_to_the_middle() -> None:
    floor = long(1.0)
    floor.around(100.0)
    floor.around(100.0)
    bid, ask = floor.slot("maker.buy.dynamic"), floor.slot("maker.sell.dynamic")
    assert bid is not None
    assert ask is not None
    assert ask.price - 100.0 < 100.0 - bid.price


def test_C001_03_a_quote_never_crosses_and_lies_on_the_grid() -> None:
    floor = quoting(baseSpread="0.001%")
    bid, ask = floor.slot("maker.buy.dynamic"), floor.slot("maker.sell.dynamic")
    assert bid is not None
    assert ask is not None
    assert (bid.price, ask.price) == (99.99, 100.01)
    assert not floor.rejected


# -- 3.2 the interval ----------------------------------------------------------------------------------------------------


def test_R001_19_a_dynamic_quote_is_placed_anew_each_cycle_and_not_before() -> None:
    floor = quoting(volK="0")
    placed: list[int] = []
    for step in range(40):
        before = len(floor.orders)
        floor.around(100.0 + 0.01 * (step % 3), after=0.1)
        if any(order.slot == "maker.buy.dynamic" for order in floor.orders[before:]):
            placed.append(step)
    assert {later - earlier for earlier, later in pairwise(placed)} == {10}
    assert not [order for order in floor.orders[8:] if order.slot == "maker.buy.static"]


def test_C001_04_the_cycle_is_longer_when_the_market_moves() -> None:
    floor = quoting()
    floor.around(100.15)
    floor.around(100.15)
    assert floor.value("quoteInterval") == pytest.approx(1.3, rel=1e-6)


# -- 3.3 inside the book, and post-only refusals ---------------------------------------------------------------------------


def test_R001_07_a_wide_book_is_quoted_one_tick_inside() -> None:
    floor = quoting(insertMinSpreadTicks="2", baseSpread="0.2%")
    assert floor.slot("maker.buy.dynamic") == Live(99.96, 0.7, True)
    assert floor.slot("maker.sell.dynamic") == Live(100.04, 0.7, True)
    assert floor.slot("maker.buy.static") == Live(99.90, 0.3, True)


def test_R001_08_after_a_hit_inside_the_side_goes_back_to_its_spread_for_a_while() -> None:
    floor = quoting(insertMinSpreadTicks="2", baseSpread="0.2%")
    floor.trade(99.95, 0.7, -1.0)
    assert floor.value("qX") == pytest.approx(0.7)
    floor.book(after=0.6)
    floor.book(after=0.6)
    hit = floor.slot("maker.buy.dynamic")
    assert hit is not None
    assert hit.price < 99.91
    for _ in range(4):
        floor.book(after=0.6)
    assert floor.slot("maker.buy.dynamic") == Live(99.96, 0.7, True)


def test_R001_44_a_thin_touch_is_not_improved_upon() -> None:
    floor = quoting(insertMinSpreadTicks="2", insertMinDepth="1.5")
    assert floor.slot("maker.buy.dynamic") == Live(99.95, 0.7, True)


def test_R001_24_a_refused_post_only_order_is_sent_again_as_a_plain_one() -> None:
    floor = BookFloor(latency=Latency(0, 20_000, 20_000))
    for step in range(400):
        floor.around(100.0 + (0.1 if step % 2 else -0.1), after=0.013)
    refused = [answer for answer in floor.rejected if answer.reason == "post_only"]
    refused_ids = {answer.client_id for answer in refused}
    dynamic = [order for order in floor.orders if order.slot.endswith("dynamic")]
    first = next(order for order in dynamic if order.client_id in refused_ids)
    after = [order for order in dynamic[dynamic.index(first) + 1 :] if order.slot == first.slot]
    assert first.post_only
    assert not after[0].post_only, "the same side, at once, as a plain order"
    assert ("MAKER", "RETRY", "") in floor.moves


def test_R001_25_the_post_only_flag_goes_out_as_the_strategy_has_it() -> None:
    floor = quoting()
    assert {order.post_only for order in floor.orders} == {True}
    assert {order.style for order in floor.orders} == {Style.LIMIT}


def test_R001_22_static_quotes_are_always_post_only() -> None:
    floor = BookFloor(latency=Latency(0, 20_000, 20_000))
    for step in range(40):
        floor.around(100.0 + (0.2 if step % 2 else -0.2), after=0.013)
    assert {order.post_only for order in floor.orders if order.slot.endswith("static")} == {True}


# -- 3.4 and 3.5 reducing --------------------------------------------------------------------------------------------------


def test_R001_26_at_the_threshold_nothing_that_adds_is_quoted() -> None:
    floor = long(3.0)
    floor.pass_time(0.001)
    assert floor.risk == "REDUCE_ONLY"
    assert [floor.slot(f"maker.{side}.{part}") for side in SIDES for part in ("dynamic", "static")] == [None] * 4


def test_V001_a_reducing_order_walks_the_book_to_its_clamp_and_no_further() -> None:
    floor = BookFloor(
        reduceOnlyThreshold="5", lossClosePct="0.1%", shockPct="10%", shockWindowPct="0%", staticFraction="0"
    )
    floor.around(100.5)
    floor.around(100.5)
    buy(floor, 4.0, 100.5)
    before = len(floor.fills)
    for _ in range(4):
        floor.book(after=0.6)
        if len(floor.fills) > before:
            break
    got = [(fill.price, fill.quantity) for fill in floor.fills[before:]]
    order = floor.orders[-1]
    assert (order.style, order.reduce_only, order.price, order.change) == (Style.IOC, True, 99.80, -4.0)
    assert got == [(99.95, 1.0), (99.90, 2.0)]
    assert len(floor.expired) == 1
    assert floor.value("qX") == pytest.approx(1.0)
    event, adjust = floor.records("risk_event")[-1], floor.records("strategy_adjust")[-1]
    assert (event["wanted"], event["within"]) == (4.0, 3.0)
    assert (adjust["depthFillPrice"], adjust["depthFillAvailable"]) == (99.70, 3.0)
    assert adjust["depthSlippage"] == pytest.approx(0.003, abs=1e-12)


def test_R001_13_what_the_book_offers_is_recorded_with_each_reducing_order() -> None:
    floor = long(3.0, reduceOnlyThreshold="3")
    floor.around(99.80, after=0.2)
    floor.pass_time(2.0)
    rows = floor.records("strategy_adjust")
    assert rows
    assert rows[0] == pytest.approx(
        {"depthFillPrice": 99.75, "depthFillAvailable": 15.0, "depthSlippage": 1.0 - 99.75 / 99.80}, rel=1e-6
    )


def test_R001_14_in_profit_the_resting_order_stays_over_the_cycles() -> None:
    floor = long(3.0)
    kept = Live(99.96, 1.0, True)
    for best in (99.95, 99.93, 99.92, 99.91):
        floor.book({best: 5.0}, {100.05: 5.0}, after=0.7)
        assert floor.slot("maker.sell.take") == kept
    assert len([order for order in floor.orders if order.slot == "maker.sell.take"]) == 1
    floor.book({99.88: 5.0}, {100.05: 5.0}, after=0.7)
    assert floor.slot("maker.sell.take") == Live(99.89, 1.0, True)


def test_R001_15_without_bids_the_order_goes_out_at_the_clamp_and_then_further() -> None:
    floor = long(3.0)
    for _ in range(16):
        floor.book({99.10: 5.0}, {99.94: 1.0}, after=0.9)
    prices = [order.price for order in floor.orders if order.style is Style.IOC]
    shares = [1.0 - price / 99.52 for price in prices]
    assert [round(share, 3) for share in shares[:5]] == [0.002, 0.002, 0.002, 0.002, 0.004]
    stages = [row["stage"] for row in floor.records("risk_event") if "slippage" in row and "wanted" not in row]
    assert stages[:2] == [1.0, 2.0]


def test_R001_40_a_reducing_order_is_never_larger_than_the_position() -> None:
    floor = long(3.0)
    floor.around(99.90, after=0.2)
    for _ in range(8):
        floor.around(99.90)
    held = 3.0
    for order in (o for o in floor.orders if o.style is Style.IOC):
        assert abs(order.change) <= held + 1e-9
        held += order.change
    assert floor.value("qX") >= 0.0


def test_R001_46_what_adds_is_cancelled_before_a_profit_is_taken() -> None:
    floor = long(1.0, baseSpread="1%", takeProfitPct="0.1%")
    for _ in range(4):
        floor.around(100.0, after=0.8)
    closing = next(order for order in floor.orders if order.style is Style.IOC)
    added = [o.client_id for o in floor.orders[: floor.orders.index(closing)] if o.change > 0]
    gone = {c.client_id for c in floor.cancels} | {f.client_id for f in floor.fills}
    assert set(added) <= gone
    assert closing.change == -1.0
    assert ("QUOTING", "REDUCE_ONLY", "profit or loss") in floor.moves


# -- 3.6 static quotes -----------------------------------------------------------------------------------------------------


def test_R001_21_a_static_quote_is_replaced_beyond_its_ticks_only() -> None:
    floor = quoting()
    floor.around(100.05)
    assert floor.slot("maker.buy.static") == Live(99.95, 0.3, True)
    floor.around(100.07)
    moved = floor.slot("maker.buy.static")
    assert moved is not None
    assert moved.price == pytest.approx(100.07 * (1 - 0.0005 * (1 + 0.1)), abs=0.011)


# -- 4 risk ----------------------------------------------------------------------------------------------------------------


def test_R001_28_what_could_pass_the_hard_limit_is_refused_with_an_alarm() -> None:
    floor = quoting(netMax="1.5", reduceOnlyThreshold="1.4")
    floor.trade(99.95, 0.7, -1.0)
    floor.book(after=1.1)
    worst = floor.value("qX") + sum(
        live.quantity for name in ("dynamic", "static") if (live := floor.slot(f"maker.buy.{name}")) is not None
    )
    assert worst <= 1.5 + 1e-9
    floor.trade(99.90, 3.0, -1.0)
    floor.book(after=1.1)
    assert abs(floor.value("qX")) <= 1.5 + 1e-9
    assert "refused" in floor.alerts or floor.risk == "REDUCE_ONLY"


def test_R001_29_a_loss_cancels_closes_and_waits_for_the_operator() -> None:
    floor = BookFloor(operator=(("+100s", "resume"),), stopLoss="-1", shockWindowPct="0%", staticFraction="0")
    floor.book()
    floor.book(after=1.0)
    buy(floor, 1.0, 100.0)
    for middle in (99.7, 99.4, 99.1, 98.9):
        floor.around(middle, after=0.8, wide=0.02)
    floor.around(98.9, after=0.8, wide=0.02)
    assert floor.risk == "HALT_MANUAL"
    assert floor.value("qX") == pytest.approx(0.0)
    assert not floor.venue.open_orders("main")
    assert "halted" in floor.alerts
    ordered = len(floor.orders)
    for _ in range(70):
        floor.around(98.9)
    assert (floor.risk, len(floor.orders)) == ("HALT_MANUAL", ordered), "time alone does not end it"
    for _ in range(40):
        floor.around(98.9)
    assert floor.risk == "QUOTING"


def test_R001_30_a_shock_cancels_everything_and_halts_for_its_time() -> None:
    floor = quoting()
    floor.around(100.60)
    floor.pass_time(0.2)
    assert floor.risk == "HALT_SHOCK"
    assert not floor.venue.open_orders("main")
    ordered = len(floor.orders)
    for _ in range(58):
        floor.around(100.60)
    assert (floor.risk, len(floor.orders)) == ("HALT_SHOCK", ordered)
    for _ in range(4):
        floor.around(100.60)
    assert floor.risk == "QUOTING"
    assert len(floor.orders) > ordered
    assert floor.records("risk_event")


def test_R001_31_below_the_threshold_both_sides_are_quoted_again() -> None:
    floor = long(3.0)
    floor.around(99.80, after=0.2)
    for _ in range(3):
        floor.around(99.80)
    assert floor.risk == "QUOTING"
    assert all(floor.slot(f"maker.{side}.dynamic") for side in SIDES)


def test_R001_39_a_loss_stands_before_a_shock_on_the_same_tick() -> None:
    floor = long(1.0, stopLoss="-0.5")
    floor.trade(99.0, 0.001, -1.0, after=0.45)
    floor.around(99.0, after=0.01)
    floor.around(99.0, after=0.2)
    assert ("QUOTING", "STOPPING", "stop loss") in floor.moves
    assert "shock" not in [because for _, _, because in floor.moves]


def test_C001_18_the_stop_loss_stays_armed_in_a_halt() -> None:
    floor = long(1.0, stopLoss="-1")
    floor.around(99.45, after=0.8)
    floor.around(99.45, after=0.2)
    assert floor.risk == "HALT_SHOCK"
    floor.around(98.9, after=0.8)
    floor.around(98.9, after=0.2)
    assert floor.risk == "HALT_MANUAL"
    assert floor.value("qX") == pytest.approx(0.0)


# -- 2 the order manager -----------------------------------------------------------------------------------------------------


def test_R001_32_a_replacement_waits_for_the_cancels_outcome() -> None:
    floor = BookFloor(latency=Latency(0, 20_000, 20_000))
    floor.book()
    live: dict[str, set[str]] = {}
    for step in range(60):
        floor.around(100.0 + 0.01 * (step % 7), after=0.25)
        for slot in floor.core.quotes.slots:
            assert len(slot.orders) <= 1, "an order and its successor never live together"
            live.setdefault(slot.quote.name, set()).update(order.client_id for order in slot.orders)
    assert len(live["maker.buy.dynamic"]) > 5


def test_R001_45_after_each_cycle_every_side_has_a_live_quote() -> None:
    floor = quoting()
    for step in range(30):
        floor.around(100.0 + 0.01 * (step % 5))
        floor.pass_time(0.4)
        for side in SIDES:
            assert floor.slot(f"maker.{side}.dynamic") or floor.slot(f"maker.{side}.static")


def test_C001_27_a_stale_book_is_left_at_once_and_quoted_again_when_it_is_back() -> None:
    floor = quoting()
    floor.pass_time(2.5)
    assert not floor.venue.open_orders("main")
    floor.book(after=0.1)
    floor.book(after=1.0)
    assert all(floor.slot(f"maker.{side}.dynamic") for side in SIDES)


def test_no_order_is_refused_by_a_filter_and_none_crosses_when_it_is_to_rest() -> None:
    floor = quoting(insertMinSpreadTicks="2")
    for step in range(120):
        floor.around(100.0 + 0.003 * ((step * 7) % 23), after=0.31, wide=0.03 + 0.01 * (step % 3))
        if step % 5 == 0:
            floor.trade(100.0 - 0.02, 0.4, -1.0 if step % 2 else 1.0)
    assert [answer.reason for answer in floor.rejected] == []
    makers = [fill for fill in floor.fills if isinstance(fill, Filled) and not fill.maker]
    taken = {order.client_id for order in floor.orders if not order.post_only}
    assert {fill.client_id for fill in makers} <= taken

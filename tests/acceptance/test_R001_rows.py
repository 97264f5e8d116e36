"""Document 001, those requirements that are one number, one word or one state each (R001)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.acceptance.book_floor import SPEC, BookFloor
from tests.acceptance.test_R001 import buy, long, quoting

from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.orders import Style
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import EventKind
from fsmtrader.research.coverage import Coverage
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source


def test_the_specs_own_tests_pass_and_leave_nothing_out() -> None:
    program = check(Source(SPEC.name, SPEC.read_bytes())).require()
    coverage = Coverage(program)
    failed = [(o.name, [f.message for f in o.findings]) for o in run_tests(program, coverage) if not o.passed]
    assert failed == []
    assert coverage.summary().missing == ()


def test_R001_02_and_04_the_spread_counts_volatility_and_the_inventory() -> None:
    floor = long(2.0, volK="0")
    assert floor.value("inventoryFactor") == pytest.approx(0.2)
    assert floor.value("Spread") == pytest.approx(0.001 * 1.2)


def test_R001_06_the_interval_as_first_written_down_is_shorter_when_volatile() -> None:
    floor = quoting(interval_law="divide", baseSpread="1%")
    floor.around(100.15)
    floor.around(100.15)
    assert floor.value("quoteInterval") == pytest.approx(1 / 1.3, rel=1e-6)


def test_R001_10_a_loss_beyond_its_share_closes_the_position() -> None:
    floor = long(2.0, lossClosePct="0.2%", shockPct="10%", reduceOnlyThreshold="9")
    held = 0.0
    while not [order for order in floor.orders if order.style is Style.IOC] and floor.now_us < 30e6:
        held = floor.value("qX")
        floor.around(99.70, after=0.2)
    assert ("QUOTING", "REDUCE_ONLY", "profit or loss") in floor.moves
    assert [order.change for order in floor.orders if order.style is Style.IOC] == [-held]
    assert floor.value("qX") == pytest.approx(0.0)


def test_R001_11_a_reducing_order_asks_for_the_level_that_it_needs() -> None:
    floor = long(3.0)
    for _ in range(3):
        floor.around(99.80, after=0.5)
    order = next(order for order in floor.orders if order.style is Style.IOC)
    assert (order.price, order.reduce_only, order.change) == (99.75, True, -1.0)


def test_R001_12_and_17_a_thin_book_is_clamped_and_told() -> None:
    floor = long(3.0)
    for _ in range(4):
        floor.book({99.79: 0.4, 99.00: 9.0}, {99.81: 5.0}, after=0.6)
    order = next(order for order in floor.orders if order.style is Style.IOC)
    assert order.price == pytest.approx(99.80 * 0.998, abs=0.0101)
    event = floor.records("risk_event")[0]
    assert (event["wanted"], event["within"]) == (1.0, 0.4)
    assert "thin_book" in floor.alerts


def test_R001_16_and_18_the_documents_own_defaults() -> None:
    floor = BookFloor()
    assert floor.value("reduceOnlyMaxSlippagePct") == 0.002
    assert floor.value("reduceOnlyMarketTriggerPct") == 0.0


def test_R001_18_enough_profit_is_swept_at_once() -> None:
    floor = long(3.0, reduceOnlyMarketTriggerPct="0.03%")
    for _ in range(4):
        floor.around(100.0, after=0.6)
    assert [order.change for order in floor.orders if order.style is Style.IOC] == [-3.0]
    assert floor.value("qX") == pytest.approx(0.0)


@pytest.mark.parametrize(("mode", "dynamic"), [("split", 0.7), ("additional", 1.0)])
def test_R001_20_the_static_part_is_a_share_of_the_base_size(mode: str, dynamic: float) -> None:
    floor = quoting(staticMode=mode)
    slots = [floor.slot("maker.buy.dynamic"), floor.slot("maker.buy.static")]
    assert [live.quantity for live in slots if live is not None] == [dynamic, 0.3]


def test_R001_27_the_threshold_is_a_multiple_of_the_base_size() -> None:
    floor = quoting(staticFraction="0", baseSize="0.5")
    buy(floor, 1.5, 100.0)
    floor.pass_time(0.2)
    assert floor.risk == "REDUCE_ONLY"


def test_R001_37_a_stop_may_go_step_by_step() -> None:
    floor = quoting(staticFraction="0", stopLoss="-1", stopStyle="twap", shockWindowPct="0%")
    buy(floor, 2.0, 100.0)
    for middle in (99.7, 99.4, 99.1, 98.9):
        floor.around(middle, after=0.4, wide=0.02)
    for _ in range(4):
        floor.around(98.9, after=0.8, wide=0.02)
    steps = [order for order in floor.orders if order.style is Style.IOC]
    assert len(steps) >= 2
    assert all(order.reduce_only and order.change == -1.0 for order in steps)
    assert floor.risk == "HALT_MANUAL"


def test_R001_38_the_states_and_the_two_sides_machines() -> None:
    program = BookFloor().program
    states = {region.name: [leaf.name for leaf in region.leaves] for region in program.regions}
    assert states["risk"] == ["QUOTING", "REDUCE_ONLY", "HALT_SHOCK", "STOPPING", "HALT_MANUAL"]
    assert states["maker.buy"] == states["maker.sell"] == ["MAKER", "RETRY", "DEGRADED"]


def test_R001_42_a_shock_is_an_alarm_too() -> None:
    floor = quoting()
    floor.around(100.60)
    floor.pass_time(0.2)
    assert floor.risk == "HALT_SHOCK"
    assert "halted" in floor.alerts


def test_R001_43_when_the_budget_is_short_reducing_and_cancelling_go_on() -> None:
    floor = BookFloor(("rate: {orders: 200/10s}", "rate: {orders: 10/10s}"), staticFraction="0", volK="0")
    floor.book()
    floor.book(after=1.0)
    buy(floor, 3.0, 100.0)
    for step in range(3):
        floor.around(99.9 - 0.02 * step, after=0.6)
    refused = [alert for alert in floor.alerts if alert == "refused"]
    reduced = [order for order in floor.orders if order.style is Style.IOC]
    assert reduced
    assert len(floor.orders) <= 11 or refused
    assert floor.cancels


def to_and_fro(floor: BookFloor, until: Callable[[], bool]) -> None:
    """The book jumps while orders are on their way, until something has come of it."""
    for step in range(600):
        floor.pass_time(0.013)
        if until():
            return
        floor.around(100.0 + (0.1 if step % 2 else -0.1), after=0.0)
    raise AssertionError("it has never happened")


def refused(floor: BookFloor) -> list[str]:
    """The slots whose post-only orders were refused."""
    slots = {order.client_id: order.slot for order in floor.orders}
    return [slots[answer.client_id] for answer in floor.rejected if answer.reason == "post_only"]


def test_R001_09_refusals_are_counted_for_their_own_side_which_moves_away() -> None:
    """So near its threshold a side may not send a plain order: it only moves away."""
    floor = BookFloor(latency=Latency(0, 20_000, 20_000), reduceOnlyThreshold="0.5")
    to_and_fro(floor, lambda: any(slot.endswith("dynamic") for slot in refused(floor)))
    side = next(slot for slot in refused(floor) if slot.endswith("dynamic")).split(".")[1]
    other = {"buy": "sell", "sell": "buy"}[side]
    assert (floor.value(f"fails.{side}"), floor.value(f"fails.{other}")) == (1.0, 0.0)
    assert floor.state(f"maker.{side}") == "MAKER"


def test_R001_23_a_degraded_side_sends_plain_orders_for_a_while() -> None:
    floor = BookFloor(latency=Latency(0, 20_000, 20_000), reduceOnlyThreshold="9")
    to_and_fro(floor, lambda: ("RETRY", "DEGRADED", "") in floor.moves)
    to_and_fro(floor, lambda: ("DEGRADED", "MAKER", "") in floor.moves)
    plain = [order for order in floor.orders if not order.post_only]
    assert plain and all(order.slot.endswith("dynamic") for order in plain)


def test_R001_33_it_hears_the_book_and_its_account_and_nothing_else() -> None:
    told = {source.name for source in BookFloor().program.sources if source.kind is EventKind.MARKET}
    assert told == {"book(X)"}

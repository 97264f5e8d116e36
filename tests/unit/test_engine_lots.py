"""Lots: first in, first out, matched with the other leg's under the price guard (R002-35 … R002-44, R002-62)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_engine_latency import Late

from fsmtrader.domain.orders import Cancelled, Filled
from fsmtrader.engine.core import Core
from fsmtrader.engine.snapshot import restore, snapshot

HEAD = """
fsm: 1
accounts: {one: {exchange: grvt}, two: {exchange: grvt}}
legs:
  A: {account: one, symbol: BNB/USDT:USDT}
  B: {account: two, symbol: BNB/USDT:USDT}
events: {tick: price(A)}
"""
TEXT = """
lots:
  pair: {legs: [A, B], match: opposite_sides, when: sell_price >= buy_price + 1, WAIT}
variables: {want_a: {initial: 0, unit: base}, want_b: {initial: 0, unit: base}}
observe:
  open_a: lots(A)
  open_b: lots(B)
  guard_sell: lot_guard(A, sell, 1.5)
  guard_buy: lot_guard(A, buy, 1.5)
  worst: worst_match(pair)
regions:
  a: {states: {IN: {on: {tick: {if: want_a != qA, do: {qA: want_a}}}}}}
  b: {states: {IN_B: {on: {tick: {if: want_b != qB, do: {qB: want_b}}}}}}
invariants:
  matched_lots_lose_nothing: {that: worst >= 0 or open_a > 0 or open_b > 0 or guard_sell > 0 or guard_buy > 0}
"""


class Pair(Late):
    """Orders of two accounts, filled by hand."""

    def __init__(self, wait: str = "") -> None:
        super().__init__(TEXT.replace(", WAIT", f", {wait}" if wait else ""), HEAD)
        self.seconds = 1
        self.at(1, 100)

    def fill(self, leg: str, change: float, price: float) -> None:
        """A leg trades so much at a price."""
        index = "AB".index(leg)
        slot = self.program.slot_named(f"want_{leg.lower()}")
        assert slot is not None
        self.core.x[slot.index] = self.core.state.books.quantity(index) + change
        self.seconds += 1
        self.at(self.seconds, 100)
        name = f"{leg}-{self.core.state.sequence}"
        self.answers(Filled(name, abs(change), price))

    def lots(self, leg: str) -> list[tuple[float, float]]:
        family = self.core.lots.families[0]
        return [(lot.quantity, lot.price) for lot in family.queues["AB".index(leg)]]

    def guard(self, side: str, quantity: float) -> float:
        return self.core.lots.guard("A", side, quantity)


def test_a_match_needs_opposite_sides_of_two_legs_and_the_guard() -> None:
    made = Pair()
    made.fill("A", 1.66, 600.203)
    assert (made.lots("A"), made.lots("B")) == ([(1.66, 600.203)], [])
    made.fill("B", 1.0, 590.0)
    assert made.lots("B") == [(1.0, 590.0)], "the same side does not match"
    made.fill("B", -0.5, 601.0)
    assert made.lots("B") == [(1.0, 590.0), (-0.5, 601.0)], "601 is not 1 above 600.203, and B does not match itself"
    made.fill("B", -0.66, 601.203)
    assert made.lots("A") == [(pytest.approx(1.0), 600.203)], "the rest stays queued"
    assert made.core.lots.worst_match("pair") == pytest.approx(1.0)


def test_the_oldest_is_matched_first() -> None:
    made = Pair()
    made.fill("A", 1.0, 100.0)
    made.fill("A", 1.0, 90.0)
    made.fill("B", -1.5, 110.0)
    assert made.lots("A") == [(0.5, 90.0)]
    assert made.lots("B") == []
    assert made.core.lots.worst_match("pair") == 10.0
    made.fill("B", -2.0, 95.0)
    assert (made.lots("A"), made.lots("B")) == ([], [(-1.5, 95.0)])
    assert made.core.lots.worst_match("pair") == 5.0


def test_the_guard_is_the_worst_price_of_what_is_covered_else_the_entry() -> None:
    made = Pair()
    assert math.isnan(made.guard("sell", 1.0))
    made.fill("A", 1.0, 100.0)
    made.fill("A", 1.0, 104.0)
    made.fill("A", 1.0, 108.0)
    assert [made.guard("sell", size) for size in (1.0, 1.5, 3.0)] == [100.0, 104.0, 108.0]
    assert made.guard("buy", 1.0) == 104.0, "nothing was sold: the average entry"
    made.fill("A", -5.0, 103.0)
    assert made.guard("buy", 1.0) == 103.0
    made.at(20, 100)
    assert (made.value("lots(A)"), made.value("lots(B)")) == (-2.0, 0.0)


def test_fills_of_an_open_order_wait_for_its_end_or_their_time() -> None:
    made = Pair("book_partial_after: 1800s")
    slot = made.program.slot_named("want_a")
    assert slot is not None
    made.core.x[slot.index] = 4.0
    made.at(2, 100)
    made.later(3, Filled("A-1", 1.0, 100.0))
    made.later(4, Filled("A-1", 1.0, 102.0))
    assert made.lots("A") == []
    made.driver.advance(1_802 * 1_000_000)
    assert made.lots("A") == []
    made.driver.advance(1_804 * 1_000_000)
    assert made.lots("A") == [(2.0, 101.0)], "both fills, 1800 s after the first"
    made.later(1_805, Filled("A-1", 0.5, 104.0))
    other = Core(made.program, {}, made)
    restore(other, snapshot(made.core))
    assert snapshot(other) == snapshot(made.core)
    made.later(1_806, Filled("A-1", 0.5, 106.0), Cancelled("A-1"))
    assert made.lots("A")[1:] == [(1.0, 105.0)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]), st.integers(95, 105)),
        max_size=25,
    )
)
def test_nothing_is_lost_and_every_match_holds_the_guard(fills: list[tuple[str, float, int]]) -> None:
    made = Pair()
    for leg, change, price in fills:
        made.fill(leg, change, float(price))
    books = made.core.state.books
    total = sum(quantity for leg in "AB" for quantity, _ in made.lots(leg))
    assert total == pytest.approx(books.quantity(0) + books.quantity(1), abs=1e-9)
    worst = made.core.lots.worst_match("pair")
    assert math.isnan(worst) or worst >= 1.0 - 1e-9

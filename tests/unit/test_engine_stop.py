"""`stop: {after, cancel, keep}`: what is cancelled, what stays, and when it comes by itself."""

from __future__ import annotations

import pytest
from tests.unit.test_engine_core import Bench

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Operation
from fsmtrader.engine.snapshot import restore, snapshot
from fsmtrader.engine.state import Status

TEXT = """
parameters: {long_enough: 1m}
stop: STOP
quotes:
  low: {leg: L, side: buy, price: mark(L) - 2, quantity: 1, when: mark(L) > 0}
  bid: {leg: L, side: buy, price: mark(L) - 1, quantity: 1, when: mark(L) > 0}
states: {ON: {on: {stop: {if: mark(L) > 0, do: {qL: qL + 1}}}}}
"""


def bench(stop: str) -> Bench:
    return Bench(TEXT.replace("STOP", stop)).at(1, 100)


@pytest.mark.parametrize(
    ("stop", "cancelled"),
    [("{}", 2), ("{cancel: true}", 2), ("{cancel: false}", 0), ("{keep: 1}", 1), ("{keep: 5}", 0)],
)
def test_what_stop_cancels(stop: str, cancelled: int) -> None:
    made = bench(stop)
    made.tell(Operation.STOP)
    assert len(made.cancelled) == cancelled
    assert made.core.state.status is Status.STOPPED
    assert sum(len(slot.orders) for slot in made.core.quotes.slots) == 2 - cancelled


def test_the_first_are_kept() -> None:
    made = bench("{keep: 1}")
    made.tell(Operation.STOP)
    assert made.cancelled == ["L-2"]


def test_it_stops_by_itself_after_its_time_and_hears_of_it() -> None:
    made = bench("{after: long_enough}")
    made.at(60.999)
    assert made.core.state.status is Status.RUNNING
    made.at(61)
    assert made.core.state.status is Status.STOPPED
    assert made.orders()[-1] == ("L", 1.0), "the row of the event stop"


def test_zero_is_never() -> None:
    made = bench("{after: 0s}").at(100_000, 101)
    assert made.core.state.status is Status.RUNNING


def test_the_time_survives_a_restart() -> None:
    made = bench("{after: 1m}")
    other = Core(made.program, {}, made)
    restore(other, snapshot(made.core))
    assert other.next_timer() == 61_000_000

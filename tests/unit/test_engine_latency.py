"""Answers that come later, twice, too late, in pieces or not as hoped: what each part of the engine makes of them."""

from __future__ import annotations

import math

import pytest
from tests.unit.test_engine_core import HEAD, Bench

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import (
    Accepted,
    CancelIntent,
    Cancelled,
    CancelRefused,
    Expired,
    Filled,
    OrderIntent,
    PoolIntent,
    Rejected,
)
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import ActionEnded, AlertRaised, Answers, Booked, Fault, Market, Operation, Told
from fsmtrader.engine.simulation import Simulation
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import EventKind

SECOND = 1_000_000


class Late(Bench):
    """A bench whose venue says nothing by itself: a test gives every answer."""

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[()]:
        return ()

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[()]:
        self.cancelled.append(cancel.client_id)
        return ()

    def later(self, seconds: float, *items: Told) -> None:
        now_us = round(seconds * SECOND)
        self.driver.advance(now_us)
        self.driver.deliver(Answers(now_us, items))

    def alerts(self) -> list[str]:
        return [note.name for note in self.notes(AlertRaised)]


PAIR = """
variables: {P_ref: {initial: mark(L), unit: price}}
states:
  ON:
    on:
      tick: {if: abs(mark(L) - P_ref) >= 1, do: move}
  OFF: {final: true}
actions:
  move: {steps: [{qL: 1}, {qS: 1}, {P_ref: mark(L)}]}
"""


def pair(how: str = "") -> Late:
    head = HEAD.replace("side: long}", f"side: long{how}}}")
    made = Late(PAIR, head)
    made.at(1, 100)
    made.at(2, 101)
    assert made.orders() == [("L", 1.0), ("S", 1.0)]
    return made


def test_a_wave_is_complete_when_its_last_piece_is_and_only_then_the_reference_moves() -> None:
    made = pair()
    made.later(2.1, Accepted("L-1"), Accepted("S-2"))
    made.later(2.2, Filled("L-1", 0.25, 101.0))
    made.at(3, 103)
    made.later(3.1, Filled("S-2", 1.0, 101.0))
    assert made.value("P_ref") == 100.0
    assert made.core.exposure.open_of(0) == (0.75, 0.0)
    made.later(3.2, Filled("L-1", 0.75, 103.0))
    assert (made.value("qL"), made.value("pL")) == (1.0, 102.5)
    assert made.value("P_ref") == 101.0, "the value of the plan, not of the moment of the fill"
    assert made.orders() == [("L", 1.0), ("S", 1.0)], "while it was in flight no second one began"


def test_a_leg_unfilled_after_its_tries_leaves_what_was_filled_and_the_reference() -> None:
    """R000-52."""
    made = pair(", how: {style: ioc, tries: 2}")
    made.later(2.1, Filled("S-2", 1.0, 101.0), Filled("L-1", 0.25, 101.0), Expired("L-1"))
    assert made.orders()[2:] == [("L", 0.75)]
    made.later(2.2, Filled("L-3", 0.5, 102.0))
    made.later(2.3, Expired("L-3"))
    assert (made.value("qL"), made.value("qS")) == (0.75, 1.0)
    assert made.value("pL") == pytest.approx((0.25 * 101 + 0.5 * 102) / 0.75, rel=1e-12)
    assert made.value("P_ref") == 100.0
    assert [note.outcome for note in made.notes(ActionEnded)] == ["failed"]


def test_an_order_may_be_rejected_after_it_was_accepted() -> None:
    """A15."""
    made = pair()
    made.later(2.1, Accepted("L-1"))
    made.later(2.2, Rejected("L-1"), Filled("S-2", 1.0, 101.0))
    assert [note.outcome for note in made.notes(ActionEnded)] == ["failed"]
    assert made.core.exposure.open_of(0) == (0.0, 0.0)


def test_a_fill_is_booked_once() -> None:
    """C1, A6: by the trade's number, and never beyond what was ordered."""
    made = pair()
    piece = Filled("L-1", 0.25, 101.0, trade_id="7")
    made.later(2.1, Accepted("L-1"), Accepted("L-1"), piece, piece)
    assert made.value("qL") == 0.25
    made.later(2.2, Filled("L-1", 1.0, 101.0))
    assert made.value("qL") == 0.25
    made.later(2.3, Filled("L-1", 0.75, 101.0, trade_id="8"), Filled("L-1", 0.75, 101.0, trade_id="8"))
    assert made.value("qL") == 1.0
    assert made.alerts().count("duplicate_fill") == 3
    assert len(made.notes(Booked)) == 2


INTERRUPTED = """
variables: {n: {initial: 0}}
states:
  ON:
    on:
      tick:
        - {if: mark(L) >= 110, transition_to: OUT}
        - {if: mark(L) >= 101, do: move}
  OUT:
    enter: leave
    on: {filled: {do: {n: n + 1}}}
actions:
  move: {steps: [{qL: 1}]}
  leave: {steps: [{qL: 0}, {qS: 2}]}
"""


def interrupted() -> Late:
    made = Late(INTERRUPTED)
    made.at(1, 100)
    made.at(2, 101)
    made.at(3, 110)
    assert (made.mode, made.cancelled) == ("OUT", ["L-1"])
    assert made.orders() == [("L", 1.0)], "the entry waits for the cancellation"
    return made


def test_a_cancellation_may_lose_the_race() -> None:
    """V-20, B1: refused because the order was filled; the fill is told apart, and once."""
    made = interrupted()
    made.later(3.1, CancelRefused("L-1"))
    assert made.orders() == [("L", 1.0)]
    made.later(3.2, Filled("L-1", 1.0, 101.0))
    assert made.orders() == [("L", 1.0), ("L", -1.0), ("S", 2.0)], "planned on what was then held"


def test_a_busy_venue_is_asked_again_to_cancel() -> None:
    """B4."""
    made = interrupted()
    made.later(3.1, CancelRefused("L-1", "busy"))
    assert made.cancelled == ["L-1"]
    made.driver.advance(5 * SECOND)
    assert made.cancelled == ["L-1", "L-1"]
    made.later(5.1, Cancelled("L-1"))
    assert made.orders()[1:] == [("S", 2.0)]


def test_a_partial_fill_before_the_cancellation_is_kept() -> None:
    made = interrupted()
    made.later(3.1, Filled("L-1", 0.5, 101.0), Cancelled("L-1"))
    assert made.orders()[1:] == [("L", -0.5), ("S", 2.0)]


def test_a_fill_after_the_cancellation_is_booked_and_said() -> None:
    """B7: the order's end is no proof."""
    made = interrupted()
    made.later(3.1, Cancelled("L-1"))
    made.later(30.0, Filled("L-1", 0.5, 101.0))
    assert made.value("qL") == 0.5
    assert made.alerts() == ["late_fill"]
    assert made.value("n") == 1.0


def test_a_fill_of_an_order_that_is_not_ours_is_said_and_not_booked() -> None:
    made = pair()
    made.later(2.1, Filled("web-77", 5.0, 101.0))
    assert made.value("qL") == 0.0
    assert made.alerts() == ["unknown_fill"]


SLOT = """
quotes:
  bid: {leg: L, side: buy, price: mark(L) - 1, quantity: 2, when: mark(L) < 200}
variables: {n: {initial: 0}}
states: {ON: {on: {tick: {if: mark(L) < 0, do: {n: 1}}}}}
"""


def test_a_slot_survives_late_answers() -> None:
    made = Late(SLOT)
    made.at(1, 100)
    assert made.orders() == [("L", 2.0)]
    made.at(12, 103)
    assert made.cancelled == ["L-1"]
    assert made.orders() == [("L", 2.0)], "cancel, await, place"
    made.later(12.1, Filled("L-1", 0.5, 99.0))
    made.later(12.2, CancelRefused("L-1"))
    made.later(12.3, Filled("L-1", 1.5, 99.0))
    assert made.value("qL") == 2.0
    made.at(13, 103)
    assert made.orders() == [("L", 2.0), ("L", 2.0)]
    made.later(13.1, Accepted("L-2"), Rejected("L-2"), Filled("L-2", 0.25, 102.0))
    assert made.value("qL") == 2.25
    assert made.alerts() == ["late_fill"]


REFUSED = """
quotes:
  bid: {leg: L, side: buy, price: mark(L) - 1, quantity: 2, when: mark(L) < 200}
variables: {n: {initial: 0}}
states:
  ON:
    on:
      tick: {if: mark(L) < 0, do: {n: 7}}
      "rejected(bid, filter)": {do: {n: 1}}
      "rejected(bid, duplicate)": {do: {n: 10}}
      "rejected(bid, post_only)": {do: {n: 100}}
      "cancelled(bid, post_only)": {do: {n: 1000}}
"""


@pytest.mark.parametrize(
    ("told", "n"),
    [
        (Rejected("L-1", "min_notional"), 1.0),
        (Rejected("L-1", "tick"), 1.0),
        (Rejected("L-1", "duplicate_id"), 10.0),
        (Rejected("L-1", "post_only"), 100.0),
        (Cancelled("L-1", "post_only"), 1000.0),
        (Cancelled("L-1"), 0.0),
    ],
)
def test_a_refusal_is_told_with_the_specs_own_word(told: Told, n: float) -> None:
    """What a venue calls a tick or a lot is a filter in a spec."""
    made = Late(REFUSED)
    made.at(1, 100)
    made.later(1.1, told)
    assert made.value("n") == n


OPENED = HEAD.replace("side: long}", "side: long, initial: 1}")


def test_the_start_waits_for_every_piece_of_its_first_quantities() -> None:
    made = Late(PAIR, OPENED)
    made.at(1, 100)
    assert made.orders() == [("L", 1.0)]
    made.later(1.5, Accepted("L-1"), Filled("L-1", 0.25, 100.0))
    made.at(2, 103)
    assert made.core.state.status is Status.OPENING
    made.later(2.5, Expired("L-1"))
    assert made.orders() == [("L", 1.0), ("L", 0.75)], "what expired is sent again"
    made.later(3, Filled("L-2", 0.75, 104.0))
    assert made.core.state.status is Status.RUNNING
    assert (made.value("qL"), made.value("pL"), made.value("P_ref")) == (1.0, 103.0, 103.0)
    assert made.orders()[2:] == [], "what happened before the start is nobody's event any more"


def test_a_start_that_cannot_be_had_ends_the_run() -> None:
    made = Late(PAIR, OPENED)
    made.at(1, 100)
    made.later(1.1, Filled("L-1", 0.25, 100.0), Expired("L-1"))
    made.later(1.2, Expired("L-2"))
    with pytest.raises(RunError, match=r"the initial 0.75 of the leg L could not be opened; the leg holds 0.25"):
        made.later(1.3, Expired("L-3"))
    other = Late(PAIR, OPENED)
    other.at(1, 100)
    with pytest.raises(RunError, match=r"could not be opened \(margin\)"):
        other.later(1.1, Rejected("L-1", "margin"))


def test_first_quantities_are_whole_lots_and_not_below_the_least() -> None:
    made = Late(PAIR, OPENED.replace("initial: 1", "initial: 1.239"))
    made.lot_size = 0.01
    made.at(1, 100)
    assert made.orders() == [("L", 1.23)]
    small = Late(PAIR, OPENED.replace("initial: 1", "initial: 0.04"))
    small.smallest, small.lot_size = 0.05, 0.01
    with pytest.raises(RunError, match=r"the initial 0\.04 of the leg L is below the least that the venue takes"):
        small.at(1, 100)


def test_answers_of_many_instants_are_no_round_of_one() -> None:
    made = pair()
    for count in range(100):
        made.later(2.1 + count / 100, Filled("L-1", 0.005, 101.0))
    assert made.notes(Fault) == []
    assert made.value("qL") == pytest.approx(0.5)


def test_order_events_stand_before_the_market_that_brought_them() -> None:
    text = """
variables: {seen: {initial: 0}}
quotes:
  bid: {leg: L, side: buy, price: 99, quantity: 1, when: mark(L) == 100}
states:
  ON:
    on:
      filled: {do: {seen: seen * 10 + 1}}
      tick: {do: {seen: seen * 10 + 2}}
"""
    made = Late(text)
    made.at(1, 100)
    sources = tuple(i for i, s in enumerate(made.program.sources) if s.kind is EventKind.MARKET)
    made.mark = 99.0
    made.driver.deliver(Market(2 * SECOND, sources, (Filled("L-1", 1.0, 99.0),)))
    assert made.value("seen") == 212.0


# -- the operator, through virtual time ------------------------------------------------------------------------------


class Delayed:
    """A venue that fills what it is sent half a second later; it tells the simulation when."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._due: list[tuple[int, Told]] = []

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Told, ...]:
        assert isinstance(order, OrderIntent)
        self._due.append((now_us + SECOND // 2, Filled(order.client_id, abs(order.change), self._bench.mark)))
        return ()

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Told, ...]:
        return ()

    def news(self, event: MarketEvent) -> tuple[Told, ...]:
        return ()

    def next_us(self) -> float:
        return min((due for due, _ in self._due), default=math.inf)

    def advance(self, now_us: int) -> tuple[Told, ...]:
        told = tuple(item for due, item in self._due if due <= now_us)
        self._due = [entry for entry in self._due if entry[0] > now_us]
        return told


RIDE = """
states:
  ON: {on: {tick: {if: mark(L) > 100, do: {qL: qL + 1}}}}
"""


def ride(*operations: tuple[float, Operation], text: str = RIDE) -> tuple[Core, Driver]:
    """Prices 100, 101 … 109, one a second, under an operator."""
    bench = Bench(text)
    venue = Delayed(bench)
    core = Core(bench.program, {}, bench)
    driver = Driver(core, venue)
    sources = tuple(i for i, s in enumerate(bench.program.sources) if s.kind is EventKind.MARKET)

    def see(event: MarketEvent) -> None:
        bench.mark = event.a

    told = [(round(seconds * SECOND), operation) for seconds, operation in operations]
    simulation = Simulation(driver, venue, see, lambda event: sources, operations=told)
    for second in range(10):
        simulation.step(MarketEvent((second + 1) * SECOND, Kind.TRADE, 0, 100.0 + second))
    simulation.finish(12 * SECOND)
    return core, driver


def test_V13_news_are_seen_in_the_order_in_which_they_reach_us() -> None:
    """Each event has a way of its own; of one moment the one that was told first is first."""
    bench = Bench(RIDE)
    venue, heard = Delayed(bench), list[tuple[float, int]]()
    driver = Driver(Core(bench.program, {}, bench), venue)
    bench.mark = 100.0

    def see(event: MarketEvent) -> None:
        heard.append((event.a, event.time_us + round(event.e)))

    simulation = Simulation(driver, venue, see, lambda event: (), lambda event: event.time_us + round(event.e))
    for second, delay in ((1, 3.0), (2, 0.5), (3, 1.0), (3, 1.0), (5, 0.0)):
        simulation.step(MarketEvent(second * SECOND, Kind.TRADE, 0, float(len(heard)), e=delay * SECOND))
        assert all(due <= second * SECOND for _, due in heard)
    simulation.finish(6 * SECOND)
    assert [due / SECOND for _, due in heard] == [2.5, 4.0, 4.0, 4.0, 5.0]


def test_without_an_operator() -> None:
    core, driver = ride()
    assert core.state.books.quantity(0) == 9.0
    assert len(driver.orders) == 9


def test_halt_and_resume_at_their_times() -> None:
    core, _ = ride((3.2, Operation.HALT), (6.7, Operation.RESUME))
    assert core.state.books.quantity(0) == 2.0 + 4.0, "the order of 3 s was on its way and is kept; from 7 s on again"
    assert core.state.status is Status.RUNNING


def test_flatten_waits_for_what_is_on_its_way() -> None:
    core, driver = ride((3.2, Operation.FLATTEN))
    last = driver.orders[-1]
    assert isinstance(last, OrderIntent)
    assert (last.change, last.reduce_only) == (-2.0, True)
    assert core.state.books.quantity(0) == 0.0
    assert core.state.status is Status.HALTED


def test_stop_keeps_the_position() -> None:
    core, driver = ride((3.2, Operation.STOP))
    assert core.state.books.quantity(0) == 2.0
    assert len(driver.orders) == 2
    assert core.state.status is Status.STOPPED


def test_exit_without_a_row_closes_and_stops() -> None:
    core, _ = ride((3.2, Operation.EXIT))
    assert core.state.books.quantity(0) == 0.0
    assert core.state.status is Status.STOPPED


def test_more_than_64_rounds_are_a_fault_and_halt() -> None:
    text = """
variables: {n: {initial: 0}}
states:
  ON:
    on:
      tick: {do: again}
      done: {do: again}
actions:
  again: {steps: [{qL: 2 if qL == 1 else 1}]}
"""
    made = Bench(text).at(1, 100).at(2, 101)
    assert [note.reason for note in made.notes(Fault)] == ["more than 64 actions ended in one instant"]
    assert made.core.state.status is Status.HALTED
    made.at(3, 102)
    assert made.core.state.status is Status.HALTED

"""The core, event by event: order of one instant, rows, actions in flight, time, permissions, the operator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Answer, CancelIntent, Cancelled, Filled, OrderIntent, PoolIntent, Rejected
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Answers,
    Booked,
    Clock,
    Fault,
    InvariantBroken,
    Market,
    Operation,
    Operator,
    Rebooked,
    RowTaken,
    Transition,
)
from fsmtrader.engine.snapshot import restore, snapshot
from fsmtrader.engine.state import Status
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import EventKind, Program, Query
from fsmtrader.spec.source import Source

SECOND = 1_000_000
HEAD = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs:
  L: {account: main, symbol: BTC/USDT:USDT, side: long}
  S: {account: main, symbol: BTC/USDT:USDT, side: short}
events: {tick: price(L)}
"""


def program(text: str, head: str = HEAD) -> Program:
    return check(Source("spec.yml", (head + text).encode())).require()


class Bench:
    """A core, a price, and a venue that fills, refuses or keeps silent."""

    def __init__(self, text: str, head: str = HEAD, price: float = 100.0) -> None:
        self.program = program(text, head)
        self.mark = price
        self.lot_size = 0.0
        self.smallest = 0.0
        self.silent: set[str] = set()
        self.refusing: set[str] = set()
        self.cancelled: list[str] = []
        self.core = Core(self.program, {}, self)
        self.driver = Driver(self.core, self)

    # the market and the venue

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        return self.mark if query.function == "mark" else float("nan")

    def lot(self, leg: str) -> float:
        return self.lot_size

    def tick(self, leg: str) -> float:
        return 0.01

    def least(self, leg: str) -> float:
        return self.smallest

    def price(self, leg: str) -> float:
        return self.mark

    def equity(self, account: str) -> float:
        return 0.0

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        assert isinstance(order, OrderIntent)
        if order.leg in self.refusing:
            return (Rejected(order.client_id),)
        if order.leg in self.silent or order.slot:
            return ()
        return (Filled(order.client_id, abs(order.change), self.mark),)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Answer, ...]:
        self.cancelled.append(cancel.client_id)
        return (Cancelled(cancel.client_id),)

    # what a test does

    def at(self, seconds: float, price: float | None = None) -> Bench:
        """Time passes, then the market moves."""
        now_us = round(seconds * SECOND)
        self.driver.advance(now_us)
        if price is not None:
            self.mark = price
            sources = tuple(i for i, s in enumerate(self.program.sources) if s.kind is EventKind.MARKET)
            self.driver.deliver(Market(now_us, sources))
        self.driver.ring(now_us)
        return self

    def answers(self, *items: Answer) -> None:
        self.driver.deliver(Answers(self.core.state.now_us, items))

    def tell(self, operation: Operation) -> None:
        self.driver.deliver(Operator(self.core.state.now_us, operation))

    def notes(self, kind: type[Any]) -> list[Any]:
        return [note for note in self.driver.notes if isinstance(note, kind)]

    def orders(self) -> list[tuple[str, float]]:
        return [(o.leg, o.change) for o in self.driver.orders if isinstance(o, OrderIntent)]

    @property
    def mode(self) -> str:
        return self.core.regions.places[0].machine.state

    def value(self, name: str) -> float:
        slot = self.program.slot_named(name)
        assert slot is not None
        return self.core.x[slot.index]


# -- rows ------------------------------------------------------------------------------------------------------------


def test_the_first_row_that_holds_is_taken_and_no_other() -> None:
    bench = Bench("""
variables: {n: {initial: 0}}
states:
  A:
    on:
      tick:
        - {if: mark(L) > 200, do: {n: n + 1}}
        - {if: mark(L) > 50, do: {n: n + 10}}
        - {do: {n: n + 100}}
""")
    bench.at(1, 100)
    assert bench.value("n") == 10


def test_raw_events_come_before_named_ones_which_come_in_their_order() -> None:
    bench = Bench(
        """
variables: {seen: {initial: 0}}
states:
  A:
    on:
      second: {do: {seen: seen * 10 + 3}}
      first: {do: {seen: seen * 10 + 2}}
      price(L): {do: {seen: seen * 10 + 1}}
""",
        HEAD.replace("{tick: price(L)}", "{first: price(L), second: price(L)}"),
    )
    bench.at(1, 100)
    assert bench.value("seen") == 123


def test_a_later_region_sees_what_an_earlier_one_did() -> None:
    bench = Bench("""
variables: {n: {initial: 0}}
regions:
  one: {states: {A: {on: {tick: {if: mark(L) > 100, transition_to: B}}}, B: {}}}
  two: {states: {C: {on: {tick: {if: one == B, transition_to: D}}}, D: {on: {tick: {do: {n: n + 1}}}}}}
""")
    bench.at(1, 100).at(2, 101)
    assert [place.machine.state for place in bench.core.regions.places] == ["B", "D"]
    assert bench.value("n") == 0, "one row an event and region"


def test_what_is_not_ready_is_not_true_and_its_values_are_not_written() -> None:
    bench = Bench("""
observe: {far: mid(L)}
variables: {n: {initial: 0}, m: {initial: 1, unit: price}}
states:
  A:
    on:
      tick:
        - {if: far > 0, do: {n: 1}}
        - {if: mark(L) > 0, do: {m: far}}
        - {if: mark(L) > 0, do: {n: 2}}
""")
    bench.at(1, 100)
    assert (bench.value("n"), bench.value("m")) == (2, 1)


def test_entries_of_one_mapping_read_what_was_before_it() -> None:
    bench = Bench("""
variables: {a: {initial: 1}, b: {initial: 2}}
states: {A: {on: {tick: {do: {a: b, b: a}}}}}
""")
    bench.at(1, 100)
    assert (bench.value("a"), bench.value("b")) == (2, 1)


# -- actions in flight -----------------------------------------------------------------------------------------------

BUY = """
states:
  A:
    on:
      tick:
        - {if: mark(L) < 90, transition_to: OUT}
        - {if: qL == 0, do: {qL: 1}, transition_to: B}
        - {if: mark(L) > 150, transition_to: HIGH}
      failed: {transition_to: SAD}
  B: {}
  HIGH: {}
  SAD: {}
  OUT: {enter: {qL: 0}}
"""


def test_the_move_follows_when_the_action_is_done() -> None:
    bench = Bench(BUY)
    bench.silent = {"L"}
    bench.at(1, 100)
    assert bench.mode == "A" and bench.orders() == [("L", 1.0)]
    bench.at(2, 101)
    assert len(bench.orders()) == 1, "no second action starts while one is in flight"
    bench.answers(Filled("L-1", 0.4, 100))
    assert (bench.mode, bench.value("qL")) == ("A", 0.4)
    bench.answers(Filled("L-1", 0.6, 102))
    assert (bench.mode, bench.value("qL")) == ("B", 1.0)
    assert bench.value("pL") == pytest.approx(101.2, abs=1e-9)


def test_an_action_that_fails_stays_and_says_so() -> None:
    bench = Bench(BUY)
    bench.refusing = {"L"}
    bench.at(1, 100)
    assert bench.mode == "SAD"
    assert [note.outcome for note in bench.notes(ActionEnded)] == ["failed"]


def test_only_a_row_above_the_action_in_flight_may_move() -> None:
    bench = Bench(BUY)
    bench.silent = {"L"}
    bench.at(1, 100).at(2, 160)
    assert bench.mode == "A", "the row below waits"
    bench.answers(Filled("L-1", 0.25, 100))
    bench.silent = set()
    bench.at(3, 80)
    assert bench.mode == "OUT" and bench.cancelled == ["L-1"]
    assert bench.value("qL") == 0, "what was filled is kept until the entry of OUT closes it"
    assert bench.orders() == [("L", 1.0), ("L", -0.25)]
    assert [note.outcome for note in bench.notes(ActionEnded)] == ["interrupted", "done"]


SAGA = """
states:
  A:
    on:
      tick: {do: lock, transition_to: LOCKED}
      failed(lock): {transition_to: SAD}
  LOCKED: {final: true}
  SAD: {final: true}
actions:
  lock: {steps: [{qL: 1}, wait, {qS: qL}], within: 10s, on_fail: {qL: 0, qS: 0}}
"""


def test_both_legs() -> None:
    bench = Bench(SAGA)
    bench.at(1, 100)
    assert bench.mode == "LOCKED"
    assert (bench.value("qL"), bench.value("qS")) == (1.0, 1.0)
    assert bench.orders() == [("L", 1.0), ("S", 1.0)]


def test_or_neither() -> None:
    bench = Bench(SAGA)
    bench.refusing = {"S"}
    bench.at(1, 100)
    assert bench.mode == "SAD"
    assert (bench.value("qL"), bench.value("qS")) == (0.0, 0.0)
    assert bench.orders() == [("L", 1.0), ("S", 1.0), ("L", -1.0)]


def test_the_deadline_cancels_and_compensates() -> None:
    bench = Bench(SAGA)
    bench.silent = {"S"}
    bench.at(1, 100)
    bench.at(10.999999)
    assert bench.mode == "A" and bench.cancelled == []
    bench.at(11)
    assert bench.cancelled == ["S-2"]
    assert (bench.mode, bench.value("qL")) == ("SAD", 0.0)


def test_done_is_an_event_and_too_many_of_them_are_a_fault() -> None:
    bench = Bench("""
variables: {n: {initial: 0}}
states:
  A:
    on:
      tick: {do: {qL: 0}}
      done: {do: [{n: n + 1}, {qL: 0}]}
""")
    bench.at(1, 100)
    assert [type(note) for note in bench.notes(Fault)] == [Fault]
    assert bench.core.state.status is Status.HALTED
    assert 60 <= bench.value("n") <= 70


# -- booking ---------------------------------------------------------------------------------------------------------

TURN = """
parameters: {size: {value: 1, unit: base}}
variables: {noted: {initial: 0, unit: price}}
states:
  A:
    on:
      tick:
        - {if: qL == 0, do: {qL: 2}}
        - {if: mark(L) > 100, do: turn}
actions:
  turn: {steps: [{qL: 0}, {qL: size}, {noted: mark(L)}], net: NET}
"""


def test_netted_steps_are_booked_as_planned() -> None:
    """Two held at 100; closing both and opening one at 110 sends one sale, and leaves an average of 110."""
    bench = Bench(TURN.replace("NET", "true"))
    bench.at(1, 100).at(2, 110)
    assert bench.orders() == [("L", 2.0), ("L", -1.0)]
    assert (bench.value("qL"), bench.value("pL")) == (1.0, 110.0)
    assert bench.core.state.books.realised[0] == pytest.approx(20.0, abs=1e-9)
    assert bench.core.state.books.cash["main"] == pytest.approx(20.0, abs=1e-9)
    assert bench.value("noted") == 110


def test_what_netted_steps_realised_is_told_with_where_the_leg_stands() -> None:
    """The sale of one of two realises 10; booked as closing both and opening one at 110 it is 20, so 10 more."""
    bench = Bench(TURN.replace("NET", "true"))
    bench.at(1, 100).at(2, 110)
    assert [note.realised for note in bench.notes(Booked)] == [0.0, pytest.approx(10.0, abs=1e-9)]
    (told,) = bench.notes(Rebooked)
    assert (told.client_id, told.leg, told.quantity, told.average) == ("L-2", "L", 1.0, 110.0)
    assert told.realised == pytest.approx(10.0, abs=1e-9)


def test_without_netting_each_step_is_an_order() -> None:
    bench = Bench(TURN.replace("NET", "false"))
    bench.at(1, 100).at(2, 110)
    assert bench.orders() == [("L", 2.0), ("L", -2.0), ("L", 1.0)]
    assert (bench.value("qL"), bench.value("pL")) == (1.0, 110.0)


def test_a_partial_fill_books_what_was_filled_and_drops_what_was_to_follow() -> None:
    bench = Bench(TURN.replace("NET", "true"))
    bench.at(1, 100)
    bench.silent = {"L"}
    bench.at(2, 110)
    bench.answers(Filled("L-2", 0.5, 110), Rejected("L-2"))
    assert bench.value("qL") == 1.5
    assert bench.value("pL") == 100.0
    assert bench.value("noted") == 0, "a variable after a trade is dropped when it fails"
    assert bench.core.state.books.realised[0] == pytest.approx(5.0, abs=1e-9)


def test_rounding_is_carried_to_the_next_target_of_the_leg() -> None:
    bench = Bench("""
variables: {n: {initial: 0}}
states:
  A:
    on:
      tick: {do: {qL: qL + 0.6}}
      below_min: {do: {n: n + 1}}
""")
    bench.lot_size = 1.0
    bench.at(1, 100)
    assert bench.orders() == [] and bench.value("n") == 1, "below the minimum it is met, with an event"
    bench.at(2, 100)
    assert bench.orders() == [("L", 1.0)]
    bench.at(3, 100)
    assert bench.orders() == [("L", 1.0)], "0.2 were left, 0.8 are not a lot"
    bench.at(4, 100)
    assert bench.orders() == [("L", 1.0), ("L", 1.0)]


# -- time ------------------------------------------------------------------------------------------------------------


def test_after_fires_for_a_state_that_is_left_and_entered_at_one_moment() -> None:
    """A comes back at the moment at which its time was over: the new stay has a time of its own."""
    bench = Bench("""
states:
  A:
    after: {10s: {transition_to: B}}
  B:
    on: {tick: {if: "mark(L) > 0", transition_to: A}}
""")
    bench.at(1, 100).at(11)
    assert bench.mode == "B"
    bench.at(11, 100)
    assert bench.mode == "A"
    bench.at(20.999999)
    assert bench.mode == "A"
    bench.at(21)
    assert bench.mode == "B"


def test_after_fires_once_at_exactly_its_time_in_the_state() -> None:
    bench = Bench("""
variables: {n: {initial: 0}}
states:
  A:
    on: {tick: {if: mark(L) > 110, transition_to: A}}
    after: {10s: {do: {n: n + 1}}}
""")
    bench.at(1, 100).at(10.999999)
    assert bench.value("n") == 0
    bench.at(11)
    assert bench.value("n") == 1
    bench.at(30)
    assert bench.value("n") == 1, "once for each stay"
    bench.at(31, 111).at(41)
    assert bench.value("n") == 2, "a move to the own state enters it again"


def test_intervals_begin_at_the_start_and_daily_hours_are_in_their_zone() -> None:
    bench = Bench(
        """
variables: {beats: {initial: 0}, days: {initial: 0}}
states: {A: {on: {beat: {do: {beats: beats + 1}}, nine: {do: {days: days + 1}}}}}
""",
        HEAD.replace("{tick: price(L)}", '{tick: price(L), beat: every(2s), nine: {daily: "09:00 Asia/Shanghai"}}'),
    )
    bench.at(1, 100).at(2.9)
    assert bench.value("beats") == 0
    bench.at(7)
    assert bench.value("beats") == 3
    bench.at(3_600)
    assert bench.value("days") == 1, "09:00 in Shanghai is 01:00 UTC"


def test_the_machine_starts_at_the_first_event_at_which_its_first_values_are_ready() -> None:
    bench = Bench("""
variables: {start: {initial: change(mark(L))}}
states: {A: {on: {tick: {if: mark(L) >= 100, transition_to: B}}}, B: {}}
""")
    bench.at(1, 100)
    assert bench.core.state.status is Status.WAITING
    bench.at(2, 99)
    assert bench.core.state.status is Status.RUNNING and bench.mode == "A"
    assert bench.value("start") == pytest.approx(-0.01, abs=1e-12)
    bench.at(3, 100)
    assert bench.mode == "B"


# -- permissions, promises -------------------------------------------------------------------------------------------


def test_an_order_that_the_state_does_not_permit_is_refused() -> None:
    bench = Bench("""
regions:
  guard: {states: {OPEN: {on: {tick: {if: mark(L) > 100, transition_to: SHUT}}}, SHUT: {orders: reduce}}}
  trade:
    variables: {refusals: {initial: 0}}
    states:
      T:
        on:
          tick:
            - {if: mark(L) < 100, do: {qL: 0}}
            - {do: {qL: qL + 1}}
          refused: {do: {refusals: refusals + 1}}
""")
    bench.at(1, 100).at(2, 101)
    assert bench.orders() == [("L", 1.0)] and bench.value("refusals") == 1
    bench.at(3, 99)
    assert bench.orders() == [("L", 1.0), ("L", -1.0)], "reducing is permitted"


def test_invariants_are_tested_after_events_and_at_decisions() -> None:
    bench = Bench("""
states: {A: {on: {tick: {if: mark(L) > 100, do: {qL: qL + 1}}}}}
invariants:
  - small: qL <= 1
  - high: {on: order, that: "mark(L) > 101"}
""")
    bench.at(1, 101).at(2, 102).at(3, 102)
    assert [(note.now_us // SECOND, note.name) for note in bench.notes(InvariantBroken)] == [(1, "high"), (2, "small")]


# -- operator --------------------------------------------------------------------------------------------------------

WORKING = """
states:
  A:
    on:
      tick: {if: qL < 3, do: {qL: qL + 1}}
      EXITROW
  B: {}
"""


def test_halt_holds_the_market_until_resume() -> None:
    bench = Bench(WORKING.replace("EXITROW", ""))
    bench.at(1, 100)
    bench.tell(Operation.HALT)
    bench.at(2, 100).at(3, 100)
    assert len(bench.orders()) == 1
    bench.tell(Operation.RESUME)
    bench.at(4, 100)
    assert len(bench.orders()) == 2


def test_flatten_closes_everything_reduce_only() -> None:
    bench = Bench(WORKING.replace("EXITROW", ""))
    bench.at(1, 100).at(2, 100)
    bench.tell(Operation.FLATTEN)
    assert bench.value("qL") == 0 and bench.core.state.status is Status.HALTED
    last = bench.driver.orders[-1]
    assert isinstance(last, OrderIntent) and last.reduce_only and last.change == -2.0


def test_exit_is_the_specs_row_if_it_has_one() -> None:
    bench = Bench(WORKING.replace("EXITROW", "exit: {transition_to: B, because: manual}"))
    bench.at(1, 100)
    bench.tell(Operation.EXIT)
    assert bench.mode == "B" and bench.value("qL") == 1
    assert [note.because for note in bench.notes(Transition)] == ["manual"]


def test_exit_without_a_row_flattens_and_stops() -> None:
    bench = Bench(WORKING.replace("EXITROW", ""))
    bench.at(1, 100)
    bench.tell(Operation.EXIT)
    assert bench.value("qL") == 0 and bench.core.state.status is Status.STOPPED
    bench.at(2, 100)
    assert len(bench.orders()) == 2


def test_stop_leaves_positions() -> None:
    bench = Bench(WORKING.replace("EXITROW", ""))
    bench.at(1, 100)
    bench.tell(Operation.STOP)
    bench.at(2, 100)
    assert bench.value("qL") == 1 and bench.core.state.status is Status.STOPPED


# -- working quotes --------------------------------------------------------------------------------------------------

QUOTE = """
variables: {rejections: {initial: 0}}
quotes:
  bid: {leg: L, side: buy, price: mark(L) - 1, quantity: 2, post_only: true, when: mark(L) < 200, REPLACE}
states:
  A: {on: {"rejected(bid, post_only)": {do: {rejections: rejections + 1}}}}
"""


def live(bench: Bench) -> list[tuple[float, float]]:
    orders = bench.core.quotes.slots[0].orders
    return [(order.wish.price, order.rest) for order in orders if not order.cancelling]


def test_a_slot_is_placed_while_wanted_and_cancelled_when_not() -> None:
    bench = Bench(QUOTE.replace("REPLACE", "keep: false"))
    bench.at(1, 100)
    assert live(bench) == [(99.0, 2.0)]
    bench.at(2, 100)
    assert len(bench.orders()) == 1, "the same wish is the same order"
    bench.at(3, 101)
    assert live(bench) == [(100.0, 2.0)] and bench.cancelled == ["L-1"]
    bench.at(4, 200)
    assert live(bench) == []


def test_a_slot_is_replaced_beyond_so_many_ticks() -> None:
    bench = Bench(QUOTE.replace("REPLACE", "beyond: 5"))
    bench.at(1, 100).at(2, 100.05)
    assert live(bench) == [(99.0, 2.0)], "five ticks are not beyond five"
    bench.at(3, 100.06)
    assert live(bench) == [(99.06, 2.0)]


def test_a_refused_quote_waits_for_its_next_chance() -> None:
    bench = Bench(QUOTE.replace("REPLACE", "every: 5s"))
    bench.refusing = {"L"}
    bench.at(1, 100)
    assert bench.value("rejections") == 0, "refused, but not for being post-only"
    assert len(bench.orders()) == 1
    bench.at(4, 100)
    assert len(bench.orders()) == 1
    bench.at(6, 100)
    assert len(bench.orders()) == 2


def test_fills_of_a_quote_are_booked() -> None:
    bench = Bench(QUOTE.replace("REPLACE", "every: 5s"))
    bench.at(1, 100)
    bench.answers(Filled("L-1", 0.5, 99, 0.01))
    assert bench.value("qL") == 0.5 and live(bench) == [(99.0, 1.5)]
    assert bench.core.state.books.cash["main"] == -0.01
    assert [note.realised for note in bench.notes(Booked)] == [0.0]


# -- snapshot --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [SAGA, BUY, TURN.replace("NET", "true"), QUOTE.replace("REPLACE", "every: 5s")])
def test_a_restored_core_goes_on_as_the_other(text: str) -> None:
    """Taken while orders are out; both then see the same answers and the same market."""
    first = Bench(text)
    first.silent = {"S", "L"}
    first.at(1, 100)
    taken = json.loads(json.dumps(snapshot(first.core), allow_nan=False))
    second = Bench(text)
    second.silent = first.silent
    restore(second.core, taken)
    assert json.dumps(snapshot(second.core)) == json.dumps(taken)
    for bench in (first, second):
        bench.driver.notes.clear()
        bench.driver.orders.clear()
        bench.answers(Filled("L-1", 1.0, 100))
        bench.at(5, 120).at(13, 85)
    assert first.driver.notes == second.driver.notes
    assert repr(first.driver.orders) == repr(second.driver.orders)
    assert snapshot(first.core) == snapshot(second.core)


def test_a_snapshot_of_another_program_is_refused() -> None:
    taken = snapshot(Bench(SAGA).core)
    with pytest.raises(RunError, match="another program"):
        restore(Bench(BUY).core, taken)


def test_the_same_events_give_the_same_effects() -> None:
    def notes() -> list[object]:
        bench = Bench(TURN.replace("NET", "true"))
        for second in range(1, 30):
            bench.at(second, 100 + (second * 7) % 13)
        return list(bench.driver.notes)

    assert notes() == notes()
    assert any(isinstance(note, RowTaken) for note in notes())


def test_a_clock_event_fires_what_is_due_by_deadline() -> None:
    bench = Bench(
        """
variables: {seen: {initial: 0}}
states: {A: {on: {slow: {do: {seen: seen * 10 + 2}}, fast: {do: {seen: seen * 10 + 1}}}}}
""",
        HEAD.replace("{tick: price(L)}", "{tick: price(L), slow: every(3s), fast: every(2s)}"),
    )
    bench.at(1, 100)
    bench.driver.deliver(Clock(5 * SECOND))
    assert bench.value("seen") == 12


# -- a leg with a side never holds less than nothing: what would make it so is told or refused

BELOW_ZERO = "states:\n  A: {on: {tick: {if: mark(L) > 100, do: {qL: CHANGE}}}}\n"
OPENED = HEAD.replace("side: long", "side: long, initial: 2")


def clipped(bench: Bench) -> list[str]:
    return [note.text for note in bench.notes(AlertRaised) if note.name == "clipped"]


def held_long(bench: Bench) -> float:
    return bench.core.state.books.quantity(0)


def test_a_target_below_zero_closes_the_leg_and_says_so() -> None:
    bench = Bench(BELOW_ZERO.replace("CHANGE", "qL * (100 - mark(L)) / mark(L)"), OPENED)
    bench.at(0, 100)
    assert (held_long(bench), clipped(bench)) == (2.0, [])
    bench.at(1, 200)
    assert held_long(bench) == 0.0
    assert clipped(bench) == ["the target -1 of the long leg L is below zero: nothing more is held"]


def test_rounding_below_zero_is_not_told() -> None:
    bench = Bench(BELOW_ZERO.replace("CHANGE", "qL * (1 - 1.0000000000001)"), OPENED)
    bench.at(0, 100)
    bench.at(1, 103)
    assert (held_long(bench), clipped(bench)) == (0.0, [])


def test_an_initial_quantity_below_zero_is_refused_at_the_start() -> None:
    head = HEAD.replace("side: short", "side: short, initial: one * (mark(L) - 101) / mark(L)")
    head += "parameters: {one: {value: 1, unit: base}}\n"
    bench = Bench("states:\n  A: {on: {tick: {if: mark(L) > 200, do: {qL: 1}}}}\n", head)
    with pytest.raises(RunError, match="the initial -1 of the short leg S is below zero"):
        bench.at(0, 50.5)

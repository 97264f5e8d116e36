"""The kernel does what the machine does: transitions, orders, fills and books, event by event.

The machine engine is the meaning. Most runs here use the emitted module as plain Python, which starts at once; one goes
through numba.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.parity.kernel_markets import fundings, marks, quotes, stream, trades

from fsmtrader.data.stream import EventStream
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import AlertRaised, Booked, Effects, InvariantBroken, Operation, Told, Transition
from fsmtrader.kernel import columns as c
from fsmtrader.kernel.cache import compiled, folder, loop_of
from fsmtrader.kernel.emit_loop import emit_module
from fsmtrader.kernel.run import KernelStopped, Outcome
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.run import Prepared, carry_out, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPECS = Path(__file__).parents[2] / "specs"
BANDS = ("band_limited_hedging", "band_limited_hedging_literal", "band_limited_hedging_reentry")
SECOND_US = 1_000_000


@cache
def program_of(text: str) -> Program:
    return check_merged([Source("spec.yml", text.encode())]).require()


def spec(name: str) -> Program:
    return program_of((SPECS / f"{name}.yml").read_text(encoding="utf-8"))


@dataclass
class Heard:
    """What the machine said, in order."""

    transitions: list[tuple[object, ...]] = field(default_factory=list)
    fills: list[tuple[object, ...]] = field(default_factory=list)
    alerts: int = 0
    broken: int = 0
    core: Core | None = None
    own: tuple[str, ...] = ()

    def told(self, now_us: int, items: tuple[Told, ...]) -> None: ...

    def operator(self, now_us: int, operation: Operation) -> None: ...

    def commit(self) -> None: ...

    def effects(self, now_us: int, effects: Effects) -> None:
        for note in effects.notes:
            if isinstance(note, Transition):
                self.transitions.append((note.now_us, note.region, note.source, note.target, note.row))
            elif isinstance(note, Booked):
                self.fills.append((note.now_us, note.leg, note.change, note.price, note.fee, note.realised))
            elif isinstance(note, AlertRaised) and note.name in self.own:
                self.alerts += 1
            elif isinstance(note, InvariantBroken):
                self.broken += 1

    def attach(self, core: Core) -> None:
        self.core = core


def on_machine(prepared: Prepared) -> Heard:
    heard = Heard(own=tuple(alert.name for alert in prepared.program.alerts))
    carry_out(prepared, hooks=Hooks(heard, attach=heard.attach))
    return heard


def on_kernel(prepared: Prepared, text: str = "", place: Path | None = None) -> Outcome:
    """The kernel's run: as plain Python, or compiled into a folder."""
    found = kernel_of(prepared)
    assert found.why_not == ()
    text = text or emit_module(prepared.program, found.layout)
    loop = loop_of(text) if place is None else compiled(text, place)
    stream = prepared.stream
    return run_kernel(prepared.program, found.layout, found.given, stream, stream.last_us, loop, plain=place is None)


def transitions_of(program: Program, outcome: Outcome) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for time_us, r, m in outcome.moves:
        region = program.regions[int(r)]
        move = region.moves[int(m)]
        source, target = region.leaves[move.leaf].name, region.leaves[move.destination].name
        found.append((int(time_us), region.name, source, target, move.row))
    return found


def fills_of(program: Program, outcome: Outcome) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for row in outcome.orders:
        if row[c.O_FILLED] > 0.0:
            change = math.copysign(row[c.O_FILLED], row[c.O_CHANGE])
            leg = program.legs[int(row[c.O_LEG])].name
            found.append((int(row[c.O_TIME]), leg, change, row[c.O_AT], row[c.O_FEE], row[c.O_REALISED]))
    return found


def assert_same(prepared: Prepared, heard: Heard, outcome: Outcome) -> None:
    """Transitions and fills to the last bit; books, cash, variables and counts too."""
    program = prepared.program
    assert transitions_of(program, outcome) == heard.transitions
    assert fills_of(program, outcome) == heard.fills
    assert heard.core is not None
    state = heard.core.state
    books = state.books
    for i, leg in enumerate(program.legs):
        ours = [
            outcome.books[i, column] for column in (c.QUANTITY, c.AVERAGE, c.REALISED, c.FEES, c.FUNDING, c.TURNOVER)
        ]
        theirs = [
            state.x[leg.quantity],
            state.x[leg.average],
            books.realised[i],
            books.fees[i],
            books.funding[i],
            books.turnover[i],
        ]
        np.testing.assert_array_equal(ours, theirs)
    for i, account in enumerate(program.accounts):
        assert outcome.accounts[i, c.CASH] == books.cash[account.name]
    assert [outcome.x[v.slot] for v in program.variables] == [state.x[v.slot] for v in program.variables]
    assert outcome.leaves == tuple(place.leaf for place in heard.core.regions.places)
    assert (outcome.alerts, outcome.broken) == (heard.alerts, heard.broken)


def bars(program: Program, seed: int, count: int = 5_000, **overrides: str) -> Prepared:
    return prepare(program, Settings(bars=count, seed=seed, overrides=overrides))


PARAMETERS: tuple[Mapping[str, str], ...] = (
    {},
    {"k": "6", "alpha": "0.3", "E_max": "20000"},
    {"k": "10", "beta": "0.6", "eta": "0.4", "E_max": "60000"},
    {"q0": "0.05", "E_max": "2000", "tau_max": "1h"},
)


@pytest.mark.parametrize("overrides", PARAMETERS)
@pytest.mark.parametrize("name", BANDS)
def test_band_strategies_on_bars(name: str, overrides: Mapping[str, str]) -> None:
    prepared = bars(spec(name), 1 + PARAMETERS.index(overrides), **overrides)
    heard = on_machine(prepared)
    assert_same(prepared, heard, on_kernel(prepared))


def over(program: Program, stream: EventStream, **overrides: str) -> Prepared:
    """A run over a market in memory."""
    prepared = prepare(program, Settings(bars=10, overrides=overrides))
    return replace(prepared, stream=stream)


def assert_parity(prepared: Prepared) -> tuple[Heard, Outcome]:
    heard, outcome = on_machine(prepared), on_kernel(prepared)
    assert_same(prepared, heard, outcome)
    return heard, outcome


@pytest.mark.parametrize("seed", [1, 4])
@pytest.mark.parametrize("sizes", [0.02, 1.0, math.inf])
@pytest.mark.parametrize("name", BANDS)
def test_band_strategies_on_quotes(name: str, sizes: float, seed: int) -> None:
    """With `every(1s)` heard; where little is displayed an order expires in part and its action fails."""
    market = quotes(seed, 1_200, sizes=sizes)
    overrides = {"tau_max": "1h", "E_max": str(5_000 * seed), "q0": "0.2"}
    assert_parity(over(spec(name), stream([market]), **overrides))


@pytest.mark.parametrize("seed", [1, 2])
def test_funding_marks_and_trades(seed: int) -> None:
    market = quotes(seed, 1_500, seconds=30.0)
    sources = [market, trades(seed, market), fundings(seed, market), marks(seed, market)]
    _, outcome = assert_parity(over(spec(BANDS[0]), stream(sources), tau_max="2h", q0="0.5", E_max="6000"))
    assert abs(outcome.books[:, c.FUNDING]).sum() > 0.0


TIMED = """
fsm: 1
strategy: {name: Timed}
accounts: {main: {exchange: binanceusdm, position_mode: MODE}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}, B: {account: main, symbol: "ETH/USDT:USDT", initial: 0.5}}
parameters: {size: {value: 0.3, unit: base}, wait: 90s}
observe:
  spread: mark(A) / mark(B) - 20
  fast: ema(mark(A), n=5, on=tick)
  top: highest(mark(A), window=10m)
variables: {count: {initial: 0}, anchor: {initial: mark(A)}, was: {initial: qB}}
events: {tick: "every(45s)", news: ["price(A)", "price(B)"], over: [done, "every(200s)"]}
regions:
  trade:
    states:
      FLAT:
        exit: {anchor: mark(A)}
        on:
          news: {if: abs(mark(A) - anchor) > anchor * 0.0005, do: open, transition_to: LONG}
          tick: {if: mark(A) < fast, do: {count: count + 1}}
          failed(open): {do: {count: count + 100}}
      LONG:
        enter: {anchor: top if ready(top) else mark(A), count: count + 1}
        after: {wait: {do: close, transition_to: REST}}
        on:
          news: {if: mark(A) < anchor * 0.9996, do: turn}
          done(turn): {do: {count: count + 10}}
          failed: {transition_to: REST}
      REST:
        orders: reduce
        enter: {qA: 0}
        after: {3m: {transition_to: FLAT}}
  second:
    states:
      LOW:
        on:
          news: {if: trade == LONG and count > 1, do: {count: 0}, transition_to: HIGH}
          over: {if: abs(qB) < 2, do: more}
      HIGH:
        on:
          tick: {if: time_in_state > 5m, do: less, transition_to: LOW}
          done(open): {do: {count: count - 1}}
actions:
  open: {steps: [{qA: size}, wait, {qA: qA + size}, {anchor: mark(A)}], on_fail: {qA: 0}, within: 1h}
  close: {qA: 0}
  turn: {net: false, steps: [{qA: qA / 2}, {anchor: mark(A)}, {qA: -size}, {count: count + qA}]}
  more: [{qB: qB + 0.4}, {qB: qB + 0.11}]
  less: [{qB: qB - 1.2}, {was: qB}]
invariants: {small: abs(qA) <= 0.45, calm: {on: order, in: LONG, that: "mark(A) > anchor * 0.9992"}}
alerts: {wide: {if: count > 15, repeat: 5m, say: wide}, lost: {on: failed, say: lost}}
risk: {max_slippage: 0.1%, position: {A: 0.65}}
run: {capital: {main: 200000 USDT}}
"""


@pytest.mark.parametrize("mode", ["one_way", "exact"])
@pytest.mark.parametrize("seed", range(1, 7))
def test_regions_timers_phases_and_failures(mode: str, seed: int) -> None:
    """Two regions that trade, timers, phases with a wait, `net: false`, `on_fail`, refusals, invariants and alerts."""
    program = program_of(TIMED.replace("MODE", "one_way"))
    sizes = 2.0 if seed % 2 else math.inf
    market = stream([quotes(seed, 1_200, sizes=sizes), quotes(seed + 50, 1_100, price=3000.0, market=1)], 2)
    prepared = over(program, market, size=("0.2", "0.3", "0.4")[seed % 3])
    if mode == "exact":
        settings = replace(prepared.settings, profile="exact")
        prepared = replace(prepared, settings=settings)
    heard, _ = assert_parity(prepared)
    assert heard.fills


def test_every_row_of_the_runs_above_is_taken() -> None:
    """Parity of what never happens would say nothing: over all seeds each row that moves or trades does so."""
    program = program_of(TIMED.replace("MODE", "one_way"))
    taken: set[int] = set()
    rejected = expired = 0
    for seed in range(1, 7):
        sizes = 2.0 if seed % 2 else math.inf
        market = stream([quotes(seed, 1_200, sizes=sizes), quotes(seed + 50, 1_100, price=3000.0, market=1)], 2)
        outcome = on_kernel(over(program, market, size=("0.2", "0.3", "0.4")[seed % 3]))
        taken |= {row for *_, row in transitions_of(program, outcome) if isinstance(row, int)}
        taken |= {int(row) for row in outcome.orders[:, c.O_ROW]}
        expired += int((outcome.orders[:, c.O_CODE] == c.EXPIRED).sum())
        rejected += int((outcome.orders[:, c.O_CODE] == c.REJECTED).sum())
    wanted = {
        row.index for row in program.rows if row.target or (row.action >= 0 and program.actions[row.action].trades)
    }
    assert wanted - taken == set()
    assert expired > 0


BUGS = (
    ("x[P_REF_S20] = s[P0_0_", "x[P_REF_EXIT_S21] = s[P0_0_"),
    ("s[GO_0] = 1 if s[FAILED_0] else -s[GO_0]", "s[GO_0] = 1 if s[FAILED_0] else 2"),
    ("bid_0, ask_0 = spread_around(vd, half_spread)", "bid_0, ask_0 = vd, vd"),
    ("n_told, told, n_orders = n_orders, 0, 0", "n_told, told, n_orders = n_orders - 1, 0, 0"),
    ("s[LEAF_0] = 2", "s[LEAF_0] = 1"),
    (", 0.003, inf, now,", ", 0.00003, inf, now,"),
    ("streak_update(g1, value,", "streak_update(g1, 1.0,"),
    ("winning_o2 >= 1.0000000000000002e-12", "winning_o2 >= 5000.0"),
)


@pytest.mark.parametrize(("right", "wrong"), BUGS)
def test_a_bug_planted_in_the_loop_is_found(right: str, wrong: str) -> None:
    prepared = bars(spec(BANDS[0]), 2, 3_000, k="10", E_max="20000", tau_max="1h")
    text = emit_module(prepared.program, kernel_of(prepared).layout)
    assert right in text, "the emitter writes it another way now: plant the bug there"
    heard = on_machine(prepared)
    assert_same(prepared, heard, on_kernel(prepared, text))
    with pytest.raises((AssertionError, KernelStopped, IndexError)):
        assert_same(prepared, heard, on_kernel(prepared, text.replace(right, wrong)))


SMALL = """
fsm: 1
strategy: {name: Small}
accounts: {main: {exchange: binanceusdm}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"}}
observe: {top: "highest(mark(A), window=30m)"}
states:
  FLAT: {on: {"price(A)": {if: mark(A) >= top, do: {qA: 0.2}, transition_to: LONG}}}
  LONG: {after: {40m: {do: {qA: 0}, transition_to: FLAT}}}
run: {capital: {main: 200000 USDT}}
"""


def test_compiled_is_the_same_again() -> None:
    """Machine and numba: one result, over several batches."""
    prepared = over(program_of(SMALL), stream([quotes(3, 3_000)]))
    heard = on_machine(prepared)
    assert len(heard.fills) > 20
    assert_same(prepared, heard, on_kernel(prepared, place=folder()))


def test_a_full_room_of_outputs_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for a few rows the loop is left and called again in the middle of a batch."""
    prepared = over(program_of(SMALL), stream([quotes(3, 3_000)]))
    monkeypatch.setattr("fsmtrader.kernel.run.ROOM", c.MOST_WORKS + 3)
    assert_parity(prepared)


HEAD = """
fsm: 1
strategy: {name: Found}
accounts: {main: {exchange: binanceusdm}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT"INITIAL}}
run: {capital: {main: 200000 USDT}}
"""


def found(text: str, initial: str = "") -> Program:
    """A spec of one leg, such as random ones were that showed a difference."""
    return program_of(HEAD.replace("INITIAL", f", initial: {initial}" if initial else "") + text)


@pytest.mark.parametrize("first", ["trade(A)", "price(A)"])
def test_one_event_that_is_two_of_the_spec_raises_them_in_their_order(first: str) -> None:
    """Whatever the spec names first: a trade is a price, then a trade."""
    second = "price(A)" if first == "trade(A)" else "trade(A)"
    program = found(
        f"states: {{S: {{on: {{{first}: {{do: {{qA: qA + 0.01}}}}}}}}, T: {{on: {{{second}: {{transition_to: T}}}}}}}}\n"
    )
    market = quotes(5, 200)
    heard, _ = assert_parity(over(program, stream([trades(5, market)])))
    assert len(heard.fills) == len(trades(5, market).time_us)


def test_an_opening_order_breaks_maker_only_as_every_order_does() -> None:
    program = found(
        'states: {S: {on: {"price(A)": {if: qA > 0.4, do: {qA: 0.25}}}}}\ninvariants: [maker_only]\n', "0.5"
    )
    heard, outcome = assert_parity(over(program, stream([quotes(5, 200, sizes=math.inf)])))
    assert (len(heard.fills), heard.broken, outcome.broken) == (2, 2, 2)


def test_a_run_that_never_begins_stands_in_its_first_state() -> None:
    program = found(
        "variables: {level: {initial: pA}}\n"
        'states: {S: {}, T: {initial: true, on: {"price(A)": {if: mark(A) > level, transition_to: S}}}}\n'
    )
    _, outcome = assert_parity(over(program, stream([quotes(5, 50)])))
    assert outcome.leaves == (1,)
    assert outcome.status < c.RUNNING


@pytest.mark.parametrize(("event", "target"), [("done", "qA"), ("failed", "0.1")])
def test_an_action_that_starts_itself_again_is_left_to_the_machine(event: str, target: str) -> None:
    """It ends in the instant that it began in, for ever: the machine halts after 64 rounds, the loop must not hang."""
    risk = "risk: {position: {A: 0.05}}\n" if event == "failed" else ""
    program = found(
        f'states: {{S: {{on: {{"price(A)": {{do: {{qA: {target}}}}}, {event}: {{do: {{qA: {target}}}}}}}}}}}\n{risk}'
    )
    with pytest.raises(KernelStopped, match="more than 64 rounds"):
        on_kernel(over(program, stream([quotes(5, 50)])))

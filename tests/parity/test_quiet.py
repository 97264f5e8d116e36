"""An instant that begins in one call ends as one that the core does itself: every row of the journal, every row of equity."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal
from tests.parity.kernel_markets import bars, fundings, marks, quotes, stream, trades
from tests.parity.random_specs import case_of

from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import RunError
from fsmtrader.domain.instruments import Latency
from fsmtrader.engine.conditions import Conditions
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Effects, Input, Operation, Told
from fsmtrader.engine.journal import encode
from fsmtrader.engine.quiet import Quiet
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research import assembly
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.run import Prepared, carry_out, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.summary import Log, Summary
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]

HEAD = """
fsm: 1
strategy: {name: Quiet}
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs: {A: {account: main, symbol: "BTC/USDT:USDT", side: long}}
"""
BELLS = f"""{HEAD}
# an alert that stays true and is said again, one that ends, one on an event, one that is said again and again; a broken invariant
parameters: {{size: {{value: 0.3, unit: base}}}}
observe: {{fast: "ema(mark(A), n=4, on=tick)", slow: "mean(mark(A), n=40, on=tick)"}}
events: {{tick: ["price(A)", "every(5s)"], rare: "every(240s)"}}
states:
  OUT:
    on: {{tick: {{if: fast > slow * 1.0005, do: open, transition_to: IN}}}}
  IN:
    on:
      tick: {{if: fast < slow, do: close, transition_to: OUT}}
      rare: {{do: more}}
actions: {{open: [{{qA: size}}], close: [{{qA: 0}}], more: [{{qA: qA + 0.01}}]}}
invariants:
  - small: qA < size + 0.02
  - calm: {{in: IN, that: mark(A) > slow * 0.9995}}
alerts:
  held: {{if: qA > 0, repeat: 90s, say: "{{qA}} at {{pA}}"}}
  fallen: {{if: fast < slow * 0.999, say: "{{fast}}"}}
  again: {{if: fast > slow * 1.0015, repeat: 1ms, say: "{{slow}}"}}
  rare: {{on: rare, say: "{{qA}}"}}
"""
CLOCKS = f"""{HEAD}
# intervals that fall together, an hour of the day, times in a state, indicators with clocks of their own, an end
parameters: {{wait: 400s, stop_after: 5h}}
observe:
  vol:    "realized_vol(mark(A), window=20m, every=30s)"
  top:    "highest(mark(A), window=15m)"
  calm:   "held(vol < 0.4)"
  due:    time_to_funding(A)
  jump:   "abs(change(mark(A), on=beat)) > 0.0004"
events: {{beat: "every(20s)", slow: "every(60s)", noon: {{daily: "02:30"}}}}
variables: {{count: {{initial: 0}}}}
states:
  WATCH:
    on:
      beat: {{if: jump and calm < 3600, do: {{qA: 0.2}}, transition_to: HOLD}}
      slow: {{if: mark(A) < top * 0.995 or due < 30, do: {{count: count + 1}}}}
      noon: {{do: {{count: count + 100}}}}
    after: {{20m: {{do: {{count: count + 10}}}}}}
  HOLD:
    after: {{wait: {{do: {{qA: 0}}, transition_to: WATCH}}}}
    on: {{slow: {{if: unrealized(A) < -5, do: {{qA: 0}}, transition_to: WATCH}}}}
stop: {{after: stop_after}}
reports: {{daily: {{at: "01:15", show: [count, qA]}}}}
"""
REGIONS = f"""{HEAD}
# regions that look at one another; a row without a guard; a region that ends before the other
events: {{tick: "price(A)", beat: "every(45s)"}}
observe: {{jump: "abs(change(mark(A), on=tick))"}}
regions:
  guard:
    states:
      CALM: {{on: {{tick: {{if: jump > 0.0008, transition_to: SHOCKED}}}}}}
      SHOCKED: {{orders: reduce, after: {{2m: {{transition_to: CALM}}}}}}
  trader:
    states:
      OUT: {{on: {{beat: {{if: guard == CALM, do: {{qA: 0.1}}, transition_to: IN}}}}}}
      IN: {{on: {{tick: {{if: guard == SHOCKED or mark(A) < pA * 0.9985, do: {{qA: 0}}, transition_to: OUT}}}}}}
  counter:
    variables: {{beats: {{initial: 0}}}}
    states:
      COUNT: {{on: {{beat: [{{if: beats > 40, transition_to: ENOUGH}}, {{do: {{beats: beats + 1}}}}]}}}}
      ENOUGH: {{final: true}}
"""


@cache
def program_of(text: str) -> Program:
    return check_merged([Source("spec.yml", text.encode())]).require()


def shipped(name: str) -> Program:
    return program_of((ROOT / name).read_text(encoding="utf-8"))


@dataclass
class Rows:
    """A recorder: what a journal would hold."""

    rows: list[tuple[object, ...]] = field(default_factory=list)

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        self.rows += [(now_us, *encode(item)) for item in items]

    def operator(self, now_us: int, operation: Operation) -> None:
        self.rows.append((now_us, *encode(operation)))

    def effects(self, now_us: int, effects: Effects) -> None:
        self.rows += [(now_us, *encode(item)) for item in (*effects.notes, *effects.orders, *effects.cancels)]

    def commit(self) -> None: ...


@dataclass
class Run:
    rows: list[tuple[object, ...]]
    log: Log
    summary: Any
    delivered: int


def go(monkeypatch: pytest.MonkeyPatch, program: Program, market: EventStream, settings: Settings, quiet: bool) -> Run:
    """One run over a market; how often the core was told something by itself is counted."""
    return carried_out(monkeypatch, replace(prepare(program, settings), stream=market), quiet)


def carried_out(monkeypatch: pytest.MonkeyPatch, prepared: Prepared, quiet: bool) -> Run:
    """The same of a run that is ready; an error of the run is kept in place of its summary."""
    count = 0
    deliver = Core.deliver

    def counted(core: Core, event: Input) -> Effects:
        nonlocal count
        count += 1
        return deliver(core, event)

    with monkeypatch.context() as patch:
        patch.setattr(Core, "deliver", counted)
        if not quiet:
            patch.setattr(assembly, "Quiet", lambda core, bound: None)
        log, heard = Log(prepared.program, prepared.terms.fee.rate), Rows()
        try:
            summary: Summary | str = carry_out(prepared, hooks=Hooks(heard), log=log)
        except RunError as error:
            summary = str(error)
    return Run(heard.rows, log, summary, count)


def assert_same(
    monkeypatch: pytest.MonkeyPatch, program: Program, market: EventStream, settings: Settings | None = None
) -> Run:
    """Both ways of one run; gives the one that begins instants in one call."""
    settings = settings or Settings(bars=10)
    ours = go(monkeypatch, program, market, settings, quiet=True)
    whole = go(monkeypatch, program, market, settings, quiet=False)
    assert_alike(ours, whole)
    return ours


def assert_alike(ours: Run, whole: Run) -> None:
    assert ours.rows == whole.rows
    assert_frame_equal(ours.log.curve.frame(), whole.log.curve.frame())
    assert repr(ours.summary) == repr(whole.summary)
    assert ours.delivered <= whole.delivered


BAND = {"tau_max": "1h", "E_max": "5000", "q0": "0.2"}
OPERATED = (("+40m", "halt"), ("+55m", "resume"), ("+3h", "exit"))


@pytest.mark.parametrize("name", ["", "_literal", "_reentry"])
@pytest.mark.parametrize("sizes", [0.05, float("inf")])
def test_band_strategies(monkeypatch: pytest.MonkeyPatch, name: str, sizes: float) -> None:
    market = quotes(3, 1_200, sizes=sizes)
    program = shipped(f"specs/band_limited_hedging{name}.yml")
    run = assert_same(monkeypatch, program, stream([market]), Settings(bars=10, overrides=BAND))
    assert run.summary.fills > 4
    assert run.delivered < 10_000, "of 1,200 quotes and 24,000 seconds"


@pytest.mark.parametrize("settings", [
    Settings(bars=10, overrides=BAND, latency=Latency(0, 200_000, 100_000)),
    Settings(bars=10, overrides=BAND, latency=Latency(700_000, 0, 0)),
    Settings(bars=600, overrides=BAND, operations=OPERATED),
    Settings(bars=10, overrides={**BAND, "q0": "30"}),
])  # fmt: skip
def test_latency_operators_and_ruin(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    market = quotes(4, 1_000)
    sources = [market, trades(4, market), fundings(4, market), marks(4, market)]
    run = assert_same(monkeypatch, shipped("specs/band_limited_hedging.yml"), stream(sources), settings)
    assert run.rows


@pytest.mark.parametrize("spec", [BELLS, CLOCKS, REGIONS])
@pytest.mark.parametrize("seed", [1, 2])
def test_all_that_an_instant_may_hold(monkeypatch: pytest.MonkeyPatch, spec: str, seed: int) -> None:
    market = quotes(seed, 1_500, seconds=6.0)
    sources = [market, trades(seed, market), fundings(seed, market), marks(seed, market)]
    run = assert_same(monkeypatch, program_of(spec), stream(sources))
    assert run.summary.fills > 2
    assert_same(monkeypatch, program_of(spec), stream([bars(seed, 900)]))


def test_random_specs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a spec and its market are made of; some of the instants are quiet."""
    told = [0, 0]
    for seed in range(500, 520):
        case = case_of(seed)
        program = case.program()
        assert program is not None
        ours, whole = (carried_out(monkeypatch, case.prepared(program), quiet) for quiet in (True, False))
        assert_alike(ours, whole)
        told[0] += ours.delivered
        told[1] += whole.delivered
    assert told[0] < told[1]


def test_a_time_between_two_microseconds_is_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of a second is due at 333333.3 microseconds: at 333334, not before, and not never."""
    spec = (
        HEAD
        + """
parameters: {third: 0.3333333s}
events: {beat: "every(third)"}
variables: {beats: {initial: 0}}
states:
  COUNT: {on: {beat: [{if: beats >= 2, transition_to: ENOUGH}, {do: {beats: beats + 1}}]}, after: {0.7777777s: {transition_to: LATE}}}
  ENOUGH: {final: true}
  LATE: {}
"""
    )
    run = assert_same(monkeypatch, program_of(spec), stream([bars(1, 3)]))
    start_us = 1_704_067_260_000_000
    taken = [(move.time_us - start_us, move.target) for move in run.summary.moves]
    assert taken == [(777_778, "LATE")]


@pytest.mark.parametrize("name", ["examples/timers.yml", "examples/regions.yml", "examples/quotes.yml"])
def test_examples(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert_same(monkeypatch, shipped(name), stream([quotes(5, 1_500, price=90.0, step=2e-3)]))


def planted(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, wrong: object, spec: str, seconds: float
) -> None:
    """The comparison sees a bug."""
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, wrong)
        with pytest.raises(AssertionError):
            assert_same(monkeypatch, program_of(spec), stream([quotes(1, 600, seconds=seconds)]))


def test_a_look_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, Quiet, "_disturbed", lambda self: (), BELLS, 6.0)


def test_a_condition_that_is_not_asked_any_more_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat that counts only while the trader is in: that is decided elsewhere."""
    spec = REGIONS.replace("{if: beats > 40,", "{if: trader == IN and beats > 4,")
    assert_same(monkeypatch, program_of(spec), stream([quotes(1, 600, seconds=6.0)]))
    planted(monkeypatch, Conditions, "can_hold", lambda self, value: False, spec, 6.0)


def test_a_timer_that_rests_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """`every(5s)` asks how long the state has lasted: what it asks hangs on time, and it may not rest."""
    spec = (
        HEAD
        + """
events: {tick: price(A), beat: "every(5s)", look: ["price(A)", "every(5s)"]}
states:
  YOUNG: {on: {look: {if: time_in_state > 33, transition_to: OLD}}}
  OLD: {on: {look: {if: time_in_state > 44, transition_to: YOUNG}}}
"""
    )
    run = assert_same(monkeypatch, program_of(spec), stream([quotes(1, 600, seconds=6.0)]))
    assert run.summary.transitions > 20
    planted(monkeypatch, Conditions, "hangs_on_time", lambda self, value: False, spec, 6.0)

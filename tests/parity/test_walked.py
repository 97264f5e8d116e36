"""Many quiet events at a time are the same events one by one: every row of the journal, every row of equity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tests.parity.kernel_markets import Columns, bars, fundings, marks, quotes, stream, trades
from tests.parity.random_specs import case_of
from tests.parity.test_quiet import BELLS, CLOCKS, HEAD, REGIONS, Run, assert_alike, carried_out, program_of, shipped

from fsmtrader.domain.market import Kind
from fsmtrader.engine.conditions import Conditions
from fsmtrader.engine.seen import Market
from fsmtrader.program.ir import Program
from fsmtrader.research import walked as walking
from fsmtrader.research.equity import EquityCurve
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.tracks import moving_in_bands
from fsmtrader.research.walked import Walked, _parts

BAND = {"tau_max": "1h", "E_max": "5000", "q0": "0.2"}
MOVING = f"""{HEAD}
# a band whose width moves with the market; questions about all that a book and trades say
parameters: {{size: 0.3}}
observe:
  fast: "ema(mid(A), n=5, on=tick)"
  wide: "realized_vol(mark(A), window=10m) / 120"
  gap:  "book_spread(A)"
  held: "held(ask(A) - bid(A) > 0.5)"
events: {{tick: "price(A)", beat: "every(15s)"}}
variables: {{P_ref: {{initial: "mark(A)"}}, wides: {{initial: 0}}}}
states:
  OUT:
    on:
      tick: {{if: "abs(mark(A) - P_ref) >= wide * P_ref", do: open, transition_to: IN}}
      beat: {{if: "streak(gap > 1.4, on=beat) >= 5 or last(A) > 1e9", do: {{wides: wides + 1}}}}
  IN:
    on:
      tick: {{if: "abs(mark(A) - P_ref) >= wide * P_ref", do: close, transition_to: OUT}}
      beat: {{if: "fast < P_ref * 0.99 and held > 3600", do: close, transition_to: OUT}}
actions:
  open: [{{qA: size}}, {{P_ref: mark(A)}}]
  close: [{{qA: 0}}, {{P_ref: mark(A)}}]
"""
HELD = f"""{HEAD}
run: {{capital: {{main: 16000 USDT}}}}
observe: {{price: mark(A)}}
events: {{tick: "price(A)"}}
states:
  OUT: {{on: {{tick: {{if: price > 0, do: {{qA: 5}}, transition_to: IN}}}}}}
  IN: {{on: {{tick: {{if: price < 0, do: {{qA: 0}}, transition_to: OUT}}}}}}
"""
AGEING = f"""{HEAD}
# what a timer asks hangs on time: it may not be passed over
events: {{tick: price(A), beat: "every(5s)", look: ["price(A)", "every(5s)"]}}
states:
  YOUNG: {{on: {{look: {{if: time_in_state > 33, transition_to: OLD}}}}}}
  OLD: {{on: {{look: {{if: time_in_state > 44, transition_to: YOUNG}}}}}}
"""


class Counted:
    """How many events were walked over."""

    def __init__(self) -> None:
        self.events = 0


@pytest.fixture(autouse=True)
def _never_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stretch is walked over, also where it is not worth its while."""
    monkeypatch.setattr(walking, "LEAST", 1)
    monkeypatch.setattr(walking, "TRIAL", 10**9)


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted, walk = Counted(), Walked._walk

    def counting(self: Walked, *arguments: object) -> tuple[int, int]:
        found, j = walk(self, *arguments)  # type: ignore[arg-type]
        counted.events += found
        return found, j

    monkeypatch.setattr(Walked, "_walk", counting)
    return counted


def ready(program: Program, sources: Sequence[Columns], **overrides: str) -> Prepared:
    settings = Settings(bars=10, overrides=overrides)
    prepared = prepare(program, settings)
    return Prepared(program, settings, prepared.terms, stream(sources), "")


def assert_same(monkeypatch: pytest.MonkeyPatch, prepared: Prepared) -> Run:
    """A run whose events are walked over, and one in which the core does every instant itself."""
    ours, whole = (carried_out(monkeypatch, prepared, quiet) for quiet in (True, False))
    assert_alike(ours, whole)
    return ours


@pytest.mark.parametrize("sizes", [0.05, float("inf")])
def test_quotes_with_timers_that_rest(monkeypatch: pytest.MonkeyPatch, walked: Counted, sizes: float) -> None:
    program = shipped("specs/band_limited_hedging.yml")
    run = assert_same(monkeypatch, ready(program, [quotes(3, 1_500, sizes=sizes)], **BAND))
    assert run.summary.fills > 4
    assert walked.events > 600


@pytest.mark.parametrize("grain", ["quotes", "trades", "bars"])
def test_what_the_market_says_is_answered_for_all_at_once(
    monkeypatch: pytest.MonkeyPatch, walked: Counted, grain: str
) -> None:
    market = quotes(6, 2_500, seconds=8.0)
    sources = {"quotes": market, "trades": trades(6, quotes(6, 8_000, seconds=8.0)), "bars": bars(6, 2_000)}
    prepared = ready(program_of(MOVING), [sources[grain]])
    assert moving_in_bands(prepared.program) != ()
    run = assert_same(monkeypatch, prepared)
    assert run.summary.fills > 4
    assert walked.events > 500


def test_several_kinds_of_events_in_long_stretches(monkeypatch: pytest.MonkeyPatch, walked: Counted) -> None:
    """A price that was a middle, a last and a mark; payments in between, on what is held."""
    first, third = quotes(1, 500, seconds=8.0), quotes(3, 500, seconds=8.0)
    dealt = later(trades(2, quotes(2, 1_500, seconds=8.0)), first)
    marked = later(marks(3, quotes(3, 300, seconds=8.0)), dealt)
    parts = [first, dealt, marked, later(third, marked)]
    quoted = Columns(Kind.BOOK, *together(parts[0], parts[3]))
    market = [quoted, parts[1], parts[2], fundings(1, quoted)]
    run = assert_same(monkeypatch, ready(program_of(MOVING), market))
    assert run.summary.fills > 4
    assert run.summary.funding != 0.0
    assert walked.events > 500


def later(columns: Columns, than: Columns) -> Columns:
    moved = columns.time_us - columns.time_us[0] + than.time_us[-1] + 1_000
    return Columns(columns.kind, moved, columns.numbers, columns.market)


def together(one: Columns, other: Columns) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:  # type: ignore[type-arg]
    numbers = tuple(np.concatenate(both) for both in zip(one.numbers, other.numbers, strict=True))
    return np.concatenate([one.time_us, other.time_us]), numbers


@pytest.mark.parametrize(("spec", "least"), [(BELLS, 500), (CLOCKS, 0), (REGIONS, 300)])
def test_alerts_regions_and_clocks(monkeypatch: pytest.MonkeyPatch, walked: Counted, spec: str, least: int) -> None:
    """`CLOCKS` asks for what time alone changes: that is never walked over."""
    market = quotes(1, 1_500, seconds=6.0)
    assert_same(monkeypatch, ready(program_of(spec), [market]))
    assert walked.events > least if least else walked.events == 0
    assert_same(monkeypatch, ready(program_of(spec), [market, trades(1, market), fundings(1, market)]))


def test_a_curve_of_many_samples_is_thinned_alike(monkeypatch: pytest.MonkeyPatch, walked: Counted) -> None:
    init = EquityCurve.__init__
    monkeypatch.setattr(EquityCurve, "__init__", lambda self, core: init(self, core, 64))
    run = assert_same(monkeypatch, ready(program_of(MOVING), [quotes(6, 3_000, seconds=8.0)]))
    assert walked.events > 500
    assert len(run.log.curve.frame()) < 300


@pytest.mark.parametrize("grain", ["quotes", "bars"])
def test_a_liquidation_ends_a_walk(monkeypatch: pytest.MonkeyPatch, walked: Counted, grain: str) -> None:
    market = quotes(7, 2_500, step=2e-3, sizes=50.0) if grain == "quotes" else bars(5, 1_500, step=4e-3)
    run = assert_same(monkeypatch, ready(program_of(HELD), [market]))
    assert any(kind == "liquidated" for _, kind, *_ in run.rows)
    assert walked.events > 30


@pytest.mark.parametrize("seed", range(560, 572))
def test_random_specs(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    case = case_of(seed)
    program = case.program()
    assert program is not None
    assert_same(monkeypatch, case.prepared(program))


@pytest.mark.parametrize(("spec", "owner", "name", "wrong"), [
    (HELD, walking, "harmless", lambda book, events, kind: len(events)),
    (MOVING, Market, "over", lambda self, events, kind: {"mark": events.c, "mid": events.a, "bid": events.a}),
    (MOVING, EquityCurve, "over", lambda self, times, price, moving: None),
    (AGEING, Conditions, "hangs_on_time", lambda self, value: False),
])  # fmt: skip
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, spec: str, owner: object, name: str, wrong: object
) -> None:
    market = [quotes(7, 2_500, step=2e-3, sizes=50.0)]
    assert_same(monkeypatch, ready(program_of(spec), market))
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(AssertionError):
        assert_same(monkeypatch, ready(program_of(spec), market))


def test_a_batch_is_parted_where_kind_or_market_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """40 quotes, then 3 trades and 2 quotes, 33 trades, and a quote."""
    kinds = [Kind.BOOK] * 40 + [Kind.TRADE] * 3 + [Kind.BOOK] * 2 + [Kind.TRADE] * 33 + [Kind.BOOK]
    batch = next(iter(stream([quotes(1, len(kinds))])))
    mixed = type(batch)(batch.time_us, np.array(kinds, dtype=np.int8), *batch.columns[2:])  # type: ignore[arg-type]
    monkeypatch.setattr(walking, "LEAST", 32)
    parts = list(_parts(mixed))
    assert [(len(part), are_alike) for part, are_alike in parts] == [(40, True), (5, False), (33, True), (1, False)]
    assert np.array_equal(np.concatenate([part.time_us for part, _ in parts]), mixed.time_us)

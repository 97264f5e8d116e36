"""A set of parameters has the same row from either engine, to a billionth: amounts, counts, periods, times, ratios."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.parity.kernel_markets import bars, fundings, marks, quotes, stream, trades
from tests.unit.sweeps import SPEC as DIPS

from fsmtrader.data.stream import EventStream
from fsmtrader.domain.instruments import Latency
from fsmtrader.program.compiler import check_merged
from fsmtrader.research.engines import Engine
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.sweep.bench import Bench, Task
from fsmtrader.research.sweep.carry import Plan
from fsmtrader.research.sweep.grid import Case, axes_of, axis_of, sets_of
from fsmtrader.research.sweep.keeping import sweep_into
from fsmtrader.research.sweep.kernels import Kernels, Stopped
from fsmtrader.research.sweep.results import Row
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
BAND = (ROOT / "specs" / "band_limited_hedging.yml").read_text(encoding="utf-8")
REENTRY = (ROOT / "specs" / "band_limited_hedging_reentry.yml").read_text(encoding="utf-8")
OWN = frozenset({"engine", "seconds"})


def said(text: str) -> None: ...


def bench(text: str, market: EventStream, **settings: object) -> Bench:
    program = check_merged((Source("spec.yml", text.encode()),)).require()
    return Bench(program, Settings(**settings), (market, "made"), 3)  # type: ignore[arg-type]  # as written below


def rows(of: Bench, case: Case) -> tuple[Row, Row]:
    kernels = Kernels(of, Engine.SOURCE, is_worth=True, said=said)
    run = of.judged(case)
    assert not isinstance(run, str) and kernels.get_ready(run) == ()
    found = kernels.run(run)
    assert not isinstance(found, Stopped), found.why
    return of.row(of.on_machine(case), 0.0), of.row(found, 0.0)


def assert_same(one: Row, other: Row) -> None:
    assert one.keys() == other.keys()
    for name in one.keys() - OWN:
        wanted = pytest.approx(one[name], rel=1e-9, abs=1e-9) if isinstance(one[name], float) else one[name]
        assert other[name] == wanted, name


def on_quotes(seed: int) -> EventStream:
    walk = quotes(seed, 2_500, step=8e-4, seconds=30.0)
    return stream([walk, fundings(seed, walk), marks(seed, walk)])


@pytest.mark.parametrize("case", sets_of((axis_of("k=4,9"), axis_of("eta=0.2,0.4"), axis_of("tau_max=4h"))))
def test_band_on_quotes_with_marks_and_funding(case: Case) -> None:
    machine, kernel = rows(bench(BAND, on_quotes(3)), case)
    assert machine["fills"] and machine["funding"]
    assert_same(machine, kernel)


@pytest.mark.parametrize("seed", [1, 2])
def test_reentry_goes_through_its_states(seed: int) -> None:
    machine, kernel = rows(bench(REENTRY, stream([bars(seed, 4_000, step=2e-4)])), (("k", "9"), ("tau_max", "2h")))
    assert machine["transitions"]
    assert_same(machine, kernel)


def test_bars_over_many_days_with_trades_and_without() -> None:
    of = bench(BAND, stream([bars(5, 10_000)]))
    machine, kernel = rows(of, (("k", "12"), ("E_max", "40000")))
    assert machine["transitions"] and machine["sharpe"] is not None and machine["days"] == 7
    assert_same(machine, kernel)
    walk = quotes(5, 2_000, seconds=240.0)
    assert_same(
        *rows(bench(DIPS, stream([walk, trades(5, walk)]), profile="exact"), (("low", "59900"), ("high", "60100")))
    )


def test_more_events_than_the_machine_keeps_rows_of() -> None:
    """Beyond 100,000 events not each one has a row: what the equity was at midnight follows from the row before."""
    machine, kernel = rows(bench(BAND, stream([bars(7, 130_000, step=2e-4)])), (("k", "9"), ("E_max", "1000000")))
    assert machine["days"] == 91 and machine["fills"]
    assert_same(machine, kernel)


def test_a_set_that_never_starts_and_one_that_never_trades() -> None:
    late = BAND.replace(
        "P_ref:      {initial: P_t}", 'P_ref:      {initial: "mean(P_t, n=1000, on=monitor, ready=1000)"}'
    )
    market = stream([bars(1, 300)])
    for text, case in ((late, (("k", "8"),)), (DIPS, (("low", "90"),))):
        machine, kernel = rows(bench(text, market), case)
        assert_same(machine, kernel)


def test_two_markets_of_two_accounts() -> None:
    """Prices of both go into the equity at midnight; the second market begins later."""
    first, second = quotes(8, 1_500, seconds=300.0), quotes(9, 1_200, price=3_000.0, seconds=360.0, market=1)
    of = bench(PAIR, stream([first, second, fundings(8, first), fundings(9, second)], 2), profile="exact")
    machine, kernel = rows(of, (("step", "0.2%"),))
    assert machine["fills"] and machine["sharpe"] is not None and machine["profit_2"] != 0.0
    assert_same(machine, kernel)


PAIR = """\
fsm: 1
strategy: {name: pair}
accounts: {one: {exchange: binanceusdm}, two: {exchange: bybit}}
legs:
  A: {account: one, symbol: BTC/USDT:USDT}
  B: {account: two, symbol: ETH/USDT:USDT}
parameters: {step: 0.1%, f: 0.02%}
variables: {base: {initial: mark(A)}, other: {initial: mark(B)}}
events: {tick: [price(A), price(B)]}
states:
  IN: {on: {tick: {if: mark(A) > base * (1 + step), do: [{qA: -0.1, qB: 2}, {base: mark(A)}], transition_to: OUT}}}
  OUT: {on: {tick: {if: mark(B) < other * (1 - step), do: [{qA: 0.05, qB: -1}, {other: mark(B)}], transition_to: IN}}}
run: {capital: {one: 20000 USDT, two: 5000 USDT}}
"""


def test_with_a_scout_the_machine_makes_the_same_row() -> None:
    """Where orders are on their way (latency) the whole kernel cannot be; the machine may still be helped."""
    market, case = on_quotes(4), (("k", "6"),)
    program = check_merged((Source("spec.yml", BAND.encode()),)).require()
    settings = Settings(latency=Latency(0, 20_000, 20_000))
    alone, helped = (
        Bench(program, settings, (market, "made"), 3, engine) for engine in (Engine.MACHINE, Engine.SOURCE)
    )
    one, other = (of.row(of.on_machine(case), 0.0) for of in (alone, helped))
    assert (one["engine"], other["engine"]) == ("machine", "scouted") and one["fills"]
    assert {name: one[name] for name in one.keys() - OWN} == {name: other[name] for name in one.keys() - OWN}


LONG = """\
fsm: 1
strategy: {name: long}
accounts: {main: {exchange: binanceusdm, leverage: 20}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters: {size: {value: 1, unit: base}, step: {value: 0.01, unit: base}}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: qX < size, do: {qX: qX + step}}}}
run: {capital: {main: 3500 USDT}}
"""
"""one coin of 60,000 on a margin of 3,500 does not last"""


def test_through_numba_in_two_lanes_a_liquidation_is_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sweep by each engine over a made-up market."""
    monkeypatch.setenv("FSMTRADER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("fsmtrader.research.sweep.crew.COMPILING_SECONDS", 0.0)
    task = Task((Source("long.yml", LONG.encode()),), Settings(bars=3_000))
    axes = axes_of(check_merged(task.texts).require(), ["size=0.05,1", "step=0.01,0.05"])
    for engine in ("machine", "auto"):
        sweep_into(tmp_path / engine, Plan(task, axes, engine=Engine(engine), lanes=2))
    one, other = (pl.read_parquet(tmp_path / name / "results.parquet") for name in ("machine", "auto"))
    assert set(one["engine"]) == {"machine"} and set(other["engine"]) == {"machine", "compiled"}
    for first, second in zip(one.iter_rows(named=True), other.iter_rows(named=True), strict=True):
        assert_same(first, second)
    by_machine = other.filter(pl.col("engine") == "machine")
    assert by_machine["p_size"].to_list() == [1.0] * by_machine.height and by_machine["max_drawdown"].min() > 1000.0

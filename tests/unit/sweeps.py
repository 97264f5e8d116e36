"""A market and a strategy of which every result can be worked out by hand, and workers that are no processes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.engines import Engine
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.research.sweep.bench import Task, bench_of
from fsmtrader.research.sweep.carry import Plan
from fsmtrader.research.sweep.grid import Case, axes_of
from fsmtrader.research.sweep.results import Result
from fsmtrader.research.sweep.workers import Answer
from fsmtrader.spec.source import Source

SPEC = """\
fsm: 1
strategy: {name: dips}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters:
  low:  {value: 95, unit: price, min: 80}
  high: {value: 105, unit: price}
  size: {value: 1, unit: base, above: 0}
  way:  {value: once, one_of: [once, twice]}
checks:
  - {error: low < high, because: it would sell at a loss}
observe: {price: mark(X)}
events: {tick: price(X)}
states:
  FLAT: {on: {tick: {if: price <= low, do: {qX: size if way == once else 2 * size}, transition_to: LONG}}}
  LONG: {on: {tick: {if: price >= high, do: {qX: 0}, transition_to: FLAT}}}
run: {capital: {main: 1000 USDT}}
"""
"""buys `size` at 90 and sells it at 110 on each day of the market: 20 a day for each coin"""
COUNTING = (
    SPEC.replace("observe: {price: mark(X)}", "observe:\n  price: mark(X)\n  usual: mean(price, n=n, on=tick)")
    .replace("  low:", "  n:    {value: 3, min: 1}\n  low:")
    .replace("price <= low", "price <= low and usual > 0")
)
"""the same, once there are n bars"""
DAYS = 8
CLOSES = (100.0, 90.0, 110.0, 100.0)
"""of each day, at 06:00, 12:00, 18:00 and 24:00"""


def write_market(folder: Path, days: int = DAYS) -> Path:
    """Bars of six hours."""
    lines = ["timestamp,open,high,low,close,volume"]
    for index in range(4 * days):
        day, part = divmod(index, 4)
        close = CLOSES[part]
        lines.append(f"2024-01-{day + 1:02d}T{6 * part:02d}:00:00Z,{close},{close},{close},{close},1")
    path = folder / "market.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def settings(folder: Path, **more: object) -> Settings:
    """Fills at the close, without costs."""
    given = {"data": (DataFile(str(write_market(folder))),), "spread": 0.0, "fee": 0.0, "profile": "exact", **more}
    return Settings(**given)  # type: ignore[arg-type]  # as written above


def task(folder: Path, text: str = SPEC, periods: int = 2, **more: object) -> Task:
    return Task((Source("dips.yml", text.encode()),), settings(folder, **more), periods)


def program(text: str = SPEC) -> Program:
    return check_merged((Source("dips.yml", text.encode()),)).require()


def plan(of: Task, grid: Sequence[str], **more: object) -> Plan:
    return Plan(of, axes_of(check_merged(of.texts).require(), grid), engine=Engine.MACHINE, lanes=1, **more)  # type: ignore[arg-type]


class InProcess:
    """A worker in this process that says which sets it was asked for."""

    asked: list[Case]

    def __init__(self, of: Task, digest: str) -> None:
        self.bench = bench_of(of)
        assert self.bench.stream.digest == digest

    def run(self, case: Case, *, with_result: bool = False) -> Answer:
        if not with_result:
            type(self).asked.append(case)
        began_s = time.perf_counter()
        found = self.bench.on_machine(case)
        return Answer(self.bench.row(found, began_s), found if with_result and isinstance(found, Result) else None)

    def kill(self) -> None: ...

"""Runs on the machine alone and with a scout, kept in memory so that they can be compared row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from fsmtrader.data.stream import EventStream
from fsmtrader.engine.core import Core
from fsmtrader.engine.journal import Row, Rows
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import terms_of
from fsmtrader.research.equity import SAMPLES_LIMIT, EquityCurve
from fsmtrader.research.fit import Rebalances
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.run import Prepared, carry_out, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.scouted import Scout
from fsmtrader.research.summary import Log, Summary
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, eq=False)
class Kept:
    """A run: the rows of its journal, its equity and its summary."""

    rows: list[Row]
    equity: pl.DataFrame
    summary: Summary


@dataclass
class Counting:
    """A scout that counts why it came back."""

    scout: Scout
    seen: Counter[int] = field(default_factory=Counter)

    def look(self, *arguments: Any) -> tuple[int, int, int, int]:
        found = self.scout.look(*arguments)
        self.seen[found[0]] += 1
        return found


class _Limited(Log):
    """A log whose curve keeps fewer samples."""

    limit = SAMPLES_LIMIT

    def attach(self, core: Core) -> None:
        super().attach(core)
        self.curve = EquityCurve(core, self.limit)
        self.rebalances = Rebalances(core, self.curve.tracks)


@cache
def program_of(text: str) -> Program:
    return check_merged([Source("spec.yml", text.encode())]).require()


def spec(name: str) -> Program:
    """A spec of the repository, by its path."""
    return program_of((ROOT / name).read_text(encoding="utf-8"))


def over(program: Program, stream: EventStream, settings: Settings | None = None, **overrides: str) -> Prepared:
    """A run over a market in memory."""
    prepared = prepare(program, Settings(bars=10, overrides=overrides))
    found = replace(settings or Settings(), overrides=overrides)
    return replace(prepared, stream=stream, settings=found, terms=terms_of(program, found))


def kept(prepared: Prepared, scout: Scout | None = None, limit: int = SAMPLES_LIMIT) -> Kept:
    """Make a run. `limit`: of samples of the equity."""
    rows: list[Row] = []
    journal = Rows(rows.extend)
    journal.begin("{}")
    log = _Limited(prepared.program, prepared.terms.fee.rate)
    log.limit = limit
    summary = carry_out(prepared, None, Hooks(journal), log, scout)
    journal.end("{}")
    journal.flush()
    return Kept(rows, log.curve.frame(), summary)


def assert_equal(machine: Kept, scouted: Kept) -> None:
    """Journal, equity and summary, to the last bit."""
    for place, (ours, theirs) in enumerate(zip(machine.rows, scouted.rows, strict=False)):
        assert ours == theirs, f"row {place + 1}"
    assert len(machine.rows) == len(scouted.rows)
    assert_frame_equal(machine.equity, scouted.equity, check_exact=True)
    assert repr(asdict(machine.summary)) == repr(asdict(scouted.summary))

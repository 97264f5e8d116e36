"""A sweep from beginning to end: which sets, which of them are known, who runs the others, and what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.journal import canonical
from fsmtrader.research.engines import Engine
from fsmtrader.research.sweep.bench import Task, bench_of
from fsmtrader.research.sweep.crew import Crew, Job, lanes_of
from fsmtrader.research.sweep.grid import Axis, Case, drawn, sets_of
from fsmtrader.research.sweep.lanes import in_lanes
from fsmtrader.research.sweep.results import (
    DONE,
    Objective,
    Row,
    failed_row,
    frame_of,
    schema_of,
    set_columns,
)
from fsmtrader.research.sweep.search import Search, Study
from fsmtrader.research.sweep.store import Keys, Store

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be tried. `random`: so many sets by chance (0: all). `lanes` 0: one for each processor."""

    task: Task
    axes: tuple[Axis, ...]
    random: int = 0
    seed: int = 1
    search: Search | None = None
    objectives: tuple[Objective, ...] = (Objective.PROFIT,)
    engine: Engine = Engine.AUTO
    lanes: int = 0


@dataclass(slots=True)
class Standing:
    """How far a sweep is. `known`: sets that were found in the folder; they are among `done` and `failed`, too."""

    total: int
    done: int = 0
    failed: int = 0
    known: int = 0
    repeated: int = 0
    """trials of a search that chose a set of before; they are not among the others"""

    @property
    def tried(self) -> int:
        return self.done + self.failed + self.repeated

    def count(self, row: Row, by: int) -> None:
        """One set more, or one less."""
        if row["status"] == DONE:
            self.done += by
        else:
            self.failed += by


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told how far it is, and what takes its time."""

    standing: Callable[[Standing], None] = field(default=lambda standing: None)
    said: Callable[[str], None] = field(default=lambda text: None)


class Sweep:
    """One sweep in its folder, which it must have to itself (`place.alone_in`).

    `run` may be cut short (KeyboardInterrupt): what was done until then is kept.
    """

    def __init__(self, plan: Plan, folder: Path, told: Told | None = None) -> None:
        """The spec and the data are read; UsageError, SpecError, DataError and RunError say what is wrong with them."""
        self.plan = plan
        self.folder = folder
        self.bench = bench_of(plan.task, folder)
        self.lanes = lanes_of(plan.lanes)
        self._told = told or Told()
        self._cases: Sequence[Case] = ()
        if plan.search is None:
            self._cases = drawn(plan.axes, plan.random, plan.seed) if plan.random else sets_of(plan.axes)
        names = [axis.name for axis in plan.axes]
        self.schema = schema_of(self.bench.program, self.bench.periods, names)
        self.keys = Keys(self.bench.program, self.bench.settings, self.bench.stream.digest, self.bench.periods)
        self.store = Store(folder, self.schema)
        self._study = None if plan.search is None else self._study_of(plan.search)
        total = len(self._cases) if plan.search is None else plan.search.trials
        self.standing = Standing(total)
        self.rows: dict[int, Row] = {}
        self.cases: dict[int, Case] = {}
        self._first: dict[str, int] = {}
        self._flying: set[str] = set()
        self.seconds = 0.0
        self.crew = Crew(plan.task, self.bench, plan.engine, self.lanes, total, self._told.said)

    def run(self) -> None:
        """Run every set that is not known yet."""
        began_s = time.monotonic()
        try:
            with closing(in_lanes(self._jobs(), self.crew.work, self.lanes, self.crew.close)) as done:
                for job, answer in done:
                    self._take(job.number, job.case, job.key, answer.row)
        finally:
            self.seconds = time.monotonic() - began_s
            self.store.close()

    def frame(self) -> pl.DataFrame:
        """The results by the number of their set."""
        return frame_of([self.rows[number] for number in sorted(self.rows)], self.schema)

    def _study_of(self, search: Search) -> Study:
        about = canonical([self.keys.common(), self.keys.settings.overrides])
        return Study(search, self.plan.axes, about, self.folder, lanes=self.lanes)

    def _wanted(self) -> Iterator[tuple[int, Case]]:
        if self._study is None:
            yield from enumerate(self._cases)
            return
        yield from self._study.earlier()
        yield from self._study.ask()

    def _jobs(self) -> Iterator[Job | None]:
        """The sets that have to be run; those that are known, or break a bound or a check, are done on the way.

        None: a search chose a set that is being run, and waits for what comes of it.
        """
        for number, case in self._wanted():
            key = self.keys.of(case)
            while key in self._flying:
                yield None
            known = self.store.find(key)
            if known is not None:
                self.standing.known += key not in self._first
                self._take(number, case, key, known, is_new=False)
                continue
            run = self.bench.judged(case)
            if isinstance(run, str):
                self._take(number, case, key, failed_row(run))
                continue
            why = self.crew.get_ready(run)
            if why:
                raise RunError(why)
            self._flying.add(key)
            yield Job(number, case, key, run)

    def _take(self, number: int, case: Case, key: str, row: Row, *, is_new: bool = True) -> None:
        """What came of a set is kept, and told; a set is one row, however often a search chooses it."""
        row = {**row, **set_columns(self.bench.program, case), "key": key}
        self._flying.discard(key)
        first = self._first.setdefault(key, number)
        if first != number:
            self.standing.repeated += 1
            self.standing.count(self.rows[first], -1)
        self.rows[first] = row
        self.cases.setdefault(first, case)
        self.standing.count(row, 1)
        if is_new:
            self.store.add(row)
        if self._study is not None:
            self._study.tell(number, row)
        self._told.standing(self.standing)

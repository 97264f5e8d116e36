"""Who runs the sets: compiled code in threads where it can, else processes with the machine engine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from fsmtrader.research.engines import Engine
from fsmtrader.research.pace import COMPILING_SECONDS, pace_of
from fsmtrader.research.run import Prepared
from fsmtrader.research.sweep.bench import Bench, Task
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.kernels import Kernels
from fsmtrader.research.sweep.results import Result, failed_row
from fsmtrader.research.sweep.workers import Answer, Worker


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One set to be run."""

    number: int
    case: Case
    key: str
    run: Prepared


class Crew:
    """Runs one set in each of its lanes."""

    def __init__(
        self, task: Task, bench: Bench, engine: Engine, lanes: int, sets: int, said: Callable[[str], None]
    ) -> None:
        """`sets`: how many there are at most, from which `auto` chooses; `said` is told what takes its time."""
        self.lanes = lanes
        self._bench = bench
        self._is_asked = engine in (Engine.COMPILED, Engine.SOURCE)
        seconds = pace_of(bench.program, bench.stream).sweep_seconds(sets, lanes)
        self._kernels: Kernels | None = None
        if engine is not Engine.MACHINE:
            self._kernels = Kernels(bench, engine, is_worth=seconds > COMPILING_SECONDS, said=said)
        helped = replace(task, scout=Engine.AUTO if engine is Engine.AUTO else Engine.MACHINE)
        self._workers = [Worker(helped, bench.stream.digest) for _ in range(lanes)]

    def get_ready(self, run: Prepared) -> str:
        """Before a set is given to a lane: its code is compiled, if it is not yet. In one thread only.

        Gives why an engine that was asked for cannot do it; empty: it can, or another one may.
        """
        why_not = self._kernels.get_ready(run) if self._kernels is not None else ()
        return f"only the machine engine can do this sweep: {'; '.join(why_not)}" if why_not and self._is_asked else ""

    def work(self, lane: int, job: Job) -> Answer:
        """Run a set."""
        return self.run(lane, job.case, job.run)

    def run(self, lane: int, case: Case, run: Prepared, *, with_result: bool = False) -> Answer:
        """Run a set, in this thread or in the process of the lane."""
        if self._kernels is not None:
            began_s = time.perf_counter()
            found = self._kernels.run(run, is_drawn=with_result)
            if isinstance(found, Result):
                return Answer(self._bench.row(found, began_s), found if with_result else None)
            if self._is_asked:
                said = f"only the machine engine can do this run: {found.why}; --engine auto runs it there"
                return Answer({**failed_row(said, again=True), "seconds": time.perf_counter() - began_s})
        return self._workers[lane].run(case, with_result=with_result)

    def close(self) -> None:
        """End all processes, at once."""
        for worker in self._workers:
            worker.kill()


def lanes_of(wanted: int) -> int:
    """As many as were asked for, else one for each processor that this process may use."""
    if wanted:
        return wanted
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1

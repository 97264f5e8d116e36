"""Where sets are run: a spec and its market, prepared once, and the parameters of one set after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import FsmError, RunError
from fsmtrader.domain.market import Kind
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program, Side
from fsmtrader.research.assembly import WOULD_SERVE, terms_of
from fsmtrader.research.compiled import layout_of
from fsmtrader.research.engines import Engine, choose
from fsmtrader.research.markets import Markets
from fsmtrader.research.run import Prepared, carry_out
from fsmtrader.research.run_market import stream_for, with_own_data
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.scouted import Scout
from fsmtrader.research.service import refusals
from fsmtrader.research.summary import Log
from fsmtrader.research.sweep.edges import edges_of
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.held import held
from fsmtrader.research.sweep.periods import Period, periods_of
from fsmtrader.research.sweep.results import Curve, Result, Row, failed_row, row_of
from fsmtrader.spec.source import Source as Text


@dataclass(frozen=True, slots=True)
class Task:
    """What a sweep is about, as plain values that another process can be given."""

    texts: tuple[Text, ...]
    settings: Settings
    periods: int = 0
    scout: Engine = Engine.MACHINE
    """how the machine is helped over events of which nothing comes (`engines.choose`)"""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why nothing came of a set; `again`: for no reason of its own."""

    why: str
    again: bool = False


class Bench:
    """One process's own: the checked spec, the market, and how a set of parameters is run over it."""

    def __init__(
        self,
        program: Program,
        settings: Settings,
        market: tuple[EventStream, str],
        periods: int = 0,
        scout: Engine = Engine.MACHINE,
    ) -> None:
        """`market`: its events and its name; `periods`: how many parts it has (0: as the spec says, else four).

        RunError when the data cannot serve the spec, whatever the set.
        """
        stream, self.market = market
        why_not = refusals(program, stream)
        if why_not:
            raise RunError("the data cannot serve this spec: " + "; ".join(why_not) + WOULD_SERVE)
        self._scout = scout
        self._scouts: dict[str, Scout | None] = {}
        self.program = program
        self.settings = settings
        self.stream = stream
        self.markets = Markets(program)
        self.periods: tuple[Period, ...] = periods_of(program, stream, periods)
        marked = frozenset(m for m in range(len(self.markets)) if Kind.MARK in stream.kinds(m))
        self.edges = edges_of(stream, marked, self.periods)

    def judged(self, case: Case) -> Prepared | str:
        """The run of a set; a text says which bound or check of the spec it breaks."""
        settings = replace(self.settings, overrides={**self.settings.overrides, **dict(case)})
        try:
            return Prepared(self.program, settings, terms_of(self.program, settings), self.stream, self.market)
        except FsmError as wrong:
            return str(wrong)

    def on_machine(self, case: Case) -> Result | Failed:
        """Run a set on the machine engine."""
        run = self.judged(case)
        if isinstance(run, str):
            return Failed(run)
        log = Log(self.program, run.terms.fee.rate)
        try:
            scout = self._scout_of(run)
            summary = carry_out(run, log=log, scout=scout)
        except FsmError as wrong:  # of the data, the disk: not of the set
            return Failed(str(wrong), again=True)
        return Result(
            engine="machine" if scout is None else "scouted",
            ended=summary.status,
            realised=summary.realised,
            unrealised=summary.unrealised,
            fees=summary.fees,
            funding=summary.funding,
            turnover=summary.turnover,
            fills=summary.fills,
            transitions=summary.transitions,
            broken=sum(log.broken.values()),
            faults=summary.faults,
            max_drawdown=summary.max_drawdown,
            capital=summary.capital,
            stays={(stay.region, stay.state): stay.seconds for stay in summary.stays},
            curve=self._curve(log),
        )

    def row(self, found: Result | Failed, began_s: float) -> Row:
        """The row of what came of a set that was begun at a moment of `time.perf_counter`."""
        if isinstance(found, Failed):
            row = failed_row(found.why, again=found.again)
        else:
            row = row_of(self.program, self.periods, self.edges, found)
        return {**row, "seconds": time.perf_counter() - began_s}

    def _scout_of(self, run: Prepared) -> Scout | None:
        """Who looks ahead in a set; the same for all sets of one layout."""
        if self._scout is Engine.MACHINE:
            return None
        key = layout_of(run).key()
        if key not in self._scouts:
            self._scouts[key] = choose(run, self._scout).scout
        return self._scouts[key]

    def _curve(self, log: Log) -> Curve:
        """The equity of a run on the machine, as its rows say it."""
        import numpy as np

        frame = log.curve.frame()
        places = self.markets.places
        names = ["price", *(f"price_{place.legs[0]}" for place in places[1:])]
        gains = np.zeros((frame.height, max(len(places), 1)))
        for leg in self.program.legs:
            sign = -1.0 if leg.side is Side.SHORT else 1.0
            gains[:, self.markets.of_leg[leg.name]] += sign * frame[f"q_{leg.name}"].to_numpy()
        prices = np.stack([frame[name].to_numpy() for name in names[: max(len(places), 1)]], axis=1)
        return Curve(frame["time_us"].to_numpy(), frame["equity"].to_numpy(), gains, prices)


def bench_of(task: Task, folder: Path | None = None) -> Bench:
    """Check the spec and read the market, a long one into a file of the folder.

    SpecError, UsageError, DataError and RunError say what is wrong.
    """
    program = check_merged(task.texts).require()
    settings = with_own_data(program, task.settings)
    stream, market = stream_for(program, settings)
    return Bench(program, settings, (held(stream, folder), market), task.periods, task.scout)

"""Why a run did what it did at a moment: each row of the state of that time, with the values that it was judged by."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from fsmtrader.diagnostics import FsmError, RunError, UsageError
from fsmtrader.engine.alerts import shown
from fsmtrader.engine.core import Core
from fsmtrader.engine.journal import JournalFile, journal_path
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import Program, Row
from fsmtrader.program.operands import operands
from fsmtrader.program.typed import Comparison, Kind, Observed, Typed, walk
from fsmtrader.program.typed_text import text_of
from fsmtrader.research.explain import said_trigger
from fsmtrader.research.fates import Fate, fates_of
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.moments import instant
from fsmtrader.research.recording import Given, given_from_meta
from fsmtrader.research.replay import Execute, changed_data, with_data
from fsmtrader.research.settings import number_of

SECOND_US = 1_000_000
TAKEN, UNTRUE, NOT_READY, WAITING, FILTERED, UNREACHED, SILENT, FAILED = (
    "taken",
    "guard false",
    "not ready",
    "waiting for the action in flight",
    "another order or action",
    "not reached",
    "its event did not happen",
    "its action failed",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A name in a guard with its value; `depth` > 0: it is part of the nearest name above of less depth."""

    name: str
    value: float | None
    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison in a guard (or in a condition that it names): true, false or not ready."""

    text: str
    outcome: str


@dataclass(frozen=True, slots=True)
class RowReport:
    """A row at one event: `outcome` is one of the words above, `why` says more."""

    row: int
    line: int
    event: str
    guard: str
    leads_to: str
    because: str
    outcome: str
    why: str
    comparisons: tuple[Compared, ...] = ()
    operands: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One event that reached a region: the state it was in, and its rows for the event in their order."""

    event: str
    state: str
    rows: tuple[RowReport, ...]


@dataclass(frozen=True, slots=True)
class RegionReport:
    """`silent`: rows of the state whose event did not come at that moment; of some the action had failed before."""

    region: str
    state: str
    decisions: tuple[Decision, ...]
    silent: tuple[RowReport, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The last moment at or before the one asked for at which something was decided. Times in microseconds UTC."""

    name: str
    asked_us: int
    time_us: int
    regions: tuple[RegionReport, ...]

    def as_plain(self) -> dict[str, object]:
        """For JSON."""
        times = {"asked": instant(self.asked_us), "time": instant(self.time_us)}
        return {**asdict(self), **times}


def explain_run(run: Path, at: str, execute: Execute, *, region: str = "", data: tuple[str, ...] = ()) -> Explanation:
    """Make the run again as far as a moment and say what was decided there, and why.

    UsageError: the moment cannot be read, is before the first decision, or there is no such region. RunError: spec,
    settings or data are not those of the run.
    """
    moment = parse_moment(at)
    with JournalFile(journal_path(run)) as file:
        given = with_data(given_from_meta(file.meta), data)
        _check_settings(file, given)
    program = given.compiled()
    names = [entry.name for entry in program.regions]
    if region and region not in names:
        raise UsageError(f"there is no region {region}; the spec has {', '.join(names)}")
    last = _LastDecision(moment)
    _run_until(execute, given, last)
    if last.time_us is None:
        raise UsageError(f"nothing was decided at or before {at}: {last.beginning}")
    with JournalFile(journal_path(run)) as file:
        fates = fates_of(file, program, last.time_us)
    witness = _Judge(program, last.time_us, fates)
    _run_until(execute, given, witness)
    regions = tuple(report for report in witness.reports() if region in ("", report.region))
    return Explanation(program.name, last.until_us or last.time_us, last.time_us, regions)


def _check_settings(file: JournalFile, given: Given) -> None:
    first = next(iter(file.rows()), None)
    if first is not None and first[3] != given.first_row():
        raise RunError("the journal's spec or settings are not those of its first row: they were changed after the run")


# -- moments ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, or a time since the first event of the run."""

    time_us: int
    is_since_start: bool


def parse_moment(text: str) -> Moment:
    """`2025-03-01T12:00` (UTC unless it says otherwise) or `+3h`; UsageError for anything else."""
    if text.startswith("+"):
        seconds = number_of(text[1:], math.nan)
        if seconds >= 0.0:
            return Moment(round(seconds * SECOND_US), True)
    else:
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is not None:
            aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
            return Moment(
                round((aware - datetime.datetime.fromtimestamp(0, datetime.UTC)).total_seconds() * 1e6), False
            )
    raise UsageError(f"{text!r} is no moment: write 2025-03-01T12:00 (UTC), or +3h for the time since the start")


# -- the first pass: when ------------------------------------------------------------------------------------------


class _Reached(FsmError):
    """The moment that was asked for is over: the rest of the run is of no interest."""


class _Watching:
    """What both passes share: the core, and the end of it."""

    def __init__(self) -> None:
        self.core: Core | None = None

    def attach(self, core: Core) -> None:
        self.core = core

    def after(self, time_us: int) -> None:
        """A market event is done."""

    def taken(self, region: int, row: int) -> None:
        """A row was taken."""

    def asked(self, region: int) -> None:
        """A region is about to take an event."""

    def now_us(self) -> int:
        assert self.core is not None, "the core is known before the first event"
        return self.core.state.now_us


class _LastDecision(_Watching):
    """Finds the last moment at or before one at which a region took an event."""

    def __init__(self, moment: Moment) -> None:
        super().__init__()
        self._moment = moment
        self.until_us: int | None = None if moment.is_since_start else moment.time_us
        self.time_us: int | None = None
        self.first_us: int | None = None
        self.decided_us: int | None = None

    @property
    def beginning(self) -> str:
        """When there would be something to say."""
        if self.decided_us is None:
            return "the machine never started"
        return f"the first decision was at {instant(self.decided_us)} UTC"

    def after(self, time_us: int) -> None:
        self._begin(time_us)

    def asked(self, region: int) -> None:
        now_us = self.now_us()
        self._begin(now_us)
        if self.decided_us is None:
            self.decided_us = now_us
        assert self.until_us is not None
        if now_us > self.until_us:
            raise _Reached
        self.time_us = now_us

    def _begin(self, now_us: int) -> None:
        if self.first_us is None:
            self.first_us = now_us
            if self.until_us is None:
                self.until_us = now_us + self._moment.time_us


# -- the second pass: why ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A decision under way: what holds of each row, and which was taken."""

    event: str
    state: str
    judged: list[tuple[Row, RowReport]]
    taken: int = -1


@dataclass(slots=True)
class _Place:
    """`x`: all values before the first decision of the moment."""

    state: int
    x: tuple[float, ...]
    decisions: list[_Open] = field(default_factory=list)


class _Judge(_Watching):
    """Judges every row that could be asked at one moment, just before the region itself does."""

    def __init__(self, program: Program, time_us: int, fates: Mapping[int, Fate]) -> None:
        super().__init__()
        self._program = program
        self._time_us = time_us
        self._fates = fates
        self._places: dict[int, _Place] = {}

    def asked(self, region: int) -> None:
        now_us = self.now_us()
        if now_us > self._time_us:
            raise _Reached
        if now_us < self._time_us:
            return
        assert self.core is not None and self.core.state.event is not None
        leaf = self.core.regions.places[region].leaf
        place = self._places.get(region) or self._places.setdefault(region, _Place(leaf, tuple(self.core.x)))
        event = self.core.state.event.name
        judged = [(row, self._judge(row)) for row in self._rows(region, leaf) if row.trigger == event]
        entry = self._program.regions[region]
        place.decisions.append(_Open(said_trigger(entry, event), entry.leaves[leaf].name, judged))

    def taken(self, region: int, row: int) -> None:
        if region in self._places and self.now_us() == self._time_us:
            self._places[region].decisions[-1].taken = row

    def reports(self) -> tuple[RegionReport, ...]:
        """What was seen, by region."""
        assert self.core is not None
        found = []
        for region in self._program.regions:
            place = self._places.get(region.index)
            leaf = place.state if place else self.core.regions.places[region.index].leaf
            decisions = tuple(self._closed(entry) for entry in place.decisions if entry.judged) if place else ()
            asked = {decision.event for decision in decisions}
            x = place.x if place else self.core.x
            silent = [self._silent(row, x) for row in self._rows(region.index, leaf)]
            silent = [report for report in silent if report.event not in asked]
            found.append(RegionReport(region.name, region.leaves[leaf].name, decisions, tuple(silent)))
        return tuple(found)

    def _rows(self, region: int, leaf: int) -> list[Row]:
        """The rows that stand in a leaf, in order."""
        moves = self._program.regions[region].moves
        return [self._program.rows[move.row] for move in moves if move.leaf == leaf]

    def _silent(self, row: Row, x: Sequence[float]) -> RowReport:
        """A row that nothing asked for: `after` fires once in a stay, so that it failed then is why it says nothing."""
        region = self._program.regions[row.region]
        since = next((x[after.entered] for after in region.afters if after.trigger == row.trigger), x[region.entered])
        fate = self._fates.get(row.index)
        if fate is None or fate.outcome != "failed" or not since <= fate.taken_us:
            return RowReport(*self._head(row), outcome=SILENT, why="")
        why = f"taken at {instant(fate.taken_us)} UTC, its action {fate.said}"
        return RowReport(*self._head(row), outcome=FAILED, why=why)

    def _closed(self, decision: _Open) -> Decision:
        """A decision as it is told: that the action of the row that was taken came to nothing later is said, too."""
        fate = self._fates.get(decision.taken)
        is_lost = fate is not None and fate.taken_us == self._time_us and fate.outcome in ("failed", "interrupted")
        return _closed(decision, f"its action {fate.said}" if fate is not None and is_lost else "")

    def _head(self, row: Row) -> tuple[int, int, str, str, str, str]:
        action = self._program.actions[row.action].name if row.action >= 0 else ""
        does = [f"do {action if action != 'do' else '[...]'}"] if action else []  # steps written in the row itself
        leads = ", ".join([*does, *([f"-> {row.target}"] if row.target else [])])
        trigger = said_trigger(self._program.regions[row.region], row.trigger)
        return row.index, row.span.line, trigger, row.guard.text if row.guard else "", leads, row.because

    def _judge(self, row: Row) -> RowReport:
        """The row as the machine is about to judge it: the filter, the guard, the action in flight, its values."""
        assert self.core is not None and self.core.state.event is not None
        comparisons, readings = self._read(row)
        outcome, why = TAKEN, ""
        guard = self._value(row.guard.tree) if row.guard is not None else 1.0
        place = self.core.regions.places[row.region]
        if not set(row.filter.words) <= self.core.state.event.words:
            outcome, why = FILTERED, f"it is about {', '.join(row.filter.words)}"
        elif guard != guard:
            missing = [reading.name for reading in readings if reading.text == "not ready"]
            outcome, why = NOT_READY, f"without a value: {', '.join(missing)}" if missing else ""
        elif guard == 0.0:
            outcome = UNTRUE
        elif not self.core.regions.may(place, row):
            assert place.flight is not None
            outcome, why = WAITING, f"{place.flight.name} is being carried out"
        elif row.action >= 0 and not self.core.phases.is_ready(row.action):
            outcome, why = NOT_READY, "the guard holds, but a value that the action needs is not ready"
        return RowReport(*self._head(row), outcome, why, comparisons, readings)

    def _read(self, row: Row) -> tuple[tuple[Compared, ...], tuple[Reading, ...]]:
        if row.guard is None:
            return (), ()
        readings = []
        for operand in operands(self._program, row.guard.tree, expand=True):
            value = self._value(operand.tree)
            text = self._shown(operand.tree, value)
            readings.append(Reading(operand.name, value if math.isfinite(value) else None, text, operand.depth))
        return tuple(self._comparisons(row.guard.tree)), tuple(readings)

    def _comparisons(self, tree: Typed) -> list[Compared]:
        found: dict[str, Compared] = {}
        for node in walk(tree):
            if isinstance(node, Comparison):
                text = text_of(self._program, node)
                found.setdefault(text, Compared(text, shown(self._value(node), Kind.TRUTH, ())))
            elif isinstance(node, Observed) and node.type.kind is Kind.TRUTH:
                inner = self._comparisons(self._program.observables[node.observable].value.tree)
                found.update({entry.text: entry for entry in inner if entry.text not in found})
        return list(found.values())

    def _value(self, tree: Typed) -> float:
        assert self.core is not None
        state = self.core.state
        return evaluate(tree, state.x, self._program.observables, state.ask)

    def _shown(self, tree: Typed, value: float) -> str:
        if tree.type.kind is Kind.INSTANT and math.isfinite(value):
            return f"{instant(int(value))} UTC"
        return "never" if value == -math.inf else shown(value, tree.type.kind, self._program.words)


def _closed(decision: _Open, lost: str) -> Decision:
    """The rows after the one that was taken were not reached. `lost`: what its action came to, if that is nothing."""
    reports: list[RowReport] = []
    is_taken = False
    for row, report in decision.judged:
        if is_taken:
            told = f"the row in line {_line_of(decision)} was taken"
            reports.append(replace(report, outcome=UNREACHED, why=told))
            continue
        is_taken = row.index == decision.taken
        reports.append(replace(report, why=lost) if is_taken and lost else report)
    return Decision(decision.event, decision.state, tuple(reports))


def _line_of(decision: _Open) -> int:
    return next(report.line for row, report in decision.judged if row.index == decision.taken)


def _run_until(execute: Execute, given: Given, watching: _Watching) -> None:
    def opened(read: Sequence[tuple[str, str]]) -> None:
        """Values of other data would be told as those of the run."""
        if changed := changed_data(given, read):
            paths = ", ".join(path or "the made-up market" for path in changed)
            raise RunError(f"the data are not what the run read: {paths}")

    hooks = Hooks(None, watching, watching.attach, watching.after, opened)
    try:
        execute(given, hooks)
    except _Reached:
        return
    except RunError:
        if watching.core is None:
            raise  # it did not even begin; else: all that it came to was seen

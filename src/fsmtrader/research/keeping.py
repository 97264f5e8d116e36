"""A run that is kept in a folder, and the same run made again from what its journal names."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from fsmtrader import __version__
from fsmtrader.diagnostics import FsmError, RunError, UsageError
from fsmtrader.engine.journal import FILE
from fsmtrader.program.ir import Program
from fsmtrader.research.engines import Chosen, Engine, Say, choose, unsaid
from fsmtrader.research.facts import facts_of
from fsmtrader.research.files import write_frame, write_summary, write_tables
from fsmtrader.research.hooks import Hooks, seen_by
from fsmtrader.research.markets import Markets
from fsmtrader.research.recording import Data, Given, Recording
from fsmtrader.research.run import Prepared, Progress, carry_out, prepare, summary_of
from fsmtrader.research.run_settings import Settings, market_index, settings_from_plain
from fsmtrader.research.summary import Log, Summary
from fsmtrader.research.sweep.place import holds_sweep
from fsmtrader.research.telemetry import EventLog, Publish, Publisher, Tally, exposition
from fsmtrader.research.writing import writing
from fsmtrader.spec.source import Source

METRICS = "metrics.prom"


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a run tells of itself while it goes on: its metrics once in a while, and a log of its events."""

    publish: Publish | None = None
    log: TextIO | None = None
    clock: Callable[[], float] = time.monotonic
    """seconds, by which metrics are made anew; nothing of it gets into the run"""


SILENT = Outlets()


def run_into(
    folder: Path,
    program: Program,
    sources: Sequence[Source],
    settings: Settings,
    progress: Progress | None = None,
    *,
    engine: Engine = Engine.AUTO,
    say: Say = unsaid,
    outlets: Outlets = SILENT,
) -> Summary:
    """Run a program and keep the run in a folder, which is made if need be.

    Whatever ends the run (an error, Ctrl-C), the journal so far is kept, and so are the tables made of it. `say` is
    told when the engine has to be compiled first. UsageError for the folder of a sweep. Who looks on (`outlets`)
    changes nothing of the run.
    """
    if holds_sweep(folder):
        raise UsageError(f"{folder} holds a sweep: name another folder with --out")
    prepared = prepare(program, settings)
    chosen = choose(prepared, engine, say)
    given = Given(tuple(sources), program.digest, settings.as_plain(), _data(prepared), engine=chosen.name)
    _make(folder)
    recording = Recording(folder / FILE, given)
    log, tally = Log(program, prepared.terms.fee.rate), Tally(program)
    try:
        with recording:
            hooks, progress = _with_outlets(recording.hooks, progress, program, tally, outlets)
            summary = carry_out(prepared, progress, hooks, log, chosen.scout)
            recording.finish(given.data)
    except KeyboardInterrupt:
        if log.events:
            cut_short = summary_of(prepared, log, "the run was interrupted")
            _keep(folder, prepared, recording, log, _made_by(chosen, cut_short), tally)
        raise
    except BaseException:
        if log.is_attached:
            with suppress(FsmError):  # what ended the run is told, not that its tables suffer from the same
                _keep_tables(folder, prepared, log)
        raise
    summary = _made_by(chosen, summary)
    _keep(folder, prepared, recording, log, summary, tally)
    return summary


def _with_outlets(
    hooks: Hooks, progress: Progress | None, program: Program, tally: Tally, outlets: Outlets
) -> tuple[Hooks, Progress | None]:
    """Those who look on, and who hears of progress: metrics are made then, never at an event."""
    hooks = seen_by(hooks, tally)
    if outlets.log is not None:
        hooks = seen_by(hooks, EventLog(program, outlets.log))
    if outlets.publish is None:
        return hooks, progress
    publisher, told = Publisher(tally, outlets.publish, outlets.clock), progress

    def heard(done: int, total: int) -> None:
        publisher.look()
        if told is not None:
            told(done, total)

    return hooks, heard


def _made_by(chosen: Chosen, summary: Summary) -> Summary:
    """The summary says which engine made the run."""
    notes = (*summary.notes, chosen.note) if chosen.note else summary.notes
    return replace(summary, engine=chosen.name, notes=notes)


def _keep(folder: Path, prepared: Prepared, recording: Recording, log: Log, summary: Summary, tally: Tally) -> None:
    _keep_tables(folder, prepared, log)
    with writing(folder / METRICS) as unfinished:
        unfinished.write_bytes(exposition(tally))
    write_summary(folder / "summary.json", {**summary.as_plain(), **_said(prepared, recording)})


def _keep_tables(folder: Path, prepared: Prepared, log: Log) -> None:
    write_tables(folder, prepared.program)
    write_frame(folder / "equity.parquet", log.curve.frame())
    if log.quoting is not None:
        write_frame(folder / "touch.parquet", log.quoting.frame())


def _said(prepared: Prepared, recording: Recording) -> dict[str, object]:
    """What else the summary of a kept run says."""
    return {
        "version": __version__,
        "spec_digest": prepared.program.digest,
        "data_digest": prepared.stream.digest,
        "journal_hash": recording.journal.hash(),
        **facts_of(prepared.program),
    }


def execute(given: Given, hooks: Hooks, engine: Engine = Engine.MACHINE) -> tuple[Data, ...]:
    """Make a run again (`replay.Execute`), by whatever engine: the rows are the same."""
    paths = [item.path for item in given.data if item.path]
    prepared = prepare(given.compiled(), settings_from_plain(given.settings, paths))
    read = _data(prepared)
    hooks.opened(tuple((item.path, item.digest) for item in read))
    carry_out(prepared, None, hooks, scout=choose(prepared, engine).scout)
    return read


def _data(prepared: Prepared) -> tuple[Data, ...]:
    """What the run reads: whole paths, so that it can be made again from anywhere, each with what was read of it.

    A file that gives nothing of its own (a mark that only says at what funding is paid) has no digest: what it gave is
    in that of the other.
    """
    files = prepared.settings.data
    if not files:
        return (Data("", prepared.stream.digest),)
    markets = Markets(prepared.program)
    digests = {(report.name, report.market): report.digest for report in prepared.stream.reports}
    read = [(file.path, market_index(markets, file)) for file in files]
    return tuple(Data(os.path.abspath(path), digests.get((path, market), "")) for path, market in read)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise RunError(f"the folder {folder} cannot be made: {(problem.strerror or str(problem)).lower()}") from problem

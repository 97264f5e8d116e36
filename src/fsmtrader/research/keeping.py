"""A run that is kept in a folder, and the same run made again from what its journal names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fsmtrader import __version__
from fsmtrader.diagnostics import FsmError, RunError, UsageError
from fsmtrader.engine.journal import FILE
from fsmtrader.program.ir import Program
from fsmtrader.research.engines import Chosen, Engine, Say, choose, unsaid
from fsmtrader.research.facts import facts_of
from fsmtrader.research.files import write_frame, write_summary, write_tables
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.markets import Markets
from fsmtrader.research.recording import Data, Given, Recording
from fsmtrader.research.run import Prepared, Progress, carry_out, prepare, summary_of
from fsmtrader.research.run_settings import Settings, market_index, settings_from_plain
from fsmtrader.research.summary import Log, Summary
from fsmtrader.research.sweep.store import holds_sweep
from fsmtrader.spec.source import Source


def run_into(
    folder: Path,
    program: Program,
    sources: Sequence[Source],
    settings: Settings,
    progress: Progress | None = None,
    *,
    engine: Engine = Engine.AUTO,
    say: Say = unsaid,
) -> Summary:
    """Run a program and keep the run in a folder, which is made if need be.

    Whatever ends the run (an error, Ctrl-C), the journal so far is kept, and so are the tables made of it. `say` is
    told when the engine has to be compiled first. UsageError for the folder of a sweep.
    """
    if holds_sweep(folder):
        raise UsageError(f"{folder} holds a sweep: name another folder with --out")
    prepared = prepare(program, settings)
    chosen = choose(prepared, engine, say)
    given = Given(tuple(sources), program.digest, settings.as_plain(), _data(prepared), engine=chosen.name)
    _make(folder)
    recording = Recording(folder / FILE, given)
    log = Log(program, prepared.terms.fee.rate)
    try:
        with recording:
            summary = carry_out(prepared, progress, recording.hooks, log, chosen.scout)
            recording.finish(given.data)
    except KeyboardInterrupt:
        if log.events:
            cut_short = summary_of(prepared, log, "the run was interrupted")
            _keep(folder, prepared, recording, log, _made_by(chosen, cut_short))
        raise
    except BaseException:
        if log.is_attached:
            with suppress(FsmError):  # what ended the run is told, not that its tables suffer from the same
                _keep_tables(folder, prepared, log)
        raise
    summary = _made_by(chosen, summary)
    _keep(folder, prepared, recording, log, summary)
    return summary


def _made_by(chosen: Chosen, summary: Summary) -> Summary:
    """The summary says which engine made the run."""
    notes = (*summary.notes, chosen.note) if chosen.note else summary.notes
    return replace(summary, engine=chosen.name, notes=notes)


def _keep(folder: Path, prepared: Prepared, recording: Recording, log: Log, summary: Summary) -> None:
    _keep_tables(folder, prepared, log)
    write_summary(folder / "summary.json", {**summary.as_plain(), **_said(prepared, recording)})


def _keep_tables(folder: Path, prepared: Prepared, log: Log) -> None:
    write_tables(folder, prepared.program)
    write_frame(folder / "equity.parquet", log.curve.frame())


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

"""A run that is kept in a folder, and the same run made again from what its journal names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fsmtrader.data.bars import BarSeries
from fsmtrader.diagnostics import RunError
from fsmtrader.engine.journal import FILE
from fsmtrader.program.ir import Program
from fsmtrader.research.files import write_frame, write_summary, write_tables
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.recording import Data, Given, Recording
from fsmtrader.research.run import Progress, Settings, market_of, run_over
from fsmtrader.research.settings import plain_mapping
from fsmtrader.research.summary import Summary
from fsmtrader.spec.source import Source


def run_into(
    folder: Path, program: Program, sources: Sequence[Source], settings: Settings, progress: Progress | None = None
) -> Summary:
    """Run a program and keep the run in a folder, which is made if need be.

    Whatever ends the run (an error, Ctrl-C), the journal so far is kept, and so are the tables made of it.
    """
    series = market_of(program, settings)
    given = Given(tuple(sources), program.digest, _plain(settings), (_data(program, settings),))
    _make(folder)
    recording = Recording(folder / FILE, given)
    try:
        with recording:
            summary = run_over(series, program, settings, progress, recording.hooks)
            recording.finish((replace(given.data[0], digest=digest_of(series)),))
    finally:
        if recording.curve is not None:
            write_tables(folder, program)
            write_frame(folder / "equity.parquet", recording.curve.frame())
    write_summary(folder / "summary.json", {**summary.as_plain(), "journal_hash": recording.journal.hash()})
    return summary


def execute(given: Given, hooks: Hooks) -> tuple[Data, ...]:
    """Make a run again (`replay.Execute`)."""
    program = given.compiled()
    values: dict[str, Any] = dict(given.settings)
    settings = Settings(**{**values, "data": given.data[0].path if given.data else ""})
    series = market_of(program, settings)
    run_over(series, program, settings, None, hooks)
    return tuple(replace(item, digest=digest_of(series)) for item in given.data)


def digest_of(series: BarSeries) -> str:
    """SHA-256 of a market's times and prices, whatever file they came in."""
    found = hashlib.sha256()
    for name in ("time_us", "open", "high", "low", "close", "volume"):
        found.update(getattr(series, name).tobytes())
    return found.hexdigest()


def _plain(settings: Settings) -> dict[str, object]:
    """Settings as a journal keeps them; where the data are is said apart."""
    return {**asdict(replace(settings, data="")), "overrides": dict(settings.overrides)}


def _data(program: Program, settings: Settings) -> Data:
    """Where the market comes from: a whole path, so that the run can be made again from anywhere."""
    path = settings.data or str(plain_mapping(program.run, "market").get("data", ""))
    return Data(os.path.abspath(path) if path else "")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise RunError(f"the folder {folder} cannot be made: {(problem.strerror or str(problem)).lower()}") from problem

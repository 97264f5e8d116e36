"""The results of a sweep's folder: Parquet files that are added to while it goes on, so that nothing is done twice.

A result is known by a key, the SHA-256 of all that decides it: what the spec does, what the data hold, the settings,
the value of every parameter, the periods, and the version. Any sweep of the same folder takes what it finds there.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from fsmtrader import __version__
from fsmtrader.diagnostics import RunError
from fsmtrader.engine.journal import canonical
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import overrides_from_text, parameter_values
from fsmtrader.research.costs import starting_capital
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.periods import Period
from fsmtrader.research.sweep.results import Row, frame_of
from fsmtrader.research.writing import writing

if TYPE_CHECKING:
    import polars as pl

FOLDER = "parts"
RESULTS = "results.parquet"
"""what a sweep makes of the parts"""
EVERY_S = 3.0
"""results of so many seconds are written together"""
MOST_WAITING = 1_000
FORM = 1
"""of a row; a new one makes new keys"""


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one sweep."""

    program: Program
    settings: Settings
    data_digest: str
    periods: Sequence[Period]
    version: str = __version__

    def of(self, case: Case) -> str:
        """The key of a set; its values must be such that their parameters take them (`grid.axes_of`)."""
        given = overrides_from_text(self.program, {**self.settings.overrides, **dict(case)})
        _, overrides = starting_capital(self.program, given)
        x = parameter_values(self.program.parameters, len(self.program.slots), overrides)
        values = {parameter.name: x[parameter.slot].hex() for parameter in self.program.parameters}
        text = canonical({"common": self.common(), "values": values})
        return hashlib.sha256(text.encode()).hexdigest()

    def common(self) -> dict[str, object]:
        """What decides the results of all sets alike."""
        settings = {k: v for k, v in self.settings.as_plain().items() if k not in ("overrides", "data", "engine")}
        return {
            "form": FORM,
            "version": self.version,
            "program": self.program.digest,
            "data": self.data_digest,
            "settings": settings,
            "periods": [[period.name, period.begin_us, period.end_us] for period in self.periods],
        }


class Store:
    """What is known in a folder, and what is new. Rows are on the disk after `EVERY_S` seconds, or `flush`."""

    def __init__(self, folder: Path, schema: Mapping[str, type]) -> None:
        self._folder = folder / FOLDER
        self._schema = schema
        self._new: list[Row] = []
        self._since = time.monotonic()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise RunError(f"the folder {folder} cannot be made: {reason}") from problem
        self._known = self._read()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: str) -> Row | None:
        """What is known of a set; None also for one that is to be tried again."""
        return self._known.get(key)

    def add(self, row: Row) -> None:
        """Keep a result."""
        if not row["again"]:
            self._known[str(row["key"])] = row
        self._new.append(row)
        if len(self._new) >= MOST_WAITING or time.monotonic() - self._since > EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write what is new as one more part."""
        self._since = time.monotonic()
        if self._new:
            self._write(frame_of(self._new, self._schema))
            self._new = []

    def close(self) -> None:
        """Write what is new, and make one part of all that have the columns of this sweep."""
        self.flush()
        alike = [path for path in self._parts() if set(_columns(path)) == set(self._schema)]
        if len(alike) > 1:
            self._write(frame_of(list(_rows(alike).values()), self._schema))
            for path in alike:
                path.unlink(missing_ok=True)

    def _write(self, frame: pl.DataFrame) -> None:
        with writing(self._folder / f"{os.getpid()}-{uuid4().hex}.parquet") as unfinished:
            frame.write_parquet(unfinished)

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("*.parquet"))

    def _read(self) -> dict[str, Row]:
        return {key: row for key, row in _rows(self._parts()).items() if not row["again"]}


def holds_sweep(folder: Path) -> bool:
    """Whether a folder has results of a sweep, finished or not."""
    return (folder / RESULTS).exists() or any((folder / FOLDER).glob("*.parquet"))


def _columns(path: Path) -> list[str]:
    import polars as pl

    return list(pl.read_parquet_schema(path))


def _rows(paths: Sequence[Path]) -> dict[str, Row]:
    """Rows by key; one that says something of its set stands before one that does not."""
    import polars as pl

    found: dict[str, Row] = {}
    for path in paths:
        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as problem:
            raise RunError(f"{path} cannot be read: delete it, and its sets are run again ({problem})") from problem
        for row in frame.iter_rows(named=True):
            if str(row["key"]) not in found or not row["again"]:
                found[str(row["key"])] = row
    return found

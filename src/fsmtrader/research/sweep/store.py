"""The results of a sweep's folder: Parquet files that are added to while it goes on, so that nothing is done twice.

A result is known by a key, the SHA-256 of all that decides it: what the spec does, what the data hold, the settings,
the value of every parameter, the periods, and the version. Any sweep of the same folder takes what it finds there.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader import __version__
from fsmtrader.data.writing import UNFINISHED
from fsmtrader.diagnostics import RunError
from fsmtrader.engine.journal import canonical
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import overrides_from_text, parameter_values
from fsmtrader.research.costs import starting_capital
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.periods import Period
from fsmtrader.research.sweep.place import parts_of
from fsmtrader.research.sweep.results import Row, frame_of
from fsmtrader.research.writing import writing

if TYPE_CHECKING:
    import polars as pl

EVERY_S = 1.0
"""results of so many seconds are written together"""
MOST_WAITING = 1_000
"""results that are not written yet"""
MOST_PARTS = 64
"""of one sweep; then they become one"""
DAMAGED = ".damaged"
NAME_LENGTH = 64
"""of a part that is named by its own SHA-256"""
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
        # (the sum makes one zero of the two that there are)
        values = {parameter.name: (x[parameter.slot] + 0.0).hex() for parameter in self.program.parameters}
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
    """What is known in a folder, and what is new.

    A row is on the disk a second after it was added: a clock of its own sees to that, should no further one come.
    """

    def __init__(self, folder: Path, schema: Mapping[str, type]) -> None:
        """`notes` says what was put aside. RunError: the folder cannot be made or read."""
        self._folder = parts_of(folder)
        self._schema = schema
        self._new: list[Row] = []
        self._written: list[Path] = []
        self._turn = threading.Lock()
        self._clock: threading.Timer | None = None
        self._problem: RunError | None = None
        self.notes: list[str] = []
        for path in self._folder.glob(f"*{UNFINISHED}"):
            path.unlink(missing_ok=True)
        self._known = {key: row for key, row in self._rows(self._parts()).items() if not row["again"]}

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: str) -> Row | None:
        """What is known of a set; None also for one that is to be tried again."""
        return self._known.get(key)

    def add(self, row: Row) -> None:
        """Keep a result. RunError: one before could not be written."""
        with self._turn:
            if self._problem is not None:
                raise self._problem
            if not row["again"]:
                self._known[str(row["key"])] = row
            self._new.append(row)
            if len(self._new) >= MOST_WAITING:
                self._write_new()
            elif self._clock is None:
                self._clock = threading.Timer(EVERY_S, self._in_time)
                self._clock.daemon = True
                self._clock.start()

    def flush(self) -> None:
        """Write what is new as one more part."""
        with self._turn:
            self._write_new()

    def close(self) -> None:
        """Write what is new, and make one part of all that have the columns of this sweep."""
        self.flush()
        alike = [path for path in self._parts() if set(_columns(path)) == set(self._schema)]
        if len(alike) > 1:
            self._join(alike)

    def _in_time(self) -> None:
        """In the thread of the clock. What it cannot write is told by the next `add`; `flush` tries again."""
        with self._turn:
            try:
                self._write_new()
            except RunError as problem:
                self._problem = problem

    def _write_new(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        if self._new:
            self._written.append(write_part(self._folder, frame_of(self._new, self._schema)))
            self._new = []
        if len(self._written) >= MOST_PARTS:
            self._join(self._written)
            self._written = []

    def _join(self, paths: Sequence[Path]) -> None:
        """One part instead of several with the columns of this sweep."""
        whole = write_part(self._folder, frame_of(list(self._rows(paths).values()), self._schema))
        for path in paths:
            if path != whole:
                path.unlink(missing_ok=True)

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("*.parquet"))

    def _rows(self, paths: Sequence[Path]) -> dict[str, Row]:
        """Rows by key; one that says something of its set stands before one that does not."""
        found: dict[str, Row] = {}
        for path in paths:
            frame = read_part(path)
            if frame is None:
                aside = path.rename(path.with_name(path.name + DAMAGED))
                self.notes.append(f"a file of results was damaged: it is {aside} now, and its sets are run again")
                continue
            for row in frame.iter_rows(named=True):
                if str(row["key"]) not in found or not row["again"]:
                    found[str(row["key"])] = row
        return found


# -- files -----------------------------------------------------------------------------------------------------------


def write_part(folder: Path, frame: pl.DataFrame) -> Path:
    """A file that is named by the SHA-256 of its bytes, on the disk when this returns. RunError: it cannot be."""
    made = io.BytesIO()
    frame.write_parquet(made)
    path = folder / f"{hashlib.sha256(made.getbuffer()).hexdigest()}.parquet"
    with writing(path) as unfinished, unfinished.open("wb") as file:
        file.write(made.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    if hasattr(os, "O_DIRECTORY"):  # the name is on the disk when the folder is
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # not every file system does that for a folder
            os.fsync(descriptor)
        os.close(descriptor)
    return path


def read_part(path: Path) -> pl.DataFrame | None:
    """The rows of a part; None of one that is damaged. RunError: the system does not let it be read."""
    import polars as pl

    try:
        text = path.read_bytes()
    except OSError as problem:
        raise RunError(f"{path} cannot be read: {(problem.strerror or str(problem)).lower()}") from problem
    if len(path.stem) == NAME_LENGTH and path.stem != hashlib.sha256(text).hexdigest():
        return None
    try:
        frame = pl.read_parquet(io.BytesIO(text))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return frame if {"key", "again"} <= set(frame.columns) else None


def _columns(path: Path) -> list[str]:
    import polars as pl

    return list(pl.read_parquet_schema(path))

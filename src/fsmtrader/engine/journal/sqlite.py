"""The journal's file: SQLite with a table of rows and a table of what the run was given.

A run that can lose money is `durable`: write-ahead log, `synchronous=FULL`, and `commit` returns when the disk has it
(I1). A simulated run can be made again: batches, `synchronous=OFF`, and no second file that everything is written to
first (rows are only added, so what undoes a batch that was cut off is a few pages).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.events import Effects, Operation, Told
from fsmtrader.engine.journal.rows import Row, Rows

APPLICATION_ID = 0x46534D4A
"""`FSMJ` in the file's header: ours"""
FORMAT = 1
"""how rows and bodies are written; in the file's header as `user_version`"""
PAGE_BYTES = 16_384
COMPLETE, INTERRUPTED = "complete", "interrupted"
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (seq INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
"""


class Journal:
    """One run's journal, written by one process. A `Recorder`; as a context it is closed however the run ends.

    Leaving the context because of an exception (Ctrl-C too) keeps every row so far and marks the run as interrupted.
    """

    def __init__(self, path: Path, given: str, meta: Mapping[str, str], *, durable: bool = False) -> None:
        """`given`: canonical JSON of the first row. RunError when the file is there already or cannot be written."""
        self.path = path
        self._connection = _create(path, durable)
        self._rows = Rows(self._insert, at_once=durable)
        self._is_open = True
        self._write_meta(meta)
        self._rows.begin(given)
        self._rows.commit()

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        self._rows.told(now_us, items)

    def operator(self, now_us: int, operation: Operation) -> None:
        self._rows.operator(now_us, operation)

    def effects(self, now_us: int, effects: Effects) -> None:
        self._rows.effects(now_us, effects)

    def commit(self) -> None:
        self._rows.commit()

    def flush(self) -> None:
        """Hand every row to the file."""
        self._rows.flush()

    @property
    def count(self) -> int:
        """Rows so far."""
        return self._rows.count

    def hash(self) -> str:
        """SHA-256 of all rows so far."""
        return self._rows.hash()

    def end(self, body: str, meta: Mapping[str, str]) -> None:
        """The last row (canonical JSON), and what else is known of the run now."""
        self._rows.end(body)
        self._write_meta(meta)

    def close(self, ended: str = COMPLETE) -> None:
        """Keep everything, say how the run ended, and let go of the file; a second time does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        with closing(self._connection):
            self._rows.flush()
            self._write_meta({"ended": ended, "rows": str(self._rows.count), "hash": self._rows.hash()})

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(COMPLETE if kind is None else INTERRUPTED)

    def _insert(self, rows: list[Row]) -> None:
        self._write("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)

    def _write_meta(self, meta: Mapping[str, str]) -> None:
        self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(meta.items()))

    def _write(self, statement: str, values: list[Row] | list[tuple[str, str]]) -> None:
        """One transaction. What cannot be written ends the run: without a journal there is no order."""
        try:
            with self._connection:
                self._connection.executemany(statement, values)
        except sqlite3.Error as problem:
            raise RunError(f"the journal {self.path} cannot be written: {problem}") from problem


def _create(path: Path, durable: bool) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise RunError(f"there is already a run in {path.parent}: give another folder, or move {path} away") from None
    except OSError as problem:
        raise RunError(f"the journal {path} cannot be written: {(problem.strerror or str(problem)).lower()}") from None
    try:
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.execute(f"PRAGMA journal_mode={'WAL' if durable else 'DELETE'}")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.executescript(_TABLES)
    except sqlite3.Error as problem:
        raise RunError(f"the journal {path} cannot be written: {problem}") from problem
    return connection

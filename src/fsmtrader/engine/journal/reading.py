"""A journal read back: what the run was given, its rows one after another, and their hash."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.journal.encoding import RUN
from fsmtrader.engine.journal.rows import BATCH, Hash, Row
from fsmtrader.engine.journal.sqlite import APPLICATION_ID, COMPLETE, FORMAT

FILE = "journal.sqlite"
_MAGIC = b"SQLite format 3\0"


def journal_path(run: Path) -> Path:
    """The journal of a run: the file itself, or the one in a folder of results. RunError when there is none."""
    path = run / FILE if run.is_dir() else run
    if path.is_file():
        return path
    if run.is_dir():
        raise RunError(f"{run} holds no run: there is no {FILE} in it")
    raise RunError(f"there is no run {run}: give a folder that `fsm run` has written, or its {FILE}")


class JournalFile:
    """A journal that is only read. RunError for what is no journal, is cut off, or is of another version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = _connect(path)
        try:
            self._check()
            self.meta: Mapping[str, str] = {str(k): str(v) for k, v in self._all("SELECT key, value FROM meta")}
            self.count = int(self._all("SELECT count(*) FROM rows")[0][0])
            """rows in the file"""
            self._check_whole()
        except RunError:
            self._connection.close()
            raise

    def rows(self, kinds: tuple[str, ...] = ()) -> Iterator[Row]:
        """Every row in order, or those of some kinds, a batch at a time."""
        where = f" WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        try:
            cursor = self._connection.execute(f"SELECT seq, time_us, kind, body FROM rows{where} ORDER BY seq", kinds)
            while batch := cursor.fetchmany(BATCH):
                yield from batch
        except sqlite3.Error as problem:
            raise self._damaged(str(problem)) from problem

    def hash(self) -> str:
        """The hash of the rows as they stand in the file."""
        found, batch = Hash(), list[Row]()
        for row in self.rows():
            batch.append(row)
            if len(batch) == BATCH:
                found.add(batch)
                batch.clear()
        found.add(batch)
        return found.text()

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end; else it was interrupted, and the rows are those until then."""
        return self.meta.get("ended") == COMPLETE

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> JournalFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self) -> None:
        """It is ours, and of a version that is understood."""
        if self._all("PRAGMA application_id")[0][0] != APPLICATION_ID:
            raise RunError(f"{self.path} is a database, but no journal of fsmtrader")
        version = self._all("PRAGMA user_version")[0][0]
        if version != FORMAT:
            raise RunError(
                f"the journal {self.path} is of format {version}, and this version of fsmtrader reads format {FORMAT}: "
                "use the version that wrote it"
            )

    def _check_whole(self) -> None:
        """Every page is there, the first row is, no number is left out, and all that were counted at the end are."""
        if not self.path.with_name(self.path.name + "-wal").exists():  # else the newest pages are still in there
            bytes_ = int(self._all("PRAGMA page_count")[0][0]) * int(self._all("PRAGMA page_size")[0][0])
            if self.path.stat().st_size < bytes_:
                raise self._damaged(f"it has {self.path.stat().st_size:,} of {bytes_:,} bytes")
        first = self._all("SELECT kind FROM rows WHERE seq = 1")
        if not first or first[0][0] != RUN:
            raise self._damaged("its first row is missing")
        last = int(self._all("SELECT max(seq) FROM rows")[0][0])
        if last != self.count:
            raise self._damaged(f"{last - self.count} of its {last} rows are missing")
        counted = self.meta.get("rows", str(self.count))
        if counted != str(self.count):
            raise self._damaged(f"it has {self.count} rows, and {counted} were written")

    def _all(self, statement: str) -> list[tuple[str | int, ...]]:
        try:
            return self._connection.execute(statement).fetchall()
        except sqlite3.Error as problem:
            raise self._damaged(str(problem)) from problem

    def _damaged(self, why: str) -> RunError:
        return RunError(f"the journal {self.path} is damaged or cut off: {why}")


def _connect(path: Path) -> sqlite3.Connection:
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except OSError as problem:
        raise RunError(f"the journal {path} cannot be read: {(problem.strerror or str(problem)).lower()}") from None
    if begins != _MAGIC:
        raise RunError(f"{path} is no journal of fsmtrader")
    try:
        # polars asks for rows from threads of its own, one after another
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.Error as problem:
        raise RunError(f"the journal {path} cannot be read: {problem}") from problem

"""What happens as numbered rows, and their hash: the same for a run, its replay and a file that is read back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from fsmtrader.engine.events import Effects, Operation, Told
from fsmtrader.engine.journal.encoding import END, RUN, encode

Row = tuple[int, int, str, str]
"""seq (from 1), time in microseconds, kind, body"""
BATCH = 4_096
"""rows that are kept together"""


class Hash:
    """SHA-256 over `seq|time_us|kind|body` and a line feed of every row, in order."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, rows: Iterable[Row]) -> None:
        text = "".join([f"{seq}|{time_us}|{kind}|{body}\n" for seq, time_us, kind, body in rows])
        self._sum.update(text.encode("ascii", "backslashreplace"))

    def text(self) -> str:
        return self._sum.hexdigest()


class Rows:
    """The port `Recorder`: numbers and encodes what happens and hands it on in batches, hashed on the way.

    `keep` gets each batch in order. `at_once`: `commit` hands on what there is, else only full batches and `flush` do.
    """

    def __init__(self, keep: Callable[[list[Row]], None], *, at_once: bool = False) -> None:
        self._keep = keep
        self._at_once = at_once
        self._waiting: list[Row] = []
        self._seq = 0
        self._last_us = 0
        self._hash = Hash()

    @property
    def count(self) -> int:
        """Rows so far."""
        return self._seq

    def begin(self, body: str) -> None:
        """The first row: what the run was given."""
        assert self._seq == 0, "a journal begins once"
        self._add(0, RUN, body)

    def end(self, body: str) -> None:
        """The last row of a run that came to its end: what is only known then."""
        self._add(self._last_us, END, body)

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        for item in items:
            self._add(now_us, *encode(item))

    def operator(self, now_us: int, operation: Operation) -> None:
        self._add(now_us, *encode(operation))

    def effects(self, now_us: int, effects: Effects) -> None:
        """Notes first (what has happened), then what goes out, in the order in which it is sent."""
        for note in effects.notes:
            self._add(note.now_us, *encode(note))
        for cancel in effects.cancels:
            self._add(now_us, *encode(cancel))
        for order in effects.orders:
            self._add(now_us, *encode(order))

    def commit(self) -> None:
        if self._at_once:
            self.flush()

    def flush(self) -> None:
        """Hand on whatever waits."""
        if self._waiting:
            rows, self._waiting = self._waiting, []
            self._hash.add(rows)
            self._keep(rows)

    def hash(self) -> str:
        """The hash of all rows so far."""
        self.flush()
        return self._hash.text()

    def _add(self, time_us: int, kind: str, body: str) -> None:
        self._seq += 1
        self._last_us = int(time_us)
        self._waiting.append((self._seq, self._last_us, kind, body))
        if len(self._waiting) >= BATCH:
            self.flush()

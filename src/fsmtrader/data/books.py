"""An order book from files: snapshots and the changes after them, or views of its best levels, as one source.

Changes count from a snapshot on: those that are older by update id are passed over, the first one must straddle the
snapshot's id, and later ones must follow on. Where they do not, the book is emptied until another snapshot comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.depth_columns import IDS, Shape
from fsmtrader.data.depth_rows import (
    UNKNOWN,
    DepthRows,
    Touch,
    crossed,
    joined_rows,
    message_starts,
    placed,
    windowed,
)
from fsmtrader.data.event_files import EventsSource, event_sources
from fsmtrader.data.events import EventBatch, Heard, no_events, unheard
from fsmtrader.data.files import FileSource, told
from fsmtrader.data.flagged import flagged_rows
from fsmtrader.data.ladders import ladder_rows
from fsmtrader.data.quality import MEND, Fault, Rows
from fsmtrader.data.sequence import Sequenced, Tally
from fsmtrader.data.times import instant
from fsmtrader.diagnostics import DataError
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_SNAPSHOT_ROWS = 4_000_000
"""rows of snapshots of one market: they are held in memory"""

NO_START = (
    "changes of a book count from a snapshot, and there is none: give its file too (side, price, qty and the "
    "last_update_id that it goes up to)"
)

WHOLE = (Shape.LADDER, Shape.FLAGGED)
"""what is a book without another file"""

Wrong = Callable[[str, list[Fault]], None]
"""who is told the name of a file and what is wrong with rows of it"""


@dataclass(frozen=True, slots=True)
class BookSource:
    """The depth of one market: files of changes and of snapshots, or one with views of the best levels as `changes`."""

    changes: tuple[FileSource, ...]
    snapshots: tuple[FileSource, ...] = ()
    stands_alone: bool = False
    """changes are told as they are, without a snapshot: to look at a file, not to trade on it"""
    tally: Tally | None = None
    """where an import has its changes counted"""

    @property
    def files(self) -> tuple[FileSource, ...]:
        return (*self.changes, *self.snapshots)

    @property
    def has_start(self) -> bool:
        """Whether there is a book that changes can be counted from."""
        return bool(self.snapshots) or any(file.layout.shape in WHOLE for file in self.changes)

    @property
    def name(self) -> str:
        return self.files[0].name

    @property
    def kind(self) -> Kind:
        return Kind.DEPTH

    @property
    def market(self) -> int:
        return self.files[0].market

    @property
    def interval_us(self) -> int:
        return 0

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        """Its events in batches; the first rows that are wrong end it with a DataError.

        Whether the book is crossed is looked at while somebody hears: a second reading finds what the first one found.
        """
        for rows in self.rows(heard, _refuse):
            yield rows.batch(self.market)

    def read_all(self, heard: Heard) -> Iterator[tuple[EventBatch, list[Fault]]]:
        """Batches with what is wrong with them."""
        found: list[Fault] = []
        for rows in self.rows(heard, lambda _, faults: found.extend(faults)):
            yield rows.batch(self.market), list(found)
            found.clear()
        if found:
            yield no_events(self.kind, self.market), found

    def rows(self, heard: Heard, wrong: Wrong) -> Iterator[DepthRows]:
        """Its rows, checked, of the time that is wanted."""
        wanted = self.files[0].wanted
        for note in dict.fromkeys(note for file in self.files for note in file.first_notes()):
            heard(note)
        whole = self._assembled(heard, wrong)
        if heard is not unheard:
            whole = self._uncrossed(whole, wrong)
        yield from windowed(whole, wanted.from_us, wanted.to_us)

    def _assembled(self, heard: Heard, wrong: Wrong) -> Iterator[DepthRows]:
        shape = self.changes[0].layout.shape if self.changes else Shape.SNAPSHOT
        if shape is Shape.LADDER:
            return ladder_rows(self.changes[0], wrong)
        if shape is Shape.FLAGGED:
            return flagged_rows(self.changes[0], wrong, heard)
        held = [piece for file in self.snapshots for piece in _levels(file, wrong, MOST_SNAPSHOT_ROWS)]
        snapshots = _snapshots(held)
        return Sequenced(snapshots, self.tally or Tally(), self.stands_alone).run(self._changed(wrong), heard)

    def _changed(self, wrong: Wrong) -> Iterator[DepthRows]:
        """Changes of all files, one after the other, whole messages at a time."""
        before: FileSource | None = None
        last_us = None
        for file in self.changes:
            for rows in _messages(_levels(file, wrong)):
                if before is not None and last_us is not None and int(rows.time_us[0]) < last_us:
                    raise DataError(
                        f"{before.name} and {file.name} both hold depth of the time from "
                        f"{instant(int(rows.time_us[0]))} to {instant(last_us)}: give one of them"
                    )
                before = None
                yield rows
                last_us = int(rows.time_us[-1])
            before = file

    def _uncrossed(self, pieces: Iterator[DepthRows], wrong: Wrong) -> Iterator[DepthRows]:
        """The same rows; a book that is crossed at the end of a message is a mistake."""
        touch = Touch()
        column = next(iter(self.files[0].layout.columns.values()))
        for rows in pieces:
            wrong(self.name, crossed(touch, rows, column))
            yield rows


def _refuse(name: str, found: list[Fault]) -> None:
    if found:
        raise DataError(told(name, found))


def as_sources(files: Sequence[FileSource]) -> list[FileSource | BookSource | EventsSource]:
    """Files with those of an order book as one source a market; what has its snapshots in it is a book of its own.

    A file of events is a source for each kind that it holds.
    """
    found: list[FileSource | BookSource | EventsSource] = []
    parts: dict[int, list[FileSource]] = {}
    for file in files:
        if file.layout.shape is Shape.EVENTS:
            found += event_sources(file)
        elif file.kind is not Kind.DEPTH:
            found.append(file)
        elif file.layout.shape in WHOLE:
            found.append(BookSource((file,)))
        else:
            parts.setdefault(file.market, []).append(file)
    return [*found, *(_book(held) for held in parts.values())]


def _book(files: Sequence[FileSource]) -> BookSource:
    changes = [file for file in files if file.layout.shape is Shape.CHANGES]
    return BookSource(
        tuple(sorted(changes, key=lambda file: file.first_us())),
        tuple(file for file in files if file.layout.shape is Shape.SNAPSHOT),
    )


def _levels(file: FileSource, wrong: Wrong, most: int = 0) -> Iterator[DepthRows]:
    """A file's rows as they stand, without places."""
    import numpy as np

    count = 0
    for rows, found in file.rows():
        wrong(file.name, found)
        if found:
            continue
        count += len(rows.time_us)
        if most and count > most:
            raise DataError(f"{file.name}: has more than {most:,} rows of snapshots")
        values, columns = rows.values, file.layout.ids
        first_id, last_id, before_id = (_ids(rows, columns.get(name, ""), wrong, file.name) for name in IDS)
        yield DepthRows(
            time_us=rows.time_us,
            price=values["price"],
            size=values["size"],
            side=values["side"],
            place=np.zeros(len(rows.time_us)),
            delay=file.delays(rows),
            row=rows.numbers,
            first_id=first_id,
            last_id=last_id,
            before_id=before_id,
        )


def _ids(rows: Rows, column: str, wrong: Wrong, name: str) -> NDArray[np.int64]:
    import numpy as np
    import polars as pl

    if not column:
        return np.full(len(rows.time_us), UNKNOWN, dtype=np.int64)
    ids = rows.raw.get_column(column).cast(pl.Int64, strict=False)
    lacking = ids.is_null()
    if lacking.any():
        place = int(lacking.arg_max() or 0)
        shown = rows.raw.get_column(column)[place]
        wrong(name, [Fault(int(rows.numbers[place]), column, f"`{shown}` is no update id", MEND, int(lacking.sum()))])
    return ids.fill_null(UNKNOWN).to_numpy().astype(np.int64)


def _messages(pieces: Iterator[DepthRows]) -> Iterator[DepthRows]:
    """The same rows with places, cut between messages only."""
    import numpy as np

    held: list[DepthRows] = []
    for rows in pieces:
        whole = joined_rows([*held, rows])
        starts = message_starts(whole.time_us, whole.first_id, whole.last_id)
        last = int(starts[-1])
        held = [whole.part(slice(last, None))]
        if last:
            yield placed(whole.part(slice(last)), starts[:-1], is_snapshot=False)
    if held:
        yield placed(held[0], np.zeros(1, dtype=np.int64), is_snapshot=False)


def _snapshots(pieces: Sequence[DepthRows]) -> list[DepthRows]:
    """Whole books in order of their update ids."""
    import numpy as np

    if not pieces:
        return []
    whole = joined_rows(pieces)
    starts = message_starts(whole.time_us, whole.last_id).tolist()
    ends = [*starts[1:], len(whole)]
    books = [whole.part(slice(start, end)) for start, end in zip(starts, ends, strict=True)]
    made = [placed(book, np.zeros(1, dtype=np.int64), is_snapshot=True) for book in books]
    return sorted(made, key=lambda book: (int(book.last_id[0]), int(book.time_us[0])))

"""Files of events, which `fsm data import` writes: the rows of all kinds of one market, ready to be told.

A row has the columns of `domain/market.py` (`time_us`, `kind`, `a` to `e`) and the update id that it goes up to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fsmtrader.data.depth_columns import EVENTS
from fsmtrader.data.depth_rows import UNKNOWN, DepthRows, Touch, crossed, windowed
from fsmtrader.data.events import NUMBERS, EventBatch, Heard, batch_of, no_events, unheard
from fsmtrader.data.files import FileSource, told
from fsmtrader.data.quality import MEND, SORT, Fault
from fsmtrader.data.tables import chunks
from fsmtrader.data.times import LEAST_US, MOST_US
from fsmtrader.data.writing import write_frames
from fsmtrader.diagnostics import DataError
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind

if TYPE_CHECKING:
    import polars as pl

    from fsmtrader.data.depth_rows import Ids
    from fsmtrader.data.events import Mask

MEDIAN_OF = 1_000
"""distances of bars that tell how long one is"""
PRICES: Mapping[Kind, tuple[str, ...]] = {
    Kind.FUNDING: (),
    Kind.MARK: ("a",),
    Kind.TRADE: ("a",),
    Kind.DEPTH: ("a",),
    Kind.BOOK: ("a", "c"),
    Kind.BAR: ("a", "b", "c", "d"),
}
"""the columns of each kind that are prices"""
SIZES: Mapping[Kind, tuple[str, ...]] = {
    Kind.TRADE: ("b",),
    Kind.DEPTH: ("b",),
    Kind.BOOK: ("b", "d"),
    Kind.BAR: ("e",),
}


@dataclass(frozen=True, slots=True)
class EventsSource:
    """The events of one kind in a file of events."""

    file: FileSource
    kind: Kind
    interval_us: int = 0

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def market(self) -> int:
        return self.file.market

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        """Its events in batches; the first rows that are wrong end it with a DataError."""
        for batch, found in self.read_all(heard):
            if found:
                raise DataError(told(self.name, found))
            if len(batch):
                yield batch

    def read_all(self, heard: Heard) -> Iterator[tuple[EventBatch, list[Fault]]]:
        """Batches with what is wrong with them."""

        found: list[Fault] = []
        if self.kind is Kind.DEPTH:
            for piece in windowed(self._depth(heard, found), self.file.wanted.from_us, self.file.wanted.to_us):
                yield piece.batch(self.market), list(found)
                found.clear()
        else:
            for batch, _ in self._checked(found):
                yield batch.part(self._window(batch)), list(found)
                found.clear()
        if found:
            yield no_events(self.kind, self.market), found

    def _depth(self, heard: Heard, found: list[Fault]) -> Iterator[DepthRows]:
        """Its rows of depth. Whether the book is crossed is looked at while somebody hears."""
        import numpy as np

        touch = Touch()
        for batch, rows in self._checked(found):
            ids = np.full(len(batch), UNKNOWN, dtype=np.int64) if batch.id is None else batch.id
            made = DepthRows(batch.time_us, batch.a, batch.b, batch.c, batch.d, batch.e, rows, ids, ids, ids)
            if heard is not unheard and not found:
                found += crossed(touch, made, "a")
            yield made

    def _checked(self, found: list[Fault]) -> Iterator[tuple[EventBatch, Ids]]:
        """Pieces, with what is wrong with them added to `found`."""
        before_us = LEAST_US
        for batch, rows in self._batches():
            found += _faults(self.kind, batch, rows, before_us)
            before_us = max(before_us, int(batch.time_us[-1]))
            yield batch, rows

    def _window(self, batch: EventBatch) -> slice:
        """The rows of the time that is wanted; a bar's own time is its beginning."""
        import numpy as np

        wanted, times = self.file.wanted, batch.time_us
        if self.kind is Kind.BAR:
            times = times - self.interval_us
        start = 0 if wanted.from_us is None else int(np.searchsorted(times, wanted.from_us))
        stop = len(times) if wanted.to_us is None else int(np.searchsorted(times, wanted.to_us))
        return slice(start, max(start, stop))

    def _batches(self) -> Iterator[tuple[EventBatch, Ids]]:
        """The rows of its kind, and their places in the file, in pieces; each piece of depth ends with a message."""
        import numpy as np
        import polars as pl

        held: pl.DataFrame | None = None
        for first, frame in chunks(self.file.table, EVENTS, "time_us"):
            numbered = frame.with_columns(row=np.arange(first, first + frame.height, dtype=np.int64))
            mine = numbered.filter(pl.col("kind") == int(self.kind))
            held = mine if held is None else pl.concat([held, mine])
            last = _last_whole(held) if self.kind is Kind.DEPTH else held.height
            if last:
                yield self._batch(held.head(last))
                held = held.slice(last)
        if held is not None and held.height:
            yield self._batch(held)

    def _batch(self, frame: pl.DataFrame) -> tuple[EventBatch, Ids]:
        import numpy as np

        times = frame.get_column("time_us").cast(int, strict=False).fill_null(0).to_numpy().astype(np.int64)
        numbers = [
            frame.get_column(name).cast(float, strict=False).fill_null(float("nan")).to_numpy().copy()
            for name in NUMBERS
        ]
        ids = frame.get_column("id").cast(int, strict=False).fill_null(UNKNOWN).to_numpy().astype(np.int64)
        batch = replace(batch_of(self.kind, self.market, times, numbers), id=ids)
        return batch, frame.get_column("row").to_numpy()


def event_sources(file: FileSource) -> list[EventsSource]:
    """A source for each kind that a file of events holds, or for the one that is wanted."""
    import numpy as np

    found: set[int] = set()
    bars: list[int] = []
    for first, frame in chunks(file.table, ("time_us", "kind"), "time_us"):
        kinds = frame.get_column("kind").cast(int, strict=False)
        strange = ~kinds.is_in([int(kind) for kind in Kind])
        if strange.any() or kinds.null_count():
            row = first + int((strange | kinds.is_null()).arg_max() or 0)
            raise DataError(f"{file.name}: row {row}, column `kind`: is no kind of event")
        found |= set(kinds.unique().to_list())
        if len(bars) < MEDIAN_OF:
            bars += frame.filter(kinds == int(Kind.BAR)).get_column("time_us").head(MEDIAN_OF).to_list()
    if file.wanted.kind is not None:
        found &= {int(file.wanted.kind)}
    apart = np.sort(np.diff(bars))
    interval_us = int(apart[(len(apart) - 1) // 2]) if len(apart) else 0
    if not found:
        raise DataError(f"{file.name}: has no events of the kind that is asked for")
    return [EventsSource(file, kind, interval_us if kind is Kind.BAR else 0) for kind in Kind if int(kind) in found]


def _last_whole(frame: pl.DataFrame) -> int:
    """How many rows there are up to the end of the last whole message."""
    import numpy as np

    place = frame.get_column("d").fill_null(float("nan")).to_numpy()
    ends = np.flatnonzero((place == LAST) | (place == LAST + FIRST_OF_SNAPSHOT))
    return int(ends[-1]) + 1 if len(ends) else 0


def _faults(kind: Kind, batch: EventBatch, rows: Ids, before_us: int) -> list[Fault]:
    """What is wrong with events of one kind."""
    import numpy as np

    found: list[Fault] = []

    def check(wrong: Mask, column: str, what: str, hint: str = MEND) -> None:
        if wrong.any():
            place = int(wrong.argmax())
            shown = batch.time_us[place] if column == "time_us" else getattr(batch, column)[place]
            found.append(Fault(int(rows[place]), column, f"`{shown}` {what}", hint, int(wrong.sum())))

    steps = np.diff(batch.time_us, prepend=before_us)
    check((batch.time_us < LEAST_US) | (batch.time_us > MOST_US), "time_us", "is no time in microseconds since 1970")
    check(steps < 0, "time_us", "is earlier than the row of its kind before", SORT)
    said = ~np.isnan(batch.a) if kind is Kind.DEPTH else np.ones(len(batch), dtype=bool)
    for column in PRICES[kind]:
        value = getattr(batch, column)
        check(said & ~((value > 0.0) & (value < np.inf)), column, "is no price above zero")
    for column in SIZES.get(kind, ()):
        value = getattr(batch, column)
        check(said & ((value < 0.0) | np.isinf(value)), column, "is no size of zero or more")
    if kind is Kind.BOOK:
        check(batch.a > batch.c, "a", "is above the ask: the quotes are crossed")
    if kind is Kind.DEPTH:
        check(said & (np.abs(batch.c) != 1.0), "c", "is no side, expected 1 or -1")
        check(~np.isin(batch.d, (0.0, LAST, FIRST_OF_SNAPSHOT, LAST + FIRST_OF_SNAPSHOT)), "d", "is no place")
        check(np.append(np.zeros(len(batch) - 1, dtype=bool), _is_open(batch)), "d", "does not end its message")
    return sorted(found, key=lambda fault: fault.row)


def _is_open(batch: EventBatch) -> bool:
    """Whether the last row of a piece does not end its message: only the last piece of a file can be so."""
    return batch.d[-1] not in (LAST, LAST + FIRST_OF_SNAPSHOT)


def write_events(path: str, batches: Callable[[], Iterator[EventBatch]]) -> int:
    """Write a file of events; the number of rows. What `batches` raises is passed on, and nothing is left then."""
    import polars as pl

    numbers = dict.fromkeys(NUMBERS, pl.Float64())
    schema: dict[str, pl.DataType] = {"time_us": pl.Int64(), "kind": pl.Int8(), **numbers, "id": pl.Int64()}
    return write_frames(path, schema, lambda: map(_frame, batches()))


def _frame(batch: EventBatch) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    ids = np.full(len(batch), UNKNOWN, dtype=np.int64) if batch.id is None else batch.id
    numbers = {name: getattr(batch, name) for name in NUMBERS}
    frame = pl.DataFrame({"time_us": batch.time_us, "kind": batch.kind, **numbers, "id": ids})
    return frame.with_columns(pl.when(pl.col("id") != UNKNOWN).then("id")).select(EVENTS)

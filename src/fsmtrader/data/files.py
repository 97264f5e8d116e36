"""A file as a source of events: detected or mapped, checked, converted, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fsmtrader.data.columns import FIELDS, NAME_OF_KIND, Layout, columns_of, layout_of
from fsmtrader.data.events import NUMBERS, EventBatch, Heard, batch_of
from fsmtrader.data.mending import Mending
from fsmtrader.data.quality import Fault, Rows, faults, gaps
from fsmtrader.data.tables import Table, chunks, open_table
from fsmtrader.data.times import MISSING, Clock, clock_of, microseconds
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from fsmtrader.data.events import Floats, Times

MOST_NOTES = 20
MOST_FAULTS = 5
MINUTE_US = 60_000_000
BOUNDARY_US = 1_000_000
"""how far from a whole minute funding may be stamped and still be meant to be paid there"""
BUYS = ("buy", "b", "bid", "long", "1", "1.0", "+1", "true", "t")
SELLS = ("sell", "s", "a", "ask", "short", "-1", "-1.0", "0", "false", "f")
OF_MARKET = ("MARKET", "")
"""trades by what their exec_type says that are the market's own"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file and what the user says about it.

    `market`: whose data it is; `kind` and `mapping` (field to column) where they are not to be detected; `prefix`:
    the columns of a wide file; `interval_us`: how long its bars are, 0: the median of their distances;
    `where`: read only rows that hold this text in this column; `from_us` <= a row's own time < `to_us`;
    `refuse_gaps`: missing bars are an error. `mending`: an import mends times, and keeps update ids.
    """

    path: str
    market: int = 0
    kind: Kind | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    interval_us: int = 0
    where: Mapping[str, str] = field(default_factory=dict)
    from_us: int | None = None
    to_us: int | None = None
    refuse_gaps: bool = False
    mending: Mending | None = None


@dataclass(frozen=True, slots=True)
class FileSource:
    """Events of one file. `step_us`: the distance of its rows where it is fixed or tells what they cover, else 0.

    `local_clock`: how the recorder's own times are written, where there are such; `least_us`: what of their distance to
    the exchange's is no delay (the two clocks differ by it).
    """

    wanted: Wanted
    table: Table
    layout: Layout
    clock: Clock
    step_us: int
    local_clock: Clock | None = None
    least_us: int = 0

    @property
    def name(self) -> str:
        return self.wanted.path

    @property
    def kind(self) -> Kind:
        return self.layout.kind

    @property
    def market(self) -> int:
        return self.wanted.market

    @property
    def interval_us(self) -> int:
        return self.step_us

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        """Its events in batches; the first rows that are wrong end it with a DataError."""
        for batch, found in self.read_all(heard):
            if found:
                raise DataError(told(self.name, found))
            if len(batch):
                yield batch

    def read_all(self, heard: Heard) -> Iterator[tuple[EventBatch, list[Fault]]]:
        """Batches with what is wrong with them; times go on from the last row of the batch before."""
        moved, skipped, strange = 0, 0, 0
        missing: list[Fault] = []
        for note in self.first_notes():
            heard(note)
        for rows, written, left_out in self._pieces(self._place()):
            strange += left_out
            found = faults(self.kind, rows, self.step_us if self.layout.is_stretch else 0)
            if not found and self.layout.is_stretch and self.step_us:
                found_gaps = gaps(rows, self.step_us)
                missing, skipped = (missing + found_gaps)[:MOST_NOTES], skipped + len(found_gaps)
                found = found_gaps if self.wanted.refuse_gaps else []
            shown = _within(rows.time_us, self.wanted)
            moved += int((rows.time_us != written)[shown].sum())
            times = rows.time_us[shown] + (self.step_us if self.layout.is_known_later else 0)
            values = [column[shown] for column in self._numbers(rows)]
            batch = batch_of(self.kind, self.market, times, values)
            yield (batch if self.wanted.mending is None else replace(batch, id=self._ids(rows)[shown])), found
        for note in _last_notes(missing, skipped, moved, strange):
            heard(note)

    def rows(self) -> Iterator[tuple[Rows, list[Fault]]]:
        """All its rows as they stand, with what is wrong with them: what a book is made of."""
        for rows, _, _ in self._pieces(None):
            yield rows, faults(self.kind, rows, 0)

    def first_us(self) -> int:
        """The time of its first row."""
        return int(microseconds(_first_times(self.wanted, self.table, self.layout, self.layout.time), self.clock)[0])

    def delays(self, rows: Rows) -> Floats:
        """How long after the exchange's time the recorder had each row, in microseconds; NaN where it is not told."""
        import numpy as np

        heard_us = self._heard_us(rows.raw)
        if heard_us is None:
            return np.full(len(rows.time_us), np.nan)
        is_known = (heard_us != MISSING) & (rows.time_us != MISSING)
        late = np.maximum((heard_us - rows.time_us).astype(np.float64) - self.least_us, 0.0)
        return np.where(is_known, late, np.nan)

    def distances(self) -> Iterator[Times]:
        """How far the recorder's times are from the exchange's, where both are told."""
        if self.local_clock is None:
            return
        columns = tuple(dict.fromkeys((self.layout.time, self.layout.local)))
        for _, frame in chunks(self.table, columns, self.layout.time):
            times = microseconds(frame.get_column(self.layout.time), self.clock)
            heard_us = microseconds(frame.get_column(self.layout.local), self.local_clock)
            yield (heard_us - times)[(heard_us != MISSING) & (times != MISSING)]

    def _heard_us(self, frame: pl.DataFrame) -> Times | None:
        """The recorder's times, where there are such beside the exchange's."""
        if self.local_clock is None:
            return None
        return microseconds(frame.get_column(self.layout.local), self.local_clock)

    def _columns(self) -> tuple[str, ...]:
        """What is read of the file."""
        ids = () if self.wanted.mending is None else tuple(self.layout.ids.values())
        return tuple(dict.fromkeys((self.layout.time, *self.layout.used, *ids, *self.wanted.where)))

    def _ids(self, rows: Rows) -> NDArray[np.int64]:
        """The update ids of quotes and the numbers of trades, -1 where none is told."""
        import numpy as np
        import polars as pl

        column = self.layout.ids.get("last_id")
        if column is None:
            return np.full(len(rows.time_us), -1, dtype=np.int64)
        return rows.raw.get_column(column).cast(pl.Int64, strict=False).fill_null(-1).to_numpy().astype(np.int64)

    def _pieces(self, place: Place | None) -> Iterator[tuple[Rows, Times, int]]:
        """Its rows in pieces, their times as written, and how many were left out as none of the market's."""
        before = MISSING
        mending = self.wanted.mending
        for first, frame in chunks(self.table, self._columns(), self.layout.time, place):
            frame, numbers = _chosen(frame, self.wanted.where, first)
            frame, numbers, strange = _of_market(frame, numbers, self.layout.execution)
            if not frame.height:
                continue
            written = microseconds(frame.get_column(self.layout.time), self.clock)
            if mending is not None:
                written = mending.mended(written, self._heard_us(frame), before)
            rows = _rows(self, frame, numbers, written, before)
            before = int(rows.time_us[-1])
            yield rows, written, strange

    def _numbers(self, rows: Rows) -> list[Floats]:
        """The fields in the order of a..e; a bar's missing volume is 0, all else that is missing NaN."""
        import numpy as np

        missing = 0.0 if self.kind is Kind.BAR else np.nan
        found = [rows.values.get(name, np.full(len(rows.time_us), missing)) for name in FIELDS[self.kind]]
        if not self.layout.local:
            return found
        unused = [np.full(len(rows.time_us), np.nan)] * (len(NUMBERS) - 1 - len(found))
        return [*found, *unused, self.delays(rows)]

    def first_notes(self) -> Iterator[str]:
        """What a reader should know of the file before its rows."""
        others = ", ".join(self.layout.other_times)
        if others and self.wanted.mending is None:
            yield f"the time is `{self.layout.time}`; it also has {others}: one clock for all files of a run"
        yield from self.layout.notes
        if not self.clock.has_zone:
            yield f"the times in `{self.layout.time}` name no zone: they are read as UTC"
        if self.layout.is_known_later and not self.layout.is_stretch:
            yield f"a row covers {self.step_us / 1e6:g} s, the median distance of its first rows"

    def _place(self) -> Place | None:
        if self.wanted.from_us is None and self.wanted.to_us is None:
            return None
        return Place(self.wanted, self.clock)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece lies: before (-1), in (0) or after (1) the time that is wanted, by its first and last row."""

    wanted: Wanted
    clock: Clock

    def __call__(self, times: pl.Series) -> int:
        import polars as pl

        ends = microseconds(pl.concat([times.head(1), times.tail(1)]), self.clock)
        first, last = int(ends[0]), int(ends[-1])
        if MISSING in (first, last) or first > last:
            return 0
        if self.wanted.from_us is not None and last < self.wanted.from_us - BOUNDARY_US:
            return -1
        return 1 if self.wanted.to_us is not None and first >= self.wanted.to_us + BOUNDARY_US else 0


def open_file(wanted: Wanted) -> FileSource:
    """Look at a file: what it holds, and how its times are written. DataError says what does not fit."""
    _check_wanted(wanted)
    table = open_table(wanted.path)
    layout = layout_of(wanted.path, table.columns, kind=wanted.kind, mapping=wanted.mapping, prefix=wanted.prefix)
    wanted = replace(wanted, where=columns_of(wanted.path, wanted.where, table.columns))
    times = _first_times(wanted, table, layout, layout.time)
    clock = clock_of(wanted.path, times)
    local = clock_of(wanted.path, _first_times(wanted, table, layout, layout.local)) if layout.local else None
    return FileSource(wanted, table, layout, clock, _step(wanted, layout, microseconds(times, clock)), local)


def on_boundary(time_us: Times) -> Times:
    """Times within a second of a whole minute on that minute: venues stamp funding some milliseconds late."""
    import numpy as np

    nearest = (time_us + MINUTE_US // 2) // MINUTE_US * MINUTE_US
    return np.where((np.abs(time_us - nearest) <= BOUNDARY_US) & (time_us != MISSING), nearest, time_us)


def _check_wanted(wanted: Wanted) -> None:
    if wanted.interval_us < 0:
        raise UsageError(f"an interval of {wanted.interval_us} microseconds was given; it must be above zero")
    if wanted.from_us is not None and wanted.to_us is not None and wanted.from_us >= wanted.to_us:
        raise UsageError("the time to begin is not before the time to end")


def _step(wanted: Wanted, layout: Layout, times: Times) -> int:
    """The rows' distance: given, else the median of the first rows, which gaps do not move; 0 for moments."""
    import numpy as np

    if not (layout.is_stretch or layout.is_known_later or layout.kind is Kind.FUNDING):
        return 0
    if wanted.interval_us:
        return wanted.interval_us
    if MISSING in times:
        return 0  # the checks will name the row
    times = on_boundary(times) if layout.kind is Kind.FUNDING else times
    steps = np.sort(np.diff(times))
    steps = steps[steps > 0]
    if len(steps):
        return int(steps[(len(steps) - 1) // 2])
    if layout.kind is Kind.BAR or layout.is_known_later:
        raise DataError(
            f"{wanted.path}: its first rows do not tell how long {NAME_OF_KIND[layout.kind]} are: give the interval"
        )
    return 0


def with_delays(sources: Sequence[FileSource]) -> list[FileSource]:
    """Files whose delays begin at the least one of all of them: how far the two clocks are apart is no delay."""
    apart = [int(part.min()) for source in sources for part in source.distances() if len(part)]
    if not apart:
        return list(sources)
    return [replace(source, least_us=min(apart)) if source.layout.local else source for source in sources]


def _first_times(wanted: Wanted, table: Table, layout: Layout, column: str) -> pl.Series:
    """The times of the first rows that are wanted."""
    is_empty = True
    for first, frame in chunks(table, tuple(dict.fromkeys((layout.time, column, *wanted.where))), layout.time):
        is_empty = False
        chosen, _ = _chosen(frame, wanted.where, first)
        if chosen.height:
            return chosen.get_column(column)
    if is_empty:
        raise DataError(f"{wanted.path}: has no rows")
    raise DataError(f"{wanted.path}: no row has {', '.join(f'{c}={v}' for c, v in wanted.where.items())}")


def _chosen(frame: pl.DataFrame, where: Mapping[str, str], first: int) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """The rows that are wanted and their places in the file."""
    import numpy as np
    import polars as pl

    if not where:
        return frame, np.arange(first, first + frame.height, dtype=np.int64)
    tests = [pl.col(column).cast(pl.String).str.strip_chars() == value for column, value in where.items()]
    chosen = frame.select(pl.all_horizontal(tests).fill_null(False)).to_series()
    return frame.filter(chosen), np.flatnonzero(chosen.to_numpy()).astype(np.int64) + first


def _of_market(
    frame: pl.DataFrame, numbers: NDArray[np.int64], execution: str
) -> tuple[pl.DataFrame, NDArray[np.int64], int]:
    """Trades that were made on the market, their places, and how many others there were (an insurance fund's, NA)."""
    import polars as pl

    if not execution:
        return frame, numbers, 0
    word = pl.col(execution).cast(pl.String).str.strip_chars().str.to_uppercase().fill_null("")
    chosen = frame.select(word.is_in(OF_MARKET)).to_series()
    return frame.filter(chosen), numbers[chosen.to_numpy()], int((~chosen).sum())


def _rows(source: FileSource, frame: pl.DataFrame, numbers: NDArray[np.int64], time_us: Times, before_us: int) -> Rows:
    """A piece for the checks. The times of funding are put on their boundaries."""
    layout = source.layout
    values = {
        name: _sides(frame.get_column(column), layout.side_is_makers)
        if name == "side"
        else _floats(frame.get_column(column))
        for name, column in layout.columns.items()
    }
    times = on_boundary(time_us) if layout.kind is Kind.FUNDING else time_us
    return Rows(numbers, frame, layout.time, times, layout.columns, values, before_us)


def _floats(column: pl.Series) -> Floats:
    """Numbers as doubles, NaN for what is none."""
    import numpy as np
    import polars as pl

    plain = column.str.strip_chars() if column.dtype == pl.String else column
    numbers = plain.cast(pl.Float64, strict=False).fill_null(float("nan"))
    return np.ascontiguousarray(numbers.to_numpy().astype(np.float64))


def _sides(column: pl.Series, is_makers: bool) -> Floats:
    """+1 where the buyer took, -1 where the seller did, NaN for what is neither."""
    import numpy as np
    import polars as pl

    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    known = dict.fromkeys(BUYS, 1.0) | dict.fromkeys(SELLS, -1.0)
    signs = words.replace_strict(known, default=None, return_dtype=pl.Float64).fill_null(float("nan")).to_numpy()
    return np.ascontiguousarray(-signs if is_makers else signs)


def _within(time_us: Times, wanted: Wanted) -> slice:
    """The rows whose own time lies in what is wanted (times are in order)."""
    import numpy as np

    start = 0 if wanted.from_us is None else int(np.searchsorted(time_us, wanted.from_us, side="left"))
    stop = len(time_us) if wanted.to_us is None else int(np.searchsorted(time_us, wanted.to_us, side="left"))
    return slice(start, max(start, stop))


def _last_notes(missing: list[Fault], skipped: int, moved: int, strange: int) -> Iterator[str]:
    yield from (f"row {gap.row}: {gap.what}" for gap in missing)
    if skipped > len(missing):
        yield f"{skipped - len(missing)} more gaps"
    if moved:
        yield f"{moved} funding times were up to a second off a whole minute and count as on it"
    if strange:
        yield f"{strange} {'trade was' if strange == 1 else 'trades were'} not of the market (exec_type) and left out"


def told(name: str, found: list[Fault]) -> str:
    """The first mistakes of a file, a line each."""
    lines = [f"{name}: {fault}" for fault in found[:MOST_FAULTS]]
    if len(found) > MOST_FAULTS:
        lines.append(f"{name}: and {len(found) - MOST_FAULTS} more mistakes")
    return "\n".join(lines)


def moment_of(text: str) -> int:
    """A moment that a user wrote (2020-03-01, 2020-03-01T12:00, with or without a zone) in microseconds, UTC."""
    import polars as pl

    times = pl.Series("moment", [text])
    found = int(microseconds(times, Clock("text"))[0])
    if found == MISSING:
        found = int(microseconds(times, Clock("text", False))[0])
    if found == MISSING:
        raise UsageError(f"{text!r} is no moment; write 2020-03-01 or 2020-03-01T12:30:00Z")
    return found

"""Bars as columns, and the reader that makes them from a file or refuses to.

A bar is known when it closes: its time is the close, the file's opening time plus the interval. All times are whole
microseconds since 1970, UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader.diagnostics import DataError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.int64]

TIME_COLUMNS = ("open_time", "bar_open_ts", "ts", "time", "timestamp", "datetime", "date")
PRICE_COLUMNS = ("open", "high", "low", "close")
MOST_BARS = 50_000_000
_HEAD_BYTES = 4096
"""enough of a file to see whether it is text"""
MOST_NOTES = 20
# Up to which number a count since 1970 is read as seconds, milliseconds, microseconds; above it is nanoseconds.
UNIT_LIMITS = ((10**11, 1_000_000.0), (10**14, 1_000.0), (10**17, 1.0))


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `time_us` is its close."""

    time_us: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True, eq=False)
class BarSeries:
    """Bars as columns of one length, in order of time. `notes` says what a reader should know (gaps)."""

    source: str
    interval_us: int
    time_us: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time_us)

    def __iter__(self) -> Iterator[Bar]:
        columns = (self.time_us, self.open, self.high, self.low, self.close, self.volume)
        return map(Bar, *(column.tolist() for column in columns))

    @property
    def columns(self) -> tuple[Times, Floats, Floats, Floats, Floats, Floats]:
        """time_us, open, high, low, close, volume."""
        return self.time_us, self.open, self.high, self.low, self.close, self.volume

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the same bars have the same digest, whatever file they came from."""
        content = hashlib.sha256(f"bars 1 {self.interval_us} {len(self)}\n".encode())
        for column in self.columns:
            content.update(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes())
        return content.hexdigest()


def read_bars(path: str | Path, interval_us: int | None = None) -> BarSeries:
    """Read bars from Parquet, CSV or Feather; a `DataError` says which file, which row and why they cannot be used.

    The interval is the median step between rows unless it is given. Missing bars are allowed, as notes; a step that is
    no whole number of intervals is not. Rows are counted from 1, without a header.
    """
    name = str(path)
    frame = _load(Path(path))
    if frame.height == 0:
        raise DataError(f"{name}: has no rows")
    if frame.height > MOST_BARS:
        raise DataError(f"{name}: has {frame.height} rows, more than {MOST_BARS}")
    frame = _with_plain_names(frame, name)
    opened = _times(frame, name)
    opening, high, low, close = (_numbers(frame, column, name) for column in PRICE_COLUMNS)
    has_volume = "volume" in frame.columns
    volume = _numbers(frame, "volume", name) if has_volume else opening * 0.0
    _check_prices(name, opening, high, low, close)
    _refuse(name, volume < 0.0, "`volume` is below zero")
    _check_order(name, opened)
    interval = _interval(opened, interval_us, name)
    notes = _check_gaps(name, opened, interval)
    if not has_volume:
        notes = ("no column `volume`: it is 0 everywhere", *notes)
    return BarSeries(name, interval, opened + interval, opening, high, low, close, volume, notes)


def _load(path: Path) -> pl.DataFrame:
    import polars as pl

    kind = path.name.lower()
    try:
        if kind.endswith((".parquet", ".pq")):
            return pl.read_parquet(path)
        if kind.endswith((".csv", ".csv.gz")):
            _refuse_no_text(path, is_packed=kind.endswith(".gz"))
            return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
        if kind.endswith((".feather", ".arrow", ".ipc")):
            return pl.read_ipc(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path}: is not a table that can be read: {error}") from error
    raise DataError(f"{path}: what kind of file is it? Known are .parquet, .csv, .csv.gz, .feather, .arrow, .ipc")


def _refuse_no_text(path: Path, is_packed: bool) -> None:
    """A CSV file that is empty or holds bytes that no text has: read as a table it would have no rows."""
    import gzip

    try:
        with gzip.open(path) if is_packed else path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except (gzip.BadGzipFile, EOFError) as error:
        raise DataError(f"{path}: is named .gz but is not packed so: {error}") from error
    if not head:
        raise DataError(f"{path}: is empty; expected a line of column names, then rows of bars")
    if b"\0" in head:
        raise DataError(
            f"{path}: is not text, so no CSV; name it as what it is (.parquet, .feather), or save it as UTF-8"
        )


def _with_plain_names(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """The columns' names in lower case, as `Open` and `open` are meant to be the same."""
    plain = [column.strip().lower() for column in frame.columns]
    for name in plain:
        if plain.count(name) > 1:
            raise DataError(f"{file}: more than one column `{name}`")
    return frame.rename(dict(zip(frame.columns, plain, strict=True)))


def _column(frame: pl.DataFrame, names: tuple[str, ...], file: str) -> pl.Series:
    for name in names:
        if name in frame.columns:
            return frame.get_column(name)
    wanted = f"one of {', '.join(names)}" if len(names) > 1 else f"`{names[0]}`"
    raise DataError(f"{file}: no column {wanted}; it has {', '.join(frame.columns)}")


def _times(frame: pl.DataFrame, file: str) -> Times:
    """Opening times in microseconds, from dates, texts or counts since 1970 (whose size tells their unit)."""
    import polars as pl

    column = _column(frame, TIME_COLUMNS, file)
    if column.dtype == pl.String:
        counts = column.cast(pl.Float64, strict=False)
        column = counts if counts.null_count() == column.null_count() else _parsed(column)
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    _refuse(file, column.is_null().to_numpy(), f"no time in `{column.name}`")
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.timestamp("us").to_numpy().astype("int64")
    if not column.dtype.is_numeric():
        raise DataError(f"{file}: column `{column.name}` is {column.dtype}, expected times")
    _refuse(file, ~column.cast(pl.Float64).is_finite().to_numpy(), f"no time in `{column.name}`")
    return _microseconds(column)


def _parsed(column: pl.Series) -> pl.Series:
    """Texts as instants; what cannot be read becomes null."""
    import polars as pl

    try:
        return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    except pl.exceptions.PolarsError:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Datetime("us"))


def _microseconds(column: pl.Series) -> Times:
    greatest = float(abs(column.to_numpy()).max())
    for limit, factor in UNIT_LIMITS:
        if greatest < limit:
            if column.dtype.is_integer():
                return column.to_numpy().astype("int64") * int(factor)
            return (column.to_numpy() * factor).round().astype("int64")
    return column.to_numpy().astype("int64") // 1000


def _numbers(frame: pl.DataFrame, name: str, file: str) -> Floats:
    import numpy as np
    import polars as pl

    column = _column(frame, (name,), file).cast(pl.Float64, strict=False)
    values = column.fill_null(float("nan")).to_numpy().astype(np.float64)
    _refuse(file, ~np.isfinite(values), f"`{name}` is not a number")
    return np.ascontiguousarray(values)


def _refuse(file: str, wrong: NDArray[np.bool_], reason: str) -> None:
    """Raise for the first row that is wrong, and say how many are."""
    if not wrong.any():
        return
    row = int(wrong.argmax()) + 1
    count = int(wrong.sum())
    more = f" (and {count - 1} more rows)" if count > 1 else ""
    raise DataError(f"{file}: row {row}: {reason}{more}")


def _check_prices(file: str, opening: Floats, high: Floats, low: Floats, close: Floats) -> None:
    for name, column in zip(PRICE_COLUMNS, (opening, high, low, close), strict=True):
        _refuse(file, column <= 0.0, f"`{name}` is not above zero")
    _refuse(file, high < low, "`high` is below `low`")
    _refuse(file, (opening > high) | (close > high), "`high` is below `open` or `close`")
    _refuse(file, (opening < low) | (close < low), "`low` is above `open` or `close`")


def _interval(opened: Times, given_us: int | None, file: str) -> int:
    """The median step, which gaps do not move."""
    import numpy as np

    if given_us is not None:
        if given_us <= 0:
            raise DataError(f"{file}: an interval of {given_us} microseconds was given; it must be above zero")
        return given_us
    if len(opened) < 2:
        raise DataError(f"{file}: one row does not tell the interval; give it")
    steps = np.sort(np.diff(opened))
    return int(steps[len(steps) // 2])


def _check_order(file: str, opened: Times) -> None:
    import numpy as np

    step = np.diff(opened, prepend=opened[:1] - 1)
    _refuse(file, step == 0, "the same time as the row before")
    _refuse(file, step < 0, "earlier than the row before")


def _check_gaps(file: str, opened: Times, interval_us: int) -> tuple[str, ...]:
    """Refuse steps that are off the grid; whole intervals that are missing become notes."""
    import numpy as np

    step = np.diff(opened, prepend=opened[:1] - interval_us)
    _refuse(file, step % interval_us != 0, f"the step from the row before is no multiple of {interval_us / 1e6:g} s")
    gaps = np.flatnonzero(step > interval_us)
    notes = [
        f"row {row + 1}: {step[row] // interval_us - 1} bars are missing before {_instant(int(opened[row]))}"
        for row in gaps[:MOST_NOTES].tolist()
    ]
    if len(gaps) > MOST_NOTES:
        notes.append(f"{len(gaps) - MOST_NOTES} more gaps")
    return tuple(notes)


def _instant(time_us: int) -> str:
    import numpy as np

    return f"{np.datetime64(time_us, 'us').astype('datetime64[s]')}Z"

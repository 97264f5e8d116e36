"""Market data written to files, piece by piece: memory does not grow, and equal data are equal bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader.data.tables import Form, form_of
from fsmtrader.diagnostics import DataError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from fsmtrader.data.events import Floats, Times

Pieces = Iterator[tuple["Times", Mapping[str, "Floats"]]]

GROUP_ROWS = 1 << 18
UNFINISHED = ".part"
FULL = ("no space left on device", "disk quota exceeded", "file too large", "input/output error")
"""reasons of the system that are no mistake of who named the file"""
_SYSTEM = re.compile(r"\(os error (\d+)\)")


def write_pieces(path: str, columns: tuple[str, ...], pieces: Callable[[], Pieces]) -> int:
    """Write `ts` (UTC, microseconds) and numbers to Parquet, Feather or CSV as the name says; the number of rows.

    The file appears when it is whole. UsageError says why it cannot be written, DataError that the disk
    does not take it.
    """
    import polars as pl

    moments = pl.Datetime("us", "UTC")

    def frames() -> Iterator[pl.DataFrame]:
        for times, numbers in pieces():
            yield pl.DataFrame({"ts": times, **numbers}).with_columns(pl.col("ts").cast(moments))

    return write_frames(path, {"ts": moments, **dict.fromkeys(columns, pl.Float64())}, frames)


def write_frames(path: str, schema: Mapping[str, pl.DataType], frames: Callable[[], Iterator[pl.DataFrame]]) -> int:
    """Write pieces of a table, as `write_pieces` does; the number of rows. What `frames` raises is passed on."""
    import polars as pl
    from polars.io.plugins import register_io_source

    try:
        form = form_of(path)
    except DataError as error:
        raise UsageError(str(error)) from error
    if path.lower().endswith(".gz"):
        raise UsageError(f"{path}: is not written compressed; give it the ending .csv")
    written = 0
    failed: list[DataError] = []

    def give(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        nonlocal written
        del predicate, n_rows, batch_size  # a sink asks for everything
        try:
            for frame in frames():
                written += frame.height
                yield frame.select(with_columns or list(schema))
        except DataError as error:
            failed.append(error)
            raise

    unfinished = path + UNFINISHED
    try:
        _sink(register_io_source(give, schema=schema), unfinished, form)
        os.replace(unfinished, path)
    except (OSError, pl.exceptions.PolarsError) as error:
        if failed:
            raise failed[0] from error
        reason = reason_of(error)
        if not reason:
            raise
        of_kind = DataError if reason in FULL else UsageError
        raise of_kind(f"cannot write {path!r}: {reason}") from error
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return written


def reason_of(error: Exception) -> str:
    """What the system said when a file could not be written, in its own words; empty when it was not the system.

    Polars passes it on as an error of its own for some formats.
    """
    number = _SYSTEM.search(str(error))
    if number:
        return os.strerror(int(number[1])).lower()
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else ""


def _sink(frame: pl.LazyFrame, path: str, form: Form) -> None:
    if form is Form.PARQUET:
        frame.sink_parquet(path, row_group_size=GROUP_ROWS)
    elif form is Form.FEATHER:
        frame.sink_ipc(path)
    else:
        frame.sink_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")

"""Market data written to files, piece by piece: memory does not grow, and equal data are equal bytes."""

from __future__ import annotations

import os
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


def write_pieces(path: str, columns: tuple[str, ...], pieces: Callable[[], Pieces]) -> int:
    """Write `ts` (UTC, microseconds) and numbers to Parquet, Feather or CSV as the name says; the number of rows.

    The file appears when it is whole. UsageError says why it cannot be written.
    """
    import polars as pl
    from polars.io.plugins import register_io_source

    try:
        form = form_of(path)
    except DataError as error:
        raise UsageError(str(error)) from error
    if path.lower().endswith(".gz"):
        raise UsageError(f"{path}: is not written compressed; give it the ending .csv")
    moments = pl.Datetime("us", "UTC")
    schema: dict[str, pl.DataType] = {"ts": moments, **dict.fromkeys(columns, pl.Float64())}
    written = 0

    def give(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        nonlocal written
        del predicate, n_rows, batch_size  # a sink asks for everything
        for times, numbers in pieces():
            frame = pl.DataFrame({"ts": times, **numbers}).with_columns(pl.col("ts").cast(moments))
            written += frame.height
            yield frame.select(with_columns or list(schema))

    unfinished = path + UNFINISHED
    try:
        _sink(register_io_source(give, schema=schema), unfinished, form)
        os.replace(unfinished, path)
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {(error.strerror or str(error)).lower()}") from error
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return written


def _sink(frame: pl.LazyFrame, path: str, form: Form) -> None:
    if form is Form.PARQUET:
        frame.sink_parquet(path, row_group_size=GROUP_ROWS)
    elif form is Form.FEATHER:
        frame.sink_ipc(path)
    else:
        frame.sink_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")

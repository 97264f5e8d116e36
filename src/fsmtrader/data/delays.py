"""Recorded latencies: a table of when an order was sent, how long it took to the venue and its answer back (V-13)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader.data.columns import TIME_NAMES
from fsmtrader.data.tables import Table, chunks, open_table
from fsmtrader.data.times import MISSING, clock_of, microseconds
from fsmtrader.diagnostics import DataError

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 100_000
"""they are kept in a run's journal"""
MOST_US = 3_600_000_000
NAMES: Mapping[str, tuple[str, ...]] = {"entry": ("entry", "order"), "response": ("response", "answer")}
IN_US: Mapping[str, float] = {"": 1.0, "_ns": 0.001, "_us": 1.0, "_ms": 1_000.0, "_s": 1_000_000.0}
"""endings of a column's name, and microseconds in one of its counts"""

Delays = tuple[tuple[int, int, int], ...]


def read_delays(path: str | Path) -> Delays:
    """`(time, entry, response)` in microseconds, in order of time. DataError says what is wrong with a file."""
    table = open_table(path)
    time = next((name for name in table.columns if name.strip().lower() in TIME_NAMES), None)
    if time is None:
        raise DataError(f"{path}: has no column of times; its columns are {', '.join(table.columns)}")
    wanted = [_column(table, name) for name in NAMES]
    rows: list[tuple[int, int, int]] = []
    for first, frame in chunks(table, [time, *(name for name, _ in wanted)], time):
        column = frame.get_column(time)
        times = microseconds(column, clock_of(str(path), column)).tolist()
        delays = [_delays(str(path), frame.get_column(name), scale, first) for name, scale in wanted]
        rows.extend(zip(times, *delays, strict=True))
        if len(rows) > MOST_ROWS:
            raise DataError(f"{path}: has more than {MOST_ROWS:,} rows; give one for each second or so")
    if not rows:
        raise DataError(f"{path}: has no rows")
    if any(row[0] == MISSING for row in rows):
        raise DataError(f"{path}: has rows without a time")
    if any(late[0] <= early[0] for early, late in pairwise(rows)):
        raise DataError(f"{path}: the rows are not in order of time, or there are two of one time")
    return tuple(rows)


def _column(table: Table, wanted: str) -> tuple[str, float]:
    """The column of a delay, and microseconds in one of its counts."""
    for name in table.columns:
        found = re.fullmatch(r"(\w+?)(_ns|_us|_ms|_s)?", name.strip().lower())
        if found is not None and found[1] in NAMES[wanted]:
            return name, IN_US[found[2] or ""]
    raise DataError(
        f"{table.path}: has no column {wanted}_us (or _ns, _ms, _s); its columns are {', '.join(table.columns)}"
    )


def _delays(file: str, column: pl.Series, scale: float, first: int) -> Sequence[int]:
    """A column as whole microseconds."""
    import polars as pl

    numbers = column.cast(pl.Float64, strict=False).to_list()
    for row, number in enumerate(numbers):
        if number is None or not 0.0 <= number * scale <= MOST_US:
            raise DataError(f"{file}: row {first + row}: `{column.name}` is no delay from zero to one hour")
    return [round(number * scale) for number in numbers]

"""Two clocks: when the exchange says that something happened, and when the recorder heard of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.columns import LOCAL_NAMES, TIME_NAMES
from fsmtrader.data.files import FileSource
from fsmtrader.data.tables import chunks, open_table

if TYPE_CHECKING:
    from fsmtrader.data.events import Times

MOST_KEPT = 1_000_000
"""distances that are kept for a median: of more, every second one is let go, again and again"""
EXCHANGE_NAMES = (
    *("ts_exch", "ts_exch_ms", "exchange_timestamp", "transaction_time", "transact_time"),
    *("ts_event", "ts_event_ms", "event_time"),
    *(name for name in TIME_NAMES if name not in LOCAL_NAMES),
)
"""the exchange's times, those of its matching before those of its messages"""


class ClockChoice(enum.Enum):
    """Whose times events have."""

    EXCHANGE = "exchange"
    LOCAL = "local"


def time_column(path: str, choice: ClockChoice) -> str:
    """The column of times of this clock, else of the other one; empty when the file has none that is known.

    A column in which nothing is told serves only where there is no other of its clock.
    """
    table = open_table(path)
    known = {column.strip().lower(): column for column in table.columns}
    exchange = [known[name] for name in EXCHANGE_NAMES if name in known]
    local = [known[name] for name in LOCAL_NAMES if name in known]
    wanted = exchange if choice is ClockChoice.EXCHANGE else local
    chosen = wanted or local or exchange
    if len(chosen) < 2:
        return chosen[0] if chosen else ""
    for _, frame in chunks(table, tuple(dict.fromkeys(chosen)), chosen[0]):
        told = [column for column in chosen if frame.get_column(column).null_count() < frame.height]
        return (told or chosen)[0]
    return chosen[0]


@dataclass(frozen=True, slots=True)
class Distance:
    """The recorder's times less the exchange's, in microseconds, over rows that have both."""

    rows: int
    least_us: int
    median_us: int
    p99_us: int


def distance(files: Iterable[FileSource]) -> Distance | None:
    """How far the two clocks are apart; None where no row has both."""
    import numpy as np

    kept: list[Times] = []
    rows, stride, least = 0, 1, None
    for file in files:
        for apart in file.distances():
            if not len(apart):
                continue
            rows += len(apart)
            least = int(apart.min()) if least is None else min(least, int(apart.min()))
            kept.append(apart[::stride])
            if sum(map(len, kept)) > MOST_KEPT:
                kept, stride = [np.concatenate(kept)[::2]], stride * 2
    if least is None:
        return None
    median, p99 = np.percentile(np.concatenate(kept), [50, 99])
    return Distance(rows, least, round(float(median)), round(float(p99)))

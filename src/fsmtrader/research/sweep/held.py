"""A market that many sets go over: read and checked once, then kept in memory, or in a file that is mapped into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fsmtrader.data.events import COLUMNS, EventBatch, Heard
from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import RunError
from fsmtrader.domain.market import Kind

HELD_EVENTS = 1 << 22
"""events that stay in memory between two sets, about 50 bytes each"""
BATCH_ROWS = 1 << 17
TYPES = ("int64", "int8", "int16")
"""of the first columns; the others are numbers"""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The events of a stream as its one source."""

    batches: tuple[EventBatch, ...]
    name: str = "memory"
    kind: Kind = Kind.BAR
    market: int = 0
    interval_us: int = 0

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        del heard  # what there is to say was said at the first reading
        return iter(self.batches)


def held(stream: EventStream, folder: Path | None = None) -> EventStream:
    """The same stream out of memory; a long one out of a file in a folder, or without one as it is."""
    if len(stream) <= HELD_EVENTS:
        return replace(stream, sources=(Held(tuple(stream)),))
    return stream if folder is None else replace(stream, sources=(Held(_mapped(stream, folder)),))


def _mapped(stream: EventStream, folder: Path) -> tuple[EventBatch, ...]:
    """All events in files that the system reads as needed, and that are gone when nobody needs them."""
    import numpy as np

    count = len(stream)
    types = [*TYPES, *["float64"] * (len(COLUMNS) - len(TYPES))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="events-", dir=folder, ignore_cleanup_errors=True) as place:
            columns = [
                np.lib.format.open_memmap(Path(place) / f"{name}.npy", "w+", type_, (count,))
                for name, type_ in zip(COLUMNS, types, strict=True)
            ]
            begin = 0
            for batch in stream:
                for column, values in zip(columns, batch.columns, strict=True):
                    column[begin : begin + len(batch)] = values
                begin += len(batch)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise RunError(f"the events cannot be kept in {folder}: {reason}") from problem
    plain = [np.asarray(column) for column in columns]
    return tuple(
        EventBatch(*(column[start : start + BATCH_ROWS] for column in plain)) for start in range(0, count, BATCH_ROWS)
    )

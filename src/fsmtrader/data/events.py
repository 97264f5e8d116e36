"""Market events in columns: what a stream is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from fsmtrader.domain.market import Kind, MarketEvent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.int64]
    Mask = NDArray[np.bool_]

Heard = Callable[[str], None]
"""who is told what a reader of the data should know"""

NUMBERS = ("a", "b", "c", "d", "e")
COLUMNS = ("time_us", "kind", "market", *NUMBERS)


@dataclass(frozen=True, slots=True, eq=False)
class EventBatch:
    """Events as columns of one length, in order; what a..e hold is said in `domain/market.py`.

    time_us: int64, kind: int8, market: int16 (index of the market), a..e: float64. `id`: update ids, where they are
    kept (an import checks by them); they are no part of the content.
    """

    time_us: Times
    kind: NDArray[np.int8]
    market: NDArray[np.int16]
    a: Floats
    b: Floats
    c: Floats
    d: Floats
    e: Floats
    id: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.time_us)

    def __iter__(self) -> Iterator[MarketEvent]:
        """One event after the other, as plain numbers."""
        kinds = tuple(Kind)
        time_us, kind, *rest = (column.tolist() for column in self.columns)
        made: Callable[[tuple[object, ...]], MarketEvent] = partial(tuple.__new__, MarketEvent)
        return map(made, zip(time_us, map(kinds.__getitem__, kind), *rest, strict=True))

    @property
    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """time_us, kind, market, a, b, c, d, e."""
        return self.time_us, self.kind, self.market, self.a, self.b, self.c, self.d, self.e

    def part(self, which: slice | NDArray[np.intp]) -> EventBatch:
        """Some of the rows: a slice of them, or an order."""
        ids = None if self.id is None else self.id[which]
        part = EventBatch(*(column[which] for column in self.columns))  # type: ignore[arg-type]  # columns keep their types
        return part if ids is None else replace(part, id=ids)


class Content:
    """SHA-256 of the content of batches that follow each other, the same however they were cut.

    Each column has a digest of its own: what is hashed is little-endian, NaN has one form and -0.0 is 0.0, so that it
    depends on values only.
    """

    def __init__(self) -> None:
        self._columns = tuple(hashlib.sha256() for _ in COLUMNS)

    def add(self, batch: EventBatch) -> None:
        """The next rows."""
        import numpy as np

        for digest, column in zip(self._columns, batch.columns, strict=True):
            if column.dtype == np.float64:
                column = np.where(np.isnan(column), np.nan, np.add(column, 0.0))
            digest.update(np.ascontiguousarray(column.astype(column.dtype.newbyteorder("<"), copy=False)).data)

    def hexdigest(self) -> str:
        """Of all rows until now."""
        return hashlib.sha256(b"".join(digest.digest() for digest in self._columns)).hexdigest()


class Source(Protocol):
    """Events of one kind and one market, in order of time."""

    @property
    def name(self) -> str:
        """Where they come from: a file, or a made-up market."""

    @property
    def kind(self) -> Kind:
        """What the events are."""

    @property
    def market(self) -> int:
        """The index of their market."""

    @property
    def interval_us(self) -> int:
        """The time that a row covers (bars, marks, funding); 0 when rows are moments."""

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        """All of it from the start, in batches of bounded size; DataError when it cannot be used."""


def batch_of(kind: Kind, market: int, time_us: Times, numbers: Sequence[Floats]) -> EventBatch:
    """Rows of one kind; numbers that are not given are NaN."""
    import numpy as np

    count = len(time_us)
    missing = [np.full(count, np.nan)] * (len(NUMBERS) - len(numbers))
    columns: list[Floats] = [*numbers, *missing]
    a, b, c, d, e = columns
    return EventBatch(
        time_us, np.full(count, kind, dtype=np.int8), np.full(count, market, dtype=np.int16), a, b, c, d, e
    )


def no_events(kind: Kind, market: int) -> EventBatch:
    """A batch without a row: what goes with mistakes that no row follows."""
    import numpy as np

    return batch_of(kind, market, np.empty(0, dtype=np.int64), [np.empty(0)] * len(NUMBERS))


def joined(batches: Sequence[EventBatch]) -> EventBatch:
    """Batches one after the other as one; there is at least one."""
    import numpy as np

    if len(batches) == 1:
        return batches[0]
    columns = zip(*(batch.columns for batch in batches), strict=True)
    ids = [batch.id for batch in batches if batch.id is not None]
    whole = EventBatch(*(np.concatenate(column) for column in columns))
    return replace(whole, id=np.concatenate(ids)) if len(ids) == len(batches) else whole


def unheard(note: str) -> None:
    """For a second reading: what there is to say has been said."""

"""Rows of an order book in columns, and what they make: the touch at each message's end, and the levels that stand."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from fsmtrader.data.events import EventBatch, batch_of
from fsmtrader.data.quality import MEND, Fault
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsmtrader.data.events import Floats, Times

    Ids = NDArray[np.int64]

UNKNOWN = -1
"""an update id that is not told"""


@dataclass(frozen=True, slots=True, eq=False)
class DepthRows:
    """Rows of depth: `place` as in `domain/market.py`, `row` where each stands in its file, from 1.

    The ids are those of the row's message: its first and last update, and the last one of the message before it.
    """

    time_us: Times
    price: Floats
    size: Floats
    side: Floats
    place: Floats
    delay: Floats
    row: Ids
    first_id: Ids
    last_id: Ids
    before_id: Ids

    def __len__(self) -> int:
        return len(self.time_us)

    def part(self, which: slice | NDArray[np.bool_]) -> DepthRows:
        """Some of the rows."""
        return DepthRows(*(getattr(self, entry.name)[which] for entry in fields(self)))

    def no_earlier(self, floor_us: int) -> DepthRows:
        """The same, told at this moment at the earliest."""
        import numpy as np

        return replace(self, time_us=np.maximum(self.time_us, floor_us))

    def batch(self, market: int) -> EventBatch:
        """As events."""
        numbers = [self.price, self.size, self.side, self.place, self.delay]
        return replace(batch_of(Kind.DEPTH, market, self.time_us, numbers), id=self.last_id)


def joined_rows(pieces: Sequence[DepthRows]) -> DepthRows:
    """Pieces one after the other; there is at least one."""
    import numpy as np

    if len(pieces) == 1:
        return pieces[0]
    return DepthRows(*(np.concatenate([getattr(piece, entry.name) for piece in pieces]) for entry in fields(DepthRows)))


def emptied(time_us: int, row: int) -> DepthRows:
    """A message that only says: nothing of the book counts any more."""
    import numpy as np

    nothing, number = np.array([np.nan]), np.array([UNKNOWN], dtype=np.int64)
    return DepthRows(
        np.array([time_us], dtype=np.int64),
        *(nothing, nothing, nothing, np.array([LAST + FIRST_OF_SNAPSHOT]), nothing),
        *(np.array([row], dtype=np.int64), number, number, number),
    )


def message_starts(*columns: NDArray[np.generic]) -> Ids:
    """The first rows of messages: where one of the columns differs from the row before."""
    import numpy as np

    count = len(columns[0])
    differs = np.ones(count, dtype=bool)
    differs[1:] = False
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(differs)


def placed(rows: DepthRows, starts: Ids, *, is_snapshot: bool) -> DepthRows:
    """Rows with their places in their messages, which begin at `starts`."""
    import numpy as np

    place = np.zeros(len(rows))
    place[np.append(starts[1:], len(rows)) - 1] = LAST
    if is_snapshot:
        place[starts] += FIRST_OF_SNAPSHOT
    return replace(rows, place=place)


@dataclass(slots=True)
class Touch:
    """Follows the best levels through messages: sizes by price, and a heap of the prices of each side.

    Prices that are gone stay in a heap until they come to its top, which is much quicker than to keep levels in order.
    """

    bids: dict[float, float] = field(default_factory=dict)
    asks: dict[float, float] = field(default_factory=dict)
    highest: list[float] = field(default_factory=list)
    lowest: list[float] = field(default_factory=list)

    def follow(self, rows: DepthRows) -> Iterator[tuple[int, float, float, float, float]]:
        """At each message's end `(row's place, bid, size, ask, size)`; prices are NaN where a side is empty."""
        bids, asks = self.bids, self.asks
        numbers = (column.tolist() for column in (rows.price, rows.size, rows.side, rows.place))
        for index, (price, size, side, place) in enumerate(zip(*numbers, strict=True)):
            if place >= FIRST_OF_SNAPSHOT:
                bids.clear()
                asks.clear()
                self.highest, self.lowest = [], []
            if price == price:
                levels = bids if side > 0.0 else asks
                if size <= 0.0:
                    levels.pop(price, None)
                else:
                    if price not in levels:
                        heapq.heappush(*((self.highest, -price) if side > 0.0 else (self.lowest, price)))
                    levels[price] = size
            if place in (LAST, LAST + FIRST_OF_SNAPSHOT):
                bid, ask = self._best(bids, self.highest, -1.0), self._best(asks, self.lowest, 1.0)
                yield index, bid, bids.get(bid, 0.0), ask, asks.get(ask, 0.0)

    @staticmethod
    def _best(levels: dict[float, float], heap: list[float], sign: float) -> float:
        while heap and heap[0] * sign not in levels:
            heapq.heappop(heap)
        return heap[0] * sign if heap else float("nan")


def crossed(touch: Touch, rows: DepthRows, column: str) -> list[Fault]:
    """The first message after which the best bid is above the best ask, and how many there are."""
    wrong = [entry for entry in touch.follow(rows) if entry[1] > entry[3]]
    if not wrong:
        return []
    place, bid, _, ask, _ = wrong[0]
    what = f"after it the best bid {bid:g} is above the best ask {ask:g}: the book is crossed"
    return [Fault(int(rows.row[place]), column, what, MEND, len(wrong))]


@dataclass(slots=True)
class Standing:
    """The levels that stand after rows, held as few columns however many rows there were."""

    held: list[DepthRows] = field(default_factory=list)

    def add(self, rows: DepthRows) -> None:
        """The next rows; what they replace is let go."""
        import numpy as np

        firsts = np.flatnonzero(rows.place >= FIRST_OF_SNAPSHOT)
        if len(firsts):
            self.held = []
            rows = rows.part(slice(int(firsts[-1]), None))
        whole = joined_rows([*self.held, rows])
        self.held = [_latest(whole)]

    def as_snapshot(self, time_us: int) -> DepthRows | None:
        """All of them as one message of this moment."""
        import numpy as np

        if not self.held or not len(self.held[0]):
            return None
        rows = replace(self.held[0], time_us=np.full(len(self.held[0]), time_us, dtype=np.int64))
        return placed(rows, np.zeros(1, dtype=np.int64), is_snapshot=True)


def _latest(rows: DepthRows) -> DepthRows:
    """Of each price of a side the last row, where it has a size."""
    import numpy as np

    order = np.lexsort((np.arange(len(rows)), rows.price, rows.side))
    price, side = rows.price[order], rows.side[order]
    is_last = np.ones(len(rows), dtype=bool)
    is_last[:-1] = (price[1:] != price[:-1]) | (side[1:] != side[:-1])
    kept = np.sort(order[is_last])
    kept = kept[(rows.size[kept] > 0.0) & ~np.isnan(rows.price[kept])]
    return DepthRows(*(getattr(rows, entry.name)[kept] for entry in fields(rows)))


def windowed(pieces: Iterable[DepthRows], from_us: int | None, to_us: int | None) -> Iterator[DepthRows]:
    """The rows of a time: what stands when it begins comes first, as a snapshot of that moment."""
    import numpy as np

    before = Standing()
    is_open = from_us is None
    for rows in pieces:
        if not is_open and from_us is not None:
            start = int(np.searchsorted(rows.time_us, from_us, side="left"))
            if start:
                before.add(rows.part(slice(start)))
            if start == len(rows):
                continue
            is_open = True
            first = before.as_snapshot(from_us)
            if first is not None and (to_us is None or from_us < to_us):
                yield first
            rows = rows.part(slice(start, None))
        if to_us is not None and len(rows) and rows.time_us[-1] >= to_us:
            rows = rows.part(slice(int(np.searchsorted(rows.time_us, to_us, side="left"))))
            if len(rows):
                yield rows
            return
        yield rows

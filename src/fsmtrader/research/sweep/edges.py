"""The moments at which the sets of a sweep are compared: the ends of days and periods, with the prices of each.

A set's equity there follows from the last change of its books: what it held then, times what the price has done since.
So no engine has to note the equity of every event, and both give the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.events import EventBatch
from fsmtrader.data.stream import EventStream
from fsmtrader.domain.market import Kind
from fsmtrader.research.metrics import DAY_US
from fsmtrader.research.sweep.periods import Period

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.int64]

GROUPS: tuple[tuple[Kind, ...], ...] = ((Kind.MARK,), (Kind.BAR, Kind.TRADE), (Kind.BOOK,))
"""what a price is: the mark where marks count, else the last price, else the middle of the book (`engine.seen`)"""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """`prices`: one row for each time, one column for each market: the last one before that time, NaN for none.

    The first time is just after the first event of the run; `days` are the places of the ends of days with events
    (UTC), `periods` those of begin and end of each period.
    """

    first_us: int
    last_us: int
    times: Times
    prices: Floats
    days: Times
    periods: Times
    last_prices: Floats
    """of each market, after the last event"""

    @property
    def first(self) -> int:
        """The place of the time after the first event."""
        import numpy as np

        return int(np.searchsorted(self.times, self.first_us + 1))


def edges_of(stream: EventStream, marked: frozenset[int], periods: Sequence[Period]) -> Edges:
    """The edges of a market; `marked`: the markets whose marks count."""
    import numpy as np

    markets = len(stream.markets)
    first_us, last_us = _first_us(stream, markets), stream.last_us
    midnights = np.arange(first_us // DAY_US + 1, last_us // DAY_US + 2, dtype=np.int64) * DAY_US
    ends = np.array([[p.begin_us, p.end_us] for p in periods], dtype=np.int64).reshape(-1, 2)
    times = np.unique(np.concatenate((midnights, ends.ravel(), [first_us + 1])))
    reader = _Reader(times, markets, marked)
    seen: set[int] = set()
    for batch in stream:
        reader.read(batch)
        seen.update(np.unique(batch.time_us[batch.time_us >= first_us] // DAY_US).tolist())
    last = reader.close()
    days = (np.array(sorted(seen), dtype=np.int64) + 1) * DAY_US
    in_days, in_periods = np.searchsorted(times, days), np.searchsorted(times, ends)
    return Edges(first_us, last_us, times, reader.prices, in_days, in_periods, last)


def _first_us(stream: EventStream, markets: int) -> int:
    """When the run begins: with the event by which every market has had a price."""
    silent = set(range(markets))
    for batch in stream:
        for time_us, kind, market in zip(
            batch.time_us.tolist(), batch.kind.tolist(), batch.market.tolist(), strict=True
        ):
            if kind > Kind.MARK:
                silent.discard(market)
            if not silent:
                return int(time_us)
    return stream.last_us


class _Reader:
    """Reads the prices at the edges while the market goes by."""

    def __init__(self, times: Times, markets: int, marked: frozenset[int]) -> None:
        import numpy as np

        self._times = times
        self._marked = marked
        self._done = 0
        self._last = np.full((len(GROUPS), markets), np.nan)
        self.prices = np.full((len(times), markets), np.nan)

    def read(self, batch: EventBatch) -> None:
        """Fill in what is decided by the events of a batch."""
        import numpy as np

        until = int(np.searchsorted(self._times, batch.time_us[-1], side="right"))
        places = np.searchsorted(batch.time_us, self._times[self._done : until], side="left")
        known = np.repeat(self._last[None], len(places), axis=0)
        for group, kinds in enumerate(GROUPS):
            of_group = np.isin(batch.kind, [int(kind) for kind in kinds])
            for market in range(self._last.shape[1]):
                rows = np.flatnonzero(of_group & (batch.market == market))
                if len(rows) == 0:
                    continue
                values = _values(batch, rows)
                before = np.searchsorted(rows, places, side="left") - 1
                known[before >= 0, group, market] = values[before[before >= 0]]
                self._last[group, market] = values[-1]
        self.prices[self._done : until] = self._chosen(known)
        self._done = until

    def close(self) -> Floats:
        """What lies behind the last event has the last prices, which are returned."""
        last: Floats = self._chosen(self._last[None])
        self.prices[self._done :] = last
        found: Floats = last[0]
        return found

    def _chosen(self, known: Floats) -> Floats:
        """Of (edge, group, market) the price that counts."""
        import numpy as np

        mark, last, middle = known[:, 0], known[:, 1], known[:, 2]
        counts = np.array([market in self._marked for market in range(known.shape[2])])
        price = np.where(np.isnan(last), middle, last)
        found: Floats = np.where(counts & ~np.isnan(mark), mark, price)
        return found


def _values(batch: EventBatch, rows: Times) -> Floats:
    """The price of each of the events, all of one group."""
    import numpy as np

    kind = batch.kind[rows]
    middle = (batch.a[rows] + batch.c[rows]) / 2.0
    found: Floats = np.where(kind == Kind.BAR, batch.d[rows], np.where(kind == Kind.BOOK, middle, batch.a[rows]))
    return found

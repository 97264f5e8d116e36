"""Markets for the parity of machine and kernel: events in memory, irregular, with holes, equal times and thin books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsmtrader.data.events import EventBatch, Heard, batch_of
from fsmtrader.data.stream import EventStream, stream_of
from fsmtrader.domain.market import Kind

START_US = 1_704_067_200_000_000
SECOND_US = 1_000_000


@dataclass(frozen=True, eq=False)
class Columns:
    """Events of one kind as a source."""

    kind: Kind
    time_us: NDArray[np.int64]
    numbers: tuple[NDArray[np.float64], ...]
    market: int = 0
    interval_us: int = 0
    rows: int = 700
    """a batch, so that runs go over the seams"""

    @property
    def name(self) -> str:
        return f"{self.kind.name} {self.market}"

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        for start in range(0, len(self.time_us), self.rows):
            part = slice(start, start + self.rows)
            yield batch_of(self.kind, self.market, self.time_us[part], [n[part] for n in self.numbers])


def quotes(seed: int, count: int, *, price: float = 60_000.0, step: float = 4e-4, sizes: float = 3.0,
           market: int = 0, seconds: float = 20.0) -> Columns:  # fmt: skip
    """A walk of the touch on the grid of 0.1; `sizes`: how much is displayed on average, infinite is never short."""
    rng = np.random.default_rng(seed)
    time_us = START_US + np.cumsum(rng.integers(0, int(2 * seconds * SECOND_US), count))
    time_us[rng.random(count) < 0.1] //= SECOND_US
    time_us = np.maximum.accumulate(np.where(time_us < START_US, time_us * SECOND_US, time_us))
    middle = price * np.exp(np.cumsum(rng.normal(0.0, step, count)))
    bid = np.floor(middle * 10.0) / 10.0
    ask = np.round(bid + rng.integers(1, 20, count) / 10.0, 1)
    shown = rng.exponential(sizes, (2, count)).round(3) if sizes < np.inf else np.full((2, count), np.inf)
    return Columns(Kind.BOOK, time_us, (bid, shown[0], ask, shown[1]), market)


def bars(seed: int, count: int, *, price: float = 60_000.0, step: float = 1e-3, market: int = 0) -> Columns:
    """Bars of a minute."""
    rng = np.random.default_rng(seed)
    close = np.round(price * np.exp(np.cumsum(rng.normal(0.0, step, count))), 1)
    opening = np.concatenate([[price], close[:-1]])
    high, low = np.maximum(opening, close) + 1.0, np.minimum(opening, close) - 1.0
    time_us = START_US + 60 * SECOND_US * np.arange(1, count + 1, dtype=np.int64)
    return Columns(Kind.BAR, time_us, (opening, high, low, close, np.ones(count)), market, 60 * SECOND_US)


def trades(seed: int, like: Columns) -> Columns:
    """A trade now and then at one of the touches."""
    rng = np.random.default_rng(seed)
    some = np.flatnonzero(rng.random(len(like.time_us)) < 0.3)
    side = np.where(rng.random(len(some)) < 0.5, 1.0, -1.0)
    price = np.where(side > 0, like.numbers[2][some], like.numbers[0][some])
    return Columns(Kind.TRADE, like.time_us[some], (price, np.ones(len(some)), side), like.market)


def fundings(seed: int, like: Columns) -> Columns:
    """A rate every hour, with the mark of its moment now and then."""
    rng = np.random.default_rng(seed)
    hour = 3600 * SECOND_US
    time_us = np.arange(START_US, like.time_us[-1], hour, dtype=np.int64)
    rate = rng.normal(1e-4, 2e-4, len(time_us))
    mark = np.where(rng.random(len(time_us)) < 0.5, 60_000.0, np.nan)
    return Columns(Kind.FUNDING, time_us, (rate, mark), like.market)


def marks(seed: int, like: Columns) -> Columns:
    """Marks near the market, every ten seconds or so."""
    rng = np.random.default_rng(seed)
    some = np.flatnonzero(rng.random(len(like.time_us)) < 0.5)
    middle = (like.numbers[0][some] + like.numbers[2][some]) / 2.0
    return Columns(Kind.MARK, like.time_us[some] + 1, (middle * (1.0 + rng.normal(0.0, 1e-5, len(some))),), like.market)


def stream(sources: Sequence[Columns], markets: int = 1) -> EventStream:
    return stream_of(sources, [f"market {m}" for m in range(markets)])

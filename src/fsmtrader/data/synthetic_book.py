"""A made-up order book from a seed: levels with sizes, trades at the touch, and a price that moves.

The price is a random walk on a grid of ticks. Where it leaves the touch, whoever moves it takes the levels on the way
(trades at their prices, each of the whole size), and the book stands around the new touch. In between single levels get
other sizes, and small trades take part of the touch. The same settings give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fsmtrader.data.events import EventBatch, Heard, batch_of
from fsmtrader.data.synthetic import GBM, START_US, Stretch
from fsmtrader.data.ticks import log_steps
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsmtrader.data.events import Floats, Times

BOOKS: Mapping[str, tuple[Stretch, ...]] = {
    "book": (GBM,),
    "book_crash": (Stretch(share=0.49), Stretch(share=0.02, volatility=3.0, fall=0.05), Stretch(share=0.49)),
}
"""`book_crash` loses 5 % within a fiftieth of the time"""

LEVELS = 10
SPREADS = (1, 1, 1, 2, 3)
"""how many ticks the touch is apart after a move, each as likely as the other"""
MOST_MESSAGES = 500_000
TRADED = 0.2
"""how many of the messages in which the price stays are trades"""
SWEPT = 3
"""levels that a move takes by trades; what lies behind is withdrawn"""
NOTIONAL = 20_000.0
"""what stands at a level by its median, in quote currency"""
TICK_SHARE = 1e-5
LOTS = 100.0
"""sizes are in steps of about this part of the median"""


@dataclass(frozen=True, slots=True)
class BookMarket:
    """A market to be made. `interval_us`: the mean time between its messages; `tick` 0: a power of ten near 0.1 bp."""

    kind: str
    seed: int
    start_price: float
    annual_volatility: float
    span_us: int = 300_000_000
    interval_us: int = 10_000
    tick: float = 0.0
    start_us: int = START_US

    def __post_init__(self) -> None:
        if self.kind not in BOOKS:
            raise UsageError(f"there is no synthetic book {self.kind!r}; known are {', '.join(BOOKS)}")
        if not 2 <= self.interval_us <= self.span_us:
            raise UsageError(f"{self.span_us} microseconds are too short for messages every {self.interval_us}")
        if self.messages > MOST_MESSAGES:
            raise UsageError(
                f"a synthetic book of {self.messages:,} messages, more than {MOST_MESSAGES:,}: take fewer days, or a "
                "longer interval between messages"
            )
        for name, value in (("price", self.start_price), ("tick", self.tick or 1.0)):
            if not 0.0 < value < math.inf:
                raise UsageError(f"{name} is {value}, expected more than 0")
        if not 0.0 <= self.annual_volatility <= 100.0:
            raise UsageError(f"vol is {self.annual_volatility}, expected 0 to 100 (0.6 is 60 %)")
        if self.step * (LEVELS + 5) >= self.start_price / 4:
            raise UsageError(f"a tick of {self.step:g} is too much for a price of {self.start_price:g}")

    @property
    def messages(self) -> int:
        """How many messages it has."""
        return max(1, self.span_us // self.interval_us)

    @property
    def step(self) -> float:
        """The tick."""
        return self.tick or float(10.0 ** round(math.log10(self.start_price * TICK_SHARE)))

    @property
    def lot(self) -> float:
        """The step of sizes: a power of ten."""
        return float(10.0 ** math.floor(math.log10(NOTIONAL / self.start_price / LOTS) + 1e-9))

    @property
    def name(self) -> str:
        """For a summary."""
        return f"synthetic {self.kind}, seed {self.seed}"


def book_sources(market: BookMarket) -> tuple[HeldSource, HeldSource]:
    """The depth and the trades of a made-up market."""
    depth, trades = _Maker(market).make()
    return HeldSource(market.name, Kind.DEPTH, depth), HeldSource(market.name, Kind.TRADE, trades)


@dataclass(frozen=True, slots=True, eq=False)
class HeldSource:
    """Events that are in memory as a source."""

    name: str
    kind: Kind
    held: EventBatch
    market: int = 0
    interval_us: int = 0

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        yield self.held


@dataclass(slots=True)
class _Side:
    """One side of the book: sizes in lots by price in ticks. `sign`: +1 bids, -1 asks; `touch` is its best price."""

    sign: int
    touch: int
    sizes: dict[int, int] = field(default_factory=dict)

    def prices(self, touch: int) -> range:
        """The prices of its levels around a touch, the best first."""
        return range(touch, touch - self.sign * LEVELS, -self.sign)


@dataclass(eq=False)
class _Maker:
    """Goes from message to message. Rows are tuples in whole ticks and lots, so that nothing is rounded on the way."""

    market: BookMarket
    sizes: Iterator[float] = field(default_factory=lambda: iter(()))
    picks: Iterator[float] = field(default_factory=lambda: iter(()))
    depth: list[tuple[int, float, int, int, float]] = field(default_factory=list)
    """time, price (NaN: none), size, side, place"""
    trades: list[tuple[int, int, int, int]] = field(default_factory=list)
    """time, price, size, side of who took"""

    def make(self) -> tuple[EventBatch, EventBatch]:
        """Depth and trades."""
        times, middles = self._path()
        chance, pick, size = (column.tolist() for column in self._dice())
        bids, asks = _Side(1, math.floor(middles[0] - 0.5)), _Side(-1, math.floor(middles[0] - 0.5) + 1)
        self.sizes, self.picks = iter(size), iter(pick)
        self._stand(int(times[0]), bids, asks, FIRST_OF_SNAPSHOT)
        for time_us, middle, luck in zip(times[1:].tolist(), middles[1:].tolist(), chance[1:], strict=True):
            if middle > asks.touch + 0.5:
                self._move(time_us, middle, bids, asks, taken=asks)
            elif middle < bids.touch - 0.5:
                self._move(time_us, middle, bids, asks, taken=bids)
            elif luck < TRADED:
                self._trade(time_us, bids if luck < TRADED / 2.0 else asks)
            else:
                self._change(time_us, bids if luck < (1.0 + TRADED) / 2.0 else asks)
        return self._batches()

    @cached_property
    def _median(self) -> float:
        """The median size of a level, in lots."""
        return NOTIONAL / self.market.start_price / self.market.lot

    def _path(self) -> tuple[Times, Floats]:
        """When there are messages, and the price at each, in ticks."""
        import numpy as np

        market, count = self.market, self.market.messages
        dice = np.random.Generator(np.random.PCG64([market.seed, 3]))
        index = np.arange(count, dtype=np.int64)
        steps = log_steps(BOOKS[market.kind], count, market.span_us, market.annual_volatility, index, dice)
        middles = market.start_price / market.step * np.exp(np.cumsum(steps) - steps[0])
        share = np.floor(dice.random(count) * market.interval_us).astype(np.int64)
        return market.start_us + index * market.interval_us + share, np.maximum(middles, 2.0 * LEVELS)

    def _dice(self) -> tuple[Floats, Floats, Floats]:
        """For each message what happens; and more picks and sizes than are needed, which are taken in turn."""
        import numpy as np

        count = self.market.messages
        dice = np.random.Generator(np.random.PCG64([self.market.seed, 4]))
        return dice.random(count), dice.random(2 * count + 64), np.exp(0.8 * dice.standard_normal(count + 64))

    def _pick(self) -> float:
        return next(self.picks)

    def _size(self) -> int:
        """Another size of a level, in lots; the thrown ones are gone through again when they are used up."""
        found = next(self.sizes, None)
        if found is None:
            self.sizes = iter(self._dice()[2].tolist())
            found = next(self.sizes)
        return max(1, round(self._median * found))

    def _stand(self, time_us: int, bids: _Side, asks: _Side, first: float = 0.0) -> None:
        """The book around its touches: what is new gets a size, what lies elsewhere goes."""
        rows: list[tuple[int, float, int, int, float]] = []
        for side in (bids, asks):
            wanted = side.prices(side.touch)
            gone = [price for price in side.sizes if price not in wanted]
            rows += [(time_us, price, 0, side.sign, 0.0) for price in gone]
            for price in gone:
                del side.sizes[price]
            for price in wanted:
                if price not in side.sizes:
                    side.sizes[price] = self._size()
                    rows.append((time_us, price, side.sizes[price], side.sign, 0.0))
        self._tell(rows, first)

    def _tell(self, rows: list[tuple[int, float, int, int, float]], first: float = 0.0) -> None:
        """A message: its last row ends it."""
        if first:
            rows[0] = (*rows[0][:4], first)
        rows[-1] = (*rows[-1][:4], rows[-1][4] + LAST)
        self.depth += rows

    def _move(self, time_us: int, middle: float, bids: _Side, asks: _Side, taken: _Side) -> None:
        """The price goes through the touch of a side: its levels on the way are taken, and the book follows."""
        apart = SPREADS[int(self._pick() * len(SPREADS))]
        bid = math.floor(middle - apart / 2.0)
        touch = bid if taken.sign > 0 else bid + apart
        for price in list(taken.prices(taken.touch))[:SWEPT]:
            if (touch - price) * taken.sign >= 0:
                break
            self.trades.append((time_us, price, taken.sizes[price], -taken.sign))
        bids.touch, asks.touch = bid, bid + apart
        self._stand(time_us, bids, asks)

    def _trade(self, time_us: int, side: _Side) -> None:
        """Part of what stands at the touch is taken; one lot stays, so that the touch does."""
        stands = side.sizes[side.touch]
        taken = min(math.ceil(stands * self._pick() * 0.5), stands - 1)
        if taken < 1:
            self._change(time_us, side)
            return
        side.sizes[side.touch] = stands - taken
        self.trades.append((time_us, side.touch, taken, -side.sign))
        self._tell([(time_us, side.touch, stands - taken, side.sign, 0.0)])

    def _change(self, time_us: int, side: _Side) -> None:
        """One level gets another size; levels near the touch do so more often."""
        share = self._pick()
        price = side.touch - side.sign * int(share * share * LEVELS)
        side.sizes[price] = self._size()
        self._tell([(time_us, price, side.sizes[price], side.sign, 0.0)])

    def _batches(self) -> tuple[EventBatch, EventBatch]:
        import numpy as np

        time_us, price, size, side, place = (np.array(column) for column in zip(*self.depth, strict=True))
        depth = batch_of(
            Kind.DEPTH,
            0,
            time_us.astype(np.int64),
            [_grid(price, self.market.step), _grid(size, self.market.lot), side.astype(float), place.astype(float)],
        )
        rows = np.array(self.trades or np.empty((0, 4)), dtype=np.int64)
        prices, sizes = _grid(rows[:, 1], self.market.step), _grid(rows[:, 2], self.market.lot)
        return depth, batch_of(Kind.TRADE, 0, rows[:, 0].copy(), [prices, sizes, rows[:, 3].astype(float)])


def _grid(counts: NDArray[np.generic], step: float) -> Floats:
    """Whole numbers of a step as short decimals."""
    import numpy as np

    decimals = max(0, -math.floor(math.log10(step) + 1e-9) + 3)
    rounded: Floats = np.round(counts.astype(np.float64) * step, decimals)
    return rounded

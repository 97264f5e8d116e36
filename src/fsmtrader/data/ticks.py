"""Made-up quotes, trades and funding from a seed: the kinds of market of `synthetic.py`, event by event."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.synthetic import KINDS, START_US, YEAR_US, Stretch, ticks_per_unit
from fsmtrader.diagnostics import UsageError

if TYPE_CHECKING:
    import numpy as np

    from fsmtrader.data.events import Floats, Times

CHUNK_EVENTS = 1 << 17
MOST_EVENTS = 1_000_000_000
MINUTE_US = 60_000_000
FUNDING_US = 8 * 60 * MINUTE_US
SPREAD = 0.0001
NOTIONAL = 20_000.0
"""what waits at the touch and is traded, in quote currency, by its median"""
WIDE = 0.1
"""how often the spread is twice as wide"""
RATE, RATE_SPREAD, RATE_MEMORY, MOST_RATE = 0.0001, 0.00003, 0.9, 0.003
"""funding: where it returns to, how far it strays in a step, how much of the last stays, its greatest"""


@dataclass(frozen=True, slots=True)
class Ticks:
    """A market to be made: `events` of them over `span_us`, each at a random moment of its own share of the time."""

    kind: str
    seed: int
    events: int
    span_us: int
    start_price: float
    annual_volatility: float
    start_us: int = START_US
    tick: float | None = None
    spread: float = SPREAD

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"there is no synthetic market {self.kind!r}; known are {', '.join(KINDS)}")
        if not 1 <= self.events <= MOST_EVENTS:
            raise UsageError(f"events is {self.events}, expected 1 to {MOST_EVENTS}")
        if self.span_us < self.events:
            raise UsageError(f"{self.events} events need more than {self.span_us} microseconds")
        for name in ("start_price", "tick"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < math.inf:
                raise UsageError(f"{name} is {value}, expected more than 0")
        if not 0.0 <= self.annual_volatility <= 100.0:
            raise UsageError(f"annual_volatility is {self.annual_volatility}, expected 0 to 100 (0.6 is 60 %)")
        if not 0.0 <= self.spread < 0.5:
            raise UsageError(f"spread is {self.spread}, expected a share below 0.5")

    @property
    def per_unit(self) -> float:
        """Ticks in one unit of price."""
        return ticks_per_unit(self.tick if self.tick is not None else self.start_price * 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """A piece of a market: when, the touch in ticks, and two sizes."""

    time_us: Times
    bid: Floats
    ask: Floats
    sizes: Floats


def quotes(market: Ticks) -> Iterator[tuple[Times, dict[str, Floats]]]:
    """Times and columns bid, bid_size, ask, ask_size, in pieces."""
    for piece in _moments(market):
        yield (
            piece.time_us,
            {"bid": piece.bid, "bid_size": piece.sizes[:, 0], "ask": piece.ask, "ask_size": piece.sizes[:, 1]},
        )


def trades(market: Ticks) -> Iterator[tuple[Times, dict[str, Floats]]]:
    """Times and columns price, size, side (+1 the buyer took, at the ask), in pieces."""
    import numpy as np

    dice = np.random.Generator(np.random.PCG64([market.seed, 1]))
    for piece in _moments(market):
        side = np.where(dice.random(len(piece.time_us)) < 0.5, 1.0, -1.0)
        price = np.where(side > 0.0, piece.ask, piece.bid)
        yield piece.time_us, {"price": price, "size": piece.sizes[:, 0], "side": side}


def funding(seed: int, start_us: int, span_us: int) -> tuple[Times, Floats]:
    """Times and rates at every eight hours (UTC) of a span: shares of notional that return to 1 bp."""
    import numpy as np

    dice = np.random.Generator(np.random.PCG64([seed, 2]))
    first = -(-start_us // FUNDING_US) * FUNDING_US
    times = np.arange(first, start_us + span_us, FUNDING_US, dtype=np.int64)
    rates, rate = np.empty(len(times)), RATE
    for index, throw in enumerate(dice.standard_normal(len(times)).tolist()):
        rate = RATE + RATE_MEMORY * (rate - RATE) + RATE_SPREAD * throw
        rates[index] = round(min(max(rate, -MOST_RATE), MOST_RATE), 8)
    return times, rates


def _moments(market: Ticks) -> Iterator[Moments]:
    """The walk of the price's logarithm, a step an event, put on the grid of ticks."""
    import numpy as np

    dice = np.random.Generator(np.random.PCG64([market.seed, 0]))
    per_unit, level = market.per_unit, 0.0
    size = max(NOTIONAL / market.start_price, 0.001)
    for start in range(0, market.events, CHUNK_EVENTS):
        count = min(CHUNK_EVENTS, market.events - start)
        index = np.arange(start, start + count, dtype=np.int64)
        levels = level + np.cumsum(
            log_steps(KINDS[market.kind], market.events, market.span_us, market.annual_volatility, index, dice)
        )
        level = float(levels[-1])
        middle = np.exp(levels) * market.start_price * per_unit
        wide = np.where(dice.random(count) < WIDE, 2.0, 1.0)
        apart = np.maximum(np.rint(middle * market.spread * wide), 1.0)
        bid = np.maximum(np.rint(middle - apart / 2.0), 1.0)
        sizes = np.maximum(np.round(size * np.exp(0.8 * dice.standard_normal((count, 2))), 3), 0.001)
        times = _times(market, index, dice.random(count))
        yield Moments(times, bid / per_unit, (bid + apart) / per_unit, sizes)


def _times(market: Ticks, index: Times, share: Floats) -> Times:
    """A moment in the event's own share of the span; whole numbers, so that their order is sure."""
    import numpy as np

    whole, rest = divmod(market.span_us, market.events)
    return market.start_us + index * whole + index * rest // market.events + np.floor(share * whole).astype(np.int64)


def log_steps(
    stretches: tuple[Stretch, ...],
    events: int,
    span_us: int,
    annual_volatility: float,
    index: Times,
    dice: np.random.Generator,
) -> Floats:
    """Steps of a price's logarithm, of the events with these numbers."""
    import numpy as np

    ends = np.round(np.cumsum([stretch.share for stretch in stretches]) * events)
    place = np.minimum(np.searchsorted(ends, index, side="right"), len(stretches) - 1)
    apart_us = span_us / events
    sigma = annual_volatility * math.sqrt(apart_us / YEAR_US)
    deviation = sigma * np.array([stretch.volatility for stretch in stretches])[place]
    drift = np.array([_drift(stretch, events, sigma) for stretch in stretches])[place]
    steps: Floats = deviation * dice.standard_normal(len(index)) - deviation * deviation / 2.0 + drift
    often = np.array([stretch.jumps for stretch in stretches])[place] * min(apart_us / MINUTE_US, 1.0)
    if any(stretch.jumps > 0.0 for stretch in stretches):
        far = np.array([stretch.jump_size for stretch in stretches])[place]
        steps += (dice.random(len(index)) < often) * far * dice.standard_normal(len(index))
    return steps


def _drift(stretch: Stretch, events: int, sigma: float) -> float:
    """What every step of a stretch has so that it goes where it shall."""
    count = max(stretch.share * events, 1.0)
    return (stretch.move * sigma * math.sqrt(count) + math.log(1.0 - stretch.fall)) / count

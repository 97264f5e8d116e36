"""What is traded and on which terms: grids, least sizes, margin tiers, fees, latencies. Frozen facts."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tier:
    """One bracket of maintenance margin: notional * rate - deduction, for notionals up to `most_notional` (V-12)."""

    most_notional: float
    rate: float
    deduction: float
    most_leverage: float


@dataclass(frozen=True, slots=True)
class Instrument:
    """A contract's filters (V-24). Prices are multiples of `tick`, quantities of `lot`; 0 is no grid or no limit.

    `least_notional` is in quote currency and does not hold for orders that only reduce. `closeout` is the share of
    notional below which an account's equity is taken over, where the venue has such a margin below the tiers' own.
    """

    symbol: str
    tick: float
    lot: float
    least_quantity: float = 0.0
    most_quantity: float = float("inf")
    least_notional: float = 0.0
    tiers: tuple[Tier, ...] = ()
    closeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Fees:
    """Shares of notional; negative is a rebate (V-09)."""

    maker: float
    taker: float


class Shape(enum.Enum):
    """How a delay that is drawn is spread."""

    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True, slots=True)
class Jitter:
    """What comes on top of a delay, drawn from a seed and the number of the message: the same again every time (V-13).

    `mean_us` is its mean; `sigma` the standard deviation of its logarithm, where that is normal.
    """

    mean_us: int
    shape: Shape = Shape.EXPONENTIAL
    sigma: float = 1.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Latency:
    """Delays in microseconds (V-13): news to us, an order to the venue, its answer back. They add up.

    The constants; `recorded`: (time, entry, response) as somebody measured them, in order of time, straight lines
    between; `jitter`, on orders and answers, and on news where those have a delay. `has_recorded_feed`: news take as
    long as their events say.
    """

    feed_us: int = 0
    entry_us: int = 0
    response_us: int = 0
    jitter: Jitter | None = None
    recorded: tuple[tuple[int, int, int], ...] = ()
    has_recorded_feed: bool = False

    @property
    def is_none(self) -> bool:
        return not (self.has_feed or self.has_way)

    @property
    def has_feed(self) -> bool:
        """Whether news take time to reach us."""
        return self.feed_us > 0 or self.has_recorded_feed

    @property
    def has_way(self) -> bool:
        """Whether orders or answers are on their way for some time."""
        return self.entry_us > 0 or self.response_us > 0 or self.jitter is not None or bool(self.recorded)

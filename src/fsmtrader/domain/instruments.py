"""What is traded and on which terms: grids, least sizes, margin tiers, fees, latencies. Frozen facts, no behaviour."""

from __future__ import annotations

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

    `least_notional` is in quote currency and does not hold for orders that only reduce.
    """

    symbol: str
    tick: float
    lot: float
    least_quantity: float = 0.0
    most_quantity: float = float("inf")
    least_notional: float = 0.0
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Fees:
    """Shares of notional; negative is a rebate (V-09)."""

    maker: float
    taker: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Constant delays in microseconds (V-13): news to us, an order to the venue, its answer back."""

    feed_us: int = 0
    entry_us: int = 0
    response_us: int = 0

    @property
    def is_none(self) -> bool:
        return self.feed_us == self.entry_us == self.response_us == 0

"""What a simulated venue is built from: plain values that say who trades what, where and on which terms."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from fsmtrader.domain.instruments import Fees, Instrument, Latency
from fsmtrader.domain.queues import RISK_AVERSE, QueueModel
from fsmtrader.venues.simulated.rules import PLAIN, Rules

HOUR_US = 3_600_000_000
NO_LATENCY = Latency()


class Side(enum.Enum):
    """Whose quantity a leg is: one side's, or signed."""

    LONG = "long"
    SHORT = "short"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Profile:
    """A venue's own rules. `instruments` are by symbol; with `derives` those of other symbols come from their price."""

    name: str
    fees: Fees
    instruments: Mapping[str, Instrument]
    derives: bool = True
    has_margin: bool = True
    liquidation_fees: Mapping[str, float] = field(default_factory=dict)
    """what a liquidation costs, as a share of its value, by symbol; the symbol "" is for all others"""
    latency: Latency = NO_LATENCY
    funding_us: int = 8 * HOUR_US
    """between two fundings"""
    fundings_us: Mapping[str, int] = field(default_factory=dict)
    """between two of the markets that have other ones, by symbol"""
    rules: Rules = PLAIN
    note: str = ""
    """what is assumed of the venue, for the notes of a run"""

    @property
    def answers_at_once(self) -> bool:
        """Whether an order is matched and answered in the moment in which it is sent."""
        return not self.latency.has_way and not self.rules.holds

    def funding_of(self, symbol: str) -> int:
        """Microseconds between two fundings of a market (V-10)."""
        return self.fundings_us.get(symbol, self.funding_us)

    def liquidation_fee(self, symbol: str) -> float:
        return self.liquidation_fees.get(symbol, self.liquidation_fees.get("", 0.0))


@dataclass(frozen=True, slots=True)
class VenueMarket:
    """A market, by its place in the run.

    `half_spread` is a share of the price, used where no book is told. `coarse_marks`: marks come less often than prices
    and serve fundings only; else they value positions whenever they are told (V-11). `impact` is how much worse, as a
    share, a market order is filled beyond the displayed size; `ticks` how far a price must go through a resting order.

    `queue`: who leaves a level of the book (V-14). `touched`: the chance that a resting order is filled by quotes that
    come to its price and not through it, for data without trades (V-15); `seed` decides with it.
    """

    symbol: str
    half_spread: float = 0.0
    coarse_marks: bool = False
    impact: float = 0.0
    ticks: float = 1.0
    queue: QueueModel = RISK_AVERSE
    touched: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class VenueAccount:
    """An account, its capital in quote. `hedge`: long and short side by side, else one net position (V-07)."""

    name: str
    profile: Profile
    capital: float
    hedge: bool = True
    leverage: float = 20.0


@dataclass(frozen=True, slots=True)
class VenueLeg:
    """A leg: what a strategy calls its position in one market (by index) of an account."""

    name: str
    account: str
    market: int
    side: Side = Side.SIGNED

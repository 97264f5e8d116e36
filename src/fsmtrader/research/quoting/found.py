"""What a run came to as a market maker's: the part `quoting` of its summary."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.research.quoting.markouts import Markout
from fsmtrader.research.quoting.queue import QueuePlace


@dataclass(frozen=True, slots=True)
class QuotedSide:
    """One side of a leg's market: how long an own order lay in it, and what there was when none did (R001-45).

    `uptime` is a share of the time from the machine's start. `reasons` sum up to the rest of it, `pending` among them.
    `cycles` are the intervals of slots, by what there was when their instant was over. `longest_gap` is the longest
    time without an order, wanted or not (R001-01).
    """

    leg: str
    side: str
    uptime: float | None
    live_seconds: float
    reasons: tuple[tuple[str, float], ...]
    cycles: tuple[tuple[str, int], ...]
    longest_gap_seconds: float
    longest_gap_us: int
    """when that began"""


@dataclass(frozen=True, slots=True)
class QuotedLeg:
    """One leg that is quoted. Means are weighted by time; spread and skew only count where both sides are quoted.

    `silent_seconds`, `longest_silence_seconds`: with no own order on either side.
    """

    leg: str
    mean_net: float | None
    """of |net|, in base currency"""
    most_net: float
    mean_spread: float | None
    mean_skew: float | None
    silent_seconds: float
    longest_silence_seconds: float
    longest_silence_us: int


@dataclass(frozen=True, slots=True)
class Liquidity:
    """Fills as a maker, or as a taker. `share` is of the turnover."""

    liquidity: str
    fills: int
    turnover: float
    share: float | None
    fees: float


@dataclass(frozen=True, slots=True)
class QuotingFound:
    """All of it. `turnover_of_capital` None without capital, `fills_per_cancel` without cancels."""

    seconds: float
    sides: tuple[QuotedSide, ...]
    legs: tuple[QuotedLeg, ...]
    liquidity: tuple[Liquidity, ...]
    markouts: tuple[Markout, ...]
    queue: tuple[QueuePlace, ...]
    orders: int
    cancels: int
    fills: int
    turnover_of_capital: float | None
    fills_per_cancel: float | None

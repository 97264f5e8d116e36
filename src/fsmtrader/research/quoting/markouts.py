"""What the market did after each fill: its markouts at fixed times, maker's and taker's apart.

A markout is taken at the middle of the book as it stood at the fill's time plus the horizon: what was told at that very
moment counts, what was told later does not. Fills whose horizon lies behind the end of the data have none.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from fsmtrader.research.quoting.measures import HORIZONS_US, SECOND_US, markout, markout_bp

MAKER, TAKER = "maker", "taker"
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Markout:
    """Means over fills: of basis points and of quote currency, each fill counting once; and the sum of the latter."""

    liquidity: str
    horizon_seconds: float
    count: int
    mean_bp: float
    mean_quote: float
    total_quote: float


@dataclass(frozen=True, slots=True)
class _Fill:
    leg: str
    price: float
    quantity: float
    is_buy: bool
    liquidity: str


@dataclass(slots=True)
class _Sum:
    count: int = 0
    bp: float = 0.0
    quote: float = 0.0


class Markouts:
    """Fills that wait for their horizons, and what the others came to."""

    def __init__(self) -> None:
        self._waiting: tuple[deque[tuple[int, _Fill]], ...] = tuple(deque() for _ in HORIZONS_US)
        self._sums = {(name, horizon): _Sum() for name in (MAKER, TAKER) for horizon in HORIZONS_US}

    def filled(self, now_us: int, leg: str, price: float, quantity: float, is_buy: bool, is_maker: bool) -> None:
        fill = _Fill(leg, price, quantity, is_buy, MAKER if is_maker else TAKER)
        for waiting, horizon in zip(self._waiting, HORIZONS_US, strict=True):
            waiting.append((now_us + horizon, fill))

    @property
    def next_us(self) -> float:
        """When the next one is due; infinite when none is."""
        return min((waiting[0][0] for waiting in self._waiting if waiting), default=NEVER)

    def due(self, until_us: int, mids: dict[str, float]) -> None:
        """`mids` are what holds at every moment from the last call to `until_us`, this one among them."""
        for waiting, horizon in zip(self._waiting, HORIZONS_US, strict=True):
            while waiting and waiting[0][0] <= until_us:
                _, fill = waiting.popleft()
                mid = mids[fill.leg]
                if mid == mid:
                    found = self._sums[fill.liquidity, horizon]
                    found.count += 1
                    found.bp += markout_bp(fill.price, mid, fill.is_buy)
                    found.quote += markout(fill.price, mid, fill.is_buy) * fill.quantity

    def found(self) -> tuple[Markout, ...]:
        """All that have a count."""
        return tuple(
            Markout(name, horizon / SECOND_US, s.count, s.bp / s.count, s.quote / s.count, s.quote)
            for (name, horizon), s in self._sums.items()
            if s.count
        )

"""The levels of a book as they have reached us: what an order would get of them (R001-41)."""

from __future__ import annotations

from fsmtrader.domain.market import MarketEvent, empties, is_last
from fsmtrader.numeric.depth import available, best_price, best_size, clear, estimate, new_side, set_level


class Depth:
    """Both sides of one book. Nothing of it is asked for between the rows of one message."""

    __slots__ = ("asks", "bids", "touch")

    def __init__(self) -> None:
        self.bids, self.asks = new_side(), new_side()
        self.touch = self._touch()
        """bid, bid size, ask, ask size when the book was last whole; NaN and 0 on a side that is empty"""

    def note(self, event: MarketEvent) -> bool:
        """Take a row of depth in. Gives whether the book is whole after it."""
        _, _, _, price, size, side, _, _ = event
        if empties(event):
            clear(self.bids)
            clear(self.asks)
        if price == price:
            is_bid = side > 0.0
            set_level(self.bids if is_bid else self.asks, price, size, is_bid)
        if not is_last(event):
            return False
        self.touch = self._touch()
        return True

    def available(self, is_buy: bool, limit: float) -> float:
        """What is displayed for an order of this side within its limit (NaN: without one)."""
        return available(self.asks if is_buy else self.bids, limit, not is_buy)

    def worst(self, is_buy: bool, quantity: float) -> float:
        """The worst level that an order would reach; NaN when the book does not hold the quantity."""
        return estimate(self.asks if is_buy else self.bids, quantity)[0]

    def average(self, is_buy: bool, quantity: float) -> float:
        """What an order would pay on average; NaN when the book does not hold the quantity."""
        return estimate(self.asks if is_buy else self.bids, quantity)[1]

    def _touch(self) -> tuple[float, float, float, float]:
        return best_price(self.bids), best_size(self.bids), best_price(self.asks), best_size(self.asks)

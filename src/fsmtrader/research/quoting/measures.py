"""Formulas of a market maker's report: pure functions of what was counted, each tested by numbers worked out by hand.

Prices in quote, quantities in base currency, times in microseconds; ratios are shares, markouts in basis points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Number = TypeVar("Number", float, "Floats")
"""one number, or a column of them"""
SECOND_US = 1_000_000
BP = 1e-4
HORIZONS_US = (SECOND_US, 10 * SECOND_US, 60 * SECOND_US)
"""after a fill at which its markout is taken"""
QUEUE_EDGES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0)
"""of the queue ahead of an order when it came to rest, in multiples of the order's own quantity"""
QUEUE_NAMES = ("first", "up to 1×", "1× to 3×", "3× to 10×", "10× to 30×", "30× to 100×", "over 100×", "not known")


def markout(price: float, mid: float, is_buy: bool) -> float:
    """What one unit that was traded at `price` has gained when the middle of the book is `mid`, in quote.

    Above zero: the market went the fill's way (or the spread was earned); below: the fill was picked off.
    """
    return mid - price if is_buy else price - mid


def markout_bp(price: float, mid: float, is_buy: bool) -> float:
    """The same as a share of the price, in basis points."""
    return markout(price, mid, is_buy) / price / BP


def queue_bin(ahead: float, quantity: float) -> int:
    """Which of `QUEUE_NAMES` an order belongs to that came to rest behind `ahead`."""
    if ahead != ahead or ahead == float("inf") or not quantity > 0.0:
        return len(QUEUE_NAMES) - 1
    share = ahead / quantity
    return next((index for index, edge in enumerate(QUEUE_EDGES) if share <= edge), len(QUEUE_EDGES))


def quoted_spread(bid: Number, ask: Number, mid: Number) -> Number:
    """Width of own quotes as a share of the middle of the book; NaN where a side is missing."""
    return (ask - bid) / mid


def skew(bid: Number, ask: Number, mid: Number) -> Number:
    """How far the middle of own quotes is from that of the book, as a share: above zero they lean to buying."""
    return (bid + ask) / (2.0 * mid) - 1.0


def ratio(part: float, whole: float) -> float | None:
    """A share; None where there is nothing to share."""
    return part / whole if whole > 0.0 else None

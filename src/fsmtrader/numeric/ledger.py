"""The strategy's own books: quantity, average price and what was realised of each leg (V-08, V-09, X-09).

A leg with a side stores its quantity positive and a change is in its own terms: plus opens, minus closes. A leg without
one is signed. `is_short` is true for the short side only. A flat leg has no average price: NaN, which is not ready.
"""

from __future__ import annotations

import math

DUST = 1e-13


def book_fill(
    quantity: float, average: float, change: float, price: float, is_short: bool = False
) -> tuple[float, float, float]:
    """Book one fill: `(quantity, average, realized)`.

    Adding moves the average, reducing leaves it, crossing zero restarts it at the price of the fill. What doubles leave
    over when a leg is closed in pieces is zero.
    """
    after = quantity + change
    if abs(after) <= DUST * max(abs(quantity), abs(change)):
        after = 0.0
    if quantity == 0.0:
        return after, (price if after != 0.0 else math.nan), 0.0
    if (quantity > 0.0) == (change > 0.0) or change == 0.0:
        return after, (quantity * average + change * price) / after, 0.0
    closed = quantity if (after > 0.0) != (quantity > 0.0) else -change
    realized = closed * (average - price) if is_short else closed * (price - average)
    if after == 0.0:
        return 0.0, math.nan, realized
    return after, (average if (after > 0.0) == (quantity > 0.0) else price), realized


def settled(quantity: float, largest: float) -> float:
    """The quantity, or zero when it is what doubles leave over of the largest one that was held."""
    return 0.0 if abs(quantity) <= DUST * largest else quantity


def unrealized(quantity: float, average: float, mark: float, is_short: bool = False) -> float:
    """What closing the leg at `mark` would realise; zero when it is flat."""
    if quantity == 0.0:
        return 0.0
    return quantity * (average - mark) if is_short else quantity * (mark - average)


def fee(quantity: float, price: float, rate: float) -> float:
    """The fee of a fill, on its notional; negative for a rebate (V-09)."""
    return abs(quantity) * price * rate


def funding_received(signed_quantity: float, mark: float, rate: float) -> float:
    """What a position receives at a funding instant: a positive rate lets longs pay (V-10)."""
    return -signed_quantity * mark * rate

"""Limits: what a leg can come to if everything that is out is filled, and whether that may be (I6, I8, design §7).

Quantities are in the leg's own terms, in base currency; `plus` and `minus` are the open rests of orders that would
raise and lower it, both at or above zero. Limits are compared within a billionth, so that a boundary belongs to it.
"""

from __future__ import annotations

import math

WHISKER = 1e-9
LEAST_WHISKER = 1e-12


def worst_quantity(held: float, plus: float, minus: float) -> float:
    """The largest size that a leg can come to: any of its orders may be filled, and none has to be."""
    return max(abs(held), held + plus, minus - held)


def is_beyond(size: float, limit: float) -> bool:
    """Whether a size passes a limit. Where one of them is not ready it does."""
    return not size <= limit + max(WHISKER * abs(limit), LEAST_WHISKER)


def is_refused(before: float, after: float, limit: float) -> bool:
    """Whether an order is refused that takes the worst case from `before` to `after`: never if it does not raise it."""
    if after <= before + LEAST_WHISKER * max(1.0, abs(before)):
        return False
    return is_beyond(after, limit)


def reduces(quantity: float, change: float) -> bool:
    """Whether a change brings a quantity towards zero, and not beyond it."""
    if quantity == 0.0 or change == 0.0:
        return False
    return (quantity > 0.0) != (change > 0.0) and abs(change) <= abs(quantity) * (1.0 + LEAST_WHISKER)


def slippage_limit(reference: float, share: float, is_buy: bool) -> float:
    """The worst price at which an order may be filled; NaN without a reference."""
    return reference * (1.0 + share) if is_buy else reference * (1.0 - share)


def stricter_price(a: float, b: float, is_buy: bool) -> float:
    """The nearer of two worst prices; one that is NaN does not count."""
    if a != a:
        return b
    if b != b:
        return a
    return min(a, b) if is_buy else max(a, b)


def opening_budget(most: float) -> float:
    """How many of `most` orders in a time may open: a tenth, at least one, is kept for those that reduce."""
    if not most >= 2.0:
        return most
    return most - max(1.0, math.floor(most / 10.0))

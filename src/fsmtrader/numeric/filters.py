"""A contract's filters: an order that breaks one is refused, never rounded (V-24)."""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import close
from fsmtrader.numeric.rounding import is_multiple

PASSED = 0
TICK = 1
LOT = 2
MIN_QUANTITY = 3
MAX_QUANTITY = 4
MIN_NOTIONAL = 5
PRICE = 6


def breach(
    price: float,
    quantity: float,
    tick: float,
    lot: float,
    least_quantity: float,
    most_quantity: float,
    least_notional: float,
    value_price: float,
    reduces: bool,
) -> int:
    """The first filter that an order breaks, or PASSED. Order: price, tick, lot, quantities, notional.

    `price` NaN is at the market; `value_price` is what its notional is counted at then. An order that only reduces may
    have any notional: a rest can always be closed.
    """
    if not math.isnan(price):
        if not 0.0 < price < math.inf:
            return PRICE
        if not is_multiple(price, tick):
            return TICK
    if not is_multiple(quantity, lot):
        return LOT
    if not quantity > 0.0 or (quantity < least_quantity and not close(quantity, least_quantity)):
        return MIN_QUANTITY
    if quantity > most_quantity and not close(quantity, most_quantity):
        return MAX_QUANTITY
    notional = quantity * (value_price if math.isnan(price) else price)
    if not reduces and notional < least_notional and not close(notional, least_notional):
        return MIN_NOTIONAL
    return PASSED


def power_of_ten_below(value: float) -> tuple[float, int]:
    """The greatest power of ten that is not above a value, and its exponent; `value` above zero and finite."""
    power, exponent = 1.0, 0
    while power * 10.0 <= value and exponent < 300:
        exponent += 1
        power = power * 10.0
    inverse = 1.0
    while value * inverse < 1.0 and exponent > -300:
        exponent -= 1
        inverse = inverse * 10.0
        power = 1.0 / inverse
    return power, exponent


def tick_for(price: float) -> float:
    """A tick for a contract that nobody knows, from its price: five digits (60,000: 1; 3,000: 0.1; 0.5: 0.00001)."""
    _, exponent = power_of_ten_below(price)
    return ten_to(exponent - 4)


def lot_for(price: float) -> float:
    """A lot for a contract that nobody knows: the greatest power of ten whose worth is at most five in quote."""
    _, exponent = power_of_ten_below(5.0 / price)
    return ten_to(exponent)


def ten_to(exponent: int) -> float:
    """A power of ten as the double nearest to it, within the powers that doubles hold whole."""
    power = 1.0
    for _ in range(abs(exponent)):
        power = power * 10.0
    return 1.0 / power if exponent < 0 else power

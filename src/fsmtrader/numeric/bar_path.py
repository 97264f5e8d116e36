"""Bars as a path of four prices, for orders that rest: O-H-L-C or O-L-H-C, the nearer extreme first (V-16).

A path is a guess, so it serves pessimistically: an order is filled only if the path goes some ticks through its price.
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import close


def is_up_first(open_price: float, high: float, low: float, close_price: float) -> bool:
    """Whether the path goes to the high first: the nearer extreme; of two equal ones not the bar's own way."""
    up, down = high - open_price, open_price - low
    return close_price < open_price if up == down else up < down


def penetrates(price: float, extreme: float, tick: float, ticks: float, is_buy: bool) -> bool:
    """Whether an extreme goes through a price by `ticks` ticks; without a grid by anything at all. 0 ticks: a touch."""
    level = price - ticks * tick if is_buy else price + ticks * tick
    if close(extreme, level):
        return ticks == 0.0 or tick > 0.0
    return extreme < level if is_buy else extreme > level


def way_to(
    price: float, open_price: float, high: float, low: float, is_up: bool, tick: float, ticks: float, is_buy: bool
) -> float:
    """How far the path has gone when an order at `price` is filled, in quote currency; infinite if it never is.

    Orders are served in this order. The last part of the path, to the close, reaches nothing that was not reached.
    """
    extreme = low if is_buy else high
    if not penetrates(price, extreme, tick, ticks, is_buy):
        return math.inf
    straight = open_price - price if is_buy else price - open_price
    if straight <= 0.0:
        return 0.0
    if is_buy:
        return straight + 2.0 * (high - open_price) if is_up else straight
    return straight if is_up else straight + 2.0 * (open_price - low)


def price_in_gap(price: float, opening: float, post_only: bool, is_buy: bool) -> float:
    """The price of a resting order whose bar opens at the touch `opening`, maybe beyond the order.

    Never better than its own price if it is post-only, else what the open gives (V-16).
    """
    if post_only:
        return price
    return min(price, opening) if is_buy else max(price, opening)

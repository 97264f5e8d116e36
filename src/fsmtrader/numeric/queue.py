"""The queue before an order that rests in a book (V-14), by hftbacktest's models, and who is filled at a touch (V-15).

Where a level becomes smaller without a trade, somebody has left, before the order or behind it: a model says where.
What was traded at the price since the level was told is in its new size, and counts once.

Sizes are in base currency. An infinite size is one that nobody told.
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import close
from fsmtrader.numeric.depth import Levels, level_count, place_of, size_in, stands_at

RISK_AVERSE, POWER, LOG = 0, 1, 2
"""the numbers of `domain.queues.Leaving`"""


def queue_in(side: Levels, price: float, is_bid: bool) -> float:
    """What stands at a price of an order's own side: what an order that comes to rest there finds before it.

    Beyond the last level that is told, books go on: infinite, until the level is told or others are beyond it.
    """
    place = place_of(side, price, is_bid)
    if stands_at(side, place, price):
        return size_in(side, place)
    return math.inf if place == 0 and level_count(side) > 0 else 0.0


def weight(size: float, model: int, power: float) -> float:
    """How likely somebody of a part of a queue leaves, beside the other part's weight."""
    if model == LOG:
        return math.log(1.0 + size)
    if power == 1.0:
        return size
    if power == 2.0:
        return size * size
    if power == 3.0:
        return size * size * size
    return float(size**power)


def share_behind(ahead: float, behind: float, model: int, power: float) -> float:
    """The share of those who leave that stood behind: `f(behind) / (f(behind) + f(ahead))`."""
    back = weight(behind, model, power)
    both = back + weight(ahead, model, power)
    return back / both if both > 0.0 else 1.0


def after_level(ahead: float, traded: float, before: float, now: float, model: int, power: float) -> float:
    """What stands before an order whose level is told anew: `before` was displayed there, `now` is.

    `traded` came off the level since `before` was told, and has lowered `ahead` already. Whoever joins stands behind.
    """
    left = before - now - traded
    if model == RISK_AVERSE or not left > 0.0 or math.isinf(ahead) or math.isinf(left):
        return min(ahead, now)
    behind = max(before - ahead, 0.0)
    share = share_behind(ahead, behind, model, power)
    moved = ahead - (1.0 - share) * left + min(behind - share * left, 0.0)
    return min(max(moved, 0.0), now)


def is_through(traded: float, price: float, is_buy: bool) -> bool:
    """Whether a trade went through a resting order's price: all who stood there had been served (V-14)."""
    if close(traded, price):
        return False
    return traded < price if is_buy else traded > price


def mixed(number: int) -> int:
    """The last 32 bits of a number, thrown about: those of numbers that follow each other have nothing in common.

    Every product fits the integers of compiled code.
    """
    bits = number & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return bits ^ (bits >> 16)


def chance(seed: int, number: int) -> float:
    """From 0 up to 1, spread evenly over numbers; seed and number alone decide (V-15, V-22)."""
    return mixed(mixed(seed) + number) / 4294967296.0

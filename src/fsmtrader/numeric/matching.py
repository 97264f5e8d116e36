"""Matching against a touch and a tape: what an order that takes gets, and what one that rests.

V-02, V-03, V-14, V-15 and V-17 of the requirements.

A price NaN means: at the market. A touch that is not known is NaN, a displayed size that is not known is infinite.
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import close
from fsmtrader.numeric.depth import Levels, consume, is_within, level_count, price_in, size_in, used_in
from fsmtrader.numeric.ledger import settled

ROUNDING = 1e-9
"""of sizes that are subtracted: what is less is none"""


def spread_around(price: float, half_spread: float) -> tuple[float, float]:
    """`(bid, ask)` around a price where no book is told; `half_spread` is a share of the price."""
    return price * (1.0 - half_spread), price * (1.0 + half_spread)


def is_marketable(price: float, bid: float, ask: float, is_buy: bool) -> bool:
    """Whether an order would take at this touch: a buy at or above the ask, a sell at or below the bid (V-02)."""
    touch = ask if is_buy else bid
    if math.isnan(touch):
        return False
    if math.isnan(price) or close(price, touch):
        return True
    return price > touch if is_buy else price < touch


def take(
    quantity: float, price: float, touch: float, displayed: float, impact: float, is_buy: bool
) -> tuple[float, float, float]:
    """What an order that takes gets: `(at the touch, beyond it, price beyond it)`.

    At the touch at most what is displayed. Beyond it only an order at the market goes, at a price that is worse by the
    share `impact`: how deep the book is behind its touch is not told (V-03).
    """
    first = min(quantity, max(displayed, 0.0))
    if not math.isnan(price):
        return first, 0.0, math.nan
    return first, quantity - first, touch * (1.0 + impact if is_buy else 1.0 - impact)


def left_in(side: Levels, place: int) -> float:
    """What own orders have left of a level."""
    size = size_in(side, place)
    return max(settled(size - used_in(side, place), size), 0.0)


def unused(side: Levels, limit: float, is_bid: bool) -> float:
    """What own orders have left within a limit of all that a side displays (V-04, V-17); NaN is no limit."""
    total = 0.0
    for place in range(level_count(side) - 1, -1, -1):
        if not is_within(price_in(side, place), limit, is_bid):
            break
        total += left_in(side, place)
    return total


def take_level(side: Levels, quantity: float, limit: float, is_bid: bool) -> tuple[int, float]:
    """Take of the best level within a limit that own orders have left something of: `(its place, what of it)` (V-03).

    It is used up by as much. What is taken is 0 where there is nothing, and the place that of the last level looked at,
    -1 on an empty side.
    """
    last = -1
    for place in range(level_count(side) - 1, -1, -1):
        if not is_within(price_in(side, place), limit, is_bid):
            break
        last = place
        left = left_in(side, place)
        if left > 0.0:
            part = min(quantity, left)
            consume(side, place, part)
            return place, part
    return last, 0.0


def crossed(price: float, opposite: float, is_buy: bool) -> bool:
    """Whether the other side's touch has come to a resting order's price, or through it (V-15)."""
    if math.isnan(opposite):
        return False
    return close(opposite, price) or (opposite < price if is_buy else opposite > price)


def queue_at(price: float, touch: float, displayed: float, is_buy: bool) -> float:
    """What stands before an order that comes to rest: the displayed size at the touch, nothing before it.

    Behind the touch the book is not told: infinite, until the touch comes to the order's price (V-15).
    """
    if math.isnan(touch):
        return 0.0
    if close(price, touch):
        return displayed
    return 0.0 if (price > touch) == is_buy else math.inf


def queue_after_book(ahead: float, price: float, touch: float, displayed: float, is_buy: bool) -> float:
    """What stands before a resting order when its own side's touch is told anew: never more than is displayed there."""
    return min(ahead, queue_at(price, touch, displayed, is_buy))


def past(size: float, before: float) -> float:
    """What is left of a size when as much as `before` of it is gone; what only rounding leaves is nothing."""
    rest = size - before
    return rest if rest > ROUNDING * before else 0.0


def after_trade(
    left: float, ahead: float, used: float, price: float, traded: float, size: float, is_buy: bool
) -> tuple[float, float]:
    """A trade meets a resting order: `(filled, ahead)`. `used` is what own orders had of this trade already (V-17).

    At the order's price the trade eats the queue first; through it there is no queue any more (V-14).
    """
    if close(traded, price):
        return min(left, past(size, ahead + used)), past(ahead, size)
    if (traded < price) == is_buy:
        return min(left, past(size, used)), 0.0
    return 0.0, ahead


def hits(aggressor: float, is_buy: bool) -> bool:
    """Whether a trade came to this side of the book: `aggressor` +1 bought, -1 sold, NaN is not told."""
    return math.isnan(aggressor) or (aggressor < 0.0) == is_buy

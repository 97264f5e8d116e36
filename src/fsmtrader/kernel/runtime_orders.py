"""Own orders that rest in a book, as a scout keeps them: what an event means for them, without a fill.

An event that would fill one is the machine's. The others only tell how much stands before an order (V-14, V-15): the
same numbers as `venues/simulated/resting.py`, from the same functions of the numeric heart.

`own` is one market's orders: a header and `ORDER` numbers an order, in order of time.
"""

from __future__ import annotations

import math

from fsmtrader.domain.market import Kind
from fsmtrader.numeric.compare import close
from fsmtrader.numeric.depth import (
    COLUMNS,
    COUNT,
    HEADER,
    Levels,
    available,
    estimate,
    is_within,
    place_of,
    places_in,
    stands_at,
)
from fsmtrader.numeric.matching import after_trade, crossed, hits, queue_after_book
from fsmtrader.numeric.queue import after_level, is_through, queue_in

N_RESTING, LEAVING, LEAVING_POWER, BUY_REACH, SELL_REACH, BUY_FAR, SELL_FAR = range(7)
OWN_HEADER = 7
"""the prices at which own orders rest, nearest to the market and farthest from it, are those of `book.Book`"""
OWN_PRICE, OWN_LEFT, AHEAD, SHOWN, TRADED, IS_BUY = range(6)
ORDER = 6
TRADE_GRAIN = int(Kind.TRADE)
MOST_RESTING = 64
"""orders of a market that a scout takes along; with more the machine goes alone"""


# -- what an event does to them ----------------------------------------------------------------------------------------


def is_reached(own: Levels, bid: float, ask: float) -> bool:
    """Whether the other side's touch has come to an own order, or through it."""
    for k in range(OWN_HEADER, OWN_HEADER + ORDER * int(own[N_RESTING]), ORDER):
        is_buy = own[k + IS_BUY] != 0.0
        if crossed(own[k + OWN_PRICE], ask if is_buy else bid, is_buy):
            return True
    return False


def is_near(own: Levels, low: float, high: float) -> bool:
    """Whether a touch comes near own orders (`Book.concerns`)."""
    return own[N_RESTING] > 0.0 and not (low > own[BUY_REACH] and high < own[SELL_REACH])


def note_touch(own: Levels, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
    """A touch is told anew that has come to no own order."""
    for k in range(OWN_HEADER, OWN_HEADER + ORDER * int(own[N_RESTING]), ORDER):
        is_buy = own[k + IS_BUY] != 0.0
        touch, size = (bid, bid_size) if is_buy else (ask, ask_size)
        own[k + AHEAD] = queue_after_book(own[k + AHEAD], own[k + OWN_PRICE], touch, size, is_buy)


def would_fill(own: Levels, grain: int, price: float, size: float, aggressor: float) -> bool:
    """Whether a trade would fill any of them, or may."""
    if not (own[N_RESTING] > 0.0 and (price <= own[BUY_REACH] or price >= own[SELL_REACH])):
        return False
    for k in range(OWN_HEADER, OWN_HEADER + ORDER * int(own[N_RESTING]), ORDER):
        is_buy = own[k + IS_BUY] != 0.0
        if not hits(aggressor, is_buy):
            continue
        if is_through(price, own[k + OWN_PRICE], is_buy):
            return True
        filled, _ = after_trade(own[k + OWN_LEFT], own[k + AHEAD], 0.0, own[k + OWN_PRICE], price, size, is_buy)
        if filled > 0.0 or (grain == TRADE_GRAIN and close(price, own[k + OWN_PRICE])):
            return True
    return False


def note_trade(own: Levels, price: float, size: float, aggressor: float) -> None:
    """A trade that fills none of them lowers what stands before those at its price."""
    if not (own[N_RESTING] > 0.0 and (price <= own[BUY_REACH] or price >= own[SELL_REACH])):
        return
    for k in range(OWN_HEADER, OWN_HEADER + ORDER * int(own[N_RESTING]), ORDER):
        is_buy = own[k + IS_BUY] != 0.0
        if hits(aggressor, is_buy):
            own[k + TRADED] += size if close(price, own[k + OWN_PRICE]) else 0.0
            _, ahead = after_trade(own[k + OWN_LEFT], own[k + AHEAD], 0.0, own[k + OWN_PRICE], price, size, is_buy)
            own[k + AHEAD] = ahead


def note_level(own: Levels, price: float, size: float, is_bid: bool) -> None:
    """A level is told anew (`Book.move_queue`)."""
    low = own[BUY_FAR] if is_bid else own[SELL_REACH]
    high = own[BUY_REACH] if is_bid else own[SELL_FAR]
    if own[N_RESTING] > 0.0 and low <= price <= high:
        move_queue(own, price, size, is_bid)


def move_queue(own: Levels, price: float, size: float, is_bid: bool) -> None:
    """The same, wherever the level is."""
    front = 0.0
    for k in range(OWN_HEADER, OWN_HEADER + ORDER * int(own[N_RESTING]), ORDER):
        if (own[k + IS_BUY] != 0.0) == is_bid and close(own[k + OWN_PRICE], price):
            before, traded = own[k + SHOWN], own[k + TRADED]
            ahead = after_level(own[k + AHEAD], traded, before, size, int(own[LEAVING]), own[LEAVING_POWER])
            front = max(front, ahead)
            own[k + AHEAD], own[k + SHOWN], own[k + TRADED] = front, size, 0.0


def settle_queues(own: Levels, bids: Levels, asks: Levels, renewed: bool) -> bool:
    """The book is whole (`Book.settle_queues`). Gives whether an order still waits where nothing is told."""
    end = OWN_HEADER + ORDER * int(own[N_RESTING])
    for k in range(OWN_HEADER, end, ORDER):
        is_buy, is_first = own[k + IS_BUY] != 0.0, True
        for other in range(OWN_HEADER, k, ORDER):
            is_same = own[other + OWN_PRICE] == own[k + OWN_PRICE] and own[other + IS_BUY] == own[k + IS_BUY]
            is_first = is_first and not is_same
        size = queue_in(bids if is_buy else asks, own[k + OWN_PRICE], is_buy)
        if renewed and is_first and size < math.inf:
            move_queue(own, own[k + OWN_PRICE], size, is_buy)
    deferred = False
    for k in range(OWN_HEADER, end, ORDER):
        if own[k + AHEAD] == math.inf:
            is_buy = own[k + IS_BUY] != 0.0
            own[k + AHEAD] = queue_in(bids if is_buy else asks, own[k + OWN_PRICE], is_buy)
            own[k + SHOWN] = own[k + AHEAD]
            deferred = deferred or own[k + AHEAD] == math.inf
    return deferred


# -- levels ------------------------------------------------------------------------------------------------------------


def tell_level(side: Levels, price: float, size: float, is_bid: bool) -> None:
    """`depth.set_level`, number by number: compiled code has no room here into which it could copy a part of a side."""
    place = place_of(side, price, is_bid)
    count, places = int(side[COUNT]), places_in(side)
    if stands_at(side, place, price):
        if size > 0.0:
            side[HEADER + places + place], side[HEADER + 2 * places + place] = size, 0.0
        else:
            close_gap(side, place, count)
        return
    if not size > 0.0 or (count == places and place == 0):
        return
    if count == places:
        close_gap(side, 0, count)
        count, place = count - 1, place - 1
    for column in range(COLUMNS):
        first = HEADER + column * places
        for k in range(first + count, first + place, -1):
            side[k] = side[k - 1]
    side[HEADER + place], side[HEADER + places + place], side[HEADER + 2 * places + place] = price, size, 0.0
    side[COUNT] = count + 1.0


def close_gap(side: Levels, place: int, count: int) -> None:
    """`depth.remove`."""
    places = places_in(side)
    for column in range(COLUMNS):
        first = HEADER + column * places
        for k in range(first + place, first + count - 1):
            side[k] = side[k + 1]
    side[COUNT] = count - 1.0


# -- what is asked of a book -------------------------------------------------------------------------------------------


def shown_within(
    has_levels: bool, bids: Levels, asks: Levels, bid: float, bid_size: float, ask: float, ask_size: float,
    is_buy: bool, limit: float,
) -> float:  # fmt: skip
    """`available`: what is displayed within a limit (NaN: all of it)."""
    if has_levels:
        return available(asks if is_buy else bids, limit, not is_buy)
    if is_within(ask if is_buy else bid, limit, not is_buy):
        return ask_size if is_buy else bid_size
    return 0.0


def price_of(
    has_book: bool, has_levels: bool, bids: Levels, asks: Levels, bid: float, bid_size: float, ask: float,
    ask_size: float, is_buy: bool, quantity: float, is_average: bool,
) -> float:  # fmt: skip
    """`worst_price` and `vwap`: what an order would reach, or pay on average."""
    if has_levels:
        worst, average, _ = estimate(asks if is_buy else bids, quantity)
        return average if is_average else worst
    size = ask_size if is_buy else bid_size
    if quantity != quantity or (has_book and not quantity <= size):
        return math.nan
    return ask if is_buy else bid


OF_ORDERS = (
    close_gap,
    tell_level,
    is_reached,
    is_near,
    note_touch,
    would_fill,
    note_trade,
    move_queue,
    note_level,
    settle_queues,
    shown_within,
    price_of,
)
"""everything here that compiled code calls, those that others call first"""

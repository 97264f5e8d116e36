"""The simulated venue with the compiled engine's own part beside it: what its loop makes of news that fill nobody.

The loop lets news go by and leaves those that may fill an order to the venue (`kernel.runtime_orders`). Here it is told
the same orders and levels before each of them. Where it says that nothing comes of it the venue has to fill nobody, and
both have to know the same levels, and the same queue before each order, to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import Filled
from fsmtrader.kernel import runtime_orders as loop
from fsmtrader.numeric.depth import clear
from fsmtrader.venues.simulated.book import Book

INF = float("inf")
QUEUED = (Kind.BOOK, Kind.DEPTH)


class BesideTheLoop:
    """A venue; `quiet` counts the news that the loop would have let go by while orders rested."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue
        self.take, self.cancel = venue.take, venue.cancel
        self.next_us, self.advance = venue.next_us, venue.advance
        self.position, self.cash = venue.position, venue.cash
        self.quiet = 0

    def news(self, event: MarketEvent) -> tuple[Any, ...]:
        book: Book = self._venue.books[event.market]
        own, orders = _told(book), list(book.orders)
        sides = [np.array(side) for side in (book.bids, book.asks)] if book.bids else []
        flags = book.in_snapshot, book.renewed, book.deferred
        answers: tuple[Any, ...] = self._venue.news(event)
        is_quiet = {Kind.BOOK: _at_touch, Kind.TRADE: _at_trade}.get(event.kind, _never)(own, book, event)
        if event.kind is Kind.DEPTH and sides:
            is_quiet = _at_level(own, sides, flags, event)
            for mine, its in zip(sides, (book.bids, book.asks), strict=True):
                assert mine[: 1 + int(mine[0])].tolist() == list(its[: 1 + int(its[0])]), "the levels"
        if is_quiet and orders:
            self.quiet += 1
            assert not any(isinstance(answer, Filled) and answer.maker for answer in answers)
            if book.grain in QUEUED and list(book.orders) == orders:
                found = [(order.ahead, order.shown, order.traded) for order in orders]
                assert found == [tuple(row[[loop.AHEAD, loop.SHOWN, loop.TRADED]]) for row in _rows(own)]
        return answers


def _told(book: Book) -> Any:
    """Own orders as the loop is told them."""
    model = book.terms.queue
    told = [float(len(book.orders)), float(model.leaving), model.power]
    told += [book.buy_reach, book.sell_reach, book.buy_far, book.sell_far]
    for order in book.orders:
        told += [order.price, order.left, order.ahead, order.shown, order.traded, float(order.is_buy)]
    return np.array(told)


def _rows(own: Any) -> Any:
    return own[loop.OWN_HEADER :].reshape(-1, loop.ORDER)


def _never(own: Any, book: Book, event: MarketEvent) -> bool:
    return False


def _at_touch(own: Any, book: Book, event: MarketEvent) -> bool:
    if book.grain is not Kind.BOOK:
        return True
    low, high = min(event.a, event.c), max(event.a, event.c)
    if not loop.is_near(own, low, high):
        return True
    if loop.is_reached(own, event.a, event.c):
        return False
    sizes = [INF if size != size else size for size in (event.b, event.d)]
    loop.note_touch(own, event.a, sizes[0], event.c, sizes[1])
    return True


def _at_trade(own: Any, book: Book, event: MarketEvent) -> bool:
    size = INF if event.b != event.b else event.b
    if loop.would_fill(own, int(book.grain), event.a, size, event.c):
        return False
    loop.note_trade(own, event.a, size, event.c)
    return True


def _at_level(own: Any, sides: list[Any], flags: tuple[bool, bool, bool], event: MarketEvent) -> bool:
    """As the loop's text has it (`kernel.emit_book`)."""
    (bids, asks), (in_snapshot, _, deferred) = sides, flags
    renewed, is_whole = False, event.d in (1.0, 3.0)
    if event.d >= 2.0:
        clear(bids)
        clear(asks)
        in_snapshot = True
    if event.a == event.a:
        loop.tell_level(bids if event.c > 0.0 else asks, event.a, event.b, event.c > 0.0)
    if not is_whole:
        if event.a == event.a and not in_snapshot:
            loop.note_level(own, event.a, event.b, event.c > 0.0)
        return True
    renewed = in_snapshot
    bid, ask = (side[int(side[0])] if side[0] > 0.0 else float("nan") for side in sides)
    if loop.is_reached(own, bid, ask):
        return False
    if event.a == event.a and not renewed:
        loop.note_level(own, event.a, event.b, event.c > 0.0)
    if own[loop.N_RESTING] > 0.0 and (renewed or deferred):
        loop.settle_queues(own, bids, asks, renewed)
    return True

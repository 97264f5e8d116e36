"""A market as the venue sees it: touch, last and mark, what own orders took of it, and the orders that rest in it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable

from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind, MarketEvent
from fsmtrader.numeric.compare import close
from fsmtrader.numeric.depth import (
    Levels,
    available,
    best_price,
    best_size,
    clear,
    level_count,
    new_side,
    set_level,
)
from fsmtrader.numeric.matching import crossed, left_in, queue_at, spread_around, take_level, unused
from fsmtrader.numeric.queue import after_level, queue_in
from fsmtrader.venues.simulated.orders import Working
from fsmtrader.venues.simulated.participation import Participation
from fsmtrader.venues.simulated.terms import VenueMarket

NAN = math.nan
INF = math.inf
BEFORE = -(2**62)
WHISKER = 1e-8
"""more than two prices that are the same may differ, as a share"""
MARK, BOOK, TRADE, BAR, DEPTH = Kind.MARK, Kind.BOOK, Kind.TRADE, Kind.BAR, Kind.DEPTH
WHOLE = LAST + FIRST_OF_SNAPSHOT
"""one row that is all of a message"""


def _nobody(client_id: str, ahead: float) -> None:
    """Nobody wants to know where an order has come to rest."""


class Book:
    """One market. The finest data that was told decides how orders are matched: the levels of the book, else its touch,
    else trades, else bars.

    While the mark is between `safe_low` and `safe_high` nobody can be liquidated; outside, accounts are looked at.
    """

    __slots__ = (
        "ask",
        "ask_size",
        "ask_used",
        "asks",
        "bar_us",
        "beyond",
        "bid",
        "bid_size",
        "bid_used",
        "bids",
        "buy_far",
        "buy_reach",
        "deferred",
        "funding_mark",
        "grain",
        "has_marks",
        "in_snapshot",
        "index",
        "last",
        "mark",
        "opened_us",
        "orders",
        "participation",
        "renewed",
        "safe_high",
        "safe_low",
        "seated",
        "sell_far",
        "sell_reach",
        "terms",
        "waiting",
    )

    def __init__(self, index: int, terms: VenueMarket) -> None:
        self.index = index
        self.terms = terms
        self.grain: Kind = MARK
        """MARK: no price has been told yet"""
        self.last = self.mark = self.funding_mark = self.bid = self.ask = NAN
        self.bid_size = self.ask_size = INF
        self.bid_used = self.ask_used = 0.0
        """what own orders had of the displayed size (V-17)"""
        self.bids: Levels = array("d")
        self.asks: Levels = array("d")
        """the levels, once some are told (`numeric.depth`), with what own orders had of each"""
        self.in_snapshot = False
        """the levels are told one by one, from none"""
        self.renewed = False
        """the row that was told last has ended a message that tells all levels anew"""
        self.deferred = False
        """an own order waits where nothing is told: what stands before it is not known yet"""
        self.participation = Participation()
        self.beyond = 0
        """market orders that wanted more than was displayed"""
        self.opened_us = self.bar_us = BEFORE
        """when the last bar began and ended"""
        self.orders: list[Working] = []
        """resting, in order of time"""
        self.buy_reach, self.sell_reach = -INF, INF
        """the prices nearest to the market at which own orders rest, with a whisker"""
        self.buy_far, self.sell_far = INF, -INF
        """those farthest from it"""
        self.waiting: list[Working] = []
        """arrived within a bar, to be judged when it is told"""
        self.seated: Callable[[str, float], None] = _nobody
        """who is told of each order that comes to rest, and what stands before it then"""
        self.safe_low, self.safe_high = -INF, INF
        self.has_marks = False

    def see(self, event: MarketEvent) -> bool:
        """Take in what is told. Finer data replaces coarser; coarser data beside it changes nothing.

        Gives whether the market is whole: not within a message about its levels.
        """
        _, kind, _, bid, bid_size, ask, ask_size, _ = event
        if kind is DEPTH:
            return self._level(bid, bid_size, ask > 0.0, ask_size)
        if kind is BOOK:
            if self.grain is not DEPTH:
                self.grain = BOOK
                self._touch(bid, bid_size, ask, ask_size)
        elif kind is BAR:
            self.opened_us, self.bar_us = self.bar_us, event.time_us
            if self.grain is BAR or self.grain is MARK:
                self.grain = BAR
                self._price(event.d)
        elif kind is TRADE:
            self.last = event.a
            if self.grain is not BOOK and self.grain is not DEPTH:
                self.grain = TRADE
                self._price(event.a)
        elif kind is MARK:
            self.funding_mark = event.a
            if not self.terms.coarse_marks:
                self.mark = event.a
                self.has_marks = True
        return True

    def _level(self, price: float, size: float, is_bid: bool, place: float) -> bool:
        """Take in one level; gives whether it ended its message."""
        if not self.bids:
            self.bids, self.asks = new_side(), new_side()
        self.renewed = False
        if place >= FIRST_OF_SNAPSHOT:
            clear(self.bids)
            clear(self.asks)
            self.in_snapshot = True
        if price == price:
            set_level(self.bids if is_bid else self.asks, price, size, is_bid)
        if place != LAST and place != WHOLE:
            return False
        if self.in_snapshot:
            self.in_snapshot, self.renewed = False, True
        self.grain = DEPTH
        self.bid, self.bid_size = best_price(self.bids), best_size(self.bids)
        self.ask, self.ask_size = best_price(self.asks), best_size(self.asks)
        if not self.has_marks:
            self.mark = _middle(self.bid, self.ask)
        return True

    def touch(self, is_buy: bool) -> float:
        """What an order of this side would take."""
        return self.ask if is_buy else self.bid

    def displayed(self, is_buy: bool) -> float:
        """What is left of the size that an order of this side would take at the touch."""
        if self.grain is DEPTH:
            side = self.asks if is_buy else self.bids
            best = level_count(side) - 1
            return left_in(side, best) if best >= 0 else 0.0
        return self.ask_size - self.ask_used if is_buy else self.bid_size - self.bid_used

    def consume(self, is_buy: bool, quantity: float) -> None:
        """An order of this side had some of what the touch displays; nobody else gets it."""
        if is_buy:
            self.ask_used += quantity
            self.participation.note(self.ask_used, self.ask_size)
        else:
            self.bid_used += quantity
            self.participation.note(self.bid_used, self.bid_size)

    def has_come_to(self, order: Working) -> bool:
        """Whether the other side's levels have come to a resting order's price, or through it, with anything that own
        orders have not had: what an order has left of a level that it took is not met by that level (V-14, V-17)."""
        if not crossed(order.price, self.touch(order.is_buy), order.is_buy):
            return False
        return unused(self.asks if order.is_buy else self.bids, order.price, not order.is_buy) > 0.0

    def give_way(self, price: float, is_buy: bool, quantity: float) -> None:
        """The touch has come to a resting order, or through it: what stands there met it, and meets nobody else."""
        side, left = (self.asks if is_buy else self.bids), quantity
        self.participation.note(quantity, available(side, price, not is_buy))
        part = left
        while left > 0.0 and part > 0.0:
            _, part = take_level(side, left, price, not is_buy)
            left -= part

    def add(self, order: Working) -> None:
        """An order comes to rest."""
        self.orders.append(order)
        self._reach()

    def remove(self, order: Working) -> None:
        """An order that rests or waits is gone."""
        (self.orders if order in self.orders else self.waiting).remove(order)
        self._reach()

    def concerns(self, event: MarketEvent) -> bool:
        """Whether an event comes near an order that rests, or an order waits for it. Most do not."""
        kind = event.kind
        if kind == DEPTH:
            return self._moves_queue(event.a, event.c > 0.0) or (not self.in_snapshot and self._is_reached())
        if kind == BAR:
            return bool(self.waiting) or event.c <= self.buy_reach or event.b >= self.sell_reach
        if kind == BOOK:
            is_away = min(event.a, event.c) > self.buy_reach and max(event.a, event.c) < self.sell_reach
            return self.grain is BOOK and not is_away
        return kind == TRADE and (event.a <= self.buy_reach or event.a >= self.sell_reach)

    def _moves_queue(self, price: float, is_bid: bool) -> bool:
        """Whether a level that is told anew may be one at which own orders rest."""
        if self.in_snapshot:
            return False
        return self.buy_far <= price <= self.buy_reach if is_bid else self.sell_reach <= price <= self.sell_far

    def _is_reached(self) -> bool:
        """Whether own orders have to be looked at once the book is whole."""
        return self.renewed or self.deferred or self.bid >= self.sell_reach or self.ask <= self.buy_reach

    def seat(self, order: Working) -> None:
        """An order has come to rest: find what stands before it (V-14, V-15)."""
        if self.grain is DEPTH:
            order.ahead = order.shown = self._standing(order.price, order.is_buy)
            self.deferred = self.deferred or order.ahead == INF
        else:
            shown = self.bid_size - self.bid_used if order.is_buy else self.ask_size - self.ask_used
            order.ahead = queue_at(order.price, self.touch(not order.is_buy), shown, order.is_buy)
        self.seated(order.client_id, order.ahead)

    def move_queue(self, price: float, size: float, is_bid: bool) -> None:
        """A level is told anew: others have left it or joined it. Own orders keep their own order."""
        model, front, near = self.terms.queue, 0.0, price * WHISKER
        for order in self.orders:
            if order.is_buy is is_bid and abs(order.price - price) <= near and close(order.price, price):
                ahead = after_level(order.ahead, order.traded, order.shown, size, model.leaving, model.power)
                order.ahead = front = max(front, ahead)
                order.shown, order.traded = size, 0.0

    def settle_queues(self) -> None:
        """The book is whole: what stands before own orders, after all levels were told or where none was."""
        for price, is_bid in {(order.price, order.is_buy): None for order in self.orders if self.renewed}:
            size = self._standing(price, is_bid)
            if size < INF:
                self.move_queue(price, size, is_bid)
        self.deferred = False
        for order in self.orders:
            if order.ahead == INF:
                order.ahead = order.shown = self._standing(order.price, order.is_buy)
                self.deferred = self.deferred or order.ahead == INF

    def _standing(self, price: float, is_bid: bool) -> float:
        """What stands at a price of a side; infinite beyond what is told."""
        return queue_in(self.bids if is_bid else self.asks, price, is_bid)

    def _reach(self) -> None:
        buys = [order.price for order in self.orders if order.is_buy]
        sells = [order.price for order in self.orders if not order.is_buy]
        self.buy_reach = max(buys) * (1.0 + WHISKER) if buys else -INF
        self.sell_reach = min(sells) * (1.0 - WHISKER) if sells else INF
        self.buy_far = min(buys) * (1.0 - WHISKER) if buys else INF
        self.sell_far = max(sells) * (1.0 + WHISKER) if sells else -INF

    def place(self, bid: float, ask: float) -> None:
        """Hold this touch, of any size, for orders that are judged at a bar's open."""
        self.bid, self.ask = bid, ask

    def waits(self, now_us: int) -> bool:
        """Whether what arrives now has to wait for the next bar: bars tell no price between their ends."""
        return self.grain == BAR and now_us > self.bar_us

    def _price(self, price: float) -> None:
        self.last = price
        half = self.terms.half_spread
        self.bid, self.ask = spread_around(price, half) if half else (price, price)
        if not self.has_marks:
            self.mark = price

    def _touch(self, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        bid_size = INF if bid_size != bid_size else bid_size
        ask_size = INF if ask_size != ask_size else ask_size
        if bid != self.bid or bid_size != self.bid_size:
            self.bid, self.bid_size, self.bid_used = bid, bid_size, 0.0
        if ask != self.ask or ask_size != self.ask_size:
            self.ask, self.ask_size, self.ask_used = ask, ask_size, 0.0
        if not self.has_marks:
            self.mark = _middle(bid, ask)


def _middle(bid: float, ask: float) -> float:
    """Of a touch; where one side is empty, the other one."""
    return (bid + ask) / 2.0 if bid == bid and ask == ask else ask if bid != bid else bid

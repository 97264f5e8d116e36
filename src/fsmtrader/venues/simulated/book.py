"""A market as the venue sees it: touch, last and mark, what own orders took of it, and the orders that rest in it."""

from __future__ import annotations

import math

from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.numeric.matching import spread_around
from fsmtrader.venues.simulated.orders import Working
from fsmtrader.venues.simulated.terms import VenueMarket

NAN = math.nan
INF = math.inf
BEFORE = -(2**62)
WHISKER = 1e-8
"""more than two prices that are the same may differ, as a share"""
MARK, BOOK, TRADE, BAR = Kind.MARK, Kind.BOOK, Kind.TRADE, Kind.BAR


class Book:
    """One market. The finest data that was told decides how orders are matched: book, else trades, else bars.

    While the mark is between `safe_low` and `safe_high` nobody can be liquidated; outside, accounts are looked at.
    """

    __slots__ = (
        "ask",
        "ask_size",
        "ask_used",
        "bar_us",
        "beyond",
        "bid",
        "bid_size",
        "bid_used",
        "buy_reach",
        "funding_mark",
        "grain",
        "has_marks",
        "index",
        "last",
        "mark",
        "opened_us",
        "orders",
        "safe_high",
        "safe_low",
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
        self.beyond = 0
        """market orders that wanted more than was displayed"""
        self.opened_us = self.bar_us = BEFORE
        """when the last bar began and ended"""
        self.orders: list[Working] = []
        """resting, in order of time"""
        self.buy_reach, self.sell_reach = -INF, INF
        """the prices nearest to the market at which own orders rest, with a whisker"""
        self.waiting: list[Working] = []
        """arrived within a bar, to be judged when it is told"""
        self.safe_low, self.safe_high = -INF, INF
        self.has_marks = False

    def see(self, event: MarketEvent) -> None:
        """Take in what is told. Finer data replaces coarser; coarser data beside it changes nothing."""
        _, kind, _, bid, bid_size, ask, ask_size, _ = event
        if kind is BOOK:
            self.grain = BOOK
            self._touch(bid, bid_size, ask, ask_size)
        elif kind is BAR:
            self.opened_us, self.bar_us = self.bar_us, event.time_us
            if self.grain is BAR or self.grain is MARK:
                self.grain = BAR
                self._price(event.d)
        elif kind is TRADE:
            self.last = event.a
            if self.grain is not BOOK:
                self.grain = TRADE
                self._price(event.a)
        elif kind is MARK:
            self.funding_mark = event.a
            if not self.terms.coarse_marks:
                self.mark = event.a
                self.has_marks = True

    def touch(self, is_buy: bool) -> float:
        """What an order of this side would take."""
        return self.ask if is_buy else self.bid

    def displayed(self, is_buy: bool) -> float:
        """What is left of the size that an order of this side would take."""
        return self.ask_size - self.ask_used if is_buy else self.bid_size - self.bid_used

    def consume(self, is_buy: bool, quantity: float) -> None:
        """An order of this side had some of it; nobody else gets it."""
        if is_buy:
            self.ask_used += quantity
        else:
            self.bid_used += quantity

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
        if kind == BAR:
            return bool(self.waiting) or event.c <= self.buy_reach or event.b >= self.sell_reach
        if kind == BOOK:
            return not (min(event.a, event.c) > self.buy_reach and max(event.a, event.c) < self.sell_reach)
        return kind == TRADE and (event.a <= self.buy_reach or event.a >= self.sell_reach)

    def _reach(self) -> None:
        buys = [order.price for order in self.orders if order.is_buy]
        sells = [order.price for order in self.orders if not order.is_buy]
        self.buy_reach = max(buys) * (1.0 + WHISKER) if buys else -INF
        self.sell_reach = min(sells) * (1.0 - WHISKER) if sells else INF

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
            self.mark = (bid + ask) / 2.0 if bid == bid and ask == ask else ask if bid != bid else bid

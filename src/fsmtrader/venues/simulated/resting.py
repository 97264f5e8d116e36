"""The market moves: orders that rest are matched with a bar, a book or a trade (V-14…V-17)."""

from __future__ import annotations

from fsmtrader.domain.market import MarketEvent, is_last
from fsmtrader.numeric.bar_path import is_up_first, penetrates, price_in_gap, way_to
from fsmtrader.numeric.compare import close
from fsmtrader.numeric.matching import after_trade, crossed, hits, queue_after_book, spread_around
from fsmtrader.numeric.positions import room_in_bar
from fsmtrader.numeric.queue import chance, is_through
from fsmtrader.venues.simulated.arrival import close_bar, open_bar
from fsmtrader.venues.simulated.book import BAR, BOOK, DEPTH, TRADE, Book
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.messages import Messages
from fsmtrader.venues.simulated.orders import Working

INF = float("inf")


def match(exchange: Exchange, out: Messages, book: Book, event: MarketEvent) -> None:
    """Match the book's orders with an event that the book has seen."""
    kind = event.kind
    if kind == BAR and book.grain == BAR:
        _bar(exchange, out, book, event)
    elif kind == DEPTH:
        _depth(exchange, out, book, event)
    elif kind == BOOK:
        _book(exchange, out, book)
    elif kind == TRADE:
        _trade(exchange, out, book, event)


def _bar(exchange: Exchange, out: Messages, book: Book, event: MarketEvent) -> None:
    """Its open serves what was sent before it, its path what rests, its close what was sent meanwhile (V-16)."""
    opening, high, low, close = event.a, event.b, event.c, event.d
    for account in exchange.accounts.values():
        for position in account.positions.values():
            position.opened = 0.0
    closing = book.bid, book.ask
    bid, ask = spread_around(opening, book.terms.half_spread)
    book.place(bid, ask)
    open_bar(exchange, out, book)
    book.place(*closing)
    is_up = is_up_first(opening, high, low, close)
    found: list[tuple[float, Working]] = []
    for order in book.orders:
        way = way_to(order.price, opening, high, low, is_up, _tick(order), book.terms.ticks, order.is_buy)
        if way < INF:
            found.append((way, order))
    found.sort(key=lambda entry: entry[0])
    for _, order in found:
        if order.client_id in exchange.active:
            _fill_in_bar(exchange, out, order, ask if order.is_buy else bid)
    close_bar(exchange, out, book)


def _fill_in_bar(exchange: Exchange, out: Messages, order: Working, opening: float) -> None:
    position = order.leg.position
    quantity = min(order.left, room_in_bar(position.quantity, position.opened, order.is_buy))
    if quantity > 0.0:
        price = price_in_gap(order.price, opening, order.post_only, order.is_buy)
        _give(exchange, out, order, quantity, price, price == order.price)


def _book(exchange: Exchange, out: Messages, book: Book) -> None:
    """The touch has moved: it crosses an order, or tells how much stands before it."""
    for order in _by_priority(book):
        if order.client_id not in exchange.active:
            continue
        if crossed(order.price, book.touch(order.is_buy), order.is_buy):
            if _is_touched_only(book, order):
                continue
            quantity = min(order.left, book.displayed(order.is_buy))
            if quantity > 0.0:
                book.consume(order.is_buy, quantity)
                _give(exchange, out, order, quantity, order.price, True)
        else:
            size = book.bid_size if order.is_buy else book.ask_size
            order.ahead = queue_after_book(order.ahead, order.price, book.touch(not order.is_buy), size, order.is_buy)


def _is_touched_only(book: Book, order: Working) -> bool:
    """Whether quotes have only come to an order's price, and chance has it that others stood before it (V-15)."""
    terms = book.terms
    if terms.touched >= 1.0 or not close(order.price, book.touch(order.is_buy)):
        return False
    return chance(terms.seed, order.number) >= terms.touched


def _depth(exchange: Exchange, out: Messages, book: Book, event: MarketEvent) -> None:
    """A level is told anew; when the book is whole, its touch may have come to own orders, or through them (V-14)."""
    if event.a == event.a and not book.renewed:
        book.move_queue(event.a, event.b, event.c > 0.0)
    if not is_last(event):
        return
    if book.renewed or book.deferred:
        book.settle_queues()
    for order in [order for order in _by_priority(book) if book.has_come_to(order)]:
        if order.client_id in exchange.active:
            quantity = order.left
            book.give_way(order.price, order.is_buy, quantity)
            _give(exchange, out, order, quantity, order.price, True)


def _trade(exchange: Exchange, out: Messages, book: Book, event: MarketEvent) -> None:
    """A trade fills what stands in its way, own orders together at most its size (V-17).

    Among the levels of a book it fills all of an order whose price it has gone through, whatever its size (V-14).
    """
    price, aggressor = event.a, event.c
    size = INF if event.b != event.b else event.b
    has_queue = book.grain == BOOK or book.grain == DEPTH
    used = 0.0
    for order in _by_priority(book):
        if order.client_id not in exchange.active or not hits(aggressor, order.is_buy):
            continue
        if book.grain == DEPTH and is_through(price, order.price, order.is_buy):
            quantity = order.left
        elif has_queue:
            order.traded += size if close(price, order.price) else 0.0
            quantity, order.ahead = after_trade(order.left, order.ahead, used, order.price, price, size, order.is_buy)
        elif penetrates(order.price, price, _tick(order), book.terms.ticks, order.is_buy):
            quantity = min(order.left, max(size - used, 0.0))
        else:
            continue
        if quantity > 0.0:
            used += quantity
            book.participation.note(used, size)
            _give(exchange, out, order, quantity, order.price, True)


def _give(exchange: Exchange, out: Messages, order: Working, quantity: float, price: float, maker: bool) -> None:
    """Fill a resting order; when nothing is left of it, it is gone."""
    exchange.fill(out, order, quantity, price, maker)
    if order.left == 0.0:
        exchange.end(out, order)


def _by_priority(book: Book) -> list[Working]:
    """Own orders as a book serves them: the better price first, then the older. Buys and sells do not meet."""
    return sorted(book.orders, key=lambda order: -order.price if order.is_buy else order.price)


def _tick(order: Working) -> float:
    instrument = order.leg.position.terms.instrument
    return 0.0 if instrument is None else instrument.tick

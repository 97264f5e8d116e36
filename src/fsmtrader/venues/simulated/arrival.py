"""An order arrives: it is refused, filled as far as it takes, and rests or is gone (V-01…V-07, V-19, V-24)."""

from __future__ import annotations

import math

from fsmtrader.domain.orders import Accepted, OrderIntent, Style
from fsmtrader.numeric.depth import price_in, size_in, used_in
from fsmtrader.numeric.filters import PASSED, breach
from fsmtrader.numeric.ledger import settled
from fsmtrader.numeric.matching import is_marketable, take, take_level, unused
from fsmtrader.numeric.positions import opening_part, reducing_part, shrunk
from fsmtrader.numeric.rounding import round_price
from fsmtrader.venues.simulated.account import EPSILON, Account
from fsmtrader.venues.simulated.book import DEPTH, Book
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.messages import Messages
from fsmtrader.venues.simulated.orders import Working
from fsmtrader.venues.simulated.terms import Side

REASONS = ("", "tick", "lot", "min_quantity", "max_quantity", "min_notional", "price")
"""by the number that `filters.breach` gives"""


def arrive(exchange: Exchange, out: Messages, intent: OrderIntent, now_us: int, sent_us: int) -> None:
    """An order that was sent at `sent_us` has arrived at the venue."""
    leg = exchange.legs[intent.leg]
    book = exchange.books[leg.position.market]
    order = Working(intent, leg, sent_us - leg.account.terms.profile.latency.feed_us)
    reason = _refusal(exchange, book, order)
    if reason:
        exchange.refuse(out, order, reason)
    elif book.waits(now_us):
        exchange.active[order.client_id] = order
        book.waiting.append(order)
        out.tell(leg.account, Accepted(order.client_id))
    else:
        judge(exchange, out, book, order)


def judge(exchange: Exchange, out: Messages, book: Book, order: Working) -> None:
    """Judge an order against the touch of this moment: refuse it, let it take, let it rest."""
    account, position = order.leg.account, order.leg.position
    waited = order.client_id in exchange.active
    if waited:
        del exchange.active[order.client_id]
    if order.reduces:
        order.shrink(shrunk(order.left, position.quantity, order.is_buy))
    joins = order.style is Style.PASSIVE and math.isnan(order.price)
    if joins and position.terms.instrument is not None:
        order.price = round_price(book.touch(not order.is_buy), position.terms.instrument.tick, order.is_buy)
    crosses = not joins and is_marketable(order.price, book.bid, book.ask, order.is_buy)
    reason = _refusal_now(exchange, book, order, crosses)
    if reason:
        exchange.refuse(out, order, reason, is_accepted=waited)
        return
    if order.rests:
        if not waited:
            out.tell(account, Accepted(order.client_id))
        exchange.rest(order)
    if crosses:
        (_walk if book.grain is DEPTH else _take)(exchange, out, book, order)
    if order.rests:
        if order.left == 0.0:
            exchange.end(out, order)
        else:
            book.seat(order)
    elif order.left > 0.0 or order.cut > 0.0:
        exchange.expire(out, order, is_accepted=waited)


def _take(exchange: Exchange, out: Messages, book: Book, order: Working) -> None:
    """Take what the touch has; an order at the market also what is beyond it (V-03, V-04)."""
    touch = book.touch(order.is_buy)
    displayed = book.displayed(order.is_buy)
    if order.style is Style.FOK and displayed < order.left:
        return
    first, beyond, price = take(order.left, order.price, touch, displayed, book.terms.impact, order.is_buy)
    book.consume(order.is_buy, first)
    if beyond > 0.0:
        book.beyond += 1
    if beyond > 0.0 and price == touch:
        first, beyond = first + beyond, 0.0
    if first > 0.0:
        exchange.fill(out, order, first, touch, False)
    if beyond > 0.0 and order.left > 0.0:
        exchange.fill(out, order, min(beyond, order.left), price, False)


def _walk(exchange: Exchange, out: Messages, book: Book, order: Working) -> None:
    """Take level by level what is displayed within the limit; an order at the market also what is beyond the last one
    (V-03, V-04, V-17)."""
    is_bid = not order.is_buy
    side = book.bids if is_bid else book.asks
    if order.style is Style.FOK and settled(order.left - unused(side, order.price, is_bid), order.total) > 0.0:
        return
    left, fills = order.left, list[tuple[float, float]]()
    place, part = take_level(side, left, order.price, is_bid)
    while part > 0.0:
        book.participation.note(used_in(side, place), size_in(side, place))
        fills.append((price_in(side, place), part))
        left = settled(left - part, order.total)
        place, part = take_level(side, left, order.price, is_bid) if left > 0.0 else (place, 0.0)
    if left > 0.0 and math.isnan(order.price):
        book.beyond += 1
        book.participation.note(used_in(side, place) + left, size_in(side, place))
        _, _, price = take(left, math.nan, price_in(side, place), 0.0, book.terms.impact, order.is_buy)
        if fills and price == fills[-1][0]:
            left += fills.pop()[1]
        fills.append((price, left))
    for price, part in fills:
        if order.left > 0.0:
            exchange.fill(out, order, min(part, order.left), price, False)


def _refusal(exchange: Exchange, book: Book, order: Working) -> str:
    """Why an order is refused whatever the market does: "" if it is not."""
    leg, terms = order.leg, order.leg.position.terms
    if order.client_id in exchange.active:
        return "duplicate_id"
    rules = leg.account.terms.profile.rules
    if leg.is_hedged and (leg.position.side is Side.SIGNED or not rules.supports_hedge):
        return "position_side"
    if order.style is Style.FOK and not rules.supports_fok:
        return "unsupported"
    at_market = math.isnan(order.price)
    if at_market and math.isnan(book.touch(order.is_buy)):
        return "no_price"
    exchange.learn(terms, order.price if math.isnan(book.last) and math.isnan(book.mark) else _value_price(book))
    if terms.instrument is None:
        return "no_price"
    if at_market and order.style is Style.LIMIT:
        return "price"
    return REASONS[_filters(book, order)]


def _filters(book: Book, order: Working) -> int:
    instrument = order.leg.position.terms.instrument
    if instrument is None:
        return PASSED
    held = order.leg.position.quantity
    only_reduces = order.reduces or opening_part(held, order.signed) == 0.0
    return breach(
        order.price,
        order.total,
        instrument.tick,
        instrument.lot,
        instrument.least_quantity,
        instrument.most_quantity,
        instrument.least_notional,
        _value_price(book),
        only_reduces,
    )


def _value_price(book: Book) -> float:
    """What a market order's notional is counted at: the mark, else the last price."""
    return book.last if math.isnan(book.mark) else book.mark


def _refusal_now(exchange: Exchange, book: Book, order: Working, crosses: bool) -> str:
    """Why an order is refused at this moment: position, post-only, margin."""
    if order.reduces and order.left == 0.0:
        return "reduce_only"
    if order.post_only and crosses:
        return "post_only"
    if math.isnan(order.price) and not crosses:
        return "no_price"
    return "" if _has_margin(exchange, book, order) else "margin"


def _has_margin(exchange: Exchange, book: Book, order: Working) -> bool:
    """Whether the account can pay for what the order opens, besides its positions and other orders."""
    account, position = order.leg.account, order.leg.position
    opens = 0.0 if order.reduces else opening_part(position.quantity, order.signed)
    if opens == 0.0 or not account.terms.profile.has_margin:
        return True
    marks = exchange.marks()
    price = book.touch(order.is_buy) if math.isnan(order.price) else order.price
    held = abs(position.quantity) - reducing_part(position.quantity, order.signed)
    mark = price if math.isnan(book.mark) else book.mark
    needed = account.margin_of(position.terms, held * mark + opens * price)
    for other in account.held():
        if other is not position:
            needed += account.margin_of(other.terms, abs(other.quantity) * marks[other.market])
    needed += _reserved(exchange, account)
    needed += opens * price * max(account.terms.profile.fees.taker, 0.0)
    equity = account.equity(marks)
    return needed <= equity + EPSILON * abs(equity)


def _reserved(exchange: Exchange, account: Account) -> float:
    """The margin of what open orders would open, each by itself."""
    reserved = 0.0
    for order in exchange.working(account):
        position = order.leg.position
        opens = 0.0 if order.reduces else opening_part(position.quantity, order.signed)
        price = exchange.books[position.market].mark if math.isnan(order.price) else order.price
        if opens > 0.0 and not math.isnan(price):
            reserved += account.margin_of(position.terms, opens * price)
    return reserved


def open_bar(exchange: Exchange, out: Messages, book: Book) -> None:
    """Judge what was decided before a bar began, against the touch that was placed at its open."""
    _judge_waiting(exchange, out, book, book.opened_us)


def close_bar(exchange: Exchange, out: Messages, book: Book) -> None:
    """Judge what was decided within a bar, at its close: it may know more than the bar's open did."""
    _judge_waiting(exchange, out, book, book.bar_us)


def _judge_waiting(exchange: Exchange, out: Messages, book: Book, knowing_us: int) -> None:
    waiting, book.waiting = book.waiting, []
    for order in waiting:
        if order.knows_us <= knowing_us:
            judge(exchange, out, book, order)
        else:
            book.waiting.append(order)

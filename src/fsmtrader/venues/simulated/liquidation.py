"""Funding is paid, margin is looked at, and an account that has too little of it is closed (V-10, V-11, V-12)."""

from __future__ import annotations

from fsmtrader.domain.orders import Funded, Liquidated
from fsmtrader.numeric.funding import funding_mark
from fsmtrader.numeric.ledger import fee, funding_received, unrealized
from fsmtrader.numeric.margin import safe_reach
from fsmtrader.venues.simulated.account import Account, Position
from fsmtrader.venues.simulated.book import Book
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.messages import Messages

INF = float("inf")


def fund(exchange: Exchange, out: Messages, book: Book, rate: float, told: float) -> None:
    """A funding boundary: every position that exists at this instant pays or receives (V-10)."""
    mark = funding_mark(told, funding_mark(book.funding_mark, book.mark))
    if mark != mark or rate != rate:
        return
    for account in exchange.accounts.values():
        for leg in account.legs:
            if leg.position.market == book.index and leg.quantity != 0.0:
                amount = funding_received(leg.quantity, mark, rate)
                account.pay(0.0, 0.0, amount)
                out.tell(account, Funded(leg.name, amount, rate, mark))
                exchange.unsettle(account)


def look(exchange: Exchange, out: Messages, book: Book) -> None:
    """The mark has left the band in which nothing can happen: look at every account that is in this market."""
    marks = exchange.marks()
    for account in exchange.accounts.values():
        account.bands.pop(book.index, None)
        if account.terms.profile.has_margin and any(held.market == book.index for held in account.held()):
            slack = account.equity(marks) - account.maintenance(marks)
            if slack < 0.0:
                _liquidate(exchange, out, account, marks)
            _set_bands(account, marks, slack)
    for touched in exchange.books:
        exchange.narrow(touched)


def _set_bands(account: Account, marks: list[float], slack: float) -> None:
    """Where each of the account's marks may be until its margin is looked at again."""
    account.bands.clear()
    gross: dict[int, float] = {}
    for position in account.held():
        gross[position.market] = gross.get(position.market, 0.0) + abs(position.quantity)
    for market, quantity in gross.items():
        reach = safe_reach(slack, quantity, len(gross))
        account.bands[market] = (marks[market] - reach, marks[market] + reach)


def _liquidate(exchange: Exchange, out: Messages, account: Account, marks: list[float]) -> None:
    """Cancel all orders and close every position for the liquidation fee, as far as the wallet can pay it (V-12)."""
    for order in exchange.working(account):
        exchange.end(out, order)
    prices = _prices(account, marks)
    free = max(account.equity(marks), 0.0)
    for position, price in prices:
        rate = account.terms.profile.liquidation_fee(position.terms.symbol)
        cost = min(fee(position.quantity, price, rate), free)
        free -= cost
        legs = [leg for leg in account.legs if leg.position is position and leg.quantity != 0.0]
        gross = sum(abs(leg.quantity) for leg in legs)
        for leg in legs:
            signed, share = -leg.quantity, cost * abs(leg.quantity) / gross
            account.book(leg, signed, price, share)
            out.tell(account, Liquidated(leg.name, leg.own_change(signed), price, share))


def _prices(account: Account, marks: list[float]) -> list[tuple[Position, float]]:
    """The mark; when the wallet cannot pay that, a better one: losses beyond it are the insurance fund's.

    What is missing is taken off the losing positions, each by its share of the loss.
    """
    profits = [
        (position, unrealized(position.quantity, position.average, marks[position.market]))
        for position in account.held()
    ]
    missing = max(-account.equity(marks), 0.0)
    lost = -sum(profit for _, profit in profits if profit < 0.0)
    prices: list[tuple[Position, float]] = []
    for position, profit in profits:
        spared = missing * -profit / lost if profit < 0.0 and missing > 0.0 else 0.0
        prices.append((position, marks[position.market] + spared / position.quantity))
    return prices

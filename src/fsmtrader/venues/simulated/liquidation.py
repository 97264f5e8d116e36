"""Funding is paid, margin is looked at, and an account that has too little of it is closed (V-10, V-11, V-12)."""

from __future__ import annotations

from fsmtrader.domain.orders import Funded, Liquidated
from fsmtrader.numeric.depth import price_in
from fsmtrader.numeric.funding import funding_mark
from fsmtrader.numeric.ledger import fee, funding_received, settled, unrealized
from fsmtrader.numeric.margin import safe_reach, zero_price
from fsmtrader.numeric.matching import is_marketable, take_level
from fsmtrader.venues.simulated.account import Account, Position
from fsmtrader.venues.simulated.book import DEPTH, Book
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.messages import Messages
from fsmtrader.venues.simulated.profiles import known_instrument
from fsmtrader.venues.simulated.rules import Closing
from fsmtrader.venues.simulated.terms import HOUR_US

INF = float("inf")
MINUTE_US = 60_000_000
"""by so much the instants of fundings may be off"""


def fund(exchange: Exchange, out: Messages, book: Book, rate: float, told: float, now_us: int) -> None:
    """A funding boundary: every position that exists at this instant pays or receives (V-10)."""
    _compare(exchange, book, now_us)
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


def _compare(exchange: Exchange, book: Book, now_us: int) -> None:
    """A note where fundings do not come as the venue pays them: they may be another venue's."""
    before, exchange.funded[book.index] = exchange.funded.get(book.index), now_us
    if before is None:
        return
    symbol, passed = book.terms.symbol, now_us - before
    for account in exchange.accounts.values():
        profile = account.terms.profile
        contract = known_instrument(profile.instruments, symbol)
        if contract is None or not any(leg.position.market == book.index for leg in account.legs):
            continue
        usual = profile.funding_of(contract.symbol)
        if abs(passed - usual) > MINUTE_US:
            exchange.note(
                f"the data tell fundings of {symbol} {passed / HOUR_US:.3g} h apart; at {profile.name} they are paid "
                f"every {usual / HOUR_US:.3g} h"
            )


def look(exchange: Exchange, out: Messages, book: Book) -> None:
    """The mark has left the band in which nothing can happen: look at every account that is in this market."""
    marks = exchange.marks()
    for account in exchange.accounts.values():
        account.bands.pop(book.index, None)
        if account.terms.profile.has_margin and any(held.market == book.index for held in account.held()):
            if _slack(account, marks) < 0.0:
                _liquidate(exchange, out, account, marks)
            _set_bands(account, marks, _slack(account, marks))
    for touched in exchange.books:
        exchange.narrow(touched)


def _slack(account: Account, marks: list[float]) -> float:
    """Equity above the maintenance margin."""
    return account.equity(marks) - account.maintenance(marks)


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
    """Cancel all orders; what becomes of the positions is the venue's rule (V-12)."""
    for order in exchange.working(account):
        exchange.end(out, order, "liquidation")
    closing = account.terms.profile.rules.closing
    if closing is Closing.PARTIAL and account.equity(marks) >= account.closeout(marks):
        _sell_off(exchange, out, account, marks)
    else:
        _close_all(out, account, marks, closing)


def _close_all(out: Messages, account: Account, marks: list[float], closing: Closing) -> None:
    """Close every position at the mark: for the liquidation fee, as far as the wallet can, or for all there is."""
    prices = _prices(account, marks)
    free = whole = max(account.equity(marks), 0.0)
    worth = sum(abs(position.quantity) * price for position, price in prices)
    for position, price in prices:
        value = abs(position.quantity) * price
        rate = account.terms.profile.liquidation_fee(position.terms.symbol)
        cost = fee(position.quantity, price, rate) if closing is Closing.AT_MARK else whole * value / worth
        cost = min(cost, free)
        free -= cost
        _close(out, account, position, 1.0, price, cost)


def _sell_off(exchange: Exchange, out: Messages, account: Account, marks: list[float]) -> None:
    """Close positions one by one, the one that needs most margin first, as far as the touch shows enough at their zero
    prices or better; the venue takes some of what is better. It ends when there is margin enough."""
    for position in sorted(account.held(), key=lambda held: -account.maintenance_of(held, marks[held.market])):
        need = account.maintenance(marks)
        equity = account.equity(marks)
        if equity >= need:
            return
        _sell(out, account, position, exchange.books[position.market], equity / need)


def _sell(out: Messages, account: Account, position: Position, book: Book, ratio: float) -> None:
    """Close what can be had of a position at its zero price or better; `ratio`: of equity to maintenance margin."""
    is_long, size = position.quantity > 0.0, abs(position.quantity)
    rate = account.maintenance_of(position, book.mark) / (size * book.mark)
    worst = zero_price(book.mark, ratio, rate, is_long)
    most = account.terms.profile.liquidation_fee(position.terms.symbol)
    for price, quantity in _offered(book, size, worst, not is_long):
        better = abs(price - worst) * quantity
        part = min(quantity / abs(position.quantity), 1.0)
        _close(out, account, position, part, price, min(fee(quantity, price, most), better))


def _offered(book: Book, wanted: float, worst: float, is_buy: bool) -> list[tuple[float, float]]:
    """What the book shows at a price or better, up to a quantity: prices and sizes, which nobody else gets then."""
    if book.grain is not DEPTH:
        price = book.touch(is_buy)
        size = min(wanted, book.displayed(is_buy)) if is_marketable(worst, book.bid, book.ask, is_buy) else 0.0
        if size > 0.0:
            book.consume(is_buy, size)
        return [(price, size)] if size > 0.0 else []
    side, had = book.asks if is_buy else book.bids, list[tuple[float, float]]()
    left = wanted
    while left > 0.0:
        place, size = take_level(side, left, worst, not is_buy)
        if size <= 0.0:
            break
        had.append((price_in(side, place), size))
        left = settled(left - size, wanted)
    return had


def _close(out: Messages, account: Account, position: Position, part: float, price: float, cost: float) -> None:
    """Close a part of a position by force, for a cost that its legs share."""
    legs = [leg for leg in account.legs if leg.position is position and leg.quantity != 0.0]
    gross = sum(abs(leg.quantity) for leg in legs)
    for leg in legs:
        signed, share = -leg.quantity * part, cost * abs(leg.quantity) / gross
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

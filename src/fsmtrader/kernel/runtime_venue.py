"""What the emitted loop calls of the venue: orders that take at once, positions, margins, funding; over the tables.

Each function does what one part of the simulated venue does; the arithmetic is the numeric heart's. Everything compiles
under numba and runs as plain Python.
"""

from __future__ import annotations

import math

from fsmtrader.kernel import columns as c
from fsmtrader.kernel.runtime import Table
from fsmtrader.numeric.filters import PASSED, breach
from fsmtrader.numeric.ledger import book_fill, fee, funding_received, settled, unrealized
from fsmtrader.numeric.margin import SAFE_SHARE, initial
from fsmtrader.numeric.matching import is_marketable, take
from fsmtrader.numeric.positions import opening_part, reducing_part, shrunk

NOISE = 1e-9


def take_order(orders: Table, k: int, legs: Table, held: Table, positions: Table, accounts: Table, book: Table,
              tiers: Table) -> None:  # fmt: skip
    """The venue takes an order that takes at once: its result is written beside it."""
    leg = int(orders[k, c.O_LEG])
    market, position, account = int(legs[leg, c.MARKET]), int(legs[leg, c.POSITION]), int(legs[leg, c.ACCOUNT])
    change, price = orders[k, c.O_CHANGE], orders[k, c.O_PRICE]
    is_buy = (change > 0.0) != (legs[leg, c.SIDE] < 0.0)
    total = abs(change)
    closes = change < 0.0 if legs[leg, c.HEDGED] > 0.0 else orders[k, c.O_CLOSES] > 0.0
    orders[k, c.O_FILLED], orders[k, c.O_AT], orders[k, c.O_FEE] = 0.0, math.nan, 0.0
    orders[k, c.O_CODE] = c.REJECTED
    touch = book[market, c.ASK] if is_buy else book[market, c.BID]
    if math.isnan(price) and math.isnan(touch):
        return
    quantity = positions[position, c.P_QUANTITY]
    signed = total if is_buy else -total
    mark = book[market, c.VENUE_MARK]
    worth = book[market, c.VENUE_LAST] if math.isnan(mark) else mark
    only_reduces = closes or opening_part(quantity, signed) == 0.0
    terms = legs[leg]
    found = breach(price, total, terms[c.TICK], terms[c.LOT], terms[c.LEAST_QUANTITY], terms[c.MOST_QUANTITY],
                   terms[c.LEAST_NOTIONAL], worth, only_reduces)  # fmt: skip
    if found != PASSED:
        return
    left = total
    if closes:
        left = min(total, shrunk(total, quantity, is_buy))
        if left == 0.0:
            return
    crosses = is_marketable(price, book[market, c.BID], book[market, c.ASK], is_buy)
    if math.isnan(price) and not crosses:
        return
    if not closes and not has_margin(
        leg, left if is_buy else -left, price, touch, legs, positions, accounts, book, tiers
    ):
        return
    first, beyond = 0.0, 0.0
    if crosses:
        shown = (
            book[market, c.ASK_SIZE] - book[market, c.ASK_USED]
            if is_buy
            else book[market, c.BID_SIZE] - book[market, c.BID_USED]
        )
        first, beyond, _ = take(left, price, touch, shown, 0.0, is_buy)
        if is_buy:
            book[market, c.ASK_USED] += first
        else:
            book[market, c.BID_USED] += first
    filled = first + beyond
    orders[k, c.O_CODE] = c.EXPIRED
    if filled > 0.0:
        cost = fee(filled, touch, accounts[account, c.TAKER])
        book_at_venue(leg, filled if is_buy else -filled, touch, cost, legs, held, positions, accounts)
        book[market, c.SAFE_LOW], book[market, c.SAFE_HIGH] = math.inf, -math.inf
        orders[k, c.O_FILLED], orders[k, c.O_AT], orders[k, c.O_FEE] = filled, touch, cost
        if settled(left - filled, total) == 0.0 and left == total:
            orders[k, c.O_CODE] = c.FULL


def carry_out(orders: Table, sent: Table, count: int, legs: Table, held: Table, positions: Table, accounts: Table,
              book: Table, tiers: Table) -> None:  # fmt: skip
    """All orders go out; what became of them stands in `sent`, so that new ones can be written meanwhile."""
    for k in range(count):
        for column in range(c.ORDER_COLUMNS):
            sent[k, column] = orders[k, column]
        take_order(sent, k, legs, held, positions, accounts, book, tiers)


def book_at_venue(leg: int, signed: float, price: float, cost: float, legs: Table, held: Table, positions: Table,
                  accounts: Table) -> None:  # fmt: skip
    """One fill into position, leg and wallet (V-08, V-09)."""
    position, account = int(legs[leg, c.POSITION]), int(legs[leg, c.ACCOUNT])
    quantity, average, realised = book_fill(
        positions[position, c.P_QUANTITY], positions[position, c.P_AVERAGE], signed, price
    )
    positions[position, c.P_LARGEST] = max(positions[position, c.P_LARGEST], abs(quantity))
    if quantity != 0.0 and settled(quantity, positions[position, c.P_LARGEST]) == 0.0:
        quantity, average = 0.0, math.nan
    positions[position, c.P_QUANTITY], positions[position, c.P_AVERAGE] = quantity, average
    own, _, _ = book_fill(held[leg, c.OWN], price, signed, price)
    held[leg, c.OWN_LARGEST] = max(held[leg, c.OWN_LARGEST], abs(own))
    held[leg, c.OWN] = settled(own, held[leg, c.OWN_LARGEST])
    accounts[account, c.A_REALISED] += realised
    accounts[account, c.A_FEES] += cost
    accounts[account, c.WALLET] += realised - cost


def equity_of(account: int, positions: Table, accounts: Table, book: Table) -> float:
    """Wallet and what positions are worth at the marks (V-11)."""
    total = 0.0
    for i in range(len(positions)):
        if int(positions[i, c.P_ACCOUNT]) == account and positions[i, c.P_QUANTITY] != 0.0:
            mark = book[int(positions[i, c.P_MARKET]), c.VENUE_MARK]
            total += unrealized(positions[i, c.P_QUANTITY], positions[i, c.P_AVERAGE], mark)
    return float(accounts[account, c.WALLET] + total)


def tier_at(tiers: Table, position: int, notional: float) -> int:
    """The first tier whose limit is not below a notional, else the last; -1 without tiers."""
    count = int(tiers[position, 0])
    for index in range(count):
        if notional <= tiers[position, 1 + c.TIER_WIDTH * index]:
            return index
    return count - 1


def margin_of(tiers: Table, position: int, notional: float, leverage: float) -> float:
    """The margin that opening a notional takes."""
    tier = tier_at(tiers, position, notional)
    most = tiers[position, 1 + c.TIER_WIDTH * tier + 3] if tier >= 0 else math.inf
    return initial(notional, leverage, most)


def has_margin(leg: int, signed: float, price: float, touch: float, legs: Table, positions: Table, accounts: Table,
               book: Table, tiers: Table) -> bool:  # fmt: skip
    """Whether the account can pay for what an order opens, besides its positions."""
    account, position, market = int(legs[leg, c.ACCOUNT]), int(legs[leg, c.POSITION]), int(legs[leg, c.MARKET])
    quantity = positions[position, c.P_QUANTITY]
    opens = opening_part(quantity, signed)
    if opens == 0.0 or accounts[account, c.HAS_MARGIN] == 0.0:
        return True
    at = touch if math.isnan(price) else price
    keeps = abs(quantity) - reducing_part(quantity, signed)
    mark = at if math.isnan(book[market, c.VENUE_MARK]) else book[market, c.VENUE_MARK]
    leverage = accounts[account, c.LEVERAGE]
    needed = margin_of(tiers, position, keeps * mark + opens * at, leverage)
    for i in range(len(positions)):
        if i != position and int(positions[i, c.P_ACCOUNT]) == account and positions[i, c.P_QUANTITY] != 0.0:
            worth = abs(positions[i, c.P_QUANTITY]) * book[int(positions[i, c.P_MARKET]), c.VENUE_MARK]
            needed += margin_of(tiers, i, worth, leverage)
    needed += opens * at * max(accounts[account, c.TAKER], 0.0)
    equity = equity_of(account, positions, accounts, book)
    return bool(needed <= equity + NOISE * abs(equity))


def is_liquidated(market: int, positions: Table, accounts: Table, book: Table, tiers: Table) -> bool:
    """Look at every account (V-12): whether one has too little margin; else set the bands that need no look.

    The bands are the venue's own: half of what a market may move before the slack of an account is used up.
    """
    for m in range(len(book)):
        book[m, c.SAFE_LOW], book[m, c.SAFE_HIGH] = -math.inf, math.inf
    for account in range(len(accounts)):
        if accounts[account, c.HAS_MARGIN] == 0.0:
            continue
        slack = equity_of(account, positions, accounts, book)
        gross, used = 0.0, 0
        for i in range(len(positions)):
            if int(positions[i, c.P_ACCOUNT]) != account or positions[i, c.P_QUANTITY] == 0.0:
                continue
            size = abs(positions[i, c.P_QUANTITY])
            notional = size * book[int(positions[i, c.P_MARKET]), c.VENUE_MARK]
            tier = tier_at(tiers, i, notional)
            if tier >= 0:
                at = 1 + c.TIER_WIDTH * tier
                slack -= notional * tiers[i, at + 1] - tiers[i, at + 2]
            gross += size
            used += 1
        if used == 0:
            continue
        if slack < 0.0:
            return True
        for i in range(len(positions)):
            m = int(positions[i, c.P_MARKET])
            if int(positions[i, c.P_ACCOUNT]) == account and positions[i, c.P_QUANTITY] != 0.0 and slack < math.inf:
                reach = SAFE_SHARE * slack / (gross * len(book))
                book[m, c.SAFE_LOW] = max(book[m, c.SAFE_LOW], book[m, c.VENUE_MARK] - reach)
                book[m, c.SAFE_HIGH] = min(book[m, c.SAFE_HIGH], book[m, c.VENUE_MARK] + reach)
    return False


def pay_funding(market: int, mark: float, rate: float, books: Table, legs: Table, held: Table, accounts: Table,
                book: Table) -> int:  # fmt: skip
    """Every leg of a market pays or receives, at the venue and in the ledger (V-10); gives how many did."""
    paid = 0
    if mark != mark or rate != rate:
        return paid
    for leg in range(len(legs)):
        if int(legs[leg, c.MARKET]) == market and held[leg, c.OWN] != 0.0:
            amount = funding_received(held[leg, c.OWN], mark, rate)
            account = int(legs[leg, c.ACCOUNT])
            accounts[account, c.A_FUNDING] += amount
            accounts[account, c.WALLET] += 0.0 - 0.0 + amount
            books[leg, c.FUNDING] += amount
            accounts[account, c.CASH] += amount
            paid += 1
    if paid > 0:
        for m in range(len(book)):
            book[m, c.SAFE_LOW], book[m, c.SAFE_HIGH] = math.inf, -math.inf
    return paid


OF_VENUE = (
    tier_at, margin_of, equity_of, has_margin, book_at_venue, take_order, carry_out, is_liquidated, pay_funding,
)  # fmt: skip
"""everything here that compiled code calls, those that others call first"""

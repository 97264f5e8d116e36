"""What the emitted loop calls where orders are made: venue and ledger over the tables of `columns`. Rare, not inlined.

Each function does what one part of the machine engine and of the simulated venue does, for orders that take at once;
the arithmetic is the numeric heart's. Everything compiles under numba and runs as plain Python.
"""

from __future__ import annotations

import math
from typing import Any

from fsmtrader.kernel import columns as c
from fsmtrader.numeric.filters import PASSED, breach
from fsmtrader.numeric.ledger import book_fill, fee, funding_received, settled, unrealized
from fsmtrader.numeric.limits import is_refused, reduces, slippage_limit, worst_quantity
from fsmtrader.numeric.margin import SAFE_SHARE, initial
from fsmtrader.numeric.matching import is_marketable, take
from fsmtrader.numeric.positions import opening_part, reducing_part, shrunk
from fsmtrader.numeric.rounding import floor_quantity, round_price

Table = Any
"""a float64 array of two dimensions"""
State = Any
"""one of one dimension"""
DUST = 1e-12
CLIPPED = 1e-9
WHOLE = 1.0 - 1e-12
NOISE = 1e-9


def least_of(legs: Table, leg: int, price: float) -> float:
    """The least quantity of an order that opens: by size, and by value at the present price."""
    by_value = legs[leg, c.LEAST_NOTIONAL] / price if price > 0.0 else 0.0
    return max(float(legs[leg, c.LEAST_QUANTITY]), by_value)


def possible(books: Table, legs: Table, leg: int, target: float) -> float:
    """A target below zero of a leg with a side closes the leg."""
    if legs[leg, c.SIDE] == 0.0 or target >= -CLIPPED * max(1.0, books[leg, c.QUANTITY]):
        return target
    return 0.0


def rounded(books: Table, legs: Table, leg: int, change: float, price: float) -> float:
    """A change that the venue takes: whole lots, never beyond zero for a leg with a side (V-24, C000-23)."""
    held = books[leg, c.QUANTITY]
    if legs[leg, c.SIDE] != 0.0 and held + change < 0.0:
        change = -held
    if abs(change) <= DUST * max(1.0, abs(held)) and held + change != 0.0:
        return 0.0
    whole = floor_quantity(change, legs[leg, c.LOT])
    if reduces(held, whole):
        return whole
    return 0.0 if abs(whole) < least_of(legs, leg, price) else whole


def change_towards(books: Table, legs: Table, leg: int, target: float, price: float) -> tuple[float, bool]:
    """`(change, is below the minimum)` towards a target that is possible; rounding is carried to the next one."""
    held = books[leg, c.QUANTITY]
    wanted = target - held + (books[leg, c.CARRIED] if target != 0.0 else 0.0)
    change = rounded(books, legs, leg, wanted, price)
    books[leg, c.CARRIED] = wanted - change if target != 0.0 else 0.0
    return change, change == 0.0 and abs(wanted) > DUST * max(1.0, abs(held))


def write_order(orders: Table, k: int, now: int, leg: int, change: float, price: float, closes: float, region: int,
                action: int, row: int) -> None:  # fmt: skip
    """An order without planned steps."""
    orders[k, c.O_TIME], orders[k, c.O_LEG], orders[k, c.O_CHANGE], orders[k, c.O_PRICE] = now, leg, change, price
    orders[k, c.O_CLOSES], orders[k, c.O_REGION], orders[k, c.O_ACTION] = closes, region, action
    orders[k, c.O_ROW], orders[k, c.O_STEPS] = row, 0.0


def order_towards(orders: Table, k: int, books: Table, legs: Table, leg: int, count: int, market_price: float,
                  permission: int, share: float, most: float, now: int, region: int, action: int,
                  row: int) -> int:  # fmt: skip
    """An order that brings a leg to the last of the `count` quantities that stand in the order's steps, if need be.

    share: `risk: max_slippage`, below zero without one; most: `risk: position`. Gives MET, SENT, REFUSED or TOO_SMALL.
    The quantities become the planned changes.
    """
    held = books[leg, c.QUANTITY]
    target = possible(books, legs, leg, orders[k, c.STEPS_FROM + count - 1])
    change, is_small = change_towards(books, legs, leg, target, market_price)
    if change == 0.0:
        return c.TOO_SMALL if is_small else c.MET
    closes = reduces(held, change)
    if not is_allowed(permission, held, change):
        return c.REFUSED
    limit = math.nan
    if not share < 0.0:
        is_buy = (change > 0.0) != (legs[leg, c.SIDE] < 0.0)
        limit = round_price(slippage_limit(market_price, share, is_buy), legs[leg, c.TICK], is_buy)
        if math.isnan(limit):
            return c.REFUSED
    if not closes and most < math.inf:
        after = worst_quantity(held, max(change, 0.0), max(-change, 0.0))
        if is_refused(worst_quantity(held, 0.0, 0.0), after, most):
            return c.REFUSED
    write_order(orders, k, now, leg, change, limit, 1.0 if closes else 0.0, region, action, row)
    steps, before = 0, held
    for place in range(count):
        value = orders[k, c.STEPS_FROM + place]
        if value != before:
            orders[k, c.STEPS_FROM + steps] = value - before
            steps += 1
        before = value
    orders[k, c.O_STEPS] = steps
    return c.SENT


def send(orders: Table, k: int, s: State, first: int, count: int, books: Table, legs: Table, leg: int, price: float,
         permission: int, share: float, most: float, now: int, region: int, action: int, row: int, pending: int,
         failed: int, outcome: int) -> int:  # fmt: skip
    """A leg towards the last of the quantities that stand in `s` from `first` on; gives how many orders there are now.

    pending, failed, outcome: where in `s` a region counts its orders, notes a refusal, and what became of the target.
    """
    for place in range(count):
        orders[k, c.STEPS_FROM + place] = s[first + place]
    found = order_towards(orders, k, books, legs, leg, count, price, permission, share, most, now, region, action, row)
    s[outcome] = found
    if found == c.SENT:
        s[pending] += 1.0
        return k + 1
    if found == c.REFUSED:
        s[failed] = 1.0
    return k


def is_allowed(permission: int, held: float, change: float) -> bool:
    """Whether a permission (0 none, 1 reduce, 2 any) lets an order out."""
    return permission == 2 or (permission == 1 and reduces(held, change))


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


def fixed_equity(books: Table, legs: Table, accounts: Table, capital: float) -> float:
    """The equity at prices of zero: capital, cash, and what the positions have cost."""
    cash = 0.0
    for account in range(len(accounts)):
        cash += accounts[account, c.CASH]
    fixed = capital + cash
    for leg in range(len(legs)):
        if books[leg, c.QUANTITY] != 0.0 and books[leg, c.AVERAGE] == books[leg, c.AVERAGE]:
            fixed -= gain_of(books, legs, leg) * books[leg, c.AVERAGE]
    return fixed


def gain_of(books: Table, legs: Table, leg: int) -> float:
    """What the equity gains when the price of a leg gains 1."""
    if books[leg, c.AVERAGE] != books[leg, c.AVERAGE]:
        return 0.0
    return float(-books[leg, c.QUANTITY] if legs[leg, c.SIDE] < 0.0 else books[leg, c.QUANTITY])


def book_change(books: Table, legs: Table, accounts: Table, leg: int, change: float, price: float) -> float:
    """One change into the strategy's own ledger; gives what it realised."""
    quantity, average, realised = book_fill(
        books[leg, c.QUANTITY], books[leg, c.AVERAGE], change, price, legs[leg, c.SIDE] < 0.0
    )
    books[leg, c.LARGEST] = max(books[leg, c.LARGEST], abs(quantity))
    if quantity != 0.0 and settled(quantity, books[leg, c.LARGEST]) == 0.0:
        quantity, average = 0.0, math.nan
    books[leg, c.QUANTITY], books[leg, c.AVERAGE] = quantity, average
    books[leg, c.REALISED] += realised
    accounts[int(legs[leg, c.ACCOUNT]), c.CASH] += realised
    return realised


def book_order(orders: Table, k: int, books: Table, legs: Table, accounts: Table) -> bool:
    """The fill of an order into the ledger; True if it was filled whole.

    The books follow the planned steps of a target, not the one order that carried their net (C000-17).
    """
    leg, filled, price = int(orders[k, c.O_LEG]), orders[k, c.O_FILLED], orders[k, c.O_AT]
    account = int(legs[leg, c.ACCOUNT])
    quantity, average, realised = books[leg, c.QUANTITY], books[leg, c.AVERAGE], books[leg, c.REALISED]
    change = filled if orders[k, c.O_CHANGE] > 0.0 else -filled
    orders[k, c.O_REALISED] = book_change(books, legs, accounts, leg, change, price)
    books[leg, c.FEES] += orders[k, c.O_FEE]
    books[leg, c.TURNOVER] += abs(change) * price
    books[leg, c.FILLS] += 1.0
    accounts[account, c.CASH] -= orders[k, c.O_FEE]
    if not filled >= abs(orders[k, c.O_CHANGE]) * WHOLE:
        return False
    count = int(orders[k, c.O_STEPS])
    if count > 1:
        mean = filled * price / filled
        books[leg, c.QUANTITY], books[leg, c.AVERAGE] = quantity, average
        accounts[account, c.CASH] -= books[leg, c.REALISED] - realised
        books[leg, c.REALISED] = realised
        planned = 0.0
        for i in range(count):
            planned += orders[k, c.STEPS_FROM + i]
        for i in range(count):
            book_change(books, legs, accounts, leg, orders[k, c.STEPS_FROM + i], mean)
        rest = change - planned
        if abs(rest) > DUST * max(1.0, abs(change)):
            book_change(books, legs, accounts, leg, rest, mean)
        books[leg, c.QUANTITY] = settled(quantity + change, books[leg, c.LARGEST])
        if books[leg, c.QUANTITY] == 0.0:
            books[leg, c.AVERAGE] = math.nan
    return True


def push(works: Table, count: int, event: int, leg: int, action: int, owner: int, stay: int) -> int:
    """Note something that waits for the regions; gives how many there are now. Full: none is noted, one is counted."""
    if count < len(works):
        works[count, c.W_EVENT], works[count, c.W_LEG], works[count, c.W_ACTION] = event, leg, action
        works[count, c.W_OWNER], works[count, c.W_STAY] = owner, stay
    return count + 1


def raise_first(gathered: Table, count: int, works: Table, waiting: int) -> int:
    """Put what was gathered before all that waits (the last of `works` is the next one); gives how many wait."""
    for i in range(count - 1, -1, -1):
        work = gathered[i]
        event, leg, action = int(work[c.W_EVENT]), int(work[c.W_LEG]), int(work[c.W_ACTION])
        waiting = push(works, waiting, event, leg, action, int(work[c.W_OWNER]), int(work[c.W_STAY]))
    return waiting


def keep(kept: Table, count: int, sent: Table, k: int) -> None:
    """An order with what became of it, for those outside."""
    for column in range(c.KEPT_COLUMNS):
        kept[count, column] = sent[k, column]


def note_move(moves: Table, count: int, now: int, region: int, move: int) -> None:
    """A move, for those outside."""
    moves[count, c.M_TIME], moves[count, c.M_REGION], moves[count, c.M_MOVE] = now, region, move


def hand_over(book: Table, market: int, s: State, first: int) -> None:
    """A market, for the venue's functions: the scalars from `first` on are its columns."""
    for column in range(c.BOOK_OF_MARKET_COLUMNS):
        book[market, column] = s[first + column]


def take_back(book: Table, market: int, s: State, first: int) -> None:
    """What own orders have changed of a market: sizes used, and the band without a look at margins."""
    for column in (c.BID_USED, c.ASK_USED, c.SAFE_LOW, c.SAFE_HIGH):
        s[first + column] = book[market, column]


def note_due(dues: Table, count: int, deadline: float, number: int) -> int:
    """Note a timer that is due, by its deadline, of equal ones the earlier noted first; gives how many are due."""
    place = count
    while place > 0 and dues[place - 1, 0] > deadline:
        dues[place, 0], dues[place, 1] = dues[place - 1, 0], dues[place - 1, 1]
        place -= 1
    dues[place, 0], dues[place, 1] = deadline, number
    return count + 1


RUNTIME = (
    least_of, possible, rounded, change_towards, write_order, is_allowed, order_towards, send, tier_at, margin_of,
    equity_of, has_margin, book_at_venue, take_order, carry_out, is_liquidated, pay_funding, gain_of, fixed_equity, book_change,
    book_order, push, raise_first, keep, note_move, hand_over, take_back, note_due,
)  # fmt: skip
"""everything here that compiled code calls, those that others call first"""

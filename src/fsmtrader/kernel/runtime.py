"""What the emitted loop calls of the engine: targets, orders, the ledger, what waits; over the tables of `columns`.

Each function does what one part of the machine engine does, for orders that take at once; the arithmetic is the
numeric heart's. Everything compiles under numba and runs as plain Python.
"""

from __future__ import annotations

import math
from typing import Any

from fsmtrader.kernel import columns as c
from fsmtrader.numeric.ledger import book_fill, settled
from fsmtrader.numeric.limits import is_refused, reduces, slippage_limit, worst_quantity
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


OWN = (
    least_of, possible, rounded, change_towards, write_order, is_allowed, order_towards, send, gain_of, fixed_equity,
    book_change, book_order, push, raise_first, keep, note_move, hand_over, take_back, note_due,
)  # fmt: skip
"""everything here that compiled code calls, those that others call first"""

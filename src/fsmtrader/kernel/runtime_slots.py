"""A slot of a working quote as a scout keeps it: whether a look at it would do anything (`engine/quotes.py`).

`slot` is a header and `WORKING` numbers an order. Whatever a look would change is the machine's: an order sent or
cancelled, a slot that is wanted or is not any more, one whose time has come.
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import close
from fsmtrader.numeric.depth import Levels
from fsmtrader.numeric.limits import reduces
from fsmtrader.numeric.rounding import floor_quantity, round_price

(WANTED, OF_SIDE, IS_POST, IS_REDUCE, NEXT_US, REPLACING, SLOT_TICK, SLOT_LOT, LEAST, LEAST_VALUE, PERMITTED, OF_SHORT,
 BUY_WORD, REFUSED_US, TIMES_RUNG, RUNG_US, N_WORKING) = range(17)  # fmt: skip
SLOT_HEADER = 17
"""of the slot: whether it was wanted and with what flags, when its time comes; of its leg: filters; the machine's
permission (2: any order, 1: what reduces); REFUSED_US: until when its order is refused again, which changes nothing"""
CANCELLING, W_SIDE, W_POST, W_REDUCE, W_PRICE, W_QUANTITY, PLACED_US = range(7)
WORKING = 7
MOST_WORKING = 8
ANY, REDUCE = 2.0, 1.0
HARDLY = 4e-7
COARSE = 1e-5
"""about as much as rounding to six digits may move a number of ticks"""


def is_wished(
    slot: Levels, when: bool, side: float, price: float, quantity: float, reduce: bool, held: float, worth: float
) -> bool:
    """Whether a slot wants anything now (`Quotes._wish`). `quantity` is in lots; `worth`: what one coin is worth."""
    if not when or side != side or price != price or quantity != quantity:
        return False
    by_value = slot[LEAST_VALUE] / worth if worth > 0.0 else 0.0
    if quantity <= 0.0 or quantity < max(slot[LEAST], by_value):
        return False
    permitted = REDUCE if reduce and slot[PERMITTED] == ANY else slot[PERMITTED]
    change = quantity if (side == slot[BUY_WORD]) != (slot[OF_SHORT] != 0.0) else -quantity
    return permitted == ANY or (permitted == REDUCE and reduces(held, change))


def is_beyond_ticks(slot: Levels, had: float, price: float, beyond: float) -> bool:
    """Whether a price is more than so many ticks away, or may be: the machine rounds what is between."""
    if not slot[SLOT_TICK] > 0.0:
        return True
    away = abs(had - price) / slot[SLOT_TICK]
    if beyond == math.inf or beyond != beyond:
        return False
    return away > beyond + HARDLY if beyond == math.floor(beyond) else away > beyond - COARSE


def differs(slot: Levels, k: int, side: float, price: float, quantity: float, post: bool, reduce: bool) -> bool:
    """Whether an order is not what is wanted now."""
    is_post, is_reduce = slot[k + W_POST] != 0.0, slot[k + W_REDUCE] != 0.0
    if slot[k + W_SIDE] != side or is_post != post or is_reduce != reduce:
        return True
    return not (close(slot[k + W_PRICE], price) and close(slot[k + W_QUANTITY], quantity))


def is_over(slot: Levels, now: int, ttl: float) -> bool:
    """Whether an order has lived for `ttl` seconds, and nobody has asked for its end."""
    for k in range(SLOT_HEADER, SLOT_HEADER + WORKING * int(slot[N_WORKING]), WORKING):
        if slot[k + CANCELLING] == 0.0 and now - slot[k + PLACED_US] >= ttl * 1000000:
            return True
    return False


def would_replace(
    slot: Levels, side: float, price: float, quantity: float, post: bool, reduce: bool, beyond: float, has_every: bool,
    has_beyond: bool, is_due: bool,
) -> bool:  # fmt: skip
    """Whether an order that lives in a slot would be cancelled for another one (`Quotes._replace`)."""
    for k in range(SLOT_HEADER, SLOT_HEADER + WORKING * int(slot[N_WORKING]), WORKING):
        if slot[k + CANCELLING] == 0.0 and differs(slot, k, side, price, quantity, post, reduce):
            if is_due or not (has_every or has_beyond):
                return True
            if has_beyond and is_beyond_ticks(slot, slot[k + W_PRICE], price, beyond):
                return True
    return False


def would_place(slot: Levels, now: int, most: float, is_steady: bool, is_due: bool) -> bool:
    """Whether an order would be sent. One that is refused again is none."""
    live, count = 0, int(slot[N_WORKING])
    for k in range(SLOT_HEADER, SLOT_HEADER + WORKING * count, WORKING):
        live += slot[k + CANCELLING] == 0.0
    if live < count or (count > 0 and not (is_due and count < min(most, float(MOST_WORKING)))):
        return False
    return slot[REPLACING] != 0.0 or ((is_steady or is_due) and not now < slot[REFUSED_US])


def would_act(
    slot: Levels, when: bool, side: float, price: float, quantity: float, post: bool, reduce: bool, keep: bool,
    ttl: float, beyond: float, most: float, has_every: bool, has_beyond: bool, ordered: bool, now: int, held: float,
    worth: float,
) -> bool:  # fmt: skip
    """Whether a look at a slot would do more than set its clock. `ordered`: the event in hand is an order's own."""
    is_kept = keep and slot[PERMITTED] == ANY
    is_known = when and side == side and price == price and quantity == quantity
    sized = floor_quantity(quantity, slot[SLOT_LOT]) if is_known else math.nan
    if not is_wished(slot, when, side, price, sized, reduce, held, worth):
        return slot[WANTED] != 0.0 or is_over(slot, now, ttl if is_kept else -math.inf)
    if slot[WANTED] == 0.0 or slot[OF_SIDE] != side or (has_every and slot[NEXT_US] == math.inf):
        return True
    if (slot[IS_POST] != 0.0) != post or (slot[IS_REDUCE] != 0.0) != reduce or is_over(slot, now, ttl):
        return True
    is_due = slot[NEXT_US] <= now
    rounded = round_price(price, slot[SLOT_TICK], side == slot[BUY_WORD])
    if not is_kept and would_replace(slot, side, rounded, sized, post, reduce, beyond, has_every, has_beyond, is_due):
        return True
    return would_place(slot, now, most, not (has_every or ordered), is_due)


OF_SLOTS = (is_wished, is_beyond_ticks, differs, is_over, would_replace, would_place, would_act)
"""everything here that compiled code calls, those that others call first"""

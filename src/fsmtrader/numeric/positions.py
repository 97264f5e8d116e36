"""A venue's position: what an order adds to it and what it takes away (V-06, V-08, V-16).

`position` is signed (a short one negative) and so is `change`: what is bought. Average and realised profit are
`ledger.book_fill`'s, called with signed quantities.
"""

from __future__ import annotations

import math

NOISE = 1e-12
"""what doubles lose when quantities are added, as a share of the greater one"""


def bought(change: float, is_short: bool) -> float:
    """A change in a leg's own terms as a quantity that is bought: a short leg is opened by selling."""
    return -change if is_short else change


def reducing_part(position: float, change: float) -> float:
    """How much of a change only takes from the position, not below zero (V-06)."""
    if position == 0.0 or change == 0.0 or (position > 0.0) == (change > 0.0):
        return 0.0
    return min(abs(position), abs(change))


def opening_part(position: float, change: float) -> float:
    """How much of a change adds to the position, or starts one on the other side (V-08)."""
    rest = abs(change) - reducing_part(position, change)
    return rest if rest > NOISE * abs(change) else 0.0


def shrunk(quantity: float, position: float, is_buy: bool) -> float:
    """What is left of an order that may only reduce, given the position: zero if that has nothing for it (V-06)."""
    if position == 0.0 or (position > 0.0) == is_buy:
        return 0.0
    held = abs(position)
    return quantity if quantity <= held * (1.0 + NOISE) else held


def room_in_bar(position: float, opened: float, is_buy: bool) -> float:
    """How much may be filled within a bar, given what the bar itself has opened of the position (signed).

    What was opened within a bar is not closed in it: the order of the two is a guess that flatters (V-16).
    """
    if opened == 0.0 or (opened > 0.0) == is_buy:
        return math.inf
    return max(abs(position) - abs(opened), 0.0) if (position > 0.0) == (opened > 0.0) else 0.0


def opened_in_bar(position: float, opened: float, change: float) -> float:
    """What a bar has opened of a position, after one more fill in it; `position` is that before the fill."""
    part = opening_part(position, change)
    if part == 0.0:
        return opened
    return opened + part if change > 0.0 else opened - part

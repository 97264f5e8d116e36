"""What is certain of many events at once: intervals of values, and the box of a market in which nothing comes of them.

An interval holds every value that an expression may have, or the value is not ready. Each bound is worked out by the
operation itself, and rounding keeps order, so that what is worked out of any values between lies between the bounds.
A bound that is not a number says nothing; every question about it is answered no.
"""

from __future__ import annotations

import math
from typing import Any

Table = Any
"""a float64 array of two dimensions"""
SIZES = (512, 64, 8)
"""events in a block, each a multiple of the next"""
LASTING = 4_096
"""how much longer than a block a box is made to last"""
APART = 2e-9
APART_LEAST = 2e-12
"""twice the tolerance of a comparison: no rounding of it can come between"""
SLACK = 1e-14
"""what the rounding of an equity is less than, as a share of what it is added up of"""


def between(one: float, other: float, third: float, fourth: float) -> tuple[float, float]:
    """The least and the greatest of four."""
    total = one + other + third + fourth
    if total != total:
        return math.nan, math.nan
    return min(one, other, third, fourth), max(one, other, third, fourth)


def times(low: float, high: float, low_2: float, high_2: float) -> tuple[float, float]:
    """A product."""
    return between(low * low_2, low * high_2, high * low_2, high * high_2)


def over(low: float, high: float, low_2: float, high_2: float) -> tuple[float, float]:
    """A quotient, by what is certainly not zero."""
    if not (low_2 > 0.0 or high_2 < 0.0):
        return math.nan, math.nan
    return between(low / low_2, low / high_2, high / low_2, high / high_2)


def size_of(low: float, high: float) -> tuple[float, float]:
    """An absolute value."""
    if low >= 0.0:
        return low, high
    if high <= 0.0:
        return -high, -low
    return between(0.0, 0.0, -low, high)


def lesser(low: float, high: float, low_2: float, high_2: float) -> tuple[float, float]:
    """The lesser of two."""
    total = low + high + low_2 + high_2
    return (min(low, low_2), min(high, high_2)) if total == total else (math.nan, math.nan)


def greater_of(low: float, high: float, low_2: float, high_2: float) -> tuple[float, float]:
    """The greater of two."""
    total = low + high + low_2 + high_2
    return (max(low, low_2), max(high, high_2)) if total == total else (math.nan, math.nan)


def far_above(low: float, high: float, low_2: float, high_2: float) -> bool:
    """Whether every value of the first is above every one of the second, by more than a comparison tolerates."""
    size = max(abs(low), abs(high), abs(low_2), abs(high_2))
    return low - high_2 > APART_LEAST + APART * size


def lies_in(blocks: Table, row: int, box: Table) -> bool:
    """Whether a block lies in the box (its first row) that is known to be calm."""
    for k in range(0, blocks.shape[1], 2):
        if not (box[0, k] <= blocks[row, k] and blocks[row, k + 1] <= box[0, k + 1]):
            return False
    return True


def lay_out(blocks: Table, row: int, box: Table, turn: int) -> None:
    """A box to be tried (its second row).

    Turn 0: the block; 1: the block and the box that is known, and half as much again on either side; 2: both; 3: the
    block. Turns 1 to 3 are to last `LASTING` times as long.
    """
    for k in range(0, blocks.shape[1], 2):
        low, high = blocks[row, k], blocks[row, k + 1]
        if k > 0 and (turn == 1 or turn == 2) and box[0, 0] == box[0, 0]:
            low, high = min(low, box[0, k]), max(high, box[0, k + 1])
        if k > 0 and turn == 1:
            margin = (high - low) / 2.0
            low, high = low - margin, high + margin
        box[1, k], box[1, k + 1] = low, high
    if turn > 0:
        box[1, 1] += LASTING * (box[1, 1] - box[1, 0])


def take_box(box: Table) -> None:
    """What was tried is calm."""
    for k in range(box.shape[1]):
        box[0, k] = box[1, k]


LEAPING = ("calm", "is_calm", "leap")
"""functions of a module that leaps, those that others call first"""
OF_CALM = (between, times, over, size_of, lesser, greater_of, far_above, lies_in, lay_out, take_box)
"""everything here that compiled code calls, those that others call first"""

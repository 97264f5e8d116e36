"""Prices to ticks and quantities to lots, the safe way: buys down, sells up, sizes down (design §3.7).

A value within a whisker of a multiple is that multiple: 0.1 + 0.2 is three ticks of 0.1. The whisker is a billionth of
a step plus what doubles lose at that magnitude, far below anything a venue can see. A step that is not above zero
means that there is no grid; the value is returned as it is.
"""

from __future__ import annotations

import math

WHISKER = 1e-9
PRECISION = 1e-14
MOST_STEPS = 2.0**52


def nearest_steps(value: float, step: float) -> float:
    """The whole number of steps in `value` if it is a multiple, else the fraction as it is."""
    steps = value / step
    if abs(steps) >= MOST_STEPS:
        return steps
    nearest = float(math.floor(steps + 0.5))
    return nearest if abs(steps - nearest) <= WHISKER + PRECISION * abs(steps) else steps


def from_steps(steps: float, step: float) -> float:
    """`steps` whole steps as the double nearest to the decimal number (60021 of 0.01 is 600.21, not 600.2100000001)."""
    inverse = 1.0 / step
    if inverse < 1.0 or inverse >= MOST_STEPS:
        return steps * step
    whole = float(math.floor(inverse + 0.5))
    return steps / whole if abs(inverse - whole) <= WHISKER * whole else steps * step


def is_grid(value: float, step: float) -> bool:
    """Whether there is anything to round: a finite value and a step above zero (and finite)."""
    return -math.inf < value < math.inf and 0.0 < step < math.inf


def is_multiple(value: float, step: float) -> bool:
    """Whether `value` lies on the grid; always, if there is none."""
    if not is_grid(value, step):
        return True
    steps = nearest_steps(value, step)
    return abs(steps) >= MOST_STEPS or steps == math.floor(steps)


def floor_to(value: float, step: float) -> float:
    """The greatest multiple of `step` that is not above `value`."""
    if not is_grid(value, step):
        return value
    steps = nearest_steps(value, step)
    return from_steps(float(math.floor(steps)), step) if abs(steps) < MOST_STEPS else value


def ceil_to(value: float, step: float) -> float:
    """The least multiple of `step` that is not below `value`."""
    if not is_grid(value, step):
        return value
    steps = nearest_steps(value, step)
    return from_steps(float(math.ceil(steps)), step) if abs(steps) < MOST_STEPS else value


def round_price(price: float, tick: float, is_buy: bool) -> float:
    """The price to send: a buy never above what was meant, a sell never below."""
    return floor_to(price, tick) if is_buy else ceil_to(price, tick)


def floor_quantity(quantity: float, lot: float) -> float:
    """The quantity to send: never more than was meant, whatever its sign."""
    return floor_to(quantity, lot) if quantity >= 0.0 else 0.0 - floor_to(-quantity, lot)

"""Tolerant comparisons (design §3.7): a boundary behaves as it does on paper.

Two numbers are close within `max(1e-9 * max(|a|, |b|), 1e-12)`. Not a number is not ready: every comparison with it is
False, `not_equal` as well, because a row fires only on true. An infinity is close to itself alone.
"""

from __future__ import annotations

import math

RELATIVE = 1e-9
ABSOLUTE = 1e-12


def is_number(value: float) -> bool:
    """Whether `value` is finite: neither NaN (not ready) nor an infinity."""
    return -math.inf < value < math.inf


def close(a: float, b: float) -> bool:
    """Whether a and b are the same number as far as the language is concerned."""
    if a == b:
        return True
    if not (is_number(a) and is_number(b)):
        return False
    tolerance = RELATIVE * max(abs(a), abs(b))
    return abs(a - b) <= max(tolerance, ABSOLUTE)


def equal(a: float, b: float) -> bool:
    """`a == b` in a spec."""
    return close(a, b)


def not_equal(a: float, b: float) -> bool:
    """`a != b` in a spec; False when either is not ready."""
    return not (math.isnan(a) or math.isnan(b) or close(a, b))


def less(a: float, b: float) -> bool:
    """`a < b` in a spec: below by more than the tolerance."""
    return a < b and not close(a, b)


def less_equal(a: float, b: float) -> bool:
    """`a <= b` in a spec."""
    return a < b or close(a, b)


def greater(a: float, b: float) -> bool:
    """`a > b` in a spec: above by more than the tolerance."""
    return a > b and not close(a, b)


def greater_equal(a: float, b: float) -> bool:
    """`a >= b` in a spec."""
    return a > b or close(a, b)

"""Whether a value is in the range of its place: used when a spec is compiled and when a run starts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fsmtrader.domain.units import SECONDS
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import Bounds, Observable, Range

_TOLERANCE = 1e-9
SLOT_LIMIT = 8
"""orders that may live in one slot"""


def broken(entry: Range, x: Sequence[float], observables: Sequence[Observable]) -> float | None:
    """The value, if it is outside of its range; None if it is inside or not known from the parameters `x`."""
    value = evaluate(entry.value.tree, x, observables, unasked)
    if math.isnan(value) or _is_inside(entry.bounds, value):
        return None
    return value


def _is_inside(bounds: Bounds, value: float) -> bool:
    is_count = value >= 1.0 and abs(value - round(value)) <= _TOLERANCE if math.isfinite(value) else False
    match bounds:
        case Bounds.POSITIVE:
            return value > 0.0
        case Bounds.NOT_NEGATIVE:
            return value >= 0.0
        case Bounds.SHARE:
            return 0.0 < value < 1.0
        case Bounds.COUNT:
            return is_count
        case Bounds.SLOT:
            return is_count and value <= SLOT_LIMIT + _TOLERANCE


def shown(entry: Range, value: float) -> str:
    """A value in the words of its place: durations in seconds, shares in percent."""
    if entry.bounds is Bounds.SHARE:
        return f"{value * 100:.12g}%"
    return f"{value:.12g}s" if entry.value.tree.type.unit == SECONDS else f"{value:.12g}"

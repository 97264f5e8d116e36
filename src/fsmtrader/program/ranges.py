"""Whether a value is in the range of its place: used when a spec is compiled and when a run starts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fsmtrader.domain.units import SECONDS
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import Bounds, Observable, Program, Range
from fsmtrader.program.typed import Read

_TOLERANCE = 1e-9
SLOT_LIMIT = 8
"""orders that may live in one slot"""


def broken(entry: Range, x: Sequence[float], observables: Sequence[Observable]) -> float | None:
    """The value, if it is outside of its range; None if it is inside or not known from the parameters `x`."""
    value = evaluate(entry.value.tree, x, observables, unasked)
    if math.isnan(value) or _is_inside(entry.bounds, value):
        return None
    return value


def counts_of(program: Program) -> dict[str, str]:
    """The parameters that stand alone where something is counted, with what that is."""
    places = [(entry.value, entry.what) for entry in program.ranges if entry.bounds in (Bounds.COUNT, Bounds.SLOT)]
    for indicator in program.indicators:
        for name, value in (("n", indicator.count), ("ready", indicator.ready)):
            if value is not None:
                places.append((value, f"{name} of {indicator.text}"))
    names = {parameter.slot: parameter.name for parameter in program.parameters}
    found: dict[str, str] = {}
    for value, what in places:
        if isinstance(value.tree, Read) and value.tree.slot in names:
            found.setdefault(names[value.tree.slot], what)
    return found


def is_whole(value: float) -> bool:
    """Whether a value is a whole number, but for what is lost in writing it as a sum of others."""
    return math.isfinite(value) and abs(value - round(value)) <= _TOLERANCE


def _is_inside(bounds: Bounds, value: float) -> bool:
    is_count = value >= 1.0 and is_whole(value)
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

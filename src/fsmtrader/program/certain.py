"""Conditions that are decided by how they are written: no market and no position can make them false, or true.

Intervals are looked at within one conjunction (or, turned round, one disjunction): `p > 5 and p < 3`. What a parameter
is set to plays no part, as a run may set it to something else; only literals count. *Not ready* is left out: a
condition that is never true may well be not known for a while.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.typed import (
    Arithmetic,
    Asked,
    AtLeast,
    Comparison,
    Constant,
    Either,
    Every,
    Inverse,
    Kind,
    Observed,
    Read,
    Typed,
    walk,
)
from fsmtrader.spec.expression.tree import Operator

_TURNED = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_EQUAL: Operator.GREATER_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_EQUAL: Operator.LESS_EQUAL,
    Operator.EQUAL: Operator.EQUAL,
    Operator.NOT_EQUAL: Operator.NOT_EQUAL,
}
"""the operator when the sides change places"""
_NEGATED = {
    Operator.LESS: Operator.GREATER_EQUAL,
    Operator.LESS_EQUAL: Operator.GREATER,
    Operator.GREATER: Operator.LESS_EQUAL,
    Operator.GREATER_EQUAL: Operator.LESS,
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.NOT_EQUAL: Operator.EQUAL,
}
_FALSE_OF_ITSELF = (Operator.LESS, Operator.GREATER, Operator.NOT_EQUAL)


def is_constant(tree: Typed) -> bool:
    """Whether a tree reads nothing at all."""
    return not any(isinstance(part, Read | Observed | Asked) for part in walk(tree))


def constant(tree: Typed) -> float:
    """The value of a tree that reads nothing."""
    return evaluate(tree, (), (), lambda query, arguments: math.nan)


def is_never(tree: Typed) -> bool:
    """Whether a condition can't be true."""
    match tree:
        case Constant():
            return tree.type.kind is Kind.TRUTH and tree.value == 0.0
        case Comparison():
            return _compared(tree) is False
        case Inverse(operand=operand):
            return is_always(operand)
        case Every(operands=operands):
            return any(is_never(o) for o in operands) or _clash(operands)
        case Either(operands=operands):
            return all(is_never(o) for o in operands)
        case AtLeast(count=count, operands=operands):
            return is_constant(count) and sum(not is_never(o) for o in operands) < constant(count) - 1e-9
        case _:
            return False


def is_always(tree: Typed) -> bool:
    """Whether a condition can't be false."""
    match tree:
        case Constant():
            return tree.type.kind is Kind.TRUTH and tree.value == 1.0
        case Comparison():
            return _compared(tree) is True
        case Inverse(operand=operand):
            return is_never(operand)
        case Every(operands=operands):
            return all(is_always(o) for o in operands)
        case Either(operands=operands):
            return any(is_always(o) for o in operands) or _clash(tuple(_negations(operands)))
        case AtLeast(count=count, operands=operands):
            return is_constant(count) and sum(is_always(o) for o in operands) >= constant(count) - 1e-9
        case _:
            return False


def follows(condition: Typed, given: tuple[Typed, ...]) -> bool:
    """Whether a condition holds whenever all the given ones do, which must not exclude one another."""
    return condition in given or (not _clash(given) and _clash((*given, *_negations((condition,)))))


def is_never_of_a_price(tree: Typed, price: Typed) -> bool:
    """Whether a condition can't be true because this value is above zero."""
    above = Comparison(Operator.GREATER, price, Constant(0.0, price.type), False)
    return _clash((above, *(tree.operands if isinstance(tree, Every) else (tree,))))


def _compared(tree: Comparison) -> bool | None:
    """What a comparison of constants, or of a thing with itself, gives; None when that depends."""
    if is_constant(tree):
        value = constant(tree)
        return None if math.isnan(value) else value == 1.0
    return tree.operator not in _FALSE_OF_ITSELF if tree.left == tree.right else None


def _negations(operands: Iterable[Typed]) -> Iterator[Typed]:
    for operand in operands:
        match operand:
            case Comparison(operator=operator, left=left, right=right, exact=exact):
                yield Comparison(_NEGATED[operator], left, right, exact)
            case Inverse(operand=inner):
                yield inner
            case _:
                yield Inverse(operand)


@dataclass(frozen=True, slots=True)
class _Interval:
    """Where one value may be by all the comparisons so far; `holes` are values that it can't have."""

    low: float = -math.inf
    high: float = math.inf
    holes: frozenset[float] = frozenset()

    def narrowed(self, operator: Operator, limit: float) -> _Interval:
        low, high, holes = self.low, self.high, self.holes
        if operator in (Operator.EQUAL, Operator.GREATER, Operator.GREATER_EQUAL):
            low = max(low, limit)
        if operator in (Operator.EQUAL, Operator.LESS, Operator.LESS_EQUAL):
            high = min(high, limit)
        if operator in _FALSE_OF_ITSELF:
            holes = holes | {limit}
        return _Interval(low, high, holes)

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and self.low in self.holes)


def _clash(operands: tuple[Typed, ...]) -> bool:
    """Whether conditions can't all hold: one and its opposite, or comparisons that leave no value."""
    known = set(operands)
    if any(isinstance(o, Inverse) and o.operand in known for o in operands):
        return True
    intervals: dict[Typed, _Interval] = {}
    for operand in operands:
        if isinstance(operand, Comparison):
            subject, operator, limit = _limit(operand, intervals)
            if not math.isnan(limit):
                intervals[subject] = intervals.get(subject, _Interval()).narrowed(operator, limit)
    return any(interval.is_empty for interval in intervals.values())


def _limit(tree: Comparison, intervals: dict[Typed, _Interval]) -> tuple[Typed, Operator, float]:
    """A comparison as (what, operator, constant). Of two that change, their difference is compared with zero."""
    if is_constant(tree.right):
        return tree.left, tree.operator, constant(tree.right)
    if is_constant(tree.left):
        return tree.right, _TURNED[tree.operator], constant(tree.left)
    turned = Arithmetic(Operator.SUBTRACT, tree.right, tree.left, tree.right.type)
    if turned in intervals:
        return turned, _TURNED[tree.operator], 0.0
    return Arithmetic(Operator.SUBTRACT, tree.left, tree.right, tree.left.type), tree.operator, 0.0

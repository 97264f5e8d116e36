"""What an expression means, told as plainly as can be: a walk over the typed tree.

It is the judge of the emitter (both give the same bits for every input) and it computes constants while a spec is
compiled. Conventions that both keep:

- A number that is *not ready* is NaN; so is one that cannot be: a division by zero, a root of a negative number, a sum
  that overflows. Only a time can be endless, because `never` is an instant (-inf).
- A truth is 1.0, 0.0, or anything else for *not known*. Logic is Kleene's.
- An enumerator is its index into `Program.words`.
- An instant is in microseconds; the function `elapsed(a, b)`, which `a - b` and `since` become, gives seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from fsmtrader.numeric import compare
from fsmtrader.program.formulas import FORMULAS
from fsmtrader.program.ir import Observable
from fsmtrader.program.typed import (
    Arithmetic,
    Asked,
    AtLeast,
    Choice,
    Comparison,
    Constant,
    Either,
    Every,
    Formula,
    Function,
    Inverse,
    Kind,
    Negative,
    Observed,
    Power,
    Read,
    Ready,
    Typed,
)
from fsmtrader.spec.expression.tree import Operator

MICROSECONDS = 1_000_000.0
EXP_LIMIT = 709.782712893384
"""the greatest argument whose exponential is a double"""
WHOLE_LIMIT = 4503599627370496.0
"""2**52: from here on every double is a whole number"""

Ask = Callable[[int, tuple[float, ...]], float]


def evaluate(tree: Typed, x: Sequence[float], observables: Sequence[Observable], ask: Ask) -> float:
    """The value of `tree` over the slots `x`; total: no input makes it raise."""
    return _Evaluation(x, observables, ask).value(tree)


class _Evaluation:
    """One evaluation; an observable that is used in several places is computed once."""

    def __init__(self, x: Sequence[float], observables: Sequence[Observable], ask: Ask) -> None:
        self.x = x
        self.observables = observables
        self.ask = ask
        self.seen: dict[int, float] = {}

    def value(self, node: Typed) -> float:
        match node:
            case Constant(value=value):
                return value
            case Read(slot=slot):
                return self.x[slot]
            case Observed(observable=index):
                return self._observed(index)
            case Asked(query=query, arguments=arguments):
                return self.ask(query, tuple(self.value(a) for a in arguments))
            case Negative(operand=operand):
                return -self.value(operand)
            case Arithmetic(operator=operator, left=left, right=right):
                return _finite(_ARITHMETIC[operator](self.value(left), self.value(right)))
            case Power(operand=operand, halves=halves):
                return _finite(_power(self.value(operand), halves))
            case Function(name=name, arguments=arguments):
                values = [self.value(a) for a in arguments]
                return math.nan if any(math.isnan(v) for v in values) else _FUNCTIONS[name](*values)
            case Formula(name=name, arguments=arguments, part=part):
                return _finite(FORMULAS[name](*(self.value(a) for a in arguments))[part])
            case Choice(condition=condition, then=then, other=other):
                known = _truth(self.value(condition))
                return math.nan if known is None else self.value(then if known else other)
            case Comparison() | Inverse() | Every() | Either() | AtLeast() | Ready():
                return _number(self._holds(node))

    def _observed(self, index: int) -> float:
        if index not in self.seen:
            self.seen[index] = self.value(self.observables[index].value.tree)
        return self.seen[index]

    def _holds(self, node: Comparison | Inverse | Every | Either | AtLeast | Ready) -> bool | None:
        """True, False, or None: not known."""
        match node:
            case Comparison(operator=operator, left=left, right=right, exact=exact):
                return _compared(operator, self.value(left), self.value(right), exact)
            case Inverse(operand=operand):
                known = _truth(self.value(operand))
                return None if known is None else not known
            case Every(operands=operands):
                truths = [_truth(self.value(o)) for o in operands]
                return False if False in truths else None if None in truths else True
            case Either(operands=operands):
                truths = [_truth(self.value(o)) for o in operands]
                return True if True in truths else None if None in truths else False
            case AtLeast(count=count, operands=operands):
                return _at_least(self.value(count), [_truth(self.value(o)) for o in operands])
            case Ready(operand=operand):
                value = self.value(operand)
                return _truth(value) is not None if operand.type.kind is Kind.TRUTH else not math.isnan(value)


def _truth(value: float) -> bool | None:
    return True if value == 1.0 else False if value == 0.0 else None


def _number(truth: bool | None) -> float:
    return math.nan if truth is None else float(truth)


def _finite(value: float) -> float:
    """A result that grew beyond all doubles is not ready."""
    return value if math.isfinite(value) else math.nan


def _divided(a: float, b: float) -> float:
    return a / b if b != 0.0 else math.nan


def _power(value: float, halves: int) -> float:
    """Squares and products from the lowest bit up, then a square root for the half, then the inverse: never `**`."""
    left = abs(halves) // 2
    square, result = value, 1.0 if not math.isnan(value) else math.nan
    while left:
        if left & 1:
            result = result * square
        left >>= 1
        if left:
            square = square * square
    if halves % 2:
        result = result * _root(value)
    return _divided(1.0, _finite(result)) if halves < 0 else result


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0.0 else math.nan


def _whole(rounded: Callable[[float], int], value: float) -> float:
    return float(rounded(value)) if abs(value) < WHOLE_LIMIT else value


def _compared(operator: Operator, a: float, b: float, exact: bool) -> bool | None:
    if math.isnan(a) or math.isnan(b):
        return None
    return (_EXACT if exact else _TOLERANT)[operator](a, b)


def _at_least(count: float, truths: Sequence[bool | None]) -> bool | None:
    sure = float(truths.count(True))
    possible = sure + truths.count(None)
    if compare.greater_equal(sure, count):
        return True
    return False if compare.less(possible, count) else None


_ARITHMETIC: Mapping[Operator, Callable[[float, float], float]] = {
    Operator.ADD: lambda a, b: a + b,
    Operator.SUBTRACT: lambda a, b: a - b,
    Operator.MULTIPLY: lambda a, b: a * b,
    Operator.DIVIDE: _divided,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "floor": lambda x: _whole(math.floor, x),
    "ceil": lambda x: _whole(math.ceil, x),
    "sign": lambda x: float(x > 0.0) - float(x < 0.0),
    "sqrt": lambda x: _finite(_root(x)),
    "log": lambda x: _finite(math.log(x)) if x > 0.0 else math.nan,
    "exp": lambda x: math.exp(x) if x <= EXP_LIMIT else math.nan,
    "elapsed": lambda later, earlier: (later - earlier) / MICROSECONDS,
}
_TOLERANT: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.LESS: compare.less,
    Operator.LESS_EQUAL: compare.less_equal,
    Operator.GREATER: compare.greater,
    Operator.GREATER_EQUAL: compare.greater_equal,
    Operator.EQUAL: compare.equal,
    Operator.NOT_EQUAL: compare.not_equal,
}
_EXACT: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.LESS: lambda a, b: a < b,
    Operator.LESS_EQUAL: lambda a, b: a <= b,
    Operator.GREATER: lambda a, b: a > b,
    Operator.GREATER_EQUAL: lambda a, b: a >= b,
    Operator.EQUAL: lambda a, b: a == b,
    Operator.NOT_EQUAL: lambda a, b: a != b,
}


def unasked(query: int, arguments: tuple[float, ...]) -> float:
    """For where no market answers yet: every question is not ready."""
    return math.nan

"""Typed expression trees: names are slots, units are checked, calls are resolved. Both engines read these.

Truth is three-valued (design §3.6); numbers are doubles in which NaN means *not ready*.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.domain.units import Unit, spoken
from fsmtrader.spec.expression.tree import Operator


class Kind(enum.Enum):
    NUMBER = "number"
    TRUTH = "truth"
    WORD = "enumerator"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Type:
    """`unit` None: a bare number, which fits every place. `words`: the enumerators that a WORD can be."""

    kind: Kind
    unit: Unit | None = None
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is Kind.NUMBER:
            return "a bare number" if self.unit is None else spoken(self.unit)
        if self.kind is Kind.WORD:
            return f"one of {', '.join(self.words)}" if len(self.words) > 1 else f"the word {''.join(self.words)}"
        return {Kind.TRUTH: "a truth", Kind.INSTANT: "an instant"}[self.kind]


TRUTH = Type(Kind.TRUTH)
BARE = Type(Kind.NUMBER)
INSTANT = Type(Kind.INSTANT)


def number(unit: Unit | None) -> Type:
    return Type(Kind.NUMBER, unit)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a truth (1.0, 0.0), an enumerator's index, or an instant in microseconds (`never`: -inf)."""

    value: float
    type: Type


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a slot."""

    slot: int
    type: Type


@dataclass(frozen=True, slots=True)
class Observed:
    """The value of an observable."""

    observable: int
    type: Type


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to market, venue or ledger whose arguments are only known when it is asked."""

    query: int
    arguments: tuple[Typed, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Typed
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: Operator
    left: Typed
    right: Typed
    type: Type


@dataclass(frozen=True, slots=True)
class Power:
    """A constant power: emitted as multiplications and square roots. `halves` is twice the exponent."""

    operand: Typed
    halves: int
    type: Type


@dataclass(frozen=True, slots=True)
class Comparison:
    """`exact` for times, truths and enumerators; tolerant otherwise."""

    operator: Operator
    left: Typed
    right: Typed
    exact: bool
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Inverse:
    operand: Typed
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Every:
    """And: true when all are, false when one is."""

    operands: tuple[Typed, ...]
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Either:
    """Or: true when one is, false when all are."""

    operands: tuple[Typed, ...]
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class AtLeast:
    count: Typed
    operands: tuple[Typed, ...]
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Ready:
    operand: Typed
    type: Type = TRUTH


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else other`; not ready when the condition is not known."""

    condition: Typed
    then: Typed
    other: Typed
    type: Type


@dataclass(frozen=True, slots=True)
class Function:
    """A pure function by name: abs, min, max, clamp, floor, ceil, sign, sqrt, log, exp, and `elapsed`.

    `elapsed(a, b)` is the time from instant b to instant a in seconds, (a - b) / 1e6; infinite when b is `never`
    (the one function whose result may be infinite). `opposite` never gets here: it is lowered to a Choice.
    """

    name: str
    arguments: tuple[Typed, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Formula:
    """One part of what a formula of the numeric heart gives (`program.formulas`): a primitive's own.

    Unlike a Function it decides itself what an argument that is not ready means.
    """

    name: str
    arguments: tuple[Typed, ...]
    part: int
    type: Type


Typed = (
    Constant
    | Read
    | Observed
    | Asked
    | Negative
    | Arithmetic
    | Power
    | Comparison
    | Inverse
    | Every
    | Either
    | AtLeast
    | Ready
    | Choice
    | Function
    | Formula
)


def parts(node: Typed) -> tuple[Typed, ...]:
    """The operands of a node, in evaluation order."""
    match node:
        case Constant() | Read() | Observed():
            return ()
        case Asked(arguments=items) | Function(arguments=items) | Formula(arguments=items):
            return items
        case Every(operands=items) | Either(operands=items):
            return items
        case Negative(operand=x) | Power(operand=x) | Inverse(operand=x) | Ready(operand=x):
            return (x,)
        case Arithmetic(left=a, right=b) | Comparison(left=a, right=b):
            return (a, b)
        case AtLeast(count=n, operands=items):
            return (n, *items)
        case Choice(condition=c, then=a, other=b):
            return (c, a, b)


def walk(node: Typed) -> Iterator[Typed]:
    """The node and everything in it."""
    yield node
    for part in parts(node):
        yield from walk(part)

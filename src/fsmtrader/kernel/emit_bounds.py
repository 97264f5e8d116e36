"""Typed trees become intervals: what a guard can be while prices, shared indicators and the time keep within bounds.

A value is a pair of names, its least and greatest; it may be not ready besides. Of a truth is asked whether it is
certain that it never holds. What is not understood has no bounds (`nan`), and nothing is certain of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fsmtrader.kernel.scope import Lines, Scope, not_asked
from fsmtrader.program.emit import Emitter
from fsmtrader.program.emit_text import NEGATED
from fsmtrader.program.evaluate import MICROSECONDS
from fsmtrader.program.reach import deep
from fsmtrader.program.typed import (
    Arithmetic,
    Choice,
    Comparison,
    Constant,
    Either,
    Every,
    Function,
    Inverse,
    Negative,
    Observed,
    Power,
    Read,
    Typed,
)
from fsmtrader.spec.expression.tree import Operator

Pair = tuple[str, str]
UNKNOWN = ("nan", "nan")
EXTREMES = {"min": "lesser", "max": "greater_of"}


@dataclass(slots=True)
class Bounds:
    """One stretch of lines. moving: the bounds of slots that change; still: slots that are zero all the while."""

    scope: Scope
    out: Lines
    moving: Mapping[int, Pair]
    still: frozenset[int]
    letter: str
    _emitter: Emitter = field(init=False)
    _count: int = 0
    _pairs: dict[int, tuple[Typed, Pair]] = field(default_factory=dict)
    _observed: dict[int, Pair] = field(default_factory=dict)

    def __post_init__(self) -> None:
        program = self.scope.program
        self._emitter = Emitter(
            program.observables, slots=program.slots, read=self._read, ask=not_asked, letter=f"{self.letter}v"
        )

    def never(self, tree: Typed, want: bool = True) -> str:
        """The text of: it is certain that the condition is never true (`want` False: never false)."""
        if self._is_fixed(tree):
            text = self._emitter.truth(tree) if want else self._emitter.falsity(tree)
            self._flush()
            return f"not ({text})"
        match tree:
            case Observed(observable=index):
                return self.never(self.scope.program.observables[index].value.tree, want)
            case Inverse(operand=operand):
                return self.never(operand, not want)
            case Every(operands=operands) | Either(operands=operands):
                word = " or " if isinstance(tree, Every) is want else " and "
                return f"({word.join(self.never(operand, want) for operand in operands)})"
            case Comparison():
                return self._never_holds(tree, want)
            case Choice(condition=condition, then=then, other=other):
                yes, no = self.never(condition, True), self.never(condition, False)
                return f"(({yes} or {self.never(then, want)}) and ({no} or {self.never(other, want)}))"
        return "False"

    def _never_holds(self, tree: Comparison, want: bool) -> str:
        (a, b), (c, d) = self._pair(tree.left), self._pair(tree.right)
        operator = tree.operator if want else NEGATED[tree.operator]
        below = f"{b} < {c}" if tree.exact else f"far_above({c}, {d}, {a}, {b})"
        above = f"{d} < {a}" if tree.exact else f"far_above({a}, {b}, {c}, {d})"
        return {
            Operator.GREATER_EQUAL: below,
            Operator.LESS_EQUAL: above,
            Operator.GREATER: f"{b} <= {c}",
            Operator.LESS: f"{d} <= {a}",
            Operator.EQUAL: f"({below} or {above})",
            Operator.NOT_EQUAL: f"{a} == {b} == {c} == {d}",
        }[operator]

    def _pair(self, tree: Typed) -> Pair:
        """The names of the least and the greatest value."""
        if id(tree) not in self._pairs:
            self._pairs[id(tree)] = (tree, self._made(tree))
        return self._pairs[id(tree)][1]

    def _made(self, tree: Typed) -> Pair:
        if self._is_fixed(tree):
            name = self._emitter.named(tree)
            self._flush()
            return name, name
        match tree:
            case Read(slot=slot):
                return self.moving[slot]
            case Observed(observable=index):
                if index not in self._observed:
                    self._observed[index] = self._pair(self.scope.program.observables[index].value.tree)
                return self._observed[index]
            case Negative(operand=operand):
                low, high = self._pair(operand)
                return self._named(f"-{high}, -{low}")
            case Arithmetic():
                return self._arithmetic(tree)
            case Power(operand=operand, halves=halves) if halves > 0 and halves % 2 == 0:
                return self._power(self._pair(operand), halves // 2)
            case Choice():
                return self._choice(tree)
            case Function():
                return self._function(tree)
        return UNKNOWN

    def _arithmetic(self, tree: Arithmetic) -> Pair:
        (a, b), (c, d) = self._pair(tree.left), self._pair(tree.right)
        match tree.operator:
            case Operator.ADD:
                return self._named(f"{a} + {c}, {b} + {d}")
            case Operator.SUBTRACT:
                return self._named(f"{a} - {d}, {b} - {c}")
            case Operator.MULTIPLY:
                return self._named(f"times({a}, {b}, {c}, {d})")
        return self._named(f"over({a}, {b}, {c}, {d})")

    def _power(self, value: Pair, exponent: int) -> Pair:
        """Squares from the lowest bit up, multiplied in that order, as the value itself is worked out."""
        square, result, left = value, None, exponent
        while left:
            if left & 1:
                result = square if result is None else self._product(result, square)
            left >>= 1
            if left:
                square = self._product(square, square)
        assert result is not None
        return result

    def _product(self, one: Pair, other: Pair) -> Pair:
        return self._named(f"times({one[0]}, {one[1]}, {other[0]}, {other[1]})")

    def _choice(self, tree: Choice) -> Pair:
        """One side, if it is certain which; else what holds both."""
        (a, b), (c, d) = self._pair(tree.then), self._pair(tree.other)
        either = self._named(f"between({a}, {b}, {c}, {d})")
        no, yes = self.never(tree.condition, True), self.never(tree.condition, False)
        low, high = self._named(f"({c}, {d}) if {no} else ({either[0]}, {either[1]})")
        return self._named(f"({a}, {b}) if {yes} else ({low}, {high})")

    def _function(self, tree: Function) -> Pair:
        if tree.name == "elapsed":
            (a, b), (c, d) = (self._pair(operand) for operand in tree.arguments)
            return self._named(f"({a} - {d}) / {MICROSECONDS}, ({b} - {c}) / {MICROSECONDS}")
        if tree.name == "abs":
            low, high = self._pair(tree.arguments[0])
            return self._named(f"size_of({low}, {high})")
        if tree.name in EXTREMES:
            first, *rest = [self._pair(operand) for operand in tree.arguments]
            for low, high in rest:
                first = self._named(f"{EXTREMES[tree.name]}({first[0]}, {first[1]}, {low}, {high})")
            return first
        return UNKNOWN

    def _named(self, text: str) -> Pair:
        self._count += 1
        low, high = f"{self.letter}{self._count}_low", f"{self.letter}{self._count}_high"
        self.out.add(f"{low}, {high} = {text}")
        return low, high

    def _flush(self) -> None:
        self.out.add(*self._emitter.lines)
        self._emitter.lines.clear()

    def _is_fixed(self, tree: Typed) -> bool:
        if isinstance(tree, Constant):
            return True
        return not any(isinstance(node, Read) and node.slot in self.moving for node in deep(self.scope.program, tree))

    def _read(self, slot: int) -> str:
        return "0.0" if slot in self.still else self.scope.slot(slot)

"""The syntax tree of an expression: frozen values, each with its span in the file."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from fsmtrader.diagnostics import Span


class Operator(enum.Enum):
    """Operators as written. The value is the text."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    POWER = "**"
    AND = "and"
    OR = "or"
    IMPLIES = "implies"
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    EQUAL = "=="
    NOT_EQUAL = "!="


@dataclass(frozen=True, slots=True)
class Number:
    """A literal. `value` is already scaled (`0.5%` is 0.005, `4h` is 14400.0); `suffix` says what was written."""

    value: float
    suffix: str
    """one of '', '%', 'bp', 'ms', 's', 'm', 'h', 'd'"""
    span: Span


@dataclass(frozen=True, slots=True)
class Boolean:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Never:
    """The instant that has not been: `since(never)` is larger than everything."""

    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Tree
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    operand: Tree
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, `and`, `or`, `implies`."""

    operator: Operator
    left: Tree
    right: Tree
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """`a < b <= c`: the first operand, then (operator, operand) pairs; every pair must hold."""

    first: Tree
    rest: tuple[tuple[Operator, Tree], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else other`."""

    then: Tree
    condition: Tree
    other: Tree
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """A keyword argument of a call."""

    name: str
    value: Tree
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    function_span: Span
    positional: tuple[Tree, ...]
    keywords: tuple[Argument, ...]
    span: Span


Tree = Number | Boolean | Never | Name | Negate | Not | Binary | Compare | Conditional | Call

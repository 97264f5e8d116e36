"""What a spec's own guards say about the price: reference prices, the bands around them, and thresholds.

A guard `abs(P - ref) >= width` (or `P - ref > width`) draws a band around `ref` in the states where its row stands;
`amount > limit`, with a limit that only hangs on parameters, draws a line. Found in the typed tree, so that a chart
shows what is decided by, whatever the names are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.domain.units import PRICE, QUOTE
from fsmtrader.program.ir import Program, Row, SlotRole, Value
from fsmtrader.program.reach import is_fixed
from fsmtrader.program.typed import (
    Arithmetic,
    Asked,
    Comparison,
    Constant,
    Function,
    Kind,
    Observed,
    Read,
    Typed,
    walk,
)
from fsmtrader.spec.expression.tree import Operator

BEYOND = (Operator.GREATER, Operator.GREATER_EQUAL)


@dataclass(frozen=True, slots=True)
class Band:
    """`centre` ± `width`, both prices, while the region is in one of `leaves`; `leg`: whose price is compared."""

    name: str
    centre: Value
    width: Value
    region: int
    leaves: tuple[str, ...]
    leg: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A quote amount and the limit that a guard compares it with."""

    name: str
    amount: Value
    limit: Value


def bands_of(program: Program) -> tuple[Band, ...]:
    """The bands of a program, each once, in order of its rows."""
    found: dict[tuple[Typed, Typed], Band] = {}
    for row in program.rows:
        for price, centre, width in _distances(program, row):
            leaves = _leaves(program, row)
            old = found.get((centre, width))
            if old is not None:
                leaves = tuple(dict.fromkeys((*old.leaves, *leaves)))
            found[centre, width] = Band(
                _name(program, centre),
                _value(row, centre),
                _value(row, width),
                row.region,
                leaves,
                next(_legs(program, price), ""),
            )
    return tuple(found.values())


def thresholds_of(program: Program) -> tuple[Threshold, ...]:
    """What guards hold against a limit made of parameters, in quote currency."""
    found: dict[Typed, Threshold] = {}
    for row in program.rows:
        for node in _comparisons(program, row):
            is_limit = is_fixed(program, node.right) and not isinstance(node.right, Constant)
            if node.operator in BEYOND and _is(node.left, QUOTE) and is_limit:
                threshold = Threshold(_name(program, node.left), _value(row, node.left), _value(row, node.right))
                found.setdefault(node.left, threshold)
    return tuple(found.values())


def _distances(program: Program, row: Row) -> Iterator[tuple[Typed, Typed, Typed]]:
    """(price, reference, width) of each comparison of a distance from a remembered price with a width."""
    for node in _comparisons(program, row):
        inner = node.left
        if isinstance(inner, Function) and inner.name == "abs":
            inner = inner.arguments[0]
        if node.operator not in BEYOND or not isinstance(inner, Arithmetic) or inner.operator is not Operator.SUBTRACT:
            continue
        if _is(inner.left, PRICE) and _is_remembered(program, inner.right) and _is(node.right, PRICE):
            yield inner.left, inner.right, node.right


def _legs(program: Program, tree: Typed) -> Iterator[str]:
    """The legs that a value asks the market about, those in named values among them."""
    for node in walk(tree):
        match node:
            case Asked(query=query):
                yield from program.queries[query].legs
            case Read(slot=slot):
                yield from (leg for query in program.queries if query.slot == slot for leg in query.legs)
            case Observed(observable=index):
                yield from _legs(program, program.observables[index].value.tree)


def _comparisons(program: Program, row: Row) -> Iterator[Comparison]:
    """Every comparison in the guard of a row, through observables that are truths."""
    open_trees: list[Typed] = [row.guard.tree] if row.guard is not None else []
    seen: set[int] = set()
    while open_trees:
        for node in walk(open_trees.pop()):
            if isinstance(node, Comparison):
                yield node
            elif isinstance(node, Observed) and node.type.kind is Kind.TRUTH and node.observable not in seen:
                seen.add(node.observable)
                open_trees.append(program.observables[node.observable].value.tree)


def _value(row: Row, tree: Typed) -> Value:
    """A part of a row's guard as a value of its own, at the guard's place."""
    assert row.guard is not None
    return Value(tree, row.guard.text, row.guard.span)


def _leaves(program: Program, row: Row) -> tuple[str, ...]:
    region = program.regions[row.region]
    return tuple(region.leaves[move.leaf].name for move in region.moves if move.row == row.index)


def _is(tree: Typed, unit: object) -> bool:
    return tree.type.kind is Kind.NUMBER and tree.type.unit == unit


def _is_remembered(program: Program, tree: Typed) -> bool:
    """A variable, or a value kept since the entry of a state."""
    if isinstance(tree, Observed):
        return _is_remembered(program, program.observables[tree.observable].value.tree)
    if not isinstance(tree, Read):
        return False
    kept = {i.slot for i in program.indicators if i.function in ("entered", "anchored")}
    return program.slots[tree.slot].role is SlotRole.VARIABLE or tree.slot in kept


def _name(program: Program, tree: Typed) -> str:
    if isinstance(tree, Read):
        return program.slots[tree.slot].name
    if isinstance(tree, Observed):
        return program.observables[tree.observable].name
    return "amount"

"""What stands in an expression by name: what its outcome hangs on, to be shown with values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.program.ir import Program, SlotRole
from fsmtrader.program.typed import Asked, Kind, Observed, Read, Typed, walk

MOST = 24
"""names that are told of one expression"""
DEEPEST = 3
"""names within names"""


@dataclass(frozen=True, slots=True)
class Operand:
    """A name and what it stands for. `depth` 0: it stands in the text; else in the nearest one above of less depth."""

    name: str
    tree: Typed
    depth: int = 0


def operands(program: Program, tree: Typed, *, expand: bool = False) -> tuple[Operand, ...]:
    """Each name once, in order of the text; a named condition is followed by what it is made of.

    `expand`: so is every other observable (one level), and an indicator by what it samples.
    """
    found: dict[str, Operand] = {}
    for operand in _operands(program, tree, 0, expand):
        if len(found) == MOST:
            break
        found.setdefault(operand.name, operand)
    return tuple(found.values())


def _operands(program: Program, tree: Typed, depth: int, expand: bool) -> Iterator[Operand]:
    for node in walk(tree):
        match node:
            case Read(slot=slot):
                yield Operand(program.slots[slot].name, node, depth)
                if expand and depth < DEEPEST and program.slots[slot].role is SlotRole.INDICATOR:
                    sampled = next(entry.input.tree for entry in program.indicators if entry.slot == slot)
                    yield from _operands(program, sampled, depth + 1, expand)
            case Asked(query=query):
                yield Operand(program.queries[query].text or program.queries[query].function, node, depth)
            case Observed(observable=index, type=type_):
                entry = program.observables[index]
                yield Operand(entry.name, node, depth)
                if depth < DEEPEST and (type_.kind is Kind.TRUTH or (expand and depth == 0)):
                    yield from _operands(program, entry.value.tree, depth + 1, expand)

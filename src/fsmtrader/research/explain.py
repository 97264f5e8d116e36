"""What stands in an expression: its names and questions with their present values."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.engine.alerts import shown
from fsmtrader.program.emit_module import Compiled
from fsmtrader.program.ir import Program
from fsmtrader.program.typed import Asked, Observed, Read, Type, Typed, walk

MOST = 8


def operands(program: Program, tree: Typed, compiled: Compiled, x: list[float]) -> str:
    """`P_t = 100.99, P_ref = 100, MES = 0.01`: each name once, in order of the text."""
    seen: dict[str, str] = {}
    for name, type_, value in _values(program, tree, compiled, x):
        if name not in seen and len(seen) < MOST:
            seen[name] = f"{name} = {shown(value, type_.kind, program.words)}"
    return ", ".join(seen.values())


def _values(program: Program, tree: Typed, compiled: Compiled, x: list[float]) -> Iterator[tuple[str, Type, float]]:
    for node in walk(tree):
        match node:
            case Read(slot=slot, type=type_):
                yield program.slots[slot].name, type_, x[slot]
            case Observed(observable=index, type=type_):
                yield program.observables[index].name, type_, compiled.observable(index)(x)
            case Asked(query=query, type=type_) if not node.arguments:
                yield program.queries[query].text, type_, float("nan")

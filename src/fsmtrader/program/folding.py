"""Parameters as numbers: what hangs on them alone is computed once, for they keep their values through a run.

A comparison with a number is one exact test (`emit_text.comparison`), where one with a parameter needs the tolerance
worked out each time. What is computed here is what `evaluate` gives, so that nothing else changes, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import Program
from fsmtrader.program.reach import is_fixed
from fsmtrader.program.typed import Constant, Typed


class Folding:
    """The trees of one run. `x` holds the parameters' values; `program` is the given one, its observables folded."""

    def __init__(self, program: Program, x: Sequence[float]) -> None:
        self._given = program
        self._x = x
        self._trees: dict[int, tuple[Typed, Typed]] = {}
        observables = [replace(o, value=replace(o.value, tree=self.tree(o.value.tree))) for o in program.observables]
        self.program = replace(program, observables=tuple(observables))

    def tree(self, node: Typed) -> Typed:
        """A tree with numbers for all that is fixed. The same node becomes the same node: it is computed once."""
        if id(node) not in self._trees:
            self._trees[id(node)] = (node, self._folded(node))
        return self._trees[id(node)][1]

    def _folded(self, node: Typed) -> Typed:
        if isinstance(node, Constant):
            return node
        if is_fixed(self._given, node):
            return Constant(evaluate(node, self._x, self._given.observables, unasked), node.type)
        changed: dict[str, object] = {}
        for field in fields(node):
            value = getattr(node, field.name)
            if isinstance(value, Typed):
                changed[field.name] = self.tree(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], Typed):
                changed[field.name] = tuple([self.tree(part) for part in value])
        return replace(node, **changed) if changed else node  # type: ignore[arg-type]  # fields keep their types

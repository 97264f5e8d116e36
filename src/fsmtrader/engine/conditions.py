"""Conditions while nothing is decided: which of them can become true at all, and one function for several.

Between two decisions only the market, time and indicators move. A condition that also hangs on something else (a state,
a position, a variable) which does not hold now cannot become true, and need not be asked. Parameters are numbers here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsmtrader.engine.indicators import AT_ENTRY, Indicators
from fsmtrader.engine.ports import Slots
from fsmtrader.engine.state import State
from fsmtrader.program.emit_module import load
from fsmtrader.program.folding import Folding
from fsmtrader.program.ir import Value
from fsmtrader.program.reach import deep
from fsmtrader.program.typed import Asked, Either, Every, Observed, Read, Typed

Judge = Callable[[Slots], bool]


class Conditions:
    """Of one core."""

    def __init__(self, state: State, indicators: Indicators) -> None:
        self._state = state
        self._folding = Folding(state.program, state.x)
        self._compiled = load(self._folding.program, {}, state.ask)
        asked = [query.slot for query in state.program.queries]
        sampled = [gauge.slot for gauge in indicators.gauges if gauge.entry.function not in AT_ENTRY]
        self._moving = frozenset({state.program.now, *asked, *sampled})
        """slots that change while nothing is decided"""
        self._standing: dict[int, tuple[Value, tuple[Judge, ...]]] = {}
        self._several: dict[tuple[int, ...], tuple[Sequence[Value], Judge]] = {}

    def can_hold(self, value: Value) -> bool:
        """Whether a condition may become true without a decision."""
        return all([judge(self._state.x) for judge in self.standing(value)])

    def standing(self, value: Value) -> tuple[Judge, ...]:
        """The parts of a condition that all must hold and that do not change while nothing is decided."""
        if id(value) not in self._standing:
            tree = self._resolved(value)
            parts = [part for part in (tree.operands if isinstance(tree, Every) else (tree,)) if self._stands(part)]
            judges = [self._compiled.truth(Value(part, value.text, value.span)) for part in parts]
            self._standing[id(value)] = (value, tuple(judges))
        return self._standing[id(value)][1]

    def any_of(self, values: Sequence[Value]) -> tuple[Judge, ...]:
        """Functions of which one says so if one of some conditions is true.

        What is made of several that must all hold is asked by itself, for then the first that does not is the end.
        """
        whole = [value for value in values if isinstance(self._resolved(value), Every)]
        rest = [value for value in values if not isinstance(self._resolved(value), Every)]
        return tuple([self._one_of(group) for group in (rest, *([value] for value in whole)) if group])

    def _one_of(self, values: Sequence[Value]) -> Judge:
        """Whether one of some conditions is true."""
        key = tuple([id(value) for value in values])
        if key not in self._several:
            first = values[0]
            trees = [self._folding.tree(value.tree) for value in values]
            whole = Either(tuple(trees)) if len(trees) > 1 else trees[0]
            self._several[key] = (values, self._compiled.truth(Value(whole, first.text, first.span)))
        return self._several[key][1]

    def number(self, value: Value) -> Callable[[Slots], float]:
        """What `Compiled.number` gives, parameters being numbers."""
        tree = self._folding.tree(value.tree)
        return self._compiled.number(Value(tree, value.text, value.span))

    def slot_of(self, value: Value) -> int:
        """The slot that a value is no more than a look at; -1: it is more."""
        tree = self._resolved(value)
        return tree.slot if isinstance(tree, Read) else -1

    def hangs_on_time(self, value: Value) -> bool:
        """Whether a value may change with time alone."""
        now = self._state.program.now
        nodes = deep(self._state.program, value.tree)
        return any(isinstance(node, Asked) or (isinstance(node, Read) and node.slot == now) for node in nodes)

    def _resolved(self, value: Value) -> Typed:
        """The folded tree that a value, or the observable that it names, stands for."""
        tree = self._folding.tree(value.tree)
        while isinstance(tree, Observed):
            tree = self._folding.program.observables[tree.observable].value.tree
        return tree

    def _stands(self, tree: Typed) -> bool:
        return not any(
            isinstance(node, Asked) or (isinstance(node, Read) and node.slot in self._moving)
            for node in deep(self._folding.program, tree)
        )

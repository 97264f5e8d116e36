"""Conditions while nothing is decided: which of them can become true at all, and one function for several.

Between two decisions only the market, time and indicators move. A condition that also hangs on something else (a state,
a position, a variable) which does not hold now cannot become true, and need not be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsmtrader.engine.indicators import AT_ENTRY, Indicators
from fsmtrader.engine.ports import Slots
from fsmtrader.engine.state import State
from fsmtrader.program.ir import Value
from fsmtrader.program.reach import deep
from fsmtrader.program.typed import Asked, Either, Every, Observed, Read, Typed

Judge = Callable[[Slots], bool]


class Conditions:
    """Of one core."""

    def __init__(self, state: State, indicators: Indicators) -> None:
        self._state = state
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
            tree = value.tree
            while isinstance(tree, Observed):
                tree = self._state.program.observables[tree.observable].value.tree
            parts = [part for part in (tree.operands if isinstance(tree, Every) else (tree,)) if self._stands(part)]
            judges = [self._state.compiled.truth(Value(part, value.text, value.span)) for part in parts]
            self._standing[id(value)] = (value, tuple(judges))
        return self._standing[id(value)][1]

    def any_of(self, values: Sequence[Value]) -> Judge | None:
        """Whether one of some conditions is true; None of none."""
        if not values:
            return None
        key = tuple([id(value) for value in values])
        if key not in self._several:
            first = values[0]
            tree = Either(tuple([value.tree for value in values])) if len(values) > 1 else first.tree
            self._several[key] = (values, self._state.compiled.truth(Value(tree, first.text, first.span)))
        return self._several[key][1]

    def _stands(self, tree: Typed) -> bool:
        return not any(
            isinstance(node, Asked) or (isinstance(node, Read) and node.slot in self._moving)
            for node in deep(self._state.program, tree)
        )

"""The beginning: the legs' initial quantities are opened, and the variables' first values read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Accepted, Answer, Effect, Filled, OrderIntent
from fsmtrader.engine.orders import Orders
from fsmtrader.engine.ports import Slots
from fsmtrader.engine.state import State
from fsmtrader.program.ir import Program, SlotRole, Variable
from fsmtrader.program.typed import Observed, Read, Typed, walk

FULL = 1.0 - 1e-12


class Start:
    """Brings a core to its first step. Exempt from permissions and invariants (C000-28)."""

    def __init__(self, state: State, orders: Orders) -> None:
        self._state = state
        self._orders = orders
        self._out: dict[str, tuple[OrderIntent, int, float]] = {}
        """orders by id: the order, its leg, what is still to come"""
        number = state.compiled.number
        self._legs = [(i, leg, number(leg.initial)) for i, leg in enumerate(state.program.legs) if leg.initial]
        self._variables = [(v, number(v.initial)) for v in state.program.variables]
        late = [v for v in state.program.variables if _reads_positions(state.program, v.initial.tree)]
        self._early = [(v, read) for v, read in self._variables if v not in late]

    @property
    def is_open(self) -> bool:
        return not self._out

    def knows(self, client_id: str) -> bool:
        return client_id in self._out

    def can_open(self) -> bool:
        """Whether every first quantity and every first value that does not hang on a position is known."""
        state = self._state
        for _, leg, read in self._legs:
            quantity, price = read(state.x), state.market.price(leg.name)
            if quantity != quantity or price != price:
                return False
        return self._read(self._early)

    def open(self) -> None:
        for index, leg, read in self._legs:
            initial = read(self._state.x)
            if leg.side is not None and initial < 0.0:
                raise RunError(f"the initial {initial:g} of the {leg.side.value} leg {leg.name} is below zero")
            quantity = initial - self._state.books.quantity(index)
            if quantity == 0.0 or self._state.books.quantity(index) != 0.0:
                continue
            client_id = self._state.client_id(leg.name)
            intent = OrderIntent(client_id, leg.name, quantity, Effect.OPEN, False, action="initial")
            self._state.out.orders.append(intent)
            self._out[client_id] = (intent, index, abs(quantity))

    def answered(self, answer: Answer) -> None:
        if isinstance(answer, Accepted):
            return
        intent, leg, rest = self._out.pop(answer.client_id)
        if not isinstance(answer, Filled):
            raise RunError(f"the initial {abs(intent.change):g} of the leg {intent.leg} could not be opened")
        self._orders.book(intent, leg, answer.quantity if intent.change > 0 else -answer.quantity, answer)
        if answer.quantity < rest * FULL:
            self._out[answer.client_id] = (intent, leg, rest - answer.quantity)

    def can_begin(self) -> bool:
        """Read the variables' first values; False while one is not ready."""
        return self._read(self._variables)

    def _read(self, variables: list[tuple[Variable, Callable[[Slots], float]]]) -> bool:
        x = self._state.x
        for variable, read in variables:
            value = read(x)
            if value != value and variable.initial.text:
                return False
            x[variable.slot] = value
        return True


def _reads_positions(program: Program, tree: Typed) -> bool:
    """Whether an expression reads a leg's quantity or average, through observables."""
    roles = (SlotRole.QUANTITY, SlotRole.AVERAGE)
    return any(isinstance(n, Read) and program.slots[n.slot].role in roles for n in _deep(program, tree))


def _deep(program: Program, tree: Typed) -> Iterator[Typed]:
    seen: set[int] = set()
    open_trees = [tree]
    while open_trees:
        for node in walk(open_trees.pop()):
            yield node
            if isinstance(node, Observed) and node.observable not in seen:
                seen.add(node.observable)
                open_trees.append(program.observables[node.observable].value.tree)

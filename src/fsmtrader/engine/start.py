"""The beginning: the legs' initial quantities are opened, and the variables' first values read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Accepted, Answer, CancelRefused, Effect, Filled, OrderIntent, Rejected
from fsmtrader.engine.orders import Orders
from fsmtrader.engine.ports import Slots
from fsmtrader.engine.risk import Risk
from fsmtrader.engine.state import State
from fsmtrader.numeric.rounding import floor_quantity
from fsmtrader.program.ir import Leg, Variable
from fsmtrader.program.reach import reads_positions

FULL = 1.0 - 1e-12
OPENING_TRIES = 3
"""how often what has expired of a leg's first order is sent"""


@dataclass(slots=True)
class _Opening:
    """An order for a leg's first quantity; `rest` is still to come, signed."""

    intent: OrderIntent
    leg: int
    rest: float
    tries: int


class Start:
    """Brings a core to its first step. Exempt from permissions and invariants (C000-28)."""

    def __init__(self, state: State, orders: Orders, risk: Risk) -> None:
        self._state = state
        self._risk = risk
        self._orders = orders
        self._out: dict[str, _Opening] = {}
        number = state.compiled.number
        self._legs = [(i, leg, number(leg.initial)) for i, leg in enumerate(state.program.legs) if leg.initial]
        self._variables = [(v, number(v.initial)) for v in state.program.variables]
        late = [v for v in state.program.variables if reads_positions(state.program, v.initial.tree)]
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
        """Send for every leg's first quantity, in whole lots. RunError where the venue or `risk` would not take it."""
        for index, leg, read in self._legs:
            if self._state.books.quantity(index) == 0.0:
                quantity = self._rounded(leg, read(self._state.x))
                if quantity != 0.0:
                    self._send(index, leg, quantity, OPENING_TRIES)

    def _rounded(self, leg: Leg, wanted: float) -> float:
        """Rounded down to lots. What is then below the venue's least is a mistake of the run."""
        if leg.side is not None and wanted < 0.0:
            raise RunError(f"the initial {wanted:g} of the {leg.side.value} leg {leg.name} is below zero")
        lot, least = self._state.market.lot(leg.name), self._state.market.least(leg.name)
        quantity = floor_quantity(wanted, lot)
        if wanted != 0.0 and (quantity == 0.0 or abs(quantity) < least * FULL):
            raise RunError(
                f"the initial {abs(wanted):.10g} of the leg {leg.name} is below the least that the venue takes "
                f"({max(least, lot):.10g}): give the run more capital, or the leg a larger `initial`"
            )
        return quantity

    def _send(self, index: int, leg: Leg, quantity: float, tries: int) -> None:
        rule = self._risk.why_not(index, quantity, reduces_only=False)
        if rule:
            raise RunError(f"the initial {abs(quantity):.10g} of the leg {leg.name} is refused by `risk: {rule}`")
        client_id = self._state.client_id(leg.name)
        intent = OrderIntent(client_id, leg.name, quantity, Effect.OPEN, False, action="initial")
        self._risk.send(intent, index)
        self._out[client_id] = _Opening(intent, index, quantity, tries)

    def answered(self, answer: Answer) -> None:
        """Book what was filled; what expired of an order is sent again, a few times."""
        if isinstance(answer, Accepted | CancelRefused):
            return
        opening = self._out.pop(answer.client_id)
        intent, leg = opening.intent, self._state.program.legs[opening.leg]
        if isinstance(answer, Filled):
            change = answer.quantity if intent.change > 0 else -answer.quantity
            self._orders.book(intent, opening.leg, change, answer)
            opening.rest -= change
            if abs(opening.rest) > abs(intent.change) * (1.0 - FULL):
                self._out[answer.client_id] = opening
            return
        if not isinstance(answer, Rejected) and opening.tries > 1:
            self._send(opening.leg, leg, opening.rest, opening.tries - 1)
            return
        held = self._state.books.quantity(opening.leg)
        part = f"; the leg holds {held:.10g}" if held != 0.0 else ""
        why = f" ({answer.reason})" if isinstance(answer, Rejected) else ""
        raise RunError(f"the initial {abs(opening.rest):g} of the leg {leg.name} could not be opened{why}{part}")

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

"""Why nothing of a side is in the book: read from what the core knows, in words that are few enough to be counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsmtrader.engine.core import Core
from fsmtrader.engine.quotes import SlotState
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Orders, Program, Quote
from fsmtrader.program.reach import deep
from fsmtrader.program.typed import Read

PENDING = "pending"
"""an order or a cancel is on its way, or a slot that is wanted waits for its interval"""
NOT_WANTED = "not wanted"


class Reasons:
    """Looks into the slots of one core. `rejected`: why the venue refused a slot's last order, by the slot's name."""

    def __init__(self, core: Core, rejected: Mapping[str, str]) -> None:
        self._core = core
        self._rejected = rejected
        self._asked = {quote.name: _regions_of(core.program, quote) for quote in core.program.quotes}

    def of(self, slots: Sequence[SlotState]) -> str:
        """Why none of some slots has an order: that one of them will have is told first, then what went wrong, and that
        nobody wants one last."""
        if self._core.state.status is not Status.RUNNING:
            return str(self._core.state.status.value)
        found = [self._why(slot) for slot in slots]
        if PENDING in found:
            return PENDING
        return next((why for why in found if not why.startswith(NOT_WANTED)), next(iter(found), NOT_WANTED))

    def _why(self, slot: SlotState) -> str:
        quote, x, compiled = slot.quote, self._core.x, self._core.state.compiled
        if quote.when is not None and not compiled.truth(quote.when)(x):
            return self._unwanted(quote)
        price, quantity = compiled.number(quote.price)(x), compiled.number(quote.quantity)(x)
        if price != price or quantity != quantity:
            return "not ready"
        permission = self._core.permission()
        if permission is Orders.NONE or (permission is Orders.REDUCE and slot.flags is None):
            return f"orders: {permission.value}"
        if slot.refused:
            return f"refused by risk: {slot.refused}"
        if slot.quote.name in self._rejected:
            return f"rejected: {self._rejected[slot.quote.name]}"
        if slot.flags is None and quantity < self._core.state.market.least(quote.leg):
            return "below the least quantity"
        return PENDING

    def _unwanted(self, quote: Quote) -> str:
        """`when` is not true: named are the states that it asks for."""
        places = [self._core.regions.places[index] for index in self._asked[quote.name]]
        states = [f"{place.region.name} {place.region.leaves[place.leaf].name}" for place in places]
        return " ".join((NOT_WANTED + ":" if states else NOT_WANTED, ", ".join(states))).strip()


def _regions_of(program: Program, quote: Quote) -> tuple[int, ...]:
    """The regions whose states a slot's `when` reads."""
    if quote.when is None:
        return ()
    read = {node.slot for node in deep(program, quote.when.tree) if isinstance(node, Read)}
    return tuple(region.index for region in program.regions if region.mode in read)

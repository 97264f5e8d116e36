"""Why nothing of a side is in the book: read from what the core knows, in words that are few enough to be counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fsmtrader.engine.core import Core
from fsmtrader.engine.quotes import SlotState
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Orders, Program, Quote, Value
from fsmtrader.program.operands import operands
from fsmtrader.program.typed import Every, Read, Typed, walk

PENDING = "pending"
"""an order or a cancel is on its way, or a slot that is wanted waits for its interval"""
NOT_WANTED = "not wanted"
MOST_NAMES = 3


class Reasons:
    """Looks into the slots of one core. `rejected`: why the venue refused a slot's last order, by the slot's name."""

    def __init__(self, core: Core, rejected: Mapping[str, str]) -> None:
        self._core = core
        self._rejected = rejected
        self._asked = {quote.name: _conditions(core.program, quote) for quote in core.program.quotes}

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
        """`when` is not true: named are the parts of it that are not, a region by the state that it is in."""
        core, said = self._core, []
        for value, regions, name in self._asked[quote.name]:
            if core.state.compiled.truth(value)(core.x):
                continue
            places = [core.regions.places[index] for index in regions]
            said += [f"{place.region.name} {place.region.leaves[place.leaf].name}" for place in places] or [name]
        return f"{NOT_WANTED}: {', '.join(dict.fromkeys(said))}"


def _conditions(program: Program, quote: Quote) -> tuple[tuple[Value, tuple[int, ...], str], ...]:
    """What must all be true for a slot to be wanted: each with the regions whose states it reads, and by what name it
    is called."""
    if quote.when is None:
        return ()
    whole = quote.when
    found = tuple(_parts(whole.tree))
    return tuple((replace(whole, tree=part), _regions_of(program, part), _name(program, part)) for part in found)


def _parts(tree: Typed) -> Iterator[Typed]:
    """What stands between the `and` of a condition."""
    if not isinstance(tree, Every):
        yield tree
        return
    for part in tree.operands:
        yield from _parts(part)


def _regions_of(program: Program, tree: Typed) -> tuple[int, ...]:
    """The regions whose states a condition names itself."""
    read = {node.slot for node in walk(tree) if isinstance(node, Read)}
    return tuple(region.index for region in program.regions if region.mode in read)


def _name(program: Program, tree: Typed) -> str:
    """The names that stand in a condition, the first of them where there are many."""
    names = [operand.name for operand in operands(program, tree) if not operand.depth]
    return ", ".join(names[:MOST_NAMES]) or "when"

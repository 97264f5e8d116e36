"""What orders a machine may send in its present states, and what its limits refuse."""

from __future__ import annotations

from collections.abc import Iterable

from fsmtrader.domain.orders import Effect
from fsmtrader.engine.flight import Flight
from fsmtrader.program.ir import Leaf, Orders

STRICTNESS = {Orders.NONE: 0, Orders.REDUCE: 1, Orders.ANY: 2}
WHISKER = 1e-12


def strictest(leaves: Iterable[Leaf]) -> Orders:
    """The permission of a machine whose regions are in these states."""
    return min((leaf.orders for leaf in leaves), key=STRICTNESS.__getitem__, default=Orders.ANY)


def reduces(quantity: float, change: float) -> bool:
    """Whether a change brings a quantity towards zero, and not beyond it."""
    if quantity == 0.0 or change == 0.0:
        return False
    return (quantity > 0.0) != (change > 0.0) and abs(change) <= abs(quantity) * (1.0 + WHISKER)


def allows(permission: Orders, quantity: float, change: float) -> bool:
    """Whether an order of `change` may be sent while the leg holds `quantity`."""
    if permission is Orders.ANY:
        return True
    return permission is Orders.REDUCE and reduces(quantity, change)


def permits(permission: Orders, flight: Flight) -> bool:
    """Whether what an action has out may go on under a permission."""
    intents = [sent.intent for sent in flight.orders.values() if sent.intent is not None]
    if permission is Orders.REDUCE:
        return all(intent.effect is Effect.CLOSE for intent in intents)
    return permission is Orders.ANY or not intents

"""What orders a machine may send in its present states, and what its limits refuse."""

from __future__ import annotations

from collections.abc import Iterable

from fsmtrader.domain.orders import Effect
from fsmtrader.engine.flight import Flight
from fsmtrader.numeric.limits import reduces
from fsmtrader.program.ir import Leaf, Orders

STRICTNESS = {Orders.NONE: 0, Orders.REDUCE: 1, Orders.ANY: 2}


def strictest(leaves: Iterable[Leaf]) -> Orders:
    """The permission of a machine whose regions are in these states."""
    return min((leaf.orders for leaf in leaves), key=STRICTNESS.__getitem__, default=Orders.ANY)


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

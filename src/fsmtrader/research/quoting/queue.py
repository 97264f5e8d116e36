"""How orders fared by their place in the queue when they came to rest."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.research.open_orders import OpenOrder
from fsmtrader.research.quoting.measures import QUEUE_NAMES, SECOND_US, queue_bin


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Orders that came to rest behind about as much, as a multiple of their own quantity.

    `filled_orders`: those of which anything was filled while they rested; `rested_seconds`: all together.
    """

    name: str
    orders: int
    filled_orders: int
    quantity: float
    filled_quantity: float
    rested_seconds: float


@dataclass(slots=True)
class _Count:
    orders: int = 0
    filled_orders: int = 0
    quantity: float = 0.0
    filled: float = 0.0
    rested_us: int = 0


class QueuePlaces:
    """Counts orders when they have ended."""

    def __init__(self) -> None:
        self._counts = [_Count() for _ in QUEUE_NAMES]

    def ended(self, order: OpenOrder, now_us: int) -> None:
        """An order is no more that has rested."""
        count = self._counts[queue_bin(order.ahead, order.quantity)]
        count.orders += 1
        count.filled_orders += order.made > 0.0
        count.quantity += order.quantity
        count.filled += order.made
        count.rested_us += now_us - order.rested_us

    def found(self) -> tuple[QueuePlace, ...]:
        """Those that any order belongs to, from the front of the queue."""
        return tuple(
            QueuePlace(name, c.orders, c.filled_orders, c.quantity, c.filled, c.rested_us / SECOND_US)
            for name, c in zip(QUEUE_NAMES, self._counts, strict=True)
            if c.orders
        )

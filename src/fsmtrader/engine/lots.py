"""Lots: fills queue first in, first out per leg, and match those of the other legs of their family (R002-35 … R002-44).

A buy is a lot above zero, a sell one below. A fill is matched on arrival with the oldest lots of the opposite sign of
the other legs for which `when` holds; what is left of it waits. With `book_partial_after` the fills of an order that is
still open wait until it ends or that time has passed since the first of them (R002-35).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.exposure import Exposure
from fsmtrader.engine.state import State
from fsmtrader.program.ir import Lots, Side, Value
from fsmtrader.program.typed import Read, walk

NAN = float("nan")
NEVER = float("inf")
SECOND_US = 1_000_000
DUST = 1e-12
MOST_LOTS = 4_096
"""unmatched lots of a leg"""


@dataclass(slots=True)
class Lot:
    """What is unmatched of a fill: bought above zero, sold below."""

    quantity: float
    price: float


@dataclass(slots=True)
class Partial:
    """Fills of an order that is still open, not yet booked as a lot."""

    leg: int
    quantity: float
    value: float
    since_us: int


@dataclass(slots=True)
class Family:
    """One entry of `lots`: its legs' queues, and the worst of what was matched so far."""

    entry: Lots
    legs: tuple[int, ...]
    when: Callable[[list[float]], bool] | None
    sell_slots: tuple[int, ...]
    buy_slots: tuple[int, ...]
    wait: Callable[[list[float]], float] | None
    queues: dict[int, list[Lot]] = field(default_factory=dict)
    open: dict[str, Partial] = field(default_factory=dict)
    worst: float = NAN


class LotQueues:
    """All lots of one core."""

    def __init__(self, state: State, exposure: Exposure) -> None:
        self._state = state
        self._exposure = exposure
        legs = state.program.legs
        self._short = [leg.side is Side.SHORT for leg in legs]
        self._index = {leg.name: index for index, leg in enumerate(legs)}
        self.families = [self._family(entry) for entry in state.program.lots]

    def _family(self, entry: Lots) -> Family:
        compiled = self._state.compiled
        legs = tuple(self._index[name] for name in entry.legs)
        return Family(
            entry,
            legs,
            compiled.truth(entry.when) if entry.when is not None else None,
            self._slots(entry.when, "sell_price"),
            self._slots(entry.when, "buy_price"),
            compiled.number(entry.book_partial_after) if entry.book_partial_after is not None else None,
            {leg: [] for leg in legs},
        )

    def _slots(self, when: Value | None, name: str) -> tuple[int, ...]:
        """Where a condition reads a lot's price."""
        if when is None:
            return ()
        reads = (node.slot for node in walk(when.tree) if isinstance(node, Read))
        return tuple(dict.fromkeys(s for s in reads if self._state.program.slots[s].name.rpartition(".")[2] == name))

    # -- fills -------------------------------------------------------------------------------------------------------

    def filled(self, client_id: str, leg: int, change: float, price: float) -> None:
        """A fill of a leg, in its own terms."""
        bought = -change if self._short[leg] else change
        for family in self.families:
            if leg not in family.legs:
                continue
            partial = family.open.setdefault(client_id, Partial(leg, 0.0, 0.0, self._state.now_us))
            partial.quantity += bought
            partial.value += bought * price
            if family.wait is None or client_id not in self._exposure.live:
                self._take_up(family, client_id)

    def ended(self, client_id: str) -> None:
        """An order has ended: what was filled of it is booked."""
        for family in self.families:
            self._take_up(family, client_id)

    def on_time(self) -> None:
        """Book what has waited long enough."""
        for family in self.families:
            for client_id, partial in list(family.open.items()):
                if partial.since_us + self._wait_us(family) <= self._state.now_us:
                    self._take_up(family, client_id)

    def next_us(self) -> float:
        """When something has waited long enough."""
        waits = (p.since_us + self._wait_us(family) for family in self.families for p in family.open.values())
        return min(waits, default=NEVER)

    def _wait_us(self, family: Family) -> float:
        seconds = family.wait(self._state.x) if family.wait is not None else 0.0
        return seconds * SECOND_US if seconds == seconds else NEVER

    def _take_up(self, family: Family, client_id: str) -> None:
        partial = family.open.pop(client_id, None)
        if partial is not None and partial.quantity != 0.0:
            self._book(family, partial.leg, partial.quantity, partial.value / partial.quantity)

    def _book(self, family: Family, leg: int, quantity: float, price: float) -> None:
        """Match a lot with the oldest of the other legs, and queue what is left."""
        rest = quantity
        for other in family.legs:
            if other != leg and rest != 0.0:
                rest = self._match(family, family.queues[other], rest, price)
        if rest != 0.0:
            queue = family.queues[leg]
            if len(queue) >= MOST_LOTS:
                name = self._state.program.legs[leg].name
                why = f"`{family.entry.name}` does not match them"
                raise RunError(f"more than {MOST_LOTS:,} unmatched lots of the leg {name}: {why}")
            queue.append(Lot(rest, price))

    def _match(self, family: Family, queue: list[Lot], quantity: float, price: float) -> float:
        """Match with one leg's lots, oldest first; gives what is left. A matched-up lot leaves the queue."""
        rest = quantity
        for lot in list(queue):
            if rest == 0.0:
                break
            if (lot.quantity > 0.0) == (rest > 0.0):
                continue
            sell, buy = (price, lot.price) if rest < 0.0 else (lot.price, price)
            if not self._may_match(family, sell, buy):
                continue
            size = min(abs(rest), abs(lot.quantity))
            sign = 1.0 if rest > 0.0 else -1.0
            rest = _without_dust(rest - sign * size, quantity)
            lot.quantity = _without_dust(lot.quantity + sign * size, size)
            family.worst = sell - buy if family.worst != family.worst else min(family.worst, sell - buy)
            if lot.quantity == 0.0:
                queue.remove(lot)
        return rest

    def _may_match(self, family: Family, sell: float, buy: float) -> bool:
        if family.when is None:
            return True
        for slot in family.sell_slots:
            self._state.x[slot] = sell
        for slot in family.buy_slots:
            self._state.x[slot] = buy
        return family.when(self._state.x)

    # -- questions ---------------------------------------------------------------------------------------------------

    def unmatched(self, leg: str) -> float:
        """The leg's unmatched quantity, signed; NaN if it is in no family."""
        queues = self._queues(leg)
        return sum(lot.quantity for queue in queues for lot in queue) if queues else NAN

    def guard(self, leg: str, side: str, quantity: float) -> float:
        """The worst price over the leg's lots that an order of `side` and `quantity` covers, oldest first: a sell must
        not be below what was bought, a buy not above what was sold. Without lots the leg's average entry (R002-44)."""
        if quantity != quantity or not side:
            return NAN
        sells, left, worst = side == "sell", quantity, NAN
        for queue in self._queues(leg):
            for lot in queue:
                if left <= 0.0 or (lot.quantity > 0.0) != sells:
                    continue
                better = max if sells else min
                worst = lot.price if worst != worst else better(worst, lot.price)
                left -= abs(lot.quantity)
        return worst if worst == worst else self._state.books.mark(self._index[leg]).average

    def worst_match(self, name: str) -> float:
        """The least (sell price - buy price) over all matches; NaN before the first."""
        return next((family.worst for family in self.families if family.entry.name == name), NAN)

    def _queues(self, leg: str) -> list[list[Lot]]:
        index = self._index[leg]
        return [family.queues[index] for family in self.families if index in family.queues]

    # -- restart -----------------------------------------------------------------------------------------------------

    def snapshot(self) -> list[list[object]]:
        return [[family.queues, family.open, family.worst] for family in self.families]

    def restore(self, snapshot: list[list[object]]) -> None:
        for family, (queues, waiting, worst) in zip(self.families, snapshot, strict=True):
            assert isinstance(queues, dict) and isinstance(waiting, dict) and isinstance(worst, float)
            family.queues, family.open, family.worst = queues, waiting, worst


def _without_dust(value: float, scale: float) -> float:
    return 0.0 if abs(value) <= DUST * abs(scale) else value

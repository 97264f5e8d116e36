"""A recorder of a run that is made by hand, and what a test asks of it."""

from __future__ import annotations

from fsmtrader.domain.orders import CancelIntent, OrderIntent, PoolIntent
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Effects, Note, Operation, Told, Transition
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import Program


class LookerOn:
    """Keeps what the core has decided, and what it was told."""

    program: Program
    core: Core

    def __init__(self) -> None:
        self.orders: list[OrderIntent] = []
        self.cancels: list[CancelIntent] = []
        self.notes: list[Note] = []
        self.answers: list[Told] = []

    # a recorder
    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        self.answers += items

    def operator(self, now_us: int, operation: Operation) -> None: ...

    def effects(self, now_us: int, effects: Effects) -> None:
        assert not any(isinstance(order, PoolIntent) for order in effects.orders)
        self.orders += [order for order in effects.orders if isinstance(order, OrderIntent)]
        self.cancels += effects.cancels
        self.notes += effects.notes

    def commit(self) -> None: ...

    # what is asked
    def value(self, name: str) -> float:
        """A quantity, average, parameter, variable or observable, as the next decision would see it."""
        slot = self.program.slot_named(name)
        if slot is not None:
            return self.core.x[slot.index]
        tree = next(entry.value.tree for entry in self.program.observables if entry.name == name)
        return evaluate(tree, self.core.x, self.program.observables, self.core.ask)

    @property
    def moves(self) -> list[tuple[str, str, str]]:
        return [(n.source, n.target, n.because) for n in self.notes if isinstance(n, Transition)]

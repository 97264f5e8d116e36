"""What the core is handed: the compiled expressions, and who answers questions about market and venue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fsmtrader.domain.market import MarketEvent
from fsmtrader.domain.orders import CancelIntent, OrderIntent, PoolIntent
from fsmtrader.engine.events import Effects, Operation, Told
from fsmtrader.program.ir import Query, Value

Slots = list[float]


class Compiled(Protocol):
    """The program's expressions as functions of the slots. Made by the emitter; the core never evaluates a tree."""

    def truth(self, value: Value) -> Callable[[Slots], bool]:
        """Whether a condition is true (not false, not unknown)."""

    def falsity(self, value: Value) -> Callable[[Slots], bool]:
        """Whether a condition is false (not true, not unknown)."""

    def number(self, value: Value) -> Callable[[Slots], float]:
        """A value of any kind as a double; NaN is not ready."""

    def plan(self, action: int, phase: int) -> Callable[[Slots], tuple[float, ...]]:
        """Every value of a phase, as its steps see them, in order of steps and entries."""


class MarketPort(Protocol):
    """Market and venue, as far as a spec can ask about them."""

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        """The answer at this moment; NaN when there is none."""

    def lot(self, leg: str) -> float:
        """The leg's quantity step; 0 when there is none."""

    def tick(self, leg: str) -> float:
        """The leg's price step; 0 when there is none."""

    def least(self, leg: str) -> float:
        """The least quantity that the venue takes at this moment; 0 when there is none."""

    def price(self, leg: str) -> float:
        """What the leg is worth now; NaN before the first price."""

    def equity(self, account: str) -> float:
        """Cash that the account was given, without what the strategy has made of it."""


class Ages(Protocol):
    """When something was heard last, in microseconds; NaN: never."""

    def book_us(self, leg: str) -> float:
        """The leg's market."""

    def account_us(self, account: str) -> float:
        """The account; infinite where it cannot be old."""


class Venue(Protocol):
    """Where orders go. What it knows at once it answers at once; the rest comes out of `advance` at its moment."""

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Told, ...]:
        """An order is sent."""

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Told, ...]:
        """An order is to be cancelled."""


class SimulatedVenue(Venue, Protocol):
    """A venue that is moved by the events of a market."""

    def news(self, event: MarketEvent) -> tuple[Told, ...]:
        """The market has moved: resting orders are matched, funding is paid, accounts are liquidated."""

    def next_us(self) -> float:
        """When something of its own is due next (an order arrives, an answer comes back); infinite when nothing is."""

    def advance(self, now_us: int) -> tuple[Told, ...]:
        """Everything that is due until now, in order of time."""


class Recorder(Protocol):
    """Keeps what happens, in order. Intents are durable when `commit` returns, before an order is sent."""

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        """What accounts have said."""

    def operator(self, now_us: int, operation: Operation) -> None:
        """What an operator has said."""

    def effects(self, now_us: int, effects: Effects) -> None:
        """What was decided."""

    def commit(self) -> None:
        """All of it is to be durable now."""


class Witness(Protocol):
    """Is there when the regions decide: `explain-run`, or nobody."""

    def asked(self, region: int) -> None:
        """A region is about to take the event in hand (`State.event`): nothing has come of it yet."""

    def taken(self, region: int, row: int) -> None:
        """It has taken a row."""


class Observer(Protocol):
    """Looks on: coverage, or nobody."""

    def guard(self, row: int, region: int, outcome: bool) -> None:
        """A row's guard was asked."""

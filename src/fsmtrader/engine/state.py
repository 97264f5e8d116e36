"""What the parts of one core share: the slots, the clock, the books, the work that waits and the effects so far."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from fsmtrader.domain.orders import CancelIntent, OrderIntent, PoolIntent
from fsmtrader.engine.events import NOTHING, Effects, Note
from fsmtrader.engine.ledger import Books
from fsmtrader.engine.ports import Compiled, MarketPort, Observer, Slots, Witness
from fsmtrader.program.ir import EventKind, Program, Slot, SlotRole


def _nothing() -> None:
    """Nothing to ask."""


def _no_answer(query: int, arguments: tuple[float, ...]) -> float:
    """Nobody to ask."""
    return float("nan")


class Status(enum.Enum):
    WAITING = "waiting"
    """for the first event at which every first value is ready"""
    OPENING = "opening"
    """the legs' initial quantities are being bought"""
    RUNNING = "running"
    HALTED = "halted"
    STOPPED = "stopped"
    OVER = "over"
    """all regions that have finals are in one"""


@dataclass(frozen=True, slots=True)
class Work:
    """One event for the regions: what it is called, what it is about, and whose it is (-1: everybody's).

    `words` are what a filter may ask for, its slot, leg, action and reason.
    """

    name: str
    kind: EventKind
    words: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    """the words among `words` that say what it is about; a region that is not the owner must name one"""
    owner: int = -1
    price: float = float("nan")
    quantity: float = float("nan")
    reason: str = ""


@dataclass(slots=True)
class Outbox:
    """Effects of the present step, in order."""

    orders: list[OrderIntent | PoolIntent] = field(default_factory=list)
    cancels: list[CancelIntent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def wants_answers(self) -> bool:
        return bool(self.orders or self.cancels)

    def take(self, more: bool) -> Effects:
        """Everything so far, which is then forgotten."""
        if not (self.orders or self.cancels or self.notes or more):
            return NOTHING
        effects = Effects(tuple(self.orders), tuple(self.cancels), tuple(self.notes), more)
        self.orders.clear()
        self.cancels.clear()
        self.notes.clear()
        return effects


@dataclass(slots=True)
class State:
    """The mutable heart of a core. Its parts hold a reference to it and nothing else of one another."""

    program: Program
    compiled: Compiled
    market: MarketPort
    x: Slots
    books: Books
    observer: Observer | None = None
    witness: Witness | None = None
    now_us: int = 0
    status: Status = Status.WAITING
    work: deque[Work] = field(default_factory=deque)
    out: Outbox = field(default_factory=Outbox)
    sequence: int = 0
    rounds: int = 0
    event: Work | None = None
    """the event in hand"""
    refresh: Callable[[], None] = _nothing
    """ask again what the own books and orders answer"""
    ask: Callable[[int, tuple[float, ...]], float] = _no_answer
    """the answer to a question whose arguments are known now"""

    def client_id(self, leg: str) -> str:
        """The next order's id: the same run gives the same ids."""
        self.sequence += 1
        return f"{leg}-{self.sequence}"

    def note(self, note: Note) -> None:
        self.out.notes.append(note)

    def set_now(self, now_us: int) -> None:
        assert now_us >= self.now_us, "time does not run backwards"
        self.now_us = now_us
        self.x[self.program.now] = float(now_us)

    def set_fields(self, fields: dict[str, int], work: Work) -> None:
        """Let expressions read the event in hand; `fields` is what `field_slots` gives."""
        for name, slot in fields.items():
            if name == "fill_price":
                self.x[slot] = work.price
            elif name == "fill_quantity":
                self.x[slot] = work.quantity
            elif name == "reason":
                known = work.reason in self.program.words
                self.x[slot] = float(self.program.words.index(work.reason)) if known else float("nan")


def field_slots(slots: tuple[Slot, ...]) -> dict[str, int]:
    """Where `fill_price`, `fill_quantity` and `reason` of the event in hand are kept."""
    return {slot.name: slot.index for slot in slots if slot.role is SlotRole.FIELD}

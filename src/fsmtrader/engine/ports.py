"""What the core is handed: the compiled expressions, and who answers questions about market and venue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

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


class Observer(Protocol):
    """Looks on: coverage, or nobody."""

    def guard(self, row: int, region: int, outcome: bool) -> None:
        """A row's guard was asked."""

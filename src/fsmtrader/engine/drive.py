"""The synchronous driver: one event into a core, its effects to a venue, the answers back, until all is quiet."""

from __future__ import annotations

from typing import Protocol

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import (
    Answer,
    Answers,
    CancelIntent,
    Clock,
    Effects,
    Input,
    Note,
    OrderIntent,
    PoolIntent,
)

TIMER_LIMIT = 5_000_000
"""timers that may fire between two events of a run"""


class Venue(Protocol):
    """Where orders go. What it knows at once it answers at once."""

    def take(self, order: OrderIntent | PoolIntent) -> tuple[Answer, ...]:
        """An order arrives."""

    def cancel(self, cancel: CancelIntent) -> tuple[Answer, ...]:
        """An order is to be cancelled."""


class Driver:
    """Drives one core. `prompt`: answers are fed in before the next event of the instant, else after all of them."""

    def __init__(self, core: Core, venue: Venue, *, prompt: bool = True) -> None:
        self.core = core
        self._venue = venue
        self._prompt = prompt
        self.orders: list[OrderIntent | PoolIntent] = []
        """every order since it was last emptied"""
        self.notes: list[Note] = []

    def deliver(self, event: Input) -> None:
        """One event, with all that comes of it."""
        core = self.core
        effects = core.deliver(event)
        later: list[Answer] = []
        while True:
            answers = self._carry_out(effects)
            if self._prompt and answers:
                effects = core.deliver(Answers(core.state.now_us, tuple(answers)))
                continue
            later.extend(answers)
            if effects.more:
                effects = core.proceed()
            elif later:
                effects = core.deliver(Answers(core.state.now_us, tuple(later)))
                later = []
            else:
                return

    def advance(self, until_us: int) -> None:
        """Let time pass: what is due before `until_us` fires, each at its moment."""
        core = self.core
        for _ in range(TIMER_LIMIT):
            due = core.next_timer()
            if not due < until_us:
                return
            self.deliver(Clock(max(int(due), core.state.now_us)))

    def ring(self, now_us: int) -> None:
        """Fire what is due at this very moment."""
        if self.core.next_timer() <= now_us:
            self.deliver(Clock(now_us))

    def _carry_out(self, effects: Effects) -> list[Answer]:
        self.notes.extend(effects.notes)
        answers: list[Answer] = []
        for cancel in effects.cancels:
            answers.extend(self._venue.cancel(cancel))
        for order in effects.orders:
            self.orders.append(order)
            answers.extend(self._venue.take(order))
        return answers

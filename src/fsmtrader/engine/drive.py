"""The synchronous driver: one event into a core, its effects to a venue, the answers back, until all is quiet."""

from __future__ import annotations

from math import ceil

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import OrderIntent, PoolIntent
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import NOTHING, Answers, Clock, Effects, Input, Market, Note, Operator, Told
from fsmtrader.engine.ports import Recorder, Venue

TIMER_LIMIT = 5_000_000
"""timers that may fire between two events of a run"""


class TooManyTimers(RunError):
    """Time was to pass in which timers fire more often than the caller allows."""


class Driver:
    """Drives one core. `prompt`: answers are fed in before the next event of the instant, else after all of them.

    What happens goes to the recorder; without one it is kept in `orders` and `notes`.
    """

    def __init__(self, core: Core, venue: Venue, *, prompt: bool = True, recorder: Recorder | None = None) -> None:
        self.core = core
        self._venue = venue
        self._prompt = prompt
        self._recorder = recorder
        self.orders: list[OrderIntent | PoolIntent] = []
        """every order since it was last emptied"""
        self.notes: list[Note] = []

    def deliver(self, event: Input) -> None:
        """One event, with all that comes of it."""
        core = self.core
        if self._recorder is not None:
            self._record(event, self._recorder)
        effects = core.deliver(event)
        if effects is NOTHING:
            return
        later: list[Told] = []
        while True:
            answers = self._carry_out(effects)
            if self._prompt and answers:
                effects = self._feed(answers)
                continue
            later.extend(answers)
            if effects.more:
                effects = core.proceed()
            elif later:
                effects = self._feed(later)
                later = []
            else:
                return

    def advance(self, until_us: float, limit: int = TIMER_LIMIT) -> None:
        """Let time pass: what is due before then fires, each at its moment. TooManyTimers: more than `limit` did."""
        core = self.core
        for _ in range(limit):
            due = core.next_timer()
            if not due < until_us:
                return
            self.deliver(Clock(max(ceil(due), core.state.now_us)))
        if core.next_timer() < until_us:
            raise TooManyTimers(f"more than {limit:,} timers fire in one stretch of time without news")

    def ring(self, now_us: int) -> None:
        """Fire what is due at this very moment."""
        if self.core.next_timer() <= now_us:
            self.deliver(Clock(now_us))

    def _feed(self, told: list[Told]) -> Effects:
        answers = Answers(self.core.state.now_us, tuple(told))
        if self._recorder is not None:
            self._record(answers, self._recorder)
        return self.core.deliver(answers)

    def _record(self, event: Input, recorder: Recorder) -> None:
        match event:
            case Market():
                if event.told:
                    recorder.told(event.now_us, event.told)
            case Answers():
                recorder.told(event.now_us, event.items)
            case Operator():
                recorder.operator(event.now_us, event.operation)

    def _carry_out(self, effects: Effects) -> list[Told]:
        now_us = self.core.state.now_us
        if self._recorder is None:
            self.notes.extend(effects.notes)
            self.orders.extend(effects.orders)
        elif effects.notes or effects.orders or effects.cancels:
            self._recorder.effects(now_us, effects)
            if effects.orders or effects.cancels:
                self._recorder.commit()
        answers: list[Told] = []
        for cancel in effects.cancels:
            answers.extend(self._venue.cancel(cancel, now_us))
        for order in effects.orders:
            answers.extend(self._venue.take(order, now_us))
        return answers

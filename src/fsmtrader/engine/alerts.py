"""Alerts: raised when their condition becomes true (again after `repeat` while it stays), on an event, or by a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.engine.events import AlertRaised
from fsmtrader.engine.state import State
from fsmtrader.program.ir import Alert, Value
from fsmtrader.program.typed import Kind

SECOND_US = 1_000_000


@dataclass(slots=True)
class Bell:
    """One alert of a run."""

    entry: Alert
    is_true: Callable[[list[float]], bool] | None
    rung_us: float | None = None
    """when it rang last, while its condition has stayed true since"""


class Alerts:
    """All alerts of one core."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.bells = [
            Bell(entry, state.compiled.truth(entry.condition) if entry.condition is not None else None)
            for entry in state.program.alerts
        ]
        self.events = frozenset(bell.entry.event for bell in self.bells if bell.entry.event)
        """the events that ring"""
        self.watching = [bell for bell in self.bells if bell.is_true is not None]

    def after_event(self, event: str) -> None:
        """Look at every condition; `event` is what has just happened."""
        for bell in self.watching:
            assert bell.is_true is not None
            if not bell.is_true(self._state.x):
                bell.rung_us = None
            elif self._is_due(bell):
                bell.rung_us = float(self._state.now_us)
                self._ring(bell.entry)
        if event in self.events:
            for bell in self.bells:
                if bell.entry.event == event:
                    self._ring(bell.entry)

    @property
    def is_ringing(self) -> bool:
        """Whether a condition has stayed true since it rang."""
        return any(bell.rung_us is not None for bell in self.watching)

    def would_tell(self) -> bool:
        """Whether a look at every condition would ring a bell, or end its ringing."""
        for bell in self.watching:
            assert bell.is_true is not None
            if self._is_due(bell) if bell.is_true(self._state.x) else bell.rung_us is not None:
                return True
        return False

    def step(self, name: str, region: int) -> None:
        """The step `alert: name` of a region's action."""
        keys = ".".join(self._state.program.regions[region].keys) if region >= 0 else ""
        named = [bell.entry for bell in self.bells if bell.entry.name == name]
        chosen = [entry for entry in named if entry.instance == keys] or named[:1]
        for entry in chosen:
            self._ring(entry)

    def _is_due(self, bell: Bell) -> bool:
        if bell.rung_us is None:
            return True
        if bell.entry.repeat is None:
            return False
        wait = self._state.compiled.number(bell.entry.repeat)(self._state.x)
        return self._state.now_us - bell.rung_us >= wait * SECOND_US

    def _ring(self, entry: Alert) -> None:
        text = "".join(piece if isinstance(piece, str) else self._shown(piece) for piece in entry.text)
        self._state.note(AlertRaised(self._state.now_us, entry.name, entry.instance, text or entry.name))

    def _shown(self, value: Value) -> str:
        number = self._state.compiled.number(value)(self._state.x)
        return shown(number, value.tree.type.kind, self._state.program.words)

    def snapshot(self) -> list[float | None]:
        return [bell.rung_us for bell in self.bells]

    def restore(self, snapshot: list[float | None]) -> None:
        for bell, rung_us in zip(self.bells, snapshot, strict=True):
            bell.rung_us = rung_us


def shown(number: float, kind: Kind, words: tuple[str, ...]) -> str:
    """A value in a user's words."""
    if number != number:
        return "not ready"
    if kind is Kind.TRUTH:
        return "true" if number == 1.0 else "false"
    if kind is Kind.WORD:
        return words[int(number)]
    return f"{number:.10g}"

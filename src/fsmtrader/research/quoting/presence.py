"""What is gathered over time while a run goes on: how long something was there, and means weighted by time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Presence:
    """Whether something is there, from a first moment to a last. All times in microseconds."""

    since_us: int
    is_there: bool = False
    there_us: int = 0
    gap_us: int = 0
    """the longest time without it"""
    gap_begin_us: int = 0
    """when that began; the first of several that are equally long"""

    def __post_init__(self) -> None:
        self.gap_begin_us = self.since_us

    def switch(self, now_us: int, is_there: bool) -> None:
        """From now on it is there, or not."""
        if is_there == self.is_there:
            return
        self._close(now_us)
        self.is_there, self.since_us = is_there, now_us

    def finish(self, end_us: int) -> None:
        """What still goes on is counted up to the end; it may go on after that."""
        self._close(end_us)
        if self.is_there:
            self.since_us = end_us

    def _close(self, now_us: int) -> None:
        length = now_us - self.since_us
        if self.is_there:
            self.there_us += length
        elif length > self.gap_us:
            self.gap_us, self.gap_begin_us = length, self.since_us


@dataclass(slots=True)
class Weighted:
    """The mean of a value over the time for which it is known, and its greatest size."""

    total: float = 0.0
    """of value × microseconds"""
    known_us: int = 0
    most: float = 0.0
    _value: float = float("nan")
    _since_us: int = 0

    def set(self, now_us: int, value: float) -> None:
        """The value from now on; NaN: not known."""
        self.finish(now_us)
        self._value = value
        if abs(value) > self.most:
            self.most = abs(value)

    def finish(self, end_us: int) -> None:
        """The present value has held until now."""
        if self._value == self._value:
            self.total += self._value * (end_us - self._since_us)
            self.known_us += end_us - self._since_us
        self._since_us = end_us

    @property
    def mean(self) -> float | None:
        return self.total / self.known_us if self.known_us > 0 else None


@dataclass(slots=True)
class Spent:
    """Time by what it was spent on. `kinds` are limited by who names them."""

    since_us: int
    kind: str
    us: dict[str, int] = field(default_factory=dict)

    def switch(self, now_us: int, kind: str) -> None:
        if kind != self.kind:
            self.finish(now_us)
            self.kind = kind

    def finish(self, end_us: int) -> None:
        if end_us > self.since_us:
            self.us[self.kind] = self.us.get(self.kind, 0) + end_us - self.since_us
        self.since_us = end_us

    def of(self, kinds: Iterable[str]) -> int:
        return sum(self.us.get(kind, 0) for kind in kinds)

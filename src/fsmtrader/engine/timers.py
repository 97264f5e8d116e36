"""Time: intervals, hours of the day, times in a state, and deadlines of actions. All in microseconds, all computed.

A timer never looks at a clock: it says when it is due, and whoever drives the core lets that moment come.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.regions import Place
from fsmtrader.engine.state import State
from fsmtrader.program.ir import After, Source

SECOND_US = 1_000_000
NEVER = float("inf")
SHORTEST_US = 1_000
"""an interval is at least a millisecond: a bound on how often a timer can fire"""


@dataclass(slots=True)
class Interval:
    """`every(d)`: due each d after the start; d may change, and then holds from the next time on."""

    index: int
    name: str
    read: Callable[[list[float]], float]
    next_us: float = NEVER
    step_us: float = NEVER
    """d, as it was when `next_us` was found"""
    sources: tuple[int, ...] = ()
    """itself, as the raw events that come together"""

    def __post_init__(self) -> None:
        self.sources = (self.index,)


@dataclass(slots=True)
class Daily:
    """`daily`: due at an hour of the day in a time zone."""

    index: int
    name: str
    text: str
    next_us: float = NEVER


@dataclass(slots=True)
class Stay:
    """`after`: due once for each stay in a state. `due_for`: when the stay began that it was last due for."""

    entry: After
    place: Place
    read: Callable[[list[float]], float]
    fired_for: float = float("-inf")
    due_for: float = float("-inf")

    def due_us(self, x: list[float]) -> float:
        place = self.place
        if place.leaf not in self.entry.leaves or (place.blocked and place.flight is not None):
            return NEVER
        entered = x[self.entry.entered]
        delay = self.read(x)
        if entered != entered or delay != delay or entered == self.fired_for:
            return NEVER
        return entered + delay * SECOND_US


class Timers:
    """All timers of one core."""

    def __init__(self, state: State, places: list[Place], heard: Callable[[Source], bool]) -> None:
        self._state = state
        number = state.compiled.number
        sources = [(i, s) for i, s in enumerate(state.program.sources) if heard(s)]
        self.intervals = [Interval(i, s.name, number(s.interval)) for i, s in sources if s.interval is not None]
        self._daily = [Daily(i, s.name, s.daily) for i, s in sources if s.daily]
        self.stays = [Stay(a, p, number(a.delay)) for p in places for a in p.region.afters]
        self.has_any = bool(self.intervals or self._daily or self.stays)

    def begin(self) -> None:
        """The machine starts now."""
        for timer in self.intervals:
            timer.next_us = self._after_now(timer)
        for day in self._daily:
            day.next_us = float(next_daily_us(day.text, self._state.now_us))

    def next_us(self) -> float:
        """When something is due next."""
        x = self._state.x
        found = NEVER
        for timer in self.intervals:
            if timer.next_us == NEVER:
                timer.next_us = self._after_now(timer)
            if timer.next_us < found:
                found = timer.next_us
        for day in self._daily:
            found = min(found, day.next_us)
        for stay in self.stays:
            found = min(found, stay.due_us(x))
        return found

    @property
    def interval_us(self) -> float:
        """When an interval comes next."""
        return min([timer.next_us for timer in self.intervals], default=NEVER)

    def daily_us(self) -> float:
        """When an hour of the day comes next."""
        return min((day.next_us for day in self._daily), default=NEVER)

    def due(self) -> list[tuple[float, str, int, int]]:
        """What is due: (deadline, name, source or -1, owner or -1), by deadline. Each is then set anew."""
        now_us = self._state.now_us
        found: list[tuple[float, int, str, int, int]] = []
        for stay in self.stays:
            deadline = stay.due_us(self._state.x)
            if deadline <= now_us:
                stay.due_for = self._state.x[stay.entry.entered]
                found.append((deadline, len(found), stay.entry.trigger, -1, stay.place.region.index))
        for timer in self.intervals:
            if timer.next_us <= now_us:
                found.append((timer.next_us, len(found), timer.name, timer.index, -1))
                timer.next_us = self._after_now(timer, timer.next_us)
        for day in self._daily:
            if day.next_us <= now_us:
                found.append((day.next_us, len(found), day.name, day.index, -1))
                day.next_us = float(next_daily_us(day.text, now_us))
        found.sort()
        return [(deadline, name, source, owner) for deadline, _, name, source, owner in found]

    def go_on(self, timer: Interval) -> None:
        """An interval whose length does not change has had its turn."""
        if timer.next_us == self._state.now_us and timer.step_us < NEVER:
            timer.next_us += timer.step_us
        else:
            timer.next_us = self._after_now(timer, timer.next_us)

    def stayed(self, trigger: str, region: int) -> None:
        """The row of an `after` had its turn, unless an action in flight kept it from moving: then it has it again.

        By now the state may have been left and entered anew at this very moment: that is another stay.
        """
        for stay in self.stays:
            same = stay.entry.trigger == trigger and stay.place.region.index == region
            if same and not (stay.place.blocked and stay.place.flight is not None):
                stay.fired_for = stay.due_for

    def _after_now(self, timer: Interval, last_us: float | None = None) -> float:
        seconds = timer.read(self._state.x)
        if seconds != seconds:
            return NEVER
        step = max(seconds * SECOND_US, SHORTEST_US)
        base = float(self._state.now_us) if last_us is None else last_us
        found = base + step * max(1.0, (self._state.now_us - base) // step + 1.0 if last_us is not None else 1.0)
        timer.step_us = _whole(step)
        return _whole(found)

    def snapshot(self) -> dict[str, object]:
        def plain(value: float) -> float | None:
            return value if abs(value) != NEVER else None

        return {
            "intervals": [plain(t.next_us) for t in self.intervals],
            "daily": [plain(t.next_us) for t in self._daily],
            "stays": [plain(t.fired_for) for t in self.stays],
        }

    def restore(self, snapshot: dict[str, list[float | None]]) -> None:
        for timer, value in zip(self.intervals, snapshot["intervals"], strict=True):
            timer.next_us = NEVER if value is None else value
        for day, value in zip(self._daily, snapshot["daily"], strict=True):
            day.next_us = NEVER if value is None else value
        for stay, value in zip(self.stays, snapshot["stays"], strict=True):
            stay.fired_for = -NEVER if value is None else value


def _whole(time_us: float) -> float:
    """The same number, as a whole one where it is: Python compares times much faster that are all of one type."""
    return int(time_us) if time_us.is_integer() else time_us


def next_daily_us(text: str, now_us: int) -> int:
    """The next moment after `now_us` that `"09:00 Asia/Shanghai"` names (UTC without a zone)."""
    hour_text, _, zone_text = text.strip().partition(" ")
    hour, _, minute = hour_text.partition(":")
    try:
        zone = ZoneInfo(zone_text.strip() or "UTC")
        today = datetime.datetime.fromtimestamp(now_us // SECOND_US, zone)
        moment = today.replace(hour=int(hour), minute=int(minute or 0), second=0, microsecond=0)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RunError(f"{text!r} is no time of day: write e.g. 09:00 Asia/Shanghai") from error
    while round(moment.timestamp()) * SECOND_US <= now_us:
        moment += datetime.timedelta(days=1)
    return round(moment.timestamp()) * SECOND_US

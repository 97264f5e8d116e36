"""The program's indicators: sampled by their clocks, their values written to their slots.

An indicator without a clock takes a sample whenever the market of one of its legs has news, and whenever its input has
changed (a quantity after a fill, say).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.engine.state import State
from fsmtrader.numeric.indicators_objects import STANDING, IndicatorState, make, shared
from fsmtrader.program.ir import Indicator
from fsmtrader.program.reach import legs_of

SECOND_US = 1_000_000
NEVER = float("inf")
AT_ENTRY = ("entered", "anchored")


@dataclass(slots=True)
class Gauge:
    """One indicator of a run."""

    entry: Indicator
    memory: IndicatorState
    read: Callable[[list[float]], float]
    legs: frozenset[str]
    slot: int
    constants: tuple[int, int, int, float]
    """window in microseconds, n, ready, quantile"""
    window: array[float] | None = None
    """its memory, if somebody else works on it, too"""
    last: float = float("nan")
    next_us: float = float("inf")

    def has_changed(self, value: float) -> bool:
        return value != self.last and not (value != value and self.last != self.last)

    def sample(self, x: list[float], now_us: int) -> None:
        self.last = self.read(x)
        self.memory.update(self.last, now_us)
        x[self.slot] = self.memory.value(now_us)


class Indicators:
    """All gauges, by what makes them tick. `shares`: their memories are arrays that a scout works on, too."""

    def __init__(self, state: State, shares: bool = False) -> None:
        self._state = state
        program = state.program
        self.gauges = [_gauge(state, entry, shares) for entry in program.indicators]
        self._at_entry = [g for g in self.gauges if g.entry.function in AT_ENTRY]
        ticking = [g for g in self.gauges if g.entry.function not in AT_ENTRY]
        self._timed = [g for g in ticking if g.entry.clock.every_seconds > 0]
        self.changing = [g for g in ticking if not g.entry.clock.every_seconds and not g.entry.clock.event]
        self.by_event: dict[str, list[Gauge]] = {}
        for gauge in ticking:
            if gauge.entry.clock.event:
                self.by_event.setdefault(gauge.entry.clock.event, []).append(gauge)
        clocked = [*self._timed, *(g for gauges in self.by_event.values() for g in gauges)]
        self.clocked = [g for g in clocked if g.entry.function not in STANDING]
        self.has_timed = bool(self._timed)

    def _begin(self) -> None:
        """Start the clocks of the indicators that have one of their own, at the first instant that there is."""
        for gauge in self._timed:
            if gauge.next_us == NEVER:
                gauge.next_us = float(self._state.now_us)

    def next_us(self) -> float:
        return min((gauge.next_us for gauge in self._timed), default=NEVER)

    def on_time(self) -> None:
        """Sample what is due at this moment."""
        state = self._state
        for gauge in self._timed:
            if gauge.next_us <= state.now_us:
                gauge.sample(state.x, state.now_us)
                step = gauge.entry.clock.every_seconds * SECOND_US
                gauge.next_us += step * (1 + (state.now_us - gauge.next_us) // step)

    def on_market(self, legs: frozenset[str]) -> None:
        """Sample what hangs on a market that has news, or has changed; each once."""
        state = self._state
        x, now_us = state.x, state.now_us
        if self.has_timed:
            self._begin()
        for gauge in self.changing:
            value = gauge.read(x)
            if not gauge.legs.isdisjoint(legs) or gauge.has_changed(value):
                gauge.last = value
                gauge.memory.update(value, now_us)
            x[gauge.slot] = gauge.memory.value(now_us)
        if self.clocked:
            self._let_time_pass()

    def on_event(self, name: str) -> bool:
        """Sample what ticks with a named event; whether a value has changed (what is not ready counts as changed)."""
        gauges = self.by_event.get(name)
        if gauges is None:
            return False
        x, now_us = self._state.x, self._state.now_us
        has_changed = False
        for gauge in gauges:
            before = x[gauge.slot]
            gauge.sample(x, now_us)
            has_changed |= before != x[gauge.slot]
        return has_changed

    def refresh(self) -> None:
        """Sample inputs that have changed, and let time pass for the rest."""
        self.on_market(frozenset())

    def _let_time_pass(self) -> None:
        """A value may end with time alone: a window with a hole, a condition that is held on and on."""
        for gauge in self.clocked:
            self._state.x[gauge.entry.slot] = gauge.memory.value(self._state.now_us)

    def entered(self, region: int) -> None:
        """A state of the region was entered."""
        for gauge in self._at_entry:
            if gauge.entry.region == region:
                gauge.sample(self._state.x, self._state.now_us)

    def completed(self, region: int) -> None:
        """An action of the region has completed."""
        for gauge in self._at_entry:
            if gauge.entry.region == region and gauge.entry.function == "anchored":
                gauge.sample(self._state.x, self._state.now_us)

    def snapshot(self) -> list[list[object]]:
        return [[list(g.memory.snapshot()), _plain(g.last), _plain(g.next_us)] for g in self.gauges]

    def restore(self, snapshot: list[list[object]]) -> None:
        for gauge, (memory, last, next_us) in zip(self.gauges, snapshot, strict=True):
            assert isinstance(memory, list)
            gauge.memory.restore(memory)
            gauge.last = _number(last, float("nan"))
            gauge.next_us = _number(next_us, float("inf"))


def _plain(value: float) -> float | None:
    """Numbers that a journal can keep: what is not finite is None."""
    return value if -float("inf") < value < float("inf") else None


def _number(value: object, missing: float) -> float:
    return value if isinstance(value, float) else float(value) if isinstance(value, int) else missing


def _gauge(state: State, entry: Indicator, shares: bool) -> Gauge:
    compiled, x = state.compiled, state.x

    def constant(value: object, default: float = 0.0) -> float:
        return compiled.number(value)(x) if value is not None else default  # type: ignore[arg-type]

    constants = (
        round(constant(entry.window) * SECOND_US),
        round(constant(entry.count)),
        round(constant(entry.ready)),
        constant(entry.quantile),
    )
    window: array[float] | None = None
    if shares:
        memory, window = shared(entry.function, *constants)
    else:
        memory = make(entry.function, *constants)
    x[entry.slot] = float("nan")
    legs = legs_of(state.program, entry.input.tree)
    return Gauge(entry, memory, compiled.number(entry.input), legs, entry.slot, constants, window)

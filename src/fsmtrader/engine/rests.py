"""Timers that may rest: between two moves of the market a second asking of the same events gives the same answers.

`every(1s)` beside a quote a second asks each guard twice, the second time with nothing changed but the time. A timer
rests while nothing has moved since all of its events were asked about, if nothing that it asks hangs on time, and if
another sample of its indicators changes nothing (a streak that is none).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsmtrader.engine.conditions import Conditions
from fsmtrader.engine.core import Core
from fsmtrader.engine.indicators import Gauge
from fsmtrader.engine.seen import STEADY
from fsmtrader.numeric.indicators_objects import LASTING, STANDING
from fsmtrader.program.ir import Value


@dataclass(frozen=True, slots=True)
class Rest:
    """What one instant means for timers that rest; all by their numbers."""

    own: int = -1
    """the timer whose instant it is, if it may rest; -1: it is news of a market, or may not"""
    covers: tuple[int, ...] = ()
    """timers whose events are all asked about here: they rest from the end of it on, if nothing has moved in it"""
    wakes: tuple[int, ...] = ()
    """the others: something may have moved"""
    streaks: tuple[Gauge, ...] = ()
    """of `own`: they must be none"""


class Rests:
    """The timers of one core."""

    def __init__(self, core: Core, conditions: Conditions) -> None:
        self._conditions = conditions
        self._sources = [timer.sources for timer in core.timers.intervals]
        self._events = [{work.name for work in core.raising.of_sources(sources)} for sources in self._sources]
        by_event = core.indicators.by_event
        self._gauges = [tuple(g for name in sorted(names) for g in by_event.get(name, ())) for names in self._events]
        lasting = (*core.indicators.changing, *core.indicators.clocked)
        is_steady = all(query.function in STEADY for query in core.inputs.of_market) and all(
            gauge.entry.function in (*LASTING, *STANDING) and not conditions.hangs_on_time(gauge.entry.input)
            for gauge in lasting
        )
        self._can = [is_steady and all(map(self._is_idle_streak, gauges)) for gauges in self._gauges]

    def of(self, sources: tuple[int, ...], names: Sequence[str], guards: Sequence[Value]) -> Rest:
        """For raw events that come together, the names that they raise, and what is asked then."""
        numbers = range(len(self._sources))
        covers = tuple([k for k in numbers if self._can[k] and self._events[k] <= set(names)])
        own = next((k for k in covers if self._sources[k] == sources), -1)
        if own >= 0 and any(map(self._conditions.hangs_on_time, guards)):
            own = -1
        return Rest(own, covers, tuple([k for k in numbers if k not in covers]), self._gauges[own] if own >= 0 else ())

    def _is_idle_streak(self, gauge: Gauge) -> bool:
        return gauge.entry.function == "streak" and not self._conditions.hangs_on_time(gauge.entry.input)

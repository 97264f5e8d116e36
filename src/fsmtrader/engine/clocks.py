"""When time has something to do next: the earliest of all parts of a core that have moments of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsmtrader.engine.desk import Desk
from fsmtrader.engine.indicators import Indicators
from fsmtrader.engine.lots import LotQueues
from fsmtrader.engine.quotes import Quotes
from fsmtrader.engine.regions import Place
from fsmtrader.engine.reports import Reports
from fsmtrader.engine.state import State, Status
from fsmtrader.engine.timers import Timers

NEVER = float("inf")
BEFORE = (Status.WAITING, Status.OPENING)
RUNNING = Status.RUNNING


class Clocks:
    """Asks only the parts that this program gives something to do: it is asked twice for each event of a market."""

    def __init__(
        self,
        state: State,
        places: Sequence[Place],
        timers: Timers,
        indicators: Indicators,
        quotes: Quotes,
        desk: Desk,
        reports: Reports,
        lots: LotQueues,
    ) -> None:
        self._state = state
        self._places = places
        program = state.program
        rare: tuple[tuple[object, Callable[[], float]], ...] = (
            (indicators.has_timed, indicators.next_us),
            (quotes.slots, quotes.next_us),
            (program.stop, desk.next_us),
            (program.reports, reports.next_us),
            (lots.families, lots.next_us),
        )
        asked = tuple(next_us for can, next_us in rare if can)
        self._running = (timers.next_us, *asked) if timers.has_any else asked
        self._rare = (timers.daily_us, *asked) if timers.has_any else asked
        seen = (indicators.next_us, quotes.next_us)
        self._left = tuple(next_us for next_us in self._rare if next_us not in seen)
        self._before = (indicators.next_us,)
        self._held = (lots.next_us,)

    def next_us(self) -> float:
        """In microseconds; infinite when there is nothing."""
        status = self._state.status
        if status is RUNNING:
            asked = self._running
        else:
            asked = self._before if status in BEFORE else self._held
        found = NEVER
        for next_us in asked:
            due = next_us()
            if due < found:
                found = due
        if status not in BEFORE:
            for place in self._places:
                if place.flight is not None and place.flight.next_us < found:
                    found = place.flight.next_us
        return found

    def rare_us(self) -> float:
        """The same of what is neither an interval nor a time in a state."""
        if self._state.status is not RUNNING:
            return self.next_us()
        return min((next_us() for next_us in self._rare), default=NEVER)

    def left_us(self) -> float:
        """The same of what an indicator's clock and a slot's are not, either."""
        if self._state.status is not RUNNING:
            return self.next_us()
        return min((next_us() for next_us in self._left), default=NEVER)

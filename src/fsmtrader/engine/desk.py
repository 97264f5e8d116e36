"""The operator's desk: the engine acts first, then the event is delivered."""

from __future__ import annotations

from fsmtrader.engine.events import Operation
from fsmtrader.engine.flight import OPERATOR, Flight
from fsmtrader.engine.phases import Phases
from fsmtrader.engine.plan import Wave
from fsmtrader.engine.quotes import Quotes
from fsmtrader.engine.raising import Raising
from fsmtrader.engine.regions import Regions
from fsmtrader.engine.state import State, Status, Work
from fsmtrader.program.ir import Value

NEVER = float("inf")
SECOND_US = 1_000_000


class Desk:
    """Halt, resume, flatten, stop, exit."""

    def __init__(self, state: State, regions: Regions, phases: Phases, quotes: Quotes) -> None:
        self._state = state
        self._regions = regions
        self._phases = phases
        self._quotes = quotes
        self._is_to_flatten = False
        self._is_to_stop = False
        self._closing: Flight | None = None
        self._after_us = NEVER

    def told(self, operation: Operation, raising: Raising) -> list[Work]:
        """Act, and say what the regions are to hear."""
        match operation:
            case Operation.HALT:
                self.halt()
            case Operation.RESUME:
                if self._state.status is Status.HALTED:
                    self._state.status = Status.RUNNING
            case Operation.FLATTEN:
                self.halt()
                self._is_to_flatten = True
            case Operation.STOP:
                return self._stop(raising)
            case Operation.EXIT:
                if not self._regions.handles("exit"):
                    self.halt()
                    self._is_to_flatten = self._is_to_stop = True
        return raising.operator_event(operation.value)

    def halt(self) -> None:
        """Cancel, interrupt, and hold market events and timers."""
        self._quotes.cancel_side("")
        for place in self._regions.places:
            self._regions.interrupt(place)
        if self._state.status is Status.RUNNING:
            self._state.status = Status.HALTED

    def _stop(self, raising: Raising) -> list[Work]:
        """Orders go as `stop: {cancel, keep}` says, positions stay."""
        cancel = self._stop_value("cancel")
        if cancel is None or not self._state.compiled.falsity(cancel)(self._state.x):
            keep = self._stop_number("keep", 0.0)
            self._quotes.cancel_all_but(int(max(keep, 0.0)) if keep < NEVER else 0)
        self._after_us = NEVER
        for place in self._regions.places:
            self._regions.interrupt(place)
        self._is_to_stop = True
        return raising.operator_event(Operation.STOP.value)

    # -- `stop: {after}` ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The machine starts now; `stop: {after}` counts from here, and zero is never."""
        after = self._stop_number("after", NEVER)
        self._after_us = self._state.now_us + after * SECOND_US if after > 0.0 else NEVER

    def next_us(self) -> float:
        """When the machine stops by itself."""
        return self._after_us

    def due(self, raising: Raising) -> list[Work]:
        """Stop, if the time for it has come."""
        return self.told(Operation.STOP, raising) if self._after_us <= self._state.now_us else []

    def _stop_value(self, name: str) -> Value | None:
        value = dict(self._state.program.stop).get(name)
        return value if isinstance(value, Value) else None

    def _stop_number(self, name: str, default: float) -> float:
        value = self._stop_value(name)
        number = default if value is None else self._state.compiled.number(value)(self._state.x)
        return number if number == number else default

    def snapshot(self) -> float:
        return self._after_us

    def restore(self, snapshot: float) -> None:
        self._after_us = snapshot

    # -- what is still to be done ------------------------------------------------------------------------------------

    @property
    def is_stopping(self) -> bool:
        """Whether it only waits for what is on its way: no quote is placed any more."""
        return self._is_to_stop

    @property
    def is_busy(self) -> bool:
        """Whether something that the operator asked for is still to be done."""
        return self._is_to_flatten or self._is_to_stop or self._closing is not None

    def go_on(self) -> None:
        """Flatten and stop once nothing else is on its way."""
        if any(place.flight is not None for place in self._regions.places) or self._closing is not None:
            return
        if self._is_to_flatten:
            self._is_to_flatten = False
            self._close_all()
        elif self._is_to_stop and not self._state.work:
            self._is_to_stop = False
            self._state.status = Status.STOPPED

    def _close_all(self) -> None:
        """Close every leg, reduce-only."""
        legs = [i for i in range(len(self._state.program.legs)) if self._state.books.quantity(i) != 0.0]
        if not legs:
            return
        flight = Flight(-1, -1, "flatten", OPERATOR, float("-inf"), False, exempt=True)
        self._closing = flight
        flight.waves.append(Wave(closes={leg: (1.0, 0.0) for leg in legs}))
        self._phases.send_waves(flight)

    def closed(self, flight: Flight) -> None:
        """The closing orders have come to their end."""
        assert flight is self._closing
        self._closing = None

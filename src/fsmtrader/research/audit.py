"""The strategy's own ledger against the venue's positions, whenever something was filled (X-09)."""

from __future__ import annotations

from fsmtrader.engine.events import Effects
from fsmtrader.engine.ports import Recorder
from fsmtrader.engine.reconcile import Difference, compare, mismatch
from fsmtrader.research.assembly import Assembly


class Audit:
    """Compares after each event that has filled something; what does not agree is an alert, once until it changes."""

    def __init__(self, assembly: Assembly, recorder: Recorder) -> None:
        self._venue = assembly.venue
        self._core = assembly.core
        self._fills = assembly.core.state.books.fills
        self._legs = [leg.name for leg in assembly.core.program.legs]
        self._recorder = recorder
        self._seen = 0
        self._told: tuple[Difference, ...] = ()

    def after(self, time_us: int) -> None:
        """An event is wholly done."""
        fills = sum(self._fills)
        if fills == self._seen:
            return
        self._seen = fills
        found = self.differences()
        new = tuple(mismatch(time_us, difference) for difference in found if difference not in self._told)
        self._told = found
        if new:
            self._recorder.effects(time_us, Effects(notes=new))

    def differences(self) -> tuple[Difference, ...]:
        """Where the two do not agree now."""
        instruments = {leg: self._venue.instrument(leg) for leg in self._legs}
        lots = {leg: instrument.lot for leg, instrument in instruments.items() if instrument is not None}
        return compare(self._core, lambda leg: self._venue.position(leg)[0], self._venue.is_hedged, lots)

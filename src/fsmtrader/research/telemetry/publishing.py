"""Metrics while a run goes on: made anew once in a while, between events, by the thread that runs.

Who serves them gets a finished text and never looks into the run.
"""

from __future__ import annotations

from collections.abc import Callable

from fsmtrader.research.telemetry.exposition import exposition
from fsmtrader.research.telemetry.tally import Tally

Publish = Callable[[bytes], None]
EVERY_SECONDS = 1.0


class Publisher:
    """Gives `publish` a new text, at most once in `EVERY_SECONDS` of `clock` (seconds of any beginning)."""

    def __init__(self, tally: Tally, publish: Publish, clock: Callable[[], float]) -> None:
        self._tally = tally
        self._publish = publish
        self._clock = clock
        self._last = float("-inf")

    def look(self) -> None:
        """Some events are done."""
        now = self._clock()
        if now - self._last >= EVERY_SECONDS:
            self._last = now
            self.finish()

    def finish(self) -> None:
        """Publish what is known, whenever that was done last."""
        self._publish(exposition(self._tally))

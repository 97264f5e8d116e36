"""Reports: a row of named values at a time of day, if `rows` then holds; it goes to the journal as a typed row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.engine.events import RecordRow
from fsmtrader.engine.state import State
from fsmtrader.engine.timers import next_daily_us
from fsmtrader.program.ir import Report

NEVER = float("inf")


@dataclass(slots=True)
class _Due:
    """One report and when it is written next."""

    entry: Report
    holds: Callable[[list[float]], bool] | None
    columns: tuple[tuple[str, Callable[[list[float]], float]], ...]
    next_us: float = NEVER


class Reports:
    """All reports of one core."""

    def __init__(self, state: State) -> None:
        self._state = state
        compiled = state.compiled
        self._reports = [
            _Due(
                entry,
                compiled.truth(entry.rows) if entry.rows is not None else None,
                tuple((name, compiled.number(value)) for name, value in entry.show),
            )
            for entry in state.program.reports
            if entry.at
        ]

    def begin(self) -> None:
        """The machine starts now."""
        for report in self._reports:
            report.next_us = float(next_daily_us(report.entry.at, self._state.now_us))

    def next_us(self) -> float:
        return min((report.next_us for report in self._reports), default=NEVER)

    def on_time(self) -> None:
        """Write what is due."""
        state = self._state
        for report in self._reports:
            if report.next_us <= state.now_us:
                report.next_us = float(next_daily_us(report.entry.at, state.now_us))
                if report.holds is None or report.holds(state.x):
                    columns = tuple((name, read(state.x)) for name, read in report.columns)
                    state.note(RecordRow(state.now_us, report.entry.name, columns))

    def snapshot(self) -> list[float]:
        return [report.next_us for report in self._reports]

    def restore(self, snapshot: list[float]) -> None:
        for report, next_us in zip(self._reports, snapshot, strict=True):
            report.next_us = next_us

"""How long the machine takes for the events of a market, about: what `auto` holds against the time to compile.

The figures are those of benchmarks/README.md on the two-core machine that is named there. A computer that is twice as
quick compiles twice as quickly as well, so that the choice is the same. What differs fiftyfold is how a spec is got
over: quiet events many at a time (`walked`), one by one (`engine.quiet`), through the whole core, or with working
quotes, which are looked at again with every event.
"""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.data.stream import EventStream
from fsmtrader.engine.seen import STEADY
from fsmtrader.program.ir import Program, SlotRole
from fsmtrader.program.reach import deep, is_fixed
from fsmtrader.program.typed import Asked
from fsmtrader.research.walked import LEAST, WALKED

WALKED_US = 3.0
SINGLY_US = 5.5
CORE_US = 25.0
QUOTED_US = 150.0
"""what the machine takes for a quiet event: one of many that it walks over, one by itself, one that the whole core
hears, and one at which quotes work"""
SCOUTED_US = 1.0
"""what is left of that where a scout looks ahead: reading, the equity after it"""
TRADES_US = 2.0
"""what trades add to each event of a set: 0.3 ms, and one event in 150 that trades, as in the denser benchmark"""
READING_US = 1.5
STARTING_SECONDS = 1.0
"""what a process takes to read an event, and to start"""
LOADING_SECONDS = 0.8
"""what a loop takes that is kept compiled, numba's own start among it"""
COMPILING_SECONDS = 5.0
"""what a new one takes"""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a quiet event of one market takes the machine with one program, in microseconds, and how many there are."""

    quiet_us: float
    events: int

    @property
    def spared_seconds(self) -> float:
        """What a scout takes off the machine in one run, if all is quiet."""
        return self.events * max(self.quiet_us - SCOUTED_US, 0.0) / 1e6

    def sweep_seconds(self, sets: int, lanes: int) -> float:
        """What so many sets take, that many at a time, each lane a process with the machine."""
        of_sets = sets * self.events * (self.quiet_us + TRADES_US) / lanes
        return STARTING_SECONDS + (self.events * READING_US + of_sets) / 1e6


def pace_of(program: Program, stream: EventStream) -> Pace:
    """How the machine gets over the events of a market."""
    if program.quotes:
        quiet_us = QUOTED_US
    elif _needs_core(program):
        quiet_us = CORE_US
    else:
        quiet_us = WALKED_US if _is_steady(program) and _is_alike(stream) else SINGLY_US
    return Pace(quiet_us, len(stream))


def _needs_core(program: Program) -> bool:
    """Whether there is what a written-out instant leaves out, as `engine.quiet` has it."""
    times = [source.interval for source in program.sources if source.interval is not None]
    times += [after.delay for region in program.regions for after in region.afters]
    return (
        bool(program.lots)
        or any(slot.role is SlotRole.FIELD for slot in program.slots)
        or any(limit.kind == "loss" for limit in program.limits)
        or not all(is_fixed(program, time.tree) for time in times)
    )


def _is_steady(program: Program) -> bool:
    """Whether all that is looked at changes with the events of the market alone."""
    values = [row.guard for row in program.rows] + [entry.condition for entry in program.invariants]
    values += [entry.condition for entry in program.alerts] + [entry.input for entry in program.indicators]
    nodes = (node for value in values if value is not None for node in deep(program, value.tree))
    asked = all(query.function in STEADY for query in program.queries if query.slot >= 0)
    return asked and not any(isinstance(node, Asked) for node in nodes)


def _is_alike(stream: EventStream) -> bool:
    """Whether events of one kind in one market follow each other, but for few others among them."""
    rows: dict[tuple[int, int], int] = {}
    for report in stream.reports:
        if report.kind in WALKED:
            place = int(report.kind), report.market
            rows[place] = rows.get(place, 0) + report.rows
    return len(stream) - max(rows.values(), default=0) <= len(stream) / LEAST

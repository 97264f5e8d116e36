"""What the sets of a sweep share: indicators of the market alone, worked out once for all sets that agree on them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from fsmtrader.kernel.cache import Loop
from fsmtrader.kernel.emit_ahead import parameters_of, shareable
from fsmtrader.kernel.emit_calm import can_leap, rows_of
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.run import Ahead, Given, ahead
from fsmtrader.program.ir import Program
from fsmtrader.research.run import Prepared

MOST_VALUES = 2**25
"""numbers that are kept at most for one set of values: 256 MB"""
KEPT = 3
"""sets of values whose series are kept"""


def with_shared(program: Program, layout: Layout, events: int) -> Layout:
    """What is worked out ahead: nothing where that would take too much memory."""
    found = shareable(program)
    if 2 * len(found) * events > MOST_VALUES:
        return layout
    shared = replace(layout, shared=found)
    rows = 2 * len(found) + len(rows_of(program, shared))
    return replace(shared, leaps=can_leap(program, shared) and rows * events <= MOST_VALUES)


class Sharing:
    """The series of one layout, by the values of the parameters on which they hang. Threads may ask at once."""

    def __init__(self, program: Program, layout: Layout, loop: Loop, *, is_plain: bool) -> None:
        names = parameters_of(program, layout.shared)
        self._program, self._layout, self._loop, self._is_plain = program, layout, loop, is_plain
        self._slots = [entry.slot for entry in program.parameters if entry.name in names]
        self._known: OrderedDict[tuple[float, ...], list[Ahead]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run: Prepared, given: Given) -> list[Ahead]:
        """The series of a set."""
        key = tuple(given.x[slot] for slot in self._slots)
        with self._lock:
            if key not in self._known:
                while len(self._known) >= KEPT:
                    self._known.popitem(last=False)
                self._known[key] = ahead(
                    self._program, self._layout, given, run.stream, self._loop, plain=self._is_plain
                )
            self._known.move_to_end(key)
            return self._known[key]

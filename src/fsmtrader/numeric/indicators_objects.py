"""Indicators as objects for the machine engine: the numeric functions around a plain list.

The list is what makes them quick in Python, the shared functions what makes them equal to the kernel's to the last bit.
Only the quantile keeps its samples in another way (bisect moves memory, a loop in Python would not be quick). Where a
compiled loop works on the same memory between two events it is an array of doubles, laid out as the functions want it.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fsmtrader.numeric import indicators, samples, windows
from fsmtrader.numeric.compare import is_number
from fsmtrader.numeric.indicators import State
from fsmtrader.numeric.windows import HEAD, HEADER, SLOTS, TAIL

Size = Callable[[int, int, int], int]
Update = Callable[[State, float, int, int, int], None]
Value = Callable[[State, int, int, int, int, float], float]


@dataclass(frozen=True, slots=True)
class Kind:
    """The three functions of an indicator (see `indicators`) and whether its state is a ring of two columns."""

    size: Size
    update: Update
    value: Value
    is_ring: bool = False


KINDS: Mapping[str, Kind] = {
    "realized_variance": Kind(
        windows.realized_variance_size, windows.realized_variance_update, windows.realized_variance_value, True
    ),
    "realized_vol": Kind(windows.realized_vol_size, windows.realized_vol_update, windows.realized_vol_value, True),
    "highest": Kind(windows.highest_size, windows.highest_update, windows.highest_value, True),
    "lowest": Kind(windows.lowest_size, windows.lowest_update, windows.lowest_value, True),
    "mean": Kind(samples.mean_size, samples.mean_update, samples.mean_value, True),
    "std": Kind(samples.std_size, samples.std_update, samples.std_value, True),
    "quantile": Kind(samples.quantile_size, samples.quantile_update, samples.quantile_value),
    "ema": Kind(indicators.ema_size, indicators.ema_update, indicators.ema_value),
    "change": Kind(indicators.change_size, indicators.change_update, indicators.change_value),
    "streak": Kind(indicators.streak_size, indicators.streak_update, indicators.streak_value),
    "held": Kind(indicators.held_size, indicators.held_update, indicators.held_value),
    "entered": Kind(indicators.entered_size, indicators.entered_update, indicators.entered_value),
    "anchored": Kind(indicators.anchored_size, indicators.anchored_update, indicators.anchored_value),
}
"""Every indicator by its name in the catalog."""

COUNTED = ("ema", "mean", "std", "quantile")
TIMED = ("realized_variance", "realized_vol", "highest", "lowest")
STANDING = ("streak", "entered", "anchored")
"""whose value only a sample changes, never time alone"""
LASTING = ("realized_variance", "realized_vol", "highest", "lowest", "mean", "std", "ema", "change")
"""whose value stands between two samples, until the last (`numbers[LAST_US]`) is longer ago than the window"""
MOST_SAMPLES = 1_000_000


class IndicatorState(Protocol):
    """One indicator of a run. Conditions are given as 1.0, 0.0, and NaN for unknown."""

    def update(self, value: float, now_us: int) -> None: ...

    def value(self, now_us: int) -> float: ...

    @property
    def numbers(self) -> State | None:
        """What the functions of its kind work on, for who calls them directly; None: it keeps its samples otherwise."""
        ...

    def snapshot(self) -> tuple[float, ...]:
        """All that it remembers, as finite numbers for the journal."""
        ...

    def restore(self, snapshot: Sequence[float]) -> None:
        """Go on from a snapshot of an indicator made with the same arguments."""
        ...


class _Numeric:
    """Any kind, on a list or an array."""

    __slots__ = ("_kind", "_n", "_quantile", "_ready", "_state", "_update", "_value", "_window_us")

    def __init__(
        self, kind: Kind, window_us: int, n: int, ready: int, quantile: float, memory: list[float] | array[float]
    ) -> None:
        self._kind = kind
        self._update = kind.update
        self._value = kind.value
        self._window_us = window_us
        self._n = n
        self._ready = ready
        self._quantile = quantile
        self._state = memory

    def update(self, value: float, now_us: int) -> None:
        self._update(self._state, value, now_us, self._window_us, self._n)

    def value(self, now_us: int) -> float:
        return self._value(self._state, now_us, self._window_us, self._n, self._ready, self._quantile)

    @property
    def numbers(self) -> State | None:
        return self._state

    def snapshot(self) -> tuple[float, ...]:
        state = self._state
        if not self._kind.is_ring:
            return tuple(state)
        live = [*state[:HEADER]]
        for place in self._live_places(state):
            live.append(state[place])
        return tuple(live)

    def restore(self, snapshot: Sequence[float]) -> None:
        state = self._state
        for place in range(len(state)):
            state[place] = 0.0
        ends = HEADER if self._kind.is_ring else len(state)
        for place, number in enumerate(snapshot[:ends]):
            state[place] = number
        if self._kind.is_ring:
            for place, number in zip(self._live_places(state), snapshot[HEADER:], strict=True):
                state[place] = number

    @staticmethod
    def _live_places(state: list[float] | array[float]) -> list[int]:
        """Where the used slots of a ring are: both columns of each, oldest first."""
        slots = (len(state) - HEADER) // 2
        used = [HEADER + index % slots for index in range(int(state[HEAD]), int(state[TAIL]))]
        return [place + column for place in used for column in (0, slots)]


class _Quantile:
    """The last n samples in order of time and in order of size."""

    __slots__ = ("_last_us", "_n", "_ordered", "_quantile", "_ready", "_samples", "_window_us")

    def __init__(self, window_us: int, n: int, ready: int, quantile: float) -> None:
        self._window_us = window_us
        self._n = n
        self._ready = min(ready, n) if ready > 0 else n
        self._quantile = quantile
        self._samples: deque[float] = deque()
        self._ordered: list[float] = []
        self._last_us = 0

    @property
    def numbers(self) -> State | None:
        return None

    def _is_hole(self, now_us: int) -> bool:
        return self._window_us > 0 and bool(self._samples) and now_us - self._last_us > self._window_us

    def update(self, value: float, now_us: int) -> None:
        if not is_number(value):
            return
        if self._is_hole(now_us):
            self._samples.clear()
            self._ordered.clear()
        if len(self._samples) == self._n:
            del self._ordered[bisect_left(self._ordered, self._samples.popleft())]
        self._samples.append(value)
        insort(self._ordered, value)
        self._last_us = now_us

    def value(self, now_us: int) -> float:
        held = len(self._ordered)
        if held < max(self._ready, 1) or self._is_hole(now_us):
            return math.nan
        place = (held - 1) * self._quantile
        below = min(math.floor(place), held - 1)
        low = self._ordered[below]
        return low + (self._ordered[min(below + 1, held - 1)] - low) * (place - below)

    def snapshot(self) -> tuple[float, ...]:
        return (float(self._last_us), *self._samples)

    def restore(self, snapshot: Sequence[float]) -> None:
        self._last_us = int(snapshot[0])
        self._samples = deque(snapshot[1:])
        self._ordered = sorted(snapshot[1:])


def make(
    kind: str, window_us: int = 0, n: int = 0, ready: int = 0, quantile: float = 0.0, slots: int = SLOTS
) -> IndicatorState:
    """A fresh indicator of a catalog kind; `slots` limits what a window of time may hold (`windows`).

    A compiled program has checked the numbers: `n` from 1 to `MOST_SAMPLES` where samples are counted, a window above 0
    where time is.
    """
    assert kind not in COUNTED or 1 <= n <= MOST_SAMPLES, f"{kind} of {n} samples"
    assert kind not in TIMED or window_us > 0, f"{kind} over {window_us} microseconds"
    if kind == "quantile":
        return _Quantile(window_us, n, ready, quantile)
    memory = [0.0] * KINDS[kind].size(window_us, n, slots)
    return _Numeric(KINDS[kind], window_us, n, ready, quantile, memory)


def shared(
    kind: str, window_us: int = 0, n: int = 0, ready: int = 0, quantile: float = 0.0
) -> tuple[IndicatorState, array[float]]:
    """The same, and the memory that it works on, which somebody else may work on between two of its calls."""
    memory = array("d", bytes(8 * KINDS[kind].size(window_us, n, SLOTS)))
    return _Numeric(KINDS[kind], window_us, n, ready, quantile, memory), memory

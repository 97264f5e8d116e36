"""Indicators whose memory is a few numbers: ema, change, streak, held, entered, anchored.

Every indicator, here and in `windows`, has the same three functions, so that code can be emitted by name:

    <kind>_size(window_us, n, slots) -> how long its `state` is; a state of zeros is a fresh one
    <kind>_update(state, value, now_us, window_us, n)          one tick of its clock
    <kind>_value(state, now_us, window_us, n, ready, q)        NaN while it is not ready

A sample that is not a finite number is no sample (for a condition: NaN is unknown, which ends a run of trues). The
value stands between two ticks. A hole longer than `window_us` makes it not ready and the next sample a fresh start;
`window_us` 0 knows no holes. `ready` is the least number of samples, 0 the indicator's own rule.
"""

from __future__ import annotations

import math
from typing import Protocol

from fsmtrader.numeric.compare import is_number

SECOND_US = 1_000_000


class State(Protocol):
    """What a `state` argument must do: a float array for the kernel, a plain list for the machine engine."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> float: ...

    def __setitem__(self, index: int, value: float, /) -> None: ...


# The first numbers of every state that counts samples.
COUNT = 0
LAST_US = 1


def is_hole(state: State, now_us: int, window_us: int) -> bool:
    """Whether the last sample is longer ago than the window."""
    return window_us > 0 and state[COUNT] > 0.0 and now_us - state[LAST_US] > window_us


def ema_size(window_us: int, n: int, slots: int) -> int:
    return 3


def ema_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    """Weight 2/(n+1), from the first sample (R003-34)."""
    if not is_number(value):
        return
    if is_hole(state, now_us, window_us):
        state[COUNT] = 0.0
    if state[COUNT] == 0.0:
        state[2] = value
    else:
        state[2] += 2.0 / (n + 1.0) * (value - state[2])
    state[COUNT] += 1.0
    state[LAST_US] = float(now_us)


def ema_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """Ready after `n` samples, if nothing else is said."""
    least = ready if ready > 0 else n
    if state[COUNT] < least or is_hole(state, now_us, window_us):
        return math.nan
    return state[2]


def change_size(window_us: int, n: int, slots: int) -> int:
    return 4


def change_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    if not is_number(value):
        return
    if is_hole(state, now_us, window_us):
        state[COUNT] = 0.0
    state[2] = state[3]
    state[3] = value
    state[COUNT] += 1.0
    state[LAST_US] = float(now_us)


def change_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """The last sample against the one before, as a share of that one (R001-03)."""
    if state[COUNT] < max(ready, 2) or state[2] == 0.0 or is_hole(state, now_us, window_us):
        return math.nan
    return state[3] / state[2] - 1.0


def streak_size(window_us: int, n: int, slots: int) -> int:
    return 2


def streak_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    """`value` is 1 for true, 0 for false, NaN for unknown."""
    state[0] = 0.0 if math.isnan(value) else 1.0
    state[1] = state[1] + 1.0 if value > 0.0 else 0.0


def streak_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """How many times in a row the condition was true (R000-27)."""
    return state[1] if state[0] > 0.0 else math.nan


def held_size(window_us: int, n: int, slots: int) -> int:
    return 3


def held_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    """`value` is 1 for true, 0 for false, NaN for unknown."""
    state[0] = 0.0 if math.isnan(value) else 1.0
    if not value > 0.0:
        state[1] = 0.0
    elif state[1] == 0.0:
        state[1] = 1.0
        state[2] = float(now_us)


def held_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """Seconds for which the condition has been true without a break; it runs on between two ticks."""
    if state[0] == 0.0:
        return math.nan
    return (now_us - state[2]) / SECOND_US if state[1] > 0.0 else 0.0


def entered_size(window_us: int, n: int, slots: int) -> int:
    return 2


def entered_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    """To be called on entry to the state (and, for `anchored`, when an action completes in it)."""
    state[0] = 0.0 if math.isnan(value) else 1.0
    state[1] = 0.0 if math.isnan(value) else value


def entered_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """The value that was caught, whatever has happened since."""
    return state[1] if state[0] > 0.0 else math.nan


def anchored_size(window_us: int, n: int, slots: int) -> int:
    return entered_size(window_us, n, slots)


def anchored_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    """The same memory as `entered`; the engine renews it more often (C000-19)."""
    entered_update(state, value, now_us, window_us, n)


def anchored_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    return entered_value(state, now_us, window_us, n, ready, q)

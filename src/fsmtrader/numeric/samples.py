"""Indicators over the last `n` samples: mean, std, quantile (described in `indicators`, their queue in `windows`).

Mean and spread are kept as means and sums of squares about them, which are merged, never subtracted: a price of 60000
that moves by a cent keeps its standard deviation.
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import is_number
from fsmtrader.numeric.indicators import COUNT, State, is_hole
from fsmtrader.numeric.windows import HEAD, HEADER, MIDDLE, TAIL, forget, note_sample, ring_size, slots_of

BACK_MEAN = 6
BACK_SQUARES = 7


def is_full(state: State, now_us: int, window_us: int, n: int, ready: int) -> bool:
    """Whether a window of samples is ready: full, or as full as `ready` asks for."""
    least = min(ready, n) if ready > 0 else n
    return state[COUNT] >= max(least, 1) and not is_hole(state, now_us, window_us)


def moments_update(state: State, value: float, now_us: int, window_us: int) -> None:
    """A queue whose older slots hold mean and squares from themselves on, whose newer ones hold raw samples."""
    if not is_number(value):
        return
    if is_hole(state, now_us, window_us):
        forget(state)
    slots = slots_of(state)
    head = int(state[HEAD])
    middle = int(state[MIDDLE])
    tail = int(state[TAIL])
    if tail - head == slots:
        if head == middle:
            sum_up_from_end(state, head, tail)
            middle = tail
        head += 1
    count = tail - middle + 1.0
    from_mean = value - state[BACK_MEAN]
    state[BACK_MEAN] += from_mean / count
    state[BACK_SQUARES] += from_mean * (value - state[BACK_MEAN])
    state[HEADER + tail % slots] = value
    state[HEADER + slots + tail % slots] = 0.0
    state[HEAD] = float(head)
    state[MIDDLE] = float(middle)
    state[TAIL] = tail + 1.0
    note_sample(state, now_us)


def sum_up_from_end(state: State, head: int, tail: int) -> None:
    """Turn raw slots into the moments from each of them to the end; the newer part is empty then."""
    slots = slots_of(state)
    mean = 0.0
    squares = 0.0
    count = 0.0
    for index in range(tail - 1, head - 1, -1):
        count += 1.0
        value = state[HEADER + index % slots]
        from_mean = value - mean
        mean += from_mean / count
        squares += from_mean * (value - mean)
        state[HEADER + index % slots] = mean
        state[HEADER + slots + index % slots] = squares
    state[BACK_MEAN] = 0.0
    state[BACK_SQUARES] = 0.0


def moments(state: State) -> tuple[float, float, float]:
    """How many samples the window holds, their mean, and the sum of squares about it."""
    slots = slots_of(state)
    head = int(state[HEAD])
    older = state[MIDDLE] - head
    newer = state[TAIL] - state[MIDDLE]
    if older == 0.0:
        return newer, state[BACK_MEAN], state[BACK_SQUARES]
    mean = state[HEADER + head % slots]
    squares = state[HEADER + slots + head % slots]
    if newer == 0.0:
        return older, mean, squares
    apart = state[BACK_MEAN] - mean
    both = older + newer
    return both, mean + apart * newer / both, squares + state[BACK_SQUARES] + apart * apart * older * newer / both


def mean_size(window_us: int, n: int, slots: int) -> int:
    return ring_size(n)


def mean_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    moments_update(state, value, now_us, window_us)


def mean_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    return moments(state)[1] if is_full(state, now_us, window_us, n, ready) else math.nan


def std_size(window_us: int, n: int, slots: int) -> int:
    return ring_size(n)


def std_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    moments_update(state, value, now_us, window_us)


def std_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """Of the population: the samples are all there is (C003-13)."""
    if not is_full(state, now_us, window_us, n, ready):
        return math.nan
    count, _, squares = moments(state)
    return math.sqrt(squares / count)


def quantile_size(window_us: int, n: int, slots: int) -> int:
    """The samples in a ring, and once more in order."""
    return ring_size(n)


def first_at_least(state: State, start: int, count: int, value: float) -> int:
    """Where `value` belongs among `count` ordered numbers from `start` on."""
    low = 0
    high = count
    while low < high:
        half = (low + high) // 2
        if state[start + half] < value:
            low = half + 1
        else:
            high = half
    return low


def quantile_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    if not is_number(value):
        return
    if is_hole(state, now_us, window_us):
        forget(state)
    slots = slots_of(state)
    ordered = HEADER + slots
    head = int(state[HEAD])
    tail = int(state[TAIL])
    held = tail - head
    if held == slots:
        held -= 1
        for index in range(first_at_least(state, ordered, slots, state[HEADER + head % slots]), held):
            state[ordered + index] = state[ordered + index + 1]
        head += 1
    place = first_at_least(state, ordered, held, value)
    for index in range(held, place, -1):
        state[ordered + index] = state[ordered + index - 1]
    state[ordered + place] = value
    state[HEADER + tail % slots] = value
    state[HEAD] = float(head)
    state[TAIL] = tail + 1.0
    note_sample(state, now_us)


def quantile_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """Linear between the two neighbours (C003-13)."""
    if not is_full(state, now_us, window_us, n, ready):
        return math.nan
    held = int(state[TAIL] - state[HEAD])
    ordered = HEADER + slots_of(state)
    place = (held - 1) * q
    below = min(math.floor(place), held - 1)
    above = min(below + 1, held - 1)
    low = state[ordered + below]
    return low + (state[ordered + above] - low) * (place - below)

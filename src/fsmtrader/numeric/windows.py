"""Indicators over a window of time: realized_variance, realized_vol, highest, lowest.

The three functions of each are described in `indicators`. A time window at `now` holds the samples after
`now - window`. It is ready once it has been covered, or from `ready` samples on.

Sums never subtract, so nothing drifts. The window is a queue of two parts in a ring: in the older part each slot holds
the sum from itself to the end of that part, in the newer part the slots are raw and their sum runs along. What leaves
the window leaves by looking at the next slot; when the older part is used up, the newer one is summed once from its end
and becomes it (two stacks that make a queue: constant cost a sample on average).

A ring has `slots` places. Samples nearer together than `resolution_us` share a slot, which goes by its first sample: so
no stream, however dense, outgrows its state; the window is then short by at most that much. With `slots_for` the
samples of a regular clock never share.
"""

from __future__ import annotations

import math

from fsmtrader.numeric.compare import is_number
from fsmtrader.numeric.indicators import COUNT, LAST_US, SECOND_US, State, is_hole

YEAR_S = 365.0 * 86400.0
SLOTS = 32768

HEADER = 8
HEAD = 2
MIDDLE = 3
TAIL = 4
START_US = 5
BACK = 6
LAST = 7
SPARE = 4


def slots_for(window_us: int, step_us: int) -> int:
    """How many slots keep the samples of a regular clock apart."""
    return min(window_us // step_us + 1 + SPARE, SLOTS)


def ring_size(slots: int) -> int:
    """A header and two columns."""
    return HEADER + 2 * slots


def time_ring_size(slots: int) -> int:
    """The same with a power of two of slots, at least so many: then a place in the ring is found by a mask."""
    places = 8
    while places < slots:
        places *= 2
    return ring_size(places)


def slots_of(state: State) -> int:
    return (len(state) - HEADER) >> 1


def resolution_us(state: State, window_us: int) -> int:
    """Samples nearer together than this share a slot."""
    return -(-window_us // (slots_of(state) - SPARE))


def shares_slot(state: State, age_us: float, window_us: int) -> bool:
    """Whether the newest slot is so young (below `resolution_us`, without a division) that the next sample joins it."""
    return age_us * (slots_of(state) - SPARE) < window_us


def forget(state: State) -> None:
    """Make the state a fresh one; the slots themselves need no clearing."""
    for index in range(HEADER):
        state[index] = 0.0


def is_covered(state: State, now_us: int, window_us: int, ready: int) -> bool:
    """Whether a time window is ready at `now_us`."""
    if state[COUNT] == 0.0 or now_us - state[LAST_US] > window_us:
        return False
    if ready > 0:
        return state[COUNT] >= ready
    return state[LAST_US] - state[START_US] >= window_us


def note_sample(state: State, now_us: int) -> None:
    """Count a sample and remember when it came."""
    sampled_us = float(now_us)
    if state[COUNT] == 0.0:
        state[START_US] = sampled_us
    state[COUNT] += 1.0
    state[LAST_US] = sampled_us


def turn_over(state: State, middle: int, tail: int) -> None:
    """Sum the newer part of a queue from its end: it becomes the older part."""
    slots = slots_of(state)
    total = 0.0
    for index in range(tail - 1, middle - 1, -1):
        total += state[HEADER + slots + (index & (slots - 1))]
        state[HEADER + slots + (index & (slots - 1))] = total
    state[BACK] = 0.0


def realized_variance_size(window_us: int, n: int, slots: int) -> int:
    return time_ring_size(slots)


def realized_variance_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    """A price that is not above zero is no sample. An unchanged one is: it says that nothing moved.

    Each position of the queue is read and written once, and nothing is called (`shares_slot` is written out): this runs
    at every event of a market. (Python compares two floats much faster than a float and a large whole number.)
    """
    if not 0.0 < value < math.inf:
        return
    sampled_us, cutoff_us = float(now_us), float(now_us - window_us)
    if state[COUNT] > 0.0 and state[LAST_US] < cutoff_us:
        forget(state)
    slots, count = (len(state) - HEADER) >> 1, state[COUNT]
    head, middle, tail = int(state[HEAD]), int(state[MIDDLE]), int(state[TAIL])
    while head < tail and state[HEADER + (head & (slots - 1))] <= cutoff_us:
        if head == middle:
            turn_over(state, middle, tail)
            middle = tail
        head += 1
    ratio = value / state[LAST] if count > 0.0 else 0.0
    if 0.0 < ratio < math.inf:
        step = math.log(ratio)
        square = step * step
        place = HEADER + ((tail - 1) & (slots - 1))
        state[BACK] += square
        if tail > middle and (sampled_us - state[place]) * (slots - SPARE) < sampled_us - cutoff_us:
            state[place + slots] += square
        else:
            place = HEADER + (tail & (slots - 1))
            state[place] = sampled_us
            state[place + slots] = square
            tail += 1
    state[HEAD], state[MIDDLE], state[TAIL] = float(head), float(middle), float(tail)
    state[LAST] = value
    if count == 0.0:
        state[START_US] = sampled_us
    state[COUNT] = count + 1.0
    state[LAST_US] = sampled_us


def realized_variance_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """The sum of squared log returns over the window (C000-04).

    It is written without calls (`is_covered`), because it is asked for at every event of a market.
    """
    count, last_us = state[COUNT], state[LAST_US]
    if count == 0.0 or now_us - last_us > window_us:
        return math.nan
    if count < ready or (ready <= 0 and last_us - state[START_US] < window_us):
        return math.nan
    if state[HEAD] < state[MIDDLE]:
        slots = (len(state) - HEADER) >> 1
        return state[HEADER + slots + (int(state[HEAD]) & (slots - 1))] + state[BACK]
    return 0.0 + state[BACK]


def realized_vol_size(window_us: int, n: int, slots: int) -> int:
    return time_ring_size(slots)


def realized_vol_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    realized_variance_update(state, value, now_us, window_us, n)


def realized_vol_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    """The square root of the variance per year of 365 days (C003-21).

    While the window is not covered yet (possible with `ready` only) the time is what the samples cover.
    """
    variance = realized_variance_value(state, now_us, window_us, n, ready, q)
    covered_us = min(float(window_us), state[LAST_US] - state[START_US])
    if covered_us <= 0.0:
        return math.nan
    return math.sqrt(variance / (covered_us / SECOND_US) * YEAR_S)


def extreme_update(state: State, value: float, now_us: int, window_us: int) -> None:
    """The greatest value first, then the greatest of those after it, and so on."""
    if not is_number(value):
        return
    if is_hole(state, now_us, window_us):
        forget(state)
    slots = slots_of(state)
    head = int(state[HEAD])
    tail = int(state[TAIL])
    cutoff_us = float(now_us - window_us)
    while head < tail and state[HEADER + (head & (slots - 1))] <= cutoff_us:
        head += 1
    while head < tail and state[HEADER + slots + ((tail - 1) & (slots - 1))] <= value:
        tail -= 1
    newest = (tail - 1) & (slots - 1)
    shares = head < tail and shares_slot(state, now_us - state[HEADER + newest], window_us)
    if not shares:
        state[HEADER + (tail & (slots - 1))] = float(now_us)
        state[HEADER + slots + (tail & (slots - 1))] = value
        tail += 1
    state[HEAD] = float(head)
    state[TAIL] = float(tail)
    note_sample(state, now_us)


def extreme_value(state: State, now_us: int, window_us: int, ready: int) -> float:
    if not is_covered(state, now_us, window_us, ready):
        return math.nan
    slots = slots_of(state)
    return state[HEADER + slots + (int(state[HEAD]) & (slots - 1))]


def highest_size(window_us: int, n: int, slots: int) -> int:
    return time_ring_size(slots)


def highest_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    extreme_update(state, value, now_us, window_us)


def highest_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    return extreme_value(state, now_us, window_us, ready)


def lowest_size(window_us: int, n: int, slots: int) -> int:
    return time_ring_size(slots)


def lowest_update(state: State, value: float, now_us: int, window_us: int, n: int) -> None:
    extreme_update(state, -value, now_us, window_us)


def lowest_value(state: State, now_us: int, window_us: int, n: int, ready: int, q: float) -> float:
    return -extreme_value(state, now_us, window_us, ready)

"""Fewer points that look the same: what a chart draws of a long series."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

POINTS = 4_000
"""of a line on the page; a screen has about as many columns"""
LEAST = 4
"""points of an unbroken run: its ends and its extremes"""


def thinned(x: Floats, y: Floats, points: int = POINTS) -> tuple[Floats, Floats]:
    """A line with about `points` points: extremes stay (MinMaxLTTB); what is not there stays a gap."""
    places = kept(x, y, points)
    return x[places], y[places]


def kept(x: Floats, y: Floats, points: int = POINTS) -> Places:
    """The places of a series that a line of about `points` points has."""
    import numpy as np
    from tsdownsample import MinMaxLTTBDownsampler

    if len(x) <= points:
        return np.arange(len(x), dtype=np.int64)
    if np.isnan(y).any():
        return _with_gaps(x, y, points)
    found = MinMaxLTTBDownsampler().downsample(  # type: ignore[no-untyped-call]
        np.ascontiguousarray(x), np.ascontiguousarray(y), n_out=points
    )
    return np.asarray(found, dtype=np.int64)


def _with_gaps(x: Floats, y: Floats, points: int) -> Places:
    """Each unbroken run is thinned by its share of the points, and the gap after it is one place.

    Of more runs than can be drawn the longest stay.
    """
    import numpy as np

    runs = runs_of(y)
    if len(runs) > points // LEAST:
        lengths = runs[:, 1] - runs[:, 0]
        runs = runs[np.sort(np.argsort(-lengths, kind="stable")[: points // LEAST])]
    found = [np.empty(0, dtype=np.int64)]
    for first, last in runs.tolist():
        share = max(LEAST, round(points * (last - first) / len(x)))
        found.append(first + kept(x[first:last], y[first:last], share))
        found.append(np.arange(last, min(last + 1, len(x)), dtype=np.int64))
    return np.concatenate(found)


def runs_of(y: Floats) -> Places:
    """Pairs (first, behind the last) of the places between gaps."""
    import numpy as np

    there = np.concatenate(([False], ~np.isnan(y), [False])).astype(np.int8)
    return np.flatnonzero(np.diff(there)).reshape(-1, 2).astype(np.int64)


def held(x: Floats, *series: Floats) -> tuple[Floats, ...]:
    """Series that keep their values until they change together: x and the values at each change.

    A value is held up to the first moment at which it is gone, which is followed by a gap, or to the end.
    """
    import numpy as np

    if len(x) == 0:
        return (x, *series)
    there = ~np.isnan(np.sum(series, axis=0))
    before = np.concatenate(([False], there[:-1]))
    differs = np.any([np.concatenate(([True], y[1:] != y[:-1])) for y in series], axis=0)
    changes, ends = there & (differs | ~before), before & ~there
    last = np.zeros(len(x), dtype=bool)
    last[-1] = there[-1] and not changes[-1]
    places = np.concatenate((np.flatnonzero(changes | last), np.repeat(np.flatnonzero(ends), 2)))
    order = np.argsort(places, kind="stable")
    values = []
    for y in series:
        closing = np.stack((y[np.flatnonzero(ends) - 1], np.full(int(ends.sum()), np.nan)), axis=1).ravel()
        values.append(np.concatenate((y[changes | last], closing))[order])
    return (x[places][order], *values)


def outline(x: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The closed outline of each run of steps (`held`) between two edges, with a gap behind it."""
    import numpy as np

    xs, ys = [np.empty(0)], [np.empty(0)]
    for first, last in runs_of(low).tolist():
        there, back = _stairs(x[first:last], low[first:last]), _stairs(x[first:last], high[first:last])
        xs += [there[0], back[0][::-1], there[0][:1], np.array([np.nan])]
        ys += [there[1], back[1][::-1], there[1][:1], np.array([np.nan])]
    return np.concatenate(xs), np.concatenate(ys)


def _stairs(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Every corner of steps that are drawn sideways first."""
    import numpy as np

    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]

"""Fewer points that look the same: what a chart draws of a long series."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 3_000
"""of a line on the page; a screen has about as many columns"""


def thinned(x: Floats, y: Floats, points: int = POINTS) -> tuple[Floats, Floats]:
    """A line with at most `points` points: extremes stay (MinMaxLTTB); what is not there stays a gap."""
    import numpy as np
    from tsdownsample import MinMaxLTTBDownsampler

    if len(x) <= points:
        return x, y
    if np.isnan(y).any():
        return _with_gaps(x, y, points)
    kept = MinMaxLTTBDownsampler().downsample(  # type: ignore[no-untyped-call]
        x, np.ascontiguousarray(y), n_out=points
    )
    return x[kept], y[kept]


def _with_gaps(x: Floats, y: Floats, points: int) -> tuple[Floats, Floats]:
    """Each unbroken run is thinned by its share of the points; one NaN keeps the runs apart."""
    import numpy as np

    there = ~np.isnan(y)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], there, [False])).astype(np.int8)))
    xs, ys = [], []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        share = max(4, round(points * (last - first) / len(x)))
        part_x, part_y = thinned(x[first:last], y[first:last], share)
        xs += [part_x, part_x[-1:]]
        ys += [part_y, np.array([np.nan])]
    if not xs:
        return x[:0], y[:0]
    return np.concatenate(xs), np.concatenate(ys)


def steps(x: Floats, y: Floats, points: int = POINTS) -> tuple[Floats, Floats]:
    """A series that keeps its value until it changes: its changes, thinned if even those are too many."""
    import numpy as np

    if len(x) == 0:
        return x, y
    same = (y[1:] == y[:-1]) | (np.isnan(y[1:]) & np.isnan(y[:-1]))
    kept = np.concatenate(([True], ~same))
    kept[-1] = True
    return thinned(x[kept], y[kept], points)

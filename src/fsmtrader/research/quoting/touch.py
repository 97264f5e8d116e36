"""The touch of the book and the own best quotes over time, in bounded memory: what the report's charts draw."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

SAMPLES_LIMIT = 100_000
"""rows; when there are more, every other one goes and the stride doubles"""
PARTS = ("bid", "ask", "own_bid", "own_ask")


class Touches:
    """A row for each moment at which the run did something, or for every so many of them: for each leg the touch, and
    the best own quote of each side (NaN: none)."""

    def __init__(self, legs: tuple[str, ...], limit: int = SAMPLES_LIMIT) -> None:
        self._columns = [f"{part}_{leg}" for leg in legs for part in PARTS]
        self._limit = limit
        self._times, self._values = array("q"), array("d")
        self._moments = 0
        self._stride = 1
        self._last: tuple[int, list[float]] | None = None
        """the present moment, as it was when it was seen last"""

    def add(self, time_us: int, row: list[float]) -> None:
        """What there is; of one moment the last counts."""
        if self._last is not None and self._last[0] != time_us:
            self._close()
        self._last = (time_us, row)

    def _close(self) -> None:
        """The last moment is over."""
        if self._last is None:
            return
        if self._moments % self._stride == 0:
            self._times.append(self._last[0])
            self._values.extend(self._last[1])
            if len(self._times) >= self._limit:
                self._halve()
        self._moments += 1
        self._last = None

    def _halve(self) -> None:
        """Keep every other row, the first among them."""
        import numpy as np

        rows = np.frombuffer(self._values).reshape(len(self._times), -1)[::2]
        self._times, self._values = self._times[::2], array("d", rows.tobytes())
        self._stride *= 2

    def frame(self) -> pl.DataFrame:
        """All rows, by time."""
        import numpy as np
        import polars as pl

        self._close()
        rows = np.array(self._values).reshape(len(self._times), len(self._columns))
        columns = {name: rows[:, place] for place, name in enumerate(self._columns)}
        return pl.DataFrame({"time_us": np.array(self._times, dtype=np.int64), **columns})

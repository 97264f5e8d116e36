"""Bars as columns in memory: what a made-up market is.

A bar is known when it closes: its time is the close. All times are whole microseconds since 1970, UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.int64]

MOST_BARS = 50_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `time_us` is its close."""

    time_us: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True, eq=False)
class BarSeries:
    """Bars as columns of one length, in order of time. `notes` says what a reader should know (gaps)."""

    source: str
    interval_us: int
    time_us: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time_us)

    def __iter__(self) -> Iterator[Bar]:
        columns = (self.time_us, self.open, self.high, self.low, self.close, self.volume)
        return map(Bar, *(column.tolist() for column in columns))

    @property
    def columns(self) -> tuple[Times, Floats, Floats, Floats, Floats, Floats]:
        """time_us, open, high, low, close, volume."""
        return self.time_us, self.open, self.high, self.low, self.close, self.volume

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the same bars have the same digest, whatever file they came from."""
        content = hashlib.sha256(f"bars 1 {self.interval_us} {len(self)}\n".encode())
        for column in self.columns:
            content.update(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes())
        return content.hexdigest()

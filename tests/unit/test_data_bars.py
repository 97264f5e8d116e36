"""Bars in memory: their order, their digest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fsmtrader.data.bars import Bar, BarSeries

MINUTE_US = 60_000_000


def series(*closes: float) -> BarSeries:
    close = np.array(closes)
    times = MINUTE_US * np.arange(1, len(closes) + 1, dtype=np.int64)
    return BarSeries("made", MINUTE_US, times, close - 1.0, close + 1.0, close - 2.0, close, close * 0.0)


def test_bars_one_after_the_other_are_plain_numbers() -> None:
    bars = series(10.0, 11.0)
    assert list(bars) == [Bar(MINUTE_US, 9.0, 11.0, 8.0, 10.0, 0.0), Bar(2 * MINUTE_US, 10.0, 12.0, 9.0, 11.0, 0.0)]
    assert type(next(iter(bars)).time_us) is int
    assert (len(bars), bars.columns[4].tolist()) == (2, [10.0, 11.0])


def test_the_digest_is_of_the_content() -> None:
    assert series(10.0, 11.0).digest == replace(series(10.0, 11.0), source="elsewhere", notes=("a note",)).digest
    others = (series(10.0), series(10.0, 11.5), replace(series(10.0, 11.0), interval_us=2 * MINUTE_US))
    assert series(10.0, 11.0).digest not in {other.digest for other in others}

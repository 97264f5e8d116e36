"""Indicators on short series worked out by hand, and what a long or dense one must not do."""

from __future__ import annotations

import math
import random

import pytest

from fsmtrader.numeric import windows
from fsmtrader.numeric.indicators_objects import make

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def test_v003_bands_of_the_spread() -> None:
    history = [-12, -9, -7, -6, -5, -4, -4, -3, -2, -1, 0, 4]
    mean, std = make("mean", n=3600, ready=12), make("std", n=3600, ready=12)
    low, high = make("quantile", n=3600, ready=12, quantile=0.2), make("quantile", n=3600, ready=12, quantile=0.8)
    for second, spread in enumerate(history):
        for indicator in (mean, std, low, high):
            assert math.isnan(indicator.value(second * SECOND))
            indicator.update(float(spread), second * SECOND)
    now = 12 * SECOND
    assert mean.value(now) == pytest.approx(-4.0833, abs=5e-5)
    assert std.value(now) == pytest.approx(4.0509, abs=5e-5)
    assert low.value(now) == pytest.approx(-6.8)
    assert high.value(now) == pytest.approx(-1.2)


def test_realized_variance_is_ready_when_its_window_is_covered() -> None:
    indicator = make("realized_variance", window_us=3 * MINUTE)
    for minute, price in enumerate([100.0, 101.0, 100.0]):
        indicator.update(price, minute * MINUTE)
        assert math.isnan(indicator.value(minute * MINUTE))
    indicator.update(100.0, 3 * MINUTE)
    assert indicator.value(3 * MINUTE) == pytest.approx(2 * math.log(1.01) ** 2, rel=1e-14)
    indicator.update(100.0, 4 * MINUTE)  # the first return has left
    assert indicator.value(4 * MINUTE) == pytest.approx(math.log(1.01) ** 2, rel=1e-14)
    indicator.update(100.0, 5 * MINUTE)
    assert indicator.value(5 * MINUTE) == 0.0  # nothing remains of what has left


def test_realized_vol_per_year() -> None:
    indicator = make("realized_vol", window_us=24 * HOUR)
    for minute in range(24 * 60 + 1):
        indicator.update(100.0 * math.exp(0.001 * (minute % 2)), minute * MINUTE)
    assert indicator.value(24 * HOUR) == pytest.approx(math.sqrt(1440 * 1e-6 * 365), rel=1e-12)


def test_a_hole_makes_it_not_ready_and_the_next_sample_a_fresh_start() -> None:
    indicator = make("realized_variance", window_us=10 * SECOND)
    for second in range(12):
        indicator.update(100.0 + second, second * SECOND)
    assert indicator.value(21 * SECOND) > 0.0
    assert math.isnan(indicator.value(21 * SECOND + 1))
    indicator.update(500.0, 22 * SECOND)
    for second in range(23, 32):
        indicator.update(500.0, second * SECOND)
        assert math.isnan(indicator.value(second * SECOND))
    indicator.update(500.0, 32 * SECOND)
    assert indicator.value(32 * SECOND) == 0.0  # the jump over the hole is no return


def test_no_sample_is_taken_from_what_is_not_ready() -> None:
    for kind in ("realized_variance", "highest", "lowest", "mean", "std", "quantile", "ema", "change"):
        indicator = make(kind, window_us=HOUR, n=2, ready=2, quantile=0.5)
        indicator.update(100.0, 0)
        indicator.update(math.nan, SECOND)
        indicator.update(math.inf, SECOND)
        assert math.isnan(indicator.value(SECOND)), kind
        indicator.update(101.0, 2 * SECOND)
        assert not math.isnan(indicator.value(2 * SECOND)), kind


def test_change_is_a_share_of_the_sample_before() -> None:
    indicator = make("change")
    indicator.update(100.0, 0)
    indicator.update(99.4, 100_000)
    assert abs(indicator.value(100_000)) == pytest.approx(0.006)  # R001-03: a shock above 0.5 %
    indicator.update(0.0, 200_000)
    indicator.update(5.0, 300_000)
    assert math.isnan(indicator.value(300_000))


def test_streak_needs_them_in_a_row() -> None:
    indicator = make("streak")
    assert math.isnan(indicator.value(0))
    seen = []
    for truth in (1.0, 1.0, 0.0, 1.0, 1.0, 1.0):
        indicator.update(truth, 0)
        seen.append(indicator.value(0))
    assert seen == [1.0, 2.0, 0.0, 1.0, 2.0, 3.0]  # R000-27


def test_held_counts_seconds_and_runs_on() -> None:
    indicator = make("held")
    indicator.update(0.0, 0)
    assert indicator.value(SECOND) == 0.0
    indicator.update(1.0, SECOND)
    indicator.update(1.0, 2 * SECOND)
    assert indicator.value(3 * SECOND + 500_000) == 2.5


def test_entered_keeps_what_it_caught() -> None:
    for kind in ("entered", "anchored"):
        indicator = make(kind)
        assert math.isnan(indicator.value(0))
        indicator.update(100.0, 0)
        assert indicator.value(HOUR) == 100.0
        indicator.update(101.0, HOUR)
        assert indicator.value(2 * HOUR) == 101.0


def test_a_dense_stream_does_not_outgrow_its_state() -> None:
    dice = random.Random(7)
    window = 10 * SECOND
    bounded = {kind: make(kind, window_us=window, slots=64) for kind in ("realized_variance", "highest", "lowest")}
    free = {kind: make(kind, window_us=window) for kind in bounded}
    now, price = 0, 100.0
    for _ in range(20_000):
        now += dice.choice((1, 500, 3_000))
        price *= math.exp(dice.gauss(0.0, 1e-4))
        for kind, indicator in bounded.items():
            indicator.update(price, now)
            free[kind].update(price, now)
            assert len(indicator.snapshot()) <= windows.HEADER + 2 * 64
    for kind, indicator in bounded.items():
        assert indicator.value(now) == pytest.approx(free[kind].value(now), rel=0.05)


def test_nothing_drifts_after_a_shock() -> None:
    variance = make("realized_variance", window_us=100 * SECOND)
    spread = make("std", n=100)
    for second in range(50_000):
        price = 60_000.0 + 0.01 * (second % 2) if second != 25_000 else 1.0
        variance.update(price, second * SECOND)
        spread.update(price, second * SECOND)
    step = math.log(60_000.01 / 60_000.0)
    assert variance.value(49_999 * SECOND) == pytest.approx(100 * step * step, rel=1e-12)
    assert spread.value(49_999 * SECOND) == pytest.approx(0.005, rel=1e-9)


def test_the_slots_of_a_regular_clock_are_never_shared() -> None:
    slots = windows.slots_for(6 * HOUR, MINUTE)
    assert slots < 400
    assert windows.resolution_us([0.0] * windows.ring_size(slots), 6 * HOUR) <= MINUTE
    tight, wide = (make("realized_variance", window_us=6 * HOUR, slots=s) for s in (slots, windows.SLOTS))
    dice = random.Random(1)
    for minute in range(2_000):
        price = 100.0 * math.exp(dice.gauss(0.0, 0.001))
        tight.update(price, minute * MINUTE)
        wide.update(price, minute * MINUTE)
        assert tight.snapshot()[:8] == wide.snapshot()[:8]


@pytest.mark.parametrize(
    ("kind", "arguments"), [("mean", {"n": 0}), ("ema", {}), ("std", {"n": 10**9}), ("lowest", {})]
)
def test_what_a_compiled_program_never_asks_for(kind: str, arguments: dict[str, int]) -> None:
    with pytest.raises(AssertionError, match=kind):
        make(kind, **arguments)

"""Indicators against their definitions, computed anew from all samples at every tick."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.numeric.indicators_objects import KINDS, make

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
WINDOW = 20 * SECOND
Samples = list[tuple[float, int]]
LIMIT = settings(max_examples=60, deadline=None)


def stretch(steps: list[tuple[int, int]]) -> Samples:
    """Prices on a cent grid at whole tenths of seconds, strictly rising."""
    samples, now_us = [], START
    for cents, tenths in steps:
        now_us += tenths * SECOND // 10
        samples.append((cents / 100, now_us))
    return samples


series = st.lists(st.tuples(st.integers(9_900, 10_100), st.integers(1, 60)), min_size=1, max_size=80).map(stretch)
with_holes = st.lists(
    st.tuples(st.integers(9_900, 10_100), st.sampled_from([5, 10, 20, 199, 200, 201, 500])), min_size=1, max_size=60
).map(stretch)


def since_hole(samples: Samples) -> Samples:
    start = 0
    for index in range(1, len(samples)):
        if samples[index][1] - samples[index - 1][1] > WINDOW:
            start = index
    return samples[start:]


def in_window(samples: Samples) -> Samples:
    return [sample for sample in samples if sample[1] > samples[-1][1] - WINDOW]


def is_covered(samples: Samples, ready: int) -> bool:
    return len(samples) >= ready if ready else samples[-1][1] - samples[0][1] >= WINDOW


def variance(samples: Samples, ready: int) -> float:
    if not is_covered(samples, ready):
        return math.nan
    cutoff = samples[-1][1] - WINDOW
    return math.fsum(math.log(b[0] / a[0]) ** 2 for a, b in pairwise(samples) if b[1] > cutoff)


def vol(samples: Samples, ready: int) -> float:
    covered = min(WINDOW, samples[-1][1] - samples[0][1]) / SECOND
    return math.sqrt(variance(samples, ready) / covered * 365 * 86400) if covered else math.nan


def highest(samples: Samples, ready: int) -> float:
    return max(value for value, _ in in_window(samples)) if is_covered(samples, ready) else math.nan


def lowest(samples: Samples, ready: int) -> float:
    return min(value for value, _ in in_window(samples)) if is_covered(samples, ready) else math.nan


TIMED: dict[str, Callable[[Samples, int], float]] = {
    "realized_variance": variance, "realized_vol": vol, "highest": highest, "lowest": lowest,
}  # fmt: skip


@pytest.mark.parametrize("kind", TIMED)
@given(series | with_holes, st.sampled_from([0, 3]))
@LIMIT
def test_window_of_time(kind: str, samples: Samples, ready: int) -> None:
    indicator = make(kind, window_us=WINDOW, ready=ready)
    for index, (value, now_us) in enumerate(samples):
        indicator.update(value, now_us)
        expected = TIMED[kind](since_hole(samples[: index + 1]), ready)
        assert indicator.value(now_us) == pytest.approx(expected, rel=1e-12, abs=1e-18, nan_ok=True)
        assert math.isnan(indicator.value(now_us + WINDOW + 1))


COUNTED: dict[str, Callable[[list[float]], float]] = {
    "mean": lambda last: float(np.mean(last)),
    "std": lambda last: float(np.std(np.array(last) - 100.0)),
    "quantile": lambda last: float(np.quantile(last, 0.3)),
}


@pytest.mark.parametrize("kind", COUNTED)
@given(series, st.integers(1, 30), st.sampled_from([0, 2, 40]))
@LIMIT
def test_window_of_samples(kind: str, samples: Samples, n: int, ready: int) -> None:
    indicator = make(kind, n=n, ready=ready, quantile=0.3)
    least = min(ready, n) if ready else n
    for index, (value, now_us) in enumerate(samples):
        indicator.update(value, now_us)
        last = [value for value, _ in samples[max(0, index + 1 - n) : index + 1]]
        expected = COUNTED[kind](last) if index + 1 >= least else math.nan
        assert indicator.value(now_us) == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@given(series, st.integers(1, 30))
@LIMIT
def test_ema_and_change(samples: Samples, n: int) -> None:
    ema, change = make("ema", n=n, ready=1), make("change")
    weight = 2 / (n + 1)
    mean = before = math.nan
    for index, (value, now_us) in enumerate(samples):
        mean = value if index == 0 else weight * value + (1 - weight) * mean
        ema.update(value, now_us)
        change.update(value, now_us)
        assert ema.value(now_us) == pytest.approx(mean, rel=1e-12)
        assert change.value(now_us) == pytest.approx((value - before) / before, rel=1e-12, abs=1e-15, nan_ok=True)
        before = value


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0, 1.0, math.nan]), min_size=1, max_size=40))
@LIMIT
def test_streak_and_held(truths: list[float]) -> None:
    streak, held = make("streak"), make("held")
    for index, truth in enumerate(truths):
        now_us = START + index * SECOND
        streak.update(truth, now_us)
        held.update(truth, now_us)
        run = 0
        while run <= index and truths[index - run] == 1.0:
            run += 1
        expected = math.nan if math.isnan(truth) else float(run)
        assert streak.value(now_us) == pytest.approx(expected, nan_ok=True)
        waited = math.nan if math.isnan(truth) else max(run - 1, 0) + (0.5 if run else 0.0)
        assert held.value(now_us + SECOND // 2) == pytest.approx(waited, nan_ok=True)


@pytest.mark.parametrize("kind", KINDS)
@given(with_holes, st.integers(0, 60), st.sampled_from([16, 1000]))
@settings(max_examples=25, deadline=None)
def test_a_restored_indicator_goes_on_the_same(kind: str, samples: Samples, cut: int, slots: int) -> None:
    arguments = {"window_us": WINDOW, "n": 7, "ready": 2, "quantile": 0.8, "slots": slots}
    whole = make(kind, **arguments)  # type: ignore[arg-type]  # one mapping for arguments of two types
    for value, now_us in samples[:cut]:
        whole.update(value, now_us)
    resumed = make(kind, **arguments)  # type: ignore[arg-type]  # as above
    resumed.restore(json.loads(json.dumps(whole.snapshot(), allow_nan=False)))
    for value, now_us in samples[cut:]:
        whole.update(value, now_us)
        resumed.update(value, now_us)
        assert resumed.value(now_us) == pytest.approx(whole.value(now_us), rel=0, abs=0, nan_ok=True)
    assert resumed.snapshot() == whole.snapshot()

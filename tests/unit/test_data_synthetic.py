"""Synthetic markets: the same from the same seed, and what each kind promises."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.synthetic import KINDS, generate
from fsmtrader.diagnostics import UsageError
from fsmtrader.numeric.indicators_objects import make

MINUTE_US = 60_000_000
WEEK = 7 * 1440
F, K, TAU_MAX_S = 0.0005, 8, 6 * 3600


def market(kind: str, seed: int = 1, bars: int = WEEK, **changes: Any) -> BarSeries:
    arguments: dict[str, Any] = {"start_price": 60_000.0, "interval_us": MINUTE_US, "annual_volatility": 0.6}
    return generate(kind, seed=seed, bars=bars, **(arguments | changes))


def measured_volatility(series: BarSeries) -> float:
    return float(np.std(np.diff(np.log(series.close))) * math.sqrt(365 * 1440))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_market(kind: str) -> None:
    series = market(kind, bars=3_000)
    assert len(series) == 3_000
    assert series.open[0] == 60_000.0
    assert (series.open[1:] == series.close[:-1]).all()
    assert (series.low > 0).all()
    assert (series.high >= np.maximum(series.open, series.close)).all()
    assert (series.low <= np.minimum(series.open, series.close)).all()
    assert (np.diff(series.time_us) == MINUTE_US).all()
    assert series.time_us[0] == 1_704_067_200_000_000 + MINUTE_US
    assert (np.round(series.close, 2) == series.close).all()  # a price is a short decimal


def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "from fsmtrader.data.synthetic import generate;"
        "print(generate('regimes', seed=5, start_price=100.0, interval_us=60_000_000, bars=4000, annual_volatility=0.8).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": salt},
        ).stdout.strip()
        for salt in ("0", "1")
    }  # fmt: skip
    here = generate("regimes", seed=5, start_price=100.0, interval_us=MINUTE_US, bars=4000, annual_volatility=0.8)
    assert digests == {here.digest}
    assert here.digest != market("regimes", seed=6, bars=4000, start_price=100.0, annual_volatility=0.8).digest


def test_kinds_do_what_they_say() -> None:
    assert measured_volatility(market("gbm")) == pytest.approx(0.6, rel=0.05)
    assert measured_volatility(market("calm")) == pytest.approx(0.108, rel=0.05)
    assert (market("dead").close == 60_000.0).all()
    assert (market("dead").volume == 0.0).all()
    week = 0.6 * math.sqrt(7 / 365)
    rise = [math.log(market("trending", seed=s).close[-1] / 60_000.0) / week for s in range(20)]
    assert np.mean(rise) == pytest.approx(3.0, abs=0.8)
    crash = market("crash")
    fall = crash.close[round(0.51 * WEEK) - 1] / crash.close[round(0.49 * WEEK) - 1]
    assert fall == pytest.approx(0.7, abs=0.1)
    assert np.abs(np.diff(np.log(market("jump").close))).max() > 0.02
    assert np.abs(np.diff(np.log(market("gbm").close))).max() < 0.01


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("start_price", [60_000.0, 100.0, 0.02])
def test_regimes_take_document_000_through_its_states(seed: int, start_price: float) -> None:
    series = market("regimes", seed=seed, start_price=start_price)
    variance = make("realized_variance", window_us=TAU_MAX_S * 1_000_000)
    mes = K * F
    seen: list[str] = []
    moved_after_exit = 0
    reference = 0.0
    for bar in series:
        variance.update(bar.close, bar.time_us)
        value = variance.value(bar.time_us)
        if seen[-1:] == ["EXIT"]:  # never left, except to the end
            if abs(bar.close - reference) >= 0.5 * mes * reference:
                moved_after_exit, reference = moved_after_exit + 1, bar.close
            continue
        mode = "EXIT" if value < mes * F else "PAUSE" if value < mes * mes else "ACTIVE"
        reference = bar.close
        if not math.isnan(value) and seen[-1:] != [mode]:
            seen.append(mode)
    assert seen[0] == "ACTIVE"
    assert seen[-2:] == ["PAUSE", "EXIT"]
    assert seen.count("PAUSE") >= 2
    assert moved_after_exit >= 15  # enough for every reduction


@pytest.mark.parametrize(
    "changes",
    [{"start_price": 0.0}, {"start_price": math.nan}, {"interval_us": 0}, {"bars": 0}, {"annual_volatility": -0.1},
     {"annual_volatility": math.nan}, {"tick": 0.0}],
)  # fmt: skip
def test_wrong_arguments_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(changes))):
        market("gbm", **changes)  # type: ignore[arg-type]  # bars is an integer in the one case that has it


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="'gmb'; known are gbm, trending, calm, crash, jump, dead, regimes"):
        market("gmb")

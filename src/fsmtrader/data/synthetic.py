"""Markets from a seed: bars that are the same, byte for byte, wherever they are made.

The price is a random walk of its logarithm in `PARTS` steps a bar, put on a grid of ticks; the grid also hides the last
bits in which two processors may differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.bars import MOST_BARS, BarSeries
from fsmtrader.diagnostics import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

YEAR_US = 365 * 86_400 * 1_000_000
START_US = 1_704_067_200_000_000  # 2024-01-01
PARTS = 8
VOLUME = 100.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a market.

    `share` of all bars; `volatility` in multiples of the market's; `move` of the logarithm from its start to its end,
    in multiples of the market's standard deviation over the stretch, or outright as `fall`; `jumps` a bar and their
    `jump_size` (standard deviation of the logarithm).
    """

    share: float = 1.0
    volatility: float = 1.0
    move: float = 0.0
    fall: float = 0.0
    jumps: float = 0.0
    jump_size: float = 0.02


GBM = Stretch()
CALM = Stretch(volatility=0.18)
JUMP = Stretch(jumps=0.01)
DEAD = Stretch(volatility=0.0)

KINDS: Mapping[str, tuple[Stretch, ...]] = {
    "gbm": (GBM,),
    "trending": (Stretch(move=3.0),),
    "calm": (CALM,),
    "crash": (Stretch(share=0.49), Stretch(share=0.02, volatility=3.0, fall=0.3), Stretch(share=0.49)),
    "jump": (JUMP,),
    "dead": (DEAD,),
    "regimes": (
        Stretch(share=0.20),
        Stretch(share=0.10, move=3.0),
        Stretch(share=0.15, volatility=0.18),
        Stretch(share=0.10),
        Stretch(share=0.05, jumps=0.01),
        Stretch(share=0.02, volatility=3.0, fall=0.2),
        Stretch(share=0.08),
        Stretch(share=0.15, volatility=0.0),
        Stretch(share=0.15),
    ),
}
"""What `generate` can make. `regimes` takes document 000 through ACTIVE, PAUSE, ACTIVE and EXIT with its defaults, if
15 % of the bars are well above its `tau_max` of six hours and the volatility is 60 % a year."""


def generate(
    kind: str = "regimes",
    *,
    seed: int,
    start_price: float,
    interval_us: int,
    bars: int,
    annual_volatility: float,
    start_us: int = START_US,
    tick: float | None = None,
) -> BarSeries:
    """Bars of a made-up market; `start_us` is the opening of the first, `tick` by default a millionth of the price."""
    import numpy as np

    _check(kind, start_price, interval_us, bars, annual_volatility, tick)
    per_unit = _ticks_per_unit(tick if tick is not None else start_price * 1e-6)
    dice = np.random.Generator(np.random.PCG64(seed))
    sigma = annual_volatility * math.sqrt(interval_us / YEAR_US)
    steps, activity = _steps(KINDS[kind], bars, sigma, dice)
    level = np.concatenate(([0.0], np.cumsum(steps.ravel())))
    ticks = np.maximum(np.rint(start_price * per_unit * np.exp(level)), 1.0)
    path = ticks / per_unit
    inside = path[1:].reshape(bars, PARTS)
    opening = np.ascontiguousarray(path[:-1:PARTS])
    volume = np.round(VOLUME * activity * np.exp(0.5 * dice.standard_normal(bars)), 3)
    return BarSeries(
        source=f"synthetic {kind}, seed {seed}",
        interval_us=interval_us,
        time_us=start_us + interval_us * np.arange(1, bars + 1, dtype=np.int64),
        open=opening,
        high=np.maximum(opening, inside.max(axis=1)),
        low=np.minimum(opening, inside.min(axis=1)),
        close=np.ascontiguousarray(inside[:, -1]),
        volume=volume,
    )


def _check(
    kind: str, start_price: float, interval_us: int, bars: int, annual_volatility: float, tick: float | None
) -> None:
    if kind not in KINDS:
        raise UsageError(f"there is no synthetic market {kind!r}; known are {', '.join(KINDS)}")
    if not 1 <= bars <= MOST_BARS:
        raise UsageError(f"bars is {bars}, expected 1 to {MOST_BARS}")
    if interval_us <= 0:
        raise UsageError(f"interval_us is {interval_us}, expected more than 0")
    for name, value in (("start_price", start_price), ("tick", 1.0 if tick is None else tick)):
        if not 0.0 < value < math.inf:
            raise UsageError(f"{name} is {value}, expected more than 0")
    if not 0.0 <= annual_volatility <= 100.0:
        raise UsageError(f"annual_volatility is {annual_volatility}, expected 0 to 100 (0.6 is 60 %)")


def _ticks_per_unit(tick: float) -> float:
    """How many ticks make one; for ticks below one the next whole power of ten, so that prices are short decimals."""
    if tick >= 1.0:
        return 1.0 / tick
    return float(10 ** math.ceil(-math.log10(tick) - 1e-9))


def _steps(
    stretches: tuple[Stretch, ...], bars: int, sigma: float, dice: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps of the logarithm, shape (bars, PARTS), and how lively each bar is."""
    import numpy as np

    steps = np.empty((bars, PARTS))
    activity = np.empty(bars)
    first, share = 0, 0.0
    for stretch in stretches:
        share += stretch.share
        last = min(round(share * bars), bars)
        steps[first:last] = _stretch_steps(stretch, last - first, sigma, dice)
        activity[first:last] = stretch.volatility
        first = last
    return steps, activity


def _stretch_steps(stretch: Stretch, bars: int, sigma: float, dice: np.random.Generator) -> NDArray[np.float64]:
    deviation = stretch.volatility * sigma / math.sqrt(PARTS)
    steps = deviation * dice.standard_normal((bars, PARTS)) - deviation * deviation / 2.0
    if bars == 0:
        return steps
    whole = stretch.move * sigma * math.sqrt(bars) + math.log(1.0 - stretch.fall)
    steps += whole / (bars * PARTS)
    if stretch.jumps > 0.0:
        happens = dice.random(bars) < stretch.jumps
        steps[:, PARTS // 2] += happens * stretch.jump_size * dice.standard_normal(bars)
    return steps

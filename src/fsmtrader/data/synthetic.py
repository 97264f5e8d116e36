"""Markets from a seed: bars that are the same, byte for byte, wherever they are made.

The price is a random walk of its logarithm in `PARTS` steps a bar, put on a grid of ticks; the grid also hides the last
bits in which two processors may differ.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.bars import MOST_BARS, BarSeries
from fsmtrader.diagnostics import UsageError

if TYPE_CHECKING:
    import numpy as np

    from fsmtrader.data.events import Floats

YEAR_US = 365 * 86_400 * 1_000_000
START_US = 1_704_067_200_000_000  # 2024-01-01
PARTS = 8
CHUNK_BARS = 1 << 16
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

    made = list(
        bar_chunks(
            kind,
            seed=seed,
            start_price=start_price,
            interval_us=interval_us,
            bars=bars,
            annual_volatility=annual_volatility,
            start_us=start_us,
            tick=tick,
        )
    )
    columns = (np.concatenate(column) for column in zip(*(chunk.columns for chunk in made), strict=True))
    return BarSeries(made[0].source, interval_us, *columns)  # type: ignore[arg-type]  # columns keep their types


def bar_chunks(
    kind: str,
    *,
    seed: int,
    start_price: float,
    interval_us: int,
    bars: int,
    annual_volatility: float,
    start_us: int = START_US,
    tick: float | None = None,
) -> Iterator[BarSeries]:
    """The same bars as `generate` in pieces, so that memory does not grow with their number."""
    import numpy as np

    _check(kind, start_price, interval_us, bars, annual_volatility, tick)
    per_unit = ticks_per_unit(tick if tick is not None else start_price * 1e-6)
    sigma = annual_volatility * math.sqrt(interval_us / YEAR_US)
    lanes, volumes = _lanes(_lengths(KINDS[kind], bars), seed)
    level, done = 0.0, 0
    for lane in lanes:
        for start in range(0, lane.bars, CHUNK_BARS):
            count = min(CHUNK_BARS, lane.bars - start)
            levels = np.cumsum(np.concatenate(([level], lane.steps(count, sigma).ravel())))
            level = float(levels[-1])
            path = np.maximum(np.rint(start_price * per_unit * np.exp(levels)), 1.0) / per_unit
            activity = np.full(count, lane.stretch.volatility)
            volume = np.round(VOLUME * activity * np.exp(0.5 * volumes.standard_normal(count)), 3)
            closes = start_us + interval_us * np.arange(done + 1, done + count + 1, dtype=np.int64)
            yield BarSeries(f"synthetic {kind}, seed {seed}", interval_us, closes, *_prices(path), volume)
            done += count


def _prices(path: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Open, high, low, close of bars, from a path of `PARTS` prices a bar and the one before the first."""
    import numpy as np

    inside = path[1:].reshape(-1, PARTS)
    opening, close = np.ascontiguousarray(path[:-1:PARTS]), np.ascontiguousarray(inside[:, -1])
    return opening, np.maximum(opening, inside.max(axis=1)), np.minimum(opening, inside.min(axis=1)), close


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


def ticks_per_unit(tick: float) -> float:
    """How many ticks make one; for ticks below one the next whole power of ten, so that prices are short decimals."""
    if tick >= 1.0:
        return 1.0 / tick
    return float(10 ** math.ceil(-math.log10(tick) - 1e-9))


def _lengths(stretches: tuple[Stretch, ...], bars: int) -> Iterator[tuple[Stretch, int]]:
    """How many bars each stretch has."""
    first, share = 0, 0.0
    for stretch in stretches:
        share += stretch.share
        last = min(round(share * bars), bars)
        yield stretch, last - first
        first = last


@dataclass(slots=True)
class _Lane:
    """A stretch's dice, standing where its steps, its jumps and their sizes begin in the one sequence of the seed."""

    stretch: Stretch
    bars: int
    walk: np.random.Generator
    happens: np.random.Generator
    sizes: np.random.Generator

    def steps(self, count: int, sigma: float) -> Floats:
        """The next steps of the logarithm, shape (count, PARTS)."""
        stretch = self.stretch
        deviation = stretch.volatility * sigma / math.sqrt(PARTS)
        steps = deviation * self.walk.standard_normal((count, PARTS)) - deviation * deviation / 2.0
        whole = stretch.move * sigma * math.sqrt(self.bars) + math.log(1.0 - stretch.fall)
        steps += whole / (self.bars * PARTS)
        if stretch.jumps > 0.0:
            happens = self.happens.random(count) < stretch.jumps
            steps[:, PARTS // 2] += happens * stretch.jump_size * self.sizes.standard_normal(count)
        return steps


def _lanes(lengths: Iterable[tuple[Stretch, int]], seed: int) -> tuple[list[_Lane], np.random.Generator]:
    """The dice of each stretch, and those of the volumes, which stand behind all of them.

    One sequence serves all; what a stretch uses is thrown once here, to know where the next begins.
    """
    import numpy as np

    dice = np.random.Generator(np.random.PCG64(seed))
    lanes = []
    for stretch, bars in lengths:
        walk = copy.deepcopy(dice)
        _skip(dice.standard_normal, bars * PARTS)
        happens = copy.deepcopy(dice)
        if stretch.jumps > 0.0:
            _skip(dice.random, bars)
        sizes = copy.deepcopy(dice)
        if stretch.jumps > 0.0:
            _skip(dice.standard_normal, bars)
        lanes.append(_Lane(stretch, bars, walk, happens, sizes))
    return lanes, dice


def _skip(throw: Callable[[int], object], count: int) -> None:
    for start in range(0, count, CHUNK_BARS):
        throw(min(CHUNK_BARS, count - start))

"""Measures of an equity curve: how far below its peak it was, and what it earned for its swings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.int64]

DAY_US = 86_400 * 1_000_000
DAYS_A_YEAR = 365
NOISE = 1e-12
"""deviation of returns that are all the same but for rounding"""
LEAST_DAYS = 5
"""daily returns below which a ratio would only be noise"""


def drawdowns(equity: Floats) -> Floats:
    """How far each value is below the greatest one before it, in the same currency."""
    import numpy as np

    return np.maximum.accumulate(equity) - equity


def daily_returns(time_us: Times, equity: Floats) -> Floats:
    """Returns from one UTC midnight to the next, of the last value before each; the first and last day as they are."""
    import numpy as np

    if len(equity) == 0:
        return equity
    day = time_us // DAY_US
    last = np.flatnonzero(np.concatenate((day[1:] != day[:-1], [True])))
    levels = np.concatenate((equity[:1], equity[last]))
    return levels[1:] / levels[:-1] - 1.0


def sharpe_ratio(time_us: Times, equity: Floats) -> float | None:
    """Mean over deviation of daily returns, times the root of 365, without a riskless rate; None if unknown."""
    return ratio_of(daily_returns(time_us, equity)) if (equity > 0.0).all() else None


def ratio_of(returns: Floats) -> float | None:
    """The Sharpe ratio of daily returns; None where they are too few or all alike."""
    if len(returns) < LEAST_DAYS:
        return None
    spread = float(returns.std(ddof=1))
    return float(returns.mean()) / spread * math.sqrt(DAYS_A_YEAR) if spread > NOISE else None

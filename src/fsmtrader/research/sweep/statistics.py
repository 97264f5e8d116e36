"""What the number of sets that were tried says about the best of them, and whether sets that were good stay good."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from fsmtrader.research.metrics import DAYS_A_YEAR, NOISE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EULER = 0.5772156649015329
"""Euler's constant, γ"""


def expected_maximum(deviation: float, tried: int) -> float:
    """The greatest of so many Sharpe ratios that can be expected where not one of the sets is worth anything.

    σ · ((1 - γ) Φ⁻¹(1 - 1/N) + γ Φ⁻¹(1 - 1/(N e))): D. H. Bailey and M. López de Prado, The Deflated Sharpe Ratio,
    Journal of Portfolio Management 40 (2014), equation 1, with a mean of zero; `deviation` is that of the ratios of the
    sets. They count as independent there: sets that resemble each other are fewer than they seem, so that it is rather
    too much than too little.
    """
    if tried < 2:
        return 0.0
    normal = NormalDist()
    first, second = normal.inv_cdf(1.0 - 1.0 / tried), normal.inv_cdf(1.0 - 1.0 / (tried * math.e))
    return deviation * ((1.0 - EULER) * first + EULER * second)


def deflated(sharpe: float, expected: float, days: int, skewness: float, kurtosis: float) -> float | None:
    """How probable it is that a set's Sharpe ratio is above `expected`, both by year, given its daily returns.

    Φ((SR - SR₀) √(T - 1) / √(1 - γ₃ SR + (γ₄ - 1)/4 SR²)), with SR by day, γ₃ the skewness and γ₄ the kurtosis of the
    T returns: the same paper, equation 2. None where there is no such variance.
    """
    ratio, level = sharpe / math.sqrt(DAYS_A_YEAR), expected / math.sqrt(DAYS_A_YEAR)
    variance = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    if not variance > 0.0 or days < 2:
        return None
    return NormalDist().cdf((ratio - level) * math.sqrt(days - 1) / math.sqrt(variance))


def moments(returns: Floats) -> tuple[float, float] | None:
    """Skewness and kurtosis (3 for a normal distribution); None where the returns do not vary."""
    if len(returns) < 2:
        return None
    spread = float(returns.std())
    if not spread > NOISE:
        return None
    standard = (returns - returns.mean()) / spread
    return float((standard**3).mean()), float((standard**4).mean())


def rank_correlation(first: Floats, second: Floats) -> float | None:
    """Spearman's: 1 where both order the sets alike, -1 where the one is the reverse of the other.

    Sets without a value in both are left out; None for less than three, or where all are equal.
    """
    import numpy as np

    both = np.isfinite(first) & np.isfinite(second)
    if int(both.sum()) < 3:
        return None
    one, two = ranks(first[both]), ranks(second[both])
    if one.std() == 0.0 or two.std() == 0.0:
        return None
    return float(np.corrcoef(one, two)[0, 1])


def ranks(values: Floats) -> Floats:
    """The place of each value, from 1; equal ones share the mean of their places."""
    import numpy as np

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: Floats = (last - (counts - 1) / 2.0)[inverse]
    return found

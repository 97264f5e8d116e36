"""Margin: what positions need, and where they are liquidated (V-12). Cross margin, as Binance USD-M counts it.

`limits`, `rates` and `deductions` are a contract's tiers, one entry each: up to `limits[i]` of notional the maintenance
margin is `notional * rates[i] - deductions[i]`. They may be arrays or tuples; none at all: nothing is needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SAFE_SHARE = 0.5
"""of the reach in which nothing can happen, what is used: rates stay below one, so half is always safe"""


def tier_of(notional: float, limits: Sequence[float]) -> int:
    """The tier of a notional: the first whose limit is not below it, else the last; -1 without tiers."""
    for index in range(len(limits)):
        if notional <= limits[index]:
            return index
    return len(limits) - 1


def maintenance(notional: float, limits: Sequence[float], rates: Sequence[float], deductions: Sequence[float]) -> float:
    """The maintenance margin of one position; each side of a hedged pair has its own (V-12)."""
    index = tier_of(notional, limits)
    return 0.0 if index < 0 else notional * rates[index] - deductions[index]


def initial(notional: float, leverage: float, most_leverage: float) -> float:
    """The margin that a notional needs to be opened; a tier may allow less leverage than was set."""
    return notional / min(leverage, most_leverage)


def liquidation_price(
    wallet: float,
    others: float,
    net: float,
    net_average: float,
    net_rate: float,
    net_deduction: float,
    long_quantity: float,
    long_average: float,
    long_rate: float,
    long_deduction: float,
    short_quantity: float,
    short_average: float,
    short_rate: float,
    short_deduction: float,
) -> float:
    """Where equity is down to the maintenance margin; NaN when no price above zero is that bad (V-12).

    `wallet` is the balance, `others` what other contracts add to it: their unrealised profit less their maintenance.
    `net` is signed, the two hedged quantities are not; both sides of a hedged pair share the one price. Binance's
    formula (FAQ b3c689c1f50a44cabb3a84e663b81d93), solved for the price in given tiers.
    """
    cash = wallet + others + net_deduction + long_deduction + short_deduction
    if net != 0.0:
        cash -= net * net_average
    if long_quantity != 0.0:
        cash -= long_quantity * long_average
    if short_quantity != 0.0:
        cash += short_quantity * short_average
    need = abs(net) * net_rate + long_quantity * long_rate + short_quantity * short_rate
    slope = need - net - long_quantity + short_quantity
    if slope == 0.0:
        return math.nan
    price = cash / slope
    return price if 0.0 < price < math.inf else math.nan


def zero_price(mark: float, ratio: float, rate: float, is_long: bool) -> float:
    """Where a position is closed with no harm to its account: equity stays the same share of the maintenance margin.

    `ratio` is equity over maintenance margin, `rate` the position's own maintenance margin as a share of its value at
    the mark. At a ratio of zero it is the mark (Lighter, docs.lighter.xyz/perpetual-futures/liquidations).
    """
    return mark * (1.0 - ratio * rate) if is_long else mark * (1.0 + ratio * rate)


def safe_reach(slack: float, gross: float, markets: int) -> float:
    """How far a contract's price may move with no liquidation possible, whatever `markets` contracts do at once.

    `slack` is equity above maintenance, `gross` the quantity held on both sides. A price that moves by d costs at most
    gross * d and raises the margin by less than that.
    """
    if slack <= 0.0:
        return 0.0
    return math.inf if gross == 0.0 else SAFE_SHARE * slack / (gross * markets)

"""Binance USD-M futures as facts: filters, margin tiers and fees of the greater contracts.

Tiers are those of October 2024. Filters of BTC and ETH are today's; those of the others are the exchange information of
July 2021, with least notionals of five. Fees are those of an account without any discount. A tier's deduction follows
from the tier below, because the margin has no step: it is not written down.
"""

from __future__ import annotations

from fsmtrader.domain.instruments import Fees, Instrument, Tier
from fsmtrader.venues.simulated.rules import Rules
from fsmtrader.venues.simulated.terms import HOUR_US

FEES = Fees(maker=0.0002, taker=0.0005)
FUNDING_US = 8 * HOUR_US

RULES = Rules(
    codes={
        "post_only": "-5022",
        "fok": "-5021",
        "reduce_only": "-2022",
        "margin": "-2019",
        "no_price": "-4131",
        "price": "-4001",
        "tick": "-4014",
        "lot": "-4023",
        "min_quantity": "-4004",
        "max_quantity": "-4005",
        "min_notional": "-4164",
        "position_side": "-4061",
        "duplicate_id": "-4116",
        "unknown_order": "-2011",
        "ioc": "EXPIRED",
        "market": "EXPIRED",
        "shrunk": "EXPIRED",
        "cancel": "CANCELED",
        "liquidation": "CANCELED",
    },
    refusals={},
)
"""numbers of its errors, states of its orders"""

_RATES = (0.004, 0.005, 0.0065, 0.01, 0.02, 0.025, 0.05, 0.1, 0.125, 0.15, 0.25, 0.5)
_LEVERAGES = (125, 100, 75, 50, 25, 20, 10, 5, 4, 3, 2, 1)

_TIERS: dict[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = {
    "BTC/USDT": ((50, 600, 3e3, 12e3, 70e3, 100e3, 230e3, 480e3, 600e3, 800e3, 1.2e6, 1.8e6), _RATES, _LEVERAGES),
    "ETH/USDT": ((50, 600, 3e3, 12e3, 50e3, 65e3, 150e3, 320e3, 400e3, 530e3, 800e3, 1.2e6), _RATES, _LEVERAGES),
    "BNB/USDT": (
        (10, 50, 200, 1.5e3, 3e3, 15e3, 30e3, 37.5e3, 75e3, 150e3),
        (0.005, 0.006, 0.01, 0.02, 0.025, 0.05, 0.1, 0.125, 0.25, 0.5),
        (75, 50, 40, 25, 20, 10, 5, 4, 2, 1),
    ),
    "SOL/USDT": (
        (20, 100, 800, 4e3, 8e3, 40e3, 80e3, 100e3, 200e3, 400e3),
        (0.005, 0.0065, 0.01, 0.02, 0.025, 0.05, 0.1, 0.125, 0.25, 0.5),
        (100, 75, 50, 25, 20, 10, 5, 4, 2, 1),
    ),
    "XRP/USDT": (
        (10, 20, 160, 800, 1.6e3, 8e3, 16e3, 20e3, 40e3, 80e3),
        (0.005, 0.0065, 0.01, 0.02, 0.025, 0.05, 0.1, 0.125, 0.25, 0.5),
        (75, 50, 40, 25, 20, 10, 5, 4, 2, 1),
    ),
    "BTC/USDC": (
        (50, 500, 10e3, 80e3, 150e3, 300e3, 450e3, 600e3, 800e3, 1e6),
        (0.004, 0.005, 0.01, 0.025, 0.05, 0.1, 0.125, 0.15, 0.25, 0.5),
        (125, 100, 50, 20, 10, 5, 4, 3, 2, 1),
    ),
    "ETH/USDC": (
        (50, 500, 1e3, 5e3, 50e3, 100e3, 150e3, 300e3, 400e3, 500e3, 800e3),
        (0.004, 0.005, 0.0065, 0.01, 0.02, 0.05, 0.1, 0.125, 0.15, 0.25, 0.5),
        (125, 100, 75, 50, 20, 10, 5, 4, 3, 2, 1),
    ),
    "BNB/USDC": (
        (5, 10, 50, 250, 1e3, 5e3, 10e3, 20e3, 30e3, 50e3),
        (0.005, 0.006, 0.01, 0.02, 0.05, 0.1, 0.125, 0.15, 0.25, 0.5),
        (75, 50, 40, 25, 10, 5, 4, 3, 2, 1),
    ),
    "SOL/USDC": (
        (10, 50, 200, 500, 1e3, 2e3, 5e3, 15e3, 20e3, 50e3, 100e3),
        (0.005, 0.0065, 0.01, 0.012, 0.02, 0.025, 0.05, 0.1, 0.125, 0.25, 0.5),
        (100, 75, 50, 40, 25, 20, 10, 5, 4, 2, 1),
    ),
    "XRP/USDC": (
        (5, 10, 50, 750, 3e3, 10e3, 12e3, 20e3, 30e3, 50e3),
        (0.005, 0.006, 0.01, 0.02, 0.05, 0.1, 0.125, 0.15, 0.25, 0.5),
        (75, 50, 40, 25, 10, 5, 4, 3, 2, 1),
    ),
}
"""upper limits in thousands of quote currency, maintenance rates, most leverage"""

_FILTERS: dict[str, tuple[float, float, float, float]] = {
    "BTC/USDT": (0.1, 0.001, 1e3, 100.0),
    "ETH/USDT": (0.01, 0.001, 1e4, 20.0),
    "BNB/USDT": (0.01, 0.01, 1e5, 5.0),
    "SOL/USDT": (0.001, 1.0, 1e7, 5.0),
    "XRP/USDT": (0.0001, 0.1, 1e6, 5.0),
    "ADA/USDT": (0.0001, 1.0, 1e7, 5.0),
    "DOGE/USDT": (0.00001, 1.0, 1e7, 5.0),
    "LINK/USDT": (0.001, 0.01, 1e5, 5.0),
    "LTC/USDT": (0.01, 0.001, 1e4, 5.0),
    "BTC/USDC": (0.1, 0.001, 1e3, 100.0),
    "ETH/USDC": (0.01, 0.001, 1e4, 20.0),
    "BNB/USDC": (0.01, 0.01, 1e5, 5.0),
    "SOL/USDC": (0.001, 1.0, 1e7, 5.0),
    "XRP/USDC": (0.0001, 0.1, 1e6, 5.0),
}
"""tick, lot (the least quantity too), most quantity, least notional"""


def _tiers(pair: str) -> tuple[Tier, ...]:
    """The tiers of a pair; margin has no step at a limit, which gives the deductions."""
    tiers: list[Tier] = []
    deduction = limit = rate = 0.0
    for thousands, next_rate, leverage in zip(*_TIERS[pair], strict=True):
        if tiers:
            deduction += limit * (next_rate - rate)
        limit, rate = 1000.0 * thousands, next_rate
        tiers.append(Tier(limit, rate, round(deduction, 6), float(leverage)))
    return tuple(tiers)


def _instrument(pair: str) -> Instrument:
    tick, lot, most, least_notional = _FILTERS[pair]
    symbol = f"{pair}:{pair.partition('/')[2]}"
    return Instrument(symbol, tick, lot, lot, most, least_notional, _tiers(pair) if pair in _TIERS else ())


INSTRUMENTS: dict[str, Instrument] = {
    instrument.symbol: instrument for instrument in (_instrument(pair) for pair in _FILTERS)
}
"""by ccxt's symbol"""

LIQUIDATION_FEES: dict[str, float] = {
    "": 0.005,
    "BTC/USDT:USDT": 0.012,
    "BTC/USDC:USDC": 0.012,
    "SOL/USDT:USDT": 0.0075,
    "DOGE/USDT:USDT": 0.0075,
}

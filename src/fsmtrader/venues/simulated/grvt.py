"""GRVT perpetuals as facts: filters, margin, fees, the exchange's own words, and how long it holds orders.

Filters are those that its instruments told (February to July 2025, AAVE: January 2026). Its taker fee is what its fills
of January 2026 charged, its maker fee the one of the published level with that taker fee; other levels have others, and
the highest a rebate. Margin is assumed: one tier, 50 times the leverage, half of the initial margin to maintain. An
account that falls below goes to the insurance fund as a whole. Reject reasons are those of its order states, numbers
those of its create_order; a cancel waits 100 ms for an order that has not come yet (`time_to_live_ms`).
"""

from __future__ import annotations

import math

from fsmtrader.domain.instruments import Fees, Instrument, Tier
from fsmtrader.venues.simulated.rules import Closing, Refusal, Rules
from fsmtrader.venues.simulated.terms import HOUR_US

FEES = Fees(maker=0.00026, taker=0.00045)
FUNDING_US = 8 * HOUR_US
LEAST_NOTIONAL = 5.0
_MARGIN = (Tier(math.inf, 0.01, 0.0, 50.0),)

RULES = Rules(
    codes={
        "post_only": "FAIL_POST_ONLY",
        "reduce_only": "FAIL_REDUCE_ONLY",
        "shrunk": "REDUCE_ONLY_LIMIT",
        "duplicate_id": "OVERLAPPING_CLIENT_ORDER_ID",
        "margin": "BELOW_MARGIN",
        "unsupported": "UNSUPPORTED_TIME_IN_FORCE",
        "ioc": "IOC_CANCEL",
        "market": "MARKET_CANCEL",
        "fok": "FOK_CANCEL",
        "cancel": "CLIENT_CANCEL",
        "liquidation": "LIQUIDATION",
        "tick": "2064",
        "lot": "2065",
        "min_quantity": "2062",
    },
    refusals={"fok": Refusal.EXPIRE},
    supports_hedge=False,
    taker_held_us=25_000,
    cancel_lasts_us=100_000,
    closing=Closing.TAKEOVER,
)

_FILTERS: dict[str, tuple[float, float, float]] = {
    "BTC/USDT": (0.1, 0.001, 100.0),
    "ETH/USDT": (0.01, 0.01, 1000.0),
    "AAVE/USDT": (0.01, 0.1, 7729.0),
}
"""tick, lot (the least quantity too), the largest position, which is taken for the most of an order"""


def _instrument(pair: str) -> Instrument:
    tick, lot, most = _FILTERS[pair]
    return Instrument(f"{pair}:USDT", tick, lot, lot, most, LEAST_NOTIONAL, _MARGIN)


INSTRUMENTS: dict[str, Instrument] = {
    instrument.symbol: instrument for instrument in (_instrument(pair) for pair in _FILTERS)
}
"""by ccxt's symbol"""
FUNDINGS_US: dict[str, int] = dict.fromkeys(INSTRUMENTS, 8 * HOUR_US)
"""markets of four hours and of one there are too: none of them is here"""

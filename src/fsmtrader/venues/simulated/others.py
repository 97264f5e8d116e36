"""Hyperliquid and Aster: their own grids, fees and fundings as facts; all else is assumed to be as at Binance USD-M.

Hyperliquid's grids are those of prices as they were in September 2025 (five figures); its margins are half of the
initial margin at the greatest leverage. Aster's BNB is on the grid of its own book of November 2025.
"""

from __future__ import annotations

import math

from fsmtrader.domain.instruments import Fees, Instrument, Tier
from fsmtrader.venues.simulated.rules import Refusal, Rules
from fsmtrader.venues.simulated.terms import HOUR_US

HYPERLIQUID_FEES = Fees(maker=0.00015, taker=0.00045)
HYPERLIQUID_FUNDING_US = HOUR_US
HYPERLIQUID_RULES = Rules(
    codes={
        "post_only": "badAloPxRejected",
        "reduce_only": "reduceOnlyRejected",
        "shrunk": "reduceOnlyCanceled",
        "margin": "perpMarginRejected",
        "tick": "tickRejected",
        "min_notional": "minTradeNtlRejected",
        "ioc": "iocCancelRejected",
        "cancel": "canceled",
        "liquidation": "liquidatedCanceled",
    },
    refusals={"fok": Refusal.EXPIRE},
    supports_fok=False,
    supports_hedge=False,
)


def _hyperliquid(base: str, tick: float, lot: float, leverage: float) -> Instrument:
    margin = (Tier(math.inf, 0.5 / leverage, 0.0, leverage),)
    return Instrument(f"{base}/USDC:USDC", tick, lot, lot, math.inf, 10.0, margin)


HYPERLIQUID_INSTRUMENTS: dict[str, Instrument] = {
    instrument.symbol: instrument
    for instrument in (
        _hyperliquid("BTC", 1.0, 0.00001, 40.0),
        _hyperliquid("ETH", 0.1, 0.0001, 25.0),
        _hyperliquid("SOL", 0.01, 0.01, 20.0),
    )
}

ASTER_FEES = Fees(maker=0.0001, taker=0.00035)
ASTER_FUNDING_US = 8 * HOUR_US
ASTER_INSTRUMENTS: dict[str, Instrument] = {
    "BNB/USDT:USDT": Instrument("BNB/USDT:USDT", 0.1, 0.01, 0.01, math.inf, 5.0, (Tier(math.inf, 0.02, 0.0, 25.0),))
}

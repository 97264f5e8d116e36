"""Lighter perpetuals as facts: filters, margins, fees, its own words, and how long it holds orders.

Filters and margins of ETH are what its public interface told in May 2026; those of BTC follow from its trades of
September 2025 (grid) and are assumed otherwise. Fees and holding times are those of its account types (2026): a
standard account pays nothing and waits, a premium one pays and waits less. Codes are those of its interface and of the
states of its orders. A reduce-only order that would not reduce is dropped without a word (V-05).
"""

from __future__ import annotations

import math
from dataclasses import replace

from fsmtrader.domain.instruments import Fees, Instrument, Tier
from fsmtrader.venues.simulated.rules import Closing, Refusal, Rules
from fsmtrader.venues.simulated.terms import HOUR_US

FEES = Fees(maker=0.0, taker=0.0)
PREMIUM_FEES = Fees(maker=0.00004, taker=0.00028)
FUNDING_US = HOUR_US
LIQUIDATION_FEES = {"": 0.01}
"""the most that is taken of a liquidation's value, out of what is better than its zero price"""

RULES = Rules(
    codes={
        "post_only": "canceled-post-only",
        "reduce_only": "canceled-reduce-only",
        "shrunk": "canceled-reduce-only",
        "ioc": "canceled",
        "market": "canceled-too-much-slippage",
        "cancel": "canceled",
        "liquidation": "canceled-liquidation",
        "duplicate_id": "21728",
        "margin": "21739",
        "unsupported": "21705",
        "tick": "21702",
        "price": "21702",
        "lot": "21701",
        "min_quantity": "21706",
        "max_quantity": "21706",
        "min_notional": "21706",
        "unknown_order": "21715",
    },
    refusals={"post_only": Refusal.CANCEL, "reduce_only": Refusal.SILENCE},
    supports_fok=False,
    supports_hedge=False,
    taker_held_us=300_000,
    maker_held_us=200_000,
    cancel_held_us=200_000,
    closing=Closing.PARTIAL,
)
PREMIUM_RULES = replace(RULES, taker_held_us=200_000, maker_held_us=0, cancel_held_us=0)

INSTRUMENTS: dict[str, Instrument] = {
    instrument.symbol: instrument
    for instrument in (
        Instrument("ETH/USDC:USDC", 0.01, 0.0001, 0.005, math.inf, 10.0, (Tier(math.inf, 0.012, 0.0, 50.0),), 0.008),
        Instrument("BTC/USDC:USDC", 0.1, 0.00001, 0.0002, math.inf, 10.0, (Tier(math.inf, 0.012, 0.0, 50.0),), 0.008),
    )
}
"""by ccxt's symbol"""

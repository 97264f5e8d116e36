"""What each venue can do, as far as a spec's check needs it (X-19)."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Capability

_COMMON = frozenset({Capability.POST_ONLY, Capability.REDUCE_ONLY, Capability.BOOK})

VENUES: dict[str, frozenset[Capability]] = {
    "binanceusdm": _COMMON | {Capability.HEDGE_MODE, Capability.FOK},
    "binancecoinm": _COMMON | {Capability.HEDGE_MODE, Capability.FOK},
    "bybit": _COMMON | {Capability.HEDGE_MODE, Capability.FOK},
    "okx": _COMMON | {Capability.HEDGE_MODE, Capability.FOK},
    "grvt": _COMMON | {Capability.FOK},
    "lighter": _COMMON,
    "hyperliquid": _COMMON,
    "aster": _COMMON | {Capability.HEDGE_MODE, Capability.FOK},
}
"""By ccxt's exchange id. A venue that is not here is not judged. Sources: V-04, V-07, C000-16."""

TAKER_FEES: dict[str, float] = {"binancecoinm": 0.0005, "okx": 0.0005}
"""What a market order costs without any discount, as a share of its value, as ccxt gives it, at venues that are not
simulated with rules of their own. A venue whose fee is not published in one number is not here."""

MAKER_FEES: dict[str, float] = {"binancecoinm": 0.0001, "okx": 0.0002}
"""What an order that rests costs there, likewise."""

POOLS: frozenset[str] = frozenset({"liquidity_book", "uniswap_v3", "glp"})

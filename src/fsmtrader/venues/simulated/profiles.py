"""The venues that can be simulated, and what is assumed of a contract that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from fsmtrader.domain.instruments import Fees, Instrument, Latency
from fsmtrader.numeric.filters import lot_for, tick_for
from fsmtrader.venues.simulated import binance_usdm as binance
from fsmtrader.venues.simulated import grvt as grvt_facts
from fsmtrader.venues.simulated import lighter as lighter_facts
from fsmtrader.venues.simulated import others
from fsmtrader.venues.simulated.terms import NO_LATENCY, Profile

LEAST_NOTIONAL = 5.0
EXACT_LOT = 1e-12
NO_FEES = Fees(0.0, 0.0)


def binance_usdm(fees: Fees = binance.FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Binance USD-M futures."""
    return Profile(
        "binanceusdm",
        fees,
        binance.INSTRUMENTS,
        liquidation_fees=binance.LIQUIDATION_FEES,
        latency=latency,
        funding_us=binance.FUNDING_US,
        rules=binance.RULES,
    )


def grvt(fees: Fees = grvt_facts.FEES, latency: Latency = NO_LATENCY) -> Profile:
    """GRVT perpetuals."""
    return Profile(
        "grvt",
        fees,
        grvt_facts.INSTRUMENTS,
        latency=latency,
        funding_us=grvt_facts.FUNDING_US,
        fundings_us=grvt_facts.FUNDINGS_US,
        rules=grvt_facts.RULES,
    )


def lighter(fees: Fees = lighter_facts.FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Lighter perpetuals, a standard account: without fees, and with long waits."""
    return Profile(
        "lighter",
        fees,
        lighter_facts.INSTRUMENTS,
        liquidation_fees=lighter_facts.LIQUIDATION_FEES,
        latency=latency,
        funding_us=lighter_facts.FUNDING_US,
        rules=lighter_facts.RULES,
    )


def lighter_premium(fees: Fees = lighter_facts.PREMIUM_FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Lighter perpetuals, a premium account."""
    return replace(lighter(fees, latency), name="lighter_premium", rules=lighter_facts.PREMIUM_RULES)


def hyperliquid(fees: Fees = others.HYPERLIQUID_FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Hyperliquid perpetuals: Binance's rules with Hyperliquid's grids, margins and fees."""
    return Profile(
        "hyperliquid",
        fees,
        others.HYPERLIQUID_INSTRUMENTS,
        latency=latency,
        liquidation_fees=binance.LIQUIDATION_FEES,
        funding_us=others.HYPERLIQUID_FUNDING_US,
        rules=others.HYPERLIQUID_RULES,
        note=_assumed("hyperliquid", "grids, margins and fees"),
    )


def aster(fees: Fees = others.ASTER_FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Aster perpetuals: Binance's rules with Aster's grids and fees."""
    return Profile(
        "aster",
        fees,
        others.ASTER_INSTRUMENTS,
        latency=latency,
        liquidation_fees=binance.LIQUIDATION_FEES,
        funding_us=others.ASTER_FUNDING_US,
        rules=binance.RULES,
        note=_assumed("aster", "grids and fees"),
    )


def exact(fees: Fees = NO_FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Worked examples as on paper: no tick, a lot of 1e-12, no minimum, no margin."""
    return Profile("exact", fees, {}, derives=False, has_margin=False, latency=latency)


def _assumed(name: str, own: str) -> str:
    return f"{name}: simulated with {own} of its own; how it refuses and liquidates is assumed to be as at binanceusdm"


PROFILES: Mapping[str, Callable[[Fees, Latency], Profile]] = MappingProxyType(
    {
        "exact": exact,
        "binanceusdm": binance_usdm,
        "grvt": grvt,
        "lighter": lighter,
        "lighter_premium": lighter_premium,
        "hyperliquid": hyperliquid,
        "aster": aster,
    }
)
"""by the name that `--profile`, or an account's `profile` or `exchange`, gives"""


USUAL_FEES: Mapping[str, Fees] = MappingProxyType(
    {
        "binanceusdm": binance.FEES,
        "grvt": grvt_facts.FEES,
        "lighter": lighter_facts.FEES,
        "lighter_premium": lighter_facts.PREMIUM_FEES,
        "hyperliquid": others.HYPERLIQUID_FEES,
        "aster": others.ASTER_FEES,
    }
)
"""what an account without any discount pays (V-09)"""


def known_instrument(instruments: Mapping[str, Instrument], symbol: str) -> Instrument | None:
    """The contract of a symbol; `ETH/USDT` means the one that settles in its quote, `ETH/USDT:USDT`. At a venue whose
    contracts all settle in one currency, it is the one of the same coin."""
    found = instruments.get(symbol) or instruments.get(f"{symbol}:{symbol.partition('/')[2]}")
    if found is not None or len({name.partition("/")[2] for name in instruments}) != 1:
        return found
    coin = symbol.partition("/")[0]
    return next((contract for name, contract in instruments.items() if name.partition("/")[0] == coin), None)


def taken_as(profile: Profile, symbol: str, contract: Instrument) -> str:
    """The note that says of which contract the filters are; empty where it is the symbol's own."""
    if symbol in profile.instruments or f"{symbol}:{symbol.partition('/')[2]}" in profile.instruments:
        return ""
    return f"{symbol} is taken as {profile.name}'s {contract.symbol}, with its filters and margins"


def exact_instrument(symbol: str) -> Instrument:
    return Instrument(symbol, tick=0.0, lot=EXACT_LOT)


def derived_instrument(symbol: str, price: float) -> tuple[Instrument, str]:
    """Filters for a contract that is not in the table, by the scale of its price, and the note that says so."""
    tick, lot = tick_for(price), lot_for(price)
    instrument = Instrument(symbol, tick, lot, least_quantity=lot, least_notional=LEAST_NOTIONAL)
    note = (
        f"the filters of {symbol} are not known: from its first price {price:g} a tick of {tick:g}, a lot of {lot:g}, "
        f"a least notional of {LEAST_NOTIONAL:g} and no margin tiers are assumed"
    )
    return instrument, note

"""The venues that can be simulated, and what is assumed of a contract that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping

from fsmtrader.domain.instruments import Fees, Instrument, Latency
from fsmtrader.numeric.filters import lot_for, tick_for
from fsmtrader.venues.simulated.binance_usdm import FEES, FUNDING_US, INSTRUMENTS, LIQUIDATION_FEES
from fsmtrader.venues.simulated.terms import NO_LATENCY, Profile

LEAST_NOTIONAL = 5.0
EXACT_LOT = 1e-12
NO_FEES = Fees(0.0, 0.0)


def binance_usdm(fees: Fees = FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Binance USD-M futures."""
    return Profile(
        "binanceusdm",
        fees,
        INSTRUMENTS,
        liquidation_fees=LIQUIDATION_FEES,
        latency=latency,
        funding_us=FUNDING_US,
    )


def exact(fees: Fees = NO_FEES, latency: Latency = NO_LATENCY) -> Profile:
    """Worked examples as on paper: no tick, a lot of 1e-12, no minimum, no margin."""
    return Profile("exact", fees, {}, derives=False, has_margin=False, latency=latency)


def known_instrument(instruments: Mapping[str, Instrument], symbol: str) -> Instrument | None:
    """The contract of a symbol; `ETH/USDT` means the one that settles in its quote, `ETH/USDT:USDT`."""
    return instruments.get(symbol) or instruments.get(f"{symbol}:{symbol.partition('/')[2]}")


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

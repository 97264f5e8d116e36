"""Files whose names speak of another market than the one that they are taken for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fsmtrader.research.markets import Place

BASES = (
    *("BTC", "XBT", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "AVAX", "LTC", "LINK", "DOT", "TRX", "MATIC", "BCH"),
    *("ATOM", "UNI", "NEAR", "APT", "ARB", "OP", "FIL", "ETC", "SUI", "TON", "AAVE", "HYPE"),
)
QUOTES = ("USDT", "USDC", "BUSD", "FDUSD", "USD")
_MARKET = re.compile(rf"(?<![A-Z0-9])({'|'.join(BASES)})[-_/]?(?:{'|'.join(QUOTES)})(?![A-Z0-9])")
_COIN_MARGINED = re.compile(rf"(?<![A-Z0-9])(?:{'|'.join(BASES)})USD_(?:PERP|\d{{6}})(?![A-Z0-9])")
"""as Binance calls contracts of so many dollars that settle in the coin"""
SAME = {"XBT": "BTC"}


def namesakes(taken: Sequence[tuple[str, Place]], *, is_exact: bool) -> Iterator[str]:
    """A note on each file (by name, with its market) that is called after another base than the market's, or after a
    contract that settles in its coin while the market's does not: its sizes are contracts.

    Only well-known names are known: a file that says nothing of a market, or nothing else, is not remarked on.
    """
    for name, place in taken:
        named = {SAME.get(base, base) for base in _MARKET.findall(name.upper())}
        base = place.symbol.partition("/")[0].upper()
        if named and SAME.get(base, base) not in named:
            rules = "" if is_exact else ", with its lots and tiers"
            yield (
                f"{name} is taken as the market of {place.symbol}{rules}; if that is not meant, give the file of "
                f"{base} or the legs the symbol of the file"
            )
        if _COIN_MARGINED.search(name.upper()) and not place.symbol.endswith(f":{base}"):
            yield (
                f"{name} is called after a contract that settles in {base}: its sizes are taken as {base}, and may be "
                f"numbers of contracts"
            )

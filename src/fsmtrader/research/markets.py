"""The markets of a program, numbered: which leg trades where, and which raw events a market's news are.

Accounts on the same exchange share a market; the same symbol on two exchanges is two.
"""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.program.ir import EventKind, Program

RAISES: dict[Kind, tuple[str, ...]] = {
    Kind.FUNDING: ("funding",),
    Kind.MARK: ("price",),
    Kind.BOOK: ("price", "book"),
    Kind.TRADE: ("price", "trade"),
    Kind.BAR: ("price", "bar"),
    Kind.DEPTH: ("price", "book"),
}
"""the sources of a leg that an event of each kind is"""


@dataclass(frozen=True, slots=True)
class Place:
    """One market of a run."""

    exchange: str
    symbol: str
    legs: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a data file is bound to it: `binanceusdm.BTC/USDT:USDT`."""
        return f"{self.exchange}.{self.symbol}"


class Markets:
    """All markets of a program, in order of their first leg."""

    def __init__(self, program: Program) -> None:
        exchanges = {a.name: str(a.setting("exchange") or a.name) for a in program.accounts}
        legs: dict[tuple[str, str], list[str]] = {}
        for leg in program.legs:
            legs.setdefault((exchanges.get(leg.account, leg.account), leg.symbol), []).append(leg.name)
        self.places = tuple(Place(exchange, symbol, tuple(names)) for (exchange, symbol), names in legs.items())
        self.of_leg = {name: index for index, place in enumerate(self.places) for name in place.legs}
        self._sources = {
            (kind, index): tuple(_sources(program, kind, place))
            for kind in Kind
            for index, place in enumerate(self.places)
        }

    def of_event(self, event: MarketEvent) -> tuple[int, ...]:
        """The raw events that an event of a market is."""
        return self._sources[event.kind, event.market]

    def __len__(self) -> int:
        return len(self.places)

    def sources(self, kind: Kind, market: int) -> tuple[int, ...]:
        """The raw events, by index into `Program.sources`, that news of a kind in a market are."""
        return self._sources[kind, market]


def _sources(program: Program, kind: Kind, place: Place) -> list[int]:
    names = {f"{word}({leg})" for word in RAISES[kind] for leg in place.legs}
    return [i for i, s in enumerate(program.sources) if s.kind is EventKind.MARKET and s.name in names]

"""A desk at a simulated venue: short words for what tests of the venue say again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from fsmtrader.domain.instruments import Fees, Instrument, Latency, Tier
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind, MarketEvent
from fsmtrader.domain.orders import CancelIntent, Effect, OrderIntent, Style
from fsmtrader.venues.simulated import Profile, Side, SimulatedVenue, VenueAccount, VenueLeg, VenueMarket

NAN = float("nan")
COIN = Instrument("C/Q:Q", 0.5, 0.1, 0.1, 1000.0, 10.0, (Tier(1e4, 0.01, 0.0, 50.0), Tier(1e6, 0.02, 100.0, 20.0)))
"""tick 0.5, lot 0.1, least notional 10; a maintenance rate of 1 % up to 10,000, then 2 %"""


class Desk:
    """One account and its legs in one market (or two: `D`); a second account has the leg `other`.

    Time runs by a second an event unless it is given.
    """

    def __init__(
        self,
        hedge: bool = True,
        fees: Fees = Fees(0.0002, 0.0005),  # noqa: B008  (frozen)
        capital: float = 10_000.0,
        latency: Latency = Latency(),  # noqa: B008  (frozen)
        margin: bool = True,
        leverage: float = 20.0,
        liquidation_fee: float = 0.01,
        accounts: int = 1,
        **market: Any,
    ) -> None:
        both = {"C/Q:Q": COIN, "D/Q:Q": COIN}
        profile = Profile(
            "test", fees, both, has_margin=margin, liquidation_fees={"": liquidation_fee}, latency=latency
        )
        markets = [VenueMarket("C/Q:Q", **market), VenueMarket("D/Q:Q", **market)]
        names = {"L": (0, Side.LONG), "S": (0, Side.SHORT), "N": (0, Side.SIGNED), "D": (1, Side.LONG)}
        legs = [VenueLeg(name, "main", index, side) for name, (index, side) in names.items()]
        both_accounts = [VenueAccount(name, profile, capital, hedge, leverage) for name in ("main", "second")]
        if accounts > 1:
            legs.append(VenueLeg("other", "second", 0, Side.LONG))
        self.venue: Any = SimulatedVenue(markets, both_accounts[:accounts], legs)
        self.now_us = 0
        self.count = 0
        self.legs: dict[str, str] = {}
        self.signs: dict[str, float] = {}
        self.sizes: dict[str, float] = {}
        """of every order that was sent, by its name"""

    def _event(self, kind: Kind, values: tuple[float, ...], market: int, at: int | None) -> tuple[Any, ...]:
        self.now_us = self.now_us + 1_000_000 if at is None else at
        told: tuple[Any, ...] = self.venue.news(MarketEvent(self.now_us, kind, market, *values))
        return told

    def bar(self, o: float, h: float, low: float, c: float, market: int = 0, at: int | None = None) -> tuple[Any, ...]:
        return self._event(Kind.BAR, (o, h, low, c, 1.0), market, at)

    def flat(self, price: float, market: int = 0, at: int | None = None) -> tuple[Any, ...]:
        return self.bar(price, price, price, price, market, at)

    def book(self, bid: float, bid_size: float, ask: float, ask_size: float, at: int | None = None) -> tuple[Any, ...]:
        return self._event(Kind.BOOK, (bid, bid_size, ask, ask_size), 0, at)

    def depth(
        self,
        bids: Mapping[float, float] = MappingProxyType({}),
        asks: Mapping[float, float] = MappingProxyType({}),
        snapshot: bool = False,
        at: int | None = None,
    ) -> tuple[Any, ...]:
        """One message about levels: sizes by price, 0: the level is gone. `snapshot`: these are all there are."""
        rows = [(price, size, 1.0) for price, size in bids.items()] + [
            (price, size, -1.0) for price, size in asks.items()
        ]
        self.now_us = self.now_us + 1_000_000 if at is None else at
        told: tuple[Any, ...] = ()
        for index, row in enumerate(rows):
            place = (FIRST_OF_SNAPSHOT if snapshot and index == 0 else 0.0) + (LAST if index == len(rows) - 1 else 0.0)
            assert told == (), "nobody is told anything within a message"
            told = self._event(Kind.DEPTH, (*row, place), 0, self.now_us)
        return told

    def trade(self, price: float, size: float, aggressor: float = NAN, at: int | None = None) -> tuple[Any, ...]:
        return self._event(Kind.TRADE, (price, size, aggressor), 0, at)

    def mark(self, price: float) -> tuple[Any, ...]:
        return self._event(Kind.MARK, (price,), 0, None)

    def funding(self, rate: float, mark: float = NAN, at: int | None = None) -> tuple[Any, ...]:
        return self._event(Kind.FUNDING, (rate, mark), 0, at)

    def send(
        self, leg: str, change: float, price: float = NAN, style: Style | None = None, **more: Any
    ) -> tuple[Any, ...]:
        """An order of the name `name`, else 1, 2, 3…; a limit order if it has a price and no style."""
        self.count += 1
        style = style or (Style.MARKET if price != price else Style.LIMIT)
        name, reduce_only, at = (
            more.get("name", str(self.count)),
            more.get("reduce_only", False),
            more.get("at", self.now_us),
        )
        effect = Effect.OPEN if change > 0 else Effect.CLOSE
        order = OrderIntent(name, leg, change, effect, reduce_only, style, price, more.get("post_only", False))
        self.legs[name], self.signs[name], self.sizes[name] = leg, 1.0 if change > 0 else -1.0, abs(change)
        told: tuple[Any, ...] = self.venue.take(order, at)
        return told

    def cancel(self, name: str) -> tuple[Any, ...]:
        told: tuple[Any, ...] = self.venue.cancel(CancelIntent(name), self.now_us)
        return told

    @property
    def position(self) -> Callable[[str], tuple[float, float]]:
        return self.venue.position  # type: ignore[no-any-return]


@pytest.fixture
def desk() -> type[Desk]:
    return Desk

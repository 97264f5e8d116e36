"""A venue under test: its port, a clock, short words for what the market does, and for what is told.

Whatever has the port can be run through the suite: a factory makes it from a `Setup` (`THROUGH` in `conftest`). Nothing
but the port is asked: orders and cancels go in, news come, time passes, messages come out; positions and cash are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fsmtrader.domain.instruments import Fees, Latency
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind, MarketEvent
from fsmtrader.domain.orders import (
    Accepted,
    CancelIntent,
    Cancelled,
    CancelRefused,
    Effect,
    Expired,
    Filled,
    Funded,
    Liquidated,
    OrderIntent,
    Rejected,
    Style,
)
from fsmtrader.venues.simulated import Faults

NAN = float("nan")
SECOND = 1_000_000
NO_LATENCY = Latency()
STEPS = 10_000
"""moments of its own that a venue may have before it is quiet"""
SYMBOLS = {"binanceusdm": "ETH/USDT:USDT", "grvt": "ETH/USDT:USDT", "lighter": "ETH/USDC:USDC"}
"""a contract that every one of them has"""
EXCHANGES = tuple(SYMBOLS)

Told = tuple[Any, ...]


class Venue(Protocol):
    """What is asked of a venue."""

    def take(self, order: OrderIntent, now_us: int) -> Told: ...
    def cancel(self, cancel: CancelIntent, now_us: int) -> Told: ...
    def news(self, event: MarketEvent) -> Told: ...
    def next_us(self) -> float: ...
    def advance(self, now_us: int) -> Told: ...
    def position(self, leg: str) -> tuple[float, float]: ...
    def cash(self, account: str) -> tuple[float, float, float, float]: ...


@dataclass(frozen=True, slots=True)
class Setup:
    """Accounts `main` and `other` at an exchange. In hedge mode `main` has the legs L (long), S (short) and N (of no
    side), else they are one net position; `other` has the leg O. All trade one contract, whose data are quotes, trades,
    depth or bars: whatever the test tells. `fees` None: the exchange's own."""

    exchange: str
    hedge: bool = False
    capital: float = 100_000.0
    leverage: float = 20.0
    latency: Latency = NO_LATENCY
    fees: Fees | None = None
    faults: Faults | None = None
    seed: int = 1

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.exchange]


Factory = Callable[[Setup], Venue]


def brief(message: Any) -> Told:
    """A message as a short tuple, without its order's id."""
    match message:
        case Filled():
            return ("filled", round(message.quantity, 9), round(message.price, 9))
        case Rejected() | Cancelled() | CancelRefused():
            return (type(message).__name__.lower(), message.reason, message.code)
        case Expired():
            return ("expired", message.code)
        case Accepted():
            return ("accepted",)
        case Funded():
            return ("funded", message.leg, round(message.amount, 9))
        case Liquidated():
            return ("liquidated", message.leg, round(message.change, 9), round(message.price, 6), round(message.fee, 6))
    raise AssertionError(f"a venue does not say {message}")


def briefs(told: Told) -> list[Told]:
    return [brief(message) for message in told]


class UnderTest:
    """A venue and its clock. A market event comes a second after the one before it, unless it is said when."""

    def __init__(self, make: Factory, setup: Setup) -> None:
        self.venue = make(setup)
        self.setup = setup
        self.now_us = 0
        self.count = 0

    # -- time --------------------------------------------------------------------------------------------------------

    def until(self, now_us: int) -> Told:
        """Time passes; everything that is told until then."""
        told = self.venue.advance(now_us)
        self.now_us = max(self.now_us, now_us)
        return tuple(told)

    def settle(self) -> Told:
        """Time passes until nothing is on its way."""
        told: list[Any] = []
        for _ in range(STEPS):
            moment = self.venue.next_us()
            if moment == float("inf"):
                return tuple(told)
            told.extend(self.until(int(moment)))
        raise AssertionError("the venue never comes to rest")

    # -- the market --------------------------------------------------------------------------------------------------

    def event(self, kind: Kind, *values: float, at: int | None = None) -> Told:
        now_us = self.now_us + SECOND if at is None else at
        told = [*self.until(now_us), *self.venue.news(MarketEvent(now_us, kind, 0, *values))]
        return (*told, *(self.settle() if at is None else ()))

    def quote(self, bid: float, bid_size: float, ask: float, ask_size: float, at: int | None = None) -> Told:
        return self.event(Kind.BOOK, bid, bid_size, ask, ask_size, at=at)

    def trade(self, price: float, size: float, buyer_took: bool, at: int | None = None) -> Told:
        return self.event(Kind.TRADE, price, size, 1.0 if buyer_took else -1.0, at=at)

    def bar(self, o: float, h: float, low: float, c: float, at: int | None = None) -> Told:
        return self.event(Kind.BAR, o, h, low, c, 1.0, at=at)

    def mark(self, price: float, at: int | None = None) -> Told:
        return self.event(Kind.MARK, price, at=at)

    def funding(self, rate: float, mark: float = NAN, at: int | None = None) -> Told:
        return self.event(Kind.FUNDING, rate, mark, at=at)

    def depth(self, bids: Mapping[float, float], asks: Mapping[float, float], snapshot: bool = False) -> Told:
        """One message of an order book: sizes that stand at prices now."""
        rows = [(price, size, 1.0) for price, size in bids.items()]
        rows += [(price, size, -1.0) for price, size in asks.items()]
        at = self.now_us + SECOND
        told = list(self.until(at))
        for place, (price, size, side) in enumerate(rows):
            flag = FIRST_OF_SNAPSHOT if snapshot and place == 0 else 0.0
            flag += LAST if place == len(rows) - 1 else 0.0
            told.extend(self.venue.news(MarketEvent(at, Kind.DEPTH, 0, price, size, side, flag)))
        return (*told, *self.settle())

    # -- orders ------------------------------------------------------------------------------------------------------

    def send(
        self,
        leg: str,
        change: float,
        price: float = NAN,
        style: Style | None = None,
        *,
        post_only: bool = False,
        reduce_only: bool = False,
        name: str = "",
    ) -> Told:
        """An order is sent; what is told in that moment. A limit order if it has a price and no style."""
        self.count += 1
        style = style or (Style.MARKET if price != price else Style.LIMIT)
        effect = Effect.OPEN if change > 0 else Effect.CLOSE
        order = OrderIntent(name or str(self.count), leg, change, effect, reduce_only, style, price, post_only)
        return self.venue.take(order, self.now_us)

    def order(self, leg: str, change: float, price: float = NAN, style: Style | None = None, **more: Any) -> list[Told]:
        """An order, and everything that is told until the venue is at rest."""
        return briefs((*self.send(leg, change, price, style, **more), *self.settle()))

    def withdraw(self, name: str) -> list[Told]:
        """A cancel, and everything that is told until the venue is at rest."""
        return briefs((*self.venue.cancel(CancelIntent(name), self.now_us), *self.settle()))

    def held(self, leg: str) -> float:
        """The position that a leg is in, signed."""
        return self.venue.position(leg)[0]

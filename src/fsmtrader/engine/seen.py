"""What has been seen of the market so far: the answers to a spec's questions, from a stream of market events.

One `Market` row per market of the run holds its last book, price, mark, bar and funding. A question is bound to its
leg's row once and is then one call. What the data cannot tell is NaN, which is not ready. Without a book, bid and ask
are half a spread away from the last price; without a mark, the mark is the last price (design §6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from fsmtrader.data.events import EventBatch
from fsmtrader.domain.instruments import Instrument
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.engine.seen_depth import Depth
from fsmtrader.numeric.depth import is_within
from fsmtrader.program.ir import Program, Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAN = float("nan")
SECOND_US = 1_000_000
Arguments = tuple[float, ...]
Reader = Callable[[Arguments], float]
SERVED = (
    "mark", "last", "mid", "bid", "ask", "touch", "book_spread", "depth", "available", "worst_price", "vwap",
    "book_age", "funding_rate", "funding_interval", "time_to_funding", "tick", "lot", "min_notional", "margin_ratio",
    "liquidation_distance",
)  # fmt: skip
"""observables that a market of events can answer, if it has the events"""


BAR, BOOK, TRADE, MARK, DEPTH = Kind.BAR, Kind.BOOK, Kind.TRADE, Kind.MARK, Kind.DEPTH


@dataclass(slots=True)
class Market:
    """The last of everything that one market has told. Times in microseconds, NaN: never."""

    half_spread: float
    uses_mark: bool
    bid: float = NAN
    bid_size: float = NAN
    ask: float = NAN
    ask_size: float = NAN
    last: float = NAN
    price: float = NAN
    """what one coin is worth: the mark, else the last price, else the middle of the book"""
    funding_rate: float = NAN
    funded_us: float = NAN
    funding_us: float = NAN
    """time between two payments"""
    has_book: bool = False
    has_mark: bool = False
    seen_us: float = NAN
    booked_us: float = NAN
    """when the book was told last"""
    depth: Depth | None = None
    """the levels of the book, once they are told; quotes beside them say nothing new"""

    def note(self, event: MarketEvent) -> None:
        """Take one event in."""
        self.seen_us, kind, _, bid, bid_size, ask, ask_size, _ = event
        if kind is BOOK:
            if self.depth is None:
                self.booked_us = self.seen_us
                self._touch(bid, bid_size, ask, ask_size)
        elif kind is DEPTH:
            self.depth = self.depth or Depth()
            if self.depth.note(event):
                self.booked_us = self.seen_us
                self._touch(*self.depth.touch)
        elif kind is BAR:
            self._trade(event.d)
        elif kind is TRADE:
            self._trade(event.a)
        elif kind is not MARK:
            self._fund(event)
        elif self.uses_mark:
            self.has_mark, self.price = True, event.a

    def over(self, events: EventBatch, kind: Kind) -> dict[str, Floats | float]:
        """What `_SIMPLE` would answer after each of some events of one kind (books, trades or bars), by its names; a
        number where they change nothing."""
        import numpy as np

        price: Floats | float = self.price
        last: Floats | float = self.last
        bid: Floats | float = self.bid
        ask: Floats | float = self.ask
        if kind is BOOK:
            bid, ask = events.a, events.c
        else:
            last = events.d if kind is BAR else events.a
            price = price if self.has_mark else last
            if not self.has_book:
                half = last * self.half_spread
                bid, ask = last - half, last + half
        middle = (bid + ask) / 2.0
        if kind is BOOK and self.last != self.last and not self.has_mark:
            price = middle
        mid = np.where(middle == middle, middle, last) if self.has_book or kind is BOOK else last
        return {"mark": price, "last": last, "mid": mid, "bid": bid, "ask": ask, "book_spread": ask - bid}

    def _touch(self, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        self.has_book = True
        self.bid, self.bid_size = bid, bid_size
        self.ask, self.ask_size = ask, ask_size
        if self.last != self.last and not self.has_mark:
            self.price = (bid + ask) / 2.0  # the middle, which there is no last price to stand in for

    def _trade(self, price: float) -> None:
        self.last = price
        if not self.has_book:
            half = price * self.half_spread
            self.bid, self.ask = price - half, price + half
        if not self.has_mark:
            self.price = price

    def _fund(self, event: MarketEvent) -> None:
        self.funding_rate = event.a
        if self.funded_us == self.funded_us and event.time_us > self.funded_us:
            self.funding_us = event.time_us - self.funded_us
        self.funded_us = event.time_us

    @property
    def mid(self) -> float:
        """Half-way between the best prices; the last price where there is no book."""
        middle = (self.bid + self.ask) / 2.0
        return middle if self.has_book and middle == middle else self.last


class Seen:
    """Market and venue as far as a spec can ask about them; a `MarketPort`, and the `Ages` of what it knows.

    `markets` and `instruments` are by leg: the number of its market in the run, and its filters. `marked` are the
    markets whose mark events count as the mark; elsewhere mark = last, and mark events are for funding only.
    """

    def __init__(
        self,
        program: Program,
        markets: Mapping[str, int],
        instruments: Mapping[str, Instrument],
        capital: Mapping[str, float],
        *,
        half_spread: float = 0.0,
        marked: frozenset[int] = frozenset(),
        funding_seconds: float = NAN,
        margin_ratio: Callable[[str], float] | None = None,
        liquidation_distance: Callable[[str], float] | None = None,
    ) -> None:
        self.markets = [Market(half_spread, i in marked) for i in range(max(markets.values(), default=-1) + 1)]
        self._by_leg = {leg: self.markets[index] for leg, index in markets.items()}
        self._instruments = instruments
        self._capital = capital
        self._queries = program.queries
        self._words = program.words
        self._margin_ratio = margin_ratio
        self._liquidation_distance = liquidation_distance
        self._now: Callable[[], float] = self._last_seen
        for market in self.markets:
            market.funding_us = funding_seconds * SECOND_US
        self._asked_besides: list[Query] = []
        """questions that are not the program's, kept so that no other one can come to have their identity"""
        self._readers: dict[int, Reader] = {id(query): self._reader(query) for query in program.queries}

    def watch(self, now_us: Callable[[], float]) -> None:
        """Tell the time by somebody else's clock; without it, it is the time of the last event."""
        self._now = now_us

    def note(self, event: MarketEvent) -> None:
        """Take one event in. What no market of the run is about is no leg's, and is let go."""
        if event.market < len(self.markets):
            self.markets[event.market].note(event)

    def _last_seen(self) -> float:
        times = [market.seen_us for market in self.markets if market.seen_us == market.seen_us]
        return max(times, default=NAN)

    # -- the market port ---------------------------------------------------------------------------------------------

    def answer(self, query: Query, arguments: Arguments) -> float:
        """The answer at this moment; NaN when there is none."""
        reader = self._readers.get(id(query))
        if reader is None:
            reader = self._readers[id(query)] = self._reader(query)
            self._asked_besides.append(query)
        return reader(arguments)

    def bound(self, query: Query) -> Callable[[], float]:
        """The same as a call, for who asks a question without arguments again and again."""
        market = self._by_leg.get(query.legs[0]) if query.legs else None
        read = _SIMPLE.get(query.function)
        return partial(self.answer, query, ()) if market is None or read is None else partial(read, market)

    def over(self, index: int, kind: Kind, events: EventBatch) -> tuple[dict[int, Floats], dict[str, Floats]]:
        """What changes with some events of one kind in one market (`Market.over`): the answers to the program's
        questions by slot, and the prices of legs by name."""
        import numpy as np

        market = self.markets[index]
        with np.errstate(all="ignore"):
            over = market.over(events, kind)
        found = {name: column for name, column in over.items() if not isinstance(column, float)}
        legs = [leg for leg, its in self._by_leg.items() if its is market]
        asked = [query for query in self._queries if query.slot >= 0 and query.legs and query.legs[0] in legs]
        answers = {query.slot: found[query.function] for query in asked if query.function in found}
        return answers, {leg: found["mark"] for leg in legs if "mark" in found}

    def lot(self, leg: str) -> float:
        return self._instruments[leg].lot if leg in self._instruments else 0.0

    def tick(self, leg: str) -> float:
        return self._instruments[leg].tick if leg in self._instruments else 0.0

    def least(self, leg: str) -> float:
        """The least quantity of an order that opens: by size, and by value at the present price."""
        if leg not in self._instruments:
            return 0.0
        instrument, price = self._instruments[leg], self.price(leg)
        by_value = instrument.least_notional / price if price > 0.0 else 0.0
        return max(instrument.least_quantity, by_value)

    def price(self, leg: str) -> float:
        try:
            return self._by_leg[leg].price
        except KeyError:
            return NAN

    def equity(self, account: str) -> float:
        return self._capital.get(account, 0.0)

    # -- ages --------------------------------------------------------------------------------------------------------

    def book_us(self, leg: str) -> float:
        """When the leg's market was heard last."""
        market = self._by_leg.get(leg)
        return market.seen_us if market is not None else NAN

    def account_us(self, account: str) -> float:
        """What an account of a simulation says is never old."""
        return float("inf")

    # -- questions ---------------------------------------------------------------------------------------------------

    def _reader(self, query: Query) -> Reader:
        """A question, bound to what answers it."""
        name = query.function
        if name == "margin_ratio":
            return _given(self._margin_ratio, query.words)
        market = self._by_leg.get(query.legs[0]) if query.legs else None
        if market is None:
            return _unknown
        leg = query.legs[0]
        if name == "liquidation_distance":
            return _given(self._liquidation_distance, (leg,))
        if name in _SIMPLE:
            read = _SIMPLE[name]
            return lambda arguments: read(market)
        if name in _SIDED:
            return self._sided(name, market, query)
        named: dict[str, Reader] = {
            "time_to_funding": lambda arguments: self._until_funding(market),
            "book_age": lambda arguments: (self._now() - market.booked_us) / SECOND_US,
            "tick": lambda arguments: self.tick(leg),
            "lot": lambda arguments: self.lot(leg),
            "min_notional": lambda arguments: self._least_notional(leg),
        }
        return named.get(name, _unknown)

    def _sided(self, name: str, market: Market, query: Query) -> Reader:
        """A question about one side of the book. The side is a word of the question, or its first argument."""
        read = _SIDED[name]
        side = next((word for word in query.words if word in ("buy", "sell")), None)
        words = self._words

        def answer(arguments: Arguments) -> float:
            if side is not None:
                return read(market, side == "buy", arguments[-1] if arguments else NAN)
            if not arguments or arguments[0] != arguments[0]:
                return NAN
            return read(market, words[int(arguments[0])] == "buy", arguments[1] if len(arguments) > 1 else NAN)

        return answer

    def _until_funding(self, market: Market) -> float:
        """Time until the next payment, if they go on as they came."""
        if market.funding_us != market.funding_us or market.funded_us != market.funded_us:
            return NAN
        since = self._now() - market.funded_us
        return (market.funding_us - since % market.funding_us) / SECOND_US

    def _least_notional(self, leg: str) -> float:
        return self._instruments[leg].least_notional if leg in self._instruments else 0.0


def _unknown(arguments: Arguments) -> float:
    return NAN


def _given(source: Callable[[str], float] | None, words: tuple[str, ...]) -> Reader:
    if source is None or not words:
        return _unknown
    return lambda arguments: source(words[0])


def _touch(market: Market, is_buy: bool, quantity: float) -> float:
    return market.bid if is_buy else market.ask


def _depth(market: Market, is_buy: bool, quantity: float) -> float:
    return market.bid_size if is_buy else market.ask_size


def _available(market: Market, is_buy: bool, limit: float) -> float:
    """What is displayed within a limit; NaN: all of it."""
    if market.depth is not None:
        return market.depth.available(is_buy, limit)
    size, price = (market.ask_size, market.ask) if is_buy else (market.bid_size, market.bid)
    return size if is_within(price, limit, not is_buy) else 0.0


def _worst(market: Market, is_buy: bool, quantity: float) -> float:
    return _taken(market, is_buy, quantity) if market.depth is None else market.depth.worst(is_buy, quantity)


def _average(market: Market, is_buy: bool, quantity: float) -> float:
    return _taken(market, is_buy, quantity) if market.depth is None else market.depth.average(is_buy, quantity)


def _taken(market: Market, is_buy: bool, quantity: float) -> float:
    """The price of an order that takes. A touch shows one level: beyond its size the price is not known.

    Where no sizes are known (bars, trades) the touch is taken to hold every size, as the venue does.
    """
    size = _available(market, is_buy, NAN)
    price = market.ask if is_buy else market.bid
    if quantity != quantity or (market.has_book and not quantity <= size):
        return NAN
    return price


_SIMPLE: dict[str, Callable[[Market], float]] = {
    "mark": attrgetter("price"),
    "last": attrgetter("last"),
    "mid": attrgetter("mid"),
    "bid": attrgetter("bid"),
    "ask": attrgetter("ask"),
    "book_spread": lambda market: market.ask - market.bid,
    "funding_rate": attrgetter("funding_rate"),
    "funding_interval": lambda market: market.funding_us / SECOND_US,
}
STEADY = frozenset({*_SIMPLE, "tick", "lot"})
"""questions whose answers change with the events of a market alone, not with time or an account"""
_SIDED: dict[str, Callable[[Market, bool, float], float]] = {
    "touch": _touch,
    "depth": _depth,
    "available": _available,
    "worst_price": _worst,
    "vwap": _average,
}

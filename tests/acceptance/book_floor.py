"""The market-making spec on the simulated venue, told an order book message by message.

The contract is LTC/USDT:USDT, whose tick of 0.01 and price near 100 are those of the document's worked example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tests.acceptance.looker_on import LookerOn

from fsmtrader.data.events import EventBatch, Heard, batch_of
from fsmtrader.data.stream import stream_of
from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind, MarketEvent
from fsmtrader.domain.orders import Expired, Filled, Rejected
from fsmtrader.engine.events import AlertRaised, RecordRow
from fsmtrader.program.compiler import check
from fsmtrader.research.assembly import assemble, terms_of
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.markets import Markets
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPEC = Path(__file__).parents[2] / "specs" / "market_making.yml"
SECOND = 1_000_000
BIDS = {99.95: 1.0, 99.90: 2.0, 99.70: 5.0}
ASKS = {100.05: 1.0, 100.10: 2.0, 100.30: 5.0}
VALUES = {
    "baseSize": "1",
    "baseSpread": "0.1%",
    "insertMinSpreadTicks": "100000",
    "shockPct": "0.5%",
    "staticTicks": "5",
}
"""the worked example's, and a book that is never wide enough to be quoted inside"""


class Live(NamedTuple):
    """An order that lives in a slot."""

    price: float
    quantity: float
    post_only: bool


class _Empty:
    """Says of a market that it will have books and trades."""

    name, market, interval_us = "by hand", 0, 0

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        row = [np.array([value]) for value in (100.0, 1.0, 1.0, LAST)]
        yield batch_of(self.kind, 0, np.array([SECOND]), row)


class BookFloor(LookerOn):
    """One run by hand. `values` are parameters beside `VALUES`, `edits` replace pieces of the spec's text."""

    def __init__(
        self,
        *edits: tuple[str, str],
        operator: tuple[tuple[str, str], ...] = (),
        latency: Latency | None = None,
        **values: str,
    ) -> None:
        text = SPEC.read_text(encoding="utf-8").partition("\ntests:\n")[0].replace("BTC/USDT:USDT", "LTC/USDT:USDT")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        self.program = check(Source(SPEC.name, text.encode())).require()
        settings = Settings(overrides={**VALUES, **values}, spread=0.0, operations=operator, latency=latency)
        terms = terms_of(self.program, settings)
        names = [place.name for place in Markets(self.program).places]
        super().__init__()
        stream = stream_of([_Empty(Kind.DEPTH), _Empty(Kind.TRADE)], names)
        parts = assemble(self.program, settings, stream, terms, Hooks(recorder=self))
        self.core, self.venue, self.simulation = parts.core, parts.venue, parts.simulation
        self.now_us = SECOND

    # the market
    def book(
        self, bids: Mapping[float, float] = BIDS, asks: Mapping[float, float] = ASKS, *, after: float = 0.0
    ) -> None:
        """The whole book is told, so many seconds later."""
        rows = [(price, size, 1.0) for price, size in bids.items()]
        rows += [(price, size, -1.0) for price, size in asks.items()]
        flags = [0.0] * len(rows)
        flags[0] += FIRST_OF_SNAPSHOT
        flags[-1] += LAST
        self.pass_time(after)
        for row, flag in zip(rows, flags, strict=True):
            self._step(Kind.DEPTH, *row, flag)

    def level(self, price: float, size: float, side: float, *, after: float = 0.0) -> None:
        """One level is told anew."""
        self.pass_time(after)
        self._step(Kind.DEPTH, price, size, side, LAST)

    def around(self, middle: float, *, after: float = 1.0, wide: float = 0.05, size: float = 5.0) -> None:
        """A book of three levels about a middle, where somebody has traded a little."""
        bids = {round(middle - wide * n, 2): size for n in (1, 2, 3)}
        self.book(bids, {round(middle + wide * n, 2): size for n in (1, 2, 3)}, after=after)
        self.trade(middle, 0.001, 1.0)

    def trade(self, price: float, size: float, side: float, *, after: float = 0.0) -> None:
        """Somebody bought (+1) or sold (-1)."""
        self.pass_time(after)
        self._step(Kind.TRADE, price, size, side)

    def pass_time(self, seconds: float) -> None:
        """Time passes without news."""
        self.now_us += round(seconds * SECOND)
        self.simulation.until(self.now_us)

    def _step(self, kind: Kind, *numbers: float) -> None:
        self.simulation.step(MarketEvent(self.now_us, kind, 0, *numbers))

    # what is asked
    def slot(self, name: str) -> Live | None:
        """What lives in a slot."""
        found = next(slot for slot in self.core.quotes.slots if slot.quote.name == name)
        live = [order for order in found.orders if not order.cancelling]
        assert len(live) <= 1, "no two live orders in a slot"
        return Live(live[0].wish.price, live[0].wish.quantity, live[0].wish.post_only) if live else None

    def state(self, region: str) -> str:
        return next(place.machine.state for place in self.core.regions.places if place.region.name == region)

    def records(self, kind: str) -> list[dict[str, float]]:
        return [dict(note.columns) for note in self.notes if isinstance(note, RecordRow) and note.kind == kind]

    @property
    def risk(self) -> str:
        return self.state("risk")

    @property
    def alerts(self) -> list[str]:
        return [note.name for note in self.notes if isinstance(note, AlertRaised)]

    @property
    def fills(self) -> list[Filled]:
        return [answer for answer in self.answers if isinstance(answer, Filled)]

    @property
    def rejected(self) -> list[Rejected]:
        return [answer for answer in self.answers if isinstance(answer, Rejected)]

    @property
    def expired(self) -> list[Expired]:
        return [answer for answer in self.answers if isinstance(answer, Expired)]

"""What machine and scout both know of levels, own orders and slots: rows of memory that stand behind the indicators'.

The levels are the venue's own arrays. What we have seen of them is the same, and is copied when the machine goes on.
Own orders are told as they rest, and learnt as far as their queues have moved, slots as far as their clocks have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fsmtrader.domain.market import Kind
from fsmtrader.engine.quotes import SlotState
from fsmtrader.engine.seen import Market
from fsmtrader.engine.seen_depth import Depth
from fsmtrader.engine.state import Work
from fsmtrader.kernel.emit_questions import word_number
from fsmtrader.kernel.runtime_orders import AHEAD, MOST_RESTING, ORDER, OWN_HEADER, SHOWN, TRADED
from fsmtrader.kernel.runtime_slots import MOST_WORKING, NEXT_US, RUNG_US, SLOT_HEADER, TIMES_RUNG, WORKING
from fsmtrader.numeric.depth import HEADER, new_side, places_in
from fsmtrader.program.ir import EventKind, Orders, Side
from fsmtrader.program.reach import is_fixed
from fsmtrader.research.assembly import Assembly
from fsmtrader.venues.simulated.book import Book

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEVER = float("inf")
NO_LEVELS = 4
"""numbers of a side in a market that tells no levels"""
OF_NEWS = Work("news", EventKind.MARKET)
"""an event that is no order's"""
OF_ORDERS = (EventKind.ORDER, EventKind.ACTION)
PERMISSIONS = {Orders.NONE: 0.0, Orders.REDUCE: 1.0, Orders.ANY: 2.0}


class OwnOrders:
    """The rows of one run, in the order of `emit_book.book_lines`."""

    def __init__(self, assembly: Assembly, kinds: Sequence[frozenset[Kind]], *, is_plain: bool) -> None:
        import numpy as np

        self._core = assembly.core
        self._program = assembly.core.program
        self._venue = assembly.venue
        rates = [limit.value.tree for limit in self._program.limits if limit.kind == "rate" and limit.value is not None]
        self._has_fixed_rates = all(is_fixed(self._program, tree) for tree in rates)
        self._instrument = assembly.venue.instrument
        self._markets: list[tuple[Market, Book]] = list(zip(assembly.seen.markets, assembly.venue.books, strict=True))
        self._own: list[Floats] = [np.zeros(OWN_HEADER + ORDER * MOST_RESTING) for _ in self._markets]
        self._slots: list[Floats] = [np.zeros(SLOT_HEADER + WORKING * MOST_WORKING) for _ in self._core.quotes.slots]
        self._sides = [self._levels(book, Kind.DEPTH in kinds[m]) for m, (_, book) in enumerate(self._markets)]
        rows = [row for sides, own in zip(self._sides, self._own, strict=True) for row in (*sides, own)]
        self.rows: list[Any] = [row.data if is_plain else row for row in (*rows, *self._slots)]
        """Python is several times faster on a memoryview"""

    def _levels(self, book: Book, has_any: bool) -> tuple[Floats, Floats]:
        import numpy as np

        if not has_any:
            return np.zeros(NO_LEVELS), np.zeros(NO_LEVELS)
        if not book.bids:
            book.bids, book.asks = new_side(), new_side()
        return np.asarray(book.bids), np.asarray(book.asks)

    @property
    def can_be_told(self) -> bool:
        """Whether there is room for all of them, and none waits for a bar."""
        is_full = any(len(slot.orders) > MOST_WORKING for slot in self._core.quotes.slots)
        return not is_full and all(not b.waiting and len(b.orders) <= MOST_RESTING for _, b in self._markets)

    # -- how things stand --------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """For the scout."""
        for (_, book), own in zip(self._markets, self._own, strict=True):
            model = book.terms.queue
            told = [float(len(book.orders)), float(model.leaving), model.power]
            told += [book.buy_reach, book.sell_reach, book.buy_far, book.sell_far]
            for order in book.orders:
                told += [order.price, order.left, order.ahead, order.shown, order.traded, float(order.is_buy)]
            own[: len(told)] = told
        permission = PERMISSIONS[self._core.permission()]
        for slot, row in zip(self._core.quotes.slots, self._slots, strict=True):
            told = [*self._of_slot(slot, permission), *self._of_orders(slot)]
            row[: len(told)] = told

    def _of_slot(self, slot: SlotState, permission: float) -> Iterator[float]:
        side, is_post, is_reduce = slot.flags or ("", False, False)
        instrument = self._instrument(slot.quote.leg)
        assert instrument is not None, "the filters of every contract are known"
        yield from (float(slot.flags is not None), self._word(side), float(is_post), float(is_reduce))
        yield from (slot.next_us, float(slot.replacing), instrument.tick, instrument.lot)
        yield from (instrument.least_quantity, instrument.least_notional, permission)
        is_again = slot.refused == "rate" and self._has_fixed_rates
        refused_us = self._core.risk.rate_until_us(is_reduce) if is_again else -NEVER
        is_short = self._program.legs[slot.leg].side is Side.SHORT
        yield from (float(is_short), self._word("buy"), refused_us, float(slot.rounds), float(slot.rung_us))
        yield float(len(slot.orders))

    def _of_orders(self, slot: SlotState) -> Iterator[float]:
        for order in slot.orders:
            wish = order.wish
            yield from (float(order.cancelling), self._word(wish.side), float(wish.post_only), float(wish.reduce_only))
            yield from (wish.price, wish.quantity, float(order.placed_us))

    def _word(self, word: str) -> float:
        return word_number(self._program, word)

    def others(self) -> Iterator[tuple[str, float]]:
        """Scalars that are not an attribute of something."""
        event = self._core.state.event
        yield "ordered", float(event is not None and event.kind in OF_ORDERS)
        yield from ((f"has_depth_{m}", float(market.depth is not None)) for m, (market, _) in enumerate(self._markets))

    # -- what has come of it -----------------------------------------------------------------------------------------

    def learn(self, value: Any) -> None:
        """For the machine; `value` gives a scalar by its name."""
        event = self._core.state.event
        if event is not None and event.kind in OF_ORDERS and value("ordered") == 0.0:
            self._core.state.event = OF_NEWS
        for slot, row in zip(self._core.quotes.slots, self._slots, strict=True):
            slot.next_us, slot.rounds, slot.rung_us = float(row[NEXT_US]), int(row[TIMES_RUNG]), int(row[RUNG_US])
        for m, ((market, book), own) in enumerate(zip(self._markets, self._own, strict=True)):
            for place, order in enumerate(book.orders):
                row = own[OWN_HEADER + ORDER * place : OWN_HEADER + ORDER * (place + 1)].tolist()
                order.ahead, order.shown, order.traded = row[AHEAD], row[SHOWN], row[TRADED]
            if value(f"has_depth_{m}") != 0.0:
                self._see(market, *self._sides[m])

    def _see(self, market: Market, bids: Floats, asks: Floats) -> None:
        """The levels as they have reached us are those of the venue."""
        import numpy as np

        depth = market.depth = market.depth or Depth()
        for ours, theirs in ((depth.bids, bids), (depth.asks, asks)):
            known, count, sizes = np.asarray(ours), int(theirs[0]), HEADER + places_in(ours)
            known[: HEADER + count] = theirs[: HEADER + count]
            known[sizes : sizes + count] = theirs[sizes : sizes + count]
        depth.touch = market.bid, market.bid_size, market.ask, market.ask_size


def has_nothing_in_hand(assembly: Assembly, own: OwnOrders) -> bool:
    """Whether all that may happen next is news, a moment of somebody's clock, or an answer that is on its way. Orders
    may be out: who rests is the scout's, what is on its way comes at its moment."""
    core = assembly.core
    places = core.regions.places
    return (
        own.can_be_told
        and core.is_between_events
        and all(place.flight is None and not place.waiting and not place.moved for place in places)
        and all(timer.next_us < NEVER for timer in core.timers.intervals)
    )

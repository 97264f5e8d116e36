"""Looks on while a run with working quotes goes on, and counts what a market maker asks about afterwards.

All that it counts hangs on what the journal hears, and so is the same whatever engine makes the run. Of the market it
reads the touch: when the run has done something, and at every event while a markout waits for its moment. Nothing of it
comes back into the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from fsmtrader.domain.orders import Cancelled, Expired, Filled, Rejected
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Effects, Told
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Program, Query
from fsmtrader.research.hooks import LookerOn
from fsmtrader.research.open_orders import BUY, SELL, SIDES, OpenOrder, OpenOrders, bought
from fsmtrader.research.quoting.found import Liquidity, QuotedLeg, QuotingFound
from fsmtrader.research.quoting.markouts import MAKER, NEVER, TAKER, Markouts
from fsmtrader.research.quoting.measures import SECOND_US, quoted_spread, ratio, skew
from fsmtrader.research.quoting.presence import Presence, Weighted
from fsmtrader.research.quoting.queue import QueuePlaces
from fsmtrader.research.quoting.reasons import NOT_WANTED, PENDING, Reasons
from fsmtrader.research.quoting.sides import LIVE, SideWatch
from fsmtrader.research.quoting.touch import Touches

if TYPE_CHECKING:
    import polars as pl

NAN = float("nan")
BEFORE = (Status.WAITING, Status.OPENING)


class _LegWatch:
    """What is counted of one leg."""

    def __init__(self, core: Core, leg: str, begin_us: int) -> None:
        self.name = leg
        self.index = next(index for index, entry in enumerate(core.program.legs) if entry.name == leg)
        self.sign = bought(core.program)[leg]
        self.sides = {side: SideWatch(leg, side, begin_us) for side in SIDES}
        self.any = Presence(begin_us)
        self.net, self.spread, self.skew = Weighted(), Weighted(), Weighted()
        self.mid = NAN
        market = core.state.market
        asked = [Query(name, (leg,), (), -1, "") for name in ("bid", "ask", "mid")]
        self._read = [partial(market.answer, query, ()) for query in asked]

    def touch(self) -> tuple[float, float]:
        """Bid and ask; `mid` is read as well."""
        bid, ask, self.mid = (read() for read in self._read)
        return bid, ask

    def weigh(self, now_us: int, net: float) -> None:
        """The own orders of both sides were looked at."""
        self.any.switch(now_us, any(side.spent.kind == LIVE for side in self.sides.values()))
        self.net.set(now_us, abs(net))
        bid, ask = self.sides[BUY].best, self.sides[SELL].best
        self.spread.set(now_us, quoted_spread(bid, ask, self.mid))
        self.skew.set(now_us, skew(bid, ask, self.mid))

    def cycles(self, count: int) -> None:
        """So many intervals have found what there is."""
        for side in self.sides.values():
            side.cycles[side.spent.kind] += count

    def found(self, end_us: int) -> QuotedLeg:
        self.any.finish(end_us)
        for mean in (self.net, self.spread, self.skew):
            mean.finish(end_us)
        silent = end_us - self.sides[BUY].begin_us - self.any.there_us
        gap = self.any.gap_us / SECOND_US, self.any.gap_begin_us
        means = self.net.mean, self.net.most, self.spread.mean, self.skew.mean
        return QuotedLeg(self.name, *means, silent / SECOND_US, *gap)


class Quoting(LookerOn):
    """One run, seen as a market maker's."""

    def __init__(self, program: Program) -> None:
        self.open = OpenOrders(program)
        self.legs_quoted = tuple(dict.fromkeys(quote.leg for quote in program.quotes))
        self.touches = Touches(self.legs_quoted)
        self.markouts = Markouts()
        self.queue = QueuePlaces()
        self._ahead: dict[str, float] = {}
        self._rejected: dict[str, str] = {}
        self._legs: list[_LegWatch] = []
        self._fills = {MAKER: [0, 0.0, 0.0], TAKER: [0, 0.0, 0.0]}
        """count, turnover and fees"""
        self._orders = self._cancels = 0
        self._due_us = NEVER
        self._rounds: list[int] = []
        self._cycle: dict[str, int] = {}
        """legs of whose slots an interval has come, and when: that instant may not be over yet"""
        self._begin_us: int | None = None
        self._has_rested = False
        """nothing was done since the begin"""
        self._sent: set[str] = set()
        """slots that have had an order"""

    def attach(self, core: Core) -> None:
        self._core = core
        self._reasons = Reasons(core, self._rejected)
        self._rounds = [slot.rounds for slot in core.quotes.slots]

    # -- what it hears -----------------------------------------------------------------------------------------------

    def rested(self, client_id: str, ahead: float) -> None:
        """An order has come to rest at the venue, behind `ahead` of others."""
        order = self.open.by_id.get(client_id)
        if order is not None and order.is_resting:
            order.ahead = ahead
        else:
            self._ahead[client_id] = ahead

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        self._mark(now_us)
        for item in items:
            order = self.open.told(now_us, item)
            if order is None:
                continue
            order.ahead = self._ahead.pop(order.client_id, order.ahead)
            match item:
                case Filled():
                    self._filled(now_us, order, item)
                case Rejected(reason=reason) if order.slot:
                    self._rejected[order.slot] = reason
                case Cancelled(reason=reason):
                    self._ended(now_us, order)
                    if reason and order.slot:
                        self._rejected[order.slot] = reason
                case Expired():
                    self._ended(now_us, order)
        self._look(now_us)

    def effects(self, now_us: int, effects: Effects) -> None:
        self._mark(now_us)
        self.open.sent(now_us, effects)
        self._orders += len(effects.orders)
        self._cancels += len(effects.cancels)
        for order in effects.orders:
            slot = getattr(order, "slot", "")
            self._sent.add(slot)
            self._rejected.pop(slot, None)
        self._look(now_us)

    def after(self, time_us: int) -> None:
        """A market event is done."""
        if self._begin_us is None and self._core.state.status not in BEFORE:
            self._begin_us = time_us
            if not self._legs:
                self._look(time_us)
                self._has_rested = True
        self._mark(time_us)
        self.stretch()

    def stretch(self) -> None:
        """Events are done of which nothing came, none of them later than `next_us`."""
        if self._due_us < NEVER:
            for leg in self._legs:
                leg.touch()

    @property
    def next_us(self) -> float:
        """When a markout is due next; infinite when none is."""
        return self._due_us

    # -- counting ----------------------------------------------------------------------------------------------------

    def _filled(self, now_us: int, order: OpenOrder, fill: Filled) -> None:
        count = self._fills[MAKER if fill.maker else TAKER]
        count[0] += 1
        count[1] += fill.quantity * fill.price
        count[2] += fill.fee
        if order.leg in self.legs_quoted and self._legs:
            for leg in self._legs:
                leg.touch()
            self.markouts.filled(now_us, order.leg, fill.price, fill.quantity, order.side == BUY, fill.maker)
            self._due_us = self.markouts.next_us
        if self.open.is_gone(order):
            self._ended(now_us, order)

    def _ended(self, now_us: int, order: OpenOrder) -> None:
        """An order is no more. It counts if it has rested: then the venue has told what stood ahead."""
        if order.is_resting and order.ahead == order.ahead:
            self.queue.ended(order, now_us)

    def _mark(self, now_us: int) -> None:
        """Markouts that were due before now: the prices of the last look have held until then.

        It comes before anything is read of this moment. What is due right now waits: more may be told of it.
        """
        if self._due_us < now_us:
            self.markouts.due(now_us - 1, {leg.name: leg.mid for leg in self._legs})
            self._due_us = self.markouts.next_us

    def _look(self, now_us: int) -> None:
        """See what there is of own orders."""
        core = self._core
        if core.state.status in BEFORE:
            return
        self._has_rested = False
        if not self._legs:
            self._legs = [_LegWatch(core, leg, now_us) for leg in self.legs_quoted]
        self._count_cycles(now_us)
        orders = tuple(self.open.by_id.values())
        row: list[float] = []
        for leg in self._legs:
            row += leg.touch()
            for side in leg.sides.values():
                side.switch(now_us, self._kind(side, orders))
                row.append(side.best)
            leg.weigh(now_us, core.state.books.quantity(leg.index))
        self.touches.add(now_us, row)

    def _count_cycles(self, now_us: int) -> None:
        """Intervals that have come since the last look. Nothing has changed until now, so each of those before found
        what there was; what the present one finds is known when its instant is over."""
        self._judge(now_us)
        came: dict[str, tuple[int, int]] = {}
        for place, slot in enumerate(self._core.quotes.slots):
            count, self._rounds[place] = slot.rounds - self._rounds[place], slot.rounds
            if count:
                name = slot.quote.leg
                came[name] = max(came.get(name, (0, 0)), (count, slot.rung_us))
        for leg in self._legs:
            count, rung_us = came.get(leg.name, (0, 0))
            if count and rung_us == now_us:
                self._cycle[leg.name] = now_us
                count -= 1
            leg.cycles(count)

    def _judge(self, now_us: int) -> None:
        """What intervals have found whose instant is over."""
        for leg in self._legs:
            if self._cycle.get(leg.name, now_us) < now_us:
                del self._cycle[leg.name]
                leg.cycles(1)

    def _kind(self, side: SideWatch, orders: tuple[OpenOrder, ...]) -> str:
        there = side.look(orders)
        if there is not False:
            return LIVE if there else PENDING
        state = self._core.state
        slots = []
        for slot in self._core.quotes.slots:
            number = state.compiled.number(slot.quote.side)(state.x)
            is_unknown = number != number
            if slot.quote.leg == side.leg and (is_unknown or state.program.words[int(number)] == side.side):
                slots.append(slot)
        return self._reasons.of(slots)

    # -- the end -----------------------------------------------------------------------------------------------------

    def finish(self, end_us: int, capital: float) -> QuotingFound:
        """The run has ended; what still goes on is counted until then.

        Where nothing was ever done nothing was looked at: what is true now counts for all of the time.
        """
        if self._has_rested and self._begin_us is not None:
            self._legs = []
            self._look(self._begin_us)
        self._mark(end_us + 1)
        self._count_cycles(end_us + 1)
        for order in self.open.by_id.values():
            self._ended(end_us, order)
        turnover = sum(count[1] for count in self._fills.values())
        fills = int(sum(count[0] for count in self._fills.values()))
        begin_us = self._legs[0].sides[BUY].begin_us if self._legs else end_us
        return QuotingFound(
            (end_us - begin_us) / SECOND_US,
            tuple(side.found(end_us) for leg in self._legs for side in leg.sides.values()),
            tuple(leg.found(end_us) for leg in self._legs),
            tuple(
                Liquidity(name, int(count), traded, ratio(traded, turnover), fees)
                for name, (count, traded, fees) in self._fills.items()
            ),
            self.markouts.found(),
            self.queue.found(),
            self._orders,
            self._cancels,
            fills,
            ratio(turnover, capital),
            ratio(fills, self._cancels),
        )

    def silent(self) -> Iterator[str]:
        """Slots that have never had an order though they are wanted now, and why not."""
        for slot in self._core.quotes.slots if self._begin_us is not None else ():
            why = self._reasons.of([slot])
            if slot.quote.name not in self._sent and not why.startswith(NOT_WANTED) and why != PENDING:
                yield f"{slot.quote.name} has never had an order: {why}"

    def frame(self) -> pl.DataFrame:
        """The touch and the own quotes over time."""
        return self.touches.frame()

"""What machine and scout both know of a run, in two forms: attributes of objects, and arrays of doubles by name.

A scout (`scouted`) is a compiled loop that looks ahead over quiet events. Before it begins it is told how things stand,
afterwards the machine learns what it has seen. Windows of indicators are one memory that both work on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsmtrader.data.events import EventBatch
from fsmtrader.domain.market import Kind
from fsmtrader.engine.seen import Market
from fsmtrader.engine.state import Status
from fsmtrader.kernel.emit_slots import ORDERED
from fsmtrader.program.reach import moving_slots
from fsmtrader.research.assembly import Assembly
from fsmtrader.research.equity import EquityCurve
from fsmtrader.research.handover_orders import OwnOrders
from fsmtrader.venues.simulated.book import Book

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAN, NEVER = float("nan"), float("inf")
RUNNING, OVER = 2.0, 3.0
"""`status` as a scout knows it"""
SEEN = {"price": "price", "last": "last", "seen_bid": "bid", "seen_ask": "ask", "rate": "funding_rate",
        "has_book": "has_book", "has_mark": "has_mark", "seen_bid_size": "bid_size", "seen_ask_size": "ask_size",
        "booked": "booked_us"}  # fmt: skip
"""what we have seen of a market: a scout's name, an attribute of `seen.Market`"""
OF_BOOK = {name: name for name in ("bid", "ask", "bid_size", "ask_size", "bid_used", "ask_used", "mark",
           "funding_mark", "grain", "bar_us", "has_marks", "safe_low", "safe_high", "in_snapshot", "renewed",
           "deferred")} | {"traded": "last"}  # fmt: skip
"""what the venue knows of it: an attribute of `book.Book`"""
FORMS: Mapping[str, Callable[[float], object]] = {
    "has_book": bool, "has_mark": bool, "has_marks": bool, "bar_us": int, "grain": lambda number: Kind(int(number)),
    "in_snapshot": bool, "renewed": bool, "deferred": bool,
}  # fmt: skip
"""what is not a plain number in the machine"""


@dataclass(frozen=True, slots=True)
class Field:
    """A scalar's place in the array, and the attribute that it is in the machine."""

    place: int
    thing: object
    name: str
    form: Callable[[float], object] | None


class Handover:
    """The arrays of one run. `names` are those of the scout's scalars; one that it does not keep is not handed over.

    `kinds`: of what kinds each market's events are.
    """

    def __init__(
        self,
        assembly: Assembly,
        kinds: Sequence[frozenset[Kind]],
        curve: EquityCurve,
        names: Sequence[str],
        *,
        is_plain: bool,
    ) -> None:
        import numpy as np

        core, self._kinds = assembly.core, kinds
        self._core, self._curve = core, curve
        self._places = {name: place for place, name in enumerate(names)}
        self._markets = list(zip(assembly.seen.markets, assembly.venue.books, strict=True))
        self._fields = list(self._found())
        self._bells = [(f"rung_{k}", bell) for k, bell in enumerate(core.alerts.bells)]
        self._bells = [(name, bell) for name, bell in self._bells if name in self._places]
        is_moving = any(moving_slots(core.program, stay.entry.delay.tree) for stay in core.timers.stays)
        self._stays = [] if is_moving else core.timers.stays
        """times in a state that the scout is told of; where the market changes one it sees to all of them itself"""
        self._is_plain = is_plain
        self.x: Any = list(core.x) if is_plain else np.array(core.x)
        self.s: Any = [0.0] * len(names) if is_plain else np.zeros(len(names))
        windows = [gauge.window for gauge in core.indicators.gauges if gauge.window is not None]
        assert len(windows) == len(core.indicators.gauges), "the core was made to share its windows"
        self.own = OwnOrders(assembly, kinds, is_plain=is_plain) if ORDERED in self._places else None
        """where the scout knows of levels, orders and slots"""
        rows = [*(windows if is_plain else map(np.frombuffer, windows)), *(self.own.rows if self.own else ())]
        self.memory: tuple[Any, ...] = tuple(rows) or (np.zeros(1),)
        """what the indicators remember, in order of the program's, and what stands in the books"""
        constants = [gauge.constants for gauge in core.indicators.gauges]
        self.constants: Floats = np.array(constants or [(0, 0, 0, 0.0)], dtype=np.float64)

    def tell(self) -> None:
        """How things stand, for the scout."""
        values = [0.0] * len(self._places)
        for field in self._fields:
            values[field.place] = getattr(field.thing, field.name)
        for name, value in self._others():
            if name in self._places:
                values[self._places[name]] = value
        self.s[:] = values
        self.x[:] = self._core.x
        if self.own is not None:
            self.own.tell()

    def _others(self) -> Iterator[tuple[str, float]]:
        """Scalars that are not an attribute of something."""
        core, curve = self._core, self._curve
        yield "status", RUNNING if core.state.status is Status.RUNNING else OVER
        yield from ((f"leaf_{r}", float(place.leaf)) for r, place in enumerate(core.regions.places))
        yield from ((name, NAN if bell.rung_us is None else bell.rung_us) for name, bell in self._bells)
        for k, watched in enumerate(core.invariants.watched):
            yield f"broken_{k}", float(watched in core.invariants.broken)
        cash, market = core.state.books.cash, core.state.market
        for k, account in enumerate(core.program.accounts):
            yield f"cash_{k}", market.equity(account.name) + cash.get(account.name, 0.0)
        yield from ((f"gain_{leg}", gain) for leg, gain in enumerate(curve.gains()))
        yield from (("capital", curve.capital), ("fixed", curve.fixed), ("peak", curve.peak))
        yield from (("deepest", curve.deepest), ("stride", float(curve.stride)), ("countdown", float(curve.countdown)))
        yield from (("changed", 0.0), ("source", -1.0), ("is_news", 0.0))
        is_running = core.state.status is Status.RUNNING
        stays = min((stay.due_us(core.x) for stay in self._stays), default=NEVER) if is_running else NEVER
        yield "own_due", stays
        yield from self.own.others() if self.own is not None else ()

    def learn(self, batch: EventBatch, start: int, stop: int) -> None:
        """What the scout has seen, for the machine: `start` to `stop` of a batch were told to it."""
        core = self._core
        values = self.s if self._is_plain else self.s.tolist()
        before = [book.bar_us for _, book in self._markets]
        for field in self._fields:
            value = values[field.place]
            setattr(field.thing, field.name, value if field.form is None else field.form(value))
        core.x[:] = self.x if self._is_plain else self.x.tolist()
        core.state.now_us = int(values[self._places["now"]])
        for name, bell in self._bells:
            rung = values[self._places[name]]
            bell.rung_us = None if rung != rung else rung
        for k, watched in enumerate(core.invariants.watched):
            flag = values[self._places[f"broken_{k}"]]
            (core.invariants.broken.add if flag else core.invariants.broken.discard)(watched)
        for index, (market, book) in enumerate(self._markets):
            book.bar_us = before[index]
            self._read(batch, start, stop, index, market, book)
        if self.own is not None:
            self.own.learn(lambda name: values[self._places[name]])

    def ask(self) -> None:
        """The questions that the scout does not know the answers to, before the machine decides anything."""
        self._core.inputs.refresh()

    def value(self, name: str) -> float:
        """A scalar as the scout has left it; NaN where it keeps none of that name."""
        return float(self.s[self._places[name]]) if name in self._places else NAN

    # -- the machine's side ------------------------------------------------------------------------------------------

    def _found(self) -> Iterator[Field]:
        """Every attribute that is a scalar of the scout's."""
        core = self._core
        things: list[tuple[str, object, str]] = [("now", core.state, "now_us")]
        for m, (market, book) in enumerate(self._markets):
            things += [(f"{name}_{m}", market, attribute) for name, attribute in SEEN.items()]
            things += [(f"{name}_{m}", book, attribute) for name, attribute in OF_BOOK.items()]
        things += [(f"last_g{i}", gauge, "last") for i, gauge in enumerate(core.indicators.gauges)]
        things += [(f"due_g{i}", gauge, "next_us") for i, gauge in enumerate(core.indicators.gauges)]
        things += [(f"next_{k}", timer, "next_us") for k, timer in enumerate(core.timers.intervals)]
        for k, stay in enumerate(core.timers.stays):
            things += [(f"fired_{k}", stay, "fired_for"), (f"due_for_{k}", stay, "due_for")]
        for name, thing, attribute in things:
            if name in self._places:
                form = int if name == "now" else FORMS.get(name.rpartition("_")[0])
                yield Field(self._places[name], thing, attribute, form)

    def _read(self, batch: EventBatch, start: int, stop: int, index: int, market: Market, book: Book) -> None:
        """What a scout does not keep of a market stands in the events: when it was heard, sizes as they were told, when
        its last bars ended."""
        if start == stop:
            return
        heard = self._last(batch, start, stop, index, None)
        if not heard:
            return
        market.seen_us = int(batch.time_us[heard[-1]])
        told = self._last(batch, start, stop, index, Kind.BOOK)
        if told and self.own is None:
            market.bid_size, market.ask_size = float(batch.b[told[-1]]), float(batch.d[told[-1]])
        ended = self._last(batch, start, stop, index, Kind.BAR)
        if ended:
            book.opened_us = int(batch.time_us[ended[-2]]) if len(ended) > 1 else book.bar_us
            book.bar_us = int(batch.time_us[ended[-1]])

    def _last(self, batch: EventBatch, start: int, stop: int, index: int, kind: Kind | None) -> Sequence[int]:
        """Where the last two events of a market (of a kind) are."""
        kinds = self._kinds[index]
        if kind is not None and kind not in kinds:
            return ()
        if len(self._kinds) == 1 and (kind is None or len(kinds) == 1):
            return range(max(start, stop - 2), stop)
        chosen = batch.market[start:stop] == index
        if kind is not None:
            chosen &= batch.kind[start:stop] == kind
        return [start + int(place) for place in chosen.nonzero()[0][-2:]]

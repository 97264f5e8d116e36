"""Events by name: which raw and named events a source raises, and what an order's or an action's event is about."""

from __future__ import annotations

from dataclasses import replace

from fsmtrader.domain.orders import Accepted, Answer, Cancelled, Expired, Filled, Rejected
from fsmtrader.engine.events import Raised
from fsmtrader.engine.flight import Flight
from fsmtrader.engine.quotes import Quotes, SlotState
from fsmtrader.engine.state import State, Work
from fsmtrader.program.ir import EventKind, Source
from fsmtrader.program.reach import legs_with_news

NAMES = {Accepted: "accepted", Filled: "filled", Rejected: "rejected", Expired: "expired", Cancelled: "cancelled"}
SPOKEN = {
    **dict.fromkeys(("tick", "lot", "min_quantity", "max_quantity", "min_notional", "price"), "filter"),
    **dict.fromkeys(("no_price", "unsupported", "rate_limit", "fok", "liquidation"), "venue"),
    "duplicate_id": "duplicate",
    "position_side": "permission",
}
"""the word of a spec for a venue's reason, where it has one for several (`draft.REASONS`)"""
ORDER_EVENTS = ("accepted", "filled", "rejected", "expired", "cancelled", "refused", "below_min")
ACTION_EVENTS = ("done", "failed")


class Raising:
    """Makes work of what happens. What comes of an event in hand is gathered until `take`."""

    def __init__(self, state: State) -> None:
        self._state = state
        program = state.program
        self._heard = {trigger for region in program.regions for trigger in region.triggers}
        self._heard |= {i.clock.event for i in program.indicators if i.clock.event}
        self._heard |= {alert.event for alert in program.alerts if alert.event}
        self._sources: dict[tuple[int, ...], tuple[Work, ...]] = {}
        self._legs: dict[tuple[int, ...], frozenset[str]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        """by an event's own name: those of its names that are heard"""
        self.gathered: list[Work] = []

    def is_heard(self, source: Source) -> bool:
        """Whether anything waits for this source, under its own name or another."""
        index = self._state.program.sources.index(source)
        named = (event for event in self._state.program.events if index in event.sources)
        return source.name in self._heard or any(event.name in self._heard for event in named)

    def take(self) -> list[Work]:
        gathered, self.gathered = self.gathered, []
        return gathered

    # -- market and time ---------------------------------------------------------------------------------------------

    def of_sources(self, sources: tuple[int, ...]) -> tuple[Work, ...]:
        """The raw events, then the named ones that hold one of them, each once."""
        if sources not in self._sources:
            program = self._state.program
            raw = [Work(program.sources[i].name, program.sources[i].kind) for i in sources]
            kind = raw[0].kind if raw else EventKind.MARKET
            named = [Work(e.name, kind) for e in program.events if not set(sources).isdisjoint(e.sources)]
            self._sources[sources] = tuple(work for work in (*raw, *named) if work.name in self._heard)
        return self._sources[sources]

    def legs_of(self, sources: tuple[int, ...]) -> frozenset[str]:
        """The legs whose market has news."""
        if sources not in self._legs:
            self._legs[sources] = legs_with_news(self._state.program, sources)
        return self._legs[sources]

    # -- by hand -----------------------------------------------------------------------------------------------------

    def by_hand(self, event: Raised) -> list[Work]:
        """The event that was named; a raw one is followed by the names that `events` has for it."""
        if event.name in ORDER_EVENTS or event.name in ACTION_EVENTS:
            return self._with_named(self._of_words(event))
        index = next((i for i, s in enumerate(self._state.program.sources) if s.name == event.name), -1)
        return list(self.of_sources((index,))) if index >= 0 else [Work(event.name, EventKind.NAMED)]

    def _of_words(self, event: Raised) -> Work:
        """An order or action event: the words may name a slot in full, a leg, an action, a reason."""
        words, owner = set(event.words), -1
        for quote in self._state.program.quotes:
            if quote.name in words:
                owner = quote.region
                words |= {quote.name.rpartition(".")[2], quote.leg}
        for region in self._state.program.regions:
            if owner < 0 and region.name in words:
                owner = region.index
        reason = next((w for w in event.words if w in self._state.program.words), "")
        kind = EventKind.ACTION if event.name in ACTION_EVENTS else EventKind.ORDER
        return Work(event.name, kind, frozenset(words), frozenset(words - {reason}), owner, reason=reason)

    def about_slot(self, event: Raised, quotes: Quotes) -> Answer | None:
        """The answer that an order event by hand is, if the slot that it names holds an order."""
        for slot in quotes.slots:
            if slot.quote.name in event.words and slot.orders:
                order = slot.orders[0]
                reason = next((w for w in event.words if w in self._state.program.words), "venue")
                made: dict[str, Answer] = {
                    "accepted": Accepted(order.client_id),
                    "filled": Filled(order.client_id, order.rest, order.wish.price),
                    "rejected": Rejected(order.client_id, reason),
                    "expired": Expired(order.client_id),
                    "cancelled": Cancelled(order.client_id),
                }
                return made.get(event.name)
        return None

    # -- orders and actions ------------------------------------------------------------------------------------------

    def order_event(self, answer: Answer, leg: int, flight: Flight | None, slot: SlotState | None) -> None:
        """The event of an answer."""
        name = self._state.program.legs[leg].name
        subjects = {name}
        owner = -1
        if flight is not None:
            subjects.add(flight.name)
            owner = flight.region
        if slot is not None:
            subjects |= {slot.local, slot.quote.name}
            owner = slot.quote.region
        reason = answer.reason if isinstance(answer, Rejected | Cancelled) else ""
        reason = SPOKEN.get(reason, reason)
        price = answer.price if isinstance(answer, Filled) else float("nan")
        quantity = answer.quantity if isinstance(answer, Filled) else float("nan")
        words = frozenset({*subjects, reason}) if reason else frozenset(subjects)
        event = NAMES[type(answer)]
        self._gather(Work(event, EventKind.ORDER, words, frozenset(subjects), owner, price, quantity, reason))

    def about_leg(self, name: str, leg: str, reason: str, region: int, *more: str) -> None:
        """An order event without an order: refused by the engine, or too small to be sent. `more`: its slot's names."""
        subjects = frozenset({leg, *more})
        words = subjects | {reason} if reason else subjects
        self._gather(Work(name, EventKind.ORDER, words, subjects, region, reason=reason))

    def action_event(self, name: str, flight: Flight) -> None:
        """`done` or `failed`."""
        words = frozenset({flight.name})
        self._gather(Work(name, EventKind.ACTION, words, words, flight.region))

    def operator_event(self, name: str) -> list[Work]:
        return self._with_named(Work(name, EventKind.OPERATOR))

    def _gather(self, work: Work) -> None:
        self.gathered.extend(self._with_named(work))

    def _with_named(self, work: Work) -> list[Work]:
        """The event under every name that anybody waits for."""
        names = self._names.get(work.name)
        if names is None:
            program = self._state.program
            index = next((i for i, source in enumerate(program.sources) if source.name == work.name), -1)
            named = [e.name for e in program.events if index in e.sources]
            names = self._names[work.name] = tuple(name for name in (work.name, *named) if name in self._heard)
        return [work if name == work.name else replace(work, name=name) for name in names]

"""A venue whose line is bad: answers that are late, lost, doubled or out of order, refusals for haste (V-21).

What happens is drawn from a seed, so a run with faults can be repeated. The venue behind it is not touched: an order
whose answer is late is there all the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from fsmtrader.domain.market import MarketEvent
from fsmtrader.domain.orders import (
    Accepted,
    CancelIntent,
    Cancelled,
    CancelRefused,
    Filled,
    Funded,
    Liquidated,
    OrderIntent,
    PoolIntent,
    Rejected,
)
from fsmtrader.numeric.ledger import settled
from fsmtrader.numeric.rounding import floor_quantity
from fsmtrader.venues.simulated.agenda import Agenda
from fsmtrader.venues.simulated.messages import Message

RATE_LIMIT = "rate_limit"


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities from 0 to 1, for each order, cancel or message by itself."""

    timeout_accepted: float = 0.0
    """the request arrives, its answer comes `late_us` later"""
    timeout_lost: float = 0.0
    """the request never arrives, and nobody says so"""
    throttled: float = 0.0
    """refused with 429, reason `rate_limit`"""
    partial: float = 0.0
    """half of the order is there, then the venue cancels the rest"""
    duplicate: float = 0.0
    """a fill is told twice, with the same trade id"""
    disorder: float = 0.0
    """a message comes `disorder_us` later than it should, after others"""
    gap: float = 0.0
    """with a message the stream breaks: it and all after it come together, `gap_us` later"""
    late_us: int = 60_000_000
    disorder_us: int = 50_000
    gap_us: int = 5_000_000


class Behind(Protocol):
    """The venue behind the line."""

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Message, ...]: ...
    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Message, ...]: ...
    def news(self, event: MarketEvent) -> tuple[Message, ...]: ...
    def next_us(self) -> float: ...
    def advance(self, now_us: int) -> tuple[Message, ...]: ...


class FaultyVenue:
    """The port of a simulated venue, with faults on the line. `lots` are the legs' quantity steps."""

    def __init__(self, venue: Behind, faults: Faults, seed: int, lots: dict[str, float] | None = None) -> None:
        self._venue = venue
        self._faults = faults
        self._dice = random.Random(seed)
        self._lots = lots or {}
        self._held: Agenda[Message] = Agenda()
        self._late: set[str] = set()
        """orders of which the next that is said comes late"""
        self._broken_us = -1
        """until when the stream is broken"""
        self._cut: dict[str, tuple[float, float]] = {}
        """orders that are only half there: what is left of the half, and the half"""

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Message, ...]:
        """An order is sent over the line."""
        faults = self._faults
        if self._happens(faults.throttled):
            return (Rejected(order.client_id, RATE_LIMIT),)
        if self._happens(faults.timeout_lost):
            return ()
        late = self._happens(faults.timeout_accepted)
        if isinstance(order, OrderIntent) and self._happens(faults.partial):
            order = self._half(order)
        if late:
            self._late.add(order.client_id)
        return self._back(self._venue.take(order, now_us), now_us)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Message, ...]:
        """A cancel is sent over the line."""
        faults = self._faults
        if self._happens(faults.throttled):
            return (CancelRefused(cancel.client_id, RATE_LIMIT),)
        if self._happens(faults.timeout_lost):
            return ()
        late = self._happens(faults.timeout_accepted)
        if late:
            self._late.add(cancel.client_id)
        return self._back(self._venue.cancel(cancel, now_us), now_us)

    def news(self, event: MarketEvent) -> tuple[Message, ...]:
        """The market has moved; what the venue says of it comes over the line."""
        return self._back(self._venue.news(event), event.time_us)

    def next_us(self) -> float:
        return min(self._venue.next_us(), self._held.next_us)

    def advance(self, now_us: int) -> tuple[Message, ...]:
        """Everything that is due until now, in order of time; of one moment the venue's first."""
        told: list[Message] = []
        while (moment := self.next_us()) <= now_us:
            due_us = int(moment)
            told.extend(self._back(self._venue.advance(due_us), due_us))
            told.extend(message for _, message in self._held.due(due_us))
        return tuple(told)

    def _happens(self, probability: float) -> bool:
        return probability > 0.0 and self._dice.random() < probability

    def _gap(self, now_us: int) -> int:
        """How long the stream is still broken; it may break just now."""
        if now_us >= self._broken_us and self._happens(self._faults.gap):
            self._broken_us = now_us + self._faults.gap_us
        return max(self._broken_us - now_us, 0)

    def _half(self, order: OrderIntent) -> OrderIntent:
        """Half of an order, in whole lots; the order itself when that is nothing."""
        change = floor_quantity(order.change / 2.0, self._lots.get(order.leg, 0.0))
        if change == 0.0:
            return order
        self._cut[order.client_id] = (abs(change), abs(change))
        return replace(order, change=change)

    def _back(self, messages: Iterable[Message], now_us: int) -> tuple[Message, ...]:
        """Messages come back: at once, or held for a while, or twice."""
        told: list[Message] = []
        answered: set[str] = set()
        for message in self._with_ends(messages):
            name = "" if isinstance(message, Funded | Liquidated) else message.client_id
            late_us = self._faults.late_us if name in self._late else 0
            answered.add(name)
            copies = 2 if isinstance(message, Filled) and self._happens(self._faults.duplicate) else 1
            for _ in range(copies):
                wait_us = late_us + (self._faults.disorder_us if self._happens(self._faults.disorder) else 0)
                wait_us = max(wait_us, self._gap(now_us))
                if wait_us > 0:
                    self._held.push(now_us + wait_us, message)
                else:
                    told.append(message)
        self._late -= answered
        return tuple(told)

    def _with_ends(self, messages: Iterable[Message]) -> Iterable[Message]:
        """Orders that are only half there end with a cancel once that half is filled."""
        for message in messages:
            yield message
            if (
                isinstance(message, Funded | Liquidated | CancelRefused | Accepted)
                or message.client_id not in self._cut
            ):
                continue
            left, half = self._cut.pop(message.client_id)
            if isinstance(message, Filled):
                left = settled(left - message.quantity, half)
                if left > 0.0:
                    self._cut[message.client_id] = (left, half)
                else:
                    yield Cancelled(message.client_id)

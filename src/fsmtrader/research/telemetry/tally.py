"""What is counted of a run: orders, fills, rejections, alerts and the like, by labels of which there are few.

A label is a name of the spec or a word of ours; of a venue's reasons at most `MOST_REASONS` are told apart. Client ids
and prices are never labels.
"""

from __future__ import annotations

from collections import Counter

from fsmtrader.domain.orders import Cancelled, Expired, Filled, OrderIntent, Rejected
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import AlertRaised, Effects, Fault, InvariantBroken, Note, RecordRow, Told, Transition
from fsmtrader.program.ir import Program
from fsmtrader.research.hooks import LookerOn
from fsmtrader.research.open_orders import OpenOrders

MOST_REASONS = 32
OTHER = "other"
MAKER, TAKER = "maker", "taker"


class Tally(LookerOn):
    """Counts of one run. What was declared and has not happened yet counts as 0."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.open = OpenOrders(program)
        legs = [leg.name for leg in program.legs]
        self.orders: Counter[str] = Counter(dict.fromkeys(legs, 0))
        self.cancels: Counter[str] = Counter(dict.fromkeys(legs, 0))
        self.expired: Counter[str] = Counter(dict.fromkeys(legs, 0))
        self.fills: Counter[tuple[str, str]] = Counter({(leg, word): 0 for leg in legs for word in (MAKER, TAKER)})
        self.turnover = {key: 0.0 for key in self.fills}
        self.rejects: Counter[tuple[str, str, str]] = Counter()
        """by leg, side and reason"""
        self.taken_back: Counter[tuple[str, str, str]] = Counter()
        """the same, of orders that the venue had accepted and then cancelled of its own accord"""
        self.alerts: Counter[str] = Counter({alert.name: 0 for alert in program.alerts})
        self.broken: Counter[str] = Counter({invariant.name: 0 for invariant in program.invariants})
        self.records: Counter[str] = Counter()
        self.entered: Counter[tuple[str, str]] = Counter()
        """by region and state"""
        self.faults = 0
        self._reasons: set[str] = set()

    def attach(self, core: Core) -> None:
        self.core = core

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        for item in items:
            order = self.open.told(now_us, item)
            if order is None:
                continue
            match item:
                case Filled(maker=is_maker):
                    key = order.leg, MAKER if is_maker else TAKER
                    self.fills[key] += 1
                    self.turnover[key] += item.quantity * item.price
                case Rejected(reason=reason):
                    self.rejects[order.leg, order.side, self._bounded(reason)] += 1
                case Cancelled(reason=reason) if reason:
                    self.taken_back[order.leg, order.side, self._bounded(reason)] += 1
                case Expired():
                    self.expired[order.leg] += 1

    def effects(self, now_us: int, effects: Effects) -> None:
        for cancel in effects.cancels:
            order = self.open.by_id.get(cancel.client_id)
            if order is not None:
                self.cancels[order.leg] += 1
        self.open.sent(now_us, effects)
        for intent in effects.orders:
            if isinstance(intent, OrderIntent):
                self.orders[intent.leg] += 1
        for note in effects.notes:
            self._noted(note)

    def live(self, slot: str) -> int:
        """How many orders of a slot are in the book."""
        return sum(order.is_resting for order in self.open.by_id.values() if order.slot == slot)

    def _noted(self, note: Note) -> None:
        match note:
            case Transition(region=region, target=target):
                self.entered[region, target] += 1
            case AlertRaised(name=name):
                self.alerts[name] += 1
            case InvariantBroken(name=name):
                self.broken[name] += 1
            case RecordRow(kind=kind):
                self.records[kind] += 1
            case Fault():
                self.faults += 1

    def _bounded(self, reason: str) -> str:
        if reason in self._reasons or len(self._reasons) < MOST_REASONS:
            self._reasons.add(reason)
            return reason
        return OTHER

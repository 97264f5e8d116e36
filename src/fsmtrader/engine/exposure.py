"""Every order that is out, and what it may still do to its leg: reserved from the decision until the venue has spoken.

An order counts from the moment it is wanted, not from its acceptance (A1, X-09). One that has ended is remembered for a
while: a cancellation does not prove that nothing was filled, and its late fills are the leg's all the same (B1, B7). A
fill is counted once (C1): by the venue's own number where there is one, and never beyond what was ordered.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from fsmtrader.domain.orders import Accepted, Answer, Cancelled, CancelRefused, Expired, Filled, OrderIntent, Rejected

WHISKER = 1e-9
REMEMBERED = 4_096
"""orders that have ended and whose late fills are still known"""


@dataclass(slots=True)
class Out:
    """One order: `change` in the leg's own terms as it was sent, `filled` what has come of it, signed alike."""

    leg: int
    change: float
    reduces_only: bool
    price: float
    """NaN: at the market"""
    filled: float = 0.0
    accepted: bool = False
    ended: bool = False
    trades: list[str] = field(default_factory=list)

    @property
    def rest(self) -> float:
        return self.change - self.filled


class Exposure:
    """All orders of one core, by id."""

    def __init__(self, legs: int) -> None:
        self.live: dict[str, Out] = {}
        self.ended: OrderedDict[str, Out] = OrderedDict()
        self._by_leg: list[dict[str, Out]] = [{} for _ in range(legs)]

    def add(self, intent: OrderIntent, leg: int) -> None:
        """An order is about to go out."""
        out = Out(leg, intent.change, intent.reduce_only, intent.price)
        self.live[intent.client_id] = out
        self._by_leg[leg][intent.client_id] = out

    def knows(self, client_id: str) -> bool:
        return client_id in self.live or client_id in self.ended

    def of(self, client_id: str) -> Out | None:
        """The order, if it is out or remembered."""
        return self.live.get(client_id) or self.ended.get(client_id)

    def is_new(self, answer: Answer) -> bool:
        """Take an answer in; False for one that says nothing new."""
        out = self.of(answer.client_id)
        if out is None:
            return True
        match answer:
            case Filled():
                return self._filled(out, answer)
            case Accepted():
                was, out.accepted = out.accepted or out.ended, True
                return not was
            case Rejected() | Expired() | Cancelled():
                if out.ended:
                    return False
                self._end(answer.client_id)
            case CancelRefused():
                pass
        return True

    def _filled(self, out: Out, fill: Filled) -> bool:
        sign = 1.0 if out.change > 0 else -1.0
        after = out.filled + sign * fill.quantity
        if fill.trade_id and fill.trade_id in out.trades:
            return False
        if not fill.quantity > 0.0 or abs(after) > abs(out.change) * (1.0 + WHISKER):
            return False
        if fill.trade_id:
            out.trades.append(fill.trade_id)
        out.filled = after
        if abs(after) >= abs(out.change) * (1.0 - WHISKER) and not out.ended:
            self._end(fill.client_id)
        return True

    def _end(self, client_id: str) -> None:
        out = self.live.pop(client_id)
        del self._by_leg[out.leg][client_id]
        out.ended = True
        self.ended[client_id] = out
        if len(self.ended) > REMEMBERED:
            self.ended.popitem(last=False)

    def open_of(self, leg: int) -> tuple[float, float]:
        """Open rests that would raise and lower the leg's quantity, both at or above zero; those that only reduce
        can do neither to its size and do not count."""
        plus = minus = 0.0
        for out in self._by_leg[leg].values():
            if out.reduces_only:
                continue
            rest = out.rest
            if rest > 0.0:
                plus += rest
            else:
                minus -= rest
        return plus, minus

    def snapshot(self) -> list[list[object]]:
        return [[name, out] for name, out in (*self.live.items(), *self.ended.items())]

    def restore(self, snapshot: list[list[object]]) -> None:
        for name, out in snapshot:
            assert isinstance(name, str) and isinstance(out, Out)
            if out.ended:
                self.ended[name] = out
            else:
                self.live[name] = out
                self._by_leg[out.leg][name] = out

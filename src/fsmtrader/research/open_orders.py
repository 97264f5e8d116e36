"""The orders of a run that are on their way or at work, as a looker-on knows them: sent, and not ended."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.domain.orders import Accepted, Cancelled, Expired, Filled, OrderIntent, Rejected
from fsmtrader.engine.events import Effects, Told
from fsmtrader.program.ir import Program, Side

DUST = 1e-12
"""of an order's quantity: what is less than this is nothing left"""
BUY, SELL = "buy", "sell"
SIDES = (BUY, SELL)


@dataclass(slots=True)
class OpenOrder:
    """One order that was sent. `left`: what was not filled yet; `ahead`: the queue before it when it came to rest."""

    client_id: str
    leg: str
    side: str
    slot: str
    price: float
    quantity: float
    sent_us: int
    left: float
    is_resting: bool = False
    is_cancelling: bool = False
    made: float = 0.0
    """what was filled while it rested"""
    rested_us: int = 0
    ahead: float = float("nan")


def bought(program: Program) -> dict[str, float]:
    """By leg: +1 where a change above zero buys, -1 for a short leg, which is opened by selling."""
    return {leg.name: -1.0 if leg.side is Side.SHORT else 1.0 for leg in program.legs}


class OpenOrders:
    """Every order between its sending and its end, by client id. Calls of pools are none."""

    def __init__(self, program: Program) -> None:
        self._signs = bought(program)
        self.by_id: dict[str, OpenOrder] = {}

    def sent(self, now_us: int, effects: Effects) -> None:
        """What went out with one step."""
        for cancel in effects.cancels:
            order = self.by_id.get(cancel.client_id)
            if order is not None:
                order.is_cancelling = True
        for intent in effects.orders:
            if isinstance(intent, OrderIntent):
                side = BUY if self._signs[intent.leg] * intent.change > 0.0 else SELL
                quantity = abs(intent.change)
                self.by_id[intent.client_id] = OpenOrder(
                    intent.client_id, intent.leg, side, intent.slot, intent.price, quantity, now_us, quantity
                )

    def told(self, now_us: int, item: Told) -> OpenOrder | None:
        """What an account says about an order; gives the order if it is known. It is gone once it has ended."""
        order = self.by_id.get(getattr(item, "client_id", ""))
        if order is None:
            return None
        match item:
            case Accepted():
                order.is_resting, order.rested_us = True, now_us
            case Filled(quantity=quantity, maker=maker):
                order.left -= quantity
                order.made += quantity if maker else 0.0
                if order.left <= order.quantity * DUST:
                    del self.by_id[order.client_id]
            case Rejected() | Expired() | Cancelled():
                del self.by_id[order.client_id]
        return order

    def is_gone(self, order: OpenOrder) -> bool:
        return order.client_id not in self.by_id

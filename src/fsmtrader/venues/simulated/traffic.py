"""What is on its way between accounts and their venues: orders and cancels there, answers back (V-13, V-20, V-23)."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.domain.orders import CancelIntent, Cancelled, OrderIntent
from fsmtrader.venues.simulated.account import Account
from fsmtrader.venues.simulated.agenda import Agenda
from fsmtrader.venues.simulated.arrival import arrive
from fsmtrader.venues.simulated.delays import Line
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.messages import Message, Messages

NOTHING: tuple[Message, ...] = ()
SENT_LIMIT = 65_536
"""orders that are remembered for a late cancel"""


@dataclass(slots=True)
class Sent:
    """An order that was sent: whose it is, and whether it has reached the venue."""

    account: Account
    has_arrived: bool = False


@dataclass(frozen=True, slots=True)
class OrderOnTheWay:
    intent: OrderIntent
    sent_us: int


@dataclass(frozen=True, slots=True)
class CancelOnTheWay:
    account: Account
    client_id: str


@dataclass(frozen=True, slots=True)
class CancelLapses:
    """A cancel has waited long enough for an order that did not come."""

    account: Account
    client_id: str


class Traffic:
    """Every account has a line of its own, on which nothing is overtaken. What has reached its venue may be held there
    for a while: then a cancel, which is not, comes before its order."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.agenda: Agenda[OrderOnTheWay | CancelOnTheWay | CancelLapses | Message] = Agenda()
        accounts = exchange.accounts.values()
        self._lines = {account.terms.name: Line(account.terms.profile.latency, n) for n, account in enumerate(accounts)}
        self._sent: dict[str, Sent] = {}
        self._early: set[str] = set()
        """orders whose cancel is there already"""

    def take(self, order: OrderIntent, now_us: int) -> tuple[Message, ...]:
        """An order is sent."""
        account = self._exchange.legs[order.leg].account
        profile = account.terms.profile
        arrives_us = now_us
        if not profile.answers_at_once:
            self._remember(order.client_id, account)
            arrives_us = self._lines[account.terms.name].arrival(now_us) + profile.rules.held_us(order.is_post_only)
        if arrives_us > now_us:
            self.agenda.push(arrives_us, OrderOnTheWay(order, now_us))
            return NOTHING
        return self._arrive(order, now_us, now_us)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Message, ...]:
        """An order is to be cancelled; the answer is what the venue finds when that arrives (V-20)."""
        account = self._account_of(cancel.client_id)
        profile = account.terms.profile
        arrives_us = now_us
        if not profile.answers_at_once:
            arrives_us = self._lines[account.terms.name].arrival(now_us) + profile.rules.cancel_held_us
        if arrives_us > now_us:
            self.agenda.push(arrives_us, CancelOnTheWay(account, cancel.client_id))
            return NOTHING
        return self._cancel(account, cancel.client_id, now_us)

    def advance(self, now_us: int) -> tuple[Message, ...]:
        """Everything that is due until now, in order of time."""
        told: list[Message] = []
        for time_us, item in self.agenda.due(now_us):
            match item:
                case OrderOnTheWay():
                    told.extend(self._arrive(item.intent, time_us, item.sent_us))
                case CancelOnTheWay():
                    told.extend(self._cancel(item.account, item.client_id, time_us))
                case CancelLapses():
                    told.extend(self._lapse(item, time_us))
                case _:
                    told.append(item)
        return tuple(told)

    def send(self, out: Messages, now_us: int) -> tuple[Message, ...]:
        """Messages go on their way; those that have none are told at once."""
        at_once: list[Message] = []
        for account, message in out.items:
            told_us = self._lines[account.terms.name].answer(now_us)
            if told_us > now_us:
                self.agenda.push(told_us, message)
            else:
                at_once.append(message)
        return tuple(at_once)

    def _arrive(self, order: OrderIntent, now_us: int, sent_us: int) -> tuple[Message, ...]:
        """An order has come; the cancel of it may be there before it (V-23)."""
        out, name = Messages(), order.client_id
        if name in self._sent:
            self._sent[name].has_arrived = True
        if name in self._early:
            self._early.discard(name)
            account = self._exchange.legs[order.leg].account
            out.tell(account, Cancelled(name, "", account.terms.profile.rules.code("cancel")))
        else:
            arrive(self._exchange, out, order, now_us, sent_us)
        return self.send(out, now_us)

    def _cancel(self, account: Account, client_id: str, now_us: int) -> tuple[Message, ...]:
        """A cancel has come; one whose order has not waits for it, where the venue lets it."""
        lasts_us = account.terms.profile.rules.cancel_lasts_us
        sent = self._sent.get(client_id)
        if lasts_us > 0 and client_id not in self._exchange.active and (sent is None or not sent.has_arrived):
            self._early.add(client_id)
            self.agenda.push(now_us + lasts_us, CancelLapses(account, client_id))
            return NOTHING
        out = Messages()
        self._exchange.cancel(out, account, client_id)
        return self.send(out, now_us)

    def _lapse(self, item: CancelLapses, now_us: int) -> tuple[Message, ...]:
        if item.client_id not in self._early:
            return NOTHING
        self._early.discard(item.client_id)
        out = Messages()
        self._exchange.refuse_cancel(out, item.account, item.client_id)
        return self.send(out, now_us)

    def _remember(self, client_id: str, account: Account) -> None:
        self._sent[client_id] = Sent(account)
        if len(self._sent) > SENT_LIMIT:
            del self._sent[next(iter(self._sent))]

    def _account_of(self, client_id: str) -> Account:
        order = self._exchange.active.get(client_id)
        if order is not None:
            return order.leg.account
        sent = self._sent.get(client_id)
        return next(iter(self._exchange.accounts.values())) if sent is None else sent.account

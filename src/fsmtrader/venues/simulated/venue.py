"""The simulated venue: orders and news go in, what accounts are told comes out, at once or when it has had its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsmtrader.domain.instruments import Instrument
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import CancelIntent, OrderIntent, PoolIntent, Rejected
from fsmtrader.venues.simulated.account import Account
from fsmtrader.venues.simulated.agenda import NEVER, Agenda
from fsmtrader.venues.simulated.arrival import arrive
from fsmtrader.venues.simulated.book import Book
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.liquidation import fund, look
from fsmtrader.venues.simulated.messages import Message, Messages
from fsmtrader.venues.simulated.resting import match
from fsmtrader.venues.simulated.terms import VenueAccount, VenueLeg, VenueMarket

FUNDING = Kind.FUNDING
NOTHING: tuple[Message, ...] = ()
SENT_LIMIT = 65_536
"""orders whose account is remembered for a late cancel"""


@dataclass(frozen=True, slots=True)
class CancelOnTheWay:
    account: Account
    client_id: str


class SimulatedVenue:
    """Accounts at one or several venues, in markets that are told event by event. Same calls, same answers (V-22).

    Without latency everything is answered at once. With latency an order is judged when it arrives, against the book of
    that moment, and its answer is on its way for `response_us` (V-13).
    """

    def __init__(
        self, markets: Sequence[VenueMarket], accounts: Sequence[VenueAccount], legs: Sequence[VenueLeg]
    ) -> None:
        self._exchange = Exchange(markets, accounts, legs)
        self.books = self._exchange.books
        """every market as the venue sees it; who has looked ahead writes into them what was told meanwhile"""
        self._agenda: Agenda[OrderIntent | CancelOnTheWay | Message] = Agenda()
        self._sent: dict[str, Account] = {}

    # -- the port ----------------------------------------------------------------------------------------------------

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Message, ...]:
        """An order is sent. Calls of pools are refused: there is none here."""
        if isinstance(order, PoolIntent):
            return (Rejected(order.client_id, "unsupported"),)
        account = self._exchange.legs[order.leg].account
        latency = account.terms.profile.latency
        if not latency.is_none:
            self._remember(order.client_id, account)
        if latency.entry_us > 0:
            self._agenda.push(now_us + latency.entry_us, order)
            return NOTHING
        out = Messages()
        arrive(self._exchange, out, order, now_us, now_us)
        return self._send(out, now_us)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Message, ...]:
        """An order is to be cancelled; the answer is what the venue finds when that arrives (V-20)."""
        account = self._account_of(cancel.client_id)
        entry_us = account.terms.profile.latency.entry_us
        if entry_us > 0:
            self._agenda.push(now_us + entry_us, CancelOnTheWay(account, cancel.client_id))
            return NOTHING
        out = Messages()
        self._exchange.cancel(out, account, cancel.client_id)
        return self._send(out, now_us)

    def news(self, event: MarketEvent) -> tuple[Message, ...]:
        """The market has moved: orders that rest are matched, funding is paid, accounts are liquidated."""
        book = self.books[event.market]
        if event.kind is FUNDING:
            out = Messages()
            fund(self._exchange, out, book, event.a, event.b)
            return self._send(out, event.time_us)
        is_whole = book.see(event)
        concerns = (book.orders or book.waiting) and book.concerns(event)
        if not is_whole:
            if concerns:
                match(self._exchange, Messages(), book, event)
            return NOTHING
        if not concerns and book.safe_low < book.mark < book.safe_high:
            return NOTHING
        out = Messages()
        if concerns:
            match(self._exchange, out, book, event)
        if not book.safe_low < book.mark < book.safe_high:
            look(self._exchange, out, book)
        return self._send(out, event.time_us)

    def next_us(self) -> float:
        """When an order arrives or an answer comes back next; infinite when nothing is on its way."""
        return self._agenda.next_us

    def advance(self, now_us: int) -> tuple[Message, ...]:
        """Everything that is due until now, in order of time."""
        told: list[Message] = []
        for time_us, item in self._agenda.due(now_us):
            if isinstance(item, OrderIntent):
                out = Messages()
                entry_us = self._exchange.legs[item.leg].account.terms.profile.latency.entry_us
                arrive(self._exchange, out, item, time_us, time_us - entry_us)
                told.extend(self._send(out, time_us))
            elif isinstance(item, CancelOnTheWay):
                out = Messages()
                self._exchange.cancel(out, item.account, item.client_id)
                told.extend(self._send(out, time_us))
            else:
                told.append(item)
        return tuple(told)

    # -- what may be asked -------------------------------------------------------------------------------------------

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed so far, for the summary of a run."""
        beyond = (_beyond(book) for book in self.books if book.beyond > 0)
        shares = (book.participation.warning(book.terms.symbol) for book in self.books)
        return (*self._exchange.notes, *beyond, *filter(None, shares))

    @property
    def is_quiet(self) -> bool:
        """Whether no order rests or waits, and nothing is on its way."""
        return not self._exchange.active and self._agenda.next_us == NEVER

    def instrument(self, leg: str) -> Instrument | None:
        """The filters that hold for a leg; None for an unknown contract before its first price."""
        found = self._exchange.legs[leg]
        terms = found.position.terms
        book = self.books[found.position.market]
        self._exchange.learn(terms, book.last if book.mark != book.mark else book.mark)
        return terms.instrument

    def mark(self, leg: str) -> float:
        """The mark of a leg's market; NaN before the first price."""
        return self.books[self._exchange.legs[leg].position.market].mark

    def touch(self, leg: str) -> tuple[float, float]:
        """The bid and ask of a leg's market."""
        book = self.books[self._exchange.legs[leg].position.market]
        return book.bid, book.ask

    def is_hedged(self, leg: str) -> bool:
        """Whether the leg's account holds long and short side by side."""
        return self._exchange.legs[leg].is_hedged

    def position(self, leg: str) -> tuple[float, float]:
        """The position that a leg is in, signed, and its average price; several legs may share a net one."""
        position = self._exchange.legs[leg].position
        return position.quantity, position.average

    def cash(self, account: str) -> tuple[float, float, float, float]:
        """`(wallet, realised, fees, funding)`: wallet = capital + realised - fees + funding (V-09)."""
        found = self._exchange.accounts[account]
        return found.wallet, found.realised, found.fees, found.funding

    def equity(self, account: str) -> float:
        """Wallet and unrealised profit at the marks."""
        return self._exchange.accounts[account].equity(self._exchange.marks())

    def maintenance(self, account: str) -> float:
        """The margin that an account must have not to be liquidated."""
        return self._exchange.accounts[account].maintenance(self._exchange.marks())

    def liquidation_price(self, leg: str) -> float:
        """The price of a leg's market at which its account is liquidated; NaN: there is none."""
        found = self._exchange.legs[leg]
        return found.account.liquidation_price(found.position.market, self._exchange.marks())

    def open_orders(self, account: str) -> tuple[str, ...]:
        """Client ids of the orders that rest or wait, oldest first."""
        return tuple(order.client_id for order in self._exchange.working(self._exchange.accounts[account]))

    # -- the way between ---------------------------------------------------------------------------------------------

    def _send(self, out: Messages, now_us: int) -> tuple[Message, ...]:
        """Messages go on their way; those that have none are told at once."""
        at_once: list[Message] = []
        for account, message in out.items:
            response_us = account.terms.profile.latency.response_us
            if response_us > 0:
                self._agenda.push(now_us + response_us, message)
            else:
                at_once.append(message)
        return tuple(at_once)

    def _remember(self, client_id: str, account: Account) -> None:
        self._sent[client_id] = account
        if len(self._sent) > SENT_LIMIT:
            del self._sent[next(iter(self._sent))]

    def _account_of(self, client_id: str) -> Account:
        order = self._exchange.active.get(client_id)
        if order is not None:
            return order.leg.account
        return self._sent.get(client_id) or next(iter(self._exchange.accounts.values()))


def _beyond(book: Book) -> str:
    where = f"{book.terms.impact:g} worse than the touch" if book.terms.impact > 0.0 else "at the touch all the same"
    return (
        f"{book.beyond} market orders in {book.terms.symbol} were larger than the displayed size; "
        f"what was beyond it is filled {where}"
    )

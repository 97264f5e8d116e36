"""The simulated venue: orders and news go in, what accounts are told comes out, at once or when it has had its way."""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.domain.instruments import Instrument
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import CancelIntent, OrderIntent, PoolIntent, Rejected
from fsmtrader.venues.simulated.agenda import NEVER
from fsmtrader.venues.simulated.book import Book
from fsmtrader.venues.simulated.exchange import Exchange
from fsmtrader.venues.simulated.liquidation import fund, look
from fsmtrader.venues.simulated.messages import Message, Messages
from fsmtrader.venues.simulated.resting import match
from fsmtrader.venues.simulated.terms import VenueAccount, VenueLeg, VenueMarket
from fsmtrader.venues.simulated.traffic import Traffic

FUNDING = Kind.FUNDING
NOTHING: tuple[Message, ...] = ()


class SimulatedVenue:
    """Accounts at one or several venues, in markets that are told event by event. Same calls, same answers (V-22).

    Without latency everything is answered at once. With latency an order is judged when it arrives, against the book of
    that moment, and its answer is on its way for a while (V-13).
    """

    def __init__(
        self, markets: Sequence[VenueMarket], accounts: Sequence[VenueAccount], legs: Sequence[VenueLeg]
    ) -> None:
        self._exchange = Exchange(markets, accounts, legs)
        self.books = self._exchange.books
        """every market as the venue sees it; who has looked ahead writes into them what was told meanwhile"""
        self._traffic = Traffic(self._exchange)
        self._agenda = self._traffic.agenda

    # -- the port ----------------------------------------------------------------------------------------------------

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Message, ...]:
        """An order is sent. Calls of pools are refused: there is none here."""
        if isinstance(order, PoolIntent):
            return (Rejected(order.client_id, "unsupported"),)
        return self._traffic.take(order, now_us)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Message, ...]:
        """An order is to be cancelled; the answer is what the venue finds when that arrives (V-20)."""
        return self._traffic.cancel(cancel, now_us)

    def news(self, event: MarketEvent) -> tuple[Message, ...]:
        """The market has moved: orders that rest are matched, funding is paid, accounts are liquidated."""
        book = self.books[event.market]
        if event.kind is FUNDING:
            out = Messages()
            fund(self._exchange, out, book, event.a, event.b, event.time_us)
            return self._traffic.send(out, event.time_us)
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
        return self._traffic.send(out, event.time_us)

    def next_us(self) -> float:
        """When an order arrives or an answer comes back next; infinite when nothing is on its way."""
        return self._agenda.next_us

    def advance(self, now_us: int) -> tuple[Message, ...]:
        """Everything that is due until now, in order of time."""
        return self._traffic.advance(now_us)

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


def _beyond(book: Book) -> str:
    where = f"{book.terms.impact:g} worse than the touch" if book.terms.impact > 0.0 else "at the touch all the same"
    return (
        f"{book.beyond} market orders in {book.terms.symbol} were larger than the displayed size; "
        f"what was beyond it is filled {where}"
    )

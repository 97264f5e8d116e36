"""The state of a simulated venue and what may be done to it: fills, ends of orders, and what they mean for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsmtrader.domain.orders import Accepted, Cancelled, CancelRefused, Expired, Filled, Rejected, Style
from fsmtrader.numeric.positions import shrunk
from fsmtrader.venues.simulated.account import Account, Leg, Position, Terms
from fsmtrader.venues.simulated.book import Book
from fsmtrader.venues.simulated.messages import Messages
from fsmtrader.venues.simulated.orders import Working
from fsmtrader.venues.simulated.profiles import derived_instrument, exact_instrument, known_instrument, taken_as
from fsmtrader.venues.simulated.rules import Refusal
from fsmtrader.venues.simulated.terms import Side, VenueAccount, VenueLeg, VenueMarket

LEFT = {Style.MARKET: "market", Style.IOC: "ioc", Style.FOK: "fok"}
"""our words for what is left of an order that does not rest"""
MOST_NOTES = 100


class Exchange:
    """Books, accounts and orders. Everything that happens is told to a `Messages`, in order."""

    def __init__(
        self, markets: Sequence[VenueMarket], accounts: Sequence[VenueAccount], legs: Sequence[VenueLeg]
    ) -> None:
        self.books = [Book(index, market) for index, market in enumerate(markets)]
        self.accounts = {account.name: Account(account, account.capital) for account in accounts}
        self.legs: dict[str, Leg] = {}
        self.active: dict[str, Working] = {}
        """orders that rest or wait, by client id (V-19)"""
        self.notes: list[str] = []
        self.funded: dict[int, int] = {}
        """when each market was funded last"""
        self._trades = 0
        self._rested = 0
        self._terms: dict[tuple[str, int], Terms] = {}
        for leg in legs:
            self._add(leg)

    def _add(self, leg: VenueLeg) -> None:
        account = self.accounts[leg.account]
        terms = self._terms.setdefault((leg.account, leg.market), Terms(self.books[leg.market].terms.symbol, None))
        profile = account.terms.profile
        known = known_instrument(profile.instruments, terms.symbol)
        if known is not None:
            terms.set(known)
            self.note(taken_as(profile, terms.symbol, known))
        elif not profile.derives:
            terms.set(exact_instrument(terms.symbol))
        position = account.position(leg.market, leg.side, terms)
        hedged = account.terms.hedge
        self.legs[leg.name] = made = Leg(leg.name, account, position, leg.side is Side.SHORT, hedged)
        account.legs.append(made)

    def learn(self, terms: Terms, price: float) -> None:
        """Derive the filters of a contract that nobody knows, once there is a price; with a note, never silently."""
        if terms.instrument is None and 0.0 < price < float("inf"):
            instrument, note = derived_instrument(terms.symbol, price)
            terms.set(instrument)
            self.notes.append(note)

    def note(self, text: str) -> None:
        """Something that is to be known of the run, once; an empty text is nothing."""
        if text and text not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(text)

    def marks(self) -> list[float]:
        """The mark of every market, by index."""
        return [book.mark for book in self.books]

    def fill(self, out: Messages, order: Working, quantity: float, price: float, maker: bool) -> None:
        """Fill a part of an order: account, position, and the orders that may only reduce it (V-06)."""
        leg = order.leg
        cost = leg.account.fee(quantity, price, maker)
        leg.account.book(leg, quantity if order.is_buy else -quantity, price, cost)
        order.fill(quantity)
        self._trades += 1
        out.tell(leg.account, Filled(order.client_id, quantity, price, cost, maker, f"s{self._trades}"))
        self.unsettle(leg.account)
        self.shrink(out, leg.position, order)

    def unsettle(self, account: Account) -> None:
        """The account has changed: its margin is looked at with the next price."""
        for market in {position.market for position in account.positions.values()}:
            account.bands[market] = (float("inf"), float("-inf"))
            self.narrow(self.books[market])

    def narrow(self, book: Book) -> None:
        """Where a market's mark may be without a look at any account."""
        bands = [account.bands[book.index] for account in self.accounts.values() if book.index in account.bands]
        book.safe_low = max((band[0] for band in bands), default=float("-inf"))
        book.safe_high = min((band[1] for band in bands), default=float("inf"))

    def shrink(self, out: Messages, position: Position, but: Working) -> None:
        """Orders that rest and may only reduce are cut to what is left of the position, or cancelled (V-06)."""
        orders = self.books[position.market].orders
        for order in [o for o in orders if o.reduces and o.leg.position is position and o is not but]:
            order.shrink(shrunk(order.left, position.quantity, order.is_buy))
            if order.left == 0.0:
                self.end(out, order)

    def rest(self, order: Working) -> None:
        """An order waits in its book."""
        self._rested += 1
        order.number = self._rested
        self.active[order.client_id] = order
        self.books[order.leg.position.market].add(order)

    def end(self, out: Messages, order: Working, reason: str = "") -> None:
        """An order that rested is gone: filled, or cancelled for what is left or was cut of it; `reason`: not by us."""
        del self.active[order.client_id]
        self.books[order.leg.position.market].remove(order)
        if order.left > 0.0 or order.cut > 0.0:
            rules = order.leg.account.terms.profile.rules
            word = "reduce_only" if not reason and order.left == 0.0 else reason
            code = rules.code("shrunk" if word == "reduce_only" else word or "cancel")
            out.tell(order.leg.account, Cancelled(order.client_id, word, code))

    def refuse(self, out: Messages, order: Working, reason: str, *, is_accepted: bool = False) -> None:
        """An order is refused as its venue does that (V-01, V-05); `is_accepted`: it was told that it had come in, so
        that nobody can keep silent about it."""
        account, name = order.leg.account, order.client_id
        rules = account.terms.profile.rules
        code, refusal = rules.code(reason), rules.refusal(reason)
        if refusal is Refusal.REJECT:
            out.tell(account, Rejected(name, reason, code))
        elif refusal is Refusal.EXPIRE:
            out.tell(account, Expired(name, code))
        elif is_accepted or refusal is Refusal.CANCEL:
            if not is_accepted:
                out.tell(account, Accepted(name))
            out.tell(account, Cancelled(name, reason, code))

    def expire(self, out: Messages, order: Working, *, is_accepted: bool = False) -> None:
        """What is left of an order that was not to rest is gone (V-03); all or nothing was nothing (V-04)."""
        word = LEFT[order.style]
        if order.style is Style.FOK and order.left > 0.0:
            self.refuse(out, order, word, is_accepted=is_accepted)
        else:
            out.tell(order.leg.account, Expired(order.client_id, order.leg.account.terms.profile.rules.code(word)))

    def cancel(self, out: Messages, account: Account, client_id: str) -> None:
        """Cancel an order if it is still there (V-20)."""
        order = self.active.get(client_id)
        if order is None:
            self.refuse_cancel(out, account, client_id)
        else:
            self.end(out, order)

    def refuse_cancel(self, out: Messages, account: Account, client_id: str) -> None:
        """There is no such order, or no more."""
        code = account.terms.profile.rules.code("unknown_order")
        out.tell(account, CancelRefused(client_id, "unknown_order", code))

    def working(self, account: Account) -> Iterator[Working]:
        """The orders of an account that rest or wait, oldest first."""
        return (order for order in list(self.active.values()) if order.leg.account is account)

"""The market of a spec's test: it is what the test says, and fills at the leg's mark.

A fact about one leg holds for the others that trade the same symbol, unless they have one of their own: `P_t: 100`
is the price of both legs of a pair.
"""

from __future__ import annotations

from fsmtrader.domain.orders import Answer, CancelIntent, Cancelled, Filled, OrderIntent, PoolIntent, Rejected, Style
from fsmtrader.program.ir import Program, Query

NAN = float("nan")
ONE_FOR_ANOTHER = ("mark", "mid", "last")
PRICES = ("mark", "mid", "last", "pool_price")
"""what an order fills at: the first of these that is known, else half-way between bid and ask"""


FactKey = tuple[str, tuple[str, ...], tuple[str, ...]]
"""a question: its function, legs and words"""


class GivenMarket:
    """Facts by question, and a venue that knows nothing else."""

    def __init__(self, program: Program) -> None:
        self._symbols = {leg.name: leg.symbol for leg in program.legs}
        self._queries = program.queries
        self._facts: dict[FactKey, float] = {}
        self.refusing: tuple[str, ...] = ()
        self.without_price: set[str] = set()
        """legs that an order came for while no fact said what they are worth"""

    def set(self, query: int, value: float) -> None:
        """A fact: the answer to one question."""
        entry = self._queries[query]
        self._facts[entry.function, entry.legs, entry.words] = value

    def facts(self) -> tuple[tuple[FactKey, float], ...]:
        """Every fact, for a market that is to know the same."""
        return tuple(self._facts.items())

    def hold(self, facts: tuple[tuple[FactKey, float], ...]) -> None:
        """Know these facts."""
        self._facts.update(facts)

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        """A fact. A price that no fact tells is the one that another tells, as in data that has only one of them."""
        found = self._fact(query.function, query.legs, query.words)
        if found != found and query.function in ONE_FOR_ANOTHER and query.legs:
            return self.price(query.legs[0])
        return found

    def lot(self, leg: str) -> float:
        return self._or_none(self._fact("lot", (leg,), ()))

    def tick(self, leg: str) -> float:
        return self._or_none(self._fact("tick", (leg,), ()))

    def least(self, leg: str) -> float:
        notional, price = self._fact("min_notional", (leg,), ()), self.price(leg)
        return notional / price if notional == notional and price > 0 else 0.0

    def price(self, leg: str) -> float:
        for function in PRICES:
            price = self._fact(function, (leg,), ())
            if price == price:
                return price
        bid, ask = self._fact("bid", (leg,), ()), self._fact("ask", (leg,), ())
        return (bid + ask) / 2 if bid == bid and ask == ask else bid if bid == bid else ask

    def equity(self, account: str) -> float:
        return 0.0

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        """Refused if the test says so; working quotes rest without a word; all else is filled whole at the price."""
        if order.leg in self.refusing:
            return (Rejected(order.client_id),)
        if isinstance(order, PoolIntent):
            return (Filled(order.client_id, 1.0, self.price(order.leg)),)
        if order.style is Style.LIMIT:
            return ()
        price = self.price(order.leg)
        if price != price:
            self.without_price.add(order.leg)
            return (Rejected(order.client_id, "unknown"),)
        return (Filled(order.client_id, abs(order.change), price),)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Answer, ...]:
        return (Cancelled(cancel.client_id),)

    def _fact(self, function: str, legs: tuple[str, ...], words: tuple[str, ...]) -> float:
        own = self._facts.get((function, legs, words))
        if own is not None or not legs:
            return NAN if own is None else own
        twins = (leg for leg, symbol in self._symbols.items() if symbol == self._symbols[legs[0]])
        answers = (self._facts.get((function, (leg, *legs[1:]), words)) for leg in twins)
        return next((answer for answer in answers if answer is not None), NAN)

    @staticmethod
    def _or_none(step: float) -> float:
        return step if step == step else 0.0

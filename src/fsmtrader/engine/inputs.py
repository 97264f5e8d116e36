"""Answers to the program's questions: those about the own books and orders here, the rest from the market port."""

from __future__ import annotations

from collections.abc import Callable, Sized

from fsmtrader.engine.lots import LotQueues
from fsmtrader.engine.quotes import Quotes
from fsmtrader.engine.state import State
from fsmtrader.program.ir import Query

NAN = float("nan")
Arguments = tuple[float, ...]
Own = Callable[["Inputs", Query, Arguments], float]


class Inputs:
    """Writes INPUT slots before each event. A slot in `held` keeps what was written into it (a test's fact)."""

    def __init__(self, state: State, quotes: Quotes, lots: LotQueues) -> None:
        self._state = state
        self._lots = lots
        self._quotes = quotes
        self._legs = {leg.name: index for index, leg in enumerate(state.program.legs)}
        self._accounts = {leg.name: leg.account for leg in state.program.legs}
        asked = [query for query in state.program.queries if query.slot >= 0]
        self._own = [query for query in asked if query.function in OWN]
        self.of_market = [query for query in asked if query.function not in OWN]
        self.held: set[int] = set()
        self.answers: dict[int, float] = {}
        """held answers to questions that have no slot, by query"""
        self.computed: dict[int, Callable[[list[float]], float]] = {}
        """slots that are written from a function at each refresh"""
        self.has_own: Sized = self._own or self.computed
        """what `refresh_own` would ask; empty (now, as `computed` may be filled later): nothing"""

    def refresh(self) -> None:
        """Ask the market again: something there may have changed."""
        x, answer, held = self._state.x, self._state.market.answer, self.held
        for query in self.of_market:
            if query.slot not in held:
                x[query.slot] = answer(query, ())
        if self.has_own:
            self.refresh_own()

    def refresh_own(self) -> None:
        """Ask the own books and orders again."""
        x = self._state.x
        for query in self._own:
            if query.slot not in self.held:
                x[query.slot] = OWN[query.function](self, query, ())
        for slot, compute in self.computed.items():
            x[slot] = compute(x)

    def ask(self, index: int, arguments: tuple[float, ...]) -> float:
        """A question whose arguments are only known when it is asked."""
        if index in self.answers:
            return self.answers[index]
        query = self._state.program.queries[index]
        if query.function in OWN:
            return OWN[query.function](self, query, arguments)
        return self._state.market.answer(query, arguments)

    def quantity(self, query: Query, arguments: Arguments = ()) -> float:
        return self._state.books.quantity(self._legs[query.legs[0]])

    def average(self, query: Query, arguments: Arguments = ()) -> float:
        return self._state.books.mark(self._legs[query.legs[0]]).average

    def unrealised(self, query: Query, arguments: Arguments = ()) -> float:
        leg = query.legs[0]
        return self._state.books.unrealised(self._legs[leg], self._state.market.price(leg))

    def open_orders(self, query: Query, arguments: Arguments = ()) -> float:
        return float(self._quotes.count(query.legs[0], query.words[0] if query.words else ""))

    def open_notional(self, query: Query, arguments: Arguments = ()) -> float:
        return self._quotes.notional(query.legs[0], query.words[0] if query.words else "")

    def lots(self, query: Query, arguments: Arguments = ()) -> float:
        return self._lots.unmatched(query.legs[0])

    def lot_guard(self, query: Query, arguments: Arguments = ()) -> float:
        """Its side is a word of the question or the first argument, the quantity the last."""
        side = next((word for word in query.words if word in ("buy", "sell")), "")
        if not side and arguments and arguments[0] == arguments[0]:
            side = self._state.program.words[int(arguments[0])]
        return self._lots.guard(query.legs[0], side, arguments[-1]) if arguments else NAN

    def worst_match(self, query: Query, arguments: Arguments = ()) -> float:
        return self._lots.worst_match(query.words[0])

    def equity(self, query: Query, arguments: Arguments = ()) -> float:
        """Cash given, cash made, and what closing everything would realise."""
        account = query.words[0]
        legs = [name for name, owner in self._accounts.items() if owner == account]
        books, market = self._state.books, self._state.market
        open_profit = 0.0
        for leg in legs:  # not `sum`, which rounds in another way from one version of Python to the next
            open_profit += books.unrealised(self._legs[leg], market.price(leg))
        return market.equity(account) + books.cash.get(account, 0.0) + open_profit


OWN: dict[str, Own] = {
    "quantity": Inputs.quantity,
    "average_price": Inputs.average,
    "unrealized": Inputs.unrealised,
    "open_orders": Inputs.open_orders,
    "open_notional": Inputs.open_notional,
    "equity": Inputs.equity,
    "lots": Inputs.lots,
    "lot_guard": Inputs.lot_guard,
    "worst_match": Inputs.worst_match,
}

"""A market of bars: one price at a time, the close. Market orders fill at it, half a spread away, for a taker fee.

Bars know no queue, no depth and no funding. A spec that needs one of them is refused before the run, with the reason:
a result that looks like one but is not would be worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsmtrader.domain.orders import (
    Answer,
    CancelIntent,
    Cancelled,
    Expired,
    Filled,
    OrderIntent,
    PoolIntent,
    Rejected,
    Style,
)
from fsmtrader.engine.inputs import OWN
from fsmtrader.program.ir import EventKind, Program, Query, Side

NAN = float("nan")
ANSWERED = ("mark", "last", "mid", "bid", "ask", "touch", "book_spread", "tick", "lot", "min_notional")
RAISED = ("price", "bar")
"""what a bar is an event of"""


class BarMarket:
    """Market and venue of one run. `set` moves it to the next bar."""

    def __init__(self, program: Program, spread: float, fee: float, capital: Mapping[str, float]) -> None:
        self._half = spread / 2
        self._fee = fee
        self._capital = capital
        self._short = {leg.name: leg.side is Side.SHORT for leg in program.legs}
        self._words = program.words
        self._close = NAN

    def set(self, close: float) -> None:
        self._close = close

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        match query.function:
            case "mark" | "last" | "mid":
                return self._close
            case "bid":
                return self._close * (1.0 - self._half)
            case "ask":
                return self._close * (1.0 + self._half)
            case "touch":
                buys = "buy" in query.words or (bool(arguments) and self._words[int(arguments[-1])] == "buy")
                return self._close * (1.0 - self._half if buys else 1.0 + self._half)
            case "book_spread":
                return 2.0 * self._half * self._close
            case "tick" | "lot" | "min_notional":
                return 0.0
            case _:
                return NAN

    def lot(self, leg: str) -> float:
        return 0.0

    def tick(self, leg: str) -> float:
        return 0.0

    def least(self, leg: str) -> float:
        return 0.0

    def price(self, leg: str) -> float:
        return self._close

    def equity(self, account: str) -> float:
        return self._capital.get(account, 0.0)

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        """Filled whole at the close, half a spread to the worse side; a limit beyond that expires."""
        if isinstance(order, PoolIntent):
            return (Rejected(order.client_id),)
        buys = (order.change > 0) != self._short[order.leg]
        price = self._close * (1.0 + self._half if buys else 1.0 - self._half)
        if order.style is Style.IOC and (price > order.price if buys else price < order.price):
            return (Expired(order.client_id),)
        quantity = abs(order.change)
        return (Filled(order.client_id, quantity, price, quantity * price * self._fee),)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Answer, ...]:
        return (Cancelled(cancel.client_id),)


def refusals(program: Program) -> tuple[str, ...]:
    """Why bars cannot serve a program: everything that it needs and they have not."""
    return tuple(dict.fromkeys(_refusals(program)))


def _refusals(program: Program) -> Iterator[str]:
    markets = list(dict.fromkeys((leg.account, leg.symbol) for leg in program.legs))
    if len(markets) > 1:
        names = ", ".join(f"{symbol} on {account}" for account, symbol in markets)
        yield f"it trades {len(markets)} markets ({names}), and bars are of one"
    for account in program.accounts:
        if account.setting("pool") is not None:
            yield f"the account {account.name} is a liquidity pool, and bars have no pool"
    for quote in program.quotes:
        kind = "post-only orders" if quote.post_only is not None else "orders that rest"
        yield f"the slot {quote.name} works {kind}, which wait in a queue; bars show no queue"
    for leg in program.legs:
        if dict(leg.how).get("style") == "passive":
            yield f"the leg {leg.name} is worked passively, in a queue; bars show no queue"
    for query in program.queries:
        if query.function not in ANSWERED and query.function not in OWN:
            yield f"it asks for {query.text or query.function}, which bars do not tell"
    for source in program.sources:
        if source.kind is EventKind.MARKET and source.name.partition("(")[0] not in RAISED and source.leg:
            yield f"it waits for {source.name}, which bars do not have"


def bar_sources(program: Program) -> tuple[int, ...]:
    """The raw events that one bar is."""
    return tuple(
        index
        for index, source in enumerate(program.sources)
        if source.kind is EventKind.MARKET and source.name.partition("(")[0] in RAISED
    )

"""Questions about a book, also those whose arguments are known only when they are asked, as texts."""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.kernel.emit_book import ASKED_OF_BOOKS
from fsmtrader.kernel.scope import Scope
from fsmtrader.program.ir import Program, Query

MOVING_WITH_TIME = ("book_age",)
"""questions whose answers change while nothing is told"""


def can_ask(query: Query) -> bool:
    """Whether a scout can answer a question with arguments that are known late."""
    return query.function in ASKED_OF_BOOKS


def word_number(program: Program, word: str) -> float:
    """The number of an enumerator; -1 where the program does not know it."""
    return float(program.words.index(word)) if word in program.words else -1.0


def asked_late(scope: Scope, index: int, arguments: Sequence[str]) -> str:
    """The answer to a question of the program's with these arguments (`Seen._sided`)."""
    query = scope.program.queries[index]
    assert can_ask(query), "the program should have been refused"
    return answer_of_book(scope, query, arguments)


def answer_of_book(scope: Scope, query: Query, arguments: Sequence[str] = ()) -> str:
    """The same; the side is a word of the question, or its first argument, and what it is about the last."""
    leg = next(i for i, entry in enumerate(scope.program.legs) if entry.name == query.legs[0])
    m = scope.layout.market_of_leg[leg]
    if query.function == "book_age":
        return f"(now - booked_{m}) / 1000000"
    side = next((word for word in query.words if word in ("buy", "sell")), "")
    if side:
        return _sided(query.function, m, str(side == "buy"), arguments[-1] if arguments else "nan")
    if not arguments:
        return "nan"
    given = arguments[0]
    is_buy = f"({given}) == {word_number(scope.program, 'buy')}"
    text = _sided(query.function, m, is_buy, arguments[1] if len(arguments) > 1 else "nan")
    return f"({text}) if ({given}) == ({given}) else nan"


def _sided(name: str, m: int, is_buy: str, last: str) -> str:
    if name in ("touch", "depth"):
        ending = "_size" if name == "depth" else ""
        return f"seen_bid{ending}_{m} if {is_buy} else seen_ask{ending}_{m}"
    seen = f"seen_bid_{m}, seen_bid_size_{m}, seen_ask_{m}, seen_ask_size_{m}"
    book = f"has_depth_{m}, bids_{m}, asks_{m}, {seen}, {is_buy}, {last}"
    if name == "available":
        return f"shown_within({book})"
    return f"price_of(has_book_{m}, {book}, {name == 'vwap'})"

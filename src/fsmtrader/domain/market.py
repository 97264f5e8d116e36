"""What a market tells: events of six kinds in one flat form, so that every engine reads the same columns.

| kind    | a         | b        | c                          | d        | e      |
|---------|-----------|----------|----------------------------|----------|--------|
| FUNDING | rate      | mark, NaN if the stream has none | | | |
| MARK    | price     |          |                            |          |        |
| BOOK    | bid       | bid size | ask                        | ask size | delay  |
| TRADE   | price     | size     | +1 the buyer took, -1 the seller |    | delay  |
| BAR     | open      | high     | low                        | close    | volume |
| DEPTH   | price     | size that stands there now, 0: none | +1 a bid, -1 an ask | place | delay |

Prices in quote, sizes in base currency, rates as a share of notional. What a kind does not use is NaN.

A row of depth is one level of an order book; what a venue told in one message are rows of one time that follow each
other. `place` says where in its message a row stands: `LAST` ends it (the book is whole again), `FIRST_OF_SNAPSHOT`
empties the book before it, and the two may be added; a row without a price only does that. `delay` is how many
microseconds the message took to reach us, where that was recorded.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

NAN = float("nan")


class Kind(enum.IntEnum):
    """What an event is. The numbers are the order at equal times."""

    FUNDING = 0
    MARK = 1
    BOOK = 2
    TRADE = 3
    BAR = 4
    DEPTH = 5
    """after the trades of its moment: they have taken what it no longer shows"""


LAST = 1.0
"""the message ends with this row"""
FIRST_OF_SNAPSHOT = 2.0
"""the book is emptied before this row"""


def is_last(event: MarketEvent) -> bool:
    """Whether the book is whole after this row of depth."""
    return event.d == LAST or event.d == LAST + FIRST_OF_SNAPSHOT


def empties(event: MarketEvent) -> bool:
    """Whether nothing of the book before this row of depth counts any more."""
    return event.d >= FIRST_OF_SNAPSHOT


class MarketEvent(NamedTuple):
    """One event. `market` is the index of its market in the run; a bar's `time_us` is its close.

    A tuple, because a run makes one for every event of its data, and no other immutable thing is made as quickly.
    """

    time_us: int
    kind: Kind
    market: int
    a: float
    b: float = NAN
    c: float = NAN
    d: float = NAN
    e: float = NAN

"""What a market tells: events of five kinds in one flat form, so that every engine reads the same columns.

| kind    | a         | b        | c                          | d        | e      |
|---------|-----------|----------|----------------------------|----------|--------|
| FUNDING | rate      | mark, NaN if the stream has none | | | |
| MARK    | price     |          |                            |          |        |
| BOOK    | bid       | bid size | ask                        | ask size |        |
| TRADE   | price     | size     | +1 the buyer took, -1 the seller |    |        |
| BAR     | open      | high     | low                        | close    | volume |

Prices in quote, sizes in base currency, rates as a share of notional. What a kind does not use is NaN.
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

"""Random markets for the parity of machine and kernel: irregular and unkind, and the same again for the same seed.

Quotes, trades, bars, marks and funding of up to three markets: jumps, holes, rows of one moment, sides of a book that
are empty, sizes that do not suffice, prices of a thousandth and of millions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tests.parity.kernel_markets import SECOND_US, START_US, Columns

from fsmtrader.data.stream import EventStream, stream_of
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.market import Kind
from fsmtrader.program.ir import Program
from fsmtrader.research.markets import Markets

Floats = NDArray[np.float64]
BAR_US = 60 * SECOND_US
TICKS = {"BTC/USDT:USDT": 0.1, "ETH/USDT:USDT": 0.01, "SOL/USDT:USDT": 0.001, "DOGE/USDT:USDT": 0.00001}


@dataclass(frozen=True, slots=True)
class MarketPlan:
    """What a market is like. `step`: the standard deviation of a log return; `sizes`: what is displayed on average.

    `count` is how many quotes (trades or bars, where there are no quotes) there are, `seconds` how far apart they are.
    """

    symbol: str
    price: float
    step: float
    sizes: float
    kinds: frozenset[Kind]
    count: int
    seconds: float


def stream_for(program: Program, plans: Mapping[str, MarketPlan], seed: int, count: int = 0) -> EventStream:
    """The markets that a program trades, each as its symbol's plan says; `count`: fewer events than planned."""
    sources: list[Columns] = []
    places = Markets(program).places
    for index, place in enumerate(places):
        if place.symbol not in plans:
            raise UsageError(f"there is no market {place.name}")
        plan = plans[place.symbol]
        plan = replace(plan, count=min(plan.count, count) if count else plan.count)
        sources += sources_of(plan, np.random.default_rng([seed, sum(map(ord, place.name))]), index)
    return stream_of(sources, [place.name for place in places])


def sources_of(plan: MarketPlan, rng: np.random.Generator, market: int) -> list[Columns]:
    """One market: its prices, then what hangs on them."""
    found: list[Columns] = []
    tick = TICKS.get(plan.symbol, plan.price * 1e-5)
    if Kind.BAR in plan.kinds:
        found.append(_bars(plan, rng, tick, market))
    if not plan.kinds.isdisjoint({Kind.BOOK, Kind.TRADE}):
        quotes = _quotes(plan, rng, tick, market)
        if Kind.BOOK in plan.kinds:
            found.append(quotes)
        if Kind.TRADE in plan.kinds:
            found.append(_trades(quotes, rng, 0.4 if Kind.BOOK in plan.kinds else 1.0))
    if Kind.MARK in plan.kinds:
        found.append(_marks(found[0], rng))
    if Kind.FUNDING in plan.kinds:
        found.append(_fundings(found[0], rng, plan.price))
    return found


def _path(plan: MarketPlan, rng: np.random.Generator) -> Floats:
    """A walk that swings, with a jump now and then."""
    returns = rng.normal(0.0, plan.step, plan.count)
    jumps = rng.random(plan.count) < 0.02
    returns[jumps] += rng.normal(0.0, 8.0 * plan.step, int(jumps.sum()))
    swing = 6.0 * plan.step * np.sin(np.arange(plan.count) / rng.uniform(6.0, 30.0))
    return np.asarray(plan.price * np.exp(np.cumsum(returns) + swing))


def _times(plan: MarketPlan, rng: np.random.Generator) -> NDArray[np.int64]:
    """Irregular moments: some on whole seconds, some equal, now and then an hour without news."""
    gaps = rng.integers(0, int(2 * plan.seconds * SECOND_US), plan.count)
    gaps[rng.random(plan.count) < 0.08] = 0
    gaps[rng.random(plan.count) < 0.005] += 3_600 * SECOND_US
    time_us = START_US + np.cumsum(gaps)
    whole = rng.random(plan.count) < 0.3
    time_us[whole] -= time_us[whole] % SECOND_US
    return np.asarray(np.maximum.accumulate(time_us), dtype=np.int64)


def _quotes(plan: MarketPlan, rng: np.random.Generator, tick: float, market: int) -> Columns:
    count = plan.count
    middle = _path(plan, rng)
    bid = np.maximum(np.floor(middle / tick), 1.0) * tick
    ask = bid + rng.integers(1, 8, count) * tick
    shown = np.full((2, count), np.inf)
    if plan.sizes < np.inf:
        shown = np.round(rng.exponential(plan.sizes, (2, count)), 9)
        shown[rng.random((2, count)) < 0.01] = 0.0
        shown[rng.random((2, count)) < 0.01] = np.nan
    for side, size in ((bid, shown[0]), (ask, shown[1])):
        empty = rng.random(count) < 0.01
        side[empty], size[empty] = np.nan, np.nan
    same = np.flatnonzero(rng.random(count) < 0.1)
    for row in same[same > 0]:
        for column in (bid, ask, shown[0], shown[1]):
            column[row] = column[row - 1]
    return Columns(
        Kind.BOOK, _times(plan, rng), (bid, shown[0], ask, shown[1]), market, rows=int(rng.integers(40, 400))
    )


def _trades(quotes: Columns, rng: np.random.Generator, share: float) -> Columns:
    bid, _, ask, _ = quotes.numbers
    some = np.flatnonzero((rng.random(len(bid)) < share) & ~np.isnan(bid) & ~np.isnan(ask))
    side = np.where(rng.random(len(some)) < 0.5, 1.0, -1.0)
    price = np.where(side > 0.0, ask[some], bid[some])
    size = np.round(rng.exponential(1.0, len(some)), 6) + 1e-6
    return Columns(Kind.TRADE, quotes.time_us[some], (price, size, side), quotes.market)


def _bars(plan: MarketPlan, rng: np.random.Generator, tick: float, market: int) -> Columns:
    """Bars of a minute; some are missing."""
    close = np.maximum(np.round(_path(plan, rng) / tick), 1.0) * tick
    opening = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(opening, close) + tick, np.maximum(np.minimum(opening, close) - tick, tick / 2.0)
    number = 1 + np.cumsum(np.where(rng.random(plan.count) < 0.02, rng.integers(2, 40, plan.count), 1))
    volume = np.round(rng.exponential(5.0, plan.count), 3)
    return Columns(Kind.BAR, START_US + BAR_US * number, (opening, high, low, close, volume), market, BAR_US)


def _prices(like: Columns) -> Floats:
    """A price for each row of quotes, trades or bars, that of before where a book has a side without one."""
    numbers = like.numbers
    prices = {Kind.BOOK: lambda: (numbers[0] + numbers[2]) / 2.0, Kind.TRADE: lambda: numbers[0]}.get(
        like.kind, lambda: numbers[3]
    )()
    known = np.flatnonzero(~np.isnan(prices))
    return np.asarray(prices[known[np.maximum(np.searchsorted(known, np.arange(len(prices)), side="right") - 1, 0)]])


def _marks(like: Columns, rng: np.random.Generator) -> Columns:
    """Marks near the market, at the moments of its news or just after them."""
    some = np.flatnonzero(rng.random(len(like.time_us)) < 0.5)
    mark = _prices(like)[some] * (1.0 + rng.normal(0.0, 1e-4, len(some)))
    return Columns(Kind.MARK, like.time_us[some] + int(rng.integers(0, 2)), (mark,), like.market)


def _fundings(like: Columns, rng: np.random.Generator, price: float) -> Columns:
    """A rate every ten minutes of the market's time, with the mark of its moment now and then."""
    first, last = int(like.time_us[0]), int(like.time_us[-1])
    time_us = np.arange(first - first % (10 * BAR_US), last + 1, 10 * BAR_US, dtype=np.int64)
    rate = rng.normal(1e-4, 4e-4, len(time_us))
    mark = np.where(rng.random(len(time_us)) < 0.5, price, np.nan)
    return Columns(Kind.FUNDING, time_us, (rate, mark), like.market)

"""The made-up order book: what it promises of its levels, trades and prices, and that a seed makes it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fsmtrader.catalog.markets import BOOKS as CATALOG
from fsmtrader.data.stream import EventStream, stream_of
from fsmtrader.data.synthetic_book import BOOKS, LEVELS, BookMarket, book_sources
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.market import Kind, MarketEvent, empties, is_last

MARKET = BookMarket("book", seed=3, start_price=60_000.0, annual_volatility=0.6, span_us=20_000_000)


def stream(market: BookMarket = MARKET) -> EventStream:
    return stream_of(book_sources(market))


def books(market: BookMarket) -> list[tuple[MarketEvent, dict[float, float], dict[float, float], list[MarketEvent]]]:
    """Bids, asks at each message's end, and the trades since the message before."""
    sides: dict[float, dict[float, float]] = {1.0: {}, -1.0: {}}
    found, trades = [], []
    for batch in stream(market):
        for event in batch:
            if event.kind is Kind.TRADE:
                trades.append(event)
                continue
            if empties(event):
                sides = {1.0: {}, -1.0: {}}
            sides[event.c][event.a] = event.b
            if event.b == 0.0:
                del sides[event.c][event.a]
            if is_last(event):
                found.append((event, dict(sides[1.0]), dict(sides[-1.0]), trades))
                trades = []
    return found


@pytest.mark.parametrize("kind", BOOKS)
def test_every_message_leaves_ten_levels_on_each_side_uncrossed(kind: str) -> None:
    market = replace(MARKET, kind=kind)
    made = books(market)
    assert len(made) == market.messages == 2000
    for _, bids, asks, _ in made:
        assert len(bids) == len(asks) == LEVELS
        assert max(bids) < min(asks)
        assert all(price % 1.0 == 0.0 for price in (*bids, *asks))
        assert min((*bids.values(), *asks.values())) > 0.0


def test_trades_are_at_the_touch_that_stood_before_them_and_lower_it() -> None:
    made = books(MARKET)
    single = 0
    for (_, bids, asks, _), (event, new_bids, new_asks, trades) in pairwise(made):
        for trade in trades:
            assert trade.time_us == event.time_us
            side, touch = (asks, min(asks)) if trade.c > 0 else (bids, max(bids))
            if trade is trades[0]:
                assert trade.a == touch
            assert trade.b <= side[trade.a] + 1e-9
            after = (new_asks if trade.c > 0 else new_bids).get(trade.a, 0.0)
            assert after == pytest.approx(side[trade.a] - trade.b)
        single += len(trades) == 1
    assert single > 200


def test_the_same_seed_makes_the_same_and_another_one_another() -> None:
    assert stream().digest == stream().digest != stream(replace(MARKET, seed=4)).digest


def test_a_crash_loses_five_percent_within_a_fiftieth_of_the_time() -> None:
    market = replace(MARKET, kind="book_crash", annual_volatility=0.1, span_us=100_000_000)
    middles = np.array([(max(bids) + min(asks)) / 2 for _, bids, asks, _ in books(market)])
    start, end = middles[round(0.49 * len(middles)) - 1], middles[round(0.51 * len(middles))]
    assert end / start == pytest.approx(0.95, abs=0.002)
    assert middles[0] == pytest.approx(60_000.0, abs=2.0)


@pytest.mark.parametrize(("tick", "price", "decimals"), [(0.01, 900.0, 2), (0.5, 60_000.0, 1), (0.0, 0.2, 6)])
def test_prices_are_on_the_grid_of_ticks(tick: float, price: float, decimals: int) -> None:
    market = replace(MARKET, tick=tick, start_price=price, span_us=2_000_000)
    prices = np.concatenate([batch.a for batch in stream(market)])
    assert np.array_equal(prices, np.round(prices, decimals))
    assert np.allclose(prices / market.step, np.rint(prices / market.step), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"kind": "gbm"}, "no synthetic book 'gbm'; known are book, book_crash"),
        ({"span_us": 10**13}, "1,000,000,000 messages, more than 500,000: take fewer days"),
        ({"interval_us": 1}, "too short for messages every 1"),
        ({"tick": 2000.0}, "a tick of 2000 is too much"),
        ({"start_price": 0.0}, "price is 0.0, expected more than 0"),
        ({"annual_volatility": -1.0}, "vol is -1.0"),
    ],
)
def test_settings_that_make_no_market(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        replace(MARKET, **settings)


def test_the_catalogue_knows_what_is_made() -> None:
    assert set(CATALOG) == set(BOOKS)

"""Made-up quotes, trades and funding, and files written in pieces."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fsmtrader.data import synthetic, ticks
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import open_stream
from fsmtrader.data.synthetic import KINDS, START_US, bar_chunks, generate
from fsmtrader.data.ticks import Ticks, funding, quotes, trades
from fsmtrader.data.writing import write_pieces
from fsmtrader.diagnostics import UsageError

DAY_US = 86_400_000_000
EVENTS = 86_400


def market(kind: str = "gbm", **changes: Any) -> Ticks:
    settings: dict[str, Any] = {
        "seed": 1,
        "events": EVENTS,
        "span_us": DAY_US,
        "start_price": 60_000.0,
        "annual_volatility": 0.6,
    }
    return Ticks(kind, **(settings | changes))


def whole(pieces: Any) -> tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]:
    times, numbers = zip(*pieces, strict=True)
    return np.concatenate(times), {name: np.concatenate([n[name] for n in numbers]) for name in numbers[0]}


@pytest.mark.parametrize("kind", KINDS)
def test_quotes_of_every_kind_are_a_market(kind: str) -> None:
    times, q = whole(quotes(market(kind)))
    assert len(times) == EVENTS
    assert times[0] >= START_US and times[-1] < START_US + DAY_US
    assert (np.diff(times) > 0).all()
    assert (q["bid"] < q["ask"]).all() and (q["bid"] > 0).all()
    assert (np.round(q["bid"], 2) == q["bid"]).all()
    assert (q["bid_size"] >= 0.001).all() and (q["ask_size"] >= 0.001).all()


def test_quotes_do_what_they_say() -> None:
    _, q = whole(quotes(market(events=500_000, span_us=30 * DAY_US)))
    middle = (q["bid"] + q["ask"]) / 2
    steps = np.diff(np.log(middle[::100]))
    assert np.std(steps) * math.sqrt(365 * 500_000 / 30 / 100) == pytest.approx(0.6, rel=0.05)
    assert np.median((q["ask"] - q["bid"]) / middle) == pytest.approx(0.0001, rel=0.02)
    _, dead = whole(quotes(market("dead")))
    assert len(np.unique(dead["bid"] + dead["ask"])) <= 2  # a spread, and a wide one, about one price
    _, crash = whole(quotes(market("crash")))
    fall = crash["bid"][round(0.51 * EVENTS)] / crash["bid"][round(0.49 * EVENTS)]
    assert fall == pytest.approx(0.7, abs=0.05)
    _, jump = whole(quotes(market("jump")))
    assert np.abs(np.diff(np.log(jump["bid"]))).max() > 0.01


def test_trades_are_at_the_touch() -> None:
    _, q = whole(quotes(market()))
    _, t = whole(trades(market()))
    assert (t["price"] == np.where(t["side"] > 0, q["ask"], q["bid"])).all()
    assert 0.45 < (t["side"] > 0).mean() < 0.55


def test_the_seed_decides() -> None:
    first, again, other = (whole(quotes(market(seed=seed)))[1]["bid"] for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


def test_funding_is_every_eight_hours() -> None:
    times, rates = funding(1, START_US + 1, 10 * DAY_US)
    assert times[0] == START_US + 8 * 3_600_000_000  # the first boundary after the start
    assert (np.diff(times) == 8 * 3_600_000_000).all() and len(times) == 30
    assert np.abs(rates).max() <= ticks.MOST_RATE and rates.mean() == pytest.approx(0.0001, abs=0.0001)


@pytest.mark.parametrize(
    "changes",
    [{"events": 0}, {"span_us": 10}, {"start_price": 0.0}, {"tick": -1.0}, {"annual_volatility": math.nan}, {"spread": 0.7}],
)  # fmt: skip
def test_wrong_arguments_are_refused(changes: dict[str, Any]) -> None:
    word = "microseconds" if "span_us" in changes else next(iter(changes))
    with pytest.raises(UsageError, match=word):
        market(**changes)
    with pytest.raises(UsageError, match="no synthetic market 'gmb'"):
        market("gmb")


@pytest.mark.parametrize("kind", KINDS)
def test_bars_in_pieces_are_the_bars(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = {
        "seed": 2,
        "start_price": 100.0,
        "interval_us": 60_000_000,
        "bars": 3_000,
        "annual_volatility": 0.6,
    }
    expected = generate(kind, **settings)
    monkeypatch.setattr(synthetic, "CHUNK_BARS", 64)
    pieces = list(bar_chunks(kind, **settings))
    assert max(map(len, pieces)) <= 64
    for column, wanted in zip(zip(*(piece.columns for piece in pieces), strict=True), expected.columns, strict=True):
        assert (np.concatenate(column) == wanted).all()


@pytest.mark.parametrize("name", ["q.parquet", "q.csv", "q.feather"])
def test_written_data_reads_back_and_has_the_same_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert (
        write_pieces(str(path), ("bid", "bid_size", "ask", "ask_size"), lambda: quotes(market(events=300_000)))
        == 300_000
    )
    first = path.read_bytes()
    write_pieces(str(path), ("bid", "bid_size", "ask", "ask_size"), lambda: quotes(market(events=300_000)))
    assert path.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == [name]
    times, q = whole(quotes(market(events=300_000)))
    read = list(open_stream([Wanted(str(path))]))
    assert (np.concatenate([batch.time_us for batch in read]) == times).all()
    assert (np.concatenate([batch.d for batch in read]) == q["ask_size"]).all()


def test_row_groups_are_small_enough_to_be_read_in_pieces(tmp_path: Path) -> None:
    path = str(tmp_path / "q.parquet")
    write_pieces(path, ("bid", "bid_size", "ask", "ask_size"), lambda: quotes(market(events=600_000)))
    assert [len(batch) for batch in open_stream([Wanted(path)])] == [262_144, 262_144, 75_712]
    assert pl.read_parquet(path).schema["ts"] == pl.Datetime("us", "UTC")


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    pieces = lambda: quotes(market(events=10))  # noqa: E731
    with pytest.raises(UsageError, match="cannot write"):
        write_pieces(str(tmp_path / "absent" / "q.parquet"), ("bid",), pieces)
    with pytest.raises(UsageError, match="what kind of file"):
        write_pieces(str(tmp_path / "q.doc"), ("bid",), pieces)
    with pytest.raises(UsageError, match=r"give it the ending \.csv"):
        write_pieces(str(tmp_path / "q.csv.gz"), ("bid",), pieces)
    assert list(tmp_path.iterdir()) == []

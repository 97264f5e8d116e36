"""Order books from files: changes that are sequenced by update id from snapshots, views of the best levels, delays."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fsmtrader.data import tables
from fsmtrader.data.describe import describe
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import EventStream, open_stream
from fsmtrader.diagnostics import DataError
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind, is_last

ROOT = os.environ.get("FSMTRADER_RECORDED_DATA", "")
RECORDED = pytest.mark.skipif(not ROOT, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")
T0_NS = 1_735_689_600_000_000_000
FIRST, WHOLE = FIRST_OF_SNAPSHOT, LAST + FIRST_OF_SNAPSHOT

SNAPSHOT = [(50, 10, 1, 100.0, 5.0), (50, 10, 1, 99.0, 4.0), (50, 10, -1, 101.0, 3.0)]
"""time in ms, last update id, side, price, size"""
CHANGES = [
    (10, 7, 8, 1, 98.0, 9.0),  # older than the snapshot
    (20, 9, 11, 1, 100.0, 6.0),  # straddles it, and was there before it
    (20, 9, 11, -1, 101.0, 0.0),
    (60, 12, 13, -1, 102.0, 2.0),
    (70, 14, 14, 1, 99.0, 0.0),
]
"""time in ms, first and last update id, side, price, size"""


def frame(rows: list[tuple[Any, ...]], **others: Any) -> pl.DataFrame:
    ids = ["first_update_id", "last_update_id"] if len(rows[0]) == 6 else ["last_update_id"]
    made = pl.DataFrame(rows, schema=["ts_local_ns", *ids, "side", "price", "qty"], orient="row")
    return made.with_columns(pl.col("ts_local_ns") * 1_000_000 + T0_NS, **others)


def book(folder: Path, changes: pl.DataFrame | None, snapshot: pl.DataFrame | None, **options: Any) -> EventStream:
    files = []
    for name, table in (("depth", changes), ("snapshot", snapshot)):
        if table is not None:
            path = folder / f"{name}.parquet"
            table.write_parquet(path)
            files.append(Wanted(str(path), **options))
    return open_stream(files)


def told(stream: EventStream) -> list[tuple[Any, ...]]:
    """(ms, price, size, side, place) of each row; None for NaN."""
    return [
        ((e.time_us - T0_NS // 1000) / 1000, *(None if math.isnan(n) else n for n in (e.a, e.b, e.c, e.d)))
        for batch in stream
        for e in batch
        if e.kind is Kind.DEPTH
    ]


def test_changes_go_on_from_their_snapshot(tmp_path: Path) -> None:
    """The straddling message was received before the snapshot: it counts from the snapshot's moment on."""
    stream = book(tmp_path, frame(CHANGES), frame(SNAPSHOT))
    assert told(stream) == [
        (50, 100.0, 5.0, 1, FIRST),
        (50, 99.0, 4.0, 1, 0),
        (50, 101.0, 3.0, -1, LAST),
        (50, 100.0, 6.0, 1, 0),
        (50, 101.0, 0.0, -1, LAST),
        (60, 102.0, 2.0, -1, LAST),
        (70, 99.0, 0.0, 1, LAST),
    ]
    assert any("1 message was passed over" in note for note in stream.notes)
    assert len(stream) == 7


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_pieces_of_any_size_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    whole = told(book(tmp_path, frame(CHANGES), frame(SNAPSHOT)))
    monkeypatch.setattr(tables, "CHUNK_ROWS", rows)
    assert told(book(tmp_path, frame(CHANGES), frame(SNAPSHOT))) == whole


def test_a_gap_empties_the_book_until_another_snapshot(tmp_path: Path) -> None:
    """14 does not follow 13 once the third message is 15: nothing is known until the snapshot that 16 straddles."""
    changes = [*CHANGES[:4], (70, 15, 15, 1, 99.0, 0.0), (80, 16, 17, 1, 97.0, 1.0), (90, 18, 18, 1, 97.0, 2.0)]
    again = [(85, 16, 1, 96.0, 1.0), (85, 16, -1, 103.0, 1.0)]
    stream = book(tmp_path, frame(changes), frame([*SNAPSHOT, *again]))
    assert told(stream)[5:] == [
        (60, 102.0, 2.0, -1, LAST),
        (70, None, None, None, WHOLE),
        (85, 96.0, 1.0, 1, FIRST),
        (85, 103.0, 1.0, -1, LAST),
        (85, 97.0, 1.0, 1, LAST),
        (90, 97.0, 2.0, 1, LAST),
    ]
    [note] = [note for note in stream.notes if "missing" in note]
    assert "row 5" in note and "update 15" in note


def test_a_snapshot_that_no_change_straddles_is_of_no_use(tmp_path: Path) -> None:
    """Its id is 5, the first change begins with 7: 6 is missing."""
    old = [(5, 5, *row[2:]) for row in SNAPSHOT]
    with pytest.raises(DataError, match="has no rows"):
        book(tmp_path, frame(CHANGES), frame(old))
    assert told(book(tmp_path, frame(CHANGES), frame([*old, *SNAPSHOT])))[0] == (50, 100.0, 5.0, 1, FIRST)


def test_ids_with_gaps_of_their_own_are_checked_by_the_message_before(tmp_path: Path) -> None:
    """USD-M: `pu` is the last id of the message before, whatever the first id is."""
    changes = [(10, 5, 12, 1, 98.0, 1.0), (60, 20, 25, 1, 97.0, 1.0), (70, 30, 31, 1, 96.0, 1.0)]
    follows = frame(changes, pu=pl.Series([3, 12, 25]))
    assert [row[1] for row in told(book(tmp_path, follows, frame(SNAPSHOT)))[3:]] == [98.0, 97.0, 96.0]
    breaks = frame(changes, pu=pl.Series([3, 12, 28]))
    assert told(book(tmp_path, breaks, frame(SNAPSHOT)))[-1] == (70, None, None, None, WHOLE)


def test_without_the_message_before_only_ids_that_go_back_are_seen(tmp_path: Path) -> None:
    changes = [(10, 5, 12, 1, 98.0, 1.0), (60, 20, 25, 1, 97.0, 1.0), (70, 22, 31, 1, 96.0, 1.0)]
    stream = book(tmp_path, frame(changes), frame(SNAPSHOT))
    assert told(stream)[-1] == (70, None, None, None, WHOLE)
    assert any("missing changes could not be seen" in note for note in stream.notes)


def test_a_message_that_is_told_again_is_passed_over(tmp_path: Path) -> None:
    changes = [*CHANGES, (75, 12, 13, -1, 102.0, 8.0)]
    stream = book(tmp_path, frame(changes), frame(SNAPSHOT))
    assert told(stream) == told(book(tmp_path, frame(CHANGES), frame(SNAPSHOT)))
    assert any("1 message was told again" in note for note in stream.notes)


def test_changes_without_a_snapshot_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is none: give its file too"):
        book(tmp_path, frame(CHANGES), None)


def test_a_snapshot_alone_is_a_book_that_stands(tmp_path: Path) -> None:
    assert [row[4] for row in told(book(tmp_path, None, frame(SNAPSHOT)))] == [FIRST, 0, LAST]


def test_a_run_that_begins_later_begins_with_what_stands(tmp_path: Path) -> None:
    """At 65 ms: 100.0 x 6, 99.0 x 4, 102.0 x 2; the ask at 101.0 is gone."""
    begin = (T0_NS + 65_000_000) // 1000
    rows = told(book(tmp_path, frame(CHANGES), frame(SNAPSHOT), from_us=begin))
    assert [row[0] for row in rows] == [65, 65, 65, 70]
    assert sorted((price, size, side) for _, price, size, side, _ in rows[:3]) == [
        (99.0, 4.0, 1),
        (100.0, 6.0, 1),
        (102.0, 2.0, -1),
    ]
    assert [row[4] for row in rows] == [FIRST, 0, LAST, LAST]
    until = told(book(tmp_path, frame(CHANGES), frame(SNAPSHOT), to_us=begin))
    assert until == told(book(tmp_path, frame(CHANGES), frame(SNAPSHOT)))[:6]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("qty", -1.0, "row 4, column `qty`: `-1.0` is below zero"),
        ("price", 0.0, "row 4, column `price`: `0.0` is not above zero"),
        ("side", 7, "row 4, column `side`: `7` is no side"),
        ("price", 99.5, "row 4, column `price`: after it the best bid 100 is above the best ask 99.5: .* crossed"),
        ("last_update_id", None, "row 4, column `last_update_id`: `None` is no update id"),
    ],
)
def test_levels_that_are_wrong_are_named(tmp_path: Path, column: str, value: object, reason: str) -> None:
    changes = frame(CHANGES)
    values = changes.get_column(column).to_list()
    values[3] = value
    wrong = changes.with_columns(pl.Series(column, values, dtype=changes.schema[column]))
    with pytest.raises(DataError, match=reason):
        book(tmp_path, wrong, frame(SNAPSHOT))


def test_all_mistakes_of_a_file_of_changes_are_shown(tmp_path: Path) -> None:
    """A file alone is looked at without its snapshot; rows that are wrong are named, the others are counted."""
    path = tmp_path / "depth.parquet"
    frame(CHANGES).write_parquet(path)
    shown = describe(Wanted(str(path)))
    assert (shown.kind, shown.rows, shown.problems) == ("depth", 5, ())
    frame([*CHANGES, (80, 15, 15, 1, -1.0, 1.0)]).write_parquet(path)
    [problem] = describe(Wanted(str(path))).problems
    assert (problem.row, problem.column) == (6, "price")
    frame(
        [*CHANGES[:3], (60, 15, 15, 1, 97.0, 1.0), (61, 16, 16, 1, 97.0, 1.0), (62, 17, 17, 1, 97.0, 2.0)]
    ).write_parquet(path)
    shown = describe(Wanted(str(path)))
    assert shown.rows == 6 and any("row 4: changes are missing" in note for note in shown.notes)


# -- the best levels side by side --------------------------------------------------------------------------------------

LADDER = {
    "ts": [0, 1000, 2000, 3000],
    "bid_price_0": [100.0, 100.0, 100.0, 99.5],
    "bid_qty_0": [1.0, 1.0, 1.0, 2.0],
    "bid_price_1": [99.0, 99.0, 99.0, None],
    "bid_qty_1": [4.0, 5.0, 5.0, None],
    "ask_price_0": [101.0, 101.5, 101.5, 101.5],
    "ask_qty_0": [2.0, 2.0, 2.0, 2.0],
    "ask_price_1": [102.0, 102.0, 102.0, 102.0],
    "ask_qty_1": [3.0, 3.0, 3.0, 3.0],
}


def ladder(folder: Path, **columns: list[Any]) -> str:
    table = pl.DataFrame(LADDER | columns).with_columns(pl.col("ts") + T0_NS // 1_000_000)
    path = folder / "book.parquet"
    table.write_parquet(path)
    return str(path)


def test_views_of_the_best_levels_are_told_as_changes(tmp_path: Path) -> None:
    stream = open_stream([Wanted(ladder(tmp_path))])
    assert told(stream) == [
        (0, 100.0, 1.0, 1, FIRST),
        (0, 99.0, 4.0, 1, 0),
        (0, 101.0, 2.0, -1, 0),
        (0, 102.0, 3.0, -1, LAST),
        (1000, 101.0, 0.0, -1, 0),
        (1000, 99.0, 5.0, 1, 0),
        (1000, 101.5, 2.0, -1, LAST),
        (2000, None, None, None, LAST),  # told again, nothing new
        (3000, 100.0, 0.0, 1, 0),
        (3000, 99.0, 0.0, 1, 0),
        (3000, 99.5, 2.0, 1, LAST),
    ]


@pytest.mark.parametrize("rows", [1, 2])
def test_views_in_pieces_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    path = ladder(tmp_path)
    whole = told(open_stream([Wanted(path)]))
    monkeypatch.setattr(tables, "CHUNK_ROWS", rows)
    assert told(open_stream([Wanted(path)])) == whole


def test_the_best_levels_are_quotes_when_it_is_said(tmp_path: Path) -> None:
    [batch] = list(open_stream([Wanted(ladder(tmp_path), kind=Kind.BOOK)]))
    assert [int(kind) for kind in batch.kind] == [Kind.BOOK] * 4
    assert batch.a.tolist() == [100.0, 100.0, 100.0, 99.5]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"bid_price_1": [99.0, 100.0, 99.0, None]}, "row 2, column `bid_price_1`: .* out of order"),
        ({"ask_qty_1": [3.0, 3.0, -3.0, 3.0]}, "row 3, column `ask_qty_1`: `-3.0` is no size"),
        ({"ask_price_0": [101.0, 101.5, 99.9, 101.5]}, "row 3, column `bid_price_0`: `100.0` is above the ask"),
        ({"bid_price_1": [99.0, 99.0, 0.0, None]}, "row 3, column `bid_price_1`: `0.0` is not above zero"),
        ({"ask_price_1": [102.0, 102.0, math.inf, 102.0]}, "row 3, column `ask_price_1`: `inf` is not a finite"),
    ],
)
def test_views_that_are_wrong_are_named(tmp_path: Path, columns: dict[str, list[Any]], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        open_stream([Wanted(ladder(tmp_path, **columns))])


# -- delays and trades -------------------------------------------------------------------------------------------------


def test_delays_begin_at_the_least_of_all_files(tmp_path: Path) -> None:
    """The recorder's clock is behind by 1 s; the least distance, -0.9 s of the trades, is no delay."""
    trades = pl.DataFrame({
        "ts_local_ns": [T0_NS + 100_000_000], "ts_exch_ms": [T0_NS // 1_000_000 + 1000],
        "price": [100.0], "qty": [1.0], "buyer_is_maker": [False],
    })  # fmt: skip
    quotes = pl.DataFrame({
        "ts_local_ns": [T0_NS + 150_000_000, T0_NS + 700_500_000], "ts_exch_ms": [T0_NS // 1_000_000 + t for t in (1001, 1500)],
        "bid": [99.0, 99.0], "bid_qty": [1.0, 1.0], "ask": [101.0, 101.0], "ask_qty": [1.0, 1.0],
    })  # fmt: skip
    trades.write_parquet(tmp_path / "trades.parquet")
    quotes.write_parquet(tmp_path / "quotes.parquet")
    paths = [str(tmp_path / f"{name}.parquet") for name in ("trades", "quotes")]
    exchange = open_stream([Wanted(path, mapping={"time": "ts_exch_ms"}) for path in paths])
    assert [(e.kind, e.time_us - T0_NS // 1000, e.e) for batch in exchange for e in batch] == [
        (Kind.TRADE, 1_000_000, 0.0),
        (Kind.BOOK, 1_001_000, 49_000.0),
        (Kind.BOOK, 1_500_000, 100_500.0),
    ]
    local = open_stream([Wanted(path) for path in paths])
    assert all(math.isnan(e.e) for batch in local for e in batch)


def test_trades_that_are_not_of_the_market_are_left_out(tmp_path: Path) -> None:
    table = pl.DataFrame({
        "ts": [T0_NS // 1_000_000 + i for i in range(4)], "price": [100.0, 0.0, 90.0, 101.0], "qty": [1.0, 0.0, 5.0, 2.0],
        "buyer_is_maker": [True] * 4, "exec_type": ["MARKET", "NA", "INSURANCE_FUND", ""],
    })  # fmt: skip
    table.write_parquet(tmp_path / "trades.parquet")
    stream = open_stream([Wanted(str(tmp_path / "trades.parquet"))])
    assert [(e.a, e.b, e.c) for batch in stream for e in batch] == [(100.0, 1.0, -1.0), (101.0, 2.0, -1.0)]
    assert any("2 trades were not of the market" in note for note in stream.notes)


# -- recordings --------------------------------------------------------------------------------------------------------


@RECORDED
@pytest.mark.parametrize(
    ("name", "messages", "rows"),
    [("usdm_btcusdt", 6547, 445_262), ("cm_btcusd_perp", 26_824, 297_747), ("spot_btcusdt", 3449, 126_073)],
)
def test_recorded_books(name: str, messages: int, rows: int) -> None:
    """The messages that the recording's description states were applied, and the snapshot."""
    folder = Path(ROOT) / "tick_binance_btc_20240808"
    stream = open_stream([Wanted(str(folder / f"{name}_0808_{part}.parquet")) for part in ("depth", "snapshot")])
    place = np.concatenate([batch.d for batch in stream])
    assert len(place) == rows == len(stream)
    assert int((place == LAST).sum()) == messages + 1
    assert int((place >= FIRST_OF_SNAPSHOT).sum()) == 1


@RECORDED
@pytest.mark.parametrize(
    ("name", "messages"),
    [("tick_aster_bnb_20251128/BNBUSDT_book10", 5247), ("tick_hyperliquid_btc_20250904/BTC_book20", 3785)],
)
def test_recorded_views(name: str, messages: int) -> None:
    """Each row is a message, and after it the book's touch is the row's own."""
    path = Path(ROOT) / f"{name}.parquet"
    bids: dict[float, float] = {}
    touch = []
    for batch in open_stream([Wanted(str(path))]):
        for event in batch:
            if event.c > 0 and event.b > 0:
                bids[event.a] = event.b
            elif event.c > 0:
                del bids[event.a]
            if is_last(event):
                touch.append(max(bids))
    assert len(touch) == messages
    assert touch == pl.read_parquet(path).get_column("bid_price_0").to_list()

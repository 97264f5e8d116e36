"""Imports: what recorders, Binance Vision and Tardis write, as files of events with a manifest of what was checked."""

from __future__ import annotations

import gzip
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsmtrader.data.describe import describe
from fsmtrader.data.files import Wanted
from fsmtrader.data.importing import spool
from fsmtrader.data.importing.check import check_book
from fsmtrader.data.importing.clocks import ClockChoice
from fsmtrader.data.importing.run import MANIFEST, Order, import_files
from fsmtrader.data.stream import open_stream
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind

ROOT = os.environ.get("FSMTRADER_RECORDED_DATA", "")
RECORDED = pytest.mark.skipif(not ROOT, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")
T0_MS = 1_735_689_600_000
FIRST, WHOLE = FIRST_OF_SNAPSHOT, LAST + FIRST_OF_SNAPSHOT


def line(local_ms: float, data: dict[str, Any], stream: str = "") -> str:
    """A line of a recorder; the exchange's clock is 1000 ms ahead of its own."""
    message = {"stream": stream, "data": data} if stream else data
    return f"{round((T0_MS + local_ms - 1000) * 1_000_000)} {json.dumps(message)}\n"


def depth(at: int, first: int, last: int, before: int, bids: list[Any], asks: list[Any]) -> dict[str, Any]:
    times = {"E": T0_MS + at + 1, "T": T0_MS + at}
    return {"e": "depthUpdate", **times, "s": "AUSDT", "U": first, "u": last, "pu": before, "b": bids, "a": asks}


def quote(at: int, update: int, bid: float, bid_size: float, ask: float, ask_size: float) -> dict[str, Any]:
    sides = {"b": str(bid), "B": str(bid_size), "a": str(ask), "A": str(ask_size)}
    return {"e": "bookTicker", "u": update, "s": "AUSDT", **sides, "T": T0_MS + at, "E": T0_MS + at}


def trade(at: int, number: int, price: float, size: float, is_seller: bool, how: str = "MARKET") -> dict[str, Any]:
    times = {"E": T0_MS + at, "T": T0_MS + at}
    return {"e": "trade", **times, "s": "AUSDT", "t": number, "p": str(price), "q": str(size), "X": how, "m": is_seller}


SNAPSHOT = {
    **{"lastUpdateId": 10, "E": T0_MS + 45, "T": T0_MS + 45},
    **{"bids": [["100.0", "5"], ["99.0", "4"]], "asks": [["101.0", "3"]]},
}
RECORDING = [
    line(12, depth(10, 5, 8, 1, [["98.0", "9"]], []), "ausdt@depth"),
    line(25, depth(20, 9, 12, 8, [["100.0", "6"]], [["101.0", "0"], ["102.0", "7"]]), "ausdt@depth"),
    line(50, SNAPSHOT),
    line(62, quote(60, 14, 100.0, 6.0, 101.5, 1.0), "ausdt@bookTicker"),
    line(65, trade(61, 1, 101.5, 0.5, False), "ausdt@trade"),
    line(66, trade(62, 2, 0.0, 0.0, False, "NA"), "ausdt@trade"),
    line(71, depth(60, 13, 14, 12, [], [["101.5", "1"]]), "ausdt@depth"),
    line(72, {"e": "kline", "s": "AUSDT"}, "ausdt@kline_1m"),
]


def written(folder: Path, lines: list[str], name: str = "recording.gz") -> str:
    path = folder / name
    with gzip.open(path, "wt") as stream:
        stream.write("".join(lines))
    return str(path)


def imported(folder: Path, *paths: str, **order: Any) -> dict[str, Any]:
    return import_files(Order(paths, folder / "out", **order), lambda what, rows: None)  # type: ignore[return-value]


def events(path: Path) -> list[tuple[Any, ...]]:
    """(ms, kind, a…e) of each event; None for NaN."""
    return [
        (
            (e.time_us - T0_MS * 1000) / 1000,
            e.kind.name,
            *(None if math.isnan(n) else n for n in (e.a, e.b, e.c, e.d, e.e)),
        )
        for batch in open_stream([Wanted(str(path))])
        for e in batch
    ]


def test_a_recording_becomes_events_of_the_exchanges_time_with_delays(tmp_path: Path) -> None:
    """Delays over the least: local - exchange is -998 at the least (10 -> 12 - 1000); 25 - 20 - 2 = 3 ms and so on."""
    manifest = imported(tmp_path, written(tmp_path, RECORDING))
    assert events(tmp_path / "out" / "AUSDT.parquet") == [
        (45, "DEPTH", 100.0, 5.0, 1.0, FIRST, 3000.0),
        (45, "DEPTH", 99.0, 4.0, 1.0, 0.0, 3000.0),
        (45, "DEPTH", 101.0, 3.0, -1.0, LAST, 3000.0),
        (45, "DEPTH", 100.0, 6.0, 1.0, 0.0, 3000.0),
        (45, "DEPTH", 101.0, 0.0, -1.0, 0.0, 3000.0),
        (45, "DEPTH", 102.0, 7.0, -1.0, LAST, 3000.0),
        (60, "BOOK", 100.0, 6.0, 101.5, 1.0, 0.0),
        (60, "DEPTH", 101.5, 1.0, -1.0, LAST, 9000.0),
        (61, "TRADE", 101.5, 0.5, 1.0, None, 2000.0),
    ]
    [market] = manifest["markets"]
    assert market["market"] == "AUSDT" and market["rows"] == 9 and manifest["ignored"] == {"kline": 1}
    assert {kind: told["rows"] for kind, told in market["kinds"].items()} == {"quotes": 1, "trades": 1, "depth": 7}
    checks = market["checks"]
    assert checks["sequence"] == {"messages": 3, "passed": 1, "twice": 0, "breaks": 0, "is_checked": True}
    assert checks["book"] == {"messages": 3, "crossed": 0, "met": 1, "mismatches": 0, "first": None}
    assert market["clocks"]["exchange_ahead_us"] == 998_000
    assert json.loads((tmp_path / "out" / MANIFEST).read_text()) == manifest
    assert manifest["sources"][0]["file"] == "recording.gz" and len(manifest["sources"][0]["sha256"]) == 64
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["AUSDT.parquet", MANIFEST]


def test_by_the_local_clock_there_are_no_delays(tmp_path: Path) -> None:
    imported(tmp_path, written(tmp_path, RECORDING), clock=ClockChoice.LOCAL)
    told = events(tmp_path / "out" / "AUSDT.parquet")
    assert [row[0] for row in told] == [-950.0] * 6 + [-938.0, -935.0, -929.0]
    assert [row[1] for row in told[6:]] == ["BOOK", "TRADE", "DEPTH"]
    assert all(row[6] is None for row in told)


def test_a_touch_that_differs_is_found(tmp_path: Path) -> None:
    """The quote of update 14 says that 2 wait at the ask, the book says 1."""
    recording = [*RECORDING[:3], line(62, quote(60, 14, 100.0, 6.0, 101.5, 2.0)), *RECORDING[4:]]
    manifest = imported(tmp_path, written(tmp_path, recording))
    book = manifest["markets"][0]["checks"]["book"]
    assert (book["met"], book["mismatches"], book["first"]) == (1, 1, 14)


def test_a_gap_is_counted_and_the_book_emptied(tmp_path: Path) -> None:
    recording = [*RECORDING[:6], line(71, depth(60, 14, 14, 13, [], [["101.5", "1"]]))]
    manifest = imported(tmp_path, written(tmp_path, recording))
    assert manifest["markets"][0]["checks"]["sequence"]["breaks"] == 1
    last = [row for row in events(tmp_path / "out" / "AUSDT.parquet") if row[1] == "DEPTH"][-1]
    assert last == (60, "DEPTH", None, None, None, WHOLE, None)


def test_a_message_without_levels_is_no_gap(tmp_path: Path) -> None:
    recording = [
        *RECORDING[:3],
        line(55, depth(50, 13, 13, 12, [], [])),
        line(71, depth(60, 14, 14, 13, [["97.0", "1"]], [])),
    ]
    manifest = imported(tmp_path, written(tmp_path, recording))
    assert manifest["markets"][0]["checks"]["sequence"]["breaks"] == 0
    assert events(tmp_path / "out" / "AUSDT.parquet")[-1][2] == 97.0


def test_trades_recorded_twice_and_out_of_order_are_mended(tmp_path: Path) -> None:
    recording = [
        line(at, trade(at - 5, number, 100.0 + number, 1.0, True)) for at, number in ((10, 1), (20, 2), (20, 2))
    ]
    recording.append(line(30, trade(12, 3, 103.0, 1.0, True)))  # 12 is before 15
    manifest = imported(tmp_path, written(tmp_path, recording))
    assert [row[:3] for row in events(tmp_path / "out" / "AUSDT.parquet")] == [
        (5, "TRADE", 101.0),
        (15, "TRADE", 102.0),
        (15, "TRADE", 103.0),
    ]
    checks = manifest["markets"][0]["checks"]
    assert (checks["trades_repeated"], checks["rows_out_of_order"]) == (1, 1)


def test_single_trades_are_taken_before_those_put_together(tmp_path: Path) -> None:
    together = {**trade(5, 1, 100.0, 2.0, True), "e": "aggTrade", "a": 7}
    recording = [line(10, together), line(10, trade(5, 1, 100.0, 1.0, True)), line(11, trade(5, 2, 100.0, 1.0, True))]
    imported(tmp_path, written(tmp_path, recording))
    assert [row[3] for row in events(tmp_path / "out" / "AUSDT.parquet")] == [1.0, 1.0]


def test_spot_quotes_have_no_time_of_the_exchange(tmp_path: Path) -> None:
    """Theirs is the recorder's less the usual distance: -995 ms, the median of the trades' -998, -995 and -990."""
    spot = {key: value for key, value in quote(0, 14, 99.0, 1.0, 101.0, 1.0).items() if key not in ("e", "T", "E")}
    trades = [line(at, trade(at - late, at, 100.0, 1.0, True)) for at, late in ((10, 2), (20, 5), (40, 10))]
    manifest = imported(tmp_path, written(tmp_path, [*trades, line(30, spot)]))
    [book] = [row for row in events(tmp_path / "out" / "AUSDT.parquet") if row[1] == "BOOK"]
    assert book[0] == 25 and book[6] == 3000.0
    assert manifest["markets"][0]["checks"]["rows_without_time_of_exchange"] == 1


def test_snapshots_of_the_rest_interface_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    seconds = (T0_MS + 50 - 1000) / 1000
    rest = f"https://fapi.binance.com/fapi/v1/depth?symbol=AUSDT&limit=5 -> {seconds}: {json.dumps(SNAPSHOT)}\n"
    stream = ["wss://fstream.binance.com/stream?streams=ausdt@depth\n", *RECORDING[:2], *RECORDING[3:]]
    stream = [stream[0], *(text.replace(" ", ": ", 1) for text in stream[1:])]
    imported(tmp_path, written(tmp_path, stream), written(tmp_path, [rest], "rest.txt.gz"))
    assert len(events(tmp_path / "out" / "AUSDT.parquet")) == 9


@pytest.mark.parametrize("rows", [1, 4])
def test_tables_in_pieces_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    imported(tmp_path, written(tmp_path, RECORDING))
    whole = (tmp_path / "out" / "AUSDT.parquet").read_bytes()
    monkeypatch.setattr(spool, "ROWS_AT_ONCE", rows)
    imported(tmp_path, written(tmp_path, RECORDING))
    assert (tmp_path / "out" / "AUSDT.parquet").read_bytes() == whole


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ('1735689600000000000 {"e": "trade"', "line 3: is no message of Binance"),
        ("1735689600000000000 {}x", "line 3: is no message of Binance"),
        ('1735689600000000000 {"e": "trade", "s": "AUSDT"}', "line 3: is no message of Binance .no `t`|no `a`"),
        ("and now?", "line 3: is no message of Binance .no time before it.: and now?"),
        ('1735689600000000000 {"e": "depthUpdate", "s": "AUSDT", "U": 1, "u": 1, "E": 1, "b": [["x", "1"]], "a": []}',
         "line 3: is no message of Binance .could not convert"),
    ],
)  # fmt: skip
def test_a_line_that_is_damaged_is_named_and_nothing_is_left(tmp_path: Path, wrong: str, reason: str) -> None:
    path = written(tmp_path, [*RECORDING[:2], wrong + "\n", *RECORDING[2:]])
    with pytest.raises(DataError, match=reason):
        imported(tmp_path, path)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_recording_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    path = Path(written(tmp_path, RECORDING))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"recording\.gz: ends too early: it was cut off"):
        imported(tmp_path, str(path))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_crossed_book_leaves_nothing_and_names_the_recording(tmp_path: Path) -> None:
    recording = [*RECORDING[:6], line(71, depth(60, 13, 14, 12, [["103.0", "1"]], []))]
    with pytest.raises(DataError, match=r"recording.gz: row 5, .* the book is crossed"):
        imported(tmp_path, written(tmp_path, recording))
    assert list((tmp_path / "out").iterdir()) == []


# -- Binance Vision and Tardis -----------------------------------------------------------------------------------------

VISION = {
    "BTCUSDT-trades-2024-08-08.csv": (
        "id,price,qty,quote_qty,time,is_buyer_maker\n"
        f"1,100.0,2.0,200.0,{T0_MS},true\n2,101.0,1.0,101.0,{T0_MS + 5},false\n"
    ),
    "BTCUSDT-aggTrades-2024-08-08.csv": (
        f"7,100.0,2.0,1,1,{T0_MS},true,true\n8,101.0,1.0,2,2,{T0_MS + 5},false,true\n"  # spot has no head
    ),
    "BTCUSDT-bookTicker-2024-08-08.csv": (
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
        f"5,99.0,1.0,101.0,2.0,{T0_MS},{T0_MS + 1}\n"
    ),
    "BTCUSDT-1m-2024-08-08.csv": (
        f"{T0_MS},100,102,99,101,5,{T0_MS + 59_999},500,3,2,200,0\n"
        f"{T0_MS + 60_000},101,103,100,102,6,{T0_MS + 119_999},600,3,2,200,0\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("BTCUSDT-trades-2024-08-08.csv", [(0, "TRADE", 100.0, 2.0, -1.0), (5, "TRADE", 101.0, 1.0, 1.0)]),
        ("BTCUSDT-aggTrades-2024-08-08.csv", [(0, "TRADE", 100.0, 2.0, -1.0), (5, "TRADE", 101.0, 1.0, 1.0)]),
        ("BTCUSDT-bookTicker-2024-08-08.csv", [(0, "BOOK", 99.0, 1.0, 101.0)]),
        ("BTCUSDT-1m-2024-08-08.csv", [(60_000, "BAR", 100.0, 102.0, 99.0), (120_000, "BAR", 101.0, 103.0, 100.0)]),
    ],
)
@pytest.mark.parametrize("is_packed", [True, False])
def test_archives_of_vision(tmp_path: Path, name: str, told: list[tuple[Any, ...]], is_packed: bool) -> None:
    path = tmp_path / name
    path.write_text(VISION[name])
    if is_packed:
        path = path.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, VISION[name])
    imported(tmp_path, str(path))
    assert [row[:5] for row in events(tmp_path / "out" / "BTCUSDT.parquet")] == told


def test_t_depth_is_parted_into_snapshot_and_changes(tmp_path: Path) -> None:
    head = "symbol,timestamp,trans_id,first_update_id,last_update_id,side,update_type,price,qty,pu\n"
    rows = [
        f"BTCUSDT,{T0_MS},1,10,10,b,snap,100.0,5,9",
        f"BTCUSDT,{T0_MS},1,10,10,a,snap,101.0,3,9",
        f"BTCUSDT,{T0_MS + 5},2,9,12,b,set,100.0,6,8",
        f"BTCUSDT,{T0_MS + 9},3,13,14,a,set,101.0,0,12",
        f"BTCUSDT,{T0_MS + 9},3,13,14,a,set,102.0,1,12",
    ]
    path = tmp_path / "BTCUSDT_T_DEPTH_2024-08-08.csv"
    path.write_text(head + "\n".join(rows) + "\n")
    with pytest.raises(
        DataError, match="snapshots and changes of a book in one: make events of it by `fsm data import`"
    ):
        open_stream([Wanted(str(path))])
    manifest = imported(tmp_path, str(path))
    assert [row[:6] for row in events(tmp_path / "out" / "BTCUSDT.parquet")] == [
        (0, "DEPTH", 100.0, 5.0, 1.0, FIRST),
        (0, "DEPTH", 101.0, 3.0, -1.0, LAST),
        (5, "DEPTH", 100.0, 6.0, 1.0, LAST),
        (9, "DEPTH", 101.0, 0.0, -1.0, 0.0),
        (9, "DEPTH", 102.0, 1.0, -1.0, LAST),
    ]
    assert manifest["markets"][0]["checks"]["sequence"]["breaks"] == 0


def test_book_depth_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-bookDepth-2024-08-08.csv"
    path.write_text("timestamp,percentage,depth,notional\n2024-08-08 00:00:08,-5,1,2\n")
    with pytest.raises(DataError, match="no order book: take the T_DEPTH archive"):
        imported(tmp_path, str(path))


US = T0_MS * 1000
TARDIS = {
    "incremental_book_L2": (
        "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
        f"deribit,BTC-PERP,{US},{US + 3000},false,bid,98,1\n"
        f"deribit,BTC-PERP,{US + 1000},{US + 3500},true,bid,100,5\n"
        f"deribit,BTC-PERP,{US + 1000},{US + 3500},true,ask,101,3\n"
        f"deribit,BTC-PERP,{US + 2000},{US + 4000},false,bid,100,6\n"
        f"deribit,BTC-PERP,{US + 2000},{US + 4500},false,ask,101,0\n"
        f"deribit,BTC-PERP,{US + 2000},{US + 4500},false,ask,102,1\n",
        [
            (1, "DEPTH", 100.0, 5.0, 1.0, FIRST, 500.0),
            (1, "DEPTH", 101.0, 3.0, -1.0, LAST, 500.0),
            (2, "DEPTH", 100.0, 6.0, 1.0, LAST, 0.0),
            (2, "DEPTH", 101.0, 0.0, -1.0, 0.0, 500.0),
            (2, "DEPTH", 102.0, 1.0, -1.0, LAST, 500.0),
        ],
    ),
    "trades": (
        "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
        f"deribit,BTC-PERP,{US},{US + 3000},1,sell,100,5\n",
        [(0, "TRADE", 100.0, 5.0, -1.0, None, 0.0)],
    ),
    "book_ticker": (
        "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
        f"deribit,BTC-PERP,{US},{US + 3000},3,101,100,5\n",
        [(0, "BOOK", 100.0, 5.0, 101.0, 3.0, 0.0)],
    ),
    "book_snapshot_2": (
        "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount,"
        "asks[1].price,asks[1].amount,bids[1].price,bids[1].amount\n"
        f"deribit,BTC-PERP,{US},{US + 3000},101,3,100,5,102,1,99,2\n",
        [
            (0, "DEPTH", 100.0, 5.0, 1.0, FIRST, 0.0),
            (0, "DEPTH", 99.0, 2.0, 1.0, 0.0, 0.0),
            (0, "DEPTH", 101.0, 3.0, -1.0, 0.0, 0.0),
            (0, "DEPTH", 102.0, 1.0, -1.0, LAST, 0.0),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TARDIS)
def test_files_of_tardis(tmp_path: Path, name: str) -> None:
    text, told = TARDIS[name]
    path = tmp_path / f"deribit_{name}_2020-09-01_BTC-PERP.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    manifest = imported(tmp_path, str(path))
    assert manifest["markets"][0]["market"] == "BTC-PERP"
    assert events(tmp_path / "out" / "BTC-PERP.parquet") == told


def test_a_file_of_several_symbols_is_several_markets(tmp_path: Path) -> None:
    text = TARDIS["trades"][0] + f"deribit,ETH-PERP,{US},{US + 3000},1,buy,10,5\n"
    path = tmp_path / "all.csv"
    path.write_text(text)
    assert [market["market"] for market in imported(tmp_path, str(path))["markets"]] == ["BTC-PERP", "ETH-PERP"]
    with pytest.raises(UsageError, match="--market X: the files hold 2 markets: BTC-PERP, ETH-PERP"):
        imported(tmp_path, str(path), market="X")


# -- files of events ---------------------------------------------------------------------------------------------------


def test_a_part_of_a_file_of_events(tmp_path: Path) -> None:
    """From 50 ms on: the levels that stand then come first; 101.0 is gone."""
    imported(tmp_path, written(tmp_path, RECORDING))
    path = str(tmp_path / "out" / "AUSDT.parquet")
    told = [e for batch in open_stream([Wanted(path, from_us=(T0_MS + 50) * 1000)]) for e in batch]
    standing = [(e.a, e.b) for e in told if e.time_us == (T0_MS + 50) * 1000]
    assert sorted(standing) == [(99.0, 4.0), (100.0, 6.0), (102.0, 7.0)]
    [batch] = list(open_stream([Wanted(path, kind=Kind.TRADE)]))
    assert [int(kind) for kind in batch.kind] == [Kind.TRADE]


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (2, "a", -1.0, "row 3, column `a`: `-1.0` is no price above zero"),
        (2, "b", -1.0, "row 3, column `b`: `-1.0` is no size of zero or more"),
        (2, "c", 2.0, "row 3, column `c`: `2.0` is no side"),
        (2, "d", 7.0, "row 3, column `d`: `7.0` is no place"),
        (7, "d", 0.0, "row 8, column `d`: `0.0` does not end its message"),
        (8, "a", 0.0, "row 9, column `a`: `0.0` is no price above zero"),
        (7, "time_us", T0_MS * 1000, "row 8, column `time_us`: .* is earlier than the row of its kind before"),
        (6, "a", 200.0, "row 7, column `a`: `200.0` is above the ask: the quotes are crossed"),
        (
            3,
            "a",
            102.5,
            "row 6, column `a`: after it the best bid 102.5 is above the best ask 102: the book is crossed",
        ),
        (0, "kind", 9, "row 1, column `kind`: is no kind of event"),
    ],
)
def test_events_that_are_wrong_are_named(tmp_path: Path, row: int, column: str, value: Any, reason: str) -> None:
    imported(tmp_path, written(tmp_path, RECORDING))
    path = tmp_path / "out" / "AUSDT.parquet"
    table = pl.read_parquet(path)
    values = table.get_column(column).to_list()
    values[row] = value
    table.with_columns(pl.Series(column, values, dtype=table.schema[column])).write_parquet(path)
    with pytest.raises(DataError, match=reason):
        open_stream([Wanted(str(path))])
    if column != "kind":
        assert [f"row {p.row}, column `{p.column}`" for p in describe(Wanted(str(path))).problems] == [
            reason.partition(":")[0]
        ]


# -- recordings --------------------------------------------------------------------------------------------------------


@RECORDED
@pytest.mark.parametrize(
    ("name", "messages", "met"),
    [("usdm_btcusdt", 6548, 629), ("cm_btcusd_perp", 26_825, 1124), ("spot_btcusdt", 3450, 564)],
)
def test_the_rebuilt_book_is_the_recorded_touch_wherever_update_ids_meet(
    tmp_path: Path, name: str, messages: int, met: int
) -> None:
    folder = Path(ROOT) / "tick_binance_btc_20240808"
    paths = [str(folder / f"{name}_0808_{part}.parquet") for part in ("depth", "snapshot", "trades", "bookticker")]
    manifest = imported(tmp_path, *paths)
    [market] = manifest["markets"]
    assert market["market"] == f"{name}_0808"
    assert market["checks"]["book"] == {"messages": messages, "crossed": 0, "met": met, "mismatches": 0, "first": None}
    assert market["checks"]["sequence"]["breaks"] == 0
    assert market["clocks"]["exchange_ahead_us"] == pytest.approx(1.27e6, rel=0.01)


@RECORDED
def test_the_raw_recording_is_the_same_as_its_tables(tmp_path: Path) -> None:
    """Messages as received against the tables that somebody else made of them; here `pu` shows that nothing is missing."""
    folder = Path(ROOT) / "tick_binance_btc_20240808"
    raw = imported(tmp_path, str(folder / "raw_usdm_btcusdt_0808.gz"))
    parts = ("depth", "snapshot", "trades", "bookticker")
    imported(tmp_path, *(str(folder / f"usdm_btcusdt_0808_{part}.parquet") for part in parts))
    first, second = (tmp_path / "out" / f"{name}.parquet" for name in ("BTCUSDT", "usdm_btcusdt_0808"))
    assert pl.read_parquet(first).equals(pl.read_parquet(second))
    assert raw["markets"][0]["checks"]["sequence"] == {
        **{"messages": 6551, "passed": 4, "twice": 0, "breaks": 0, "is_checked": True}
    }
    assert check_book(str(first)) == check_book(str(second))


@RECORDED
def test_messages_of_four_markets_with_their_snapshots(tmp_path: Path) -> None:
    folder = Path(ROOT) / "exch_msgs_binance_usdm_20210722"
    manifest = imported(tmp_path, str(folder / "ws_messages.txt.gz"), str(folder / "rest_depth_snapshots.txt.gz"))
    books = {market["market"]: market["checks"]["book"] for market in manifest["markets"]}
    assert {name: (book["met"], book["mismatches"]) for name, book in books.items()} == {
        **{"SUSHIUSDT": (12, 0), "AKROUSDT": (7, 0), "KEEPUSDT": (13, 0), "CTKUSDT": (18, 0)}
    }
    assert all(market["checks"]["sequence"]["breaks"] == 0 for market in manifest["markets"])

"""Streams of events from files: each kind, what is delivered when, digests, marks and the part that is wanted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsmtrader.data import tables
from fsmtrader.data.files import Wanted, moment_of
from fsmtrader.data.stream import EventStream, SeriesSource, open_stream, stream_of
from fsmtrader.data.synthetic import generate
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.market import Kind, MarketEvent

T0 = datetime(2025, 1, 1, tzinfo=UTC)
T0_US = 1_735_689_600_000_000
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def written(folder: Path, name: str, table: dict[str, list[Any]]) -> str:
    frame, path = pl.DataFrame(table, strict=False), folder / name
    {".csv": frame.write_csv, ".feather": frame.write_ipc, ".parquet": frame.write_parquet}[path.suffix](path)
    return str(path)


def bars(count: int = 3, step: int = 1) -> dict[str, list[Any]]:
    return {
        "ts": [at(step * i) for i in range(count)],
        "open": [100.0 + i for i in range(count)],
        "high": [102.0 + i for i in range(count)],
        "low": [99.0 + i for i in range(count)],
        "close": [101.0 + i for i in range(count)],
        "volume": [float(i) for i in range(count)],
    }


def quotes() -> dict[str, list[Any]]:
    return {
        "ts": [at(0), at(1)],
        "bid": [99.0, 99.5],
        "bid_qty": [1.0, 2.0],
        "ask": [100.0, 100.5],
        "ask_qty": [3.0, 4.0],
    }


def events(stream: EventStream) -> list[MarketEvent]:
    return [event for batch in stream for event in batch]


def plain(event: MarketEvent) -> tuple[Any, ...]:
    """An event as a tuple, NaN as None."""
    numbers = (event.a, event.b, event.c, event.d, event.e)
    return (event.time_us - T0_US, event.kind.name, *(None if math.isnan(n) else n for n in numbers))


def of(folder: Path, name: str, table: dict[str, list[Any]], **wanted: Any) -> list[tuple[Any, ...]]:
    return [plain(event) for event in events(open_stream([Wanted(written(folder, name, table), **wanted)]))]


def test_a_bar_is_an_event_at_its_close(tmp_path: Path) -> None:
    assert of(tmp_path, "x.parquet", bars())[1] == (2 * MINUTE_US, "BAR", 101.0, 103.0, 100.0, 102.0, 1.0)


def test_quotes(tmp_path: Path) -> None:
    assert of(tmp_path, "x.parquet", quotes()) == [
        (0, "BOOK", 99.0, 1.0, 100.0, 3.0, None),
        (MINUTE_US, "BOOK", 99.5, 2.0, 100.5, 4.0, None),
    ]
    without = {name: values for name, values in quotes().items() if "qty" not in name}
    assert of(tmp_path, "y.parquet", without)[0] == (0, "BOOK", 99.0, None, 100.0, None, None)


def test_quotes_kept_as_bars_are_known_at_their_end(tmp_path: Path) -> None:
    table = {
        "ts": [at(0), at(1), at(3)],
        "bid_open": [1.0] * 3,
        "bid_close": [2.0] * 3,
        "ask_open": [3.0] * 3,
        "ask_close": [4.0] * 3,
    }
    assert [row[0] for row in of(tmp_path, "x.parquet", table)] == [MINUTE_US, 2 * MINUTE_US, 4 * MINUTE_US]
    assert of(tmp_path, "x.parquet", table)[0][1:] == ("BOOK", 2.0, None, 4.0, None, None)


@pytest.mark.parametrize(
    ("column", "sides"),
    [
        ("side", ["buy", "SELL"]),
        ("side", ["B", "A"]),
        ("side", [1, -1]),
        ("buyer_is_maker", [False, True]),
        ("is_buyer_maker", ["false", "True"]),
    ],
)
@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.feather"])
def test_the_side_of_a_trade_is_who_took(tmp_path: Path, name: str, column: str, sides: list[Any]) -> None:
    table = {"ts": [at(0), at(0)], "price": [10.0, 11.0], "qty": [1.0, 2.0], column: sides}
    assert of(tmp_path, name, table) == [
        (0, "TRADE", 10.0, 1.0, 1.0, None, None),
        (0, "TRADE", 11.0, 2.0, -1.0, None, None),
    ]


def test_trades_without_sides(tmp_path: Path) -> None:
    table = {"ts": [at(0)], "px": [10.0], "size": [1.0]}
    assert of(tmp_path, "x.parquet", table) == [(0, "TRADE", 10.0, 1.0, None, None, None)]


def test_funding_some_milliseconds_late_is_on_its_boundary(tmp_path: Path) -> None:
    late = [at(0), at(480) + timedelta(milliseconds=5), at(960) + timedelta(milliseconds=47)]
    path = written(tmp_path, "f.parquet", {"ts": late, "funding_rate": [0.0001, -0.0002, 0.0003]})
    stream = open_stream([Wanted(path)])
    assert [plain(event) for event in events(stream)] == [
        (0, "FUNDING", 0.0001, None, None, None, None),
        (8 * HOUR_US, "FUNDING", -0.0002, None, None, None, None),
        (16 * HOUR_US, "FUNDING", 0.0003, None, None, None, None),
    ]
    assert stream.notes == (f"{path}: 2 funding times were up to a second off a whole minute and count as on it",)


def marks(minutes: int) -> dict[str, list[Any]]:
    table = bars(4, minutes)
    del table["volume"]
    return table


def test_a_coarse_mark_is_used_at_funding_only(tmp_path: Path) -> None:
    """The bars are hourly, the mark has a row every eight hours: its open is what funding is paid on."""
    files = [
        Wanted(written(tmp_path, "b.parquet", bars(30, 60))),
        Wanted(written(tmp_path, "eth_mark.parquet", marks(480))),
        Wanted(written(tmp_path, "f.parquet", {"ts": [at(480), at(960), at(1080)], "funding_rate": [0.1, 0.2, 0.3]})),
    ]
    stream = open_stream(files)
    found = [plain(event) for event in events(stream)]
    assert [row for row in found if row[1] != "BAR"] == [
        (8 * HOUR_US, "FUNDING", 0.1, 101.0, None, None, None),
        (16 * HOUR_US, "FUNDING", 0.2, 102.0, None, None, None),
        (18 * HOUR_US, "FUNDING", 0.3, None, None, None, None),
    ]
    at_eight = [row[1] for row in found if row[0] == 8 * HOUR_US]
    assert at_eight == ["FUNDING", "BAR"]
    assert any("coarser than the other data and is used at funding instants only" in note for note in stream.notes)
    assert any("1 rows have no mark" in note for note in stream.notes)
    assert len(stream) == 33 and [r.kind for r in stream.reports] == [Kind.BAR, Kind.FUNDING]


def test_a_mark_as_fine_as_the_bars_is_delivered_at_its_open(tmp_path: Path) -> None:
    files = [Wanted(written(tmp_path, "b.parquet", bars(4))), Wanted(written(tmp_path, "mark.parquet", marks(1)))]
    found = [plain(event) for event in events(open_stream(files)) if event.kind is Kind.MARK]
    assert found[:2] == [(0, "MARK", 100.0, None, None, None, None), (MINUTE_US, "MARK", 101.0, None, None, None, None)]


def test_funding_that_says_its_mark_keeps_it(tmp_path: Path) -> None:
    table = {"ts": [at(0), at(480)], "funding_rate": [0.1, 0.2], "mark_price": [7.0, None]}
    files = [Wanted(written(tmp_path, "f.parquet", table)), Wanted(written(tmp_path, "mark.parquet", marks(480)))]
    funding = [event.b for event in events(open_stream(files)) if event.kind is Kind.FUNDING]
    assert funding == [7.0, 101.0]


def test_several_markets(tmp_path: Path) -> None:
    first, second = written(tmp_path, "a.parquet", quotes()), written(tmp_path, "b.parquet", quotes())
    stream = open_stream([Wanted(first, market=1), Wanted(second, market=0)], ("here", "there"))
    assert [event.market for event in events(stream)] == [1, 0, 1, 0]  # equal times: in the order of the files
    assert stream.kinds(0) == {Kind.BOOK}
    turned = open_stream([Wanted(second, market=0), Wanted(first, market=1)], ("here", "there"))
    assert stream.digest != turned.digest


def test_the_digest_is_of_the_content_whatever_the_format(tmp_path: Path) -> None:
    names = ("x.parquet", "x.csv", "x.feather")
    digests = {open_stream([Wanted(written(tmp_path, name, bars()))]).digest for name in names}
    assert len(digests) == 1
    changed = bars()
    changed["close"][2] = 103.5
    assert open_stream([Wanted(written(tmp_path, "y.csv", changed))]).digest not in digests


def test_the_size_of_the_pieces_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [Wanted(written(tmp_path, "b.csv", bars(50))), Wanted(written(tmp_path, "b.parquet", bars(50)), market=1)]
    whole = open_stream(files, ("x", "y"))
    monkeypatch.setattr(tables, "CHUNK_ROWS", 7)
    monkeypatch.setattr(tables, "BLOCK_BYTES", 300)
    pieces = open_stream(files, ("x", "y"))
    assert pieces.digest == whole.digest
    assert events(pieces) == events(whole) and len(events(whole)) == len(whole) == 100
    assert (whole.first_us, whole.last_us, whole.interval_us(0)) == (
        T0_US + MINUTE_US,
        T0_US + 50 * MINUTE_US,
        MINUTE_US,
    )


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.feather"])
def test_only_what_is_wanted_is_delivered(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "CHUNK_ROWS", 10)
    monkeypatch.setattr(tables, "BLOCK_BYTES", 512)
    wanted = Wanted(written(tmp_path, name, bars(100)), from_us=T0_US + 37 * MINUTE_US, to_us=T0_US + 63 * MINUTE_US)
    opens = [event.a for event in events(open_stream([wanted]))]
    assert opens == [100.0 + i for i in range(37, 63)]  # a bar belongs to where it opens
    whole = events(open_stream([replace(wanted, from_us=None, to_us=None)]))
    parts = [replace(wanted, from_us=None), replace(wanted, from_us=wanted.to_us, to_us=None)]
    assert [event for part in parts for event in events(open_stream([part]))] == whole


def test_wanting_what_is_not_there_says_what_is(tmp_path: Path) -> None:
    wanted = Wanted(written(tmp_path, "x.parquet", bars()), from_us=T0_US + HOUR_US)
    with pytest.raises(DataError, match=r"no rows in the time .* from 2025-01-01T00:01:00Z to 2025-01-01T00:03:00Z"):
        open_stream([wanted])
    with pytest.raises(UsageError, match="not before"):
        open_stream([replace(wanted, to_us=T0_US)])


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("2025-01-01", 0), ("2025-01-01T00:05", 5), ("2025-01-01T02:05:00+02:00", 5), ("2025-01-01 00:05:00Z", 5)],
)
def test_moments(text: str, minutes: int) -> None:
    assert moment_of(text) == T0_US + minutes * MINUTE_US
    with pytest.raises(UsageError, match="'soon' is no moment"):
        moment_of("soon")


def test_bars_in_memory_are_a_source_too(tmp_path: Path) -> None:
    made = generate("gbm", seed=1, start_price=9.0, interval_us=MINUTE_US, bars=5, annual_volatility=1.0)
    numbers = {name: getattr(made, name).tolist() for name in ("open", "high", "low", "close", "volume")}
    path = written(tmp_path, "x.parquet", {"ts": (made.time_us - MINUTE_US).tolist(), **numbers})
    assert events(stream_of([SeriesSource(made)])) == events(open_stream([Wanted(path)]))
    assert stream_of([SeriesSource(made)]).digest == open_stream([Wanted(path)]).digest


def test_a_stream_needs_files_and_none_twice(tmp_path: Path) -> None:
    wanted = Wanted(written(tmp_path, "x.parquet", bars()))
    for files, reason in (
        ([], "no file"),
        ([wanted, wanted], "given twice"),
        ([replace(wanted, market=1)], "market 1"),
    ):
        with pytest.raises(UsageError, match=reason):
            open_stream(files)


def test_files_that_follow_each_other_are_one_series(tmp_path: Path) -> None:
    whole = bars(10)
    halves = [{name: values[part] for name, values in whole.items()} for part in (slice(0, 5), slice(5, 10))]
    files = [Wanted(written(tmp_path, f"{i}.parquet", half)) for i, half in enumerate(halves)]
    assert events(open_stream(files)) == events(open_stream([Wanted(written(tmp_path, "x.parquet", whole))]))
    late = {name: values[4:] for name, values in whole.items()}
    overlapping = [files[0], Wanted(written(tmp_path, "late.parquet", late))]
    with pytest.raises(
        DataError, match=r"both hold bars of the time from 2025-01-01T00:05:00Z to 2025-01-01T00:05:00Z"
    ):
        open_stream(overlapping)
    assert len(open_stream([files[0], replace(overlapping[1], market=1)], ("a", "b"))) == 11


def test_a_file_that_changes_under_a_run_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, "x.parquet", bars(5))
    stream = open_stream([Wanted(path)])
    written(tmp_path, "x.parquet", bars(6))
    with pytest.raises(DataError, match="changed while it was read"):
        list(stream)

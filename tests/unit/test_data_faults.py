"""What is wrong with a file of market data is said with file, row, column, what was found and what to do."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsmtrader.data import tables
from fsmtrader.data.columns import layout_of
from fsmtrader.data.describe import describe
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import EventStream, open_stream
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.market import Kind

T0 = datetime(2025, 1, 1, tzinfo=UTC)
T0_US = 1_735_689_600_000_000
MINUTE_US = 60_000_000
NAN = float("nan")
MEND = "mend the row or leave it out"

Table = dict[str, list[Any]]


def minutes(*numbers: float) -> list[datetime]:
    return [T0 + timedelta(minutes=number) for number in numbers]


BARS: Table = {
    "ts": minutes(0, 1, 2),
    "open": [100.0, 101.0, 102.0],
    "high": [102.0, 103.0, 104.0],
    "low": [99.0, 100.0, 101.0],
    "close": [101.0, 102.0, 103.0],
    "volume": [1.0, 2.0, 3.0],
}
QUOTES: Table = {
    "ts": minutes(0, 1, 1),
    "bid": [1.0, 2.0, 3.0],
    "bid_size": [1.0] * 3,
    "ask": [4.0] * 3,
    "ask_size": [1.0] * 3,
}
TRADES: Table = {"ts": minutes(0, 1, 1), "price": [1.0, 2.0, 3.0], "size": [1.0] * 3, "side": ["buy", "sell", "buy"]}
FUNDING: Table = {"ts": minutes(0, 480, 960), "funding_rate": [0.1, 0.2, 0.3]}


def written(folder: Path, table: Mapping[str, list[Any]], name: str = "x.parquet") -> str:
    frame, path = pl.DataFrame(table, strict=False), folder / name
    {".csv": frame.write_csv, ".feather": frame.write_ipc, ".parquet": frame.write_parquet}[path.suffix](path)
    return str(path)


def opened(folder: Path, table: Mapping[str, list[Any]], name: str = "x.parquet", **wanted: Any) -> EventStream:
    return open_stream([Wanted(written(folder, table, name), **wanted)])


def refusal(folder: Path, table: Mapping[str, list[Any]], name: str = "x.parquet", **wanted: Any) -> str:
    """What is said, without the file's name in front of each line."""
    with pytest.raises(DataError) as raised:
        opened(folder, table, name, **wanted)
    lines = str(raised.value).split("\n")
    assert all(line.startswith(f"{folder / name}: ") for line in lines)
    return "\n".join(line.removeprefix(f"{folder / name}: ") for line in lines)


@pytest.mark.parametrize(
    ("table", "changes", "reason"),
    [
        (BARS, {"high": [102.0, 50.0, 104.0]}, f"row 2, column `high`: `50.0` is below `low`; {MEND}"),
        (BARS, {"close": [101.0, 102.0, 110.0]}, f"row 3, column `high`: `104.0` is below `open` or `close`; {MEND}"),
        (BARS, {"open": [10.0, 101.0, 102.0]}, f"row 1, column `low`: `99.0` is above `open` or `close`; {MEND}"),
        (BARS, {"open": [100.0, NAN, 102.0]}, f"row 2, column `open`: `nan` is not a finite number; {MEND}"),
        (BARS, {"close": [101.0, None, None]}, f"row 2, column `close`: nothing is not a finite number (and 1 more row); {MEND}"),
        (BARS, {"volume": [1.0, float("inf"), 1.0]}, f"row 2, column `volume`: `inf` is not a finite number; {MEND}"),
        (BARS, {"volume": [1.0, 1.0, -1.0]}, f"row 3, column `volume`: `-1.0` is below zero; {MEND}"),
        (BARS, {"ts": minutes(0, 2, 1)}, "row 3, column `ts`: `2025-01-01 00:01:00+00:00` is earlier than the row before; sort the file by time"),
        (BARS, {"ts": minutes(0, 1, 1)}, "row 3, column `ts`: `2025-01-01 00:01:00+00:00` is also the time of the row before; keep one of them; of a file of several markets, choose one: --where COLUMN=VALUE"),
        (BARS, {"ts": [1, 2, 3]}, "row 1, column `ts`: `1` would be 1970-01-01T00:00:01Z (and 2 more rows); name the column of times: --map time=COLUMN"),
        (QUOTES, {"bid": [1.0, 5.0, 3.0]}, f"row 2, column `bid`: `5.0` is above the ask: the quotes are crossed; {MEND}"),
        (QUOTES, {"ask": [4.0, 4.0, -4.0], "bid": [1.0, 1.0, 3.0]}, f"row 3, column `ask`: `-4.0` is not above zero; {MEND}"),
        (QUOTES, {"ask_size": [1.0, -2.0, 1.0]}, f"row 2, column `ask_size`: `-2.0` is below zero; {MEND}"),
        (TRADES, {"size": [1.0, 0.0, 1.0]}, f"row 2, column `size`: `0.0` is not above zero; {MEND}"),
        (TRADES, {"side": ["buy", "maybe", "sell"]}, f"row 2, column `side`: `maybe` is no side, expected buy or sell; {MEND}"),
        (FUNDING, {"funding_rate": [0.1, 0.1, 1.5]}, "row 3, column `funding_rate`: `1.5` is a rate of 100 % or more; rates are shares (0.0001 is 1 bp): divide percents by 100"),
        (FUNDING, {"ts": minutes(0, 0.0001, 480)}, "row 2, column `ts`: `2025-01-01 00:00:00.006000+00:00` is also"),
    ],
)  # fmt: skip
def test_faults_of_rows(tmp_path: Path, table: Table, changes: Table, reason: str) -> None:
    opened(tmp_path, table)
    assert refusal(tmp_path, table | changes).split("\n")[0].startswith(reason)


def test_a_step_that_is_no_whole_bar(tmp_path: Path) -> None:
    odd = {name: [*values, values[-1]] for name, values in BARS.items()} | {"ts": minutes(0, 1, 2, 3.5)}
    said = "`2025-01-01 00:03:30+00:00` is no multiple of 60 s after the row before"
    assert refusal(tmp_path, odd) == f"row 4, column `ts`: {said}; {MEND}"


def test_all_mistakes_of_a_piece_are_told_in_order(tmp_path: Path) -> None:
    said = refusal(tmp_path, BARS | {"volume": [1.0, 1.0, -1.0], "high": [102.0, 50.0, 104.0]})
    assert [line.split(":")[0] for line in said.split("\n")] == ["row 2, column `high`", "row 3, column `volume`"]


def test_missing_bars_are_notes_or_refused(tmp_path: Path) -> None:
    gap = BARS | {"ts": minutes(0, 1, 2)} | {"ts": minutes(0, 1, 5)}
    stream = opened(tmp_path, gap, interval_us=MINUTE_US)
    said = "row 3: 3 rows are missing before 2025-01-01T00:05:00Z"
    assert stream.notes == (f"{tmp_path / 'x.parquet'}: {said}",)
    assert "3 rows are missing before 2025-01-01T00:05:00Z" in refusal(
        tmp_path, gap, interval_us=MINUTE_US, refuse_gaps=True
    )


def test_rows_are_counted_through_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time must go on from piece to piece, and a row's number is its place in the file."""
    monkeypatch.setattr(tables, "CHUNK_ROWS", 3)
    monkeypatch.setattr(tables, "BLOCK_BYTES", 150)
    count = 9
    table = {name: (values * count)[:count] for name, values in BARS.items()} | {
        "ts": minutes(0, 1, 2, 3, 4, 5, 5, 7, 8)
    }
    for name in ("x.parquet", "x.csv", "x.feather"):
        assert refusal(tmp_path, table, name).startswith("row 7, column `ts`")


# -- times -------------------------------------------------------------------------------------------------------------


def first_us(folder: Path, times: list[Any], name: str) -> int:
    table = {"ts": times, "price": [1.0] * len(times), "size": [1.0] * len(times)}
    return opened(folder, table, name).first_us


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.feather"])
@pytest.mark.parametrize(
    "times",
    [
        minutes(1, 2),
        [moment.replace(tzinfo=None) for moment in minutes(1, 2)],
        ["2025-01-01 00:01:00", "2025-01-01 00:02:00.5"],
        ["2025-01-01T00:01:00Z", "2025-01-01T00:02:00Z"],
        ["2025-01-01T02:01:00+02:00", "2025-01-01T01:02:00+0100"],
        ["2024-12-31 19:01:00-05:00", "2024-12-31 19:02:00-05:00"],
        ["2025/01/01 00:01", "2025/01/01 00:02"],
        ["20250101 00:01:00", "20250101 00:02:00"],
        [T0_US // 1_000_000 + 60, T0_US // 1_000_000 + 120],
        [T0_US / 1_000_000 + 60, T0_US / 1_000_000 + 120.25],
        [T0_US // 1_000 + 60_000, T0_US // 1_000 + 120_000],
        [T0_US + MINUTE_US, T0_US + 2 * MINUTE_US],
        [(T0_US + MINUTE_US) * 1_000 + 999, (T0_US + MINUTE_US) * 1_000 + 1_000],
        [str(T0_US // 1_000 + 60_000), str(T0_US // 1_000 + 120_000)],
    ],
)
def test_every_way_to_write_a_time(tmp_path: Path, name: str, times: list[Any]) -> None:
    assert first_us(tmp_path, times, name) == T0_US + MINUTE_US


def test_the_columns_name_tells_the_unit(tmp_path: Path) -> None:
    """The number would be read as seconds by its size."""
    table = {"ts_event_ms": [T0_US // 1_000], "price": [1.0], "size": [1.0]}
    assert opened(tmp_path, table).first_us == T0_US


def test_times_without_a_zone_are_utc_with_a_note(tmp_path: Path) -> None:
    for times in (
        [moment.replace(tzinfo=None) for moment in minutes(0, 1, 2)],
        ["2025-01-01 00:00", "2025-01-01 00:01", "2025-01-01 00:02"],
    ):
        (note,) = opened(tmp_path, BARS | {"ts": times}).notes
        assert note.endswith("the times in `ts` name no zone: they are read as UTC")
    paris = pl.Series(minutes(0, 1, 2)).dt.convert_time_zone("Europe/Paris").to_list()
    stream = opened(tmp_path, BARS | {"ts": paris})
    assert (stream.notes, stream.first_us) == ((), T0_US + MINUTE_US)


def test_times_with_and_without_a_zone_do_not_mix(tmp_path: Path) -> None:
    mixed = BARS | {"ts": ["2025-01-01T00:00:00Z", "2025-01-01T00:01:00", "2025-01-01T00:02:00Z"]}
    assert refusal(tmp_path, mixed).startswith("row 2, column `ts`: `2025-01-01T00:01:00` is no time like those before")
    words = BARS | {"ts": ["2025-01-01T00:00:00Z", "soon", ""]}
    assert refusal(tmp_path, words, "x.csv").startswith("row 2, column `ts`: `soon` is no time")


# -- which column is what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "kind", "path"),
    [
        (["open_time", "Open", "High", "Low", "Close", "Volume"], Kind.BAR, "x.csv"),
        (["ts", "open", "high", "low", "close"], Kind.BAR, "x.csv"),
        (["ts", "open", "high", "low", "close"], Kind.MARK, "ETHUSDT_8h_mark.csv"),
        (["ts", "open", "high", "low", "close", "volume"], Kind.BAR, "bookmarks.csv"),
        (["ts", "bid_price", "ask_price"], Kind.BOOK, "x.csv"),
        (["ts", "bid_price_0", "bid_qty_0", "ask_price_0", "ask_qty_0", "lastUpdateId"], Kind.BOOK, "x.csv"),
        (["ts_event_ms", "price", "qty", "buyer_is_maker"], Kind.TRADE, "x.csv"),
        (["calc_time", "funding_interval_hours", "last_funding_rate"], Kind.FUNDING, "x.csv"),
        (["time", "mark_price", "funding_rate"], Kind.FUNDING, "x.csv"),
        (["time", "mark_price"], Kind.MARK, "x.csv"),
        (["time", "price"], Kind.MARK, "mark.csv"),
    ],
)
def test_the_kind_is_told_by_the_columns(columns: list[str], kind: Kind, path: str) -> None:
    assert layout_of(path, columns).kind is kind


def test_columns_can_be_mapped_and_prefixed() -> None:
    layout = layout_of("x.csv", ["when", "px", "n", "price"], mapping={"time": "when", "price": "PX", "size": "n"})
    assert (layout.kind, layout.time, layout.columns) == (Kind.TRADE, "when", {"price": "px", "size": "n"})
    wide = ["ts", *(f"{venue}_{field}" for venue in ("hl", "bn") for field in ("open", "high", "low", "close"))]
    assert layout_of("x.csv", wide, prefix="bn_").columns["high"] == "bn_high"
    assert layout_of("x.csv", ["ts", "bid", "ask"], mapping={"bid": "ask", "ask": "bid"}).columns == {
        "bid": "ask",
        "ask": "bid",
    }


@pytest.mark.parametrize(
    ("columns", "options", "reason"),
    [
        (["ts", "hl_open", "bn_open"], {}, r"what does it hold\? Its columns are ts, hl_open, bn_open\. .*--prefix bn_ or --prefix hl_"),
        (["ts", "side", "price", "qty", "first_update_id"], {}, "what changes in a book needs `last_update_id`"),
        (["open", "high", "low", "close"], {}, "no column of times; .* --map time=COLUMN"),
        (["ts", "open", "high"], {"kind": Kind.BAR}, "bars need `low` and `close`; it has ts, open, high. Name it: --map low=COLUMN"),
        (["ts", "opne"], {"mapping": {"open": "open"}}, "no column `open`; it has ts, opne; did you mean `opne`"),
        (["ts", "open"], {"prefix": "kraken_"}, "no column begins with `kraken_`"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit(columns: list[str], options: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        layout_of("x.csv", columns, **options)


def test_a_field_that_is_none() -> None:
    with pytest.raises(UsageError, match="opne is no field of market data: did you mean open"):
        layout_of("x.csv", ["ts"], mapping={"opne": "ts"})


def test_rows_of_one_market_can_be_chosen(tmp_path: Path) -> None:
    both = {name: [value for value in values for _ in range(2)] for name, values in FUNDING.items()}
    both |= {"venue": ["a", "b"] * 3, "funding_rate": [0.1, -0.1, 0.2, -0.2, 0.3, 3.0]}
    stream = opened(tmp_path, both, where={"Venue": "a"})
    assert [event.a for batch in stream for event in batch] == [0.1, 0.2, 0.3]
    assert refusal(tmp_path, both, where={"venue": "b"}).startswith(
        "row 6, column `funding_rate`"
    )  # its place in the file
    assert refusal(tmp_path, both, where={"venue": "c"}) == "no row has venue=c"


# -- files -------------------------------------------------------------------------------------------------------------

CSV = b"ts,price,size\n2025-01-01T00:00:00Z,1,2\n"
HEADLESS = b"1735689600000,1,2,1,2,5\n1735689660000,1,2,1,2,5\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.parquet", None, "cannot be read: no such file"),
        ("x.parquet", b"", "is empty"),
        ("x.csv", b"", "is empty"),
        ("x.csv", b"ts,price,size\n", "has no rows"),
        ("x.xlsx", b"PK", "what kind of file is it"),
        ("x.csv", b"PK\x03\x04....", "is a ZIP archive: unpack it first"),
        ("x.parquet", CSV, "named as Parquet but does not begin like one: if it is text, give it the ending .csv"),
        ("x.feather", b"\x00\xff\x00\xff", "named as Feather but does not begin like one$"),
        ("x.csv", b"PAR1....", "named as CSV but is Parquet: give it the ending .parquet"),
        ("x.parquet", b"ARROW1..", "named as Parquet but is Feather: give it the ending .feather"),
        ("x.parquet", b"PAR1" + bytes(100), "is damaged or no table"),
        ("x.csv", b"\x80\x00\x03\xff" * 50, "is not text"),
        ("x.csv", CSV.decode().encode("utf-16"), "is not text: its first line cannot be read as UTF-8"),
        ("x.csv", CSV + b"2025-01-01T00:01:00Z,\x00,2\n", "row 2: is not text: it has a byte of value 0"),
        ("x.csv", CSV + b"2025-01-01T00:01:00Z,\xff,2\n", "row 2: is not text: it cannot be read as UTF-8"),
        ("x.csv", CSV + b"2025-01-01T00:01:00Z,1\n", r"row 2: has 2 cells, expected 3 \(ts, price, size\)"),
        ("x.csv", CSV + b"2025-01-01T00:01:00Z,1,2,3\n", "row 2: has 4 cells, expected 3"),
        ("x.csv", CSV + b"2025-01-01T00:01:00Z,a lot,2\n", "row 2, column `price`: `a lot` is not a finite number"),
        ("x.csv", CSV + b"\n2025-01-01T00:01:00Z,1,2\n", "row 2, column `ts`: nothing is no time"),
        ("x.csv", b"a,A,b\n1,2,3\n", "more than one column `a`"),
        ("x.csv", HEADLESS, "what does it hold"),
        ("x.csv.gz", gzip.compress(CSV * 2000, mtime=0)[:-60], "ends too early"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=reason):
        open_stream([Wanted(str(tmp_path / name))])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", CSV),
        ("x.csv", b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n")),
        ("x.csv", CSV.rstrip(b"\n")),
        ("x.csv", CSV + b"\n\n"),
        ("x.csv", CSV.replace(b",", b";")),
        ("x.tsv", CSV.replace(b",", b"\t")),
        ("x.csv", b'"ts","price","size"\n"2025-01-01T00:00:00Z","1","2"\n'),
        ("x.csv", b"ts, price ,size\n2025-01-01T00:00:00Z , 1,2\n"),
        ("x.csv.gz", gzip.compress(CSV, mtime=0)),
    ],
)
def test_csv_in_its_many_ways(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (event,) = [event for batch in open_stream([Wanted(str(tmp_path / name))]) for event in batch]
    assert (event.time_us, event.kind, event.a, event.b) == (T0_US, Kind.TRADE, 1.0, 2.0)


def test_csv_without_a_head_is_mapped_by_number(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(HEADLESS)
    mapping = {"time": "1", "open": "2", "high": "3", "low": "4", "close": "5", "volume": "6"}
    stream = open_stream([Wanted(str(tmp_path / "x.csv"), mapping=mapping)])
    assert (len(stream), stream.first_us) == (2, T0_US + MINUTE_US)


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-01T00:00:00Z,60000.0,60000.0,59990,60001,1",
        "2024-01-01 00:00:00,60000.0,60001.0,59990,60001,1",
        "20240101,60000.0,60000.0,59990,60001,1",
        "1704067200000,60000.0,60000.0,59990,60001,buy",
    ],
)
def test_a_first_row_of_values_is_no_head(tmp_path: Path, line: str) -> None:
    """Though it repeats a value, or some of it is text: the columns go by number, and that is said."""
    (tmp_path / "x.csv").write_text(line + "\n")
    said = r"Its columns are 1 to 6 \(no names at its head, so they go by number: --map time=1 and so on\)"
    with pytest.raises(DataError, match=said):
        open_stream([Wanted(str(tmp_path / "x.csv"))])


@pytest.mark.parametrize("line", ["ts,0.1,0.9", "a,A,1", "when,px,2024"])
def test_a_head_may_have_some_numbers(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.csv").write_text(line + "\n1704067200000,1,2\n")
    with pytest.raises(
        DataError, match="more than one column `a`" if "A" in line else f"columns are {line.replace(',', ', ')}"
    ):
        open_stream([Wanted(str(tmp_path / "x.csv"))])


def test_one_bar_does_not_tell_its_interval(tmp_path: Path) -> None:
    one = {name: values[:1] for name, values in BARS.items()}
    assert refusal(tmp_path, one).endswith("give the interval")
    assert opened(tmp_path, one, interval_us=5 * MINUTE_US).first_us == T0_US + 5 * MINUTE_US


def test_a_description_lists_mistakes_instead_of_ending_with_the_first(tmp_path: Path) -> None:
    path = written(tmp_path, QUOTES | {"bid": [1.0, 5.0, 3.0], "ask_size": [1.0, 1.0, -1.0]}, "q.csv")
    found = describe(Wanted(path))
    assert (found.kind, found.form, found.rows, found.clock) == ("quotes", "CSV", 3, "texts")
    assert (found.first_us, found.last_us, found.silence_us) == (T0_US, T0_US + MINUTE_US, MINUTE_US)
    assert [(fault.row, fault.column) for fault in found.problems] == [(2, "bid"), (3, "ask_size")]

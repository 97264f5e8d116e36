"""Reading bars: every way in which times are written, and every reason to refuse a file."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsmtrader.data.bars import Bar, BarSeries, read_bars
from fsmtrader.diagnostics import DataError

MINUTE_US = 60_000_000
T0 = datetime(2025, 5, 4, 15, 33, tzinfo=UTC)
T0_US = 1_746_372_780_000_000
COUNT = 5


def columns(**changes: list[Any]) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = {
        "ts": [T0 + timedelta(minutes=i) for i in range(COUNT)],
        "open": [100.0 + i for i in range(COUNT)],
        "high": [102.0 + i for i in range(COUNT)],
        "low": [99.0 + i for i in range(COUNT)],
        "close": [101.0 + i for i in range(COUNT)],
        "volume": [10.0 * i for i in range(COUNT)],
    }
    return table | changes


def written(folder: Path, table: dict[str, list[Any]], name: str = "bars.parquet") -> Path:
    frame, path = pl.DataFrame(table, strict=False), folder / name
    if name.endswith(".csv"):
        frame.write_csv(path)
    elif name.endswith(".feather"):
        frame.write_ipc(path)
    else:
        frame.write_parquet(path)
    return path


def refusal(folder: Path, table: dict[str, list[Any]], name: str = "bars.parquet") -> str:
    with pytest.raises(DataError) as raised:
        read_bars(written(folder, table, name))
    assert str(raised.value).startswith(str(folder / name))
    return str(raised.value).removeprefix(f"{folder / name}: ")


def test_the_time_of_a_bar_is_its_close(tmp_path: Path) -> None:
    series = read_bars(written(tmp_path, columns()))
    assert (len(series), series.interval_us, series.notes) == (COUNT, MINUTE_US, ())
    assert list(series)[1] == Bar(T0_US + 2 * MINUTE_US, 101.0, 103.0, 100.0, 102.0, 10.0)
    assert type(next(iter(series)).time_us) is int
    assert series.columns[4].tolist() == [101.0, 102.0, 103.0, 104.0, 105.0]


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv", "bars.feather"])
@pytest.mark.parametrize(
    "times",
    [
        [T0 + timedelta(minutes=i) for i in range(COUNT)],
        [(T0 + timedelta(minutes=i)).replace(tzinfo=None) for i in range(COUNT)],
        [f"2025-05-04 15:{33 + i}:00" for i in range(COUNT)],
        [f"2025-05-04T15:{33 + i}:00Z" for i in range(COUNT)],
        [f"2025-05-04T17:{33 + i}:00+02:00" for i in range(COUNT)],
        [T0_US // 1_000_000 + 60 * i for i in range(COUNT)],
        [T0_US / 1_000_000 + 60 * i for i in range(COUNT)],
        [T0_US // 1_000 + 60_000 * i for i in range(COUNT)],
        [T0_US + MINUTE_US * i for i in range(COUNT)],
        [(T0_US + MINUTE_US * i) * 1_000 for i in range(COUNT)],
        [str(T0_US // 1_000 + 60_000 * i) for i in range(COUNT)],
    ],
    ids=["utc", "naive", "text", "text Z", "text +02", "s", "s float", "ms", "us", "ns", "text ms"],
)
def test_every_way_to_write_a_time(tmp_path: Path, name: str, times: list[Any]) -> None:
    series = read_bars(written(tmp_path, columns(ts=times), name))
    assert series.time_us.tolist() == [T0_US + MINUTE_US * (i + 1) for i in range(COUNT)]
    assert series.digest == read_bars(written(tmp_path, columns(), "same.parquet")).digest


@pytest.mark.parametrize("name", ["time", "Timestamp", "date", "open_time", "Open_Time"])
def test_every_name_of_the_time(tmp_path: Path, name: str) -> None:
    table = columns()
    table[name] = table.pop("ts")
    assert len(read_bars(written(tmp_path, table))) == COUNT


def test_days_may_be_dates(tmp_path: Path) -> None:
    series = read_bars(written(tmp_path, columns(ts=[date(2025, 5, 4 + i) for i in range(COUNT)])))
    assert series.interval_us == 86_400_000_000
    assert series.time_us[0] == 1_746_403_200_000_000


def test_missing_bars_are_notes(tmp_path: Path) -> None:
    times = [T0 + timedelta(minutes=i) for i in (0, 1, 2, 6, 7)]
    series = read_bars(written(tmp_path, columns(ts=times)))
    assert series.interval_us == MINUTE_US
    assert series.notes == ("row 4: 3 bars are missing before 2025-05-04T15:39:00Z",)


def test_a_file_without_volume_says_so(tmp_path: Path) -> None:
    table = columns()
    del table["volume"]
    series = read_bars(written(tmp_path, table))
    assert series.volume.tolist() == [0.0] * COUNT
    assert series.notes == ("no column `volume`: it is 0 everywhere",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"high": [102.0, 103.0, 50.0, 105.0, 106.0]}, "row 3: `high` is below `low`"),
        ({"close": [101.0, 110.0, 103.0, 104.0, 105.0]}, "row 2: `high` is below `open` or `close`"),
        ({"open": [100.0, 101.0, 102.0, 103.0, 10.0]}, "row 5: `low` is above `open` or `close`"),
        ({"open": [100.0, float("nan"), 102.0, 103.0, 104.0]}, "row 2: `open` is not a number"),
        ({"close": [101.0, None, None, 104.0, 105.0]}, "row 2: `close` is not a number (and 1 more rows)"),
        ({"low": [99.0, 100.0, 101.0, 0.0, 103.0]}, "row 4: `low` is not above zero"),
        ({"volume": [1.0, 1.0, -1.0, 1.0, 1.0]}, "row 3: `volume` is below zero"),
        ({"ts": [T0 + timedelta(minutes=i) for i in (0, 1, 1, 2, 3)]}, "row 3: the same time as the row before"),
        ({"ts": [T0 + timedelta(minutes=i) for i in (0, 1, 3, 2, 4)]}, "row 4: earlier than the row before"),
        (
            {"ts": [T0 + timedelta(seconds=i) for i in (0, 60, 120, 210, 270)]},
            "row 4: the step from the row before is no multiple of 60 s",
        ),
        ({"ts": [T0, None, T0, T0, T0]}, "row 2: no time in `ts`"),
        ({"ts": ["2025-05-04 15:33:00", "soon", "later", "", ""]}, "row 2: no time in `ts` (and 3 more rows)"),
        ({"Open": [1.0] * COUNT}, "more than one column `open`"),
    ],
)
def test_refusals_name_the_row_and_the_reason(tmp_path: Path, changes: dict[str, list[Any]], reason: str) -> None:
    assert refusal(tmp_path, columns(**changes)) == reason


def test_refusals_of_whole_files(tmp_path: Path) -> None:
    table = columns()
    del table["close"]
    assert refusal(tmp_path, table) == "no column `close`; it has ts, open, high, low, volume"
    table = columns()
    del table["ts"]
    assert refusal(tmp_path, table).startswith("no column one of open_time, ")
    assert refusal(tmp_path, {name: [] for name in columns()}) == "has no rows"
    assert refusal(tmp_path, {name: values[:1] for name, values in columns().items()}).startswith("one row does not")
    assert len(read_bars(tmp_path / "bars.parquet", interval_us=MINUTE_US)) == 1
    with pytest.raises(DataError, match="must be above zero"):
        read_bars(tmp_path / "bars.parquet", interval_us=0)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    for name, reason in (
        ("absent.parquet", "cannot be read"),
        ("broken.parquet", "is not a table"),
        ("broken.feather", "(cannot be|that can be) read"),
        ("empty.csv", "is empty"),
        ("bars.xlsx", "what kind of file"),
    ):
        if not name.startswith("absent"):
            (tmp_path / name).write_bytes(b"nonsense" if "csv" not in name else b"")
        with pytest.raises(DataError, match=reason):
            read_bars(tmp_path / name)


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    first = read_bars(written(tmp_path, columns(), "a.parquet"))
    assert first.digest == read_bars(written(tmp_path, columns(), "b.csv")).digest
    other = columns(close=[101.0, 102.0, 103.0, 104.0, 105.5])
    assert first.digest != read_bars(written(tmp_path, other, "c.parquet")).digest


@pytest.fixture(scope="module")
def recorded() -> BarSeries:
    root = os.environ.get("FSMTRADER_RECORDED_DATA")
    if not root:
        pytest.skip("FSMTRADER_RECORDED_DATA does not say where the recorded markets are")
    return read_bars(Path(root) / "perp_binance_usdm_2025" / "ETHUSDT_1m.parquet")


def test_recorded_bars(recorded: BarSeries) -> None:
    assert (len(recorded), recorded.interval_us, recorded.notes) == (60_191, MINUTE_US, ())
    assert next(iter(recorded)) == Bar(T0_US + MINUTE_US, 1827.29, 1827.68, 1827.27, 1827.53, 763.561)
    assert (recorded.close.min(), recorded.close.max()) == (1752.95, 2876.37)  # as the set's own description says


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bars.csv", b"\x00\x01\x02\xff" * 100, "is not text, so no CSV"),
        ("bars.csv", "time,open\n1,2\n".encode("utf-16"), "is not text, so no CSV"),
        ("bars.csv", b"", "is empty; expected a line of column names"),
        ("bars.csv.gz", b"time,open\n1,2\n", "is named .gz but is not packed so"),
    ],
)
def test_a_file_that_is_no_text_is_not_read_as_one_without_rows(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_bars(path)

"""Latency as it is written, kept and read from tables (V-13)."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fsmtrader.data.delays import read_delays
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.instruments import Jitter, Latency, Shape
from fsmtrader.research.latencies import latency_from_plain, latency_of, plain_latency

MS = 1_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20ms", Latency(0, 20 * MS, 20 * MS)),
        ("feed=5ms, order=1s", Latency(5 * MS, 1_000 * MS, 0)),
        ("0s", Latency()),
        ("feed=recorded", Latency(has_recorded_feed=True)),
        ("20ms,jitter=5ms", Latency(0, 20 * MS, 20 * MS, Jitter(5 * MS))),
        (
            "order=2ms,jitter=5ms,shape=lognormal,sigma=0.5,seed=7",
            Latency(0, 2 * MS, 0, Jitter(5 * MS, Shape.LOGNORMAL, 0.5, 7)),
        ),
    ],
)
def test_what_may_be_written(text: str, expected: Latency) -> None:
    assert latency_of(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fast", "write e.g. 20ms or feed=5ms"),
        ("oder=5ms", "write e.g. 20ms or feed=5ms"),
        ("-5ms", "write e.g. 20ms"),
        ("order=recorded", "write e.g. 20ms"),
        ("order=2h", "write e.g. 20ms"),
        ("5ms,seed=7", "shape, sigma and seed are a jitter's"),
        ("jitter=5ms,shape=square", "a jitter's shape is exponential or lognormal"),
        ("jitter=5ms,sigma=0", "sigma above 0 up to 5"),
        ("jitter=5ms,seed=x", "its seed a whole number"),
        ("gone.csv", "there is no such file"),
    ],
)
def test_what_may_not(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        latency_of(text)


TABLE = "time,order_ms,response_us\n2025-01-01T00:00:00Z,10,2500\n2025-01-01T00:01:00Z,30,3500\n"
BEGIN = 1_735_689_600_000_000
RECORDED = ((BEGIN, 10_000, 2_500), (BEGIN + 60_000_000, 30_000, 3_500))


def test_a_table_of_recorded_delays(tmp_path: Path) -> None:
    path = tmp_path / "delays.csv"
    path.write_text(TABLE)
    assert latency_of(str(path)) == Latency(recorded=RECORDED)
    assert latency_of(f"feed=1ms,file={path},jitter=1ms") == Latency(MS, jitter=Jitter(MS), recorded=RECORDED)
    frame = pl.DataFrame({"ts": [BEGIN, BEGIN + 60_000_000], "entry": [10_000, 30_000], "response": [2_500, 3_500]})
    frame.write_parquet(tmp_path / "delays.parquet")
    assert read_delays(tmp_path / "delays.parquet") == RECORDED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,order_ms,response_ms\n1,2,3\n", "has no column of times"),
        ("time,order_ms\n2025-01-01T00:00:00Z,1\n", "has no column response_us"),
        (TABLE.replace("10,", "-1,"), "row 1: `order_ms` is no delay"),
        (TABLE.replace("30,", "x,"), "row 2: `order_ms` is no delay"),
        (TABLE.replace("00:01:00", "00:00:00"), "not in order of time"),
        ("time,order_ms,response_ms\n", "has no rows"),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "delays.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        read_delays(tmp_path / "delays.csv")


@pytest.mark.parametrize(
    "latency",
    [
        None,
        Latency(1, 2, 3),
        Latency(1, 2, 3, Jitter(5, Shape.LOGNORMAL, 0.25, 9), RECORDED),
        Latency(has_recorded_feed=True),
    ],
)
def test_a_journal_keeps_all_of_it(latency: Latency | None) -> None:
    assert latency_from_plain(plain_latency(latency)) == latency
    assert latency is None or latency.jitter is not None or isinstance(plain_latency(Latency(1, 2, 3)), list)


@pytest.mark.parametrize("text", ["order=20", "20", "", "order=", "order=1ms,order=2ms", "20ms,order=3ms"])
def test_a_latency_without_a_unit_or_said_twice_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--latency"):
        latency_of(text)


def test_no_latency_may_be_said_without_a_unit() -> None:
    assert latency_of("0") == latency_of("0ms")

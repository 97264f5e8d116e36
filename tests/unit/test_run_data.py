"""What a run is given as data: which file is about which market, and options that are about columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.one_leg import BARS, ONE

from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.instruments import Latency
from fsmtrader.engine.events import Operation
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.latencies import latency_of
from fsmtrader.research.markets import Markets
from fsmtrader.research.run import prepare, run
from fsmtrader.research.run_settings import (
    DataFile,
    Settings,
    data_file,
    market_index,
    operations_of,
    settings_from_plain,
)
from fsmtrader.spec.source import Source

TWO = ONE.replace(
    "legs: {X: {account: main, symbol: BTC/USDT:USDT}}",
    "legs: {X: {account: main, symbol: BTC/USDT:USDT}, Y: {account: main, symbol: ETH/USDT:USDT}}",
)
FUNDING = """\
ts,venue,funding_rate
2024-01-01T16:00:00Z,binance,0.001
2024-01-01T16:00:00Z,other,0.5
"""


def program(text: str = ONE) -> Program:
    return check(Source("t.yml", text.encode())).require()


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "bars.csv").write_text(BARS)
    (tmp_path / "funding.csv").write_text(FUNDING)
    return str(tmp_path / "bars.csv"), str(tmp_path / "funding.csv")


def test_where_is_for_the_files_that_have_the_column(files: tuple[str, str]) -> None:
    """Long 1 since the first bar's close; funding at 16:00, before the bar that closes then: 1 * 100 * 0.001 paid."""
    settings = Settings(tuple(DataFile(path) for path in files), where={"venue": "binance"}, fee=0.0, spread=0.0)
    summary = run(program(), settings)
    assert summary.funding == pytest.approx(-0.1, abs=1e-12)
    assert summary.realised == 0.0 and summary.unrealised == pytest.approx(20.0)
    assert summary.profit == pytest.approx(19.9)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"where": {"vneue": "x"}}, "none of the files has a column vneue"),
        ({"mapping": {"price": "px"}}, "none of the files has a column px"),
        ({"prefix": "binance_"}, "none of the files has a column that begins so"),
        ({"bars": 5}, "--from and --to"),
    ],
)
def test_an_option_that_no_file_is_about_is_a_slip(files: tuple[str, str], more: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        prepare(program(), Settings((DataFile(files[0]),), **more))  # type: ignore[arg-type]


def test_a_file_of_one_of_two_markets_must_say_which(files: tuple[str, str]) -> None:
    markets = Markets(program(TWO))
    assert [market_index(markets, DataFile("f", name)) for name in ("X", "Y", "ETH/USDT:USDT")] == [0, 1, 1]
    assert market_index(markets, DataFile("f", "binanceusdm.ETH/USDT:USDT")) == 1
    with pytest.raises(UsageError, match="which market is it of"):
        market_index(markets, DataFile("f"))
    with pytest.raises(UsageError, match="no data for binanceusdm"):
        prepare(program(TWO), Settings((DataFile(files[0], "X"),)))


def test_the_forms_of_data_on_the_command_line(files: tuple[str, str]) -> None:
    assert data_file(files[0]) == DataFile(files[0])
    assert data_file("mark:ETH.parquet") == DataFile("ETH.parquet", "", "mark")
    assert data_file("Y=ETH.parquet") == DataFile("ETH.parquet", "Y")
    assert data_file("funding:ETH/USDT:USDT=f.csv") == DataFile("f.csv", "ETH/USDT:USDT", "funding")


def test_latency_and_operator() -> None:
    assert latency_of("20ms") == Latency(0, 20_000, 20_000)
    assert latency_of("feed=5ms, order=1s") == Latency(5_000, 1_000_000, 0)
    with pytest.raises(UsageError, match="--latency fast"):
        latency_of("fast")
    settings = Settings(operations=(("+1h", "exit"), ("2024-01-01T00:00:01", "halt")))
    assert operations_of(settings, 10) == [(3_600_000_010, Operation.EXIT), (1_704_067_201_000_000, Operation.HALT)]
    with pytest.raises(UsageError, match="an operator can say"):
        operations_of(Settings(operations=(("+1h", "leave"),)), 0)


def test_settings_come_back_from_what_a_journal_keeps() -> None:
    settings = Settings(
        (DataFile("a.csv", "X", "bars"),),
        {"f": "1%"},
        {"price": "px"},
        "b_",
        {"venue": "x"},
        seed=7,
        latency=Latency(1, 2, 3),
        operations=(("+1h", "exit"),),
    )
    assert settings_from_plain(settings.as_plain(), ["a.csv"]) == settings


def test_a_mark_from_before_the_first_price_decides_nothing(tmp_path: Path) -> None:
    """Minutes of a mark begin at their opening, bars are told at their close: the usual pair of files."""
    (tmp_path / "bars.csv").write_text(BARS)
    marks = "ts,mark_price\n2024-01-01T00:00:00Z,100\n2024-01-01T08:00:00Z,101\n2024-01-01T16:00:00Z,111\n"
    (tmp_path / "mark.csv").write_text(marks)
    opened = ONE.replace("symbol: BTC/USDT:USDT}", "symbol: BTC/USDT:USDT, initial: 2}")
    files = (DataFile(str(tmp_path / "bars.csv")), DataFile(str(tmp_path / "mark.csv"), "", "mark"))
    summary = run(program(opened), Settings(files, fee=0.0, spread=0.0))
    assert summary.start_us == 1_704_096_000_000_000, "the close of the first bar, 08:00"
    assert [position.quantity for position in summary.positions] == [2.0]

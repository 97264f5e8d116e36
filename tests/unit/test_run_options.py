"""Options of `fsm run` that would have been misread without a word: each is refused, or does what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.one_leg import ONE

from fsmtrader.cli.main import main
from fsmtrader.data.files import moment_of
from fsmtrader.diagnostics import UsageError
from fsmtrader.engine.journal import JournalFile
from fsmtrader.program.compiler import check
from fsmtrader.research.markets import Markets, Place
from fsmtrader.research.namesakes import namesakes
from fsmtrader.research.run import prepare, run
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.spec.source import Source

PAIR = """\
fsm: 1
strategy: {name: pair}
accounts: {here: {exchange: binanceusdm}, there: {exchange: hyperliquid}}
legs: {L: {account: here, symbol: BTC/USDT:USDT}, S: {account: there, symbol: BTC/USDC:USDC}}
events: {tick: price(L), tock: price(S)}
states:
  A:
    on:
      tick: {if: qL < 1, do: {qL: 1}}
      tock: {if: qS > -1, do: {qS: -1}}
"""
BARS = """\
ts,open,high,low,close,volume
2024-01-01T00:00:00Z,100,101,99,100,1
2024-01-01T08:00:00Z,100,111,99,110,1
2024-01-01T16:00:00Z,110,121,109,120,1
"""
WIDE = """\
ts,bn_open,bn_high,bn_low,bn_close,hl_open,hl_high,hl_low,hl_close
2024-01-01T00:00:00Z,100,100,100,100,200,200,200,200
2024-01-01T08:00:00Z,100,110,100,110,200,200,190,190
2024-01-01T16:00:00Z,110,120,110,120,190,190,180,180
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"one.yml": ONE, "pair.yml": PAIR, "bars.csv": BARS, "wide.csv": WIDE, "ETHUSDT_8h.csv": BARS}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = main(("run", *arguments, "-q", "--no-report"))
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, ""), shown
    return shown.err


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    code = main(("run", *arguments, "-q", "--no-report", "--format", "json"))
    shown = capsys.readouterr()
    assert code == 0, shown
    found = json.loads(shown.out)
    assert isinstance(found, dict)
    return found


# -- from, to, operator ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_time_after_the_start_is_for_the_operator_only(
    place: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    said = refused(capsys, "one.yml", "--data", "bars.csv", option, "+12h")
    assert said == f"Error: {option} +12h: write a moment of the data, e.g. 2024-01-01T12:00\n"


@pytest.mark.parametrize("time", ["2024-01-01T07:59:59", "2024-01-02T00:00:01", "+17h", "2023-01-01"])
def test_an_operator_outside_of_the_data_is_refused(place: Path, capsys: pytest.CaptureFixture[str], time: str) -> None:
    """The first bar is known at 08:00, before which there is nothing to halt; the last at midnight, 16 hours later."""
    said = refused(capsys, "one.yml", "--data", "bars.csv", "--operator", f"{time}=halt")
    assert said == (
        f"Error: --operator {time}=halt: is outside of the data, which goes from 2024-01-01T08:00:00Z to "
        "2024-01-02T00:00:00Z\n"
    )


@pytest.mark.parametrize("time", ["2024-01-01T08:00", "2024-01-02T00:00", "+0h", "+16h"])
def test_an_operator_at_either_end_of_the_data_is_heard(
    place: Path, capsys: pytest.CaptureFixture[str], time: str
) -> None:
    found = ran(capsys, "one.yml", "--data", "bars.csv", "--operator", f"{time}=halt", "-o", "kept")
    assert found["status"] == "halted"


def test_an_operator_of_a_made_up_market_is_judged_too(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is outside of the data" in refused(capsys, "one.yml", "--bars", "10", "--operator", "+2d=halt")


def test_old_funding_is_not_when_the_operator_begins_to_count(place: Path) -> None:
    """An hour after the first price, at 09:00: not an hour after funding of the year before."""
    (place / "funding.csv").write_text("ts,funding_rate\n2023-01-01T00:00Z,0.001\n2024-01-01T16:00Z,0.001\n")
    files = (DataFile("bars.csv"), DataFile("funding.csv"))
    stream = prepare(
        check(Source("t.yml", ONE.encode())).require(), Settings(files, operations=(("+1h", "halt"),))
    ).stream
    assert stream.prices_us[0] == moment_of("2024-01-01T08:00")
    with pytest.raises(UsageError, match="is outside of the data"):
        prepare(check(Source("t.yml", ONE.encode())).require(), Settings(files, operations=(("+17h", "halt"),)))


# -- two markets of one file -----------------------------------------------------------------------------------------


def test_two_markets_of_one_wide_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both have prices from 08:00 on, when S is sold at 200; the next news of L is 110. They end at 180 and 120."""
    prefixes = ("--prefix", "L=bn_", "--prefix", "hyperliquid.BTC/USDC:USDC=hl_")
    terms = ("--fee", "0%", "--spread", "0%", "-o", "kept")
    found = ran(capsys, "pair.yml", "--data", "L=wide.csv", "--data", "S=wide.csv", *prefixes, *terms)
    positions = found["positions"]
    assert isinstance(positions, list)
    assert {p["leg"]: (p["average_price"], p["unrealised"]) for p in positions} == {"L": (110, 10), "S": (200, 20)}
    assert found["market"] == "wide.csv"
    assert main(("replay", "kept")) == 0
    with JournalFile(place / "kept" / "journal.sqlite") as journal:
        settings, data = json.loads(journal.meta["settings"]), json.loads(journal.meta["data"])
    assert settings["prefixes"] == {"L": "bn_", "hyperliquid.BTC/USDC:USDC": "hl_"}
    assert len({digest for _, digest in data}) == 2


def test_a_change_of_one_market_of_a_wide_file_is_seen(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ("--data", "L=wide.csv", "--data", "S=wide.csv", "--prefix", "L=bn_", "--prefix", "S=hl_")
    ran(capsys, "pair.yml", *files, "-o", "kept")
    (place / "wide.csv").write_text(WIDE.replace("100,110,100,110", "100,110,99,110"))
    assert main(("replay", "kept")) == 1
    assert "wide.csv" in capsys.readouterr().out


@pytest.mark.parametrize("options", [("--prefix", "bn_"), ("--prefix", "L=bn_", "--prefix", "S=bn_")])
def test_two_markets_of_the_same_columns_are_refused(
    place: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    said = refused(capsys, "pair.yml", "--data", "L=wide.csv", "--data", "S=wide.csv", *options)
    assert said == (
        "Error: wide.csv: binanceusdm.BTC/USDT:USDT and hyperliquid.BTC/USDC:USDC would both have its column "
        "`bn_open`: say what the columns of each begin with, e.g. --prefix L=bn_ --prefix S=hl_, "
        "or give each its own file\n"
    )


def test_the_same_file_by_another_name_is_the_same_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "twin.csv").symlink_to(place / "bars.csv")
    said = refused(capsys, "pair.yml", "--data", "L=bars.csv", "--data", "S=twin.csv")
    assert "would both have its column `open`" in said


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("bn_", "hl_"), "--prefix bn_ and hl_: say which market each is for: --prefix MARKET=PREFIX"),
        (("Q=bn_",), "--prefix Q=bn_: there is no market Q; the spec trades binanceusdm.BTC/USDT:USDT (L), "),
        (
            ("L=bn_", "S=xy_"),
            "--prefix xy_: none of the files of hyperliquid.BTC/USDC:USDC has a column that begins so",
        ),
        (("L=bn_", "BTC/USDT:USDT=hl_"), "the columns of that market are said to begin with bn_"),
    ],
)
def test_prefixes_that_do_not_fit(
    place: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], expected: str
) -> None:
    given = [word for option in options for word in ("--prefix", option)]
    assert expected in refused(capsys, "pair.yml", "--data", "L=wide.csv", "--data", "S=wide.csv", *given)


# -- spread, fee, seed -----------------------------------------------------------------------------------------------


def test_a_spread_below_zero_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "one.yml", "--data", "bars.csv", "--spread", "-1bp")
    assert said == "Error: --spread takes a share such as 1bp or 0.05%, from 0% to 10%, not '-1bp'\n"
    assert "from -10% to 10%" in refused(capsys, "one.yml", "--data", "bars.csv", "--fee", "-11%")


def test_a_fee_below_zero_is_a_rebate(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 at 100 without a spread: -1 bp of 100 is received."""
    found = ran(capsys, "one.yml", "--data", "bars.csv", "--spread", "0", "--fee", "-1bp", "-o", "kept")
    assert found["fees"] == pytest.approx(-0.01)


def test_a_seed_beside_data_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "one.yml", "--data", "bars.csv", "--seed", "1")
    assert said == "Error: --seed is for a made-up market; there is nothing to make up where data is given\n"
    (place / "own.yml").write_text(ONE + "run: {market: {data: bars.csv}}\n")
    assert "--seed is for a made-up market" in refused(capsys, "own.yml", "--seed", "7")
    ran(capsys, "one.yml", "--seed", "7", "--bars", "3", "-o", "kept")


# -- names of files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "is_remarked_on"),
    [
        ("ETHUSDT_1m.parquet", True),
        ("eth-usdc.csv", True),
        ("my_SOL_USDT_2024.csv", True),
        ("BTCUSDT_1m.parquet", False),
        ("XBTUSD.csv", False),
        ("BTCUSDT_ETHUSDT.csv", False),
        ("joined_5m_ETH.parquet", False),
        ("METHUSDT.csv", False),
        ("market.csv", False),
    ],
)
def test_a_file_that_is_called_after_another_market(name: str, is_remarked_on: bool) -> None:
    (market,) = Markets(check(Source("t.yml", ONE.encode())).require()).places
    expected = (
        f"{name} is taken as the market of BTC/USDT:USDT, with its lots and tiers; if that is not meant, "
        "give the file of BTC or the legs the symbol of the file"
    )
    assert list(namesakes([(name, market)], is_exact=False)) == ([expected] if is_remarked_on else [])


def test_a_run_says_so(place: Path) -> None:
    made = check(Source("t.yml", ONE.encode())).require()
    remark = "ETHUSDT_8h.csv is taken as the market of BTC/USDT:USDT"
    notes = run(made, Settings((DataFile("ETHUSDT_8h.csv"),))).notes
    assert [note for note in notes if note.startswith(f"{remark}, with its lots and tiers; ")]
    notes = run(made, Settings((DataFile("ETHUSDT_8h.csv"),), profile="exact")).notes
    assert [note for note in notes if note.startswith(f"{remark}; ")]
    assert not [note for note in run(made, Settings((DataFile("bars.csv"),))).notes if "is taken as" in note]


@pytest.mark.parametrize(
    ("name", "symbol", "is_remarked_on"),
    [
        ("cm_btcusd_perp_0808_depth.parquet", "BTC/USDT:USDT", True),
        ("BTCUSD_240927.csv", "BTC/USDT:USDT", True),
        ("cm_btcusd_perp_0808_depth.parquet", "BTC/USD:BTC", False),
        ("usdm_btcusdt_0808_depth.parquet", "BTC/USDT:USDT", False),
    ],
)
def test_a_file_of_a_coin_margined_contract_is_remarked_on(name: str, symbol: str, is_remarked_on: bool) -> None:
    notes = list(namesakes([(name, Place("x", symbol, ("X",)))], is_exact=False))
    assert [("numbers of contracts" in note) for note in notes] == [True] * is_remarked_on

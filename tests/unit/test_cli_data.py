"""`fsm data`: what it shows of files, and the markets it makes up."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from fsmtrader.cli.main import main
from fsmtrader.data.columns import KIND_NAMES
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import SeriesSource, open_stream, stream_of
from fsmtrader.data.synthetic import KINDS, generate
from fsmtrader.data.synthetic_book import BookMarket, book_sources


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    got = main(("data", *arguments))
    shown = capsys.readouterr()
    assert got == code, shown
    return shown.out if code != 2 else shown.err


def test_bars_are_made_and_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(tmp_path / "m.parquet")
    assert said(capsys, "synth", "-o", path, "--bars", "90", "--interval", "5m") == f"{path}: 90 rows\n"
    (shown,) = json.loads(said(capsys, "show", path, "--format", "json"))
    assert (shown["kind"], shown["rows"], shown["interval_us"], shown["problems"]) == ("bars", 90, 300_000_000, [])
    assert (shown["first"], shown["last"]) == ("2024-01-01T00:05:00Z", "2024-01-01T07:30:00Z")
    assert shown["columns"] == {name: name for name in ("open", "high", "low", "close", "volume")}
    assert pl.read_parquet(path)["ts"][0].isoformat() == "2024-01-01T00:00:00+00:00"
    text = said(capsys, "show", path)
    assert f"{path}\n  holds     bars, 90 rows, Parquet\n" in text
    assert "  events    2024-01-01T00:05:00Z to 2024-01-01T07:30:00Z\n" in text
    part = said(capsys, "show", path, "--from", "2024-01-01T01:00", "--to", "2024-01-01T02:00")
    assert "bars, 12 rows" in part and "2024-01-01T01:05:00Z to 2024-01-01T02:00:00Z" in part


def test_the_default_market_is_the_one_a_run_makes_up(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """30 days of one-minute bars: the kind, volatility and price that specs/band_limited_hedging.yml runs on."""
    path = str(tmp_path / "m.parquet")
    said(capsys, "synth", "-o", path)
    made = generate("regimes", seed=1, start_price=60_000.0, interval_us=60_000_000, bars=43_200, annual_volatility=0.6)
    assert open_stream([Wanted(path)]).digest == stream_of([SeriesSource(made)]).digest


@pytest.mark.parametrize("grain", ["quotes", "trades"])
def test_ticks_and_funding(capsys: pytest.CaptureFixture[str], tmp_path: Path, grain: str) -> None:
    path, rates = str(tmp_path / "q.csv"), str(tmp_path / "f.csv")
    arguments = (
        "synth",
        "-o",
        path,
        "--grain",
        grain,
        "--days",
        "1",
        "--events",
        "5000",
        "--vol",
        "80%",
        "--funding",
        rates,
    )
    assert said(capsys, *arguments) == f"{path}: 5000 rows\n{rates}: 3 rows\n"
    shown = json.loads(said(capsys, "show", path, rates, "--format", "json"))
    assert [(entry["kind"], entry["rows"]) for entry in shown] == [(grain, 5000), ("funding", 3)]
    first = Path(path).read_bytes()
    said(capsys, *arguments)
    assert Path(path).read_bytes() == first
    said(capsys, *arguments, "--seed", "2")
    assert Path(path).read_bytes() != first


def test_an_order_book_is_a_file_of_events(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The same as a run makes up, with which its spec needs no data."""
    path = str(tmp_path / "book.parquet")
    arguments = ("synth", "-o", path, "--grain", "book", "--events", "500", "--seed", "7")
    assert said(capsys, *arguments).startswith(f"{path}: ")
    made = stream_of(book_sources(BookMarket("book", 7, 60_000.0, 0.6, 5_000_000)))
    read = open_stream([Wanted(path)])
    assert sorted(report.digest for report in read.reports) == sorted(report.digest for report in made.reports)
    first = Path(path).read_bytes()
    said(capsys, *arguments)
    assert Path(path).read_bytes() == first
    assert "no quote of the same update to compare it with" in said(capsys, "check", path)


def test_problems_are_shown_and_end_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("when,b,a\n2025-01-01T00:00:00Z,2,1\n2025-01-01T00:00:01Z,1,2\n")
    assert "error: " in said(capsys, "show", str(path), code=1)
    mapped = ("--map", "time=when", "--map", "bid=b", "--map", "ask=a")
    shown = said(capsys, "show", str(path), *mapped, code=1)
    assert "columns   bid=b, ask=a" in shown
    assert (
        "problem   row 1, column `b`: `2` is above the ask: the quotes are crossed; mend the row or leave it out"
        in shown
    )
    (plain,) = json.loads(said(capsys, "show", str(path), *mapped, "--format", "json", code=1))
    assert plain["problems"][0] == {
        "row": 1,
        "column": "b",
        "what": "`2` is above the ask: the quotes are crossed",
        "hint": "mend the row or leave it out",
        "count": 1,
    }
    (plain,) = json.loads(said(capsys, "show", str(tmp_path / "absent.csv"), "--format", "json", code=1))
    assert plain["error"].endswith("absent.csv: cannot be read: no such file or directory")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show", "x.csv", "--map", "time"), "--map takes FIELD=COLUMN, not 'time'"),
        (("show", "x.csv", "--where", "=a"), "--where takes COLUMN=VALUE, not '=a'"),
        (("show", "x.csv", "--interval", "soon"), "--interval takes a duration"),
        (("show", "x.csv", "--from", "soon"), "'soon' is no moment"),
        (("synth", "-o", "x.csv", "--bars", "5", "--days", "1"), "--bars or --days, not both"),
        (("synth", "-o", "x.csv", "--events", "5"), "--events is for quotes and trades"),
        (("synth", "-o", "x.csv", "--grain", "quotes", "--bars", "5"), "--bars is for bars"),
        (("synth", "-o", "x.csv", "--days", "0"), "--days is 0"),
        (("synth", "-o", "x.parquet", "--grain", "book", "--bars", "5"), "--bars is for bars"),
        (("synth", "-o", "x.parquet", "--grain", "book", "--kind", "dead"), "made as gbm or crash"),
        (
            ("synth", "-o", "x.parquet", "--grain", "book", "--days", "1", "--events", "5"),
            "--days or --events, not both",
        ),
        (("synth", "-o", "x.parquet", "--grain", "book", "--days", "9"), "77,760,000 messages, more than 500,000"),
        (("synth", "-o", "x.csv", "--vol", "lots"), "--vol takes a number"),
        (("synth", "-o", "x.csv", "--price", "-1"), "start_price is -1"),
    ],
)
def test_wrong_usage(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert reason in said(capsys, *arguments, code=2)
    assert list(tmp_path.iterdir()) == []


def test_the_page_about_market_data_says_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "market-data.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ran = 0
    for block in re.findall(r"^```console\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE):
        for command, shown in re.findall(r"^\$ fsm (.*)\n((?:(?!\$).*\n)*)", block, flags=re.MULTILINE):
            main(shlex.split(command))
            assert capsys.readouterr().out.startswith(shown), command
            ran += 1
    assert ran == 3


RECORDING = """\
1735689600000000000 {"lastUpdateId":10,"E":1735689601000,"T":1735689601000,"bids":[["100","5"]],"asks":[["101","3"]]}
1735689600010000000 {"e":"depthUpdate","E":1735689601008,"T":1735689601008,"s":"AUSDT","U":9,"u":12,"pu":8,\
"b":[["100","6"]],"a":[]}
1735689600011000000 {"e":"bookTicker","u":12,"s":"AUSDT","b":"100","B":"6","a":"101","A":"3","T":1735689601008}
"""


def test_a_recording_is_imported_checked_and_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """local - exchange: -998 ms of the change, -997 of the quote; the snapshot's -1000 is no delay of the feed."""
    recording, target = tmp_path / "recording.txt", str(tmp_path / "events")
    recording.write_text(RECORDING)
    shown = said(capsys, "import", str(recording), "-o", target)
    assert f"{target}/AUSDT.parquet\n  quotes    1 row, 2025-01-01T00:00:01.008Z to" in shown
    assert "  clocks    the exchange's is 0.998 s ahead\n" in shown
    assert "  sequence  1 message, 0 gaps, 0 told again\n" in shown
    assert "  book      compared with the quotes at 1 update: it is the quotes' at all of them\n" in shown
    path = f"{target}/AUSDT.parquet"
    assert "  holds     1 quotes, 3 depth\n" in said(capsys, "check", path)
    assert "  holds     quotes, depth, 4 rows, Parquet\n" in said(capsys, "show", path)
    again = json.loads(said(capsys, "import", str(recording), "-o", target, "--format", "json", "--market", "mine"))
    assert [market["file"] for market in again["markets"]] == ["mine.parquet"]


def test_a_book_that_is_not_the_quotes_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recording, target = tmp_path / "recording.txt", str(tmp_path / "events")
    recording.write_text(RECORDING.replace('"B":"6"', '"B":"7"'))
    assert "it is ANOTHER one at 1\n" in said(capsys, "import", str(recording), "-o", target, code=1)
    assert "  first     update 12\n" in said(capsys, "check", f"{target}/AUSDT.parquet", code=1)
    (plain,) = json.loads(said(capsys, "check", f"{target}/AUSDT.parquet", "--format", "json", code=1))
    assert plain["book"] == {"messages": 2, "crossed": 0, "met": 1, "mismatches": 1, "first": 12}
    recording.write_text(RECORDING + "1735689600012000000 {}}\n")
    assert main(("data", "import", str(recording), "-o", target)) == 1
    assert "recording.txt: line 4: is no message of Binance" in capsys.readouterr().err


def test_only_files_of_events_are_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(tmp_path / "m.parquet")
    said(capsys, "synth", "-o", path, "--bars", "90")
    assert "is no file of events; `fsm data import` makes one of it" in said(capsys, "check", path, code=2)
    said(capsys, "import", path, "-o", str(tmp_path / "events"), "--quiet")
    (bars,) = open_stream([Wanted(path)]).reports
    (imported,) = open_stream([Wanted(str(tmp_path / "events" / "m.parquet"))]).reports
    assert (imported.digest, imported.interval_us) == (bars.digest, bars.interval_us)


def test_the_page_about_market_data_knows_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs" / "market-data.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \|", page, flags=re.MULTILINE)
    assert set(rows) - {"kind"} == {*KINDS, *KIND_NAMES}

"""Which engine makes a run, and that nobody can tell from what is kept but by its name."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tests.parity.kernel_markets import quotes, stream

from fsmtrader.cli.main import main
from fsmtrader.diagnostics import RunError
from fsmtrader.domain.instruments import Latency
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research import engines
from fsmtrader.research.engines import Engine, choose
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPEC = """
fsm: 1
strategy: {name: Dips}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
observe: {low: "lowest(mark(X), window=1h)"}
events: {tick: price(X)}
states:
  FLAT: {on: {tick: {if: mark(X) > low * 1.004, do: {qX: 0.1}, transition_to: LONG}}}
  LONG: {after: {90m: {do: {qX: 0}, transition_to: FLAT}}}
"""
FAR = SPEC.replace("if: mark(X) > low * 1.004", 'if: "liquidation_distance(X) > 0.1"')


def program_of(text: str) -> Program:
    return check_merged([Source("dips.yml", text.encode())]).require()


def prepared(text: str = SPEC, **settings: object) -> Prepared:
    return prepare(program_of(text), replace(Settings(bars=1_500), **settings))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dips.yml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> int:
    """The exit code of a command."""
    return main(arguments)


def meta(folder: Path, key: str) -> str:
    connection = sqlite3.connect(folder / "journal.sqlite")
    (found,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(found)


def test_what_is_kept_is_the_same_but_for_the_engine(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("machine", "source"):
        options = ["--bars", "1500", "--quiet", "--no-report", "--engine", name, "--out", name]
        assert run("run", "dips.yml", *options) == 0
    assert "made by the source engine" in capsys.readouterr().out
    machine, source = folder / "machine", folder / "source"
    assert meta(machine, "hash") == meta(source, "hash")
    assert (meta(machine, "engine"), meta(source, "engine")) == ("machine", "source")
    for table in ("equity", "orders", "fills", "transitions"):
        assert (machine / f"{table}.parquet").read_bytes() == (source / f"{table}.parquet").read_bytes()
    ours, theirs = (json.loads((path / "summary.json").read_text("utf-8")) for path in (machine, source))
    assert (ours.pop("engine"), theirs.pop("engine")) == ("machine", "source")
    assert ours == theirs
    assert ours["fills"] > 0


def test_a_run_is_made_again_and_explained_whatever_engine_made_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", "dips.yml", "--bars", "1500", "--quiet", "--engine", "source", "--out", "kept")
    assert (folder / "kept" / "report.html").exists()
    for name in ("machine", "source"):
        assert run("replay", "kept", "--engine", name) == 0
    assert run("explain-run", "kept", "--at", "+12h") == 0
    assert "Dips at" in capsys.readouterr().out


def test_auto_takes_the_machine_where_compiling_does_not_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scout spares 2 us of a quote that the machine walks over: 0.8 s after 400,000, 5 s after 2,500,000."""
    found, made = prepared(), stream([quotes(1, 500)])
    assert choose(found, Engine.AUTO).name == "machine"
    said: list[str] = []

    def chosen(events: int, is_kept: bool) -> str:
        monkeypatch.setattr(engines, "is_kept", lambda text: is_kept)
        (report,) = made.reports
        longer = replace(made, reports=(replace(report, rows=events),))
        return choose(replace(found, stream=longer), Engine.AUTO, said.append).name

    assert (chosen(399_000, True), chosen(2_499_000, False)) == ("machine", "machine") and said == []
    monkeypatch.setattr(engines, "compiled", engines.loop_of)
    assert chosen(401_000, True) == "compiled" and said == []
    assert chosen(2_501_000, False) == "compiled"
    assert said == ["compiling; a new spec takes some seconds, the first one of an installation more"]


def test_what_a_scout_cannot_serve_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    late = prepared(latency=Latency(1_000, 0, 0))
    with pytest.raises(RunError, match=r"^only the machine engine can do this run: with latency of the feed news"):
        choose(late, Engine.SOURCE)
    assert choose(late, Engine.AUTO).note == ""
    monkeypatch.setattr(engines, "LOADING_SECONDS", 0.0)
    chosen = choose(late, Engine.AUTO)
    assert (chosen.name, chosen.scout) == ("machine", None)
    assert chosen.note == "made by the machine engine: with latency of the feed news are on their way"
    with pytest.raises(RunError, match="liquidation_distance"):
        choose(prepared(FAR), Engine.COMPILED)


def test_a_note_says_why_it_was_the_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "LOADING_SECONDS", 0.0)
    run("run", "dips.yml", "--bars", "500", "--latency", "feed=5ms", "--quiet", "--no-report", "--out", "late")
    assert "note: made by the machine engine: with latency of the feed" in capsys.readouterr().out
    assert json.loads((folder / "late" / "summary.json").read_text("utf-8"))["engine"] == "machine"
    assert run("run", "dips.yml", "--bars", "500", "--latency", "feed=5ms", "--engine", "source", "--out", "no") == 1

"""A kept run: its files agree with one another, it can be made again row by row, and each of its moves can be explained."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from fsmtrader.cli.main import main
from fsmtrader.engine.journal import FILE, JournalFile
from fsmtrader.program.compiler import check
from fsmtrader.research.equity import COLUMNS
from fsmtrader.research.explain_run import FAILED, FILTERED, NOT_READY, SILENT, TAKEN, UNREACHED, UNTRUE, WAITING
from fsmtrader.research.keeping import execute, run_into
from fsmtrader.research.replay import replay
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "band_limited_hedging.yml"
BARS = ["--bars", "3000", "--set", "tau_max=40m"]
"""the machine moves two dozen times"""


def fsm_run(folder: Path, *more: str) -> int:
    return main(["run", str(SPEC), "--quiet", "--no-report", "--out", str(folder), *more])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    assert fsm_run(folder, *BARS) == 0
    return folder


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet")


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    capsys.readouterr()
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def test_the_files_of_a_run(kept: Path) -> None:
    names = {entry.name for entry in kept.iterdir()}
    tables = {f"{name}.parquet" for name in ("orders", "fills", "transitions", "equity")}
    assert names == {FILE, "summary.json", "metrics.prom", *tables}


def test_the_files_agree_with_one_another(kept: Path) -> None:
    summary = json.loads((kept / "summary.json").read_text())
    orders, fills, equity = table(kept, "orders"), table(kept, "fills"), table(kept, "equity")
    assert fills.height == summary["fills"] > 50
    assert fills["fee"].sum() == pytest.approx(summary["fees"], abs=1e-6)
    for position in summary["positions"]:
        realised = fills.filter(pl.col("leg") == position["leg"])["realised"].sum()
        assert realised == pytest.approx(position["realised"], rel=1e-12, abs=1e-9), "netted steps are in the lines"
    assert orders["filled"].sum() == pytest.approx(fills["change"].abs().sum(), rel=1e-12)
    assert set(orders["status"]) == {"filled"} and set(fills["kind"]) == {"initial", "action"}
    assert set(fills["client_id"]) == set(orders["client_id"])
    last = equity.row(-1, named=True)
    for name in ("equity", "realised", "unrealised", "fees"):
        assert last[name] == pytest.approx(summary[name], abs=1e-6), name
    assert set(fills["time_us"]) <= set(equity["time_us"]), "each change has a row"
    assert equity["time_us"].is_sorted() and equity["drawdown"].min() == 0.0
    shown = equity.select((pl.col("cash") + pl.col("unrealised") - pl.col("equity")).abs().max()).item()
    assert shown < 1e-6
    with JournalFile(kept / FILE) as file:
        assert summary["journal_hash"] == file.hash()
        assert file.is_complete


def test_a_run_is_made_again_row_by_row(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = json.loads((kept / "summary.json").read_text())
    said = printed(capsys, "replay", str(kept))
    assert said.startswith("The same: ") and summary["journal_hash"] in said
    plain = json.loads(printed(capsys, "replay", str(kept / FILE), "--format", "json"))
    assert plain["equal"] and plain["complete"] and plain["difference"] is None
    assert plain["hash"] == plain["recorded_hash"] == summary["journal_hash"]


def test_the_hash_does_not_hang_on_the_process(kept: Path, tmp_path: Path) -> None:
    """I15: the same run in other processes, with other hashes of texts."""
    found = {json.loads((kept / "summary.json").read_text())["journal_hash"]}
    for seed in ("0", "4711"):
        folder = tmp_path / seed
        command = [
            sys.executable,
            "-m",
            "fsmtrader.cli.main",
            "run",
            str(SPEC),
            "--quiet",
            "--no-report",
            "-o",
            str(folder),
        ]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
        subprocess.run([*command, *BARS], check=True, env=environment, capture_output=True)
        found.add(json.loads((folder / "summary.json").read_text())["journal_hash"])
    assert len(found) == 1


def test_another_seed_or_setting_is_another_run(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The settings are changed in the journal's own text: the first row, which has their digest, differs."""
    path = tmp_path / FILE
    path.write_bytes((kept / FILE).read_bytes())
    file = sqlite3.connect(path)
    file.execute("""UPDATE meta SET value = replace(value, '"seed":1', '"seed":2') WHERE key = 'settings'""")
    file.commit()
    file.close()
    capsys.readouterr()
    assert main(["replay", str(path)]) == 1
    said = capsys.readouterr().out
    assert "The first row that differs is row 1 of" in said
    assert "The data are not what the run read: the made-up market" in said
    assert said.count('"settings":') == 2


def test_data_that_moved_and_data_that_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, folder = tmp_path / "bars.csv", tmp_path / "run"
    lines = [
        f"{1_700_000_000 + 60 * i},{p},{p + 5},{p - 5},{p},1"
        for i, p in enumerate(60_000 + (i * 7919 % 997) for i in range(600))
    ]
    text = "\n".join(["time,open,high,low,close,volume", *lines])
    place.write_text(text)
    assert fsm_run(folder, "--data", str(place)) == 0
    assert main(["replay", str(folder)]) == 0
    moved = place.rename(tmp_path / "moved.csv")
    capsys.readouterr()
    assert main(["replay", str(folder)]) == 2
    assert "bars.csv. Say where they are: --data FILE" in capsys.readouterr().err
    assert main(["replay", str(folder), "--data", str(moved)]) == 0
    moved.write_text(text.replace(lines[500], lines[500].replace(",1", ",2")))
    capsys.readouterr()
    assert main(["replay", str(folder), "--data", str(moved)]) == 1
    assert "The data are not what the run read: " in capsys.readouterr().out
    assert main(["explain-run", str(folder), "--at", "+1h", "--data", str(moved)]) == 1
    said = capsys.readouterr()
    assert "the data are not what the run read: " in said.err and said.out == ""


def test_ctrl_c_keeps_what_there_is(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > 3_000:
            raise KeyboardInterrupt

    source = Source(SPEC.name, SPEC.read_bytes())
    with pytest.raises(KeyboardInterrupt):
        run_into(tmp_path, check(source).require(), (source,), Settings(bars=8_000), interrupt)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert 0 < summary["events"] < 8_000 and "the run was interrupted" in summary["notes"]
    result = replay(tmp_path, execute)
    assert result.is_equal and not result.is_complete and result.rows > 20
    assert table(tmp_path, "orders").height == table(tmp_path, "fills").height > 4
    assert table(tmp_path, "equity").height > 3_000


def test_every_move_can_be_explained(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At each transition `explain-run` names the same row, with the operands that the journal has."""
    moves = table(kept, "transitions").rows(named=True)
    assert len(moves) > 20
    for move in (moves[0], moves[11], moves[-1]):
        at = f"+{(move['time_us'] - table(kept, 'equity')['time_us'][0]) // 1_000_000}s"
        plain = json.loads(printed(capsys, "explain-run", str(kept), "--at", at, "--format", "json"))
        assert plain["time_us"] == move["time_us"]
        rows = [row for decision in plain["regions"][0]["decisions"] for row in decision["rows"]]
        taken = [row for row in rows if row["outcome"] == "taken" and row["row"] == move["row"]]
        assert len(taken) == 1 and taken[0]["guard"] == move["guard"]
        shown = {operand["name"]: operand["value"] for operand in taken[0]["operands"]}
        for name, value in json.loads(move["operands"]).items():
            assert shown[name] == value, name


def test_what_explain_run_says_in_text(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys, "explain-run", str(kept), "--at", "+1h")
    assert said.startswith("BandLimitedDynamicHedging at ")
    assert "region mode in state ACTIVE" in said
    assert "guard false" in said and "if C2  -> EXIT  because capital" in said
    assert "risk_exposure > gamma2 * E_max" in said
    assert main(["explain-run", str(kept), "--at", "whenever"]) == 2


def test_what_is_no_run(tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["replay"], ["explain-run", "--at", "+1h"]):
        assert main([*command, str(tmp_path)]) == 1
        assert "holds no run" in capsys.readouterr().err
    assert fsm_run(kept, *BARS) == 1
    assert "there is already a run" in capsys.readouterr().err


# -- the page about it -----------------------------------------------------------------------------------------------

PAGE = ROOT / "docs" / "runs.md"


def test_the_page_about_runs_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    text = PAGE.read_text(encoding="utf-8")
    ran = 0
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        if kind == "python":
            exec(compile(block, PAGE.name, "exec"), {})
            ran += 1
        for command, shown in re.findall(r"^\$ fsm (.*)\n(.*)\n", block, flags=re.MULTILINE):
            assert printed(capsys, *shlex.split(command)).startswith(shown.partition("…")[0]), command
            ran += 1
    assert ran == 6


def test_the_page_names_every_column_kind_and_outcome(kept: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in ("orders", "fills", "transitions"):
        paragraph = text[text.index(f"**{name}**") :].partition("\n\n")[0]
        assert [word for word in re.findall(r"`(\w+)`", paragraph)] == table(kept, name).columns
    with JournalFile(kept / FILE) as file:
        assert {f"`{row[2]}`" for row in file.rows()} <= set(re.findall(r"`\w+`", text))
        assert {f"`{key}`" for key in file.meta} <= set(re.findall(r"`\w+`", text))
    for outcome in (TAKEN, UNTRUE, NOT_READY, WAITING, FILTERED, UNREACHED, SILENT, FAILED):
        assert f"| `{outcome}` |" in text
    for column in COLUMNS:
        assert f"`{column}`" in text

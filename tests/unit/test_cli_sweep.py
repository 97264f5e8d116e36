"""`fsm sweep` as it is used: what it prints, what it leaves, and its exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from tests.unit.sweeps import COUNTING, SPEC, InProcess, write_market

from fsmtrader.cli.main import main
from fsmtrader.research.sweep import crew
from fsmtrader.research.sweep.place import alone_in

SHOWN = """\
dips
  32 events of market.csv
  2024-01-01 06:00:00 to 2024-01-09 00:00:00 UTC
  6 sets: 4 done, 2 failed, 0 of them known before
  by engine: 4 machine
  2 failed: low is 79, but its min is 80
  note: no funding is in the data: none is paid

best by profit
  low  size  profit  worst part  Sharpe  drawdown  fees  fills  broken
   95     2  320.00       80.00   49.51      0.00  0.00     16       0
   95     1  160.00       40.00   50.53      0.00  0.00     16       0
   85     1    0.00        0.00       -      0.00  0.00      0       0
   85     2    0.00        0.00       -      0.00  0.00      0       0
  the first again: fsm run … --set low=95 --set size=2

The best of 4 sets looks better than it is: part of what it won by was luck.
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dips.yml").write_text(SPEC, encoding="utf-8")
    write_market(tmp_path)
    InProcess.asked = []
    monkeypatch.setattr(crew, "Worker", InProcess)
    return tmp_path


def sweep(*more: str) -> int:
    costs = ("--data", "market.csv", "--spread", "0", "--fee", "0", "--profile", "exact")
    return main(["sweep", "dips.yml", "--engine", "machine", *costs, *more])


def test_what_it_prints(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--grid", "low=79,85,95", "--grid", "size=1,2", "--no-report") == 0
    said = capsys.readouterr()
    assert said.out.startswith(SHOWN), said.out
    assert said.out.endswith("kept in runs/dips-sweep\n") and said.err == ""
    assert {path.name for path in (here / "runs" / "dips-sweep").iterdir()} == {
        "parts", "results.parquet", "best.parquet", "summary.json"
    }  # fmt: skip


def test_the_same_command_knows_all_of_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--grid", "size=1,2", "--no-report", "-o", "out") == 0
    capsys.readouterr()
    assert sweep("--grid", "size=1,2,3", "-o", "out", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["done"], found["known"], found["folder"], found["report"]) == (3, 2, "out", "out/report.html")
    assert found["best"][0]["set"] == "--set size=3" and found["best"][0]["profit"] == 480.0
    assert (here / "out" / "report.html").exists() and len(InProcess.asked) == 3


def test_the_spec_may_say_what_is_tried(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = SPEC.replace(
        "run: {", "run: {sweep: {size: [1, 2], way: [once, twice]}, periods: {early: 20240101..20240103}, "
    )
    (here / "dips.yml").write_text(own, encoding="utf-8")
    assert sweep("--no-report", "-o", "out", "--objective", "worst_period") == 0
    frame = pl.read_parquet(here / "out" / "results.parquet")
    assert frame["profit_early"].to_list() == [40.0, 80.0, 80.0, 160.0] == frame["worst_period"].to_list()
    assert "best by worst_period" in capsys.readouterr().out


def test_some_of_a_grid_by_chance(here: Path) -> None:
    assert sweep("--grid", "size=1:100:1", "--random", "5", "--no-report", "-o", "out") == 0
    assert pl.read_parquet(here / "out" / "results.parquet").height == 5


@pytest.mark.parametrize(
    ("grid", "days", "said"),
    [
        ("low=90,95", 1, "the market is too short for a Sharpe ratio, which takes "),
        ("low=81,85", 8, "no set has a Sharpe ratio: its equity never changed"),
    ],
)
def test_without_a_sharpe_ratio_it_says_why(
    grid: str, days: int, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_market(here, days)
    assert sweep("--grid", grid, "--objective", "sharpe", "-o", "out") == 0
    shown, page = capsys.readouterr().out, (here / "out" / "report.html").read_text("utf-8")
    assert f"best\n  none: {said}" in shown and "why each set failed" not in shown, shown
    assert f"there is no best set: {said}" in page and "luck" not in shown


@pytest.mark.parametrize(
    ("grid", "more", "said"),
    [
        ("low=81,85", (), "The best set never traded."),
        ("low=100,101", ("--fee", "10%"), "No set made money."),
        ("low=100,101", ("--fee", "10%", "--objective", "fees"), "The best set by fees made no money."),
    ],
)
def test_of_a_loss_luck_has_no_part(
    grid: str, more: tuple[str, ...], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep("--grid", grid, *more, "-o", "out") == 0
    shown, page = capsys.readouterr().out, (here / "out" / "report.html").read_text("utf-8")
    assert f"\n\n{said}\n" in shown and "luck" not in shown, shown
    assert f"<p>{said}</p>" in page and "what it won by was luck" not in page


def test_a_run_leaves_the_folder_of_a_sweep_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--grid", "size=1,2", "--no-report", "-o", "out") == 0
    before = (here / "out" / "summary.json").read_bytes()
    capsys.readouterr()
    assert main(["run", "dips.yml", "--data", "market.csv", "-o", "out"]) == 2
    assert "out holds a sweep: name another folder with --out" in capsys.readouterr().err
    (here / "out" / "results.parquet").unlink()  # a sweep that was killed has its parts only
    assert main(["run", "dips.yml", "--data", "market.csv", "-o", "out"]) == 2
    assert (here / "out" / "summary.json").read_bytes() == before
    assert not (here / "out" / "journal.sqlite").exists()


def test_no_set_that_can_be_run_is_an_error(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--grid", "low=70,79", "--no-report") == 1
    said = capsys.readouterr().out
    assert "2 failed" in said and "none: results.parquet says why each set failed" in said


def test_interrupted_it_keeps_what_it_has(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(InProcess):
        asked = InProcess.asked

        def run(self, case, *, with_result=False):  # type: ignore[no-untyped-def]
            if len(InProcess.asked) == 2:
                raise KeyboardInterrupt
            return super().run(case, with_result=with_result)

    monkeypatch.setattr(crew, "Worker", Cut)
    assert sweep("--grid", "size=1:5:1", "-o", "out", "--workers", "1") == 130
    assert "what was done is kept in out, and the same command goes on there" in capsys.readouterr().err
    assert pl.read_parquet(here / "out" / "results.parquet").height == 2
    assert json.loads((here / "out" / "summary.json").read_text("utf-8"))["is_whole"] is False


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing to try: add --grid"),
        (("--grid", "size"), "--grid takes NAME=VALUES"),
        (("--grid", "sizes=1,2"), "did you mean size?"),
        (("--grid", "size=1:2"), "has no step: add one"),
        (("--grid", "size=1,2", "--set", "size=3"), "--set size=3: this parameter is swept"),
        (("--grid", "size=1,2", "--storage", "sqlite:///x"), "--storage is where a search is kept"),
        (("--grid", "size=1,2", "--search", "optuna", "--random", "3"), "give one of the two"),
        (("--grid", "size=1,2", "--seed", "3"), "--seed is for a made-up market"),
    ],
)
def test_wrong_usage(options: tuple[str, ...], said: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(*options) == 2
    assert said in capsys.readouterr().err


def test_an_engine_that_cannot_do_it_says_why(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sweep", "dips.yml", "--data", "market.csv", "--latency", "20ms", "--grid", "size=1,2"]
    assert main([*arguments, "--engine", "source"]) == 1
    assert "only the machine engine can do this sweep: with latency orders are on their way" in capsys.readouterr().err


def test_on_a_terminal_it_shows_how_far_it_is(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert sweep("--grid", "low=79,85,95", "--grid", "size=1,2", "--no-report", "--workers", "1") == 0
    said = capsys.readouterr().err
    assert "sweeping" in said and "left" in said


def test_with_processes_of_its_own(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert sweep("--grid", "low=79,85,95", "--grid", "size=1,2", "--no-report", "--workers", "2") == 0
    assert capsys.readouterr().out.startswith(SHOWN)


def test_trials_that_chose_a_set_again_are_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("optuna")
    given = ["--data", "market.csv", "--grid", "size=1,2", "--search", "optuna", "--trials", "7", "--no-report"]
    assert main(["sweep", "dips.yml", *given, "--engine", "machine", "--workers", "1", "--out", "out"]) == 0
    said = "  2 sets: 2 done, 0 failed, 0 of them known before\n  5 trials chose a set that had been tried\n"
    assert said in capsys.readouterr().out


def test_a_sweep_beside_another_one_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with alone_in(Path("out")):
        assert main(["sweep", "dips.yml", "--data", "market.csv", "--grid", "size=1,2", "--out", "out"]) == 2
    assert f"another sweep is at work in out (process {os.getpid()} on " in capsys.readouterr().err


def test_a_grid_of_fractions_for_what_counts_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "counting.yml").write_text(COUNTING, encoding="utf-8")
    assert main(["sweep", "counting.yml", "--data", "market.csv", "--grid", "n=2,2.5", "--out", "out"]) == 2
    assert "--grid n: 2.5 is no whole number, but n of mean(price, n=n, on=tick) counts" in capsys.readouterr().err
    assert not (here / "out").exists()

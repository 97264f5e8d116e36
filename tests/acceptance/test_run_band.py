"""`fsm run` on the shipped strategy: it visits every state, its sums agree, and it is the same every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from fsmtrader.cli.main import main
from fsmtrader.program.compiler import check, check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import DataFile, Settings
from fsmtrader.research.summary import Summary
from fsmtrader.spec.source import Source

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "band_limited_hedging.yml"
RECORDED = os.environ.get("FSMTRADER_RECORDED_DATA", "")
SHORT = ["run", str(SPEC), "--quiet", "--bars", "3000", "--no-report"]


def program(path: Path = SPEC) -> Program:
    return check(Source(path.name, path.read_bytes())).require()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are kept where the command is given."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def whole() -> Summary:
    return run(program(), Settings())


def test_every_state_is_visited(whole: Summary) -> None:
    states = {stay.state for stay in whole.stays}
    assert states == {"ACTIVE", "PAUSE", "EXIT", "TERMINATED"}
    path = [(move.source, move.target, move.because) for move in whole.moves]
    assert path[0] == ("ACTIVE", "PAUSE", "too calm")
    assert path[-1] == ("EXIT", "TERMINATED", "flat")
    assert path[-2][1:] in (("EXIT", "friction_vol"), ("EXIT", "capital"))
    for before, after in pairwise(path):
        assert before[1] == after[0]


def test_time_in_states_is_the_time_of_the_run(whole: Summary) -> None:
    assert whole.started_us == whole.start_us
    assert sum(stay.seconds for stay in whole.stays) == pytest.approx((whole.end_us - whole.start_us) / 1e6)


def test_cash_is_realised_less_fees_and_fees_are_those_of_the_turnover(whole: Summary) -> None:
    assert whole.cash == pytest.approx(whole.realised - whole.fees, abs=1e-6)
    assert whole.fees == pytest.approx(whole.turnover * whole.fee, rel=1e-9)
    assert whole.equity == pytest.approx(whole.capital + whole.profit, abs=1e-6)
    assert whole.fills > 100


def test_it_ends_flat_and_keeps_its_promises(whole: Summary) -> None:
    assert [position.quantity for position in whole.positions] == [0.0, 0.0]
    assert whole.unrealised == 0.0
    assert {promise.verdict for promise in whole.promises} == {"kept"}
    assert whole.is_sound


def test_without_friction_trading_costs_nothing() -> None:
    """No spread and no fee: cash and open profit are the profit of the planned steps, so turnover is free."""
    summary = run(program(), Settings(bars=500, spread=0.0, fee=0.0))
    assert summary.fees == 0.0 and summary.cash == pytest.approx(summary.realised, abs=1e-9)


def test_the_same_run_twice_and_under_two_hash_seeds(tmp_path: Path) -> None:
    outputs = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
        command = [
            sys.executable,
            "-m",
            "fsmtrader.cli.main",
            *SHORT,
            "--format",
            "json",
            "--out",
            str(tmp_path / seed),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        outputs.add(json.dumps({name: value for name, value in found.items() if name != "folder"}))
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["events"] == 3000


def test_another_seed_is_another_market() -> None:
    one, two = (run(program(), Settings(bars=500, seed=seed)) for seed in (1, 2))
    assert one.turnover != two.turnover


def test_text_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SHORT) == 0
    text = capsys.readouterr().out
    for piece in ("3000 events", "mode: ACTIVE", "transitions", "realised", "invariants", "kept"):
        assert piece in text


def test_a_value_outside_its_bounds_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, "--set", "delta=0.4"]) == 2
    assert "delta is 0.4, but its min is 0.5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--set", "deltta=1"], "did you mean delta"),
        (["--set", "delta"], "NAME=VALUE"),
        (["--mode", "live"], "backtests only"),
        (["--mode", "paper"], "backtests only"),
        (["--spread", "much"], "--spread takes a share"),
    ],
)
def test_wrong_usage_is_said(extra: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, *extra]) == 2
    assert said in capsys.readouterr().err


def test_a_missing_value_is_named_with_the_way_to_give_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(SPEC.read_text().replace("f:        {value: 0.05%,", "f:        {value: required,"))
    assert main(["run", str(spec), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "no value for f" in said and "--set f=" in said
    assert main(["run", str(spec), "--quiet", "--bars", "10", "--set", "f=0.05%"]) == 0


def test_what_needs_a_queue_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\n"
        "legs: {X: {account: main, symbol: BTC/USDT:USDT}}\n"
        "quotes: {bid: {leg: X, side: buy, price: mark(X), quantity: 1, post_only: true}}\n"
        "events: {tick: price(X)}\nstates: {A: {on: {tick: {if: mark(X) > 0, transition_to: B}}}, B: {final: true}}\n"
    )
    assert main(["run", str(spec), "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "the data cannot serve this spec" in said and "waits in a queue" in said


def test_the_seeds_two_blocks_run_together_with_values() -> None:
    data = ROOT / "tests" / "data"
    sources = [Source(name, (data / name).read_bytes()) for name in ("seed_000.json", "seed_000.yml")]
    blocks = check_merged(sources).require()
    given = {"f": "0.05%", "E_max": "130000", "MES": "0.4%", "capital": "120000"}
    names = {parameter.name for parameter in blocks.parameters}
    values = {name: value for name, value in given.items() if name in names}
    summary = run(blocks, Settings(overrides=values, bars=3000))
    assert summary.fills > 2
    assert summary.cash == pytest.approx(summary.realised - summary.fees, abs=1e-6)


@pytest.mark.skipif(not RECORDED, reason="FSMTRADER_RECORDED_DATA does not say where recorded data is")
def test_recorded_bars() -> None:
    path = Path(RECORDED) / "perp_binance_usdm_2025" / "ETHUSDT_1m.parquet"
    summary = run(program(), Settings(data=(DataFile(str(path)),), end="2025-05-08", overrides={"E_max": "5000"}))
    assert summary.events == 4827 and summary.fills > 2
    assert summary.cash == pytest.approx(summary.realised - summary.fees, abs=1e-6)
    assert summary.is_sound

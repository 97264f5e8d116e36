"""A parameter's `env` is read by the runner, behind `--set`; a spec itself never sees the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fsmtrader.cli.main import main

SPEC = """\
fsm: 1
strategy: {name: sized}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters:
  size: {value: 1, unit: base, above: 0, max: 5, env: SIZED_SIZE}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: qX < size, do: {qX: size}}}}
"""


@pytest.mark.parametrize(
    ("value", "more", "held"),
    [(None, (), 1.0), ("", (), 1.0), ("2", (), 2.0), ("2", ("--set", "size=3"), 3.0)],
)
def test_the_environment_gives_a_value_where_set_does_not(
    value: str | None,
    more: tuple[str, ...],
    held: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sized.yml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    if value is not None:
        monkeypatch.setenv("SIZED_SIZE", value)
    assert main(["run", "sized.yml", "--bars", "3", "--format", "json", "--quiet", *more]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [position["quantity"] for position in summary["positions"]] == [held]


def test_what_stands_there_keeps_the_parameters_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sized.yml").write_text(SPEC, encoding="utf-8")
    monkeypatch.setenv("SIZED_SIZE", "6")
    assert main(["run", str(tmp_path / "sized.yml"), "--bars", "3", "--quiet"]) == 2
    assert "size" in capsys.readouterr().err

"""What a run over bars does not do with a spec is said with its outcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.cli.render.summary import summary_text
from fsmtrader.diagnostics import UsageError
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

HEAD = "fsm: 1\nstrategy: {name: said}\naccounts: {main: {exchange: binanceusdm}}\nevents: {tick: price(X)}\n"
LEG = "legs: {X: {account: main, symbol: BTC/USDT:USDT}}\n"
STATES = "states: {A: {on: {tick: {if: qX < 1, do: {qX: 1}}}}}\n"


def made(text: str) -> Program:
    return check(Source("said.yml", text.encode())).require()


def test_reports_are_written_so_nothing_is_said() -> None:
    reports = 'reports: {daily: {at: "09:00 UTC", show: [qX]}}\n'
    assert not [note for note in run(made(HEAD + LEG + STATES + reports), Settings(bars=2)).notes if "written" in note]


def test_orders_that_came_to_nothing_are_counted() -> None:
    """A thousand coins need a margin that 10,000 in quote is not."""
    big = LEG + STATES.replace("{qX: 1}", "{qX: 1000}")
    summary = run(made(HEAD + big), Settings(bars=2))
    assert ("rejected", "margin", 2) in summary.orders
    assert "2 orders rejected: margin" in summary_text(summary, Path("x"), None)


def test_a_machine_for_each_row_runs_with_the_values_of_one() -> None:
    rows = "for_each: [{sym: BTC/USDT:USDT, size: 1}, {sym: ETH/USDT:USDT, size: 2}]\n"
    program = made(HEAD + rows + "legs: {X: {account: main, symbol: $sym}}\n" + STATES.replace("1", "size"))
    with pytest.raises(UsageError, match="no value for size; `for_each` makes a machine for each row"):
        run(program, Settings(bars=2))
    summary = run(program, Settings(bars=2, overrides={"size": "2"}))
    assert [position.quantity for position in summary.positions] == [2.0]

"""`--set` takes what a spec would take: units, bounds, and no window without a length."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import UsageError
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import overrides_from_text
from fsmtrader.research.run_parameters import checked_parameters
from fsmtrader.spec.source import Source

BAND = Path(__file__).parents[2] / "specs" / "band_limited_hedging.yml"


@pytest.fixture(scope="module")
def program() -> Program:
    return check(Source("band.yml", BAND.read_bytes())).require()


@pytest.mark.parametrize("text", ["f=5m", "q0=5m", "tau_max=5%", "K=1h"])
def test_a_unit_that_does_not_fit_is_refused(program: Program, text: str) -> None:
    name, value = text.split("=")
    with pytest.raises(UsageError, match=f"{name} is a"):
        overrides_from_text(program, {name: value})


@pytest.mark.parametrize("text", ["f=1x", "tau_max=1w"])
def test_a_suffix_that_there_is_not_is_told_those_that_there_are(program: Program, text: str) -> None:
    name, value = text.split("=")
    with pytest.raises(UsageError) as refused:
        overrides_from_text(program, {name: value})
    expected = "digits with one of the suffixes ms s m h d % bp, or none"
    assert str(refused.value) == f"{name}: `{value}` is no number; write {expected}"


def test_what_fits_is_scaled_as_in_a_spec(program: Program) -> None:
    slots = {slot.name: slot.index for slot in program.slots}
    found = overrides_from_text(program, {"f": "0.04%", "tau_max": "3h", "K": "2", "q0": "1.5"})
    assert found == {slots["f"]: 0.0004, slots["tau_max"]: 10800.0, slots["K"]: 2.0, slots["q0"]: 1.5}


def test_a_window_without_a_length_is_refused_before_the_run() -> None:
    seed = Path(__file__).parents[1] / "data" / "seed_000.yml"
    program = check(Source("seed.yml", seed.read_bytes())).require()
    given = {"f": "0.05%", "E_max": "1000", "capital": "1000", "tau_max": "0s"}
    with pytest.raises(UsageError, match="window of realized_variance"):
        checked_parameters(program, overrides_from_text(program, given))


ENTER = """\
fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: ETH/USDT:USDT}}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: mark(X) > 1, transition_to: B}}}
  B: {final: true, orders: none, enter: {qX: 1}}
tests:
  - {name: back, when: [{at: -5m}]}
"""


def test_an_enter_that_trades_against_the_permission_and_time_that_runs_backwards_are_findings() -> None:
    result = check(Source("t.yml", ENTER.encode()))
    assert [(d.code, d.span.line) for d in result.diagnostics] == [("FSM605", 7), ("FSM406", 9)]

"""What a run keeps in memory does not grow with what happens in it: the tables on disk have all of it."""

from __future__ import annotations

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research import summary as summaries
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SWINGS = """
fsm: 1
strategy: {name: swings}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
states:
  A: {on: {tick: {transition_to: B}}}
  B: {on: {tick: {transition_to: A}}}
invariants: {never: {that: qX > 1, in: B}}
"""


@pytest.fixture
def swings() -> Program:
    return check(Source("swings.yml", SWINGS.encode())).require()


def test_the_first_and_the_last_transitions_are_kept(swings: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine bars are nine transitions. With two kept at either end, the five between them are only counted."""
    whole = run(swings, Settings(bars=9)).moves
    monkeypatch.setattr(summaries, "KEPT_MOVES", 2)
    cut = run(swings, Settings(bars=9))
    assert len(whole) == cut.transitions == 9
    assert cut.moves == (*whole[:2], *whole[-2:])


def test_breaks_of_an_invariant_are_counted(swings: Program) -> None:
    """In B after the first, third, … ninth bar: broken five times, and the first is said."""
    promise = next(promise for promise in run(swings, Settings(bars=9)).promises if promise.name == "never")
    assert (promise.verdict, promise.broken) == ("broken", 5)
    assert promise.first.startswith("never: qX > 1 did not hold")

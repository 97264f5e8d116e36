"""X-09: what the ledger holds and what the venue holds are compared, and a difference is an alert."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.engine.ledger import Books
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPEC = """\
fsm: 1
strategy: {name: audited}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: qX < 1, do: {qX: 1}, transition_to: B}}}
  B: {final: true}
"""


def program() -> Program:
    return check(Source("audited.yml", SPEC.encode())).require()


def test_X_09_an_agreement_is_silent() -> None:
    summary = run(program(), Settings(bars=5, fee=0.0))
    assert summary.alerts == () and summary.is_sound


def test_X_09_a_ledger_that_forgets_half_of_a_fill_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Books.fill

    def half(books: Books, leg: int, change: float, price: float, fee: float) -> float:
        return whole(books, leg, change / 2, price, fee)

    monkeypatch.setattr(Books, "fill", half)
    summary = run(program(), Settings(bars=5, fee=0.0))
    assert summary.alerts == (("ledger_mismatch", 1),)
    assert summary.faults == ("the ledger holds 0.5 of BTC/USDT:USDT on main, the venue 1",)
    assert not summary.is_sound


def test_X_09_books_and_venue_hold_the_same_to_the_last_bit_without_lots() -> None:
    """Hundreds of netted rebalances: steps are booked as planned, the quantity as it was filled."""
    path = Path(__file__).parents[2] / "specs" / "band_limited_hedging.yml"
    spec = check(Source(path.name, path.read_bytes())).require()
    summary = run(spec, Settings(bars=6000, profile="exact", overrides={"f": "0.01%", "E_max": "200000"}))
    assert summary.fills > 100 and summary.faults == ()
    assert dict(summary.alerts).get("ledger_mismatch", 0) == 0

"""Rows that can never fire: what a row above implies, what another state asks, what no price can be."""

from __future__ import annotations

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

HEAD = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {X: {account: main, symbol: BTC/USDT:USDT}}\n"
    "events: {tick: price(X)}\nobserve: {p: mark(X)}\nstates:\n"
)


def codes(first: str, second: str) -> list[str]:
    rows = f'[{{if: "{first}", do: {{qX: 1}}}}, {{if: "{second}", transition_to: B}}]'
    text = f"{HEAD}  A: {{on: {{tick: {rows}}}}}\n  B: {{on: {{tick: {{if: p < 1, transition_to: A}}}}}}\n"
    return [d.code for d in check(Source("spec.yml", text.encode())).diagnostics if d.code not in ("FSM516", "FSM517")]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("p > 100", "p > 110", ["FSM515"]),
        ("p >= 100", "p > 100", ["FSM515"]),
        ("p > 100", "p >= 100", []),
        ("p > 100", "p > 90", []),
        ("p > 100", "p == 120", ["FSM515"]),
        ("p > 100 and qX == 0", "p > 110", []),
        ("p > 100", "p > 110 and qX == 0", ["FSM515"]),
        ("p > 100 and p < 200", "p > 110 and p < 150", ["FSM515"]),
        ("p > 100", "p < -5", ["FSM514"]),
        ("p > 100", "mark(X) <= 0", ["FSM514"]),
        ("p > 100", "p - 100 < -5", []),
        ("p > 100", "mode == B and p < 50", ["FSM514"]),
        ("p > 100", "mode == A and p < 50", []),
        ("p > 100", "p / 0 > 1", ["FSM413"]),
    ],
)
def test_rows_that_cannot_fire(first: str, second: str, found: list[str]) -> None:
    assert codes(first, second) == found

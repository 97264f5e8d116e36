"""A leg's targets come from one region."""

from __future__ import annotations

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

HEAD = """\
fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs:
  X: {account: main, symbol: BTC/USDT:USDT}
  Y: {account: main, symbol: ETH/USDT:USDT}
events: {tick: price(X)}
regions:
  a: {states: {A: {on: {tick: {if: mark(X) < 90, do: {qX: 1}}}}}}
"""


def found(second: str) -> list[tuple[str, int, str]]:
    result = check(Source("two.yml", (HEAD + second).encode()))
    return [(d.code, d.span.line, d.message) for d in result.diagnostics if d.severity.value == "error"]


@pytest.mark.parametrize(
    "second",
    [
        "  b: {states: {B: {on: {tick: {if: mark(X) > 99, do: {qX: 2}}}}}}\n",
        "  b: {states: {B: {enter: {flatten: {leg: X}}, on: {tick: {if: mark(X) > 99, transition_to: B}}}}}\n",
        "  b: {states: {B: {on: {tick: {if: mark(X) > 99, do: {emergency_close: {leg: X}}}}}}}\n",
        "  b: {states: {B: {on: {tick: {if: mark(X) > 99, do: {steps: [{qY: 1}], on_fail: {qX: 0}}}}}}}\n",
    ],
    ids=["row", "enter", "primitive", "on_fail"],
)
def test_two_regions_that_trade_a_leg_are_one_finding_at_the_second(second: str) -> None:
    assert found(second) == [("FSM609", 9, "a and b both trade the leg X")]


def test_regions_that_trade_a_leg_each_or_cancel_are_none() -> None:
    assert found("  b: {states: {B: {on: {tick: {if: mark(X) > 99, do: [{qY: 1}, cancel_all]}}}}}\n") == []


def test_the_rows_of_a_region_need_a_leg_each() -> None:
    row = "states: {B: {on: {tick: {if: mark(leg) > k, do: {flatten: {leg: leg}}}}}}"
    assert found(f"  b: {{for_each: [{{leg: Y, k: 1}}, {{leg: Y, k: 2}}], {row}}}\n") != []

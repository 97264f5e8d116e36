"""What the report knows of a program: its states, its markets, what the numbers of its guards mean."""

from __future__ import annotations

from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.facts import facts_of
from fsmtrader.spec.source import Source

SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs:
  B: {account: main, symbol: BTC/USDT:USDT, side: long}
  L: {account: main, symbol: ETH/USDT:USDT, side: long}
  S: {account: main, symbol: ETH/USDT:USDT, side: short}
parameters: {share: {value: 1%}, wait: {value: 1h}, style: {value: slow, one_of: [slow, fast]}}
observe: {calm: mark(L) * share < 5}
events: {tick: price(L)}
states:
  A: {on: {tick: {if: calm and style == fast and time_in_state > wait, transition_to: END}}}
  END: {final: true, description: all done}
"""


def program() -> Program:
    return check(Source("facts.yml", SPEC.encode())).require()


def test_states_and_markets() -> None:
    facts = facts_of(program())
    assert facts["states"] == [
        {"region": "mode", "state": "A", "final": False, "description": ""},
        {"region": "mode", "state": "END", "final": True, "description": "all done"},
    ]
    assert facts["markets"] == [
        {"name": "binanceusdm.BTC/USDT:USDT", "symbol": "BTC/USDT:USDT", "legs": ["B"], "column": "price"},
        {"name": "binanceusdm.ETH/USDT:USDT", "symbol": "ETH/USDT:USDT", "legs": ["L", "S"], "column": "price_L"},
    ]


def test_units_of_what_guards_read() -> None:
    units = facts_of(program())["units"]
    assert isinstance(units, dict)
    wanted = {"calm": "truth", "share": "ratio", "mark(L)": "price", "style": "word", "wait": "seconds"}
    assert {name: units[name] for name in wanted} == wanted

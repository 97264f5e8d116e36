"""Codes of the group `tests`: the tests of a spec."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_SPEC = (
    "fsm: 1\nlegs: {L: {symbol: BTC/USDT:USDT, side: long}}\n"
    "parameters: {limit: {value: 100, unit: price}}\nstates:\n"
    "  ACTIVE: {on: {price_update: {if: mark(L) > limit, transition_to: EXIT}}}\n  EXIT: {final: true}\ntests:\n"
)
_ABOVE = "  - {name: above, given: {mark(L): 101}, expect: {mode: EXIT}}\n"

CODES: tuple[Code, ...] = (
    Code(
        code="FSM801",
        severity=Severity.ERROR,
        title="two tests of one name",
        what="Two tests have the same name.",
        why="A report could not say which of them failed.",
        bad=f"{_SPEC}{_ABOVE}{_ABOVE.replace('101', '102')}",
        good=f"{_SPEC}{_ABOVE}{_ABOVE.replace('101', '102').replace('above', 'well above')}",
    ),
    Code(
        code="FSM802",
        severity=Severity.ERROR,
        title="unknown parameter of a test",
        what="`with` gives a value to a parameter that the spec does not have.",
        why="The test would run with other values than it says.",
        bad=f"{_SPEC}{_ABOVE.replace('given', 'with: {limt: 90}, given')}",
        good=f"{_SPEC}{_ABOVE.replace('given', 'with: {limit: 90}, given')}",
    ),
    Code(
        code="FSM803",
        severity=Severity.ERROR,
        title="fact that cannot be set",
        what="A test sets something other than an observable, a quantity or a question to the market.",
        why="Facts stand for what the market, the venue or the ledger would say.",
        bad=f"{_SPEC}{_ABOVE.replace('mark(L)', 'mode')}",
        good=f"{_SPEC}{_ABOVE}",
    ),
    Code(
        code="FSM804",
        severity=Severity.ERROR,
        title="expectation that cannot be compared",
        what="`expect` names a field that a slot does not have, or compares a slot with something that it cannot be.",
        why="The test could never say whether it holds.",
        bad=f"{_SPEC}{_ABOVE}".replace("parameters", "quotes: {bid: {leg: L, side: buy, price: 99, quantity: 1}}\n"
                                       "parameters").replace("mode: EXIT", "bid: placed"),
        good=f"{_SPEC}{_ABOVE}".replace("parameters", "quotes: {bid: {leg: L, side: buy, price: 99, quantity: 1}}\n"
                                        "parameters").replace("mode: EXIT", "bid: none"),
    ),
)

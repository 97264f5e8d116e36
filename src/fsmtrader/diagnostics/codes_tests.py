"""Codes of the group `tests`: the tests of a spec."""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_SPEC = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {symbol: BTC/USDT:USDT, side: long}}\n"
    "parameters: {limit: {value: 100, unit: price}}\nstates:\n"
    "  ACTIVE: {on: {price_update: {if: mark(L) > limit, transition_to: EXIT}}}\n  EXIT: {final: true}\ntests:\n"
)
_ABOVE = "  - {name: above, given: {mark(L): 101}, expect: {mode: EXIT}}\n"
_LATER = "  - {name: later, given: {mark(L): 99}, when: [{at: +365d, mark(L): 101}], expect: {mode: EXIT}}\n"
_BUYS = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {symbol: BTC/USDT:USDT, side: long}}\n"
    "variables: {bought: {initial: false}}\nstates:\n"
    "  ACTIVE: {on: {price_update: {if: not bought, do: [{bought: true}, {qL: 1}]}}}\ntests:\n"
    "  - {name: buys, when: [{event: price_update, expect: {bought: true}}]}\n"
)

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
        bad=f"{_SPEC}{_ABOVE}".replace(
            "parameters", "quotes: {bid: {leg: L, side: buy, price: 99, quantity: 1}}\nparameters"
        ).replace("mode: EXIT", "bid: placed"),
        good=f"{_SPEC}{_ABOVE}".replace(
            "parameters", "quotes: {bid: {leg: L, side: buy, price: 99, quantity: 1}}\nparameters"
        ).replace("mode: EXIT", "bid: none"),
    ),
    Code(
        code="FSM805",
        severity=Severity.ERROR,
        title="expectation that is not met",
        what="A test ran, and what it expects is not what came of it. The hint shows the row that was taken "
        "and the guards that were asked, with the values of that moment.",
        why="Either the strategy or the test is wrong.",
        bad=f"{_SPEC}{_ABOVE.replace('101', '99')}",
        good=f"{_SPEC}{_ABOVE}",
        by_tests=True,
    ),
    Code(
        code="FSM806",
        severity=Severity.ERROR,
        title="test without a value for a parameter",
        what="A parameter has no value of its own, and the test gives it none.",
        why="Nothing that depends on it could be decided.",
        bad=f"{_SPEC}{_ABOVE}".replace("value: 100", "value: required"),
        good=f"{_SPEC}{_ABOVE.replace('given', 'with: {limit: 90}, given')}".replace("value: 100", "value: required"),
        by_tests=True,
    ),
    Code(
        code="FSM807",
        severity=Severity.ERROR,
        title="trade without a price",
        what="A leg trades in the test, but no fact says what it is worth.",
        why="The test's venue fills at the leg's mark, or else half-way between bid and ask.",
        bad=_BUYS,
        good=_BUYS.replace("when: [{", "when: [{mark(L): 101, "),
        by_tests=True,
    ),
    Code(
        code="FSM808",
        severity=Severity.ERROR,
        title="machine that never starts",
        what="A first value (of a variable, or of a leg's quantity) is not ready with the facts of the test.",
        why="The machine starts at the first event at which all of them are ready; until then nothing happens.",
        bad=f"variables: {{reference: {{initial: mark(L)}}}}\n{_SPEC}{_ABOVE.replace('mark(L): 101', 'qL: 0')}",
        good=f"variables: {{reference: {{initial: mark(L)}}}}\n{_SPEC}{_ABOVE}",
        by_tests=True,
    ),
    Code(
        code="FSM809",
        severity=Severity.ERROR,
        title="broken promise in a test",
        what="An invariant of the spec did not hold while a test ran, or the machine stopped with a fault.",
        why="An invariant is meant to hold after every event, in tests as in every run.",
        bad=f"invariants: [{{below: mark(L) < 101}}]\n{_SPEC}{_ABOVE}",
        good=f"invariants: [{{below: mark(L) < 102}}]\n{_SPEC}{_ABOVE}",
        by_tests=True,
    ),
    Code(
        code="FSM810",
        severity=Severity.ERROR,
        title="value of a test that no run would take",
        what="`with` gives a parameter a value outside its bounds, or a word that is not one of its `one_of`.",
        why="The test would show a strategy that `fsm run` refuses to run.",
        bad=f"{_SPEC}{_ABOVE.replace('given', 'with: {limit: 0}, given')}".replace(
            "unit: price", "unit: price, above: 0"
        ),
        good=f"{_SPEC}{_ABOVE.replace('given', 'with: {limit: 90}, given')}".replace(
            "unit: price", "unit: price, above: 0"
        ),
    ),
    Code(
        code="FSM811",
        severity=Severity.WARNING,
        title="test that expects nothing",
        what="Neither the test nor an item of its `when` has an `expect`.",
        why="It passes whatever the strategy does.",
        bad=f"{_SPEC}{_ABOVE.replace(', expect: {mode: EXIT}', '')}",
        good=f"{_SPEC}{_ABOVE}",
    ),
    Code(
        code="FSM812",
        severity=Severity.ERROR,
        title="test that takes too long",
        what="An item of a test moves time so far that timers would fire more than a million times. Where the interval "
        "is a literal it is found when the spec is checked, else when the test runs.",
        why="Every firing is carried out, so the test would not end in reasonable time.",
        bad=f"{_SPEC}{_LATER}".replace("price_update", "every(1s)"),
        good=f"{_SPEC}{_LATER}".replace("price_update", "every(1h)"),
    ),
)

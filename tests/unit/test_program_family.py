"""The top `for_each`: a machine for each row; its fields are parameters that come with the row."""

from __future__ import annotations

from fsmtrader.program.compiler import CheckResult, check
from fsmtrader.spec.source import Source

SPEC = """\
fsm: 1
accounts: {a: {exchange: grvt}}
for_each:
  in:
    - {instrument: BTC/USDT:USDT, size: 1, way: up, live: true}
    - {instrument: ETH/USDT:USDT, size: 2, way: down, live: false}
  key: instrument
  if: live
legs: {X: {account: a, symbol: $instrument}}
events: {tick: price(X)}
states:
  A: {on: {tick: {if: way == up and qX < size, do: {qX: size}, transition_to: B}}}
  B: {final: true}
"""


def checked(text: str) -> CheckResult:
    return check(Source("spec.yml", text.encode()))


def test_fields_are_taken_from_the_rows() -> None:
    program = checked(SPEC).require()
    assert program.row_fields == ("instrument", "size", "way", "live")
    assert [p.name for p in program.parameters] == ["size", "way", "live"], "a symbol is text, not a value"
    family = program.family
    assert family is not None and family.key == ("instrument",) and family.condition is not None
    assert family.rows[1] == (("instrument", "ETH/USDT:USDT"), ("size", "2"), ("way", "down"), ("live", "false"))


def test_a_key_and_a_symbol_must_be_fields() -> None:
    result = checked(SPEC.replace("$instrument", "$instrumnt"))
    assert [(d.code, d.span.line, d.span.column) for d in result.diagnostics] == [("FSM301", 9, 32)]
    assert "$instrument" in result.diagnostics[0].hint
    result = checked(SPEC.replace("key: instrument", "key: symbol"))
    assert "FSM308" in {d.code for d in result.diagnostics}


def test_a_row_that_lacks_a_field_is_an_error() -> None:
    result = checked(SPEC.replace(", live: false", ""))
    assert [(d.code, d.span.line) for d in result.diagnostics] == [("FSM308", 6)]


def test_bounds_of_declared_fields_are_kept() -> None:
    text = SPEC.replace(
        "  key: instrument\n",
        "  key: instrument\n  fields: {instrument: {type: symbol}, "
        "size: {unit: base, above: 0}, way: {one_of: [up, down]}, live: {type: boolean}}\n",
    )
    program = checked(text).require()
    size = next(p for p in program.parameters if p.name == "size")
    assert [(kind, bound.text) for kind, bound in size.bounds] == [("above", "0")]

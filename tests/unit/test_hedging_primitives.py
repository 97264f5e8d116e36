"""Document 000's primitives as a user meets them: what they take, what they refuse, what stands behind a bare name."""

from __future__ import annotations

import pytest

from fsmtrader.program import ir
from fsmtrader.program.compiler import check
from fsmtrader.program.typed import Formula
from fsmtrader.spec.source import Source

HEAD = """\
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}, net: {exchange: binanceusdm}}
legs:
  A: {account: main, symbol: BTC/USDT:USDT, side: long}
  B: {account: main, symbol: BTC/USDT:USDT, side: short}
  X: {account: net, symbol: ETH/USDT:USDT}
parameters: {size: {value: 1, unit: base}}
variables: {level: {initial: mark(A)}, bare: {initial: 0}}
"""
PAIR = "long: A, short: B"
WHOLE = f"{PAIR}, price: mark(A), reference: level, alpha: 0.5, beta: 0.25"


def text(steps: str, orders: str = "any") -> str:
    states = f"states: {{S0: {{orders: {orders}, on: {{tick: {{if: mark(A) > 100, do: act}}}}}}}}"
    return f"{HEAD}events: {{tick: price(A)}}\nactions:\n  act:\n    - {steps}\n{states}\n"


def found(spec: str) -> list[tuple[str, str, str]]:
    """Errors with the hint: (code, what stands at the place, hint)."""
    result = check(Source("spec.yml", spec.encode()))
    lines = spec.splitlines()
    return [
        (d.code, lines[d.span.line - 1][d.span.column - 1 :], d.hint)
        for d in result.diagnostics
        if d.severity.value == "error"
    ]


def act(spec: str) -> ir.Action:
    made = check(Source("spec.yml", spec.encode())).require()
    return made.actions[made.rows[0].action]


def formulas(action: ir.Action) -> list[str]:
    return [
        entry.value.tree.name
        for phase in action.phases
        for step in phase.steps
        if isinstance(step, ir.Assign)
        for entry in step.entries
        if isinstance(entry.value.tree, Formula)
    ]


def test_R000_23_a_rebalance_is_its_four_steps_on_any_pair_of_legs() -> None:
    action = act(text(f"rebalance: {{{WHOLE}, size: size}}"))
    assert formulas(action) == ["realized", "realized", "transferred", "transferred", "rebuilt", "rebuilt"]
    assert action.trades and len(action.phases) == 1
    last = action.phases[0].steps[-1]
    assert isinstance(last, ir.Assign) and isinstance(last.entries[0], ir.Set), "the reference comes last (R000-11)"


def test_the_reference_alone_is_no_trade() -> None:
    assert not act(text("update_reference_price: {reference: level, price: mark(A), profit: 1}")).trades


@pytest.mark.parametrize(
    ("steps", "code", "place", "hint"),
    [
        (f"rebalance: {{{WHOLE}, basis: los}}", "FSM304", "los}", "did you mean loss?"),
        (f"rebalance: {{{WHOLE}, gamma: 1}}", "FSM304", "gamma", "e.g. `rebalance: {"),
        (f"rebalance: {{{PAIR}}}", "FSM304", "{rebalance", "e.g. `rebalance: {"),
        ("reduce_positions: {long: B, short: A, eta: 0.3}", "FSM304", "{reduce", "name a leg with `side: long`"),
        ("reduce_positions: {long: A, short: X, eta: 0.3}", "FSM304", "{reduce", "name a leg with `side: short`"),
        ("reduce_positions: {long: A, short: B, eta: size}", "FSM402", "size}", ""),
        ("update_reference_price: {reference: size, price: mark(A), profit: 1}", "FSM4", "size", ""),
        ("update_reference_price: {reference: mark(A), price: mark(A), profit: 1}", "FSM504", "mark(A)", "variable"),
        (f"transfer_profit: {{{PAIR}, price: mark(A), reference: level, profit: 1}}", "FSM304", "{transfer", "e.g."),
    ],
)
def test_a_wrong_argument_is_found_where_it_stands(steps: str, code: str, place: str, hint: str) -> None:
    ((got, at, says),) = found(text("{" + steps + "}"))
    assert got.startswith(code) and at.startswith(place) and hint in says


def test_a_variable_that_began_as_a_bare_number_becomes_a_price() -> None:
    spec = text("update_reference_price: {reference: bare, price: mark(A), profit: 1}")
    made = check(Source("spec.yml", spec.encode())).require()
    slot = made.slot_named("bare")
    assert slot is not None and str(slot.type) == "a price"


def test_the_profit_is_a_name_for_the_steps_after_it() -> None:
    steps = f"realize_profit: {{{PAIR}, price: mark(A), reference: level, beta: 0.25}}\n    - record: {{won: {{p: profit}}}}"
    assert formulas(act(text(steps))) == ["realized", "realized"]
    assert [code for code, _, _ in found(text("record: {won: {p: profit}}"))] == ["FSM301"]


def test_without_the_legs_of_document_000_a_bare_name_needs_its_arguments() -> None:
    assert [code for code, _, _ in found(text("rebalance"))] == ["FSM304"]


def test_an_own_action_may_call_the_primitive_of_its_name() -> None:
    own = HEAD + (
        "events: {tick: price(A)}\nactions:\n  reduce_positions:\n"
        "    - reduce_positions: {long: A, short: B, eta: 0.3}\n    - {level: mark(A)}\n"
        "states: {S0: {on: {tick: {if: mark(A) > 100, do: reduce_positions}}}}\n"
    )
    assert formulas(act(own)) == ["reduce_both", "reduce_both"]
    assert act(own).name == "reduce_positions"
    circle = own.replace("    - reduce_positions: {long: A, short: B, eta: 0.3}", "    - reduce_positions")
    assert [code for code, _, _ in found(circle)] == ["FSM506"]


@pytest.mark.parametrize(
    ("steps", "orders", "codes"),
    [
        (f"rebalance: {{{WHOLE}}}", "reduce", ["FSM605"]),
        ("reduce_positions: {long: A, short: B, eta: 0.3}", "reduce", []),
        ("reduce_positions: {long: A, short: B, eta: 0.3}", "none", ["FSM605"]),
    ],
)
def test_a_state_that_permits_less_refuses_them(steps: str, orders: str, codes: list[str]) -> None:
    assert [code for code, _, _ in found(text(steps, orders))] == codes

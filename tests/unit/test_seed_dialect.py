"""Document 000's two blocks, exactly as they stand (R000-47, R000-49)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import Findings, Severity
from fsmtrader.diagnostics.codes import Code
from fsmtrader.diagnostics.codes_seed import CODES
from fsmtrader.spec.document import Document, Scalar
from fsmtrader.spec.expression import render
from fsmtrader.spec.loader import load_document, merge_documents
from fsmtrader.spec.reader import read_spec
from fsmtrader.spec.seed_dialect import cross_check
from fsmtrader.spec.source import Source
from fsmtrader.spec.spec import AssignStep, CallStep, Dialect, Expression, Spec
from fsmtrader.spec.structure import check_structure

DATA = Path(__file__).parents[1] / "data"
MACHINE, DESCRIPTION = "seed_000.yml", "seed_000.json"


def load(name: str, findings: Findings) -> Document:
    document = load_document(Source(name, (DATA / name).read_bytes()), findings)
    assert document is not None
    return document


def read(*names: str, with_parts: bool = True) -> tuple[Spec, Findings]:
    """The Spec, and the findings of the cross-check alone."""
    findings = Findings()
    parts = [load(name, findings) for name in names]
    document = parts[0] if len(parts) == 1 else merge_documents(parts, findings)
    dialect = check_structure(document, findings)
    assert dialect is Dialect.SEED
    spec = read_spec(document, dialect, findings, frozenset(), parts if with_parts else ())
    assert not findings.has_errors
    checked = Findings()
    cross_check(spec, checked)
    return spec, checked


def shown(expression: Expression | None) -> str:
    assert expression is not None and expression.tree is not None
    return render(expression.tree)


def test_the_machine_block() -> None:
    spec, found = read(MACHINE)
    assert not found.items and spec.seed is None
    (region,) = spec.regions
    assert [state.name.text for state in region.states] == ["ACTIVE", "PAUSE", "EXIT"]
    assert [name.text for name, _ in spec.actions] == ["rebalance", "reduce_positions"]
    rebalance, reduce = (steps for _, steps in spec.actions)
    assert [step.name.text for step in rebalance.steps if isinstance(step, CallStep)] == [
        "realize_profit",
        "transfer_profit",
        "rebuild_positions",
        "update_reference_price",
    ]
    assert [type(step) for step in reduce.steps] == [AssignStep, AssignStep]


def test_if_exit_stands_before_if() -> None:
    """R000-47: the exit is tried first in ACTIVE and in PAUSE."""
    states = read(MACHINE)[0].regions[0].states
    for state in states[:2]:
        (monitor,) = (on for on in state.on if on.pattern.name.text == "monitor")
        first, second = monitor.rows
        assert first.from_if_exit and first.target is not None and first.target.text == "EXIT"
        assert shown(first.condition) == "effective_volatility < MES * fee or risk_exposure > E_max"
        assert not second.from_if_exit


def test_legs_and_account_are_understood() -> None:
    spec = read(MACHINE)[0]
    (account,) = spec.accounts
    mode = account.settings[0]
    assert (account.name.text, mode.name.text) == ("main", "position_mode")
    assert isinstance(mode.value, Scalar) and mode.value.text == "hedge"
    assert [(leg.name.text, leg.side.text if leg.side else "", shown(leg.initial)) for leg in spec.legs] == [
        ("L", "long", "q0"),
        ("S", "short", "q0"),
    ]
    assert all(str(leg.name.span) == "seed_000.yml:1:1" for leg in spec.legs)


def test_the_description_block() -> None:
    spec, found = read(DESCRIPTION)
    seed = spec.seed
    assert seed is not None and not found.items
    assert (spec.name, spec.version, spec.regions, spec.actions) == ("BandLimitedDynamicHedging", "1.0", (), ())
    assert [leg.name.text for leg in spec.legs] == ["L", "S"]  # the vocabulary speaks of them
    assert [(name.text, shown(value)) for name, value in seed.parameters] == [
        ("transaction_fee", "f"),
        ("MES", "k * f"),
        ("profit_transfer_ratio", "alpha"),
        ("max_risk_capital", "E_max"),
        ("max_rebalance_interval", "tau_max"),
        ("MES_exit_ratio", "delta"),
        ("decrease_ratio", "eta"),
    ]
    assert [(name.text, len(conditions)) for name, conditions in seed.triggers] == [
        ("rebalance", 1),
        ("pause", 1),
        ("exit", 2),
    ]
    assert [(name.text, len(steps)) for name, steps in seed.actions] == [("rebalance", 4), ("pause", 2), ("exit", 3)]
    assert [mode.text for mode in seed.modes] == ["ACTIVE", "PAUSE", "EXIT"]
    assert [(role.text, name.text) for role, name in seed.names] == [
        ("price", "P_t"),
        ("reference_price", "P_ref"),
        ("long_position.quantity", "qL"),
        ("long_position.average_price", "pL"),
        ("short_position.quantity", "qS"),
        ("short_position.average_price", "pS"),
    ]
    assert [invariant.name.text for invariant in spec.invariants][:1] == ["no_direction_prediction"]


@pytest.mark.parametrize("names", [(DESCRIPTION, MACHINE), (MACHINE, DESCRIPTION)])
def test_both_blocks_and_where_they_differ(names: tuple[str, str]) -> None:
    """R000-49: each difference at its line, in either order of the files."""
    spec, found = read(*names)
    assert spec.seed is not None and len(spec.regions) == 1
    assert [name.text for name, _ in spec.actions] == ["rebalance", "reduce_positions"]
    assert [parameter.name.text for parameter in spec.parameters] == ["MES"]
    assert all(item.severity is Severity.WARNING for item in found.items)
    at = [(item.code, item.span.file, item.span.line) for item in found.in_order()]
    names_at = [line for code, file, line in at if code == "FSM701" and file == DESCRIPTION]
    # fee, E_max, tau_max, MES_exit and eta (one line), rebalance_interval, three steps of rebalance
    assert names_at == [15, 18, 19, 20, 20, 24, 32, 33, 34]
    assert [entry[1:] for entry in at if entry[0] == "FSM702"] == [(MACHINE, 19), (MACHINE, 29), (MACHINE, 32)]
    assert [entry[1:] for entry in at if entry[0] == "FSM703"] == [(DESCRIPTION, 37), (DESCRIPTION, 38), (MACHINE, 41)]
    assert [entry[1:] for entry in at if entry[0] == "FSM704"] == [(DESCRIPTION, 12)]
    assert [entry[1:] for entry in at if entry[0] == "FSM705"] == [(DESCRIPTION, 24)]


def test_modes_lack_terminated_and_nothing_else_is_said_of_it() -> None:
    found = read(DESCRIPTION, MACHINE)[1]
    assert [item.message for item in found.items if "TERMINATED" in item.message] == [
        "the modes lack `TERMINATED`, a state of the machine"
    ]


def test_merged_documents_alone_are_enough_to_run() -> None:
    spec, found = read(DESCRIPTION, MACHINE, with_parts=False)
    assert spec.seed is not None and [name.text for name, _ in spec.actions] == ["rebalance", "reduce_positions"]
    assert "FSM705" in [item.code for item in found.items]


def test_modes_are_the_same_in_upper_and_lower_case() -> None:
    """C000-34: Active and ACTIVE are one state."""
    findings = Findings()
    text = "state: {mode: [Active]}\nstates:\n  ACTIVE: {on: {monitor: {if: C1, transition_to: active}}}\n"
    document = load_document(Source("t.yml", text.encode()), findings)
    assert document is not None
    cross_check(read_spec(document, check_structure(document, findings), findings), findings)
    assert [item.code for item in findings.items] == ["FSM702"]


def test_parameters_may_be_given_beside_the_blocks() -> None:
    findings = Findings()
    values = load_document(Source("values.yml", b"parameters: {f: 0.1%, k: 10, E_max: 150}\n"), findings)
    assert values is not None
    parts = [load(DESCRIPTION, findings), load(MACHINE, findings), values]
    merged = merge_documents(parts, findings)
    spec = read_spec(merged, check_structure(merged, findings), findings, frozenset(), parts)
    assert not findings.has_errors
    assert [parameter.name.text for parameter in spec.parameters] == ["MES", "f", "k", "E_max"]


@pytest.mark.parametrize("code", [code for code in CODES if code.code < "FSM710"], ids=lambda code: code.code)
def test_each_code_is_given_by_its_bad_example_alone(code: Code) -> None:
    """The codes from FSM710 on are the compiler's."""
    for text, expected in ((code.bad, [code.code]), (code.good, [])):
        findings = Findings()
        document = load_document(Source("t.yml", text.encode()), findings)
        assert document is not None
        cross_check(read_spec(document, check_structure(document, findings), findings), findings)
        assert [item.code for item in findings.items] == expected

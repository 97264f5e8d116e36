"""Document 000's own blocks, exactly as they stand: they load, validate with the warnings they deserve, and compile."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import Severity
from fsmtrader.program.compiler import CheckResult, check_merged
from fsmtrader.program.emit_module import load
from fsmtrader.spec.source import Source

DATA = Path(__file__).parents[1] / "data"


def checked(*names: str) -> CheckResult:
    return check_merged([Source(name, (DATA / name).read_bytes()) for name in names])


def findings(result: CheckResult) -> set[tuple[str, str, int]]:
    return {(d.code, d.span.file, d.span.line) for d in result.diagnostics}


@pytest.mark.parametrize(
    "names",
    [("seed_000.yml",), ("seed_000.json",), ("seed_000.json", "seed_000.yml"), ("seed_000.yml", "seed_000.json")],
)
def test_R000_47_R000_49_the_blocks_validate_with_warnings_only(names: tuple[str, ...]) -> None:
    result = checked(*names)
    assert all(d.severity is Severity.WARNING for d in result.diagnostics)
    assert result.program is not None


def test_each_warning_is_at_its_line() -> None:
    found = findings(checked("seed_000.json", "seed_000.yml"))
    assert ("FSM711", "seed_000.yml", 33) in found, "TERMINATED is never declared"
    assert ("FSM710", "seed_000.yml", 6) in found, "MES, a ratio, against a price"
    assert ("FSM710", "seed_000.yml", 29) in found, "MES_exit, a ratio, against a price"
    assert ("FSM701", "seed_000.json", 15) in found, "transaction_fee and fee"
    assert ("FSM701", "seed_000.json", 24) in found, "expected_rebalance_interval and rebalance_interval"
    assert ("FSM705", "seed_000.json", 24) in found, "PAUSE against EXIT"


def test_R000_03_R000_30_to_34_the_machine_of_the_seed() -> None:
    """§6.2: exit rows stand before all others; the operator's exit leads to EXIT; EXIT only ends in TERMINATED."""
    program = checked("seed_000.yml").require()
    (region,) = program.regions
    names = [leaf.name for leaf in region.leaves]
    assert names == ["ACTIVE", "PAUSE", "EXIT", "TERMINATED"]
    assert names[region.initial] == "ACTIVE" and region.leaves[3].final

    def moves(state: str) -> list[tuple[str, str]]:
        return [
            (program.rows[move.row].trigger, names[move.destination] if move.destination >= 0 else "")
            for move in region.moves
            if names[move.leaf] == state
        ]

    assert moves("ACTIVE") == [("price_update", ""), ("monitor", "EXIT"), ("monitor", "PAUSE"), ("exit", "EXIT")]
    assert moves("PAUSE") == [("monitor", "EXIT"), ("monitor", "ACTIVE"), ("exit", "EXIT")]
    assert moves("EXIT") == [("price_update", ""), ("terminate", "TERMINATED")]


@pytest.mark.parametrize(("price", "fires"), [(100.99, False), (101.0, True), (99.01, False), (99.0, True)])
def test_R000_09_C000_01_the_band_is_a_share_of_the_reference_and_inclusive(price: float, fires: bool) -> None:
    """MES = k * f = 0.01 as a ratio: |P_t - P_ref| >= MES * P_ref at P_ref = 100."""
    program = checked("seed_000.yml").require()
    x = [float("nan")] * len(program.slots)
    for slot in program.slots:
        if slot.name in ("f", "k", "MES", "P_ref", "mark(L)"):
            x[slot.index] = {"f": 0.001, "k": 10.0, "MES": 0.01, "P_ref": 100.0, "mark(L)": price}[slot.name]
    guard = next(row.guard for row in program.rows if row.trigger == "price_update" and row.written_in == "ACTIVE")
    assert guard is not None
    assert load(program, {}, lambda query, arguments: float("nan")).truth(guard)(x) is fires


def test_actions_that_mean_the_same_are_not_said_to_differ() -> None:
    """Both blocks have `actions.rebalance`, with two names for each step (C000-33): FSM701 says that, FSM028 does not."""
    result = checked("seed_000.json", "seed_000.yml")
    assert "FSM028" not in {d.code for d in result.diagnostics}
    text = (DATA / "seed_000.json").read_bytes().replace(b'"update_reference_price"', b'"halt"')
    other = check_merged([Source("a.json", text), Source("b.yml", (DATA / "seed_000.yml").read_bytes())])
    found = {(d.code, d.message) for d in other.diagnostics}
    assert ("FSM703", "the steps of `rebalance` differ from the machine's") in found


def test_only_what_a_run_needs_is_asked_for() -> None:
    found = [d.message for d in checked("seed_000.json", "seed_000.yml").diagnostics if d.code == "FSM409"]
    assert sorted(found) == ["E_max has no value", "f has no value"]

"""Parameters without a value: the run asks for those that must be given, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import UsageError
from fsmtrader.program.compiler import check_merged
from fsmtrader.research.run_parameters import checked_parameters
from fsmtrader.spec.source import Source

DATA = Path(__file__).parents[1] / "data"
BLOCKS = tuple(Source(name, (DATA / name).read_bytes()) for name in ("seed_000.yml", "seed_000.json"))


def test_what_follows_from_others_is_not_asked_for() -> None:
    """MES = k * f, MES_exit = MES, fee = f: f and E_max suffice for document 000's own blocks."""
    program = check_merged(BLOCKS).require()
    with pytest.raises(UsageError) as refused:
        checked_parameters(program, {})
    assert str(refused.value) == "no value for f, E_max: add --set f=… --set E_max=…"
    slots = {parameter.name: parameter.slot for parameter in program.parameters}
    assert checked_parameters(program, {slots["f"]: 0.0005, slots["E_max"]: 1000.0})


def test_a_value_that_works_out_to_none_is_asked_for_itself() -> None:
    text = b"fsm: 1\nparameters: {a: 0, b: 1 / a, c: b + 1}\nstates: {A: {}}\n"
    program = check_merged((Source("s.yml", text),)).require()
    with pytest.raises(UsageError, match="no value for b: add --set b=…"):
        checked_parameters(program, {})


def test_the_finding_names_what_stands_under_the_caret() -> None:
    found = [item for item in check_merged(BLOCKS[:1]).diagnostics if item.code == "FSM409"]
    lines = BLOCKS[0].data.decode().splitlines()
    shown = {item.message: lines[item.span.line - 1][item.span.column - 1 : item.span.end_column - 1] for item in found}
    assert shown == {"f has no value, and MES is worked out from it": "MES", "E_max has no value": "E_max"}

"""Five strategies written in the language: their own tests, worked examples among them, pass both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source

SKETCHES = sorted((Path(__file__).parents[1] / "data" / "sketches").glob("*.yml"))


@pytest.mark.parametrize("path", SKETCHES, ids=lambda path: path.stem)
def test_a_strategys_own_tests_pass(path: Path) -> None:
    program = check(Source(path.name, path.read_bytes())).require()
    outcomes = list(run_tests(program))
    assert outcomes, "a strategy without a test proves nothing"
    assert [(o.name, [f.message for f in o.findings]) for o in outcomes if not o.passed] == []


def test_five_strategies_are_there() -> None:
    assert len(SKETCHES) == 5

"""Random strategies over random markets: a run with a scout is the machine's, row by row, also where it never rests."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from tests.parity.random_specs import case_of
from tests.parity.scouted_runs import assert_equal, kept

from fsmtrader.diagnostics import RunError
from fsmtrader.kernel.columns import EVENT, GOES_ON, LOOK, TIME, WORK
from fsmtrader.research import scouted
from fsmtrader.research.engines import Engine, choose

SEEDS = 40
PART = 10
"""seeds of one test"""


def compared(seed: int, seen: Counter[int]) -> bool:
    """Compare the two runs of a seed, and count why the scout came back; False: the run cannot be made at all."""
    case = case_of(seed, small=True)
    program = case.program()
    assert program is not None
    prepared = case.prepared(program)
    scout = choose(prepared, Engine.SOURCE).scout
    assert scout is not None

    def look(*arguments: Any) -> tuple[int, int, int, int]:
        found = scout.look(*arguments)
        seen[found[0]] += 1
        return found

    try:
        machine = kept(prepared)
    except RunError:
        return False
    assert_equal(machine, kept(prepared, replace(scout, look=look)))
    return True


@pytest.mark.parametrize("first", range(0, SEEDS, PART))
def test_random_strategies(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scouted, "LEAST", 0.0)
    seen: Counter[int] = Counter()
    made = 0
    for seed in range(first, first + PART):
        try:
            made += compared(seed, seen)
        except AssertionError as problem:
            raise AssertionError(f"seed {seed}: {problem}\n{case_of(seed, small=True).text}") from problem
    assert made > PART // 2
    assert all(seen[why] > 0 for why in (GOES_ON, EVENT, WORK))
    assert seen[LOOK] + seen[TIME] > 0

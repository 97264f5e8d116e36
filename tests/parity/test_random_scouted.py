"""The machine with a scout on random specs over random markets: the same journal, equity and summary as alone.

Half of the specs are such as the kernel takes, too; the others ask for what only the machine can do: working orders,
latency, the operator, indicators with a clock of their own, records, fields of order events.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from tests.parity.random_specs import Case, case_of
from tests.parity.scouted_runs import Kept, assert_equal, kept

from fsmtrader.diagnostics import RunError
from fsmtrader.kernel.columns import EVENT, LOOK, TIME, WORK
from fsmtrader.research import scouted
from fsmtrader.research.engines import Engine, choose
from fsmtrader.research.run import Prepared
from fsmtrader.research.scouted import Scout

BLOCK = 20


@pytest.fixture(autouse=True)
def _never_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scout looks at every event that it can, also where it is not worth its while."""
    monkeypatch.setattr(scouted, "LEAST", 0.0)


def outcome_of(prepared: Prepared, scout: Scout | None = None) -> Kept | str:
    """A run, or why it could not go on."""
    try:
        return kept(prepared, scout)
    except RunError as error:
        return str(error)


def compare(case: Case, seen: Counter[int]) -> Kept | str:
    """Both runs of a case. AssertionError where they differ."""
    program = case.program()
    assert program is not None
    prepared = case.prepared(program)
    scout = choose(prepared, Engine.SOURCE).scout
    assert scout is not None

    def look(*arguments: Any) -> tuple[int, int, int, int]:
        found = scout.look(*arguments)
        seen[found[0]] += 1
        return found

    machine, with_scout = outcome_of(prepared), outcome_of(prepared, replace(scout, look=look))
    if isinstance(machine, str) or isinstance(with_scout, str):
        assert machine == with_scout
    else:
        assert_equal(machine, with_scout)
    return machine


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize("block", range(4))
def test_a_scout_changes_nothing(block: int, is_wide: bool) -> None:
    seen: Counter[int] = Counter()
    happened: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        case = case_of(seed, wide=is_wide)
        try:
            found = compare(case, seen)
        except AssertionError as error:
            pytest.fail(f"seed {seed}: {error}\n{case.text}\n{case.settings}\n{case.plans}")
        if isinstance(found, str):
            happened["ended early"] += 1
        else:
            happened.update(fills=found.summary.fills > 0, moves=found.summary.transitions > 0)
    assert all(seen[why] > 20 for why in (EVENT, LOOK, TIME, WORK)), seen
    assert happened["fills"] > BLOCK // 4 and happened["moves"] > BLOCK // 4
    assert happened["ended early"] < BLOCK // 4

"""What makes a machine and what does not."""

from __future__ import annotations

from typing import Any, cast

import pytest

from fsmtrader.diagnostics import FsmError
from fsmtrader.machine import (
    FrozenError,
    MachineFault,
    MachineTable,
    Rule,
    RunawayError,
    SnapshotError,
    StateRow,
    TableError,
    build,
    stock,
)
from fsmtrader.machine.table import shape_digest

AB = (StateRow("A"), StateRow("B"))


def problems_of(table: MachineTable) -> tuple[str, ...]:
    with pytest.raises(TableError) as caught:
        build(table)
    with pytest.raises(TableError) as by_stock:
        stock(table)
    assert caught.value.problems == by_stock.value.problems
    return caught.value.problems


def test_the_errors_are_one_tree() -> None:
    for error in (TableError, FrozenError, SnapshotError, RunawayError):
        assert issubclass(error, MachineFault)
    assert issubclass(MachineFault, FsmError)


def test_every_problem_of_the_names_is_told() -> None:
    rules = (Rule("go", "A", "C"), Rule("go", "D", None), Rule("state", "A", "B"), Rule("", "A", "B"))
    table = MachineTable((StateRow("A"), StateRow("A"), StateRow("B"), StateRow("*")), rules, "E", queue_limit=0)
    assert problems_of(table) == (
        "state 'A' stands 2 times",
        "a state cannot be called '*'",
        "the initial state 'E' is not a state",
        "queue_limit is 0, it must be at least 1",
        "rule 1: the target 'C' is not a state",
        "rule 2: the source 'D' is not a state",
        "rule 3: a trigger cannot be called 'state'",
        "rule 4: a trigger cannot be called ''",
    )


def test_a_machine_without_states_is_none() -> None:
    assert problems_of(MachineTable((), (), "A")) == ("the initial state 'A' is not a state",)


@pytest.mark.parametrize("place", ["conditions", "before", "after"])
def test_a_string_is_refused_in_a_rule(place: str) -> None:
    rule = Rule("go", "A", "B", **cast(Any, {place: ("os.getcwd",)}))
    (problem,) = problems_of(MachineTable(AB, (rule,), "A"))
    assert problem.startswith("rule 1: 'os.getcwd' is a string")


@pytest.mark.parametrize("place", ["on_enter", "on_exit"])
def test_a_string_is_refused_in_a_state(place: str) -> None:
    row = StateRow("A", **cast(Any, {place: ("os.getcwd",)}))
    (problem,) = problems_of(MachineTable((row,), (), "A"))
    assert problem.startswith("state 'A': 'os.getcwd' is a string")


@pytest.mark.parametrize("place", ["on_final", "after_state_change", "finalize"])
def test_a_string_is_refused_in_the_table(place: str) -> None:
    (problem,) = problems_of(MachineTable(AB, (), "A", **cast(Any, {place: ("os.getcwd",)})))
    assert problem.startswith("the table: 'os.getcwd' is a string")


def test_what_cannot_be_called_is_refused() -> None:
    rule = Rule("go", "A", "B", conditions=cast(Any, (1,)))
    assert problems_of(MachineTable(AB, (rule,), "A")) == ("rule 1: 1 cannot be called",)


def test_the_digest_is_of_the_shape_and_not_of_the_callables() -> None:
    plain = MachineTable(AB, (Rule("go", "A", "B"),), "A")
    guarded = MachineTable(AB, (Rule("go", "A", "B", conditions=(lambda: False,)),), "A")
    assert shape_digest(plain) == shape_digest(guarded)


@pytest.mark.parametrize(
    "other",
    [
        MachineTable(AB, (Rule("go", "A", "B"),), "B"),
        MachineTable(AB, (Rule("go", "A", None),), "A"),
        MachineTable(AB, (Rule("run", "A", "B"),), "A"),
        MachineTable(AB, (Rule("go", "B", "B"),), "A"),
        MachineTable(AB[::-1], (Rule("go", "A", "B"),), "A"),
        MachineTable((StateRow("A"), StateRow("B", final=True)), (Rule("go", "A", "B"),), "A"),
    ],
)
def test_every_part_of_the_shape_counts(other: MachineTable) -> None:
    assert shape_digest(other) != shape_digest(MachineTable(AB, (Rule("go", "A", "B"),), "A"))

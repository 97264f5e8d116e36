"""Snapshots: by name, of one shape of machine, between events."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from fsmtrader.machine import FrozenMachine, MachineTable, Rule, Snapshot, SnapshotError, StateRow, build


def machine_of(*names: str, entered: list[str] | None = None) -> FrozenMachine:
    def enter(name: str) -> Callable[[], None]:
        return lambda: (entered if entered is not None else []).append(name)

    rules = tuple(Rule("next", here, there) for here, there in pairwise(names))
    return build(MachineTable(tuple(StateRow(name, (enter(name),)) for name in names), rules, names[0]))


def test_a_snapshot_brings_another_machine_of_the_shape_to_the_state_without_entering_it() -> None:
    first = machine_of("A", "B", "C")
    first.trigger("next")
    entered: list[str] = []
    second = machine_of("A", "B", "C", entered=entered)
    second.restore(first.snapshot())
    assert (second.state, second.state_index, entered) == ("B", 1, [])
    second.trigger("next")
    assert (second.state, entered) == ("C", ["C"])


def test_a_snapshot_is_a_value() -> None:
    machine = machine_of("A", "B")
    before = machine.snapshot()
    assert before == Snapshot("A", machine.shape) == machine_of("A", "B").snapshot()
    machine.trigger("next")
    assert before != machine.snapshot()
    machine.restore(before)
    assert machine.state == "A"


def test_a_snapshot_of_another_machine_is_refused() -> None:
    machine = machine_of("A", "B")
    with pytest.raises(SnapshotError, match="of another machine"):
        machine.restore(machine_of("A", "B", "C").snapshot())
    assert machine.state == "A"


def test_a_snapshot_of_an_unknown_state_is_refused() -> None:
    machine = machine_of("A", "B")
    with pytest.raises(SnapshotError, match="'Z' is not one of A, B"):
        machine.restore(Snapshot("Z", machine.shape))


@pytest.mark.parametrize("what", ["snapshot", "restore"])
def test_in_the_middle_of_an_event_both_are_refused(what: str) -> None:
    machine: FrozenMachine
    saved = machine_of("A", "B").snapshot()

    def meddle() -> None:
        if what == "snapshot":
            machine.snapshot()
        else:
            machine.restore(saved)

    machine = build(MachineTable((StateRow("A"), StateRow("B")), (Rule("next", "A", "B", before=(meddle,)),), "A"))
    with pytest.raises(SnapshotError, match="between events"):
        machine.trigger("next")
    assert machine.snapshot().state == "A"

"""State machines: a table of rules and callables, built with `transitions` and made fast.

    machine = build(MachineTable(states, rules, initial))
    fire = machine.trigger_of("monitor")
    fire()                                  # True if a rule was taken

`transitions` is imported in this package and nowhere else.
"""

from __future__ import annotations

from fsmtrader.machine.frozen import FrozenMachine, build
from fsmtrader.machine.snapshot import Snapshot
from fsmtrader.machine.stock import stock
from fsmtrader.machine.table import (
    FrozenError,
    MachineFault,
    MachineTable,
    Rule,
    RunawayError,
    SnapshotError,
    StateRow,
    TableError,
)

__all__ = [
    "FrozenError",
    "FrozenMachine",
    "MachineFault",
    "MachineTable",
    "Rule",
    "RunawayError",
    "Snapshot",
    "SnapshotError",
    "StateRow",
    "TableError",
    "build",
    "stock",
]

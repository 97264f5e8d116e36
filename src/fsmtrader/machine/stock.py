"""The table built with the library's own classes: slow, and the judge of the frozen engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transitions import Machine

from fsmtrader.machine.table import MachineTable, Rule, StateRow, check_table, live_rules


def stock(table: MachineTable) -> Machine:
    """`table` as a plain `transitions.Machine` that is its own model.

    Queued, without automatic transitions, callbacks without arguments; what a state does not know is ignored. (A
    queued trigger of the library always returns True: its result says nothing.)
    """
    check_table(table)
    return Machine(**library_arguments(table))


def library_arguments(table: MachineTable) -> dict[str, Any]:
    """The arguments for `transitions.Machine` that say what `table` says."""
    return {
        "states": [_state(row) for row in table.states],
        "transitions": [_transition(rule) for rule in live_rules(table)],
        "initial": table.initial,
        "auto_transitions": False,
        "queued": True,
        "send_event": False,
        "ignore_invalid_triggers": True,
        "on_final": list(table.on_final),
        "after_state_change": list(table.after_state_change),
        "finalize_event": list(table.finalize),
    }


def _state(row: StateRow) -> dict[str, str | bool | list[Callable[[], None]]]:
    return {"name": row.name, "on_enter": list(row.on_enter), "on_exit": list(row.on_exit), "final": row.final}


def _transition(rule: Rule) -> dict[str, Any]:
    return {
        "trigger": rule.trigger,
        "source": rule.source,
        "dest": rule.dest,
        "conditions": list(rule.conditions),
        "before": list(rule.before),
        "after": list(rule.after),
    }

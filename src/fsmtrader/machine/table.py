"""MachineTable: a state machine as plain rows, before either engine has built it.

`build` (the frozen engine) and `stock` (the library as it is) read the same table, so the second can judge the first.
Callbacks and conditions are callables without arguments; a string is refused, because the library would import it
and run it. The errors of this package hang below `FsmError`:

    FsmError
    └── MachineFault
        ├── TableError      the rows do not make a machine; says every reason
        ├── FrozenError     a built machine was to be changed
        ├── SnapshotError   a snapshot of another machine, or taken or restored in the middle of an event
        └── RunawayError    events raised by callbacks without end
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fsmtrader.diagnostics import FsmError

Condition = Callable[[], bool]
Callback = Callable[[], None]

QUEUE_LIMIT = 10_000
RESERVED_TRIGGER = "state"
"""the library keeps the present state under this name beside the triggers"""
RESERVED_STATES = ("", "*", "=")
"""the library reads these as no state, every state, the same state"""


class MachineFault(FsmError):
    """The root of the errors of a machine."""


class TableError(MachineFault):
    """The rows do not make a machine. `problems` holds every reason."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("the table makes no machine: " + "; ".join(problems))


class FrozenError(MachineFault):
    """A machine was to be changed after it was built."""


class SnapshotError(MachineFault):
    """A snapshot that cannot be taken or restored here."""


class RunawayError(MachineFault):
    """One event led to more events than the table's limit."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state and what runs when it is entered and left. A final state ignores every trigger."""

    name: str
    on_enter: tuple[Callback, ...] = ()
    on_exit: tuple[Callback, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A transition. `dest` None stays without leaving; `dest` equal to `source` leaves and enters again.

    All `conditions` must hold; they are asked in order, none after the first that does not hold.
    """

    trigger: str
    source: str
    dest: str | None
    conditions: tuple[Condition, ...] = ()
    before: tuple[Callback, ...] = ()
    after: tuple[Callback, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineTable:
    """A machine as rows. For one state and trigger the first rule whose conditions hold is taken.

    One event runs in this order: conditions, `before`, the source's `on_exit`, the change of state, the target's
    `on_enter`, `on_final` (if it is final), `after`, `after_state_change` (after an internal rule too), `finalize`
    (after every known trigger, taken, ignored or failed; what it raises is logged and goes no further). A trigger
    that a callback fires waits until the event is over; at most `queue_limit` follow from one event.
    Nothing runs for the initial state.
    """

    states: tuple[StateRow, ...]
    rules: tuple[Rule, ...]
    initial: str
    on_final: tuple[Callback, ...] = ()
    after_state_change: tuple[Callback, ...] = ()
    finalize: tuple[Callback, ...] = ()
    queue_limit: int = QUEUE_LIMIT


def shape_digest(table: MachineTable) -> str:
    """SHA-256 over states, finals, the initial state and the rules' triggers, sources and targets, in order.

    Callables are left out: they differ between two processes that run the same machine.
    """
    shape = {
        "initial": table.initial,
        "states": [[row.name, row.final] for row in table.states],
        "rules": [[rule.trigger, rule.source, rule.dest] for rule in table.rules],
    }
    text = json.dumps(shape, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def check_table(table: MachineTable) -> None:
    """Raise TableError with every reason why `table` makes no machine."""
    problems = (*_name_problems(table), *_rule_problems(table), *_callable_problems(table))
    if problems:
        raise TableError(problems)


def live_rules(table: MachineTable) -> tuple[Rule, ...]:
    """The rules that can ever be taken: a final state ignores everything, so rules out of one are left out."""
    finals = {row.name for row in table.states if row.final}
    return tuple(rule for rule in table.rules if rule.source not in finals)


def _name_problems(table: MachineTable) -> Iterator[str]:
    counts = Counter(row.name for row in table.states)
    for name, count in counts.items():
        if count > 1:
            yield f"state {name!r} stands {count} times"
        if name in RESERVED_STATES:
            yield f"a state cannot be called {name!r}"
    if table.initial not in counts:
        yield f"the initial state {table.initial!r} is not a state"
    if table.queue_limit < 1:
        yield f"queue_limit is {table.queue_limit}, it must be at least 1"


def _rule_problems(table: MachineTable) -> Iterator[str]:
    known = {row.name for row in table.states}
    for number, rule in enumerate(table.rules, start=1):
        if not rule.trigger or rule.trigger == RESERVED_TRIGGER:
            yield f"rule {number}: a trigger cannot be called {rule.trigger!r}"
        if rule.source not in known:
            yield f"rule {number}: the source {rule.source!r} is not a state"
        if rule.dest is not None and rule.dest not in known:
            yield f"rule {number}: the target {rule.dest!r} is not a state"


def _callable_problems(table: MachineTable) -> Iterator[str]:
    for where, given in _callables(table):
        if isinstance(given, str):
            yield f"{where}: {given!r} is a string; the library would import and run it, only callables are taken"
        elif not callable(given):
            yield f"{where}: {given!r} cannot be called"


def _callables(table: MachineTable) -> Iterator[tuple[str, object]]:
    """Everything that is to be called, with the words for where it stands."""
    for row in table.states:
        yield from ((f"state {row.name!r}", given) for given in (*row.on_enter, *row.on_exit))
    for number, rule in enumerate(table.rules, start=1):
        yield from ((f"rule {number}", given) for given in (*rule.conditions, *rule.before, *rule.after))
    yield from (("the table", given) for given in (*table.on_final, *table.after_state_change, *table.finalize))

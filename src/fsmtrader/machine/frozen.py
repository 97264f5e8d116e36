"""FrozenMachine: `transitions` with its tables made ready once, at the build.

The library looks up the state, the event and the transition by name, builds an EventData and a partial, resolves each
callback and writes a dozen log records per trigger. None of that changes between two triggers of a machine that is
never edited. So the library builds the machine (from subclasses of its own classes), and what it has built is then
sealed and read once: per trigger and state a tuple of (guard, run), each `run` a flat sequence of bound callables
around one change of an integer. What happens, and in which order, is the library's; `tests/parity` compares the two.

One difference is meant: the library's queued trigger returns True whatever happened, `trigger` here says whether a
rule was taken (True too for one that was queued from within a callback). And the number of events that may follow
from one is limited.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any, cast

from transitions import Event, Machine, State, Transition

from fsmtrader.machine.snapshot import Snapshot, state_from_snapshot
from fsmtrader.machine.stock import library_arguments
from fsmtrader.machine.table import (
    Callback,
    Condition,
    FrozenError,
    MachineTable,
    RunawayError,
    SnapshotError,
    check_table,
    shape_digest,
)

_LOGGER = logging.getLogger(__name__)

Fire = Callable[[], bool]
"""fires one trigger; True if a rule was taken, or if it was queued"""
Ready = tuple[Condition, tuple[Condition, ...], Callback]
"""one rule, ready to go: its first condition, the others, and its run"""


def build(table: MachineTable) -> FrozenMachine:
    """The machine of `table`; TableError with every reason if it makes none."""
    check_table(table)
    return FrozenMachine(table)


class _Cursor:
    """Where a machine stands: what all of its closures share."""

    __slots__ = ("busy", "index", "limit", "pending")

    def __init__(self, limit: int) -> None:
        self.index = 0
        self.busy = False
        self.pending: deque[Fire] = deque()
        self.limit = limit

    def queue(self, process: Fire) -> bool:
        """Keep an event, fired while another is being processed, for later."""
        if len(self.pending) >= self.limit:
            raise RunawayError(f"{self.limit} events wait for the present one to end")
        self.pending.append(process)
        return True

    def drain(self) -> None:
        """Process what the callbacks have queued, and what that queues, first come first served."""
        for _ in range(self.limit):
            if not self.pending:
                return
            self.pending.popleft()()
        if self.pending:
            raise RunawayError(f"one event led to more than {self.limit} others")


class _Sealed:
    """Refuses every change of an attribute once `_sealed` is set."""

    _sealed = False

    def __setattr__(self, name: str, value: object) -> None:
        if self._sealed:
            raise FrozenError(f"a built machine does not change: {type(self).__name__}.{name}")
        super().__setattr__(name, value)

    def add_callback(self, trigger: str, func: object) -> None:
        """Refused: callbacks are part of the table."""
        raise FrozenError(f"a built machine takes no further callback: {trigger} {func!r}")


class FrozenState(_Sealed, State):
    """A state whose callbacks are fixed."""

    def seal(self) -> None:
        self.on_enter = cast(Any, tuple(self.on_enter))
        self.on_exit = cast(Any, tuple(self.on_exit))
        self._sealed = True


class FrozenTransition(_Sealed, Transition):
    """A transition whose conditions and callbacks are fixed."""

    def seal(self) -> None:
        for name in ("prepare", "conditions", "before", "after"):
            setattr(self, name, tuple(getattr(self, name)))
        self._sealed = True

    def ready(self, machine: FrozenMachine, cursor: _Cursor, indices: dict[str, int]) -> Ready:
        """This transition as its conditions and a run."""
        first, *others = [_callable(condition.func) for condition in self.conditions] or [_always]
        rest = tuple(others)
        before = _callables(self.before)
        after = _callables(self.after) + _callables(machine.after_state_change)
        if self.dest is None:
            return first, rest, _staying(before + after)
        target = machine.states[self.dest]
        arriving = _callables(target.on_enter) + (_callables(machine.on_final) if target.final else ())
        leaving = before + _callables(machine.states[self.source].on_exit)
        return first, rest, _moving(cursor, leaving, indices[self.dest], arriving + after)


class FrozenEvent(_Sealed, Event):
    """An event that fires by one prepared call."""

    fire: Fire

    def add_transition(self, transition: Transition) -> None:
        if self._sealed:
            raise FrozenError(f"a built machine takes no further transition: {transition!r}")
        super().add_transition(transition)

    def trigger(self, model: object, *args: object, **kwargs: object) -> bool:
        """The library's own way to the event. Callbacks take no arguments, so an event carries none."""
        if args or kwargs:
            raise TypeError(f"the event {self.name!r} carries no arguments")
        return self.fire()

    def prepare(self, machine: FrozenMachine, cursor: _Cursor, indices: dict[str, int]) -> Fire:
        """Make the event ready and seal it."""
        self.transitions = cast(Any, MappingProxyType({s: tuple(found) for s, found in self.transitions.items()}))
        rows: list[tuple[Ready, ...]] = []
        for name in indices:
            found = cast(tuple[FrozenTransition, ...], self.transitions.get(name, ()))
            rows.append(tuple(transition.ready(machine, cursor, indices) for transition in found))
            for transition in found:
                transition.seal()
        process = _process(cursor, tuple(rows))
        finalize = _callables(machine.finalize_event)
        self.fire = _fire(cursor, _finalized(process, finalize, self.name) if finalize else process)
        self._sealed = True
        return self.fire


class FrozenMachine(Machine):
    """A `transitions.Machine` that is its own model and cannot be edited. Made by `build`."""

    state_cls = FrozenState
    transition_cls = FrozenTransition
    event_cls = FrozenEvent

    _sealed = False

    def __init__(self, table: MachineTable) -> None:
        self._cursor = _Cursor(table.queue_limit)
        self._names = tuple(row.name for row in table.states)
        self._finals = tuple(row.final for row in table.states)
        self._indices = {name: index for index, name in enumerate(self._names)}
        self.shape = shape_digest(table)
        super().__init__(**library_arguments(table))
        self._fires = self._prepare()
        self._sealed = True

    def _prepare(self) -> dict[str, Fire]:
        """Read what the library has built into ready calls, and seal it."""
        self.states = cast(Any, MappingProxyType(self.states))
        self.events = cast(Any, MappingProxyType(self.events))
        events = cast("MappingProxyType[str, FrozenEvent]", self.events)
        fires = {name: event.prepare(self, self._cursor, self._indices) for name, event in events.items()}
        for state in self.states.values():
            cast(FrozenState, state).seal()
        return fires

    def trigger(self, name: str) -> bool:
        """Fire `name`: whether a rule was taken (or the event queued). A name the table does not know is ignored."""
        fire = self._fires.get(name)
        return False if fire is None else fire()

    def trigger_of(self, name: str) -> Fire:
        """The call that fires `name`: the fast way, to be kept. For an unknown name one that does nothing."""
        return self._fires.get(name, _ignored)

    def handles(self, name: str) -> bool:
        """Whether the present state has a rule for `name`: without one the event is ignored, with one it may be."""
        return name in self.events and self.state in self.events[name].transitions

    @property
    def state(self) -> str:
        """The present state's name."""
        return self._names[self._cursor.index]

    @state.setter
    def state(self, name: str) -> None:
        """For the library's `set_state`: no callback runs."""
        self._cursor.index = self._indices[name]

    @property
    def state_index(self) -> int:
        """The present state's place in the table."""
        return self._cursor.index

    @property
    def is_final(self) -> bool:
        """Whether the machine is over."""
        return self._finals[self._cursor.index]

    def snapshot(self) -> Snapshot:
        """Where the machine stands; SnapshotError in the middle of an event, whose rest it could not hold."""
        self._check_idle()
        return Snapshot(self.state, self.shape)

    def restore(self, snapshot: Snapshot) -> None:
        """Stand where `snapshot` stood. No callback runs."""
        self._check_idle()
        self._cursor.index = state_from_snapshot(snapshot, self.shape, self._names)

    def _check_idle(self) -> None:
        if self._cursor.busy:
            raise SnapshotError("a snapshot is taken and restored between events, not from a callback of one")

    def __setattr__(self, name: str, value: object) -> None:
        if self._sealed and name != "state":
            raise FrozenError(f"a built machine does not change: {name}")
        super().__setattr__(name, value)

    def _checked_assignment(self, model: object, name: str, func: Callable[..., Any]) -> None:
        """Bind a convenience of the library (`is_X`, the trigger as a method) unless the name is the machine's own."""
        if not hasattr(type(model), name) and name not in vars(model):
            setattr(model, name, func)

    def _check_open(self, what: str) -> None:
        if self._sealed:
            raise FrozenError(f"a built machine does not change: {what}")

    def add_states(self, *args: Any, **kwargs: Any) -> None:
        self._check_open("add_states")
        super().add_states(*args, **kwargs)

    def add_transition(self, *args: Any, **kwargs: Any) -> None:
        self._check_open("add_transition")
        super().add_transition(*args, **kwargs)

    def add_model(self, *args: Any, **kwargs: Any) -> None:
        self._check_open("add_model")
        super().add_model(*args, **kwargs)

    def remove_transition(self, trigger: str, source: str = "*", dest: str = "*") -> None:
        raise FrozenError(f"a built machine does not change: remove_transition {trigger}")

    def remove_model(self, model: object) -> None:
        raise FrozenError("a built machine does not change: remove_model")


def _callables(given: Iterable[object]) -> tuple[Callback, ...]:
    return tuple(_callable(one) for one in given)


def _callable(given: object) -> Callable[[], Any]:
    """`check_table` has let nothing else in; the library's types know strings too."""
    assert callable(given)
    return given


def _ignored() -> bool:
    return False


def _always() -> bool:
    return True


def _all(conditions: tuple[Condition, ...]) -> bool:
    """Whether conditions hold, asked in order up to the first that does not."""
    for condition in conditions:  # noqa: SIM110 - a generator would cost as much as two conditions
        if condition() != True:  # noqa: E712 - as in _process
            return False
    return True


def _staying(steps: tuple[Callback, ...]) -> Callback:
    """The run of an internal rule."""

    def run() -> None:
        for step in steps:
            step()

    return run


def _moving(cursor: _Cursor, leaving: tuple[Callback, ...], dest: int, arriving: tuple[Callback, ...]) -> Callback:
    """The run of a rule that changes the state: what raises in `leaving` leaves the machine where it was."""

    def run() -> None:
        for step in leaving:
            step()
        cursor.index = dest
        for step in arriving:
            step()

    return run


def _process(cursor: _Cursor, rows: tuple[tuple[Ready, ...], ...]) -> Fire:
    """Processes one event: the first rule of the present state whose guard holds is carried out.

    `== True` is the library's own test and not the same as truth: a NaN is true, and must not fire a rule.
    """

    def process() -> bool:
        for first, rest, run in rows[cursor.index]:
            if first() == True and (not rest or _all(rest)):  # noqa: E712 - NaN is truthy
                run()
                return True
        return False

    return process


def _finalized(process: Fire, finalize: tuple[Callback, ...], name: str) -> Fire:
    """`process`, with `finalize` run after it whatever happened."""

    def finalized() -> bool:
        try:
            return process()
        finally:
            _run_finalize(finalize, name)

    return finalized


def _run_finalize(finalize: tuple[Callback, ...], name: str) -> None:
    try:
        for step in finalize:
            step()
    except BaseException as error:  # the library's rule, kept: logged, and the event's own outcome stands
        _LOGGER.error("event %s: a finalize callback raised %s: %s", name, type(error).__name__, error)


def _fire(cursor: _Cursor, process: Fire) -> Fire:
    """Fires one event and runs to completion: an event fired from within waits until the present one is over.

    Whatever is raised reaches the caller of the first one, and what still waited is dropped.
    """

    def fire() -> bool:
        if cursor.busy:
            return cursor.queue(process)
        cursor.busy = True
        try:
            taken = process()
            if cursor.pending:
                cursor.drain()
            return taken
        finally:
            cursor.busy = False
            if cursor.pending:
                cursor.pending.clear()

    return fire

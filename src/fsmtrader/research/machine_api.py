"""One Program as an object to try things on: in tests, in a notebook, in a shell.

Time is virtual, the market is what `set` says, and orders fill whole at the leg's price, as in a spec's own tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fsmtrader.diagnostics import UsageError, closest
from fsmtrader.domain.orders import OrderIntent, PoolIntent
from fsmtrader.engine import snapshot as engine
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Market, Note, Operation, Operator, Raised
from fsmtrader.engine.state import Status
from fsmtrader.program.emit_module import Compiled, load
from fsmtrader.program.ir import EventKind, Program
from fsmtrader.program.parameters import missing_values, parameter_values
from fsmtrader.program.typed import Kind, Read, Type
from fsmtrader.research.given_market import FactKey, GivenMarket
from fsmtrader.research.run_parameters import checked_parameters
from fsmtrader.research.settings import number_of

START_US = 1_700_000_000_000_000
"""when the virtual time begins: some day or other"""

Given = float | bool | str
_NOTHING: Mapping[str, Given] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a machine stands, whatever its past: the core's own state, the market's facts, what is held at a value."""

    digest: str
    parameters: tuple[tuple[str, Given], ...]
    core: Mapping[str, object]
    facts: tuple[tuple[FactKey, float], ...]
    pinned: tuple[int, ...]
    """observables that were set"""
    held: frozenset[int]
    """slots of questions that were set"""
    answers: tuple[tuple[int, float], ...]
    orders: tuple[OrderIntent | PoolIntent, ...]
    notes: tuple[Note, ...]


class Machine:
    """A running machine. It starts at the first `set` or event at which all that it begins with is known.

    >>> machine = Machine(program, {"f": 0.001})        # doctest: +SKIP
    >>> machine.set(P_t=100)                            # doctest: +SKIP
    >>> machine.raise_event("monitor")                  # doctest: +SKIP
    >>> machine.mode, machine["qL"]                     # doctest: +SKIP
    ('ACTIVE', 1.0)
    """

    def __init__(self, program: Program, parameters: Mapping[str, Given] = _NOTHING) -> None:
        self.program = program
        self._parameters = tuple(parameters.items())
        self._begin()

    def _begin(self) -> None:
        program = self.program
        self._market = GivenMarket(program)
        self._pinned = {index: len(program.slots) + index for index in range(len(program.observables))}
        overrides = self._overrides()
        self._core = Core(program, overrides, self._market, pinned=self._pinned, extra=len(self._pinned))
        self._driver = Driver(self._core, self._market)
        free: Compiled = load(program, {}, self._core.ask)
        for index, slot in self._pinned.items():
            self._core.inputs.computed[slot] = free.observable(index)
        self._shown: Compiled = load(program, self._pinned, self._core.ask)
        self._all_market = tuple(i for i, s in enumerate(program.sources) if s.kind is EventKind.MARKET)
        self._core.state.set_now(START_US)

    def _overrides(self) -> dict[int, float]:
        """The given parameters by slot: complete, in their bounds and by the spec's checks, as for a run."""
        program = self.program
        overrides = {self._parameter(name): self._encoded(name, value) for name, value in self._parameters}
        missing = missing_values(program, parameter_values(program.parameters, len(program.slots), overrides))
        if missing:
            raise UsageError(f"the parameter {missing[0]} has no value: Machine(program, {{{missing[0]!r}: ...}})")
        return checked_parameters(program, overrides)

    # -- what is done to it ------------------------------------------------------------------------------------------

    def set(self, facts: Mapping[str, Given] = _NOTHING, /, **names: Given) -> None:
        """Hold observables, quantities or questions (`{"mark(L)": 100}`) at values. No event is raised by it."""
        given = (*facts.items(), *names.items())
        for name, value in given:
            self._hold(name, value)
        self._driver.deliver(Market(self._core.state.now_us, ()))
        for name, value in given:  # the start may have opened legs and read first values over them
            slot = self.program.slot_named(name)
            if slot is not None:
                self._core.x[slot.index] = self._encoded(name, value)

    def raise_event(self, event: str, *words: str) -> None:
        """Raise an event: a name of `events`, an order event with its words, or the operator's; `price` is all data."""
        now_us = self._core.state.now_us
        operations = {operation.value: operation for operation in Operation}
        known = {e.name for e in self.program.events} | {s.name for s in self.program.sources}
        if event not in operations and event not in known:
            near = closest(event, [*known, *operations])
            raise UsageError(f"there is no event {event!r}" + (f": did you mean {near!r}?" if near else ""))
        self._forget()
        if event in operations:
            self._driver.deliver(Operator(now_us, operations[event]))
        else:
            self._driver.deliver(Raised(now_us, event, words))
        self._driver.ring(now_us)

    def tick(self) -> None:
        """Market data has changed: every source of the market, with the events named for them."""
        self._forget()
        self._driver.deliver(Market(self._core.state.now_us, self._all_market))

    def advance(self, time: float | str) -> None:
        """Let time pass, in seconds or as it is written in a spec (`"5m"`); every timer fires at its moment."""
        seconds = number_of(time, math.nan)
        if not 0 <= seconds < math.inf:
            raise UsageError(f"time cannot advance by {time!r}: give seconds, zero or more, or a text such as '5m'")
        until_us = self._core.state.now_us + round(seconds * 1e6)
        self._forget()
        self._driver.advance(until_us)
        self._core.state.set_now(until_us)
        self._driver.ring(until_us)

    # -- what is seen of it ------------------------------------------------------------------------------------------

    @property
    def mode(self) -> str:
        """The present state of the first region."""
        return next(iter(self.modes.values()))

    @property
    def modes(self) -> dict[str, str]:
        """The present state of every region by name."""
        places = self._core.regions.places
        return {place.region.name: place.region.leaves[place.leaf].name for place in places}

    @property
    def orders(self) -> tuple[OrderIntent | PoolIntent, ...]:
        """The orders of the last event."""
        return tuple(self._driver.orders)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the last event led to: transitions, actions, alerts, broken invariants."""
        return tuple(self._driver.notes)

    def __getitem__(self, name: str) -> Given:
        """The value of a parameter, variable, quantity or observable; NaN while it is not ready."""
        self._core.inputs.refresh()
        for index, observable in enumerate(self.program.observables):
            if observable.name == name:
                return self._decoded(self._shown.observable(index)(self._core.x), observable.value.tree.type)
        slot = self.program.slot_named(name)
        if slot is None:
            raise KeyError(self._unknown(name))
        return self._decoded(self._core.x[slot.index], slot.type)

    def snapshot(self) -> Snapshot:
        """The machine as it is; its size does not depend on what was done before."""
        core, inputs = self._core, self._core.inputs
        if core.state.status is Status.WAITING:
            core.state.work.clear()  # what came before the start is lost at the next event anyway
        return Snapshot(
            self.program.digest,
            self._parameters,
            engine.snapshot(core),
            self._market.facts(),
            tuple(index for index, slot in self._pinned.items() if slot not in inputs.computed),
            frozenset(inputs.held),
            tuple(inputs.answers.items()),
            self.orders,
            self.notes,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Be the machine that the snapshot was taken of."""
        if not isinstance(snapshot, Snapshot):
            raise UsageError(f"{snapshot!r} is no snapshot: give what snapshot() gave")
        if snapshot.digest != self.program.digest:
            raise UsageError("the snapshot is of another program")
        self._parameters = snapshot.parameters
        self._begin()
        self._market.hold(snapshot.facts)
        inputs = self._core.inputs
        for index in snapshot.pinned:
            inputs.computed.pop(self._pinned[index])
        inputs.held.update(snapshot.held)
        inputs.answers.update(snapshot.answers)
        engine.restore(self._core, dict(snapshot.core))
        self._driver.orders.extend(snapshot.orders)
        self._driver.notes.extend(snapshot.notes)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._driver.orders.clear()
        self._driver.notes.clear()

    def _hold(self, name: str, given: Given) -> None:
        core, value = self._core, self._encoded(name, given)
        for index, observable in enumerate(self.program.observables):
            if observable.name == name:
                slot = self._pinned[index]
                core.inputs.computed.pop(slot, None)
                core.x[slot] = value
                if isinstance(observable.value.tree, Read):
                    self._answer(observable.value.tree.slot, value)
                return
        slots = [slot for slot in self.program.slots if slot.name == name]
        if not slots:
            raise UsageError(self._unknown(name))
        core.x[slots[0].index] = value
        self._answer(slots[0].index, value)

    def _answer(self, slot: int, value: float) -> None:
        """The question that is asked into a slot has this answer from now on."""
        for index, query in enumerate(self.program.queries):
            if query.slot == slot:
                self._market.set(index, value)
                self._core.inputs.answers[index] = value
                self._core.inputs.held.add(slot)
                self._core.x[slot] = value

    def _parameter(self, name: str) -> int:
        for parameter in self.program.parameters:
            if parameter.name == name:
                return parameter.slot
        near = closest(name, (parameter.name for parameter in self.program.parameters))
        raise UsageError(f"there is no parameter {name!r}" + (f": did you mean {near!r}?" if near else ""))

    def _encoded(self, name: str, value: Given) -> float:
        slot = self.program.slot_named(name)
        observed = (o.value.tree.type for o in self.program.observables if o.name == name)
        type_ = next(observed, slot.type if slot is not None else None)
        words = type_.words if type_ is not None else ()
        if isinstance(value, bool | int | float):
            return float(value)
        if value not in words:
            near = closest(str(value), words)
            raise UsageError(f"{name} cannot be {value!r}" + (f": did you mean {near!r}?" if near else ""))
        return float(self.program.words.index(value))

    def _decoded(self, value: float, type_: Type) -> Given:
        if value != value:
            return value
        if type_.kind is Kind.WORD:
            return self.program.words[int(value)]
        return value == 1.0 if type_.kind is Kind.TRUTH else value

    def _unknown(self, name: str) -> str:
        known = [slot.name for slot in self.program.slots] + [o.name for o in self.program.observables]
        near = closest(name, known)
        return f"there is no {name!r} in this spec" + (f": did you mean {near!r}?" if near else "")

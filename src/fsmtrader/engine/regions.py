"""Regions: one frozen machine each, whose conditions and callbacks are closures over the slots.

A row becomes one rule per leaf it stands in. A row that trades and moves becomes two: one that starts the action, and
one, under a trigger of its own, that moves when the action is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from fsmtrader.engine.events import RowTaken, Transition
from fsmtrader.engine.flight import ENTER, Flight
from fsmtrader.engine.indicators import Indicators
from fsmtrader.engine.phases import Phases
from fsmtrader.engine.state import State, Work
from fsmtrader.machine import FrozenMachine, MachineTable, Rule, StateRow, build
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import EventKind, Move, Region, Row
from fsmtrader.program.operands import operands

OVERTAKEN = (EventKind.MARKET, EventKind.TIME, EventKind.NAMED)
"""events of which only a row above the action in flight may move"""


@dataclass(slots=True)
class Place:
    """One region of a run: its machine, the action in flight, and the actions that wait for it."""

    region: Region
    machine: FrozenMachine = field(init=False)
    flight: Flight | None = None
    waiting: deque[Flight] = field(default_factory=deque)
    moved: bool = False
    """since the working quotes were last looked at"""
    blocked: bool = False
    """a row held but had to wait for the action in flight"""
    operands: tuple[tuple[str, float], ...] = ()
    """what the guard of the row that moves read when it was taken"""

    @property
    def leaf(self) -> int:
        return self.machine.state_index

    @property
    def is_final(self) -> bool:
        return self.machine.is_final


class Regions:
    """All regions, in order of declaration."""

    def __init__(self, state: State, phases: Phases, indicators: Indicators, moved: Callable[[], None]) -> None:
        self._state = state
        self._phases = phases
        self._indicators = indicators
        self._moved = moved
        self.places = [Place(region) for region in state.program.regions]
        self._with_finals = [p for p in self.places if any(leaf.final for leaf in p.region.leaves)]
        self._fires: dict[str, list[tuple[Place, Callable[[], bool]]]] = {}
        self._completions: list[dict[int, Callable[[], bool]]] = []
        for place in self.places:
            place.machine = build(self._table(place))
            region = place.region
            for name in region.triggers:
                self._fires.setdefault(name, []).append((place, place.machine.trigger_of(name)))
            self._completions.append({row: place.machine.trigger_of(_completion(row)) for row in region.rows})

    # -- what happens to them ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Enter the initial states."""
        for place in self.places:
            region = place.region
            leaf = region.leaves[region.initial]
            self._state.x[region.mode] = float(leaf.word)
            for slot in self._entered_slots(region, region.initial):
                self._state.x[slot] = float(self._state.now_us)
        for place in self.places:
            self._indicators.entered(place.region.index)
            place.moved = True
            self._enter(place, place.region.start)
        self._moved()

    def deliver(self, work: Work) -> bool:
        """One event to every region that it concerns, one after the other; whether a row was taken."""
        is_taken = False
        for place, fire in self._fires.get(work.name, ()):
            if work.owner < 0 or self._concerns(place, work):
                place.blocked = False
                if self._state.witness is not None:
                    self._state.witness.asked(place.region.index)
                is_taken |= fire()
        return is_taken

    def ended(self, flight: Flight, outcome: str) -> None:
        """An action has come to its end."""
        place = self.places[flight.region]
        place.flight = None
        if outcome == "done":
            self._indicators.completed(flight.region)
            if flight.moves:
                self._completions[flight.region][flight.row]()
        self._begin_next(place)

    def handles(self, trigger: str) -> bool:
        """Whether some region has a row for this event where it stands."""
        return any(place.machine.handles(trigger) for place in self.places)

    @property
    def are_over(self) -> bool:
        """All regions that have finals are in one, and what was to be done on entry is done."""
        for place in self._with_finals:
            if not place.machine.is_final or place.flight is not None or place.waiting:
                return False
        return bool(self._with_finals)

    def interrupt(self, place: Place) -> None:
        """Drop what waits, and bring the action in flight to an end."""
        place.waiting.clear()
        if place.flight is not None:
            self._phases.interrupt(place.flight)

    def launch(self, place: Place, flight: Flight) -> None:
        """Start an action, or let it wait until the one in flight has ended."""
        place.waiting.append(flight)
        self._begin_next(place)

    def _begin_next(self, place: Place) -> None:
        if place.flight is None and place.waiting:
            place.flight = place.waiting.popleft()
            self._phases.begin(place.flight)

    # -- the table of one region -------------------------------------------------------------------------------------

    def _table(self, place: Place) -> MachineTable:
        region = place.region
        rules: list[Rule] = []
        for move in region.moves:
            rules.extend(self._rules(place, move))
        states = tuple(StateRow(leaf.name, final=leaf.final) for leaf in region.leaves)
        return MachineTable(states, tuple(rules), region.leaves[region.initial].name)

    def _rules(self, place: Place, move: Move) -> list[Rule]:
        region = place.region
        row = self._state.program.rows[move.row]
        source = region.leaves[move.leaf].name
        dest = region.leaves[move.destination].name if move.destination >= 0 else None
        conditions = self._conditions(place, row)
        take = partial(self._take, place, row)
        leave = (partial(self._leave, place, move),) if dest is not None else ()
        arrive = (partial(self._arrive, place, move),) if dest is not None else ()
        if row.action < 0 or not self._state.program.actions[row.action].trades:
            done = (partial(self._phases.do_now, row.action, region.index),) if row.action >= 0 else ()
            return [Rule(row.trigger, source, dest, conditions, (take, *done, *leave), arrive)]
        begin = partial(self._begin, place, row, dest is not None)
        rules = [Rule(row.trigger, source, None, conditions, (take, begin))]
        if dest is not None:
            rules.append(Rule(_completion(row.index), source, dest, (), leave, arrive))
        return rules

    def _conditions(self, place: Place, row: Row) -> tuple[Callable[[], bool], ...]:
        """Cheapest first: the filter, the guard, the action in flight, and whether all values are ready."""
        found: list[Callable[[], bool]] = []
        if row.filter.words:
            found.append(partial(self._matches, frozenset(row.filter.words)))
        if row.guard is not None:
            guard = partial(self._state.compiled.truth(row.guard), self._state.x)
            found.append(guard if self._state.observer is None else partial(self._observed, row, guard))
        found.append(partial(self._may, place, row))
        if row.action >= 0:
            found.append(partial(self._phases.is_ready, row.action))
        return tuple(found)

    def _observed(self, row: Row, guard: Callable[[], bool]) -> bool:
        outcome = guard()
        assert self._state.observer is not None
        self._state.observer.guard(row.index, row.region, outcome)
        return outcome

    def _matches(self, words: frozenset[str]) -> bool:
        return self._state.event is not None and words <= self._state.event.words

    def may(self, place: Place, row: Row) -> bool:
        """Whether the row can be taken beside the action in flight."""
        flight = place.flight
        if flight is None:
            return True
        if not row.target:
            return row.action < 0 or not self._state.program.actions[row.action].trades
        if self._state.event is not None and self._state.event.kind not in OVERTAKEN:
            return True
        return flight.row == ENTER or flight.interrupted or row.order < flight.order

    def _may(self, place: Place, row: Row) -> bool:
        allowed = self.may(place, row)
        place.blocked |= not allowed
        return allowed

    def _concerns(self, place: Place, work: Work) -> bool:
        """An event of a slot or an action is its own region's, and of those that name it and are no twins of that."""
        if work.owner == place.region.index:
            return True
        if self._state.program.regions[work.owner].base == place.region.base:
            return False
        rows = (self._state.program.rows[index] for index in place.region.rows)
        return any(row.trigger == work.name and not work.subjects.isdisjoint(row.filter.words) for row in rows)

    # -- callbacks ---------------------------------------------------------------------------------------------------

    def _take(self, place: Place, row: Row) -> None:
        leaf = place.region.leaves[place.leaf]
        self._state.note(RowTaken(self._state.now_us, place.region.name, leaf.name, row.index))
        if row.target:
            place.operands = self._operands(row)
        if self._state.witness is not None:
            self._state.witness.taken(place.region.index, row.index)

    def _operands(self, row: Row) -> tuple[tuple[str, float], ...]:
        """The names in a guard with their values now. Only rows that move say so: they are rare."""
        if row.guard is None:
            return ()
        state = self._state
        return tuple(
            (operand.name, evaluate(operand.tree, state.x, state.program.observables, state.ask))
            for operand in operands(state.program, row.guard.tree)
        )

    def _begin(self, place: Place, row: Row, moves: bool) -> None:
        if place.flight is not None:
            self.interrupt(place)
        action = self._state.program.actions[row.action]
        flight = Flight(place.region.index, row.action, action.name, row.index, row.order, moves, exempt=False)
        self.launch(place, flight)

    def _leave(self, place: Place, move: Move) -> None:
        for action in move.exits:
            self._phases.do_now(action, place.region.index)
        self.interrupt(place)

    def _arrive(self, place: Place, move: Move) -> None:
        """The machine stands in its new leaf: say so everywhere, then carry out what its entry asks for."""
        region, state = place.region, self._state
        source, target = region.leaves[move.leaf], region.leaves[move.destination]
        row = state.program.rows[move.row]
        state.x[region.mode] = float(target.word)
        for slot in move.entered or (region.entered,):
            state.x[slot] = float(state.now_us)
        self._indicators.entered(region.index)
        state.note(
            Transition(
                state.now_us,
                region.name,
                source.name,
                target.name,
                row.trigger,
                row.because,
                row.index,
                place.operands,
            )
        )
        place.moved = True
        self._moved()
        self._enter(place, move.enters)

    def _enter(self, place: Place, actions: tuple[int, ...]) -> None:
        """Entry actions in order, parents' first. Those after one that trades wait for it."""
        final = place.region.leaves[place.leaf].final
        for index in actions:
            action = self._state.program.actions[index]
            if not action.trades and place.flight is None and not place.waiting:
                self._phases.do_now(index, place.region.index)
                continue
            flight = Flight(place.region.index, index, action.name, ENTER, float("inf"), False, exempt=final)
            self.launch(place, flight)

    def _entered_slots(self, region: Region, leaf: int) -> set[int]:
        """The leaf's own instant of entry and those of its parents."""
        parents = {after.entered for after in region.afters if leaf in after.leaves}
        return {region.entered, *parents}


def _completion(row: int) -> str:
    return f"completed {row}"

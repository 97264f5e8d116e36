"""The quiet instants of a run: those of which nothing comes, done in one call each.

Most events of a market change a price and nothing else. Once a core stands still (no action in flight, no event that
waits) it is known what it looks at in its present states: then an instant is one function (`instants`), which stops
where something may happen and leaves the rest to the core (`Resumed`). What happens is the core's doing alone, and
the same whether or not it was begun here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.conditions import Conditions, Judge
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Clock, Input, Market, Resumed
from fsmtrader.engine.instants import Bound, Instant, Instants, Questions, Walk
from fsmtrader.engine.ports import Slots
from fsmtrader.engine.regions import Place
from fsmtrader.engine.rests import Rest, Rests
from fsmtrader.engine.seen import STEADY
from fsmtrader.engine.state import Status, field_slots
from fsmtrader.engine.timers import Interval
from fsmtrader.program.ir import EventKind, Row, Value
from fsmtrader.program.reach import deep, is_fixed
from fsmtrader.program.typed import Asked, Inverse

NEVER = float("inf")
DEAF = (Status.STOPPED, Status.OVER)
TIMER_LIMIT = 5_000_000
"""timers that may be due between two market events"""
TIMERS = range(TIMER_LIMIT)
MOST_JUDGES = 8
"""functions that an instant asks by name"""
Kept = Mapping[int, Callable[[float], None]]
MOST_STANDINGS = 1_024
"""combinations of states that are remembered"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a core looks at while its regions are in some states. `instants`: by the raw events that come together."""

    leaves: tuple[int, ...]
    """empty: no region hears anything any more"""
    disturbed: tuple[Judge, ...]
    """whether invariants or alerts have something to say: one of these says so"""
    instants: dict[tuple[int, ...], Instant] = field(default_factory=dict)
    timers: dict[tuple[int, ...], Instant] = field(default_factory=dict)
    """the same where the market is known to have no news"""
    walks: dict[tuple[tuple[int, ...], ...], Walk] = field(default_factory=dict)
    """by the raw events, the slots that are given and those that are kept"""


class Quiet:
    """Begins the instants of one core. `next_us`: when time has something to do next (as `Core.next_timer`).

    Whoever delivers to the core itself says so with `settle`, before anything else is asked here.
    """

    def __init__(self, core: Core, bound: Bound) -> None:
        self._core = core
        self._can = _can(core)
        self._can_walk = _can_walk(core)
        self._conditions = Conditions(core.state, core.indicators)
        self._broken = [(watched.entry, _not(watched.entry.condition)) for watched in core.invariants.always]
        self._standings: dict[tuple[tuple[int, ...], tuple[bool, ...]], Standing] = {}
        self._heard: dict[tuple[int, int], tuple[Row, ...]] = {}
        self._decisive: dict[tuple[int, ...], tuple[Value, ...]] = {}
        self._instants = Instants(core, bound, self._conditions)
        self._rests = Rests(core, self._conditions)
        self._standing: Standing | None = None
        self._lone = core.timers.intervals[0] if len(core.timers.intervals) == 1 else None
        """the interval, where there is only one"""
        self._rare_us = NEVER
        self.next_us = NEVER
        self.settle()

    def settle(self) -> None:
        """Something has happened: see how the core stands now."""
        core = self._core
        self.next_us = core.next_timer()
        self._instants.settle()
        self._standing = self._stands() if self._can else None
        if self._standing is not None:
            self._rare_us = self._other_us() if self._standing.leaves else self.next_us

    def market(self, now_us: int, sources: tuple[int, ...]) -> Input | None:
        """News of a market. None: it is done; else what is to be delivered to the core, and then `settle`."""
        standing = self._standing
        if standing is None:
            return Market(now_us, sources)
        instant = standing.instants.get(sources) or self._made(standing, sources)
        rest = instant(now_us)
        return None if rest is None else Resumed(now_us, sources, *rest)

    @property
    def can_walk(self) -> bool:
        """Whether `walk` can be asked now."""
        return self._standing is not None and self._can_walk

    def walk(
        self, sources: tuple[int, ...], times: Sequence[int], given: Mapping[int, Sequence[float]], kept: Kept
    ) -> tuple[int, Input | None, bool]:
        """News of a market, one after the other, each the same raw events: up to the first of which something comes.

        `given`: by slot, what the market answers after each of them (what it answers else stays as it is). `kept`: by
        slot, who is told its value after each. Gives how many are done, what is to be delivered then (None: nothing),
        and whether that is a part of the next one, of which the rest is done, or of a moment before it.
        """
        standing, timer = self._standing, self._lone
        assert standing is not None, "somebody has asked whether it can be"
        walk = standing.walks.get((sources, tuple(given), tuple(kept))) or self._walk(standing, sources, given, kept)
        step_us: float = 0
        if timer is not None and isinstance(timer.next_us, int) and isinstance(timer.step_us, int):
            step_us = timer.step_us
        moments = zip(range(len(times)), times, map(float, times), *given.values(), strict=True)
        limits = self.next_us, self._rare_us, step_us, step_us * TIMER_LIMIT
        done, left, is_begun = walk(moments, self, timer, *limits, *kept.values())
        if left is None:
            return len(times), None, False
        return done, Resumed(times[done], sources, *left) if isinstance(left, tuple) else left, is_begun

    def _walk(self, standing: Standing, sources: tuple[int, ...], given: Iterable[int], kept: Iterable[int]) -> Walk:
        """The function for news that follow each other in these states."""
        resting = self._questions(standing, self._lone.sources)[1] if self._lone and not standing.disturbed else None
        slots = tuple(given), tuple(kept)
        walk = self._instants.walk(*self._questions(standing, sources), resting, *slots)
        standing.walks[sources, *slots] = walk
        return walk

    def until(self, before_us: float, *, is_news: bool = True) -> Input | None:
        """Let time pass until a moment. None: what was due before it is done. Else the same.

        `is_news` False: what the market would say was written down at its last event already.
        """
        standing, state, timers = self._standing, self._core.state, self._core.timers
        for _ in TIMERS:
            next_us = self.next_us
            if next_us >= before_us:
                return None
            now_us = next_us if isinstance(next_us, int) else ceil(next_us)
            now_us = now_us if now_us > state.now_us else state.now_us
            timer = self._lone or self._due(now_us)
            if standing is None or timer is None or timer.next_us != next_us or next_us == self._rare_us:
                return Clock(now_us)
            known = standing.instants if is_news else standing.timers
            instant = known.get(timer.sources) or self._made(standing, timer.sources, is_news=is_news)
            rest = instant(now_us)
            timers.go_on(timer)
            next_us = timer.next_us if timer is self._lone else timers.interval_us
            self.next_us = next_us if next_us < self._rare_us else self._rare_us
            if rest is not None:
                return Resumed(now_us, timer.sources, *rest)
        raise RunError(f"more than {TIMER_LIMIT:,} timers before the next market event")

    def _due(self, now_us: int) -> Interval | None:
        """The interval that is due, if it is the only one."""
        found = None
        for timer in self._core.timers.intervals:
            if timer.next_us <= now_us:
                if found is not None:
                    return None
                found = timer
        return found

    def _other_us(self) -> float:
        """When something is due that is no interval."""
        core = self._core
        stays = (stay.due_us(core.x) for stay in core.timers.stays)
        return min(core.rare_us(), min(stays, default=NEVER))

    # -- how the core stands -----------------------------------------------------------------------------------------

    def _stands(self) -> Standing | None:
        """What it looks at from now on; None: something is in hand, or it has not begun, or it is halted."""
        core, state = self._core, self._core.state
        if state.work or state.out.wants_answers or core.desk.is_busy or core.raising.gathered:
            return None
        places = core.regions.places
        if state.status in DEAF:
            leaves: tuple[int, ...] = ()
        elif state.status is not Status.RUNNING or core.regions.are_over:
            return None
        else:
            for place in places:
                if place.flight is not None or place.waiting or place.blocked:
                    return None
            leaves = tuple([place.leaf for place in places])
        if core.invariants.broken or core.alerts.is_ringing:
            return Standing(leaves, (self._would_tell,))
        can_hold = tuple([self._conditions.can_hold(value) for value in self._deciding(leaves)])
        standing = self._standings.get((leaves, can_hold))
        if standing is None:
            if len(self._standings) >= MOST_STANDINGS:
                self._standings.clear()
            standing = Standing(leaves, self._disturbed() if leaves else ())
            self._standings[leaves, can_hold] = standing
        return standing

    def _deciding(self, leaves: tuple[int, ...]) -> tuple[Value, ...]:
        """The conditions in some states that hang on more than what moves."""
        if leaves not in self._decisive:
            rows = [row for place in self._core.regions.places for row in self._rows(place)] if leaves else []
            every = [*self._looked_at(), *(row.guard for row in rows if row.guard is not None)]
            self._decisive[leaves] = tuple([value for value in every if self._conditions.standing(value)])
        return self._decisive[leaves]

    def _would_tell(self, x: Slots) -> bool:
        """While something rings or is broken: whether another look would change that, or say it again."""
        return self._core.invariants.would_tell() or self._core.alerts.would_tell()

    def _disturbed(self) -> tuple[Judge, ...]:
        """While nothing rings: whether something begins to, or an invariant breaks, in the present states."""
        return self._conditions.any_of([value for value in self._looked_at() if self._conditions.can_hold(value)])

    def _looked_at(self) -> list[Value]:
        """What is looked at after an event: that an invariant is broken, and the conditions of alerts."""
        core = self._core
        broken = [value for entry, value in self._broken if core.invariants.applies(entry)]
        return [*broken, *(bell.entry.condition for bell in core.alerts.watching if bell.entry.condition is not None)]

    # -- what is asked at an event -----------------------------------------------------------------------------------

    def _made(self, standing: Standing, sources: tuple[int, ...], *, is_news: bool = True) -> Instant:
        """The function for some raw events in these states."""
        asked, rest = self._questions(standing, sources)
        instant = self._instants.of(asked, rest, is_news=is_news)
        (standing.instants if is_news else standing.timers)[sources] = instant
        return instant

    def _questions(self, standing: Standing, sources: tuple[int, ...]) -> tuple[Questions, Rest]:
        """What is asked at some raw events in these states, and which timers may rest then."""
        core = self._core
        is_market = any(core.program.sources[index].kind is EventKind.MARKET for index in sources)
        legs = core.raising.legs_of(sources) if is_market else frozenset[str]()
        names = [work.name for work in core.raising.of_sources(sources)] if standing.leaves else []
        rows = self._asked_together(names) if len(core.regions.places) == 1 else [self._asked(name) for name in names]
        guards = [row.guard for place in core.regions.places for row in self._rows(place) if row.trigger in names]
        rest = self._rests.of(sources, names, [g for g in guards if g is not None and self._conditions.can_hold(g)])
        return Questions(legs, tuple(names), standing.disturbed, rows), rest

    def _asked(self, *names: str) -> tuple[Judge, ...]:
        """Whether some region may take a row at one of some events: one of these says so."""
        judges: list[Judge] = []
        for place in self._core.regions.places:
            guards = [row.guard for name in names for row in self._rows(place) if row.trigger == name]
            if None in guards:
                return (_always,)
            judges += self._conditions.any_of([g for g in guards if g is not None and self._conditions.can_hold(g)])
        return tuple(judges) if len(judges) <= MOST_JUDGES else (_one_of(judges),)

    def _asked_together(self, names: list[str]) -> list[tuple[Judge, ...]]:
        """Of one region: events between which nothing is sampled are asked about at once, with the first of them."""
        core = self._core
        begins = [place for place, name in enumerate(names) if place == 0 or name in core.indicators.by_event]
        asked: list[tuple[Judge, ...]] = [()] * len(names)
        for first, end in pairwise([*begins, len(names)]):
            asked[first] = self._asked(*names[first:end])
        return asked

    def _rows(self, place: Place) -> tuple[Row, ...]:
        """The rows of a region where it stands. What only filters by words is never taken at news: they have none."""
        region, leaf = place.region, place.leaf
        if (region.index, leaf) not in self._heard:
            rows = [self._core.program.rows[move.row] for move in region.moves if move.leaf == leaf]
            self._heard[region.index, leaf] = tuple([row for row in rows if not row.filter.words])
        return self._heard[region.index, leaf]


def _can(core: Core) -> bool:
    """Whether the core has no part that an instant of this kind leaves out: somebody who watches it decide, facts that
    are held, quotes, lots, fields of an event, limits on losses, times that are not fixed."""
    program, state, inputs = core.program, core.state, core.inputs
    times = [source.interval for source in program.sources if source.interval is not None]
    times += [after.delay for region in program.regions for after in region.afters]
    return (
        state.witness is None
        and state.observer is None
        and not (inputs.held or inputs.computed or inputs.answers)
        and not (core.quotes.slots or core.lots.families or field_slots(program.slots) or core.risk.limits_losses)
        and all(is_fixed(program, time.tree) for time in times)
    )


def _can_walk(core: Core) -> bool:
    """Whether all that is looked at hangs on what the market says at its events: nothing is asked in between, about the
    own books, with values that are known only then, or because time passes."""
    program = core.program
    values = [row.guard for row in program.rows] + [entry.condition for entry in program.invariants]
    values += [entry.condition for entry in program.alerts] + [entry.input for entry in program.indicators]
    nodes = (node for value in values if value is not None for node in deep(program, value.tree))
    is_steady = all(query.function in STEADY for query in core.inputs.of_market)
    return is_steady and not core.inputs.has_own and not any(isinstance(node, Asked) for node in nodes)


def _not(condition: Value | None) -> Value:
    assert condition is not None, "an invariant that is looked at has a condition"
    return Value(Inverse(condition.tree), condition.text, condition.span)


def _always(x: Slots) -> bool:
    """A row without a guard."""
    return True


def _one_of(judges: Sequence[Callable[[Slots], bool]]) -> Judge:
    def one_of(x: Slots) -> bool:
        for judge in judges:  # noqa: SIM110 - a generator would cost as much as two judges
            if judge(x):
                return True
        return False

    return one_of

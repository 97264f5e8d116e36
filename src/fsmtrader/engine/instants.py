"""An instant written out as one Python function: the steps that `Core` takes at a piece of news, as long as nothing
comes of it.

`Core` goes through queues, loops and enquiries that are empty at most instants. For one set of raw events it is known
beforehand which questions are asked, which indicators take a sample and which events are raised, so here the loops are
unrolled and every call is bound. The order is the core's own; the function does nothing that the core would not do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fsmtrader.engine.conditions import Conditions, Judge
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Input
from fsmtrader.engine.indicators import Gauge
from fsmtrader.engine.rests import Rest
from fsmtrader.numeric.indicators import LAST_US
from fsmtrader.numeric.indicators_objects import KINDS, LASTING, STANDING
from fsmtrader.program.ir import Query

Left = tuple[int, bool, bool]
"""where an instant stopped: the core goes on with `done`, `is_in_hand` and `is_news` of `Resumed`"""
Instant = Callable[[int], Left | None]
"""None: all is done, nothing came of it"""
Walk = Callable[..., tuple[int, Input | Left | None, bool]]
"""instants of events that follow each other (`Instants.walk`)"""
Bound = Callable[[Query], Callable[[], float]]
"""a question to the market as a call without arguments"""


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked at an instant. `legs` have news; `events` are raised, in this order.

    `disturbed`: whether invariants or alerts have something to say. `rows`: for each event, whether a row may be taken.
    One of the functions says so; without any it never is so.
    """

    legs: frozenset[str]
    events: tuple[str, ...]
    disturbed: Sequence[Judge]
    rows: Sequence[Sequence[Judge]]

    @property
    def judges(self) -> list[Judge]:
        """All functions, in order of their names."""
        return [judge for judges in (self.disturbed, *self.rows) for judge in judges]

    @property
    def names(self) -> str:
        """What they are called in a text."""
        names = [f"told_{number}" for number in range(len(self.disturbed))]
        names += [f"asked_{place}_{number}" for place, judges in enumerate(self.rows) for number in range(len(judges))]
        return ", ".join(names)

    @property
    def told(self) -> str:
        """Whether there is something to say, in a text; empty: never."""
        return " or ".join(f"told_{number}(x)" for number in range(len(self.disturbed)))

    def may(self, place: int) -> str:
        """Whether a row may be taken at an event; empty: never."""
        return " or ".join(f"asked_{place}_{number}(x)" for number in range(len(self.rows[place])))


class Instants:
    """Makes the functions of one core. What has been written out once is kept."""

    def __init__(self, core: Core, bound: Bound, conditions: Conditions) -> None:
        self._core = core
        self._conditions = conditions
        self._scope: dict[str, object] = {"x": core.x, "state": core.state, "refresh_own": core.inputs.refresh_own}
        for number, query in enumerate(core.inputs.of_market):
            self._scope[f"ask_{number}"] = bound(query)
        for number, gauge in enumerate(core.indicators.gauges):
            self._scope.update(_parts(number, gauge), **{f"read_{number}": conditions.number(gauge.entry.input)})
        self._still = [False] * len(core.timers.intervals)
        """by the number of a timer: nothing has moved since its events were asked about"""
        self._scope["still"] = self._still
        self._makers: dict[str, Callable[..., Any]] = {}

    def settle(self) -> None:
        """Something has happened: no timer rests."""
        self._still[:] = [False] * len(self._still)

    def of(self, asked: Questions, rest: Rest, *, is_news: bool) -> Instant:
        """The function for raw events that come together. Without news of a market nothing is asked of it again."""
        writer = _Writer(self._core, self._conditions)
        writer.begin()
        writer.rest(rest, asked.told)
        if is_news:
            writer.ask()
        self._write(writer, asked)
        writer.end(rest)
        lines = [f"        {line}" for line in writer.lines]
        text = "\n".join([f"def make({asked.names}):", "    def instant(now_us):", *lines, "    return instant\n"])
        return self._made(text)(*asked.judges)  # type: ignore[no-any-return]  # that is what the text defines

    def walk(
        self, asked: Questions, rest: Rest, resting: Rest | None, given: Sequence[int], kept: Sequence[int]
    ) -> Walk:
        """The same for one event after the other: a loop over moments, up to the first of which something comes.

        It takes an iterable of (place, time, time as a double, answers for the slots `given`), the `Quiet` that it
        belongs to, the only interval (step 0: it must not be passed over), when something is due, and a function for
        each slot in `kept` that is told its value after each event. It gives the place where it has stopped, what is to
        be done there, and whether that is of the event itself or of a moment before it; at the end (-1, None, False).
        `resting`: how the interval rests (`rests`), None: nothing is known of that.
        """
        writer = _Writer(self._core, self._conditions, "return place, ({}), True")
        writer.pass_time(resting)
        writer.begin("now")
        writer.lines += [f"x[{slot}] = v_{slot}" for slot in given]
        writer.rest(rest, asked.told)
        self._write(writer, asked)
        writer.end(rest)
        writer.lines += [f"keep_{slot}(x[{slot}])" for slot in kept]
        head = ", ".join(["place", "now_us", "now", *(f"v_{slot}" for slot in given)])
        keeps = "".join(f", keep_{slot}" for slot in kept)
        lines = [
            f"def make({asked.names}):",
            f"    def walk(moments, quiet, timer, next_us, rare_us, step_us, most_us{keeps}):",
            f"        for {head} in moments:",
            *(f"            {line}" for line in writer.lines),
            "        return -1, None, False",
            "    return walk\n",
        ]
        return self._made("\n".join(lines))(*asked.judges)  # type: ignore[no-any-return]  # the same

    def _write(self, writer: _Writer, asked: Questions) -> None:
        """What is sampled and asked, once it is known what the market says."""
        if not all(place.is_final for place in self._core.regions.places):
            writer.sample(asked.legs)  # else nobody asks for an indicator any more
        if asked.told:
            writer.look(asked.told)
        for place, name in enumerate(asked.events):
            writer.event(place, name, asked.may(place), asked.told)

    def _made(self, text: str) -> Callable[..., Any]:
        """The maker of functions that a text defines, which holds numbers and names of ours, nothing of a user's."""
        if text not in self._makers:
            scope = dict(self._scope)
            exec(compile(text, "<instant>", "exec", dont_inherit=True), scope)
            self._makers[text] = scope["make"]  # type: ignore[assignment]  # that is what the text defines
        return self._makers[text]


def _parts(number: int, gauge: Gauge) -> dict[str, object]:
    """What the parts of an indicator are called in the text."""
    parts: dict[str, object] = {f"gauge_{number}": gauge}
    numbers, kind = gauge.memory.numbers, KINDS[gauge.entry.function]
    if numbers is None:
        return {**parts, f"update_{number}": gauge.memory.update, f"value_{number}": gauge.memory.value}
    return {**parts, f"numbers_{number}": numbers, f"update_{number}": kind.update, f"value_{number}": kind.value}


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class _Writer:
    """Lines of one function."""

    def __init__(self, core: Core, conditions: Conditions, leaves: str = "return {}") -> None:
        self._core = core
        self._conditions = conditions
        self._leaves = leaves
        """how the function is left where something comes of it"""
        self.lines: list[str] = []
        self._numbers = {id(gauge): number for number, gauge in enumerate(core.indicators.gauges)}

    def begin(self, now: str = "float(now_us)") -> None:
        """The time."""
        self.lines += ["state.now_us = now_us", f"x[{self._core.program.now}] = {now}"]

    def pass_time(self, resting: Rest | None) -> None:
        """What is due before the next event of a market (`Quiet.until`). A timer that rests, and goes on resting until
        then, is only set anew: at none of its moments there is anything to be done."""
        due = ["left = quiet.until(now_us, is_news=False)", "if left is not None:", "    return place, left, False"]
        due.append("next_us = quiet.next_us")
        if resting is not None and resting.own >= 0:
            tests = ["step_us", "now_us <= rare_us", "now_us - next_us < most_us", *self._rests(resting)]
            step = "timer.next_us = next_us = next_us - (next_us - now_us) // step_us * step_us"
            jump = [step, "if next_us > rare_us:", "    next_us = rare_us", "quiet.next_us = next_us"]
            due = [f"if {' and '.join(tests)}:", *_indented(jump), "else:", *_indented(due)]
        self.lines += ["if next_us < now_us:", *_indented(due)]

    def rest(self, rest: Rest, told: str) -> None:
        """A timer that rests is done, but for what is to be said when time has come (`rests`)."""
        if rest.own >= 0:
            said = f"return (0, False, False) if {told} else None" if told else "return None"
            self.lines += [f"if {' and '.join(self._rests(rest))}:", f"    {said}"]
        self.lines += [f"still[{number}] = False" for number in rest.wakes]
        self.lines.append("has_moved = False")

    def _rests(self, rest: Rest) -> list[str]:
        """What must all be so for a timer to rest now."""
        tests = [f"still[{rest.own}]", *(f"gauge_{self._numbers[id(g)]}.last == 0.0" for g in rest.streaks)]
        for gauge in (*self._core.indicators.changing, *self._core.indicators.clocked):
            if gauge.entry.function in LASTING and gauge.constants[0] > 0:
                tests.append(f"now_us - numbers_{self._numbers[id(gauge)]}[{LAST_US}] <= {gauge.constants[0]}")
        return tests

    def end(self, rest: Rest) -> None:
        """All was asked, and nothing came of it."""
        self.lines += [f"still[{number}] = not has_moved" for number in rest.covers]

    def ask(self) -> None:
        """Ask the market again (`Inputs.refresh`)."""
        core = self._core
        for number, query in enumerate(core.inputs.of_market):
            self.lines.append(f"x[{query.slot}] = ask_{number}()")
        if core.inputs.has_own:
            self.lines.append("refresh_own()")

    def sample(self, legs: frozenset[str]) -> None:
        """Sample what hangs on the market (`Indicators.on_market`)."""
        for gauge in self._core.indicators.changing:
            self._change(gauge, is_news=not gauge.legs.isdisjoint(legs))
        for gauge in self._core.indicators.clocked:
            self._let_time_pass(gauge, "if")

    def look(self, told: str) -> None:
        """Invariants and alerts, once the market is known (`Core._look`)."""
        self.lines += [f"if {told}:", f"    {self._leave(0, False, 'False')}"]

    def event(self, place: int, name: str, may: str, told: str) -> None:
        """One event: its indicators' samples, the rows that stand under it, and what hangs on a change."""
        gauges = self._core.indicators.by_event.get(name, ())
        for count, gauge in enumerate(gauges):
            self._sample(gauge, "is_news = " if count == 0 else "is_news |= ")
        news = "is_news" if gauges else "False"
        if gauges:
            self.lines.append("has_moved |= is_news")
        if name in self._core.alerts.events:
            self.lines.append(self._leave(place, True, news))
            return
        if may:
            self.lines += [f"if {may}:", f"    {self._leave(place, True, news)}"]
        if gauges and told:
            self.lines += [f"if is_news and ({told}):", f"    {self._leave(place, True, 'True')}"]

    def _leave(self, done: int, is_in_hand: bool, is_news: str) -> str:
        """Something comes of it here."""
        return self._leaves.format(f"{done}, {is_in_hand}, {is_news}")

    def _change(self, gauge: Gauge, *, is_news: bool) -> None:
        """An indicator without a clock: a sample when its market has news, or its input has changed."""
        n = self._numbers[id(gauge)]
        self.lines.append(f"v = {self._read(gauge)}")
        sample = [f"gauge_{n}.last = v", self._update(gauge), f"x[{gauge.slot}] = {self._value(gauge)}"]
        if is_news:
            self.lines += sample
            return
        self.lines.append(f"if v != gauge_{n}.last and (v == v or gauge_{n}.last == gauge_{n}.last):")
        self.lines += [f"    {line}" for line in sample]
        self._let_time_pass(gauge, "elif")

    def _let_time_pass(self, gauge: Gauge, word: str) -> None:
        """A value without a sample: most stand until there is a hole, and need not be asked for before."""
        n, function, window_us = self._numbers[id(gauge)], gauge.entry.function, gauge.constants[0]
        if function in STANDING or (function in LASTING and window_us == 0):
            return
        is_over = f"now_us - numbers_{n}[{LAST_US}] > {window_us}" if function in LASTING else "True"
        self.lines += [f"{word} {is_over}:", f"    x[{gauge.slot}] = {self._value(gauge)}"]

    def _sample(self, gauge: Gauge, then: str) -> None:
        """`Gauge.sample`, and whether the value is another one (what is not ready counts as another)."""
        n, slot = self._numbers[id(gauge)], gauge.slot
        self.lines += [
            f"before = x[{slot}]",
            f"gauge_{n}.last = v = {self._read(gauge)}",
            self._update(gauge),
            f"x[{slot}] = after = {self._value(gauge)}",
            f"{then}before != after",
        ]

    def _read(self, gauge: Gauge) -> str:
        """The value that a sample is taken of."""
        slot = self._conditions.slot_of(gauge.entry.input)
        return f"x[{slot}]" if slot >= 0 else f"read_{self._numbers[id(gauge)]}(x)"

    def _update(self, gauge: Gauge) -> str:
        """The call that takes a sample, straight to the function of the kind where it can be."""
        n, (window_us, count, _, _) = self._numbers[id(gauge)], gauge.constants
        is_direct = gauge.memory.numbers is not None
        return f"update_{n}(numbers_{n}, v, now_us, {window_us}, {count})" if is_direct else f"update_{n}(v, now_us)"

    def _value(self, gauge: Gauge) -> str:
        n, constants = self._numbers[id(gauge)], ", ".join(map(repr, gauge.constants))
        is_direct = gauge.memory.numbers is not None
        return f"value_{n}(numbers_{n}, now_us, {constants})" if is_direct else f"value_{n}(now_us)"

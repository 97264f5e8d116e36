"""An instant written out as one Python function: the steps that `Core` takes at a piece of news, as long as nothing
comes of it.

`Core` goes through queues, loops and enquiries that are empty at most instants. For one set of raw events it is known
beforehand which questions are asked, which indicators take a sample and which events are raised, so here the loops are
unrolled and every call is bound. The order is the core's own; the function does nothing that the core would not do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsmtrader.engine.conditions import Conditions, Judge
from fsmtrader.engine.core import Core
from fsmtrader.engine.indicators import Gauge
from fsmtrader.engine.rests import Rest
from fsmtrader.numeric.indicators import LAST_US
from fsmtrader.numeric.indicators_objects import KINDS, LASTING, STANDING
from fsmtrader.program.ir import Query

Instant = Callable[[int], tuple[int, bool, bool] | None]
"""None: all is done, nothing came of it. Else the core goes on with `done`, `is_in_hand` and `is_news` of `Resumed`."""
Bound = Callable[[Query], Callable[[], float]]
"""a question to the market as a call without arguments"""


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
        self._makers: dict[str, Callable[..., Instant]] = {}

    def settle(self) -> None:
        """Something has happened: no timer rests."""
        self._still[:] = [False] * len(self._still)

    def of(
        self,
        sources: tuple[int, ...],
        legs: frozenset[str],
        disturbed: Sequence[Judge],
        asked: Sequence[Sequence[Judge]],
        rest: Rest,
    ) -> Instant:
        """The function for raw events that come together; `legs` have news.

        `disturbed`: whether invariants or alerts have something to say. `asked`: for each event that is raised, whether
        a row may be taken. One of the functions says so; without any it never is so.
        """
        writer = _Writer(self._core, self._conditions)
        writer.begin()
        told = " or ".join(f"told_{number}(x)" for number in range(len(disturbed)))
        writer.rest(rest, told)
        writer.ask()
        if not all(place.is_final for place in self._core.regions.places):
            writer.sample(legs)  # else nobody asks for an indicator any more
        if told:
            writer.look(told)
        for place, judges in enumerate(asked):
            may = " or ".join(f"asked_{place}_{number}(x)" for number in range(len(judges)))
            writer.event(place, self._core.raising.of_sources(sources)[place].name, may, told)
        writer.end(rest)
        names = [f"told_{number}" for number in range(len(disturbed))]
        names += [f"asked_{place}_{number}" for place, judges in enumerate(asked) for number in range(len(judges))]
        text = "\n        ".join([f"def make({', '.join(names)}):\n    def instant(now_us):", *writer.lines])
        judges = [judge for judges in (disturbed, *asked) for judge in judges]
        return self._made(f"{text}\n    return instant\n")(*judges)

    def _made(self, text: str) -> Callable[..., Instant]:
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


class _Writer:
    """Lines of one function."""

    def __init__(self, core: Core, conditions: Conditions) -> None:
        self._core = core
        self._conditions = conditions
        self.lines: list[str] = []
        self._numbers = {id(gauge): number for number, gauge in enumerate(core.indicators.gauges)}

    def begin(self) -> None:
        """The time."""
        self.lines += ["state.now_us = now_us", f"x[{self._core.program.now}] = float(now_us)"]

    def rest(self, rest: Rest, told: str) -> None:
        """A timer that rests is done, but for what is to be said when time has come (`rests`)."""
        if rest.own >= 0:
            tests = [f"still[{rest.own}]", *(f"gauge_{self._numbers[id(g)]}.last == 0.0" for g in rest.streaks)]
            for gauge in (*self._core.indicators.changing, *self._core.indicators.clocked):
                if gauge.entry.function in LASTING and gauge.constants[0] > 0:
                    tests.append(f"now_us - numbers_{self._numbers[id(gauge)]}[{LAST_US}] <= {gauge.constants[0]}")
            said = f"return (0, False, False) if {told} else None" if told else "return None"
            self.lines += [f"if {' and '.join(tests)}:", f"    {said}"]
        self.lines += [f"still[{number}] = False" for number in rest.wakes]
        self.lines.append("has_moved = False")

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
        self.lines += [f"if {told}:", "    return 0, False, False"]

    def event(self, place: int, name: str, may: str, told: str) -> None:
        """One event: its indicators' samples, the rows that stand under it, and what hangs on a change."""
        gauges = self._core.indicators.by_event.get(name, ())
        for count, gauge in enumerate(gauges):
            self._sample(gauge, "is_news = " if count == 0 else "is_news |= ")
        news = "is_news" if gauges else "False"
        if gauges:
            self.lines.append("has_moved |= is_news")
        if name in self._core.alerts.events:
            self.lines.append(f"return {place}, True, {news}")
            return
        if may:
            self.lines += [f"if {may}:", f"    return {place}, True, {news}"]
        if gauges and told:
            self.lines += [f"if is_news and ({told}):", f"    return {place}, True, True"]

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

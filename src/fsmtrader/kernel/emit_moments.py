"""The timers of a scout: intervals whose length changes, indicators with a clock of their own, and all at one moment.

What a scout does of a moment without news, in the machine's order: the market is asked again, indicators take in what
has changed, those whose time has come take their samples, and then the interval that is due is set anew by what is true
now. Two intervals at one moment, or a time in a state that is over, are the machine's.
"""

from __future__ import annotations

from fsmtrader.kernel.emit_market import heard, sample
from fsmtrader.kernel.emit_questions import MOVING_WITH_TIME, answer_of_book
from fsmtrader.kernel.emit_timers import Timers
from fsmtrader.kernel.scope import FLOAT, Scope, plain
from fsmtrader.program.reach import is_fixed
from fsmtrader.program.typed import Typed

NO_SOURCE = -2
"""`source` of a moment at which no interval is due"""


class Moments(Timers):
    """Timers of a scout. It does at a moment what `Timers` does for intervals that are alone and of one length."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        program = scope.program
        self._timed = [i for i, entry in enumerate(program.indicators) if entry.clock.every_seconds > 0]
        lengths = [self._length(index) for index in self._intervals]
        self._changing = [k for k, length in enumerate(lengths) if not is_fixed(program, length)]
        for index in self._timed:
            scope.keep(f"due_g{index}", FLOAT)

    def _length(self, index: int) -> Typed:
        """How long an interval is, by its source."""
        interval = self._scope.program.sources[index].interval
        assert interval is not None
        return interval.tree

    @property
    def has_any(self) -> bool:
        return super().has_any or bool(self._timed or self._scope.program.quotes)

    def steps(self) -> list[str]:
        """Lines with the length of each interval that keeps it, in microseconds."""
        with self._scope.out.apart() as found:
            for k, index in enumerate(self._intervals):
                if k not in self._changing:
                    seconds = self._scope.number(self._length(index))
                    found.append(f"step_{k} = max(({seconds}) * 1000000, 1000.0)")
        return found

    def next_due(self, *, stays: bool) -> list[str]:
        lines = super().next_due(stays=stays)
        slots = [k for k, quote in enumerate(self._scope.program.quotes) if quote.every is not None]
        found = [*(f"due_g{index}" for index in self._timed), *(f"slot_{k}[NEXT_US]" for k in slots)]
        return [*lines, *(f"due = min(due, {text})" for text in found)]

    def alone(self) -> None:
        """Whether a moment is the scout's; if it is, which events follow."""
        out, scope = self._scope.out, self._scope
        out.add(f"source, several = {NO_SOURCE}, False")
        with out.block("if other_due <= now:"):
            out.add("where = TIME")
        if len(self._intervals) > 1:
            with out.block(f"elif {' + '.join(f'(next_{k} <= now)' for k in range(len(self._intervals)))} > 1:"):
                self._together()
        for k, index in enumerate(self._intervals):
            with out.block(f"elif next_{k} <= now:"):
                out.add(heard(scope, scope.works_of((index,))), f"source = {index}")
        for query in scope.program.queries:
            if query.slot >= 0 and query.function in MOVING_WITH_TIME:
                out.add(f"{scope.slot(query.slot)} = {answer_of_book(scope, query)}")

    def _together(self) -> None:
        """Several intervals are due: quiet or not, unless an indicator ticks with one of their events."""
        out, scope = self._scope.out, self._scope
        works = [scope.works_of((index,)) for index in self._intervals]
        clocked = {scope.events[i.clock.event] for i in scope.program.indicators if i.clock.event}
        if not clocked.isdisjoint(event for found in works for event in found):
            out.add("where = TIME")
            return
        out.add("several = True")
        for k, found in enumerate(works):
            with out.block(f"if next_{k} <= now:"):
                out.add(f"heard = heard | {sum(1 << event for event in found)}")

    def sampled(self) -> None:
        """Indicators have taken in what has changed: the clocks of this moment go on."""
        out, scope = self._scope.out, self._scope
        for index in self._timed:
            step = scope.program.indicators[index].clock.every_seconds * 1_000_000
            with out.block(f"if due_g{index} <= now:"):
                sample(scope, index)
                out.add(f"due_g{index} += {step!r} * (1 + (now - due_g{index}) // {step!r})")
        for k, index in enumerate(self._intervals):
            out.add(f"was_{k} = inf")
            with out.block(f"if next_{k} <= now and (several or source == {index}):"):
                if k in self._changing:
                    out.add(f"seconds = {scope.number(self._length(index))}")
                    with out.block("if seconds != seconds:"):
                        out.add("where = TIME")
                    out.add(f"step_{k} = max(seconds * 1000000, 1000.0)  # {plain(scope.program.sources[index].name)}")
                with out.block("if where == GOES_ON:"):
                    out.add(f"was_{k}, late = next_{k}, now - next_{k}")
                    out.add(f"next_{k} += step_{k} if late < step_{k} else step_{k} * (late // step_{k} + 1.0)")

    def begun(self) -> None:
        """The events of a moment are looked at. Where something comes of several intervals, all of them are the
        machine's, which begins the moment anew."""
        out = self._scope.out
        if len(self._intervals) > 1:
            out.add("several = several and where != GOES_ON")
            for k in range(len(self._intervals)):
                with out.block(f"if several and was_{k} <= now:"):
                    out.add(f"next_{k} = was_{k}")
            with out.block("if several:"):
                out.add("where = TIME")

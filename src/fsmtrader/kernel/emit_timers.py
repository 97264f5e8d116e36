"""Timers: intervals and times in a state. When the next one is due, and what it raises."""

from __future__ import annotations

from fsmtrader.kernel.emit_market import chain_place, heard
from fsmtrader.kernel.scope import FLOAT, Scope, plain
from fsmtrader.program.ir import After, Region
from fsmtrader.program.reach import is_fixed, moving_slots


class Timers:
    """The timers of a program: `after` first, then intervals, each by number."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._stays = [(region, after) for region in scope.program.regions for after in region.afters]
        self._intervals = [
            index
            for index, source in enumerate(scope.program.sources)
            if source.interval is not None and index in scope.layout.heard and scope.works_of((index,))
        ]
        for k in range(len(self._stays)):
            scope.keep(f"fired_{k}", FLOAT)
            scope.keep(f"due_for_{k}", FLOAT)
        for k in range(len(self._intervals)):
            scope.keep(f"next_{k}", FLOAT)

    @property
    def has_any(self) -> bool:
        return bool(self._stays or self._intervals)

    def steps(self) -> list[str]:
        """Lines with the length of each interval in microseconds, a constant of the run."""
        with self._scope.out.apart() as found:
            for k, index in enumerate(self._intervals):
                interval = self._scope.program.sources[index].interval
                assert interval is not None
                seconds = self._scope.number(interval.tree)
                found.append(f"step_{k} = max(({seconds}) * 1000000, 1000.0)  # {plain(interval.text)}")
        return found

    def begin(self) -> None:
        """The machine starts now."""
        self._scope.out.add(*(f"next_{k} = now + step_{k}" for k in range(len(self._intervals))))

    @property
    def are_fixed(self) -> bool:
        """Whether nothing but a move changes when a time in a state is over."""
        return all(is_fixed(self._scope.program, after.delay.tree) for _, after in self._stays)

    @property
    def are_moving(self) -> bool:
        """Whether how long a time in a state is may change while nothing is decided."""
        return any(moving_slots(self._scope.program, after.delay.tree) for _, after in self._stays)

    def alone(self) -> None:
        """An interval that is the only timer due at `now` is set anew, and `at` becomes the place of its events.

        If there are more, or a time in a state is over, `where` becomes TIME, and nothing else changes.
        """
        out, scope = self._scope.out, self._scope
        counted = " + ".join(f"(next_{k} <= now)" for k in range(len(self._intervals)))
        several = f" or {counted} > 1" if len(self._intervals) > 1 else ""
        with out.block(f"if other_due <= now{several}:"):
            out.add("where = TIME")
        for k, index in enumerate(self._intervals):
            with out.block(f"elif next_{k} <= now:"):
                out.add(f"late = now - next_{k}")
                out.add(f"next_{k} += step_{k} if late < step_{k} else step_{k} * (late // step_{k} + 1.0)")
                out.add(heard(scope, scope.works_of((index,))), f"source = {index}")

    def whole(self) -> list[str]:
        """Conditions: each interval is a whole number of microseconds, so that many of them are added up exactly."""
        return [f"step_{k} == floor(step_{k})" for k in range(len(self._intervals))]

    def leapt(self) -> None:
        """Intervals that are due before the event after the one in hand have had their instants."""
        out = self._scope.out
        if self._intervals:
            out.add("rested = time[index(i + 1)] if i + 1 < n else time[j]")
        for k in range(len(self._intervals)):
            with out.block(f"if next_{k} < rested:"):
                out.add(f"next_{k} += step_{k} * ceil((rested - next_{k}) / step_{k})")

    def next_due(self, *, stays: bool) -> list[str]:
        """Lines for when something is due next: `due`, and `other_due` for all but intervals (at least that before)."""
        out = self._scope.out
        with out.apart() as found:
            for k, (region, after) in enumerate(self._stays if stays else ()):
                with out.block(f"if {self._stands(k, region, after)}:"):
                    delay = self._scope.number(after.delay.tree)
                    out.add(f"stay = {self._scope.slot(after.entered)} + ({delay}) * 1000000")
                    with out.block("if stay < other_due:"):
                        out.add("other_due = stay")
            out.add("due = other_due", *(f"due = min(due, next_{k})" for k in range(len(self._intervals))))
        return found

    def raised(self) -> None:
        """What is due now becomes work, by deadline; each timer is set anew."""
        out, scope = self._scope.out, self._scope
        out.add("n_dues = 0")
        for k, (region, after) in enumerate(self._stays):
            with out.block(f"if {self._stands(k, region, after)}:"):
                delay = scope.number(after.delay.tree)
                out.add(f"stay = {scope.slot(after.entered)} + ({delay}) * 1000000")
                with out.block("if stay <= now:"):
                    out.add(f"due_for_{k} = {scope.slot(after.entered)}")
                    out.add(f"n_dues = note_due(dues, n_dues, stay, {k})")
        first = len(self._stays)
        for k in range(len(self._intervals)):
            with out.block(f"if next_{k} <= now:"):
                out.add(f"n_dues = note_due(dues, n_dues, next_{k}, {first + k})", f"late = now - next_{k}")
                out.add(f"next_{k} += step_{k} if late < step_{k} else step_{k} * (late // step_{k} + 1.0)")
        for k, index in enumerate(self._intervals):
            works = scope.works_of((index,))
            with out.block(f"{'elif' if k else 'if'} n_dues == 1 and dues[0, 1] == {first + k}:"):
                out.add(f"at, n_dues = {chain_place(scope, works)}, 0  # alone: it waits for nothing")
        with out.block("for k in range(n_dues):"):
            for k, (region, after) in enumerate(self._stays):
                with out.block(f"if dues[k, 1] == {k}:"):
                    out.add(f"n_gathered = push(gathered, n_gathered, {scope.events[after.trigger]}, -1, -1, "
                            f"{region.index}, {k})")  # fmt: skip
            for k, index in enumerate(self._intervals):
                with out.block(f"if dues[k, 1] == {first + k}:"):
                    for event in scope.works_of((index,)):
                        out.add(f"n_gathered = push(gathered, n_gathered, {event}, -1, -1, -1, -1)")

    def stayed(self) -> None:
        """The row of an `after` had its turn."""
        out = self._scope.out
        for k in range(len(self._stays)):
            with out.block(f"if stay_number == {k}:"):
                out.add(f"fired_{k} = due_for_{k}")

    def _stands(self, k: int, region: Region, after: After) -> str:
        """Whether the region is in a state that the timer is about, and it has not fired for this stay."""
        leaves = " or ".join(f"leaf_{region.index} == {leaf}" for leaf in after.leaves)
        entered = self._scope.slot(after.entered)
        return f"({leaves}) and {entered} == {entered} and {entered} != fired_{k}"

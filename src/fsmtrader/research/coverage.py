"""What a spec's tests have touched: states, rows, and both outcomes of each guard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fsmtrader.engine.events import Note, RowTaken, Transition
from fsmtrader.program.ir import Program, Row
from fsmtrader.research.explain import said_trigger


@dataclass(slots=True)
class Coverage:
    """Gathers while tests run. Rows of a region that `for_each` unrolls count once, by where they are written."""

    program: Program
    states: set[tuple[str, str]] = field(default_factory=set)
    rows: set[object] = field(default_factory=set)
    outcomes: set[tuple[object, bool]] = field(default_factory=set)

    def guard(self, row: int, region: int, outcome: bool) -> None:
        """A guard was asked (`Observer`)."""
        self.outcomes.add((_place(self.program.rows[row]), outcome))

    def entered(self, region: int, leaf: int) -> None:
        place = self.program.regions[region]
        self.states.add((place.base, place.leaves[leaf].name))

    def notes(self, notes: Iterable[Note]) -> None:
        bases = {region.name: region.base for region in self.program.regions}
        for note in notes:
            if isinstance(note, RowTaken):
                self.rows.add(_place(self.program.rows[note.row]))
            elif isinstance(note, Transition):
                self.states.add((bases[note.region], note.target))

    def summary(self) -> Summary:
        """Counts, and what is missing, in order of the text."""
        leaves = {(r.base, leaf.name): leaf.span for r in self.program.regions for leaf in r.leaves}
        rows = {_place(row): row for row in self.program.rows}
        asked = {place: row for place, row in rows.items() if row.guard is not None}
        missing = [
            f"{span.line}: state {name} is never entered"
            for (base, name), span in leaves.items()
            if (base, name) not in self.states
        ]
        untaken = [row for place, row in rows.items() if place not in self.rows]
        missing += [f"{row.span.line}: row {_said(self.program, row)} is never taken" for row in untaken]
        for place, row in asked.items():
            assert row.guard is not None
            for outcome in (True, False):
                if (place, outcome) not in self.outcomes:
                    word = "true" if outcome else "anything but true"
                    missing.append(f"{row.guard.span.line}: guard `{row.guard.text}` is never {word}")
        outcomes = sum((place, outcome) in self.outcomes for place in asked for outcome in (True, False))
        return Summary(
            Count(sum(key in self.states for key in leaves), len(leaves)),
            Count(sum(place in self.rows for place in rows), len(rows)),
            Count(outcomes, 2 * len(asked)),
            tuple(sorted(missing, key=lambda line: int(line.split(":")[0]))),
        )


@dataclass(frozen=True, slots=True)
class Count:
    covered: int
    total: int

    @property
    def percent(self) -> int:
        """Whole percents, rounded down: 100 means all."""
        return self.covered * 100 // self.total if self.total else 100

    def reaches(self, percent: int) -> bool:
        """Compared as whole numbers: nothing is lost to rounding."""
        return self.covered * 100 >= percent * self.total

    def __add__(self, other: Count) -> Count:
        return Count(self.covered + other.covered, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Summary:
    states: Count
    rows: Count
    guards: Count
    missing: tuple[str, ...]

    @property
    def total(self) -> Count:
        return self.states + self.rows + self.guards


def _place(row: Row) -> object:
    """Where a row is written: the same for each machine of a `for_each`."""
    return (row.span, row.trigger, row.written_in)


def _said(program: Program, row: Row) -> str:
    target = f" -> {row.target}" if row.target else ""
    return f"{row.written_in}/{said_trigger(program.regions[row.region], row.trigger)}{target}"

"""One event for one region: which row is taken, and what that begins."""

from __future__ import annotations

from fsmtrader.kernel.emit_flights import Flights
from fsmtrader.kernel.emit_plans import Plans
from fsmtrader.kernel.scope import Scope, plain
from fsmtrader.program.ir import Move, Region, Row


class Rows:
    """The rows of one region."""

    def __init__(self, scope: Scope, plans: Plans, flights: Flights, region: Region) -> None:
        self._scope = scope
        self._plans = plans
        self._flights = flights
        self._region = region

    def emit(self) -> None:
        """The event in hand: `move` becomes the number of the row's move in this leaf that is taken, or stays -1."""
        scope, out = self._scope, self._scope.out
        taken: list[int] = []
        first = True
        for name, event in scope.events.items():
            if name not in self._region.triggers:
                continue
            with out.block(f"{'if' if first else 'elif'} {self._is_concerned(name, event)}:  # {plain(name)}"):
                taken += self._leaves(name)
            first = False
        if taken:
            with out.block("if move >= 0:"):
                self._take(taken)

    def _is_concerned(self, name: str, event: int) -> str:
        """An event of an action is its own region's, and of those that name it and are no twins of that."""
        regions = self._scope.program.regions
        if len(regions) == 1:
            return f"event == {event}"
        mine = [f"owner < 0 or owner == {self._region.index}"]
        twins = [region.index for region in regions if region.base == self._region.base]
        rows = (self._scope.program.rows[index] for index in self._region.rows)
        words = sorted({word for row in rows if row.trigger == name for word in row.filter.words})
        named = [self._is_about(word) for word in words]
        if named:
            others = " and ".join(f"owner != {twin}" for twin in twins)
            mine.append(f"({others}) and ({' or '.join(named)})")
        return f"event == {event} and ({' or '.join(mine)})"

    def _is_about(self, word: str) -> str:
        """Whether the event in hand is about a leg or an action."""
        program = self._scope.program
        leg = next((i for i, entry in enumerate(program.legs) if entry.name == word), -1)
        action = next((i for i, entry in enumerate(program.actions) if entry.name == word), -1)
        texts = [f"of_leg == {leg}"] * (leg >= 0) + [f"of_action == {action}"] * (action >= 0)
        return f"({' or '.join(texts)})" if texts else "False"

    def _leaves(self, name: str) -> list[int]:
        """The rows of an event in every leaf, in their order."""
        scope, out = self._scope, self._scope.out
        taken: list[int] = []
        first = True
        for leaf in self._region.leaves:
            moves = [
                (index, move)
                for index, move in enumerate(self._region.moves)
                if move.leaf == leaf.index and scope.program.rows[move.row].trigger == name
            ]
            if not moves:
                continue
            head = f"{'if' if first else 'elif'} leaf_{self._region.index} == {leaf.index}:  # {plain(leaf.name)}"
            with out.block(head):
                for place, (index, move) in enumerate(moves):
                    self._row(index, scope.program.rows[move.row], place == 0)
            taken += [index for index, _ in moves]
            first = False
        return taken

    def _row(self, index: int, row: Row, first: bool) -> None:
        """One row: its filter, its guard, and whether all that its action writes is known."""
        out = self._scope.out
        if first:
            self._guarded(index, row)
            return
        with out.block("if move < 0:"):
            self._guarded(index, row)

    def _guarded(self, index: int, row: Row) -> None:
        scope, out = self._scope, self._scope.out
        conditions = [self._is_about(word) for word in row.filter.words]
        if row.guard is not None:
            conditions.append(scope.truth(row.guard))
        text = " and ".join(f"({condition})" if len(conditions) > 1 else condition for condition in conditions)
        because = f"  # {plain(row.because)}" if row.because else ""
        if not conditions:
            self._ready(index, row, because)
            return
        with out.block(f"if {text}:{because}"):
            self._ready(index, row, "")

    def _ready(self, index: int, row: Row, because: str) -> None:
        out = self._scope.out
        if row.action < 0 or not self._scope.program.actions[row.action].phases:
            out.add(f"move = {index}{because}")
            return
        plan = self._plans.of(row.action, 0)
        if not plan.values:
            out.add(f"move = {index}{because}")
            return
        with out.block(f"if {plan.call}:{because}"):
            out.add(f"move = {index}")

    def _take(self, taken: list[int]) -> None:
        """What the chosen rows do."""
        out = self._scope.out
        out.add("is_news = True")
        for place, index in enumerate(taken):
            move = self._region.moves[index]
            with out.block(f"{'if' if place == 0 else 'elif'} move == {index}:"):
                self._begin(index, move)

    def _begin(self, index: int, move: Move) -> None:
        out, program, r = self._scope.out, self._scope.program, self._region.index
        row = program.rows[move.row]
        goes = move.destination >= 0
        if goes:
            out.add(f"moving_{r} = {index}")
        if row.action >= 0 and program.actions[row.action].trades:
            then = self._flights.arrival(index) if goes else 0
            out.add(*self._flights.begin(row.action, row.index, then, False))
            return
        if row.action >= 0:
            self._flights.do_now(row.action)
        if goes:
            out.add(f"go_{r} = {self._flights.arrival(index)}")
        elif row.action < 0:
            out.add("pass")

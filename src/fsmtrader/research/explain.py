"""Why a machine did what it did: the guards that were asked, with what stood in them at that moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fsmtrader.engine.alerts import shown
from fsmtrader.engine.events import RowTaken
from fsmtrader.engine.ports import Observer
from fsmtrader.program.emit_module import Compiled
from fsmtrader.program.ir import Program, Region, Row
from fsmtrader.program.typed import Asked, Observed, Read, Type, Typed, walk

MOST = 8
MOST_GUARDS = 3
"""guards that an explanation tells of"""
KEPT = 256
"""guards that are remembered; those asked before them are forgotten"""


@dataclass(frozen=True, slots=True)
class Asking:
    """A guard was asked: its row, whether it held, and all values as they were then."""

    row: int
    outcome: bool
    x: tuple[float, ...]


@dataclass(slots=True)
class Decisions:
    """Remembers what guards were asked (`Observer`), and passes it on to the next observer."""

    next: Observer | None
    x: Sequence[float] = ()
    """the values of the machine that is looked at"""
    asked: deque[Asking] = field(default_factory=lambda: deque(maxlen=KEPT))

    def guard(self, row: int, region: int, outcome: bool) -> None:
        self.asked.append(Asking(row, outcome, tuple(self.x)))
        if self.next is not None:
            self.next.guard(row, region, outcome)


def why(program: Program, compiled: Compiled, asked: Sequence[Asking], taken: Sequence[RowTaken]) -> str:
    """The rows that were taken, then the guards that kept others from it: in the values of the decision itself."""
    last = {asking.row: asking for asking in asked}
    rows = {note.row: note for note in taken}
    told = [_taken(program, compiled, program.rows[row], last.get(row)) for row in list(rows)[-MOST_GUARDS:]]
    for row, asking in last.items():
        if row not in rows and len(told) < MOST_GUARDS:
            told.append(_passed(program, compiled, program.rows[row], asking))
    return "; ".join(told)


def _taken(program: Program, compiled: Compiled, row: Row, asking: Asking | None) -> str:
    text = f"{place_of(program, row)} was taken"
    if row.because:
        text += f", because {row.because}"
    if row.guard is None or asking is None:
        return text
    return f"{text}: `{row.guard.text}`{_with_values(program, compiled, row, asking)}"


def _passed(program: Program, compiled: Compiled, row: Row, asking: Asking) -> str:
    assert row.guard is not None, "only guards are asked"
    held = "true, but an action in flight or a value that is not ready kept the row" if asking.outcome else "not true"
    values = _with_values(program, compiled, row, asking)
    return f"{place_of(program, row)}: `{row.guard.text}` was {held}{values}"


def _with_values(program: Program, compiled: Compiled, row: Row, asking: Asking) -> str:
    values = operands(program, row.guard.tree, compiled, list(asking.x)) if row.guard is not None else ""
    return f" ({values})" if values else ""


def place_of(program: Program, row: Row) -> str:
    """`ACTIVE/price_update in line 6`."""
    return f"{row.written_in}/{said_trigger(program.regions[row.region], row.trigger)} in line {row.span.line}"


def said_trigger(region: Region, trigger: str) -> str:
    """A row's event as a reader knows it: rows of `after` by their delay (`after 30s`)."""
    return next((f"after {after.delay.text}" for after in region.afters if after.trigger == trigger), trigger)


def operands(program: Program, tree: Typed, compiled: Compiled, x: list[float]) -> str:
    """`P_t = 100.99, P_ref = 100, MES = 0.01`: each name once, in order of the text."""
    seen: dict[str, str] = {}
    for name, type_, value in _values(program, tree, compiled, x):
        if name not in seen and len(seen) < MOST:
            seen[name] = f"{name} = {shown(value, type_.kind, program.words)}"
    return ", ".join(seen.values())


def _values(program: Program, tree: Typed, compiled: Compiled, x: list[float]) -> Iterator[tuple[str, Type, float]]:
    for node in walk(tree):
        match node:
            case Read(slot=slot, type=type_):
                yield program.slots[slot].name, type_, x[slot]
            case Observed(observable=index, type=type_):
                yield program.observables[index].name, type_, compiled.observable(index)(x)
            case Asked(query=query, type=type_) if not node.arguments:
                yield program.queries[query].text, type_, float("nan")

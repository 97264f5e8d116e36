"""Program -> transition table: current state, event, condition, action, next state (R000-47, document 000 §9.2)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fsmtrader.diagnostics.visible import visible
from fsmtrader.program.ir import Program, Region
from fsmtrader.views.describe import (
    Machine,
    action_text,
    event_text,
    guard_text,
    machines,
    on_the_way,
    rows_of,
)

Layout = Callable[[Sequence[tuple[str, ...]]], str]
HEADINGS = ("state", "event", "condition", "action", "next state")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. `next_state` empty: the state stays."""

    state: str
    leaves: tuple[str, ...]
    """the leaves in which the row stands: the state itself, or a parent's children"""
    event: str
    condition: str
    action: str
    next_state: str
    because: str

    @property
    def cells(self) -> tuple[str, ...]:
        state = self.state if self.leaves in ((), (self.state,)) else f"{self.state} ({', '.join(self.leaves)})"
        condition = self.condition
        if self.because:
            condition = f"{condition} ({self.because})" if condition else f"({self.because})"
        cells = (state, self.event, condition, self.action, self.next_state)
        return tuple(visible(" ".join(cell.split())) for cell in cells)


def lines(program: Program, machine: Machine) -> tuple[Line, ...]:
    """The table of one machine: for each state what runs on entry, its rows in order, what runs on exit."""
    region = machine.region
    found: list[Line] = []
    for state in _states(region):
        leaves = tuple(leaf.name for leaf in region.leaves if state in leaf.path)
        runs = {
            kind: Line(state, leaves, kind, "", action_text(program, region, action), "", "")
            for kind, action in on_the_way(region, state)
        }
        found.extend(line for kind, line in runs.items() if kind == "enter")
        for row in rows_of(program, region):
            if row.written_in == state:
                action = action_text(program, region, row.action)
                found.append(
                    Line(state, leaves, event_text(region, row), guard_text(row), action, row.target, row.because)
                )
        found.extend(line for kind, line in runs.items() if kind == "exit")
    return tuple(found)


def _states(region: Region) -> tuple[str, ...]:
    """Parents and leaves in document order."""
    return tuple(dict.fromkeys(name for leaf in region.leaves for name in leaf.path))


def text_table(program: Program) -> str:
    """Columns of a fixed width, one block for each machine."""
    return "\n".join(_block(program, machine, _as_text) for machine in machines(program))


def markdown_table(program: Program) -> str:
    return "\n".join(_block(program, machine, _as_markdown) for machine in machines(program))


def csv_table(program: Program) -> str:
    """One table for all machines, the machine's name in the first column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("machine", *HEADINGS))
    for machine in machines(program):
        writer.writerows((machine.region.base, *line.cells) for line in lines(program, machine))
    return out.getvalue()


def json_table(program: Program) -> str:
    """Per machine its names and its rows."""
    data = [
        {
            "machine": machine.region.base,
            "instances": list(machine.names),
            "rows": [
                {
                    "state": line.state,
                    "leaves": list(line.leaves),
                    "event": line.event,
                    "condition": line.condition or None,
                    "action": line.action or None,
                    "next_state": line.next_state or None,
                    "because": line.because or None,
                }
                for line in lines(program, machine)
            ],
        }
        for machine in machines(program)
    ]
    return json.dumps(data, indent=2) + "\n"


FORMATS: dict[str, Callable[[Program], str]] = {
    "text": text_table,
    "markdown": markdown_table,
    "csv": csv_table,
    "json": json_table,
}


def _block(program: Program, machine: Machine, layout: Layout) -> str:
    table = [HEADINGS, *(line.cells for line in lines(program, machine))]
    title = f"{machine.title}\n\n" if len(machines(program)) > 1 else ""
    return ("## " if layout is _as_markdown and title else "") + title + layout(table)


def _as_text(table: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADINGS))]
    rule = tuple("-" * width for width in widths)
    shown = [table[0], rule, *table[1:]]
    return "".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() + "\n" for row in shown
    )


def _as_markdown(table: Sequence[tuple[str, ...]]) -> str:
    def cell(text: str) -> str:
        return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")

    shown = ["| " + " | ".join(cell(text) for text in row) + " |\n" for row in table]
    return "".join([shown[0], "|" + "---|" * len(HEADINGS) + "\n", *shown[1:]])

"""The words in which every view speaks of a Program: events, guards, actions, steps and machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.program.ir import (
    Action,
    Alarm,
    Assign,
    Let,
    Primitive,
    Program,
    Record,
    Region,
    Row,
    Set,
    Step,
    Target,
)

_ANONYMOUS = ("do", "enter ", "exit ", "on_fail")
"""what the compiler calls steps that have no name of their own in the spec"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Machines of one text: a region, and the names of all that `for_each` made of it."""

    region: Region
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        names = ", ".join(self.names)
        return names if self.names == (self.region.base,) else f"{self.region.base} ({names})"


def machines(program: Program, name: str | None = None) -> tuple[Machine, ...]:
    """Each region once, whatever number of machines `for_each` made of it; with `name` only that one."""
    groups: dict[str, list[Region]] = {}
    for region in program.regions:
        if region.leaves and (name is None or name in (region.name, region.base)):
            groups.setdefault(region.base, []).append(region)
    return tuple(Machine(group[0], tuple(region.name for region in group)) for group in groups.values())


def rows_of(program: Program, region: Region) -> tuple[Row, ...]:
    """The region's rows, above first."""
    return tuple(sorted((row for row in program.rows if row.region == region.index), key=lambda row: row.order))


def event_text(region: Region, row: Row) -> str:
    """What a row waits for, as it is written under `on` or `after`."""
    for after in region.afters:
        if after.trigger == row.trigger:
            return f"after {after.delay.text}"
    words = ", ".join(row.filter.words)
    return f"{row.trigger}({words})" if words else row.trigger


def guard_text(row: Row) -> str:
    return row.guard.text if row.guard is not None else ""


def action_text(program: Program, region: Region, index: int) -> str:
    """An action by its name; steps without a name are written out. Empty for none (-1)."""
    if index < 0:
        return ""
    action = program.actions[index]
    if action.name.startswith(_ANONYMOUS):
        return steps_text(program, region, action)
    return action.name


def steps_text(program: Program, region: Region, action: Action) -> str:
    """The steps of an action in one line; a semicolon between steps, `wait` between phases."""
    phases = ["; ".join(_step_text(program, region, step) for step in phase.steps) for phase in action.phases]
    return "; wait; ".join(phases)


def on_the_way(region: Region, state: str) -> tuple[tuple[str, int], ...]:
    """What a state or parent runs by being entered and left: ("enter" or "exit", action) of those that it has."""
    for name, enter, leave in region.runs:
        if name == state:
            return tuple((kind, action) for kind, action in (("enter", enter), ("exit", leave)) if action >= 0)
    return ()


def plain_name(region: Region, slot: str) -> str:
    """A slot's name without the keys of the `for_each` row: `fails.buy` is `fails`."""
    suffix = "." + ".".join(region.keys)
    return slot.removesuffix(suffix) if region.keys else slot


def _step_text(program: Program, region: Region, step: Step) -> str:
    match step:
        case Assign(entries=entries):
            return ", ".join(_entry_text(program, region, entry) for entry in entries)
        case Let(entries=entries):
            return ", ".join(_entry_text(program, region, entry) for entry in entries)
        case Primitive():
            return f"{step.name}({', '.join(_arguments(step))})" if any(_arguments(step)) else step.name
        case Alarm(alert=name):
            return f"alert {name}"
        case Record(kind=kind):
            return f"record {kind}"


def _entry_text(program: Program, region: Region, entry: Set | Target) -> str:
    if isinstance(entry, Target):
        return f"q{program.legs[entry.leg].name} = {entry.value.text}"
    name = program.slots[entry.slot].name.removeprefix("let ")
    return f"{plain_name(region, name)} = {entry.value.text}"


def _arguments(step: Primitive) -> Iterator[str]:
    yield from step.legs
    yield from (f"{name}={word}" for name, word in step.words)
    yield from (f"{name}={value.text}" for name, value in step.values)

"""Program -> Mermaid state diagram, and through the extra `mermaidx` to SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.diagnostics import RunError, UsageError, closest
from fsmtrader.diagnostics.visible import visible
from fsmtrader.program.ir import Leaf, Orders, Program, Region, Row
from fsmtrader.views.describe import (
    Machine,
    action_text,
    event_text,
    guard_text,
    machines,
    on_the_way,
    rows_of,
)

INSTALL = "pip install 'fsmtrader[diagram]'"

_LONGEST = 120
"""characters of a label's part; a longer one is cut"""

_PLAIN = re.compile(r"[A-Z][A-Z0-9_]*")
_RESERVED = frozenset(("NOTE", "STATE", "DEFAULT", "SCALE", "CLASSDEF", "CLASS", "STYLE", "CLICK", "END", "DIRECTION"))
"""words that Mermaid would not take for the name of a state"""

_SIGNS = ((" ** ", "^"), (" * ", " · "), (">=", "≥"), ("<=", "≤"), ("!=", "≠"))
_SAFE = re.compile(r"[\w ,.()|\[\]/=+\-^≥≤≠·'?!]", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One machine with the prefix of its states' names in the diagram."""

    program: Program
    machine: Machine
    prefix: str

    @property
    def region(self) -> Region:
        return self.machine.region

    def name(self, state: str) -> str:
        plain = _PLAIN.fullmatch(state) and state not in _RESERVED
        return f"{self.prefix}{state}" if self.prefix or plain else f"s_{state}"


def mermaid(program: Program, region: str | None = None) -> str:
    """The diagram's text: one machine bare, several each in a frame of its own."""
    shown = machines(program, region)
    if region is not None and not shown:
        raise UsageError(_unknown_region(program, region))
    out = ["stateDiagram-v2"]
    for number, machine in enumerate(shown):
        if len(shown) == 1:
            out += (f"    {line}" for line in _machine(_Drawing(program, machine, "")))
            continue
        out.append(f'    state "{label(machine.title)}" as r{number} {{')
        out += (f"        {line}" for line in _machine(_Drawing(program, machine, f"r{number}_")))
        out.append("    }")
    return "\n".join(out) + "\n"


def svg(text: str) -> str:
    """The picture of a diagram's text; UsageError when the extra is not installed."""
    try:
        import mermaidx
    except ImportError as missing:
        raise UsageError(f"SVG needs the extra `diagram`: {INSTALL}") from missing
    try:
        return str(mermaidx.render(text).svg())
    except (RuntimeError, ValueError) as failed:
        raise RunError(f"the diagram could not be drawn: {failed}") from failed


def label(text: str, *, longest: int = _LONGEST) -> str:
    """Text that Mermaid shows as it is: one line, and what has a meaning in Mermaid or HTML as a character code."""
    flat = visible(" ".join(text.split()))
    cut = flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"
    return "".join(c if _SAFE.match(c) or (c.isalnum() and ord(c) > 127) else f"#{ord(c)};" for c in cut)


def formula(text: str) -> str:
    """An expression as a label, with the signs of mathematics."""
    for written, sign in _SIGNS:
        text = text.replace(written, sign)
    return label(text)


def _machine(drawing: _Drawing) -> Iterator[str]:
    region = drawing.region
    yield from _inside(drawing, ())
    for row in rows_of(drawing.program, region):
        yield from _edges(drawing, row)
    for leaf in region.leaves:
        if leaf.final:
            yield f"{drawing.name(leaf.name)} --> [*]"


def _inside(drawing: _Drawing, parents: tuple[str, ...]) -> Iterator[str]:
    """The states below `parents`, the first one's arrow before them."""
    region, depth = drawing.region, len(parents)
    initial = region.leaves[region.initial]
    if initial.path[:depth] == parents:
        yield f"[*] --> {drawing.name(initial.path[depth])}"
    for state in dict.fromkeys(leaf.path[depth] for leaf in region.leaves if leaf.path[:depth] == parents):
        name = drawing.name(state)
        leaf = next((leaf for leaf in region.leaves if leaf.path == (*parents, state)), None)
        if leaf is None:
            yield f"state {name} {{" if name == state else f'state "{label(state)}" as {name} {{'
            for line in _inside(drawing, (*parents, state)):
                yield f"    {line}"
            yield "}"
            continue
        if name != state:
            yield f'state "{label(state)}" as {name}'
        elif parents:
            yield name
        for text in _notes(drawing, leaf):
            yield f"{name} : {text}"


def _notes(drawing: _Drawing, leaf: Leaf) -> Iterator[str]:
    """What a state does by being entered and left, and what it permits. A bare name needs no line."""
    texts = []
    for kind, action in on_the_way(drawing.region, leaf.name):
        texts.append(f"{kind} / {formula(action_text(drawing.program, drawing.region, action))}")
    if leaf.orders is not Orders.ANY:
        texts.append(f"orders {leaf.orders.value}")
    if texts:
        yield label(leaf.name)
        yield from texts


def _edges(drawing: _Drawing, row: Row) -> Iterator[str]:
    """A row as one arrow; where Mermaid cannot draw it (a parent and its own child), one for each leaf."""
    region, text = drawing.region, _edge_text(drawing, row)
    goal = row.target
    moves = [move for move in region.moves if move.row == row.index]
    is_parent = all(leaf.name != row.written_in for leaf in region.leaves)
    related = not goal or any({row.written_in, goal} <= set(leaf.path) for leaf in region.leaves)
    if is_parent and related:
        for move in moves:
            start = region.leaves[move.leaf].name
            end = region.leaves[move.destination].name if move.destination >= 0 else start
            yield f"{drawing.name(start)} --> {drawing.name(end)} : {text}"
        return
    if goal and all(leaf.name != goal for leaf in region.leaves) and moves:
        goal = region.leaves[moves[0].destination].name
    yield f"{drawing.name(row.written_in)} --> {drawing.name(goal or row.written_in)} : {text}"


def _edge_text(drawing: _Drawing, row: Row) -> str:
    parts = [formula(event_text(drawing.region, row))]
    if row.guard is not None:
        parts.append(f"[{formula(guard_text(row))}]")
    action = action_text(drawing.program, drawing.region, row.action)
    if action:
        parts.append(f"/ {formula(action)}")
    if row.because:
        parts.append(f"({label(row.because)})")
    return " ".join(parts)


def _unknown_region(program: Program, region: str) -> str:
    known = sorted({name for r in program.regions for name in (r.name, r.base)})
    near = closest(region, known)
    hint = f"did you mean {near}?" if near else f"the regions are {', '.join(known)}"
    return f"there is no region {visible(region)!r}: {hint}"

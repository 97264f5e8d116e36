"""Which engine makes a run: the machine alone, or the machine with a scout that looks ahead (`scouted`).

The journal is the same with each of them. A scout costs what compiling it costs, once for a spec and a form of data;
what it cannot serve is the machine's. `auto` takes one where it spares more than that (`pace`).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fsmtrader.diagnostics import RunError
from fsmtrader.kernel.cache import Loop, compiled, folder, is_kept, loop_of
from fsmtrader.kernel.emit_loop import emit_scout
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.supports import LOOKED_AT, scout_refusals
from fsmtrader.program.reach import deep, moving_slots
from fsmtrader.program.typed import Asked
from fsmtrader.research.compiled import kernel_of, layout_of, loop_text
from fsmtrader.research.pace import COMPILING_SECONDS, LOADING_SECONDS, pace_of
from fsmtrader.research.run import Prepared
from fsmtrader.research.scouted import Scout
from fsmtrader.research.tracks import moving_in_bands

Say = Callable[[str], None]


class Engine(enum.Enum):
    """What `--engine` may say."""

    AUTO = "auto"
    MACHINE = "machine"
    COMPILED = "compiled"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The engine of a run; `note` says why it is the machine, where another one would have been quicker."""

    name: str
    scout: Scout | None = None
    note: str = ""


MACHINE = Chosen(Engine.MACHINE.value)


def unsaid(text: str) -> None:
    """Nobody is told that something is being compiled."""


def choose(prepared: Prepared, engine: Engine, say: Say = unsaid) -> Chosen:
    """The engine that makes a run; it is compiled here if need be, and `say` is told.

    RunError: the run needs the machine, and another engine was asked for.
    """
    if engine is Engine.MACHINE:
        return MACHINE
    seconds = pace_of(prepared.program, prepared.stream).spared_seconds
    if engine is Engine.AUTO and seconds < LOADING_SECONDS:
        return MACHINE
    why_not = tuple(_refusals(prepared))
    if why_not and engine is Engine.AUTO:
        return replace(MACHINE, note=f"made by the machine engine: {'; '.join(why_not)}")
    if why_not:
        raise RunError("only the machine engine can do this run: " + "; ".join(why_not))
    layout = _layout(prepared)
    text = emit_scout(prepared.program, layout)
    if engine is Engine.SOURCE:
        return Chosen(engine.value, _scout(prepared, layout, loop_of(text), engine))
    if not is_kept(text):
        if engine is Engine.AUTO and seconds < COMPILING_SECONDS:
            return MACHINE
        say("compiling; a new spec takes some seconds, the first one of an installation more")
    return Chosen(Engine.COMPILED.value, _scout(prepared, layout, compiled(text), Engine.COMPILED))


def scout_text(prepared: Prepared) -> str:
    """The loop that looks ahead for the machine, as Python; empty where only the machine can make a run."""
    return "" if any(_refusals(prepared)) else emit_scout(prepared.program, _layout(prepared))


def _layout(prepared: Prepared) -> Layout:
    return layout_of(prepared, moving_in_bands(prepared.program))


def warm(prepared: Prepared, say: Say = unsaid) -> Path:
    """Compile the whole loop of a run, which sweeps use, and its scout; gives where they are kept."""
    text = loop_text(kernel_of(prepared))
    is_said = not is_kept(text)
    if is_said:
        say("compiling; a new spec takes some seconds, the first one of an installation more")
    compiled(text)
    if not any(_refusals(prepared)):
        choose(prepared, Engine.COMPILED, unsaid if is_said else say)
    return folder()


def _scout(prepared: Prepared, layout: Layout, loop: Loop, engine: Engine) -> Scout:
    names = tuple(name for name, _ in loop.state)
    return Scout(engine.value, loop.run, names, layout.sampled, prepared.settings.spread / 2)


def _refusals(prepared: Prepared) -> Iterator[str]:
    """Everything for which a scout does not know enough, in a user's words."""
    program = prepared.program
    yield from scout_refusals(program, layout_of(prepared))
    if prepared.terms.latency.has_feed:
        yield "with latency of the feed news are on their way"
    delays = [after.delay.tree for region in program.regions for after in region.afters]
    moving = {*moving_in_bands(program), *(slot for tree in delays for slot in moving_slots(program, tree))}
    for query in program.queries:
        if query.slot in moving and query.function not in LOOKED_AT:
            yield f"{query.text or query.function} is answered by the machine only"
    asked = (node for tree in delays for node in deep(program, tree) if isinstance(node, Asked))
    for node in asked:
        query = program.queries[node.query]
        yield f"{query.text or query.function} is asked with values that are known only then"

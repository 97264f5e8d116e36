"""The kernel does what the machine does: transitions, orders, fills and books, event by event.

The machine engine is the meaning. Most runs here use the emitted module as plain Python, which starts at once; one goes
through numba.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import AlertRaised, Booked, Effects, InvariantBroken, Operation, Told, Transition
from fsmtrader.kernel import columns as c
from fsmtrader.kernel.cache import compiled, loop_of
from fsmtrader.kernel.emit_loop import emit_module
from fsmtrader.kernel.run import Outcome
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.program.compiler import check_merged
from fsmtrader.program.ir import Program
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.run import Prepared, carry_out, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

SPECS = Path(__file__).parents[2] / "specs"
BANDS = ("band_limited_hedging", "band_limited_hedging_literal", "band_limited_hedging_reentry")
SECOND_US = 1_000_000


@cache
def program_of(text: str) -> Program:
    return check_merged([Source("spec.yml", text.encode())]).require()


def spec(name: str) -> Program:
    return program_of((SPECS / f"{name}.yml").read_text(encoding="utf-8"))


@dataclass
class Heard:
    """What the machine said, in order."""

    transitions: list[tuple[object, ...]] = field(default_factory=list)
    fills: list[tuple[object, ...]] = field(default_factory=list)
    alerts: int = 0
    broken: int = 0
    core: Core | None = None
    own: tuple[str, ...] = ()

    def told(self, now_us: int, items: tuple[Told, ...]) -> None: ...

    def operator(self, now_us: int, operation: Operation) -> None: ...

    def commit(self) -> None: ...

    def effects(self, now_us: int, effects: Effects) -> None:
        for note in effects.notes:
            if isinstance(note, Transition):
                self.transitions.append((note.now_us, note.region, note.source, note.target, note.row))
            elif isinstance(note, Booked):
                self.fills.append((note.now_us, note.leg, note.change, note.price, note.fee, note.realised))
            elif isinstance(note, AlertRaised) and note.name in self.own:
                self.alerts += 1
            elif isinstance(note, InvariantBroken):
                self.broken += 1

    def attach(self, core: Core) -> None:
        self.core = core


def on_machine(prepared: Prepared) -> Heard:
    heard = Heard(own=tuple(alert.name for alert in prepared.program.alerts))
    carry_out(prepared, hooks=Hooks(heard, attach=heard.attach))
    return heard


def on_kernel(prepared: Prepared, text: str = "", place: Path | None = None) -> Outcome:
    """The kernel's run: as plain Python, or compiled into a folder."""
    found = kernel_of(prepared)
    assert found.why_not == ()
    text = text or emit_module(prepared.program, found.layout)
    loop = loop_of(text) if place is None else compiled(text, place)
    stream = prepared.stream
    return run_kernel(prepared.program, found.layout, found.given, stream, stream.last_us, loop, plain=place is None)


def transitions_of(program: Program, outcome: Outcome) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for time_us, r, m in outcome.moves:
        region = program.regions[int(r)]
        move = region.moves[int(m)]
        source, target = region.leaves[move.leaf].name, region.leaves[move.destination].name
        found.append((int(time_us), region.name, source, target, move.row))
    return found


def fills_of(program: Program, outcome: Outcome) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for row in outcome.orders:
        if row[c.O_FILLED] > 0.0:
            change = math.copysign(row[c.O_FILLED], row[c.O_CHANGE])
            leg = program.legs[int(row[c.O_LEG])].name
            found.append((int(row[c.O_TIME]), leg, change, row[c.O_AT], row[c.O_FEE], row[c.O_REALISED]))
    return found


def assert_same(prepared: Prepared, heard: Heard, outcome: Outcome) -> None:
    """Transitions and fills to the last bit; books, cash, variables and counts too."""
    program = prepared.program
    assert transitions_of(program, outcome) == heard.transitions
    assert fills_of(program, outcome) == heard.fills
    assert heard.core is not None
    state = heard.core.state
    books = state.books
    for i, leg in enumerate(program.legs):
        ours = [
            outcome.books[i, column] for column in (c.QUANTITY, c.AVERAGE, c.REALISED, c.FEES, c.FUNDING, c.TURNOVER)
        ]
        theirs = [
            state.x[leg.quantity],
            state.x[leg.average],
            books.realised[i],
            books.fees[i],
            books.funding[i],
            books.turnover[i],
        ]
        np.testing.assert_array_equal(ours, theirs)
    for i, account in enumerate(program.accounts):
        assert outcome.accounts[i, c.CASH] == books.cash[account.name]
    assert [outcome.x[v.slot] for v in program.variables] == [state.x[v.slot] for v in program.variables]
    assert outcome.leaves == tuple(place.leaf for place in heard.core.regions.places)
    assert (outcome.alerts, outcome.broken) == (heard.alerts, heard.broken)


def bars(program: Program, seed: int, count: int = 6_000, **overrides: str) -> Prepared:
    return prepare(program, Settings(bars=count, seed=seed, overrides=overrides))


PARAMETERS: tuple[Mapping[str, str], ...] = (
    {},
    {"k": "6", "alpha": "0.3", "E_max": "20000"},
    {"k": "10", "beta": "0.6", "eta": "0.4", "E_max": "60000"},
    {"q0": "0.05", "E_max": "2000", "tau_max": "1h"},
)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("overrides", PARAMETERS)
@pytest.mark.parametrize("name", BANDS)
def test_band_strategies_on_bars(name: str, overrides: Mapping[str, str], seed: int) -> None:
    prepared = bars(spec(name), seed, **overrides)
    heard = on_machine(prepared)
    assert_same(prepared, heard, on_kernel(prepared))

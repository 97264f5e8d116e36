"""A spec on the simulated venue that is told its prices one by one, and what a test wants to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.stream import SeriesSource, stream_of
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.domain.orders import CancelIntent, OrderIntent, PoolIntent
from fsmtrader.engine.events import Booked, Effects, Note, Operation, Told, Transition
from fsmtrader.program.compiler import check
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import assemble, terms_of
from fsmtrader.research.hooks import Hooks, heard_by
from fsmtrader.research.markets import Markets
from fsmtrader.research.promises import Promise
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.summary import Log, Summary
from fsmtrader.spec.source import Source

SPECS = Path(__file__).parents[2] / "specs"
MINUTE_US = 60_000_000


def compiled(path: Path, *edits: tuple[str, str]) -> Program:
    """A spec, some of its text replaced; each replacement must find its place."""
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return check(Source(path.name, text.encode())).require()


class Floor:
    """One run: every price is a flat bar of a minute, at a venue without spread, ticks and least sizes (`exact`).

    `variance`: what the spec takes for realised variance; None leaves the indicator in its place. `operator`: after
    how many prices an operator says what (half a minute later).
    """

    def __init__(
        self,
        path: Path,
        *edits: tuple[str, str],
        variance: float | None = 0.01,
        operator: Mapping[int, str] | None = None,
        profile: str = "exact",
        **values: str,
    ) -> None:
        if variance is not None:
            edits = (("realized_variance(P_t, window=tau_max)", repr(variance)), *edits)
        self.program = compiled(path, *edits)
        said = tuple((f"+{60 * (n - 1) + 30}s", event) for n, event in (operator or {}).items())
        settings = Settings(overrides=values, spread=0.0, profile=profile, operations=said)
        terms = terms_of(self.program, settings)
        names = [place.name for place in Markets(self.program).places]
        self.log = Log(self.program, terms.fee.rate)
        self.orders: list[OrderIntent] = []
        self.cancels: list[CancelIntent] = []
        self.notes: list[Note] = []
        hooks = heard_by(Hooks(recorder=self), self.log.attach, self.log.heard, self.log.told)
        parts = assemble(self.program, settings, stream_of([SeriesSource(_first())], names), terms, hooks)
        self.core, self.venue, self.simulation = parts.core, parts.venue, parts.simulation
        self.now_us = 0

    # a recorder
    def told(self, now_us: int, items: tuple[Told, ...]) -> None: ...

    def operator(self, now_us: int, operation: Operation) -> None: ...

    def effects(self, now_us: int, effects: Effects) -> None:
        assert not any(isinstance(order, PoolIntent) for order in effects.orders)
        self.orders += [order for order in effects.orders if isinstance(order, OrderIntent)]
        self.cancels += effects.cancels
        self.notes += effects.notes

    def commit(self) -> None: ...

    def at(self, *prices: float | str) -> int:
        """Minutes pass at these prices; how many orders the last of them made."""
        before = 0
        for price in map(float, prices):
            before = len(self.orders)
            self.now_us += MINUTE_US
            self.simulation.step(MarketEvent(self.now_us, Kind.BAR, 0, price, price, price, price, 1.0))
            self.log.after(self.now_us)
        return len(self.orders) - before

    def value(self, name: str) -> float:
        """A quantity, average, parameter, variable or observable, as the next decision would see it."""
        slot = self.program.slot_named(name)
        if slot is not None:
            return self.core.x[slot.index]
        tree = next(entry.value.tree for entry in self.program.observables if entry.name == name)
        return evaluate(tree, self.core.x, self.program.observables, self.core.ask)

    def values(self, *names: str) -> tuple[float, ...]:
        return tuple(self.value(name) for name in names)

    @property
    def mode(self) -> str:
        return self.core.regions.places[0].machine.state

    @property
    def moves(self) -> list[tuple[str, str, str]]:
        return [(n.source, n.target, n.because) for n in self.notes if isinstance(n, Transition)]

    @property
    def fills(self) -> list[Booked]:
        return [note for note in self.notes if isinstance(note, Booked)]

    @property
    def summary(self) -> Summary:
        return self.log.summary("by hand", 0.0, ())

    def promise(self, name: str) -> Promise:
        return next(promise for promise in self.summary.promises if promise.name == name)


def _first() -> BarSeries:
    """What the run is told of its data beforehand: bars of a minute, from the first minute on."""
    one = np.array([100.0])
    return BarSeries("by hand", MINUTE_US, np.array([MINUTE_US]), one, one, one, one, one)


@pytest.fixture
def floor() -> type[Floor]:
    return Floor


@pytest.fixture
def spec() -> Callable[..., Program]:
    """The checked program of a spec with some of its text replaced."""
    return compiled


@pytest.fixture
def band() -> Path:
    return SPECS / "band_limited_hedging.yml"


@pytest.fixture
def literal() -> Path:
    return SPECS / "band_limited_hedging_literal.yml"


@pytest.fixture
def reentry() -> Path:
    return SPECS / "band_limited_hedging_reentry.yml"

"""A spec on the simulated venue that is told its prices one by one, and what a test wants to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.acceptance.looker_on import LookerOn

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.stream import SeriesSource, stream_of
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.engine.events import Booked
from fsmtrader.program.compiler import check
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


class Floor(LookerOn):
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
        super().__init__()
        hooks = heard_by(Hooks(recorder=self), self.log.attach, self.log.heard, self.log.told)
        parts = assemble(self.program, settings, stream_of([SeriesSource(_first())], names), terms, hooks)
        self.core, self.venue, self.simulation = parts.core, parts.venue, parts.simulation
        self.now_us = 0

    def at(self, *prices: float | str) -> int:
        """Minutes pass at these prices; how many orders the last of them made."""
        before = 0
        for price in map(float, prices):
            before = len(self.orders)
            self.now_us += MINUTE_US
            self.simulation.step(MarketEvent(self.now_us, Kind.BAR, 0, price, price, price, price, 1.0))
            self.log.after(self.now_us)
        return len(self.orders) - before

    def values(self, *names: str) -> tuple[float, ...]:
        return tuple(self.value(name) for name in names)

    @property
    def mode(self) -> str:
        return self.core.regions.places[0].machine.state

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

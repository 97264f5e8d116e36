"""Sets on the compiled engine: one loop for all of them, over events that stay in memory, in as many threads as lanes.

A set costs what its own numbers make it cost: the code does not depend on them. What it cannot do (a liquidation, and
whatever `kernel.supports` lists) is told, so that the machine does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fsmtrader.kernel import columns as c
from fsmtrader.kernel.cache import Loop, compiled, is_kept, loop_of
from fsmtrader.kernel.emit_loop import emit_ahead
from fsmtrader.kernel.run import STRIDE, KernelStopped, Outcome
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.program.ir import Side
from fsmtrader.research.assembly import venue_accounts
from fsmtrader.research.compiled import Compilable, kernel_of, layout_of, loop_text
from fsmtrader.research.engines import Engine
from fsmtrader.research.run import Prepared
from fsmtrader.research.sweep.bench import Bench
from fsmtrader.research.sweep.results import Curve, Result
from fsmtrader.research.sweep.sharing import Sharing, with_shared
from fsmtrader.venues.simulated import VenueAccount

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 4_000
"""samples of a curve that is drawn, besides the changes"""
STATUS = {0: "waiting", 1: "opening", 2: "running", 3: "over"}


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """What runs the sets of one layout; without a loop they are not compiled."""

    found: Compilable
    loop: Loop | None = None
    sharing: Sharing | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The kernel cannot run a set."""

    why: str


class Kernels:
    """The loops of a sweep. There are several where a parameter decides what is compiled (a timer that is heard)."""

    def __init__(self, bench: Bench, engine: Engine, *, is_worth: bool, said: Callable[[str], None]) -> None:
        """`is_worth`: whether compiling takes less than it saves, where the engine may be chosen."""
        self._bench = bench
        self._is_source = engine is Engine.SOURCE
        self._may_compile = is_worth or engine is not Engine.AUTO
        self._said = said
        self._known: dict[str, _Ready] = {}

    def get_ready(self, run: Prepared) -> tuple[str, ...]:
        """Compile the loop of a set, if it can be and is not yet; why it never can be."""
        key = layout_of(run).key()
        if key not in self._known:
            found = kernel_of(run)
            self._known[key] = _Ready(found) if found.why_not else self._made(found, len(run.stream))
        return self._known[key].found.why_not

    def _made(self, found: Compilable, events: int) -> _Ready:
        """The loop of a layout, and that of what its sets share."""
        program, layout = found.program, with_shared(found.program, found.layout, events)
        found = replace(found, layout=layout)
        texts = [loop_text(found), *([emit_ahead(program, layout)] if layout.shared or layout.leaps else [])]
        if not self._is_source and not all(map(is_kept, texts)):
            if not self._may_compile:
                return _Ready(found)
            self._said("compiling; a new spec takes some seconds, the first one of an installation more")
        loop, *others = (loop_of(text) if self._is_source else compiled(text) for text in texts)
        sharing = Sharing(program, layout, others[0], is_plain=self._is_source) if others else None
        return _Ready(found, loop, sharing)

    def run(self, run: Prepared, *, is_drawn: bool = False) -> Result | Stopped:
        """Run a set for which all is ready; with more samples for one that `is_drawn`."""
        ready = self._known[layout_of(run).key()]
        found, loop = ready.found, ready.loop
        if found.why_not:
            return Stopped("; ".join(found.why_not))
        if loop is None:
            return Stopped("it is not compiled: that would take longer than it saves")
        accounts = tuple(venue_accounts(run.program, run.settings, run.terms))
        stride = max(len(run.stream) // POINTS, 1) if is_drawn else STRIDE
        given = replace(found.given, x=run.terms.x, accounts=accounts, stride=stride)
        series = ready.sharing.of(run, given) if ready.sharing is not None else ()
        try:
            outcome = run_kernel(
                run.program, found.layout, given, run.stream, run.stream.last_us, loop,
                series=series, plain=self._is_source,
            )  # fmt: skip
        except KernelStopped as stopped:
            return Stopped(str(stopped))
        return self._result(accounts, outcome)

    def _result(self, accounts: Sequence[VenueAccount], outcome: Outcome) -> Result:
        books = outcome.books
        capital = sum(a.capital for a in accounts if a.capital < float("inf"))
        realised = sum(books[:, c.REALISED].tolist())
        curve = self._curve(outcome)
        return Result(
            engine="source" if self._is_source else "compiled",
            ended=STATUS[outcome.status],
            realised=realised,
            unrealised=self._unrealised(outcome),
            fees=sum(books[:, c.FEES].tolist()),
            funding=sum(books[:, c.FUNDING].tolist()),
            turnover=sum(books[:, c.TURNOVER].tolist()),
            fills=int(books[:, c.FILLS].sum()),
            transitions=len(outcome.moves),
            broken=outcome.broken,
            faults=(),
            max_drawdown=outcome.deepest,
            capital=capital,
            stays=self._stays(outcome),
            curve=curve,
        )

    def _signs(self) -> list[float]:
        return [-1.0 if leg.side is Side.SHORT else 1.0 for leg in self._bench.program.legs]

    def _unrealised(self, outcome: Outcome) -> float:
        """Of what is held at the end, at the last prices."""
        total = 0.0
        for index, (leg, sign) in enumerate(zip(self._bench.program.legs, self._signs(), strict=True)):
            quantity, average = outcome.books[index, c.QUANTITY], outcome.books[index, c.AVERAGE]
            price = self._bench.edges.last_prices[self._bench.markets.of_leg[leg.name]]
            total += sign * quantity * (price - average) if quantity else 0.0
        return float(total)

    def _curve(self, outcome: Outcome) -> Curve:
        """The samples, and what was held at each: the sum of the orders' fills until then."""
        import numpy as np

        samples, orders = outcome.samples, outcome.orders
        markets = len(self._bench.markets)
        time_us = samples[:, c.S_TIME].astype(np.int64)
        gains = np.zeros((len(samples), markets))
        filled = orders[orders[:, c.O_FILLED] > 0.0]
        for index, (leg, sign) in enumerate(zip(self._bench.program.legs, self._signs(), strict=True)):
            own = filled[filled[:, c.O_LEG] == index]
            held = np.concatenate(([0.0], np.cumsum(np.sign(own[:, c.O_CHANGE]) * own[:, c.O_FILLED])))
            until = np.searchsorted(own[:, c.O_TIME], samples[:, c.S_TIME], side="right")
            gains[:, self._bench.markets.of_leg[leg.name]] += sign * held[until]
        prices = samples[:, c.S_PRICES : c.S_PRICES + markets]
        return Curve(time_us, samples[:, c.S_EQUITY], gains, prices)

    def _stays(self, outcome: Outcome) -> dict[tuple[str, str], float]:
        """Seconds in each state, from the moves."""
        found: dict[tuple[str, str], float] = {}
        if outcome.started_us < 0:
            return found
        for region in self._bench.program.regions:
            leaf, since = region.initial, outcome.started_us
            own = outcome.moves[outcome.moves[:, c.M_REGION] == region.index]
            entries = [(int(time_us), region.moves[int(move)].destination) for time_us, _, move in own.tolist()]
            for time_us, target in [*entries, (self._bench.edges.last_us, -1)]:
                key = (region.name, region.leaves[leaf].name)
                found[key] = found.get(key, 0.0) + (time_us - since) / 1e6
                leaf, since = target, time_us
        return found

"""A run in which a scout looks ahead: a compiled loop over quiet events, and the machine for all that happens.

Most events of a market change a price and nothing else. The scout takes them in, samples indicators and equity, and
comes back at the first instant of which anything may come; the machine does that one as it does every one, in its
middle if need be, so that journal and tables are the machine's own, byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsmtrader.data.events import EventBatch
from fsmtrader.data.stream import EventStream
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.engine.events import Resumed
from fsmtrader.engine.state import Status
from fsmtrader.kernel.columns import EVENT, LOOK, OUT_OF_ROOM, S_PEAK, S_PRICES, S_TIME, TIME, WORK
from fsmtrader.research.assembly import Assembly
from fsmtrader.research.equity import Samples
from fsmtrader.research.handover import Handover
from fsmtrader.research.handover_orders import has_nothing_in_hand
from fsmtrader.research.summary import Log

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROOM = 8_192
"""samples of the equity that a scout may take before it comes back"""
KINDS = tuple(Kind)
TRIAL = 64
"""looks after which it is judged whether they are worth their while"""
LEAST_QUOTING = 0.5
"""the same where there are working quotes, at which the machine takes a closer look with every event"""
LEAST = 8.0
"""quiet events that a look has to find on average; to look costs about as much as the machine takes for so many"""
MOST_REST = 65_536
After = Sequence[Callable[[int], None]]
"""who is told that an event of the market is wholly done"""
Through = Callable[[EventBatch, Callable[[int], None]], None]
"""takes a run through a batch; its second argument is told how many events are done"""


@dataclass(frozen=True, slots=True)
class Scout:
    """A loop that looks ahead, made for one program and one form of data.

    engine: compiled or source (plain Python, which is handed lists in place of arrays). names: of its scalars, in
    order. sampled: slots whose values stand in its samples.
    """

    engine: str
    look: Callable[..., tuple[int, int, int, int]]
    names: tuple[str, ...]
    sampled: tuple[int, ...]
    half_spread: float

    @property
    def is_plain(self) -> bool:
        return self.engine == "source"


class Scouted:
    """Takes one run through its market, quiet stretches by the scout and the rest by the machine.

    Where something happens all the time the machine goes alone for a while (`machine`), longer each time.
    """

    def __init__(
        self, scout: Scout, assembly: Assembly, stream: EventStream, log: Log, after: After, machine: Through
    ) -> None:
        import numpy as np

        self._scout, self._assembly, self._log, self._after = scout, assembly, log, after
        self._machine = machine
        kinds = [stream.kinds(market) for market in range(len(assembly.markets))]
        self._hand = Handover(assembly, kinds, log.curve, scout.names, is_plain=scout.is_plain)
        self._of_leg = [assembly.markets.of_leg[leg.name] for leg in assembly.core.program.legs]
        self._of_slot = S_PRICES + len(assembly.markets)
        """the column of the first slot in a row of samples"""
        self._samples: Floats = np.empty((ROOM, self._of_slot + len(scout.sampled)))
        self._is_known = False
        self._is_settled = True
        """whether the machine has seen what the scout has done"""
        self._looks = self._found = self._rest = 0
        self._next_rest = TRIAL

    def through(self, batch: EventBatch, done: Callable[[int], None]) -> None:
        """All events of a batch; `done` is told how many, as they are."""
        columns = self._columns(batch)
        i, count = 0, len(batch)
        while i < count:
            if self._rest:
                i = self._alone(batch, i, done)
                continue
            stop = self._stop(batch, i) if self._can_look() else i
            j = self._ahead(batch, columns, i, stop) if stop > i else self._step(batch, i)
            done(j - i)
            i = j
        self._settle()

    def _columns(self, batch: EventBatch) -> list[Any]:
        """A batch as the scout takes it: numba compiles anew for every other form of array."""
        import numpy as np

        columns = (batch.time_us, batch.kind, batch.market, batch.a, batch.b, batch.c, batch.d)
        if self._scout.is_plain:
            return [column.tolist() for column in columns]
        return [np.require(column, requirements=("C", "W")) for column in columns]

    # -- who goes on -------------------------------------------------------------------------------------------------

    def _can_look(self) -> bool:
        """Whether everything that may happen next is something that the scout knows of."""
        parts, status = self._assembly, self._assembly.core.state.status
        own = self._hand.own
        is_alone = parts.simulation.is_quiet and parts.venue.is_quiet
        return (
            (is_alone if own is None else has_nothing_in_hand(parts, own))
            and self._log.is_settled
            and (status is Status.RUNNING or not self._scout.sampled)
            and self._knows_filters()
        )

    def _knows_filters(self) -> bool:
        """Whether the filters of every contract are known; the venue may derive them from a first price."""
        if not self._is_known:
            legs = self._assembly.core.program.legs
            self._is_known = all(self._assembly.venue.instrument(leg.name) is not None for leg in legs)
        return self._is_known

    def _stop(self, batch: EventBatch, i: int) -> int:
        """How far the scout may look: up to what only the machine knows of. What is due at a moment comes after the
        market events of that moment."""
        due = min(self._assembly.simulation.left_us(), self._log.next_us)
        last_us = int(batch.time_us[-1])
        return len(batch) if due > last_us else int(batch.time_us.searchsorted(due, side="right"))

    # -- the machine -------------------------------------------------------------------------------------------------

    def _alone(self, batch: EventBatch, i: int, done: Callable[[int], None]) -> int:
        """As many events as it has been said."""
        self._settle()
        part = batch.part(slice(i, i + self._rest))
        self._rest -= len(part)
        self._machine(part, done)
        return i + len(part)

    def _settle(self) -> None:
        if not self._is_settled:
            self._is_settled = True
            self._assembly.simulation.settle()

    def _step(self, batch: EventBatch, i: int) -> int:
        """One event, wholly."""
        self._settle()
        time_us, kind, market, *numbers = (column[i].item() for column in batch.columns)
        self._assembly.simulation.step(MarketEvent(time_us, KINDS[kind], market, *numbers))
        self._is_done(time_us)
        return i + 1

    def _is_done(self, time_us: int) -> None:
        for look in self._after:
            look(time_us)

    # -- the scout ---------------------------------------------------------------------------------------------------

    def _ahead(self, batch: EventBatch, columns: list[Any], i: int, stop: int) -> int:
        """As far as it is quiet, and then one instant of the machine. Gives the next event that is to be done."""
        hand, scout = self._hand, self._scout
        samples = self._samples[: min(ROOM, self._log.curve.room)]
        hand.tell()
        why, j, count, place = scout.look(
            i, stop, 0, *columns, hand.x, hand.s, hand.memory, hand.constants, samples, scout.half_spread
        )
        hand.learn(batch, i, j)
        self._is_settled = False
        self._judge(j - i)
        source = int(hand.value("source")) if why in (LOOK, WORK) else -1
        is_begun = why in (LOOK, WORK) and source == -1
        assert j > i or why not in (OUT_OF_ROOM, LOOK, WORK) or not is_begun, "a scout comes on"
        self._take_in(batch, i, j - is_begun, samples[:count])
        if why == EVENT:
            return self._step(batch, j)
        if why == TIME:
            assert self._assembly.core.next_timer() < batch.time_us[j], "a timer is due before the next event"
            self._settle()
            self._assembly.simulation.tick()
        elif why in (LOOK, WORK):
            sources = self._sources(batch, j - 1) if is_begun else (source,) if source >= 0 else ()
            is_news, now_us = hand.value("is_news") != 0.0, self._assembly.core.state.now_us
            in_hand = why == WORK
            hand.ask()
            self._assembly.simulation.resume(Resumed(now_us, sources, place - in_hand, in_hand, is_news))
            self._is_settled = True
            if is_begun:
                self._is_done(int(batch.time_us[j - 1]))
        return j

    def _judge(self, found: int) -> None:
        """Whether looking ahead finds enough that is quiet."""
        self._looks += 1
        self._found += found
        if self._looks == TRIAL:
            is_worth = self._found >= (LEAST_QUOTING if self._hand.own is not None else LEAST) * TRIAL
            self._rest = 0 if is_worth else self._next_rest
            self._next_rest = TRIAL if is_worth else min(2 * self._next_rest, MOST_REST)
            self._looks = self._found = 0

    def _sources(self, batch: EventBatch, i: int) -> tuple[int, ...]:
        """The raw events that an event of the market is."""
        return self._assembly.markets.sources(KINDS[batch.kind[i]], int(batch.market[i]))

    def _take_in(self, batch: EventBatch, start: int, stop: int, rows: Floats) -> None:
        """Quiet events, for who looks at all of them."""
        if stop == start:
            return
        hand, last_us = self._hand, int(batch.time_us[stop - 1])
        self._log.stretch(stop - start, last_us)
        moving = {slot: rows[:, self._of_slot + k] for k, slot in enumerate(self._scout.sampled)}
        prices = [rows[:, S_PRICES + market] for market in self._of_leg]
        samples = Samples(rows[:, S_TIME].astype("int64"), rows[:, S_PEAK], prices, moving)
        self._log.curve.stretch(stop - start, last_us, hand.value("peak"), hand.value("deepest"), samples)

"""A run by the machine alone, over many quiet events at a time.

Of news that change nothing but prices venue and eyes need to hear the last only, what a spec asks is answered for all
of them at once, and so is the equity after each. What is left for each event is what the spec looks at: one loop
(`Quiet.walk`), which ends at the first event, or moment before it, of which something comes. Where something happens
all the time the events are taken one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.events import EventBatch
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.research.assembly import Assembly
from fsmtrader.research.summary import Log
from fsmtrader.research.tracks import moving_in_bands
from fsmtrader.venues.simulated.harmless import harmless

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEVER = float("inf")
PROGRESS_EVERY = 2_000
"""events between two words about progress"""
WALKED = (Kind.BOOK, Kind.TRADE, Kind.BAR)
MOST = 8_192
"""events that are looked at together"""
LEAST = 32
"""events that a walk has to find on average; it costs about as much as so many by themselves"""
TRIAL = 16
"""walks after which that is judged"""
MOST_REST = 65_536
KINDS = tuple(Kind)
Looks = Sequence[Callable[[int], None]]
"""who is told that an event of the market is wholly done"""
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """Events of one kind in one market. `given`: by slot, what is answered after each; `price`: by leg, its price."""

    events: EventBatch
    kind: Kind
    market: int
    times: list[int]
    given: dict[int, list[float]]
    price: dict[str, Floats]

    def event(self, place: int) -> MarketEvent:
        """One of them."""
        numbers = [column[place].item() for column in self.events.columns[3:]]
        return MarketEvent(self.times[place], self.kind, self.market, *numbers)


class Walked:
    """Takes one run through its market. `after` hear of events of which something may have come."""

    def __init__(self, assembly: Assembly, log: Log, after: Looks) -> None:
        self._assembly, self._log, self._after = assembly, log, after
        self._simulation = assembly.simulation
        self._kept = moving_in_bands(assembly.core.program)
        """slots whose values a sample of the equity needs"""
        self._is_known = False
        self._reach = MOST
        """how far the next walk may go"""
        self._walks = self._found = self._rest = 0
        self._next_rest = TRIAL

    def through(self, batch: EventBatch, done: Done) -> None:
        """All events of a batch; `done` is told how many, as they are."""
        for part, are_alike in _parts(batch):
            kind, market = KINDS[part.kind[0]], int(part.market[0])
            if not are_alike or not self._is_walked(kind, market):
                self._steps(part, done)
                continue
            i = 0
            while i < len(part):
                ahead = part.part(slice(i, i + (self._rest or MOST)))
                i += self._alone(ahead, done) if self._rest else self._over(ahead, kind, market, done)

    def _is_walked(self, kind: Kind, market: int) -> bool:
        """Whether the last of such events tells all of them; levels of a book do not."""
        markets = self._assembly.seen.markets
        return kind in WALKED and market < len(markets) and markets[market].depth is None

    def _over(self, events: EventBatch, kind: Kind, market: int, done: Done) -> int:
        """Walk over events of one kind in one market, as long as it is worth while; gives how many are done."""
        given, price = self._assembly.seen.over(market, kind, events)
        answers = {slot: column.tolist() for slot, column in given.items()}
        ahead = Ahead(events, kind, market, events.time_us.tolist(), answers, price)
        i = 0
        while i < len(events) and not self._rest:
            stop = self._stop(ahead, i) if self._can_walk() else i
            found, j = self._walk(ahead, i, stop) if stop > i else (0, self._step(ahead, i))
            self._judge(found)
            done(j - i)
            i = j
        return i

    # -- events one by one -------------------------------------------------------------------------------------------

    def _alone(self, events: EventBatch, done: Done) -> int:
        """As many as it has been said."""
        self._rest -= len(events)
        self._steps(events, done)
        return len(events)

    def _steps(self, events: EventBatch, done: Done) -> None:
        step, always, count = self._simulation.step, self._log.after, 0
        for event in events:
            if step(event):
                self._is_done(event.time_us)
            else:
                always(event.time_us)
            count += 1
            if count % PROGRESS_EVERY == 0:
                done(PROGRESS_EVERY)
        done(count % PROGRESS_EVERY)

    def _step(self, ahead: Ahead, i: int) -> int:
        if self._simulation.step(ahead.event(i)):
            self._is_done(ahead.times[i])
        else:
            self._log.after(ahead.times[i])
        return i + 1

    def _is_done(self, time_us: int) -> None:
        for look in self._after:
            look(time_us)

    # -- many at once ------------------------------------------------------------------------------------------------

    def _can_walk(self) -> bool:
        """Whether nothing is in hand, and nothing waits to be written down with the next event."""
        parts = self._assembly
        is_settled = self._log.is_settled and self._log.next_us == NEVER
        return self._simulation.can_walk and is_settled and parts.venue.is_quiet and self._knows_filters()

    def _knows_filters(self) -> bool:
        """Whether the filters of every contract are known; the venue may derive them from a first price."""
        if not self._is_known:
            legs = self._assembly.core.program.legs
            self._is_known = all(self._assembly.venue.instrument(leg.name) is not None for leg in legs)
        return self._is_known

    def _stop(self, ahead: Ahead, i: int) -> int:
        """How far a walk may go: as long as the venue has nothing to do, and up to what only the core knows of. What is
        due at a moment comes after the market events of that moment."""
        events = ahead.events.part(slice(i, i + self._reach))
        stop = i + harmless(self._assembly.venue.books[ahead.market], events, ahead.kind)
        due = self._simulation.rare_us()
        return stop if due >= ahead.times[-1] else min(stop, bisect_right(ahead.times, due))

    def _walk(self, ahead: Ahead, i: int, stop: int) -> tuple[int, int]:
        """Quiet events, and then one of which something comes. Gives how many were quiet, and the next that is to be
        done."""
        sources = self._assembly.markets.sources(ahead.kind, ahead.market)
        given = {slot: values[i:stop] for slot, values in ahead.given.items()}
        kept: dict[int, list[float]] = {slot: [] for slot in self._kept}
        keep = {slot: values.append for slot, values in kept.items()}
        found, left, is_begun = self._simulation.walk(sources, ahead.times[i:stop], given, keep)
        j = i + found
        self._take_in(ahead, i, j, kept)
        for place in range(max(i, j + is_begun - 2), j + is_begun):
            self._simulation.prime(ahead.event(place))
        if left is None:
            return found, j
        self._simulation.resume(left)
        if not is_begun:
            self._simulation.step(ahead.event(j))
        self._is_done(ahead.times[j])
        return found, j + 1

    def _take_in(self, ahead: Ahead, i: int, j: int, kept: Mapping[int, Sequence[float]]) -> None:
        """Quiet events, for who looks at all of them."""
        import numpy as np

        if i == j:
            return
        price = {leg: column[i:j] for leg, column in ahead.price.items()}
        moving = {slot: np.array(values) for slot, values in kept.items()}
        self._log.stretch(j - i, ahead.times[j - 1])
        self._log.curve.over(ahead.events.time_us[i:j], price, moving)

    def _judge(self, found: int) -> None:
        """Whether walks find enough that is quiet, and how far the next one may go."""
        self._reach = min(MOST, 4 * max(found, LEAST))
        self._walks += 1
        self._found += found
        if self._walks == TRIAL:
            is_worth = self._found >= LEAST * TRIAL
            self._rest = 0 if is_worth else self._next_rest
            self._next_rest = TRIAL if is_worth else min(2 * self._next_rest, MOST_REST)
            self._walks = self._found = 0


def _parts(batch: EventBatch) -> Iterator[tuple[EventBatch, bool]]:
    """A batch in parts of one kind and one market each; where these would be short, in parts of several (False)."""
    import numpy as np

    changes = np.flatnonzero((np.diff(batch.kind) != 0) | (np.diff(batch.market) != 0)) + 1
    start = begin = 0
    """of the events that are alike, and of those before them that are not"""
    for end in (*changes.tolist(), len(batch)):
        if end - start >= LEAST:
            if begin < start:
                yield batch.part(slice(begin, start)), False
            yield batch.part(slice(start, end)), True
            begin = end
        start = end
    if begin < len(batch):
        yield batch.part(slice(begin, len(batch))), False

"""Virtual time: market events, the venue's own moments, news that is on its way, the operator and timers, in order.

At one moment: the exchange's event, then what arrives at the venue and what it answers, then what is seen of the market
(what comes at one moment in the order of the stream), then the operator, then timers. Without latency all of the first
three are one input of the core.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from math import ceil, nextafter

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.market import Kind, MarketEvent, is_last
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Answers, Clock, Input, Market, Operation, Operator
from fsmtrader.engine.ports import SimulatedVenue
from fsmtrader.engine.quiet import Kept, Quiet

NEVER = float("inf")
DEPTH = Kind.DEPTH
MOMENT_LIMIT = 5_000_000
"""moments of its own that a run may have between two market events"""


class Simulation:
    """Steps a driver through a market. `see` takes in an event that has reached us; `sources` names its raw events.

    `arrives_us`: when an event reaches us, asked once for each in the order of the stream; without it at once. `quiet`
    begins the instants; without it the core does all of each.
    """

    def __init__(
        self,
        driver: Driver,
        venue: SimulatedVenue,
        see: Callable[[MarketEvent], None],
        sources: Callable[[MarketEvent], tuple[int, ...]],
        arrives_us: Callable[[MarketEvent], int] | None = None,
        operations: Iterable[tuple[int, Operation]] = (),
        quiet: Quiet | None = None,
    ) -> None:
        self._driver = driver
        self._venue = venue
        self._see = see
        self._sources = sources
        self._arrives_us = arrives_us
        self._on_the_way: list[tuple[int, int, MarketEvent]] = []
        """a heap: when an event reaches us, its number in the stream"""
        self._count = 0
        self._operations = deque(sorted(operations, key=lambda entry: entry[0]))
        self._quiet = quiet
        self._is_told = False
        """whether the core was told something since the last event of the market"""

    def step(self, event: MarketEvent) -> bool:
        """One event of the market, after all that happens before it. Gives whether something may have come of it."""
        self._is_told = False
        time_us, quiet = event.time_us, self._quiet
        if quiet is None or self._on_the_way or self._operations or self._venue.next_us() < time_us:
            self.until(time_us)
        elif quiet.next_us < time_us:
            rest = quiet.until(time_us)
            if rest is not None:
                self._deliver(rest)
                self.until(time_us)
        told = self._venue.news(event)
        if event.kind is DEPTH and not is_last(event):
            self._take_in(event)
            return False
        if self._arrives_us is None:
            self._see(event)
            sources = self._sources(event)
            rest = Market(time_us, sources, told) if told or quiet is None else quiet.market(time_us, sources)
            if rest is not None:
                self._deliver(rest)
            return self._is_told
        if told:
            self._deliver(Answers(time_us, told))
        self._send(event, self._arrives_us(event))
        return self._is_told

    def _take_in(self, event: MarketEvent) -> None:
        """A row within a message: the book is not whole, and nobody is told."""
        if self._arrives_us is None:
            self._see(event)
        else:
            self._send(event, self._arrives_us(event))

    def _send(self, event: MarketEvent, due_us: int) -> None:
        """News go on their way to us."""
        heappush(self._on_the_way, (due_us, self._count, event))
        self._count += 1

    def _news(self, now_us: int, sources: tuple[int, ...]) -> None:
        """What is seen of the market has changed."""
        rest = Market(now_us, sources) if self._quiet is None else self._quiet.market(now_us, sources)
        if rest is not None:
            self._deliver(rest)

    def _deliver(self, event: Input) -> None:
        """Something that the core has to know."""
        self._is_told = True
        self._driver.deliver(event)
        if self._quiet is not None:
            self._quiet.settle()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is in hand or on its way: what the market tells next is told to the core at once."""
        core = self._driver.core
        return core.is_quiet and self._arrives_us is None and self._venue.next_us() == NEVER

    @property
    def can_walk(self) -> bool:
        """Whether news can be taken in one after the other by `walk`."""
        return self._quiet is not None and self._quiet.can_walk and self.is_quiet

    def walk(
        self, sources: tuple[int, ...], times: Sequence[int], given: Mapping[int, Sequence[float]], kept: Kept
    ) -> tuple[int, Input | None, bool]:
        """The instants of news that follow each other, and of timers between them (`Quiet.walk`).

        Venue and eyes have not seen them: who asks tells them afterwards (`prime`), and then the core (`resume`).
        """
        assert self._quiet is not None, "somebody has asked whether it can be"
        return self._quiet.walk(sources, times, given, kept)

    def rare_us(self) -> float:
        """When something is due next that is neither market nor an interval nor a time in a state."""
        told = self._operations[0][0] if self._operations else NEVER
        return min(told, self._driver.core.rare_us())

    def left_us(self) -> float:
        """The same for who minds the clocks of indicators and slots as well; the venue's next moment is among it."""
        told = self._operations[0][0] if self._operations else NEVER
        return min(told, self._driver.core.left_us(), self._venue.next_us())

    def tick(self) -> None:
        """The next moment at which a timer is due."""
        self.until(nextafter(self._driver.core.next_timer(), NEVER))

    def settle(self) -> None:
        """Somebody else has let time pass: see how the core stands now."""
        if self._quiet is not None:
            self._quiet.settle()

    def resume(self, event: Input) -> None:
        """An instant that somebody else has begun, or what one has come to."""
        self._deliver(event)

    def prime(self, event: MarketEvent) -> None:
        """News from before the run begins, or that were walked over: venue and eyes take it in, nobody decides."""
        self._venue.news(event)
        self._see(event)

    def until(self, time_us: float) -> None:
        """Everything that happens before a moment."""
        for _ in range(MOMENT_LIMIT):
            other = self._other_us()
            rest = self._timer(min(other, time_us))
            if rest is not None:
                self._deliver(rest)
            elif other < time_us:
                self._other(other)
            else:
                return
        raise RunError(f"more than {MOMENT_LIMIT:,} timers and answers before the next market event")

    def _timer(self, before_us: float) -> Input | None:
        """The first timer before a moment of which something may come; quiet ones are done."""
        if self._quiet is not None:
            return self._quiet.until(before_us)
        core = self._driver.core
        timer = core.next_timer()
        return Clock(max(ceil(timer), core.state.now_us)) if timer < before_us else None

    def _other_us(self) -> float:
        """When something is due that is no timer: of the venue, on its way to us, of the operator."""
        due = self._venue.next_us()
        if self._on_the_way:
            due = min(due, self._on_the_way[0][0])
        if self._operations:
            due = min(due, self._operations[0][0])
        return due

    def _other(self, due: float) -> None:
        """The first of what is due at this moment."""
        now_us = max(int(due), self._driver.core.state.now_us)
        if self._venue.next_us() == due:
            answers = self._venue.advance(now_us)
            if answers:
                self._deliver(Answers(now_us, answers))
        elif self._on_the_way and self._on_the_way[0][0] == due:
            _, _, event = heappop(self._on_the_way)
            self._see(event)
            if event.kind is not DEPTH or is_last(event):
                self._news(now_us, self._sources(event))
        else:
            self._deliver(Operator(now_us, self._operations.popleft()[1]))

    def finish(self, end_us: int) -> None:
        """The market has ended: what is due until then still happens."""
        self.until(end_us + 1)

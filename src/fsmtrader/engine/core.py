"""The core: events in, effects out. It decides, and does nothing else: no clock, no venue, no file.

One instant: answers of accounts, then market events in stream order, then timers by deadline. For each the ledger, the
indicators of that clock once, then the raw event and the named ones in the order of `events`; each goes to the regions
in order of declaration. After each, what is wanted goes out, and what is answered at once is fed in before the next:

    effects = core.deliver(event)
    ...                                  # carry them out; answers: core.deliver(Answers(now, (...)))
    while effects.more: effects = core.proceed()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fsmtrader.engine.alerts import Alerts
from fsmtrader.engine.answering import Answering
from fsmtrader.engine.clocks import Clocks
from fsmtrader.engine.desk import Desk
from fsmtrader.engine.events import Answers, Clock, Effects, Fault, Input, Market, Operator, Raised, Resumed
from fsmtrader.engine.exposure import Exposure
from fsmtrader.engine.flight import Flight
from fsmtrader.engine.indicators import Indicators
from fsmtrader.engine.inputs import Inputs
from fsmtrader.engine.invariants import Invariants
from fsmtrader.engine.ledger import Books
from fsmtrader.engine.lots import LotQueues
from fsmtrader.engine.orders import Orders
from fsmtrader.engine.permissions import permits, strictest
from fsmtrader.engine.phases import Phases
from fsmtrader.engine.ports import Ages, Compiled, MarketPort, Observer, Witness
from fsmtrader.engine.quotes import Quotes, SlotState
from fsmtrader.engine.raising import Raising
from fsmtrader.engine.regions import Regions
from fsmtrader.engine.reports import Reports
from fsmtrader.engine.risk import Risk
from fsmtrader.engine.start import Start
from fsmtrader.engine.state import State, Status, Work, field_slots
from fsmtrader.engine.timers import Timers
from fsmtrader.program.emit_module import load
from fsmtrader.program.ir import EventKind, Program, Source
from fsmtrader.program.ir import Orders as Permission
from fsmtrader.program.parameters import parameter_values
from fsmtrader.program.reach import watches_fields

ROUND_LIMIT = 64
RUNNING = Status.RUNNING
BEFORE = (Status.WAITING, Status.OPENING)
DEAF = (Status.STOPPED, Status.OVER, Status.WAITING)
SETTLED = (RUNNING, Status.STOPPED, Status.OVER)
HELD = (EventKind.MARKET, EventKind.TIME, EventKind.NAMED)
"""what a halt holds back"""
Compiler = Callable[[Program, Mapping[int, int], Callable[[int, tuple[float, ...]], float]], Compiled]
_NOTHING_PINNED: Mapping[int, int] = MappingProxyType({})


class Core:
    """One machine of a program. `parameters` are overrides by slot; `extra` slots stand behind the program's own.

    `shares`: a scout looks ahead for it, and works on the indicators' memories in between.
    """

    def __init__(
        self,
        program: Program,
        parameters: Mapping[int, float],
        market: MarketPort,
        *,
        compiler: Compiler = load,
        pinned: Mapping[int, int] = _NOTHING_PINNED,
        extra: int = 0,
        observer: Observer | None = None,
        witness: Witness | None = None,
        heard: Callable[[Source], bool] | None = None,
        ages: Ages | None = None,
        shares: bool = False,
    ) -> None:
        x = parameter_values(program.parameters, len(program.slots), parameters) + [float("nan")] * extra
        compiled = compiler(program, pinned, self.ask)
        self.program = program
        self.state = State(program, compiled, market, x, Books(program, x), observer, witness)
        self.x = x
        self._build(heard, ages, shares)

    def _build(self, heard: Callable[[Source], bool] | None, ages: Ages | None, shares: bool) -> None:
        state = self.state
        state.ask = self.ask
        self.raising = Raising(state)
        self.exposure = Exposure(len(self.program.legs))
        self.risk = Risk(state, self.exposure, ages)
        self.lots = LotQueues(state, self.exposure)
        self.quotes = Quotes(state, self.permission, self.risk, self._slot_refused)
        self.inputs = Inputs(state, self.quotes, self.lots)
        state.refresh = self.inputs.refresh_own
        self.indicators = Indicators(state, shares)
        self.alerts = Alerts(state)
        self.orders = Orders(state, self.permission, self._told, self.risk, self.lots)
        self.phases = Phases(state, self.orders, self._ended, self._judge, self.alerts.step, self.quotes.cancel_side)
        self.regions = Regions(state, self.phases, self.indicators, self._tightened)
        self.invariants = Invariants(state, lambda region: self.regions.places[region].leaf)
        is_heard = heard or (lambda source: True)
        self.timers = Timers(
            state, self.regions.places, lambda source: is_heard(source) and self.raising.is_heard(source)
        )
        self.desk = Desk(state, self.regions, self.phases, self.quotes)
        self.reports = Reports(state)
        self._start = Start(state, self.orders, self.risk)
        self.answering = Answering(
            state,
            self.exposure,
            self._start,
            self.orders,
            self.phases,
            self.quotes,
            self.lots,
            self.raising,
            self._fault,
        )
        self._fields = field_slots(self.program.slots)
        self._clocks = Clocks(
            state, self.regions.places, self.timers, self.indicators, self.quotes, self.desk, self.reports, self.lots
        )
        self._always_look = watches_fields(self.program)
        """whether an event of itself changes what quotes, invariants and alerts look at"""

    # -- the outside -------------------------------------------------------------------------------------------------

    def deliver(self, event: Input) -> Effects:
        """Take one event in, and go on until something is to be done outside, or all is done."""
        state = self.state
        self.quotes.is_settled = False
        if event.now_us > state.now_us:
            state.rounds = 0
            if state.status in BEFORE:
                state.work.clear()
        state.set_now(max(state.now_us, event.now_us) if isinstance(event, Answers) else event.now_us)
        match event:
            case Market():
                if event.told:
                    self.inputs.refresh()
                    self.answering.tell(event.told)
                self._begin_instant(self.raising.legs_of(event.sources))
                self._hold_or_queue(self.raising.of_sources(event.sources))
                if self.raising.gathered:
                    self._raise_first()
            case Answers():
                self._answers(event)
            case Clock():
                self._begin_instant()
                self._time()
            case Operator():
                self._begin_instant()
                state.work.extend(self.desk.told(event.operation, self.raising))
            case Raised():
                self._begin_instant()
                self._raised(event)
            case Resumed():
                return self._resumed(event)
        self._look("")
        return self.proceed()

    def proceed(self) -> Effects:
        """Go on with the events that wait."""
        state = self.state
        work, out = state.work, state.out
        if state.status in BEFORE:
            self._try_to_start()
        while work and not (out.orders or out.cancels) and state.status is not Status.OPENING:
            self._handle(work.popleft())
        if self.desk.is_busy:
            self.desk.go_on()
        if out.orders:
            self.invariants.on_orders(out.orders)
        return out.take(bool(work) and state.status is not Status.OPENING)

    def next_timer(self) -> float:
        """When time has something to do next, in microseconds; infinite when it has not (see `Clocks`)."""
        return self._clocks.next_us()

    def rare_us(self) -> float:
        """The same of what is due now and then, and not by an interval or a time in a state."""
        return self._clocks.rare_us()

    def left_us(self) -> float:
        """When something is due next that a scout leaves to it: no clock of event, state, indicator or slot."""
        return self._clocks.left_us()

    def ask(self, query: int, arguments: tuple[float, ...]) -> float:
        """The answer to a question whose arguments are known now."""
        return self.inputs.ask(query, arguments)

    def permission(self) -> Permission:
        """What orders the machine may send now: the strictest of all regions."""
        return strictest(place.region.leaves[place.leaf] for place in self.regions.places)

    @property
    def can_be_kept(self) -> bool:
        """Whether no order of the engine's own (opening the legs, flattening) is on its way."""
        return self._start.is_open and not self.desk.is_busy

    @property
    def is_between_events(self) -> bool:
        """Whether no event is in hand, and nobody at the desk: it runs, or is over."""
        state = self.state
        is_settled = state.status in SETTLED and not (state.work or self.raising.gathered or self.desk.is_busy)
        return is_settled and not (state.status is RUNNING and self.regions.are_over)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is in hand or on its way: no event, action, order or wish of the operator. It runs, or is
        over; not in between, where all regions have come to their ends and the next event finds that out."""
        places = self.regions.places
        is_idle = all(place.flight is None and not place.waiting for place in places)
        return self.is_between_events and not self.exposure.live and is_idle

    # -- one instant -------------------------------------------------------------------------------------------------

    def _begin_instant(self, legs: frozenset[str] = frozenset()) -> None:
        """Ask the market again, and sample what hangs on it: at most once an instant."""
        self.state.rounds = 0
        if self.state.status is Status.WAITING:
            self.state.work.clear()
        self.inputs.refresh()
        self.indicators.on_market(legs)
        if self.inputs.has_own:
            self.inputs.refresh_own()
        if self.risk.limits_losses:
            operation = self.risk.watch()
            if operation is not None:
                self.state.work.extend(self.desk.told(operation, self.raising))

    def _hold_or_queue(self, works: tuple[Work, ...]) -> None:
        """Market and time are held back while the machine is halted; before the start and after the end they pass."""
        if self.state.status is RUNNING or self.state.status in BEFORE:
            self.state.work.extend(works)

    def _time(self) -> None:
        if self.indicators.has_timed:
            self.indicators.on_time()
        if self.state.status in BEFORE:
            return
        if self.lots.families:
            self.lots.on_time()
        if self.inputs.has_own:
            self.inputs.refresh_own()
        for place in self.regions.places:
            if place.flight is not None and place.flight.next_us <= self.state.now_us:
                self.phases.on_time(place.flight)
        if self.state.status is RUNNING:
            for _, name, source, owner in self.timers.due():
                if source >= 0:
                    self.state.work.extend(self.raising.of_sources((source,)))
                else:
                    self.state.work.append(Work(name, EventKind.TIME, owner=owner))
            self.reports.on_time()
            self.state.work.extend(self.desk.due(self.raising))
        self._raise_first()

    def _raised(self, event: Raised) -> None:
        """An event by hand. One about an order that is in a slot happens to that order, too."""
        answer = self.raising.about_slot(event, self.quotes)
        if answer is not None:
            self.answering.answer(answer)
            self._raise_first()
            return
        self.state.work.extend(self.raising.by_hand(event))

    def _resumed(self, event: Resumed) -> Effects:
        """Go on where a scout has stopped: what was quiet of the instant is done."""
        state = self.state
        works = self.raising.of_sources(event.sources)[event.done :]
        state.rounds = 0
        if not event.is_in_hand:
            state.work.extend(works)
            self._look("")
            return self.proceed()
        state.work.extend(works[1:])
        state.event = works[0]
        if self._fields:
            state.set_fields(self._fields, works[0])
        self._decide(works[0], event.is_news)
        return self.proceed()

    def _handle(self, work: Work) -> None:
        """One event for the regions, and what hangs on every event."""
        state = self.state
        if state.status is not RUNNING and (state.status in DEAF or work.kind in HELD):
            return
        state.event = work
        if self._fields:
            state.set_fields(self._fields, work)
        self._decide(work, self.indicators.on_event(work.name))

    def _decide(self, work: Work, is_news: bool) -> None:
        """An event that indicators have taken their samples of goes to the regions."""
        state = self.state
        if self.inputs.has_own:
            self.inputs.refresh_own()
        is_news = self.regions.deliver(work) or is_news
        if work.owner >= 0 and work.kind is EventKind.TIME:
            self.timers.stayed(work.name, work.owner)
        if self.raising.gathered:
            self._raise_first()
        if is_news or self._always_look or work.name in self.alerts.events or not self._is_settled:
            self._look(work.name)
        if state.status is RUNNING and self.regions.are_over:
            state.status = Status.OVER

    @property
    def _is_settled(self) -> bool:
        """Whether working quotes have nothing to do until something changes."""
        return not self.quotes.slots or (self.quotes.is_settled and not self.inputs.computed)

    def _look(self, event: str) -> None:
        """Quotes, invariants and alerts after an event; nothing new comes of it when nothing has changed."""
        status = self.state.status
        if status is not RUNNING and status is not Status.HALTED:
            return
        places = self.regions.places
        if self.quotes.slots and status is RUNNING and not self.desk.is_stopping:
            self.quotes.look(lambda region: region >= 0 and places[region].moved)
        for place in places:
            place.moved = False
        self.inputs.refresh_own()
        self.invariants.after_event()
        self.alerts.after_event(event)

    # -- answers -----------------------------------------------------------------------------------------------------

    def _answers(self, event: Answers) -> None:
        """The ledger first, then the order events, before whatever still waits."""
        self.state.rounds += 1
        self.answering.tell(event.items)
        self.indicators.refresh()
        self.inputs.refresh_own()
        if self.state.rounds > ROUND_LIMIT and self.state.status is not Status.HALTED:
            self._fault(f"more than {ROUND_LIMIT} rounds of orders and answers in one instant")
        self._raise_first()

    def _raise_first(self) -> None:
        """What has come of the present event stands before all that waits."""
        if self.raising.gathered:
            self.state.work.extendleft(reversed(self.raising.take()))

    def _fault(self, reason: str) -> None:
        self.state.note(Fault(self.state.now_us, reason))
        self.state.work.clear()
        self.raising.take()
        self.desk.halt()

    # -- what the parts tell one another -----------------------------------------------------------------------------

    def _ended(self, flight: Flight, outcome: str) -> None:
        """An action has ended: without a move of its own that is an event."""
        if flight.region < 0:
            self.desk.closed(flight)
            return
        if outcome == "failed" or (outcome == "done" and not flight.moves):
            self.state.rounds += 1
            self.raising.action_event(outcome, flight)
        self.regions.ended(flight, outcome)
        if self.state.rounds > ROUND_LIMIT:
            self._fault(f"more than {ROUND_LIMIT} actions ended in one instant")

    def _judge(self, flight: Flight) -> None:
        self.invariants.on_decision(flight.name)

    def _told(self, name: str, leg: str, reason: str, region: int) -> None:
        self.raising.about_leg(name, leg, reason, region)

    def _slot_refused(self, slot: SlotState, rule: str) -> None:
        self.raising.about_leg("refused", slot.quote.leg, rule, slot.quote.region, slot.local, slot.quote.name)

    def _tightened(self) -> None:
        """A region has moved: what the new permission forbids is cancelled."""
        permission = self.permission()
        if permission is Permission.NONE:
            self.quotes.cancel_side("")
        for place in self.regions.places:
            if place.flight is not None and not permits(permission, place.flight):
                self.phases.forbid(place.flight)

    # -- the beginning -----------------------------------------------------------------------------------------------

    def _try_to_start(self) -> None:
        """Open the legs, read the first values, enter the first states: as soon as all of it is ready."""
        state = self.state
        if state.status is Status.WAITING and self._start.can_open():
            state.status = Status.OPENING
            self._start.open()
        if state.status is Status.OPENING and self._start.is_open:
            self.inputs.refresh_own()
            if self._start.can_begin():
                state.status = Status.RUNNING
                self.timers.begin()
                self.desk.begin()
                self.reports.begin()
                self.regions.start()
                self._raise_first()
                self._look("")
                return
        if state.status is Status.WAITING or self._start.is_open:
            state.work.clear()

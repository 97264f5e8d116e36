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

from fsmtrader.domain.orders import Accepted, Answer, CancelRefused, Filled, Funded, Liquidated
from fsmtrader.engine.alerts import Alerts
from fsmtrader.engine.clocks import Clocks
from fsmtrader.engine.desk import Desk
from fsmtrader.engine.events import (
    AlertRaised,
    Answers,
    Clock,
    Effects,
    Fault,
    FundingBooked,
    Input,
    Market,
    Operator,
    Raised,
    Told,
)
from fsmtrader.engine.exposure import Exposure, Out
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

ROUND_LIMIT = 64
RUNNING = Status.RUNNING
BEFORE = (Status.WAITING, Status.OPENING)
DEAF = (Status.STOPPED, Status.OVER, Status.WAITING)
HELD = (EventKind.MARKET, EventKind.TIME, EventKind.NAMED)
"""what a halt holds back"""
Compiler = Callable[[Program, Mapping[int, int], Callable[[int, tuple[float, ...]], float]], Compiled]
_NOTHING_PINNED: Mapping[int, int] = MappingProxyType({})


class Core:
    """One machine of a program. `parameters` are overrides by slot; `extra` slots stand behind the program's own."""

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
    ) -> None:
        x = parameter_values(program.parameters, len(program.slots), parameters) + [float("nan")] * extra
        compiled = compiler(program, pinned, self.ask)
        self.program = program
        self.state = State(program, compiled, market, x, Books(program, x), observer, witness)
        self.x = x
        self._build(heard, ages)

    def _build(self, heard: Callable[[Source], bool] | None, ages: Ages | None) -> None:
        state = self.state
        state.ask = self.ask
        self.raising = Raising(state)
        self.exposure = Exposure(len(self.program.legs))
        self.risk = Risk(state, self.exposure, ages)
        self.lots = LotQueues(state, self.exposure)
        self.quotes = Quotes(state, self.permission, self.risk, self._slot_refused)
        self.inputs = Inputs(state, self.quotes, self.lots)
        state.refresh = self.inputs.refresh_own
        self.indicators = Indicators(state)
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
        self._fields = field_slots(self.program.slots)
        self._clocks = Clocks(
            state, self.regions.places, self.timers, self.indicators, self.quotes, self.desk, self.reports, self.lots
        )
        self._always_look = bool(self._fields or self.quotes.slots)
        """whether an event of itself changes what quotes, invariants and alerts look at"""

    # -- the outside -------------------------------------------------------------------------------------------------

    def deliver(self, event: Input) -> Effects:
        """Take one event in, and go on until something is to be done outside, or all is done."""
        state = self.state
        if event.now_us > state.now_us:
            state.rounds = 0
            if state.status in BEFORE:
                state.work.clear()
        state.set_now(max(state.now_us, event.now_us) if isinstance(event, Answers) else event.now_us)
        match event:
            case Market():
                if event.told:
                    self.inputs.refresh()
                    self._tell(event.told)
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
            self._answer(answer)
            self._raise_first()
            return
        self.state.work.extend(self.raising.by_hand(event))

    def _handle(self, work: Work) -> None:
        """One event for the regions, and what hangs on every event."""
        state = self.state
        if state.status is not RUNNING and (state.status in DEAF or work.kind in HELD):
            return
        state.event = work
        if self._fields:
            state.set_fields(self._fields, work)
        is_news = self.indicators.on_event(work.name)
        if self.inputs.has_own:
            self.inputs.refresh_own()
        is_news = self.regions.deliver(work) or is_news
        if work.owner >= 0 and work.kind is EventKind.TIME:
            self.timers.stayed(work.name, work.owner)
        if self.raising.gathered:
            self._raise_first()
        if is_news or self._always_look or work.name in self.alerts.events:
            self._look(work.name)
        if state.status is RUNNING and self.regions.are_over:
            state.status = Status.OVER

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
        self._tell(event.items)
        self.indicators.refresh()
        self.inputs.refresh_own()
        if self.state.rounds > ROUND_LIMIT and self.state.status is not Status.HALTED:
            self._fault(f"more than {ROUND_LIMIT} rounds of orders and answers in one instant")
        self._raise_first()

    def _tell(self, items: tuple[Told, ...]) -> None:
        """Everything that accounts say, into the ledger and to whom it is about."""
        for item in items:
            match item:
                case Funded():
                    self.state.books.fund(item.leg, item.amount)
                    self.state.note(FundingBooked(self.state.now_us, item.leg, item.amount, item.rate, item.mark))
                case Liquidated():
                    self._liquidated(item)
                case _:
                    self._answer(item)

    def _liquidated(self, told: Liquidated) -> None:
        """The venue has closed a leg by force: into the ledger, and nothing is decided any more."""
        index = next(i for i, leg in enumerate(self.program.legs) if leg.name == told.leg)
        fill = Filled("liquidation", abs(told.change), told.price, told.fee)
        self.orders.book_slot(fill, told.leg, index, told.change)
        self._fault(f"the venue has liquidated {abs(told.change):g} of the leg {told.leg} at {told.price:g}")

    def _answer(self, answer: Answer) -> None:
        """What an account says about one order, once. A fill is the leg's whatever was thought of its order."""
        out = self.exposure.of(answer.client_id)
        if not self.exposure.is_new(answer):
            if isinstance(answer, Filled):
                self._alert("duplicate_fill", answer, "was told twice, or is more than was ordered: not booked")
        elif isinstance(answer, CancelRefused):
            self._cancel_refused(answer)
        elif self._start.knows(answer.client_id):
            self._start.answered(answer)
        elif answer.client_id in self.phases.flights:
            flight = self.phases.flights[answer.client_id]
            self.raising.order_event(answer, flight.orders[answer.client_id].leg, flight, None)
            if not isinstance(answer, Accepted):
                self.phases.answered(answer)
        elif answer.client_id in self.quotes.by_id:
            self._slot_answer(answer)
        elif isinstance(answer, Filled):
            self._late_fill(answer, out)
        if out is not None and out.ended:
            self.lots.ended(answer.client_id)

    def _late_fill(self, fill: Filled, out: Out | None) -> None:
        """A fill after its order's end (B1, B7) is booked all the same; one of an order that is not ours is not."""
        if out is None:
            self._alert("unknown_fill", fill, "is of an order that is not known here: not booked")
            return
        self._alert("late_fill", fill, "came after the order's end, and is booked")
        change = fill.quantity if out.change > 0 else -fill.quantity
        self.orders.book_slot(fill, self.program.legs[out.leg].name, out.leg, change)
        self.raising.order_event(fill, out.leg, None, None)

    def _cancel_refused(self, answer: CancelRefused) -> None:
        if answer.client_id in self.phases.flights:
            self.phases.cancel_refused(answer)
        elif answer.client_id in self.quotes.by_id:
            self.quotes.cancel_refused(answer.client_id, answer.reason)

    def _alert(self, name: str, fill: Filled, what: str) -> None:
        text = f"{fill.client_id}: a fill of {fill.quantity:.10g} at {fill.price:.10g} {what}"
        self.state.note(AlertRaised(self.state.now_us, name, fill.client_id, text))

    def _slot_answer(self, answer: Answer) -> None:
        slot = self.quotes.by_id[answer.client_id]
        self.raising.order_event(answer, slot.leg, None, slot)
        if isinstance(answer, Filled):
            change = self.quotes.change(slot, self.quotes.order(answer.client_id).wish)
            self.orders.book_slot(answer, slot.quote.leg, slot.leg, answer.quantity if change > 0 else -answer.quantity)
            self.quotes.filled(answer.client_id, answer.quantity)
        elif not isinstance(answer, Accepted):
            self.quotes.gone(answer.client_id)

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

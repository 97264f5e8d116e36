"""What came of a run: states and times, transitions, fills, profit, and the promises that were kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

from fsmtrader.domain.orders import Cancelled, Expired, Rejected
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Fault,
    InvariantBroken,
    Note,
    RecordRow,
    Told,
    Transition,
)
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Program, Side
from fsmtrader.program.typed import Kind
from fsmtrader.research.equity import EquityCurve
from fsmtrader.research.explain import said_trigger
from fsmtrader.research.fit import Fit, Rebalances
from fsmtrader.research.moments import instant
from fsmtrader.research.promises import Promise, Promises
from fsmtrader.research.quoting import Quoting, QuotingFound

KEPT_MOVES = 1_000
"""transitions that a summary names at either end of a run"""


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a region was in a state, in seconds, and how often it was entered."""

    region: str
    state: str
    seconds: float
    times: int


@dataclass(frozen=True, slots=True)
class Move:
    time_us: int
    region: str
    source: str
    target: str
    trigger: str
    because: str


@dataclass(frozen=True, slots=True)
class Position:
    leg: str
    quantity: float
    average_price: float | None
    realised: float
    unrealised: float
    fees: float
    funding: float


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter as the run had it; an enumerator is its word."""

    name: str
    value: float | str
    unit: str
    doc: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A run's outcome. All amounts are in quote currency; `profit` is realised + unrealised - fees + funding.

    It is also captured - friction - exit_cost + funding (R000-57, `tracks`). `funding` was received, negative if paid.
    """

    name: str
    market: str
    events: int
    start_us: int
    end_us: int
    spread: float
    fee: float
    status: str
    started_us: int | None
    stays: tuple[Stay, ...]
    transitions: int
    moves: tuple[Move, ...]
    """the first and the last `KEPT_MOVES` of all transitions; transitions.parquet has the rest"""
    actions: tuple[tuple[str, str, int], ...]
    orders: tuple[tuple[str, str, int], ...]
    """orders that were not filled whole: rejected or cancelled by the venue (with the reason) or expired, how many"""
    fills: int
    turnover: float
    fees: float
    funding: float
    slippage: float
    captured: float
    friction: float
    exit_cost: float
    max_drawdown: float
    sharpe: float | None
    realised: float
    unrealised: float
    cash: float
    capital: float
    equity: float
    positions: tuple[Position, ...]
    short_legs: tuple[str, ...]
    parameters: tuple[Value, ...]
    bands: tuple[dict[str, object], ...]
    limits: tuple[dict[str, object], ...]
    promises: tuple[Promise, ...]
    fit: Fit | None
    alerts: tuple[tuple[str, int], ...]
    records: tuple[tuple[str, int], ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    engine: str = "machine"
    """that made it: machine, compiled or source"""
    quoting: QuotingFound | None = None
    """what a market maker asks about; None: the spec has no working quotes"""

    @property
    def profit(self) -> float:
        return self.realised + self.unrealised - self.fees + self.funding

    @property
    def is_sound(self) -> bool:
        """Nothing broke: no fault, no broken invariant."""
        return not self.faults and all(promise.verdict != "broken" for promise in self.promises)

    def as_plain(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "profit": self.profit}


class Log:
    """Gathers while a run goes on. It knows the core from `attach` on."""

    def __init__(self, program: Program, fee: float) -> None:
        self.program = program
        self.fee = fee
        self.events = 0
        self.start_us = 0
        self.end_us = 0
        self.started_us: int | None = None
        self.seconds: dict[tuple[str, str], float] = {}
        self.times: Counter[tuple[str, str]] = Counter()
        self.since_us: dict[str, int] = {}
        self.state: dict[str, str] = {}
        self.transitions = 0
        self.moves: list[Move] = []
        self.last_moves: deque[Move] = deque(maxlen=KEPT_MOVES)
        self.actions: Counter[tuple[str, str]] = Counter()
        self.alerts: Counter[str] = Counter()
        self.records: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.first_breaks: dict[str, str] = {}
        self.faults: list[str] = []
        self.orders: Counter[tuple[str, str]] = Counter()
        self.also: Callable[[], tuple[str, ...]] = tuple
        """further notes, when the run has come to its end"""
        self.quoting = Quoting(program) if program.quotes else None
        """looks on besides, where there are working quotes"""
        self.is_attached = False

    def attach(self, core: Core) -> None:
        """The core is made; nothing has happened yet."""
        self.is_attached = True
        self.core = core
        self.curve = EquityCurve(core)
        self.promises = Promises(core, self.fee)
        self.rebalances = Rebalances(core, self.curve.tracks)

    def heard(self, notes: tuple[Note, ...]) -> None:
        """Something was noted."""
        self.curve.heard(notes)
        self.promises.heard(notes)
        self.rebalances.heard(notes)
        for note in notes:
            self._note(note)

    def told(self, items: tuple[Told, ...]) -> None:
        """What accounts said: orders that came to nothing are counted."""
        for item in items:
            if isinstance(item, Rejected):
                self.orders["rejected", item.reason] += 1
            elif isinstance(item, Expired):
                self.orders["expired", ""] += 1
            elif isinstance(item, Cancelled) and item.reason:
                self.orders["cancelled", item.reason] += 1

    def after(self, time_us: int) -> None:
        """One event of the market is done."""
        if self.events == 0:
            self.start_us = time_us
        self.events += 1
        self.end_us = time_us
        self.curve.after(time_us)
        if self.quoting is not None:
            self.quoting.after(time_us)
        if self.started_us is None and self.core.state.status not in (Status.WAITING, Status.OPENING):
            self._started(time_us)

    def stretch(self, events: int, last_us: int) -> None:
        """Some events of the market are done, and nothing came of them. (The first one of a run is not among them.)"""
        self.events += events
        self.end_us = last_us
        if self.quoting is not None:
            self.quoting.stretch()

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be written down with the next event."""
        return self.started_us is not None and self.curve.is_settled

    @property
    def next_us(self) -> float:
        """When the prices of the market are to be looked at next, whatever else happens; infinite: at no moment."""
        return self.quoting.next_us if self.quoting is not None else float("inf")

    def reconciled(self, differences: tuple[str, ...]) -> None:
        """Where ledger and venue do not agree at the end (X-09)."""
        self.faults.extend(differences)

    def _started(self, time_us: int) -> None:
        self.started_us = time_us
        for place in self.core.regions.places:
            region = place.region
            if region.name not in self.state:
                self._enter(region.name, region.leaves[region.initial].name, time_us)

    def _enter(self, region: str, state: str, time_us: int) -> None:
        self.state[region] = state
        self.since_us[region] = time_us
        self.times[region, state] += 1

    def _spent(self, region: str, state: str, elapsed_us: int) -> None:
        self.seconds[region, state] = self.seconds.get((region, state), 0.0) + elapsed_us / 1e6

    def _note(self, note: Note) -> None:
        match note:
            case Transition():
                self._moved(note)
            case ActionEnded(action=action, outcome=outcome):
                self.actions[action, outcome] += 1
            case AlertRaised(name=name):
                self.alerts[name] += 1
            case RecordRow(kind=kind):
                self.records[kind] += 1
            case InvariantBroken(name=name, text=text, now_us=now_us):
                self.broken[name] += 1
                self.first_breaks.setdefault(name, f"{text} ({instant(now_us)})")
            case Fault(reason=reason):
                self.faults.append(reason)

    def _moved(self, note: Transition) -> None:
        if self.started_us is None:
            self._started(note.now_us)
        elapsed = note.now_us - self.since_us.get(note.region, note.now_us)
        self._spent(note.region, note.source, elapsed)
        self._enter(note.region, note.target, note.now_us)
        region = next(region for region in self.program.regions if region.name == note.region)
        trigger = said_trigger(region, note.trigger)
        self.transitions += 1
        kept = self.moves if self.transitions <= KEPT_MOVES else self.last_moves
        kept.append(Move(note.now_us, note.region, note.source, note.target, trigger, note.because))

    # -- the end -----------------------------------------------------------------------------------------------------

    def summary(self, market: str, spread: float, notes: tuple[str, ...]) -> Summary:
        for region, state in self.state.items():
            self._spent(region, state, self.end_us - self.since_us[region])
        books, tracks = self.core.state.books, self.curve.tracks
        positions = tuple(self._position(index) for index in range(len(self.program.legs)))
        cash = sum(books.cash.values())
        unrealised = sum(position.unrealised for position in positions)
        return Summary(
            name=self.program.name,
            market=market,
            events=self.events,
            start_us=self.start_us,
            end_us=self.end_us,
            spread=spread,
            fee=self.fee,
            status=self.core.state.status.value,
            started_us=self.started_us,
            stays=self._stays(),
            transitions=self.transitions,
            moves=(*self.moves, *self.last_moves),
            actions=tuple((action, outcome, n) for (action, outcome), n in self.actions.items()),
            orders=tuple((outcome, reason, n) for (outcome, reason), n in self.orders.items()),
            fills=sum(books.fills),
            turnover=sum(books.turnover),
            fees=sum(books.fees),
            funding=sum(books.funding),
            slippage=tracks.slippage,
            captured=tracks.captured,
            friction=tracks.friction,
            exit_cost=tracks.exit_cost,
            max_drawdown=self.curve.deepest,
            sharpe=self.curve.sharpe(),
            realised=sum(books.realised),
            unrealised=unrealised,
            cash=cash,
            capital=self.curve.capital,
            equity=self.curve.capital + cash + unrealised,
            positions=positions,
            short_legs=tuple(leg.name for leg in self.program.legs if leg.side is Side.SHORT),
            parameters=self._parameters(),
            bands=tuple({"name": band.name, "leg": band.leg, "leaves": list(band.leaves)} for band in tracks.bands),
            limits=tuple(tracks.limit_values()),
            promises=tuple(self._promise(name) for name in dict.fromkeys(i.name for i in self.program.invariants)),
            fit=self._fit(),
            alerts=tuple(self.alerts.items()),
            records=tuple(self.records.items()),
            faults=tuple(self.faults),
            notes=(*notes, *(self.quoting.silent() if self.quoting else ())),
            quoting=self.quoting.finish(self.end_us, self.curve.capital) if self.quoting else None,
        )

    def _parameters(self) -> tuple[Value, ...]:
        """Every parameter of the spec with its value in this run."""
        found = []
        for parameter in self.program.parameters:
            slot = self.program.slots[parameter.slot]
            number = self.core.x[parameter.slot]
            if number != number:
                continue
            value: float | str = self.program.words[int(number)] if slot.type.kind is Kind.WORD else number
            found.append(Value(parameter.name, value, str(slot.type) if slot.type.unit else "", parameter.doc))
        return tuple(found)

    def _fit(self) -> Fit | None:
        """The document's long-run estimate, where the run has its parameters and a band."""
        if not self.curve.tracks.bands:
            return None
        frame = self.curve.frame()
        return self.rebalances.fit(frame["price"].to_numpy(), frame["band_0_centre"].is_not_nan().to_numpy())

    def _stays(self) -> tuple[Stay, ...]:
        found = []
        for region in self.program.regions:
            for leaf in region.leaves:
                key = (region.name, leaf.name)
                if self.times[key]:
                    found.append(Stay(region.name, leaf.name, self.seconds.get(key, 0.0), self.times[key]))
        return tuple(found)

    def _position(self, index: int) -> Position:
        books, leg = self.core.state.books, self.program.legs[index]
        mark = books.mark(index)
        average = mark.average if mark.average == mark.average else None
        unrealised = books.unrealised(index, self.core.state.market.price(leg.name)) if mark.quantity else 0.0
        return Position(
            leg.name, mark.quantity, average, mark.realised, unrealised, books.fees[index], books.funding[index]
        )

    def _promise(self, name: str) -> Promise:
        breaks = self.broken[name]
        entry = next(i for i in self.program.invariants if i.name == name)
        if breaks:
            return Promise(name, "broken", breaks, self.first_breaks[name])
        if entry.condition is not None:
            return Promise(name, "kept", 0, "")
        return self.promises.verdict(name)

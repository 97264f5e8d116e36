"""What came of a run: states and times, transitions, fills, profit, and the promises that were kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Booked,
    Fault,
    InvariantBroken,
    Note,
    RecordRow,
    Transition,
)
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Program
from fsmtrader.research.explain import said_trigger


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
class Promise:
    """An invariant: `verdict` is kept, broken, or not judged."""

    name: str
    verdict: str
    broken: int
    first: str


@dataclass(frozen=True, slots=True)
class Position:
    leg: str
    quantity: float
    average_price: float | None
    realised: float
    unrealised: float
    fees: float


@dataclass(frozen=True, slots=True)
class Summary:
    """A run's outcome. All amounts are in quote currency; `profit` is realised + unrealised - fees."""

    name: str
    market: str
    bars: int
    start_us: int
    end_us: int
    spread: float
    fee: float
    status: str
    started_us: int | None
    stays: tuple[Stay, ...]
    moves: tuple[Move, ...]
    actions: tuple[tuple[str, str, int], ...]
    fills: int
    turnover: float
    fees: float
    realised: float
    unrealised: float
    cash: float
    capital: float
    equity: float
    positions: tuple[Position, ...]
    promises: tuple[Promise, ...]
    alerts: tuple[tuple[str, int], ...]
    records: tuple[tuple[str, int], ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def profit(self) -> float:
        return self.realised + self.unrealised - self.fees

    @property
    def is_sound(self) -> bool:
        """Nothing broke: no fault, no broken invariant."""
        return not self.faults and all(promise.verdict != "broken" for promise in self.promises)

    def as_plain(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "profit": self.profit}


@dataclass(slots=True)
class Exit:
    """An exit under way: what was held when it began, what it has cost, the highest price of its fills."""

    held: float
    fees: float = 0.0
    highest: float = 0.0


@dataclass(slots=True)
class Log:
    """Gathers while a run goes on."""

    program: Program
    core: Core
    fee: float
    bars: int = 0
    start_us: int = 0
    end_us: int = 0
    started_us: int | None = None
    last_price: float = float("nan")
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    times: Counter[tuple[str, str]] = field(default_factory=Counter)
    since_us: dict[str, int] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    exit: Exit | None = None

    def after(self, time_us: int, price: float, driver: Driver) -> None:
        """One bar is done."""
        if self.bars == 0:
            self.start_us = time_us
        self.bars += 1
        self.end_us = time_us
        self.last_price = price
        for note in driver.notes:
            self._note(note)
        driver.notes.clear()
        driver.orders.clear()
        if self.started_us is None and self.core.state.status not in (Status.WAITING, Status.OPENING):
            self._started(time_us)

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
            case Booked(fee=fee, price=price):
                if self.exit is not None:
                    self.exit.fees += fee
                    self.exit.highest = max(self.exit.highest, price)
            case AlertRaised(name=name):
                self.alerts[name] += 1
            case RecordRow(kind=kind):
                self.records[kind] += 1
            case InvariantBroken(name=name, text=text, now_us=now_us):
                self.broken.setdefault(name, []).append(f"{text} ({instant(now_us)})")
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
        self.moves.append(Move(note.now_us, note.region, note.source, note.target, trigger, note.because))
        if note.target == "EXIT":
            held = sum(abs(self.core.state.books.quantity(i)) for i in range(len(self.program.legs)))
            self.exit = Exit(held)

    # -- the end -----------------------------------------------------------------------------------------------------

    def summary(self, market: str, spread: float, notes: tuple[str, ...]) -> Summary:
        for region, state in self.state.items():
            self._spent(region, state, self.end_us - self.since_us[region])
        books = self.core.state.books
        positions = tuple(self._position(index) for index in range(len(self.program.legs)))
        accounts = [self.core.state.market.equity(account.name) for account in self.program.accounts]
        capital = sum(amount for amount in accounts if amount < float("inf"))
        cash = sum(books.cash.values())
        unrealised = sum(position.unrealised for position in positions)
        return Summary(
            name=self.program.name,
            market=market,
            bars=self.bars,
            start_us=self.start_us,
            end_us=self.end_us,
            spread=spread,
            fee=self.fee,
            status=self.core.state.status.value,
            started_us=self.started_us,
            stays=self._stays(),
            moves=tuple(self.moves),
            actions=tuple((action, outcome, n) for (action, outcome), n in self.actions.items()),
            fills=sum(books.fills),
            turnover=sum(books.turnover),
            fees=sum(books.fees),
            realised=sum(books.realised),
            unrealised=unrealised,
            cash=cash,
            capital=capital,
            equity=capital + cash + unrealised,
            positions=positions,
            promises=tuple(self._promise(name) for name in dict.fromkeys(i.name for i in self.program.invariants)),
            alerts=tuple(self.alerts.items()),
            records=tuple(self.records.items()),
            faults=tuple(self.faults),
            notes=notes,
        )

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
        unrealised = books.unrealised(index, self.last_price) if mark.quantity else 0.0
        return Position(leg.name, mark.quantity, average, mark.realised, unrealised, books.fees[index])

    def _promise(self, name: str) -> Promise:
        breaks = self.broken.get(name, [])
        entry = next(i for i in self.program.invariants if i.name == name)
        if breaks:
            return Promise(name, "broken", len(breaks), breaks[0])
        if entry.condition is not None or name == "maker_only":
            return Promise(name, "kept", 0, "")
        if name == "no_direction_prediction":
            return Promise(name, "kept", 0, "a property of the text, found when it was checked")
        if name == "exit_cost_is_bounded":
            return self._exit_cost(name)
        return Promise(name, "not judged", 0, "not judged by this run")

    def _exit_cost(self, name: str) -> Promise:
        """Fees of an exit stay below f * Q0 * the highest price of its fills (R000-41, the tight bound)."""
        if self.exit is None:
            return Promise(name, "kept", 0, "there was no exit")
        bound = self.fee * self.exit.held * self.exit.highest
        text = f"fees {self.exit.fees:.6g} of at most {bound:.6g}"
        if self.exit.fees <= bound * (1.0 + 1e-9):
            return Promise(name, "kept", 0, text)
        return Promise(name, "broken", 1, text)


def instant(time_us: int) -> str:
    """A moment in UTC, to the second."""
    import datetime

    moment = datetime.datetime.fromtimestamp(time_us // 1_000_000, datetime.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")

"""A random case on machine and kernel: the first thing in which they differ, and how much has happened meanwhile."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from unittest.mock import patch

from tests.parity.random_specs import Case

from fsmtrader.data.stream import EventStream, Until, survey
from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Expired, OrderIntent, Rejected
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Booked,
    Effects,
    Fault,
    FundingBooked,
    InvariantBroken,
    Operation,
    RowTaken,
    Told,
    Transition,
)
from fsmtrader.engine.flight import Stage
from fsmtrader.kernel import columns as c
from fsmtrader.kernel.cache import Loop, compiled_loop, source_loop
from fsmtrader.kernel.run import KernelStopped, Outcome
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.program.ir import Program
from fsmtrader.research import walked
from fsmtrader.research.compiled import kernel_of
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.run import Prepared, carry_out
from fsmtrader.research.summary import Log

Event = tuple[object, ...]
Kernel = Callable[[Prepared], Outcome]
CODES = {c.FULL: "full", c.EXPIRED: "expired", c.REJECTED: "rejected"}
EQUITY = 1e-9
"""the share by which equity may differ"""


@dataclass
class Machine:
    """A recorder of the machine: moves, orders with their ends, fills, counts."""

    own: frozenset[str]
    moves: list[Event] = field(default_factory=list)
    fills: list[Event] = field(default_factory=list)
    sent: list[tuple[int, OrderIntent]] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    equity: list[tuple[int, float]] = field(default_factory=list)
    """after each event of the market"""
    fall: tuple[float, float] = (0.0, 0.0)
    """the highest equity, and the deepest fall"""
    core: Core | None = None

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        for item in items:
            if isinstance(item, Expired | Rejected):
                self.ends[item.client_id] = type(item).__name__.lower()

    def operator(self, now_us: int, operation: Operation) -> None: ...

    def commit(self) -> None: ...

    def effects(self, now_us: int, effects: Effects) -> None:
        for order in effects.orders:
            assert isinstance(order, OrderIntent)
            self.sent.append((now_us, order))
            self.counts["compensations"] += self._is_compensation(order)
        for note in effects.notes:
            match note:
                case Transition():
                    self.moves.append((note.now_us, note.region, note.source, note.target, note.row))
                    self.counts["moves"] += 1
                case Booked():
                    self.fills.append((note.now_us, note.leg, note.change, note.price, note.fee, note.realised))
                    self.counts["fills"] += 1
                case AlertRaised():
                    self.counts["alerts" if note.name in self.own else f"alert {note.name}"] += 1
                case InvariantBroken():
                    self.counts["broken promises"] += 1
                case ActionEnded():
                    self.counts[note.outcome] += 1
                case FundingBooked() | RowTaken() | Fault():
                    self.counts[type(note).__name__] += 1
                case _:
                    pass

    def _is_compensation(self, order: OrderIntent) -> bool:
        assert self.core is not None
        flights = {place.region.name: place.flight for place in self.core.regions.places}
        flight = flights.get(order.region)
        return flight is not None and flight.stage is Stage.COMPENSATING

    def attach(self, core: Core) -> None:
        self.core = core

    def events(self) -> dict[str, list[Event]]:
        """Moves, orders and fills, in order."""
        orders: list[Event] = [
            (us, o.leg, o.change, _known(o.price), o.reduce_only, o.action, self.ends.get(o.client_id, "full"))
            for us, o in self.sent
        ]
        return {"move": self.moves, "order": orders, "fill": self.fills}

    def state(self, program: Program) -> dict[str, float]:
        """What it holds at the end, by name."""
        assert self.core is not None
        state, books, found = self.core.state, self.core.state.books, dict[str, float]()
        for i, leg in enumerate(program.legs):
            found |= {f"q{leg.name}": state.x[leg.quantity], f"p{leg.name}": state.x[leg.average]}
            found |= {f"realised of {leg.name}": books.realised[i], f"fees of {leg.name}": books.fees[i]}
            found |= {f"funding of {leg.name}": books.funding[i], f"turnover of {leg.name}": books.turnover[i]}
        found |= {f"cash of {account.name}": books.cash[account.name] for account in program.accounts}
        found |= {variable.name: state.x[variable.slot] for variable in program.variables}
        leaves = [place.leaf for place in self.core.regions.places]
        found |= {region.name: leaf for region, leaf in zip(program.regions, leaves, strict=True)}
        return found | {name: self.counts[name] for name in ("alerts", "broken promises")}


class Listening(Log):
    """A log that keeps the equity after each event of the market."""

    def __init__(self, program: Program, fee: float, heard: Machine) -> None:
        super().__init__(program, fee)
        self._heard = heard

    def after(self, time_us: int) -> None:
        super().after(time_us)
        prices = [self.core.state.market.price(leg.name) for leg in self.program.legs]
        gains = zip(self.curve.gains(), prices, strict=True)
        self._heard.equity.append((time_us, self.curve.fixed + sum(gain * price for gain, price in gains if gain)))


def on_machine(prepared: Prepared) -> Machine:
    """The machine's run, event by event: who listens wants the equity after each, which a walk does not stop for."""
    heard = Machine(frozenset(alert.name for alert in prepared.program.alerts))
    log = Listening(prepared.program, prepared.terms.fee.rate, heard)
    with patch.object(walked, "WALKED", ()):
        carry_out(prepared, hooks=Hooks(heard, attach=heard.attach), log=log)
    heard.fall = log.curve.peak, log.curve.deepest
    for _, order in heard.sent:
        end = heard.ends.get(order.client_id, "full")
        heard.counts[end] += 1
    return heard


def on_kernel(prepared: Prepared, loop: Loop | None = None, *, plain: bool = True) -> Outcome:
    """The kernel's run, as plain Python, with the equity after each event; by `loop`, if it is not the program's own."""
    found = kernel_of(prepared)
    assert found.why_not == ()
    program, layout, stream = prepared.program, found.layout, prepared.stream
    loop = loop or (source_loop if plain else compiled_loop)(program, layout)
    given = replace(found.given, stride=1)
    return run_kernel(program, layout, given, stream, stream.last_us, loop, plain=plain)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def events_of(program: Program, outcome: Outcome) -> dict[str, list[Event]]:
    """A kernel's moves, orders and fills as the machine tells them."""
    moves: list[Event] = []
    for time_us, r, m in outcome.moves:
        region = program.regions[int(r)]
        move = region.moves[int(m)]
        names = region.leaves[move.leaf].name, region.leaves[move.destination].name
        moves.append((int(time_us), region.name, *names, move.row))
    orders: list[Event] = []
    fills: list[Event] = []
    for row in outcome.orders.tolist():
        time_us, leg = int(row[c.O_TIME]), program.legs[int(row[c.O_LEG])].name
        action = program.actions[int(row[c.O_ACTION])].name if row[c.O_REGION] >= 0.0 else "initial"
        orders.append(
            (time_us, leg, row[c.O_CHANGE], _known(row[c.O_PRICE]), row[c.O_CLOSES] > 0.0, action, CODES[row[c.O_CODE]])
        )
        if row[c.O_FILLED] > 0.0:
            change = math.copysign(row[c.O_FILLED], row[c.O_CHANGE])
            fills.append((time_us, leg, change, row[c.O_AT], row[c.O_FEE], row[c.O_REALISED]))
    return {"move": moves, "order": orders, "fill": fills}


def state_of(program: Program, outcome: Outcome) -> dict[str, float]:
    """What the kernel holds at the end, by the same names."""
    found = dict[str, float]()
    for leg, row in zip(program.legs, outcome.books, strict=True):
        found |= {f"q{leg.name}": row[c.QUANTITY], f"p{leg.name}": row[c.AVERAGE]}
        found |= {f"realised of {leg.name}": row[c.REALISED], f"fees of {leg.name}": row[c.FEES]}
        found |= {f"funding of {leg.name}": row[c.FUNDING], f"turnover of {leg.name}": row[c.TURNOVER]}
    found |= {f"cash of {account.name}": outcome.accounts[i, c.CASH] for i, account in enumerate(program.accounts)}
    found |= {variable.name: outcome.x[variable.slot] for variable in program.variables}
    found |= {region.name: leaf for region, leaf in zip(program.regions, outcome.leaves, strict=True)}
    return found | {"alerts": outcome.alerts, "broken promises": outcome.broken}


def difference(program: Program, heard: Machine, outcome: Outcome) -> str:
    """The first thing that is not the same to the last bit; empty: there is none."""
    found: list[tuple[int, str]] = []
    ours = events_of(program, outcome)
    for what, theirs in heard.events().items():
        for number in range(max(len(theirs), len(ours[what]))):
            one = theirs[number] if number < len(theirs) else ("none",)
            other = ours[what][number] if number < len(ours[what]) else ("none",)
            if one != other:
                found.append((min(x for x in (one[0], other[0]) if isinstance(x, int)),
                              f"{what} {number}\n    machine {one}\n    kernel  {other}"))  # fmt: skip
                break
    if found:
        return min(found)[1]
    held = state_of(program, outcome)
    for name, value in heard.state(program).items():
        if value != held[name] and not (math.isnan(value) and math.isnan(held[name])):
            return f"{name} at the end\n    machine {value!r}\n    kernel  {float(held[name])!r}"
    return _of_equity(heard, outcome)


def _of_equity(heard: Machine, outcome: Outcome) -> str:
    """The first event after which the equity differs by more than a billionth."""
    samples = outcome.samples.tolist()
    for number in range(max(len(heard.equity), len(samples))):
        time_us, theirs = heard.equity[number] if number < len(heard.equity) else (0, math.nan)
        row = samples[number] if number < len(samples) else [0] * (c.S_PRICES + 1)
        if time_us != row[c.S_TIME] or not _is_near(theirs, row[c.S_EQUITY]):
            return (
                f"equity {number}\n    machine {time_us} {theirs}\n    kernel  {int(row[c.S_TIME])} {row[c.S_EQUITY]}"
            )
    for what, theirs, ours in zip(("peak", "deepest"), heard.fall, (outcome.peak, outcome.deepest), strict=True):
        if not abs(theirs - ours) <= EQUITY * max(1.0, abs(heard.fall[0])):
            return f"{what} at the end\n    machine {theirs!r}\n    kernel  {ours!r}"
    return ""


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= EQUITY * max(1.0, abs(one)) or (math.isnan(one) and math.isnan(other))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`difference` empty: the same. `stopped`: why the kernel handed over, `compared`: up to there at least."""

    difference: str
    counts: Counter[str]
    stopped: str = ""
    compared: bool = True


def compare(case: Case, kernel: Kernel = on_kernel) -> Verdict:
    """Both engines on one case. Where the kernel hands over, what came before is compared."""
    program = case.program()
    assert program is not None
    prepared = case.prepared(program)
    why = ""
    try:
        outcome = kernel(prepared)
    except KernelStopped as stop:
        why = str(stop)
        shorter = cut(prepared.stream, stop.time_us)
        if shorter is None:
            return Verdict("", Counter(), why, False)
        prepared = replace(prepared, stream=shorter)
        outcome = kernel(prepared)
    try:
        heard = on_machine(prepared)
    except RunError as error:
        return Verdict(f"the kernel went through, and the machine did not: {error}", Counter(), why)
    return Verdict(difference(program, heard, outcome), heard.counts, why)


def cut(stream: EventStream, before_us: int) -> EventStream | None:
    """A stream's events from before a moment; None if a market has none."""
    kept = [s for s, report in zip(stream.sources, stream.reports, strict=True) if report.first_us < before_us]
    sources = tuple(Until(source, before_us - 1) for source in kept)
    found = replace(stream, sources=sources, reports=tuple(survey(source) for source in sources))
    return found if all(found.kinds(m) == stream.kinds(m) for m in range(len(stream.markets))) else None

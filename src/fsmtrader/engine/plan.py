"""A phase, planned: what is done at once, what is sent in which waves, and what is kept back until a wave is filled.

All values of a phase are known before its first order. Targets of a phase are one wave, netted per leg; with
`net: false` every step that trades is a wave of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fsmtrader.diagnostics import RunError
from fsmtrader.program.ir import Action, Alarm, Assign, Let, Primitive, Program, Record, Set, Step, Target

POOL_CALLS = ("add_liquidity", "remove_liquidity")
CANCELS = ("cancel_all", "cancel_side")


@dataclass(frozen=True, slots=True)
class SetSlot:
    slot: int
    value: float


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    alert: str


@dataclass(frozen=True, slots=True)
class WriteRecord:
    kind: str
    columns: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CancelOrders:
    """Cancel own orders of working quotes: all, or those of one side."""

    side: str


Deed = SetSlot | RaiseAlert | WriteRecord | CancelOrders
"""What needs no answer."""


@dataclass(frozen=True, slots=True)
class LimitOrder:
    """One reduce-only immediate-or-cancel order."""

    leg: int
    change: float
    price: float


@dataclass(frozen=True, slots=True)
class PoolCall:
    leg: int
    call: str
    amount: float
    words: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Wave:
    """Orders that go out together. `paths`: per leg the planned quantities after each step."""

    paths: dict[int, list[float]] = field(default_factory=dict)
    style: dict[int, str] = field(default_factory=dict)
    closes: dict[int, tuple[float, float]] = field(default_factory=dict)
    """legs to be closed in so many steps, so many seconds apart"""
    limits: list[LimitOrder] = field(default_factory=list)
    calls: list[PoolCall] = field(default_factory=list)
    kept: list[Deed] = field(default_factory=list)
    delay_us: float = 0.0
    """time between the wave before and this one"""

    @property
    def trades(self) -> bool:
        return bool(self.paths or self.closes or self.limits or self.calls)


@dataclass(slots=True)
class Planned:
    """A whole phase. `is_ready` False: a value that is written or sent is not known."""

    at_once: list[Deed] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    is_ready: bool = True


class Planner:
    """Turns the values of a phase into deeds and waves. Knows the program, not its state."""

    def __init__(self, program: Program) -> None:
        self._words = program.words
        self._legs = {leg.name: index for index, leg in enumerate(program.legs)}

    def plan(self, action: Action, phase: int, values: tuple[float, ...]) -> Planned:
        """`values` are those of the phase in order of steps and entries."""
        planned = Planned(waves=[Wave()])
        rest = iter(values)
        for step in action.phases[phase].steps:
            if not action.net and planned.waves[-1].trades and _may_trade(step):
                planned.waves.append(Wave())
            self._step(step, rest, planned)
        return planned

    def _step(self, step: Step, values: Iterator[float], planned: Planned) -> None:
        match step:
            case Assign(entries=entries):
                sets: list[tuple[Set, float]] = []
                for entry, value in zip(entries, values, strict=False):
                    if isinstance(entry, Target):
                        _target(planned, entry.leg, value, entry.how)
                    else:
                        sets.append((entry, value))
                for entry, value in sets:
                    _set(planned, entry.slot, value)
            case Let(entries=lets):
                planned.at_once += [SetSlot(entry.slot, next(values)) for entry in lets]
            case Primitive():
                self._primitive(step, {name: next(values) for name, _ in step.values}, planned)
            case Alarm(alert=alert):
                _deed(planned, RaiseAlert(alert))
            case Record(kind=kind, columns=columns):
                _deed(planned, WriteRecord(kind, tuple((name, next(values)) for name, _ in columns)))

    def _primitive(self, step: Primitive, values: dict[str, float], planned: Planned) -> None:
        legs = [self._legs[name] for name in step.legs]
        words = dict(step.words)
        if step.name == "emergency_close":
            planned.waves[-1].closes[legs[0]] = (values.get("steps", 1.0), values.get("every", 0.0))
        elif step.name == "reduce_only_ioc":
            self._limit(planned, legs[0], self._side(words, values), values["quantity"], values["price"])
        elif step.name in CANCELS:
            side = self._side(words, values) if step.name == "cancel_side" else ""
            _deed(planned, CancelOrders(side))
        elif step.name in POOL_CALLS:
            amount = values.get("amount", 0.0)
            planned.is_ready &= amount == amount
            planned.waves[-1].calls.append(PoolCall(legs[0], step.name, amount, step.words))
        else:
            raise RunError(f"the engine does not know the primitive {step.name}")

    def _side(self, words: dict[str, str], values: dict[str, float]) -> str:
        """A side is a word, or a value that is the index of one; empty when it is not ready."""
        if "side" in words:
            return words["side"]
        index = values["side"]
        return self._words[int(index)] if index == index else ""

    def _limit(self, planned: Planned, leg: int, side: str, quantity: float, price: float) -> None:
        planned.is_ready &= quantity == quantity and price == price and side != ""
        planned.waves[-1].limits.append(LimitOrder(leg, quantity if side == "buy" else -quantity, price))


def needs(action: Action, phase: int) -> tuple[int, ...] | None:
    """Places, among the values of a phase, of those that it writes or sends; None: a primitive judges its own."""
    found: list[int] = []
    place = 0
    for step in action.phases[phase].steps:
        match step:
            case Assign(entries=entries):
                found += range(place, place + len(entries))
                place += len(entries)
            case Let(entries=sets):
                place += len(sets)
            case Record(columns=columns):
                place += len(columns)
            case Primitive():
                return None
            case Alarm():
                pass
    return tuple(found)


def _may_trade(step: Step) -> bool:
    if isinstance(step, Primitive):
        return step.trades
    return isinstance(step, Assign) and any(isinstance(entry, Target) for entry in step.entries)


def _target(planned: Planned, leg: int, quantity: float, how: str) -> None:
    planned.is_ready &= quantity == quantity
    wave = planned.waves[-1]
    wave.paths.setdefault(leg, []).append(quantity)
    if how:
        wave.style[leg] = how


def _set(planned: Planned, slot: int, value: float) -> None:
    planned.is_ready &= value == value
    _deed(planned, SetSlot(slot, value))


def _deed(planned: Planned, deed: Deed) -> None:
    """Before the first trade it is done at once, after one it is kept until that is filled."""
    if len(planned.waves) == 1 and not planned.waves[0].trades:
        planned.at_once.append(deed)
    else:
        planned.waves[-1].kept.append(deed)

"""A log of structured events, one JSON line each: the one door to structlog.

Each line has the market's time, a level, an event, what the event is about, and under `metrics` the names that the spec
lists, as they were then. Nothing of it comes from a clock on the wall, so the same run writes the same log.
"""

from __future__ import annotations

import datetime
import json
import math
from typing import TYPE_CHECKING, Any, TextIO

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Filled, OrderIntent, PoolIntent
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Effects,
    Fault,
    FundingBooked,
    InvariantBroken,
    Note,
    Operation,
    RecordRow,
    Told,
    Transition,
)
from fsmtrader.engine.state import Status
from fsmtrader.program.ir import Program
from fsmtrader.research.hooks import LookerOn
from fsmtrader.research.open_orders import OpenOrders
from fsmtrader.research.telemetry.spec_metrics import plain_value, spec_metrics

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

FIRST = ("time", "level", "event")
INFO, WARNING, ERROR = "info", "warning", "error"
_ANSWERS = {
    "Accepted": ("accepted", INFO),
    "Filled": ("fill", INFO),
    "Rejected": ("rejected", WARNING),
    "Expired": ("expired", INFO),
    "Cancelled": ("cancelled", INFO),
    "CancelRefused": ("cancel_refused", INFO),
}
Line = tuple[str, str, dict[str, Any]]
"""level, event, fields"""


class EventLog(LookerOn):
    """Writes the log of one run to a text stream that somebody else opens and closes."""

    def __init__(self, program: Program, stream: TextIO) -> None:
        import structlog

        self._program = program
        self._open = OpenOrders(program)
        self._status = Status.WAITING
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[structlog.processors.add_log_level, _in_order, structlog.processors.JSONRenderer(_json)],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            context_class=dict,
        )

    def attach(self, core: Core) -> None:
        self._core = core
        self._metrics = spec_metrics(core)

    def operator(self, now_us: int, operation: Operation) -> None:
        self._write(now_us, (WARNING, "operator", {"operation": operation.value}))

    def told(self, now_us: int, items: tuple[Told, ...]) -> None:
        for item in items:
            answer = _ANSWERS.get(type(item).__name__)
            if answer is None:
                continue  # funding and liquidations are told when they are booked
            order = self._open.told(now_us, item)
            about = {} if order is None else {"leg": order.leg, "side": order.side, "slot": order.slot}
            event, level = answer
            self._write(now_us, (level, event, {**about, **_fields(item)}))

    def effects(self, now_us: int, effects: Effects) -> None:
        for note in effects.notes:
            line = _noted(note)
            if line is not None:
                self._write(now_us, line)
        self._open.sent(now_us, effects)
        for cancel in effects.cancels:
            self._write(now_us, (INFO, "cancel", {"client_id": cancel.client_id}))
        for order in effects.orders:
            self._write(now_us, (INFO, "order", self._sent(order)))
        self._look(now_us)

    # -- lines -------------------------------------------------------------------------------------------------------

    def _sent(self, order: OrderIntent | PoolIntent) -> dict[str, Any]:
        if isinstance(order, PoolIntent):
            return {"client_id": order.client_id, "leg": order.leg, "call": order.call, "amount": order.amount}
        known = self._open.by_id[order.client_id]
        return {
            "client_id": order.client_id,
            "leg": order.leg,
            "side": known.side,
            "quantity": known.quantity,
            "price": _number(order.price),
            "style": order.style.value,
            "post_only": order.post_only,
            "reduce_only": order.reduce_only,
            "slot": order.slot,
            "action": order.action,
            "region": order.region,
            "because": order.because,
        }

    def _look(self, now_us: int) -> None:
        """The engine itself may have been halted or begun."""
        status = self._core.state.status
        if status is not self._status:
            level = WARNING if status in (Status.HALTED, Status.STOPPED) else INFO
            self._write(now_us, (level, "status", {"source": self._status.value, "target": status.value}))
            self._status = status

    def _write(self, now_us: int, line: Line) -> None:
        level, event, fields = line
        words = self._program.words
        metrics = {metric.full_name: plain_value(metric, words) for metric in self._metrics}
        try:
            getattr(self._log, level)(event, time=_instant(now_us), **fields, metrics=metrics)
        except OSError as problem:
            raise RunError(f"the log cannot be written: {(problem.strerror or str(problem)).lower()}") from problem


def _fields(item: Told) -> dict[str, Any]:
    """What an answer says besides which order it is about."""
    found = {"client_id": getattr(item, "client_id", "")}
    if isinstance(item, Filled):
        liquidity = "maker" if item.maker else "taker"
        return {**found, "quantity": item.quantity, "price": item.price, "fee": item.fee, "liquidity": liquidity}
    reason = getattr(item, "reason", "")
    return {**found, "reason": reason} if reason else found


def _noted(note: Note) -> Line | None:
    """What is logged of a note; fills are told by the account that made them."""
    match note:
        case Transition():
            moved = {"region": note.region, "source": note.source, "target": note.target, "trigger": note.trigger}
            return INFO, "transition", {**moved, "because": note.because}
        case ActionEnded(region=region, action=action, outcome=outcome):
            level = WARNING if outcome == "failed" else INFO
            return level, "action", {"region": region, "action": action, "outcome": outcome}
        case AlertRaised(name=name, instance=instance, text=text):
            return WARNING, "alert", {"alert": name, "instance": instance, "text": text}
        case RecordRow(kind=kind, columns=columns):
            return INFO, "record", {"kind": kind, "fields": {name: _number(value) for name, value in columns}}
        case InvariantBroken(name=name, text=text):
            return ERROR, "invariant_broken", {"invariant": name, "text": text}
        case Fault(reason=reason):
            return ERROR, "fault", {"reason": reason}
        case FundingBooked(leg=leg, amount=amount, rate=rate):
            return INFO, "funding", {"leg": leg, "amount": amount, "rate": rate}
    return None


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _instant(time_us: int) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    moment = datetime.datetime.fromtimestamp(time_us // 1_000_000, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000:06d}Z"


def _in_order(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Time, level and event come first."""
    return {name: line[name] for name in FIRST} | {name: value for name, value in line.items() if name not in FIRST}


def _json(line: object, **options: object) -> str:
    return json.dumps(line, allow_nan=False, separators=(",", ":"))

"""What became of the actions that rows started, as the journal has it: when they ended, how, and by which orders."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fsmtrader.engine.journal import JournalFile
from fsmtrader.program.ir import Program
from fsmtrader.research.moments import instant

KINDS = ("row", "action", "order", "filled", "rejected", "expired", "cancelled", "alert")
TOLD = 3
"""orders of a failed action that are told one by one"""
LITTLE = 1e-12
"""share of an order that is nothing"""


@dataclass(slots=True)
class Fate:
    """An action that a row started; `outcome` is done, failed or interrupted, or empty while it is in flight."""

    taken_us: int
    action: str
    outcome: str = ""
    ended_us: int = 0
    troubles: list[str] = field(default_factory=list)
    """what went wrong with its orders, in words"""

    @property
    def said(self) -> str:
        """`failed at 2024-01-01 00:01:00 UTC: +1 of L was rejected (margin)`."""
        if self.outcome != "failed":
            return f"{self.outcome} at {instant(self.ended_us)} UTC"
        left = len(self.troubles) - TOLD
        told = [*self.troubles[:TOLD], *([f"and {left} more"] if left > 0 else [])]
        why = ", ".join(told) or "no order of it was refused; its time was over, or a value that it needs was not ready"
        return f"failed at {instant(self.ended_us)} UTC: {why}"


@dataclass(slots=True)
class _Order:
    fate: Fate
    leg: str
    change: float
    filled: float = 0.0

    def ended(self, kind: str, reason: str) -> str:
        """What is said of an order that came to its end before it was filled."""
        what = f"{self.change:+.6g} of {self.leg} {'' if kind == 'expired' else 'was '}{kind}"
        what += f" ({reason})" if reason else ""
        if self.filled > LITTLE * abs(self.change):
            return f"{what} with {self.filled:.6g} filled"
        return what if reason else f"{what} unfilled"


def fates_of(file: JournalFile, program: Program, until_us: int) -> dict[int, Fate]:
    """By row: the last action that it started at or before a moment, with what came of it then or later."""
    reading = _Reading(program, until_us)
    for _, time_us, kind, body in file.rows(KINDS):
        if time_us > until_us and not reading.is_open:
            break
        reading.heard(time_us, kind, json.loads(body))
    return reading.fates


class _Reading:
    """Follows the actions in flight. In a region they end in the order in which they were started, or never begin."""

    def __init__(self, program: Program, until_us: int) -> None:
        self._program = program
        self._until_us = until_us
        self._flights: dict[str, deque[Fate]] = {region.name: deque() for region in program.regions}
        self._orders: dict[str, _Order] = {}
        self.fates: dict[int, Fate] = {}

    @property
    def is_open(self) -> bool:
        """Whether one of those that are asked for has not ended."""
        return any(fate.taken_us <= self._until_us for flights in self._flights.values() for fate in flights)

    def heard(self, time_us: int, kind: str, body: Mapping[str, Any]) -> None:
        """One row of the journal."""
        if kind == "row":
            self._taken(time_us, body["region"], body["row"])
        elif kind == "action":
            self._ended(time_us, body["region"], body["action"], body["outcome"])
        elif kind == "order":
            fate = self._flying(body["region"], body["action"])
            if fate is not None and not body["slot"]:
                self._orders[body["client_id"]] = _Order(fate, body["leg"], body["change"])
        elif kind == "alert":
            self._alerted(body["name"], body["text"])
        elif body["client_id"] in self._orders:
            self._answered(kind, body)

    def _taken(self, time_us: int, region: str, row: int) -> None:
        action = self._program.rows[row].action
        if action < 0 or not self._program.actions[action].trades:
            return
        fate = Fate(time_us, self._program.actions[action].name)
        self._flights[region].append(fate)
        if time_us <= self._until_us:
            self.fates[row] = fate

    def _ended(self, time_us: int, region: str, action: str, outcome: str) -> None:
        flights = self._flights.get(region, deque())
        if not any(fate.action == action for fate in flights):
            return  # of an entry, or of the operator
        while (fate := flights.popleft()).action != action:
            pass  # was dropped before it began
        fate.outcome, fate.ended_us = outcome, time_us

    def _flying(self, region: str, action: str) -> Fate | None:
        return next((fate for fate in self._flights.get(region, ()) if fate.action == action), None)

    def _alerted(self, name: str, text: str) -> None:
        """An order that was refused before it was sent: its alert begins with the action's name."""
        for flights in self._flights.values():
            if name == "refused" and flights and text.startswith(f"{flights[0].action}: "):
                flights[0].troubles.append(text.removeprefix(f"{flights[0].action}: "))

    def _answered(self, kind: str, body: Mapping[str, Any]) -> None:
        order = self._orders[body["client_id"]]
        if kind == "filled":
            order.filled += body["quantity"]
            if order.filled >= abs(order.change) * (1.0 - LITTLE):
                del self._orders[body["client_id"]]
            return
        order.fate.troubles.append(order.ended(kind, body.get("reason", "")))
        del self._orders[body["client_id"]]

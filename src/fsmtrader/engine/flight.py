"""An action in flight: what was sent for it, what is still to be sent, and how far it has come."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

from fsmtrader.domain.orders import OrderIntent
from fsmtrader.engine.ledger import LegMark
from fsmtrader.engine.plan import Wave
from fsmtrader.engine.ways import Way

NEVER = float("inf")
FULL = 1.0 - 1e-12
ENTER = -1
"""the row of an action that belongs to the entry of a state"""
OPERATOR = -2
"""the row of an action that the operator asked for"""


AT_MARKET = Way()


class Stage(enum.Enum):
    DOING = "doing"
    COMPENSATING = "compensating"
    """`on_fail` is being carried out"""


@dataclass(slots=True)
class Sent:
    """One order of a flight. `steps` are the planned changes that it carries, netted."""

    intent: OrderIntent | None
    leg: int
    change: float
    steps: tuple[float, ...]
    since: LegMark
    filled: float = 0.0
    value: float = 0.0
    fills: int = 0
    cancelling: bool = False
    """its end has been asked for, and is awaited"""
    way: Way = AT_MARKET
    """how it is worked from here on"""
    before: float = 0.0
    """what was filled before its present order was sent"""
    until_us: float = NEVER
    """when the patience with its present order ends"""

    @property
    def rest(self) -> float:
        return self.change - self.filled

    @property
    def is_filled(self) -> bool:
        """Whether all of it is filled."""
        return abs(self.filled) >= abs(self.change) * FULL

    @property
    def is_order_filled(self) -> bool:
        """Whether the present order is, which may be a slice of it."""
        return self.intent is None or abs(self.filled - self.before) >= abs(self.intent.change) * FULL


@dataclass(slots=True)
class Flight:
    """`order` is the row's place in its region; a row above it may interrupt, every row if it is an `enter`."""

    region: int
    action: int
    name: str
    row: int
    order: float
    moves: bool
    exempt: bool
    phase: int = 0
    stage: Stage = Stage.DOING
    waves: deque[Wave] = field(default_factory=deque)
    wave: Wave | None = None
    orders: dict[str, Sent] = field(default_factory=dict)
    failed: bool = False
    interrupted: bool = False
    deadline_us: float = NEVER
    resume_us: float = NEVER

    @property
    def next_us(self) -> float:
        patience = (sent.until_us for sent in self.orders.values() if not sent.cancelling)
        return min(self.deadline_us, self.resume_us, *patience)

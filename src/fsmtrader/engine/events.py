"""What goes into the core and what comes out of it: frozen values, no behaviour.

In: market events, the clock, the operator, and the answers of accounts to orders. Out: `Effects`, everything that the
world outside has to do or to keep because of one step.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from fsmtrader.domain.orders import Answer, CancelIntent, Funded, Liquidated, OrderIntent, PoolIntent


class Operation(enum.Enum):
    """What an operator can tell the engine. The value is the event's name in a spec."""

    HALT = "halt"
    RESUME = "resume"
    FLATTEN = "flatten"
    STOP = "stop"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Market:
    """Market data has changed. `sources` are indices into `Program.sources`: the raw events that it is.

    `told` is what accounts say because of it (a resting order was filled): the ledger has it before anybody decides.
    """

    now_us: int
    sources: tuple[int, ...]
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """Time has come: every timer due at or before `now_us` fires, by deadline."""

    now_us: int


@dataclass(frozen=True, slots=True)
class Operator:
    now_us: int
    operation: Operation


@dataclass(frozen=True, slots=True)
class Raised:
    """An event raised by hand: a named event, exactly that; or a source or an order event, and what is named for it."""

    now_us: int
    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What accounts say, all that is known at this point of the instant."""

    now_us: int
    items: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Resumed:
    """An instant that somebody else has begun: a scout, which looks ahead for the first at which anything happens.

    Market, inputs and indicators are as the core itself would have them by now. `sources` are indices into
    `Program.sources`: what the instant is news of. `done`: how many of the events that they raise are done, without
    anything having come of them. Invariants and alerts are to be looked at now, unless the next event is in hand
    already: then the indicators have taken their samples of it, and `is_news` says whether a value has changed.
    """

    now_us: int
    sources: tuple[int, ...]
    done: int = 0
    is_in_hand: bool = False
    is_news: bool = False


Told = Answer | Funded | Liquidated
"""everything that an account may say"""
Input = Market | Clock | Operator | Raised | Answers | Resumed


@dataclass(frozen=True, slots=True)
class Transition:
    """A region has moved. `because` is the row's own reason, `trigger` the event that it stands under.

    `operands` are the names in the row's guard with their values when the row was taken.
    """

    now_us: int
    region: str
    source: str
    target: str
    trigger: str
    because: str
    row: int
    operands: tuple[tuple[str, float], ...] = field(default=(), compare=False)
    """never compared: what is not ready is NaN, which equals nothing"""


@dataclass(frozen=True, slots=True)
class RowTaken:
    now_us: int
    region: str
    leaf: str
    row: int


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """An action that trades has come to its end: `outcome` is done, failed or interrupted."""

    now_us: int
    region: str
    action: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Booked:
    """A fill as it stands in the ledger."""

    now_us: int
    client_id: str
    leg: str
    change: float
    price: float
    fee: float
    realised: float


@dataclass(frozen=True, slots=True)
class Rebooked:
    """A filled order stands in the ledger as the steps that it netted: `realised` more than its fills had said.

    `quantity` and `average` are those of the leg from now on; an average of nothing is NaN.
    """

    now_us: int
    client_id: str
    leg: str
    realised: float
    quantity: float
    average: float = field(compare=False)
    """never compared: NaN equals nothing"""


@dataclass(frozen=True, slots=True)
class FundingBooked:
    """Funding as it stands in the ledger: `amount` was received."""

    now_us: int
    leg: str
    amount: float
    rate: float
    mark: float


@dataclass(frozen=True, slots=True)
class AlertRaised:
    now_us: int
    name: str
    instance: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    now_us: int
    kind: str
    columns: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class InvariantBroken:
    now_us: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The core has stopped deciding: it halts until an operator resumes it."""

    now_us: int
    reason: str


Note = (
    Transition
    | RowTaken
    | ActionEnded
    | Booked
    | Rebooked
    | FundingBooked
    | AlertRaised
    | RecordRow
    | InvariantBroken
    | Fault
)


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that one step asks for, in order. `more`: call `proceed` when this is done and answered."""

    orders: tuple[OrderIntent | PoolIntent, ...] = ()
    cancels: tuple[CancelIntent, ...] = ()
    notes: tuple[Note, ...] = ()
    more: bool = False


NOTHING = Effects()

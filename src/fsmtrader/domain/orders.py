"""Orders as they go out and what comes back for them: frozen values that the engine and every venue share."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Effect(enum.Enum):
    """Whether an order opens or closes its leg; the venue's profile translates."""

    OPEN = "open"
    CLOSE = "close"


class Style(enum.Enum):
    """How an order is worked."""

    MARKET = "market"
    IOC = "ioc"
    FOK = "fok"
    PASSIVE = "passive"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Accepted:
    client_id: str


@dataclass(frozen=True, slots=True)
class Filled:
    """`quantity` is what was filled now, above zero; `fee` what it cost (negative: a rebate)."""

    client_id: str
    quantity: float
    price: float
    fee: float = 0.0
    maker: bool = False
    """whether the order was resting"""
    trade_id: str = ""
    """the venue's own number of the trade; empty where it gives none"""


@dataclass(frozen=True, slots=True)
class Rejected:
    """`reason` is our word for it (`post_only`, `margin`, …), `code` the venue's own; empty where it gives none."""

    client_id: str
    reason: str = "venue"
    code: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    """The rest of an order that was not to rest is gone. `code`: what the venue calls it."""

    client_id: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An order that rested is gone. `reason` is our word for why, empty if we asked for it; `code` the venue's own."""

    client_id: str
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The order was not there to be cancelled any more: it is filled, or gone (V-20). Its fill is told apart."""

    client_id: str
    reason: str = "unknown_order"
    code: str = ""


@dataclass(frozen=True, slots=True)
class Funded:
    """Funding of a leg at a boundary: `amount` is what the account received, negative if it paid (V-10)."""

    leg: str
    amount: float
    rate: float
    mark: float


@dataclass(frozen=True, slots=True)
class Liquidated:
    """The venue has closed a leg by force: `change` in the leg's own terms (V-12)."""

    leg: str
    change: float
    price: float
    fee: float


Answer = Accepted | Filled | Rejected | Expired | Cancelled | CancelRefused
"""what an account says about one order"""


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order that is wanted. `change` is in the leg's own terms: plus opens a sided leg, minus closes it.

    `price` NaN: at the market. `slot` names the working quote that it fills, else it belongs to `action`.
    """

    client_id: str
    leg: str
    change: float
    effect: Effect
    reduce_only: bool
    style: Style = Style.MARKET
    price: float = float("nan")
    post_only: bool = False
    slot: str = ""
    action: str = ""
    region: str = ""
    because: str = ""

    @property
    def is_post_only(self) -> bool:
        """Whether it must not take."""
        return self.post_only or self.style is Style.PASSIVE


@dataclass(frozen=True, slots=True)
class CancelIntent:
    client_id: str


@dataclass(frozen=True, slots=True)
class PoolIntent:
    """A call of a pool: `add_liquidity` or `remove_liquidity`. Answered like an order."""

    client_id: str
    call: str
    leg: str
    amount: float
    words: tuple[tuple[str, str], ...] = ()

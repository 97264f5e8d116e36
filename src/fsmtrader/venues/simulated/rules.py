"""A venue's own rules as data: how it refuses, what it calls it, how long it holds an order, how it liquidates."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Refusal(enum.Enum):
    """How a venue says no to an order."""

    REJECT = "reject"
    """it says so"""
    CANCEL = "cancel"
    """it accepts the order and cancels it"""
    EXPIRE = "expire"
    """it lets the order expire"""
    SILENCE = "silence"
    """it says nothing at all: whoever sent the order has to ask"""


class Closing(enum.Enum):
    """What becomes of an account whose equity is below its maintenance margin (V-12)."""

    AT_MARK = "at_mark"
    """its positions are closed at the mark, for a fee"""
    TAKEOVER = "takeover"
    """the insurance fund takes its positions at the mark, and all that is left of its equity"""
    PARTIAL = "partial"
    """its positions are sold one by one at their zero prices, until it has margin enough; below the close-out margin
    the insurance fund takes the account over"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs from venue to venue besides contracts and fees.

    `codes`: the venue's own words, by ours: reasons of rejections, and `ioc`, `market`, `fok` (what is left of such an
    order), `shrunk` (it may only reduce, and nothing is left to), `cancel` (as we asked), `liquidation`,
    `unknown_order`. `refusals`: how it says no, by reason; where nothing is said it rejects.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=lambda: {"fok": Refusal.EXPIRE})
    supports_fok: bool = True
    supports_hedge: bool = True
    taker_held_us: int = 0
    """how long an order that is not post-only is held at the venue before it is matched"""
    maker_held_us: int = 0
    """a post-only one"""
    cancel_held_us: int = 0
    cancel_lasts_us: int = 0
    """how long a cancel that came before its order waits for it, to end it on arrival (V-23)"""
    closing: Closing = Closing.AT_MARK

    def code(self, word: str) -> str:
        """The venue's own word for ours; empty where none is known."""
        return self.codes.get(word, "")

    def refusal(self, reason: str) -> Refusal:
        """How an order is refused for a reason."""
        return self.refusals.get(reason, Refusal.REJECT)

    def held_us(self, post_only: bool) -> int:
        """How long the venue holds an order that has reached it."""
        return self.maker_held_us if post_only else self.taker_held_us

    @property
    def holds(self) -> bool:
        """Whether orders or cancels do not take effect when they reach the venue."""
        return self.taker_held_us > 0 or self.maker_held_us > 0 or self.cancel_held_us > 0


PLAIN = Rules()
"""rejects, and says why in our words only"""

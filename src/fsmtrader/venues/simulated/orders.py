"""An order as the venue has it, after its intent was translated: bought or sold, and what it may do to the position."""

from __future__ import annotations

import math

from fsmtrader.domain.orders import OrderIntent, Style
from fsmtrader.numeric.ledger import settled
from fsmtrader.venues.simulated.account import Leg


class Working:
    """An order at work. `left` is what can still be filled, `cut` what was taken from it because it may only reduce.

    `knows_us` is the latest moment that its sender can have known when it was sent.

    At rest, `ahead` stands before it; `shown` was displayed at its price when that was told last, and `traded` went
    since (V-14).
    """

    __slots__ = (
        "ahead",
        "client_id",
        "cut",
        "is_buy",
        "knows_us",
        "left",
        "leg",
        "number",
        "post_only",
        "price",
        "reduces",
        "shown",
        "style",
        "total",
        "traded",
    )

    def __init__(self, intent: OrderIntent, leg: Leg, knows_us: int) -> None:
        self.client_id = intent.client_id
        self.leg = leg
        self.is_buy = (intent.change > 0.0) != leg.is_short
        self.total = self.left = abs(intent.change)
        self.cut = 0.0
        self.price = math.nan if intent.style is Style.MARKET else intent.price
        self.style = intent.style
        self.post_only = intent.post_only or intent.style is Style.PASSIVE
        self.reduces = intent.change < 0.0 if leg.is_hedged else intent.reduce_only
        self.ahead = self.shown = math.inf
        self.traded = 0.0
        self.number = 0
        """among those that came to rest"""
        self.knows_us = knows_us

    @property
    def signed(self) -> float:
        """What is left of it, as a quantity that is bought."""
        return self.left if self.is_buy else -self.left

    @property
    def rests(self) -> bool:
        """Whether what cannot be had at once waits."""
        return self.style is Style.LIMIT or self.style is Style.PASSIVE

    def shrink(self, left: float) -> None:
        """It may only reduce, and there is less to reduce (V-06)."""
        if left < self.left:
            self.cut += self.left - left
            self.left = left

    def fill(self, quantity: float) -> None:
        self.left = settled(self.left - quantity, self.total)

"""One side of a leg's market over time: whether an own order lies in it, and why not where none does (R001-45)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from fsmtrader.research.open_orders import OpenOrder
from fsmtrader.research.quoting.found import QuotedSide
from fsmtrader.research.quoting.measures import SECOND_US, ratio
from fsmtrader.research.quoting.presence import Presence, Spent

LIVE = "live"


@dataclass(slots=True)
class SideWatch:
    """Counts for one leg and side, from the machine's start."""

    leg: str
    side: str
    begin_us: int
    presence: Presence = field(init=False)
    spent: Spent = field(init=False)
    cycles: Counter[str] = field(default_factory=Counter)
    best: float = float("nan")
    """price of the best own order in the book; NaN: none"""

    def __post_init__(self) -> None:
        self.presence = Presence(self.begin_us)
        self.spent = Spent(self.begin_us, "")

    def look(self, orders: Iterable[OpenOrder]) -> bool | None:
        """Take in the orders of slots as they are: True one rests, None one is on its way, False there is none."""
        self.best, is_coming = float("nan"), False
        for order in orders:
            if order.leg != self.leg or order.side != self.side or not order.slot:
                continue
            if not order.is_resting:
                is_coming = True
            elif self.best != self.best or (order.price > self.best) == (self.side == "buy"):
                self.best = order.price
        return True if self.best == self.best else None if is_coming else False

    def switch(self, now_us: int, kind: str) -> None:
        """From now on there is an order (`LIVE`), or there is none for a reason."""
        self.presence.switch(now_us, kind == LIVE)
        self.spent.switch(now_us, kind)

    def found(self, end_us: int) -> QuotedSide:
        self.presence.finish(end_us)
        self.spent.finish(end_us)
        live = self.spent.us.get(LIVE, 0)
        reasons = sorted((item for item in self.spent.us.items() if item[0] != LIVE), key=lambda item: -item[1])
        return QuotedSide(
            self.leg,
            self.side,
            ratio(live, end_us - self.begin_us),
            live / SECOND_US,
            tuple((reason, us / SECOND_US) for reason, us in reasons),
            tuple(sorted(((kind, n) for kind, n in self.cycles.items() if n), key=lambda item: (-item[1], item[0]))),
            self.presence.gap_us / SECOND_US,
            self.presence.gap_begin_us,
        )

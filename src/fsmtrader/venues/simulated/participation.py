"""How much of what a market had to give went to own orders: the replayed market does not answer them (V-18)."""

from __future__ import annotations

MOST = 0.05
"""the share of a level or a trade above which a real market would have answered"""


class Participation:
    """Of one market. A share is what own orders had of one level, or of one trade, up to and with a fill."""

    __slots__ = ("fills", "greatest", "total")

    def __init__(self) -> None:
        self.fills = 0
        """those of which it is known what there was"""
        self.greatest = 0.0
        self.total = 0.0

    @property
    def mean(self) -> float:
        """Over fills; 0 without any."""
        return self.total / self.fills if self.fills else 0.0

    def note(self, had: float, of: float) -> None:
        """A fill: own orders have had this much of that."""
        if 0.0 < of < float("inf"):
            share = had / of
            self.fills += 1
            self.total += share
            self.greatest = max(self.greatest, share)

    def warning(self, symbol: str) -> str:
        """What a run has to say of it; empty when it is little."""
        if self.greatest <= MOST:
            return ""
        return (
            f"own fills in {symbol} had up to {self.greatest:.0%} of what was displayed or traded at their level "
            f"({self.mean:.1%} on average): above {MOST:.0%} a real market would have answered, and this one does not"
        )

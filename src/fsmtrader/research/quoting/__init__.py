"""A run as a market maker sees it: uptime, markouts, queue, spread and inventory, gathered while it goes on."""

from __future__ import annotations

from fsmtrader.research.quoting.found import QuotingFound
from fsmtrader.research.quoting.tracker import Quoting

__all__ = ["Quoting", "QuotingFound"]

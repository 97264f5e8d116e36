"""Funding: when it is due, and at which price (V-10, V-11). What is paid is `ledger.funding_received`."""

from __future__ import annotations

import math


def boundary_after(now_us: int, interval_us: int) -> int:
    """The first boundary after a moment: whole intervals since the epoch, so eight hours give 00, 08 and 16 UTC."""
    return (now_us // interval_us + 1) * interval_us


def funding_mark(told: float, mark: float) -> float:
    """The price that funding is counted at: the one told with the rate, else the mark of that moment."""
    return mark if math.isnan(told) else told

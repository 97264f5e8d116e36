"""The made-up markets that a spec can ask for, by name. `fsmtrader.data.synthetic` makes those of one instrument."""

from __future__ import annotations

SYNTHETIC: tuple[str, ...] = ("gbm", "trending", "calm", "crash", "jump", "dead", "regimes", "two_venues")
"""`two_venues` is of a pair of books, which bars are not; a run over bars refuses what needs it"""

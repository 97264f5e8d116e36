"""The made-up markets that a spec can ask for, by name. `fsmtrader.data.synthetic` makes those of one instrument."""

from __future__ import annotations

BOOKS: tuple[str, ...] = ("book", "book_crash")
"""order books level by level; `fsmtrader.data.synthetic_book` makes them"""

SYNTHETIC: tuple[str, ...] = ("gbm", "trending", "calm", "crash", "jump", "dead", "regimes", "two_venues", *BOOKS)
"""`two_venues` is of a pair of books, which bars are not; a run over bars refuses what needs it"""

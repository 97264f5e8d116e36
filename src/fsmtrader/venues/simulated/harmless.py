"""Events of a market that a book need not hear one by one: those that change nothing but prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmtrader.data.events import EventBatch
from fsmtrader.domain.market import Kind
from fsmtrader.venues.simulated.book import Book

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAN = float("nan")
MARK, BOOK, BAR, DEPTH = Kind.MARK, Kind.BOOK, Kind.BAR, Kind.DEPTH


def harmless(book: Book, events: EventBatch, kind: Kind) -> int:
    """How many of some events (quotes, trades or bars) the last two of them tell, while no order rests or waits.

    No account needs a look at them, because the mark stays where nobody can be liquidated, and no displayed size that
    was used comes back with one of them.
    """
    if kind is BOOK and (book.bid_used or book.ask_used):
        return 0
    mark = _marks(book, events, kind)
    if isinstance(mark, float):
        return len(events) if book.safe_low < mark < book.safe_high else 0
    is_safe = (book.safe_low < mark) & (mark < book.safe_high)
    return len(events) if is_safe.all() else int(is_safe.argmin())


def _marks(book: Book, events: EventBatch, kind: Kind) -> Floats | float:
    """The mark at each event, as `Book.see` would have it; a number where they do not change it, or where a side of the
    book is missing."""
    if book.has_marks or book.grain is DEPTH:
        return book.mark
    if kind is BOOK:
        middle = (events.a + events.c) / 2.0
        return middle if (middle == middle).all() else NAN
    if kind is BAR:
        return events.d if book.grain is BAR or book.grain is MARK else book.mark
    return events.a if book.grain is not BOOK else book.mark

"""The proof of an order book: rebuilt from its changes, it has the touch that the exchange told beside it.

Quotes and depth are numbered by the same updates. Where a quote goes up to the very update that a message of depth ends
with, both tell of the same moment, and best prices and their sizes must be equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.depth_rows import UNKNOWN, DepthRows, Touch
from fsmtrader.data.event_files import EventsSource, event_sources
from fsmtrader.data.events import EventBatch, unheard
from fsmtrader.data.files import Wanted, open_file
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    from fsmtrader.data.depth_rows import Ids
    from fsmtrader.data.events import Floats


@dataclass(frozen=True, slots=True)
class BookCheck:
    """`messages` of depth, how many of them left the book crossed, at how many a quote has the same update (`met`).

    `mismatches`: at how many of those the rebuilt touch is another one; `first`: the update id of the first.
    """

    messages: int
    crossed: int
    met: int
    mismatches: int
    first: int | None

    def plain(self) -> dict[str, object]:
        """For a manifest."""
        return asdict(self)


def check_book(path: str) -> BookCheck | None:
    """Rebuild the book of a file of events and compare it with its quotes; None where it has no depth."""
    import numpy as np

    sources = {source.kind: source for source in event_sources(open_file(Wanted(path)))}
    if Kind.DEPTH not in sources:
        return None
    ids, quotes = (
        _quotes(sources[Kind.BOOK]) if Kind.BOOK in sources else (np.empty(0, dtype=np.int64), np.empty((0, 4)))
    )
    messages = crossed = met = mismatches = 0
    first: int | None = None
    for at, touch in _touches(sources[Kind.DEPTH]):
        messages += len(at)
        crossed += int((touch[:, 0] > touch[:, 2]).sum())
        place = np.minimum(np.searchsorted(ids, at), max(len(ids) - 1, 0))
        same = (ids[place] == at) & (at != UNKNOWN) if len(ids) else np.zeros(len(at), dtype=bool)
        differs = (quotes[place[same]] != touch[same]).any(axis=1)
        met += int(same.sum())
        mismatches += int(differs.sum())
        if differs.any() and first is None:
            first = int(at[same][differs][0])
    return BookCheck(messages, crossed, met, mismatches, first)


def _quotes(source: EventsSource) -> tuple[Ids, Floats]:
    """Quotes by update id, in order: the ids, and bid, size, ask, size. Of one id the last one counts."""
    import numpy as np

    batches = [batch for batch in source.read(unheard) if batch.id is not None]
    ids = np.concatenate([_ids(batch) for batch in batches])
    touch = np.concatenate([np.stack([batch.a, batch.b, batch.c, batch.d], axis=1) for batch in batches])
    order = np.argsort(ids, kind="stable")
    ids, touch = ids[order], touch[order]
    is_last = np.append(ids[1:] != ids[:-1], True)
    return ids[is_last], touch[is_last]


def _ids(batch: EventBatch) -> Ids:
    assert batch.id is not None
    return batch.id


def _touches(source: EventsSource) -> Iterator[tuple[Ids, Floats]]:
    """At the end of each message its update id, and bid, size, ask, size."""
    import numpy as np

    touch = Touch()
    for batch in source.read(unheard):
        ids = _ids(batch)
        rows = DepthRows(batch.time_us, batch.a, batch.b, batch.c, batch.d, batch.e, ids, ids, ids, ids)
        found = list(touch.follow(rows))
        if found:
            yield ids[[entry[0] for entry in found]], np.array([entry[1:] for entry in found])

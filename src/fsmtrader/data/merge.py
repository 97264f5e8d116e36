"""Several sources as one stream: by time, then kind, then the order in which the sources were given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fsmtrader.data.events import EventBatch, joined
from fsmtrader.diagnostics import DataError

MOST_AT_ONCE = 4_000_000
"""rows of one source that may share one moment: they are held in memory together"""


@dataclass(slots=True)
class _Head:
    """What has been read of one source and not been given away."""

    batches: Iterator[EventBatch]
    held: list[EventBatch] = field(default_factory=list)
    is_over: bool = False

    @property
    def last_us(self) -> int:
        return int(self.held[-1].time_us[-1])

    def fill(self) -> None:
        """One more batch that is not empty, if there is one."""
        for batch in self.batches:
            if len(batch):
                self.held.append(batch)
                if sum(map(len, self.held)) > MOST_AT_ONCE:
                    raise DataError(f"more than {MOST_AT_ONCE:,} rows of one source have the same time")
                return
        self.is_over = True

    def before(self, time_us: int) -> EventBatch | None:
        """Take what is earlier than a moment."""
        import numpy as np

        if not self.held:
            return None
        whole = joined(self.held)
        count = int(np.searchsorted(whole.time_us, time_us, side="left"))
        self.held = [whole.part(slice(count, None))] if count < len(whole) else []
        return whole.part(slice(0, count)) if count else None


def merged(sources: Sequence[Iterator[EventBatch]]) -> Iterator[EventBatch]:
    """Batches of sources, each ordered by time, as batches of all of them. Memory: about one batch of each source.

    Whatever is earlier than the last row known of every source can go out: nothing earlier can follow.
    """
    import numpy as np

    if len(sources) == 1:
        yield from (batch for batch in sources[0] if len(batch))
        return
    heads = [_Head(batches) for batches in sources]
    for head in heads:
        head.fill()
    while any(head.held for head in heads):
        open_heads = [head for head in heads if not head.is_over]
        end = min((head.last_us for head in open_heads), default=np.iinfo(np.int64).max)
        parts = [part for head in heads if (part := head.before(end)) is not None]
        if parts:
            yield _in_order(parts)
        for head in open_heads:
            if not head.held or head.last_us <= end:
                head.fill()


def _in_order(parts: Sequence[EventBatch]) -> EventBatch:
    """By time and kind; rows that are equal in both keep the order of their sources (the sort is stable)."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    whole = joined(parts)
    return whole.part(np.lexsort((whole.kind, whole.time_us)))

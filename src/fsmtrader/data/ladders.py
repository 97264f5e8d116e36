"""Views of a book's best levels as changes: what each row tells otherwise than the row before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fsmtrader.data.depth_rows import UNKNOWN, DepthRows, message_starts, placed
from fsmtrader.data.files import FileSource
from fsmtrader.data.quality import Fault
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsmtrader.data.events import Floats, Mask
    from fsmtrader.data.quality import Rows

ROWS_AT_ONCE = 1 << 13
"""rows that are compared at a time: each level with each of the row before"""


def ladder_rows(file: FileSource, wrong: Callable[[str, list[Fault]], None]) -> Iterator[DepthRows]:
    """A file's rows as messages; the first one is a snapshot, levels that leave the view are removed.

    A row that tells nothing new is a message without a level: the book was told again.
    """
    import numpy as np

    before: tuple[Floats, Floats] | None = None
    for rows, found in file.rows():
        wrong(file.name, found)
        if found:
            continue
        prices, sizes = _columns(rows)
        delays = file.delays(rows)
        for start in range(0, len(rows.time_us), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            price, size = prices[some], sizes[some]
            is_first = before is None
            last_price, last_size = before or (np.full_like(price[:1], np.nan), np.zeros_like(size[:1]))
            changes = _changes(np.concatenate([last_price, price]), np.concatenate([last_size, size]))
            yield _told(rows, some, delays, changes, is_first)
            before = price[-1:], size[-1:]


def _columns(rows: Rows) -> tuple[Floats, Floats]:
    """Prices and sizes, shape (rows, levels), bids before asks; a level without size is NaN and 0."""
    import numpy as np

    values, count = rows.values, len(rows.values) // 4
    sides = ("bid", "ask")
    price = np.stack([values[f"{side}_{number}"] for side in sides for number in range(count)], axis=1)
    size = np.stack([values[f"{side}_size_{number}"] for side in sides for number in range(count)], axis=1)
    stands = ~np.isnan(price) & (size > 0.0)
    return np.where(stands, price, np.nan), np.where(stands, size, 0.0)


def _changes(price: Floats, size: Floats) -> tuple[Mask, Floats, Floats, Floats]:
    """Of all rows but the first: which levels are told, and their prices, sizes and sides.

    Shape (rows, 2 * levels + 1): the levels of the row before that are gone, the row's own that are new or of another
    size, and one without a price where nothing is told otherwise.
    """
    import numpy as np

    count, levels = len(price) - 1, price.shape[1]
    half = levels // 2
    gone, new = np.zeros((count, levels), dtype=bool), np.zeros((count, levels), dtype=bool)
    for one in (slice(0, half), slice(half, levels)):
        then, now = price[:-1, one], price[1:, one]
        same: Mask = np.equal(now[:, :, np.newaxis], then[:, np.newaxis, :])
        gone[:, one] = ~np.isnan(then) & ~same.any(axis=1)
        is_size: Mask = np.equal(size[1:, one][:, :, np.newaxis], size[:-1, one][:, np.newaxis, :])
        kept = (same & is_size).any(axis=2)
        new[:, one] = ~np.isnan(now) & ~kept
    quiet = ~np.concatenate([gone, new], axis=1).any(axis=1, keepdims=True)
    side = np.concatenate([np.ones(half), -np.ones(half)])
    nothing = np.full((count, 1), np.nan)
    return (
        np.concatenate([gone, new, quiet], axis=1),
        np.concatenate([price[:-1], price[1:], nothing], axis=1),
        np.concatenate([np.zeros((count, levels)), size[1:], nothing], axis=1),
        np.concatenate([np.broadcast_to(np.concatenate([side, side]), (count, 2 * levels)), nothing], axis=1),
    )


def _told(
    rows: Rows, some: slice, delays: Floats, changes: tuple[Mask, Floats, Floats, Floats], is_first: bool
) -> DepthRows:
    import numpy as np

    told, price, size, side = changes
    place = np.nonzero(told)[0]
    ids: NDArray[np.int64] = np.full(len(place), UNKNOWN, dtype=np.int64)
    found = DepthRows(
        *(rows.time_us[some][place], price[told], size[told], side[told], np.zeros(len(place)), delays[some][place]),
        *(rows.numbers[some][place], ids, ids, ids),
    )
    found = placed(found, message_starts(place), is_snapshot=False)
    if is_first:
        found.place[0] += FIRST_OF_SNAPSHOT
    return found

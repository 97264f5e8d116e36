"""How files write an order book: changes of levels, snapshots of the same shape, or the best levels side by side."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

MOST_LEVELS = 1_000


class Shape(enum.Enum):
    """What a row of a file is."""

    ROWS = "rows"
    """a whole event"""
    CHANGES = "changes of levels"
    """a level of a message; the rows of a message follow each other and have its update ids"""
    SNAPSHOT = "a snapshot's levels"
    """a level of a whole book, which tells up to which update id it goes"""
    FLAGGED = "changes with snapshots among them"
    """a level, which a column says to be of a snapshot or not; there are no update ids"""
    LADDER = "the best levels"
    """a whole view of the book, level by level in columns"""
    EVENTS = "events"
    """an event of any kind, as an import has written it"""


LEVELS = {
    "bid": ("bid_price_{0}", "bid_px_{0:02d}", "bid_{0}_price", "bids[{0}].price"),
    "bid_size": (
        *("bid_qty_{0}", "bid_size_{0}", "bid_amount_{0}", "bid_sz_{0:02d}"),
        *("bid_{0}_size", "bid_{0}_qty", "bids[{0}].amount"),
    ),
    "ask": ("ask_price_{0}", "ask_px_{0:02d}", "ask_{0}_price", "asks[{0}].price"),
    "ask_size": (
        *("ask_qty_{0}", "ask_size_{0}", "ask_amount_{0}", "ask_sz_{0:02d}"),
        *("ask_{0}_size", "ask_{0}_qty", "asks[{0}].amount"),
    ),
}
"""what the columns of a level are called, by its number from 0"""
SIDES = tuple(LEVELS)

IDS: Mapping[str, tuple[str, ...]] = {
    "first_id": ("first_update_id", "first_id"),
    "last_id": ("last_update_id", "lastupdateid", "final_update_id", "last_id"),
    "before_id": ("prev_update_id", "previous_update_id", "prev_last_update_id", "pu"),
}
"""the update ids of a change: its first, its last, and the last one of the message before it"""


FLAG = "is_snapshot"
"""a column that says of a level that it is of a snapshot"""
EVENTS = ("time_us", "kind", "a", "b", "c", "d", "e", "id")
"""the columns of a file of events, which `fsm data import` writes"""


def ladder(known: Mapping[str, str]) -> dict[str, str]:
    """The columns of the levels, by field and number (`bid_0`, `bid_size_0`, …); none where fewer than two are told."""
    found: dict[str, str] = {}
    for number in range(MOST_LEVELS):
        level = {side: _first((name.format(number) for name in LEVELS[side]), known) for side in SIDES}
        columns = {f"{side}_{number}": column for side, column in level.items() if column is not None}
        if len(columns) < len(SIDES):
            break
        found |= columns
    return found if len(found) > len(SIDES) else {}


def update_ids(known: Mapping[str, str]) -> dict[str, str]:
    """The columns of update ids that there are."""
    found = {field: _first(names, known) for field, names in IDS.items()}
    return {field: column for field, column in found.items() if column is not None}


def levels_shape(known: Mapping[str, str]) -> Shape:
    """Whether rows are changes or snapshots, by their update ids or a flag; `ROWS` when they are neither."""
    ids = update_ids(known)
    if FLAG in known and "first_id" not in ids:
        return Shape.FLAGGED
    if "last_id" not in ids:
        return Shape.ROWS
    return Shape.CHANGES if "first_id" in ids else Shape.SNAPSHOT


def _first(names: Iterable[str], known: Mapping[str, str]) -> str | None:
    return next((known[name] for name in names if name in known), None)

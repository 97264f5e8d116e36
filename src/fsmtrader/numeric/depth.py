"""One side of an order book: its levels in one array, the best at the end (V-14, V-17, R001-41).

A side is a header (the count of levels) and three columns of equal length: prices, sizes, and what own orders had of
each size. Bids rise towards the best, asks fall: most changes happen near the best, so what has to make room is little.
A side that is full lets its worst level go: nobody gets that deep into it.

Compiled code works on arrays; Python is several times faster on a memoryview of the same array. Python also moves
levels by slices, for which compiled code would need memory of its own: it moves them number by number
(`kernel.runtime_orders`; a test compares the two).

Sizes are in base currency. Prices are those of the data; two are the same when they are `close`.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, cast, overload

from fsmtrader.numeric.compare import close


class Levels(Protocol):
    """One side: an array of doubles, or a memoryview of one."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, place: int, /) -> float: ...
    @overload
    def __getitem__(self, place: slice, /) -> Any: ...
    @overload
    def __setitem__(self, place: int, value: float, /) -> None: ...
    @overload
    def __setitem__(self, place: slice, value: Any, /) -> None: ...


COUNT = 0
HEADER = 1
COLUMNS = 3
PLACES = 4096
"""levels that a side keeps, by default"""


def side_size(places: int) -> int:
    """How many numbers a side of so many levels takes."""
    return HEADER + COLUMNS * places


def places_in(side: Levels) -> int:
    return (len(side) - HEADER) // COLUMNS


def new_side(places: int = PLACES) -> Levels:
    """An empty side for Python: a view that is quick to index. `np.asarray` of it is the array behind."""
    import numpy as np

    return cast(Levels, np.zeros(side_size(places)).data)


def level_count(side: Levels) -> int:
    return int(side[COUNT])


def clear(side: Levels) -> None:
    """Nothing is known of this side any more."""
    side[COUNT] = 0.0


def place_of(side: Levels, price: float, is_bid: bool) -> int:
    """Where a price stands or would stand: the number of levels that are worse than it."""
    low, high = HEADER, HEADER + int(side[COUNT])
    while low < high:
        middle = (low + high) >> 1
        other = side[middle]
        if other != price and (other < price) == is_bid:
            low = middle + 1
        else:
            high = middle
    if low > HEADER and close(side[low - 1], price):
        low -= 1
    return low - HEADER


def stands_at(side: Levels, place: int, price: float) -> bool:
    """Whether there is a level of this price at the place that `place_of` has found."""
    return place < level_count(side) and close(side[HEADER + place], price)


def price_in(side: Levels, place: int) -> float:
    """The price at a place; places are counted from the worst level."""
    return side[HEADER + place]


def size_in(side: Levels, place: int) -> float:
    return side[HEADER + places_in(side) + place]


def used_in(side: Levels, place: int) -> float:
    """What own orders had of the size at a place since it was told."""
    return side[HEADER + 2 * places_in(side) + place]


def consume(side: Levels, place: int, quantity: float) -> None:
    """An own order had some of a level; nobody else of ours gets it (V-17)."""
    side[HEADER + 2 * places_in(side) + place] += quantity


def size_at(side: Levels, price: float, is_bid: bool) -> float:
    """What is displayed at a price; 0 where nothing is."""
    place = place_of(side, price, is_bid)
    return size_in(side, place) if stands_at(side, place, price) else 0.0


def set_level(side: Levels, price: float, size: float, is_bid: bool) -> float:
    """A level is told anew, size 0: it is gone. Gives the size that stood there, 0 where none did.

    What own orders had of it counts no more: the venue's own word replaces it.
    """
    place = place_of(side, price, is_bid)
    if not stands_at(side, place, price):
        if size > 0.0:
            insert(side, place, price, size)
        return 0.0
    before = size_in(side, place)
    if size > 0.0:
        places = places_in(side)
        side[HEADER + places + place] = size
        side[HEADER + 2 * places + place] = 0.0
    else:
        remove(side, place)
    return before


def remove(side: Levels, place: int) -> None:
    """Close the gap that a level leaves."""
    count, places = level_count(side), places_in(side)
    for column in range(COLUMNS):
        first, end = HEADER + column * places + place, HEADER + column * places + count
        side[first : end - 1] = side[first + 1 : end]
    side[COUNT] = count - 1.0


def insert(side: Levels, place: int, price: float, size: float) -> None:
    """Make room for a level; a full side lets its worst one go."""
    count, places = level_count(side), places_in(side)
    if count == places:
        if place == 0:
            return
        remove(side, 0)
        count -= 1
        place -= 1
    for column in range(COLUMNS):
        first, end = HEADER + column * places + place, HEADER + column * places + count
        side[first + 1 : end + 1] = side[first:end]
    side[HEADER + place] = price
    side[HEADER + places + place] = size
    side[HEADER + 2 * places + place] = 0.0
    side[COUNT] = count + 1.0


def best_price(side: Levels) -> float:
    """The best level's price; NaN on an empty side."""
    count = level_count(side)
    return side[HEADER + count - 1] if count > 0 else math.nan


def best_size(side: Levels) -> float:
    """The best level's size; 0 on an empty side."""
    count = level_count(side)
    return size_in(side, count - 1) if count > 0 else 0.0


def is_within(price: float, limit: float, is_bid: bool) -> bool:
    """Whether an order with this limit takes a level: NaN is no limit; bids are sold to, asks bought from."""
    if math.isnan(limit) or close(price, limit):
        return True
    return price > limit if is_bid else price < limit


def available(side: Levels, limit: float, is_bid: bool) -> float:
    """All that is displayed within a limit (NaN: on the whole side)."""
    total = 0.0
    for place in range(level_count(side) - 1, -1, -1):
        if not is_within(side[HEADER + place], limit, is_bid):
            break
        total += size_in(side, place)
    return total


def estimate(side: Levels, quantity: float) -> tuple[float, float, float]:
    """`(worst level, average price, quantity)` that an order of this size would get of the side (R001-41).

    Worst level and average are NaN when the side does not hold the quantity; the quantity is what it does hold of it.
    """
    left, value, worst = quantity, 0.0, math.nan
    for place in range(level_count(side) - 1, -1, -1):
        if left <= 0.0:
            break
        worst = side[HEADER + place]
        part = min(left, size_in(side, place))
        value += part * worst
        left -= part
        if left <= quantity * 1e-12:
            left = 0.0
    if not quantity > 0.0 or left > 0.0:
        return math.nan, math.nan, quantity - left
    return worst, value / quantity, quantity

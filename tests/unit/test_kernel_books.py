"""What a scout keeps of books and slots, beside the venue's and the core's own: the same numbers by other means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.kernel import columns, runtime, runtime_calm, runtime_orders, runtime_slots, runtime_venue
from fsmtrader.kernel.runtime_orders import (
    AHEAD,
    BUY_FAR,
    BUY_REACH,
    N_RESTING,
    ORDER,
    OWN_HEADER,
    SELL_FAR,
    SELL_REACH,
    SHOWN,
    TRADED,
    is_reached,
    note_level,
    note_trade,
    price_of,
    shown_within,
    tell_level,
    would_fill,
)
from fsmtrader.kernel.runtime_slots import (
    BUY_WORD,
    NEXT_US,
    OF_SIDE,
    PERMITTED,
    REFUSED_US,
    SLOT_HEADER,
    SLOT_TICK,
    WANTED,
    WORKING,
    is_beyond_ticks,
    would_act,
    would_place,
)
from fsmtrader.numeric import depth

INF, NAN = float("inf"), float("nan")
LEVEL = st.tuples(st.integers(1, 9), st.sampled_from([0.0, 0.0, 1.0, 2.5]))


@settings(max_examples=60)
@given(st.booleans(), st.integers(2, 5), st.lists(LEVEL, max_size=40))
def test_a_level_is_told_as_the_venue_is_told(is_bid: bool, places: int, told: list[tuple[int, float]]) -> None:
    """Also on a side that is full, which lets its worst level go."""
    theirs, ours = depth.new_side(places), depth.new_side(places)
    for tick, size in told:
        depth.set_level(theirs, tick / 10, size, is_bid)
        tell_level(ours, tick / 10, size, is_bid)
        count = depth.level_count(theirs)
        levels = [[(depth.price_in(s, k), depth.size_in(s, k), depth.used_in(s, k)) for k in range(count)]
                  for s in (theirs, ours)]  # fmt: skip
        assert depth.level_count(ours) == count
        assert levels[0] == levels[1]


def orders(*rows: tuple[float, float, float, float, float, float]) -> list[float]:
    """Own orders: price, left, ahead, shown, traded, and whether each buys."""
    own = [0.0] * OWN_HEADER
    buys = [row[0] for row in rows if row[5]] or [-INF]
    sells = [row[0] for row in rows if not row[5]] or [INF]
    own[N_RESTING] = float(len(rows))
    own[BUY_REACH], own[BUY_FAR] = max(buys), min(buys)
    own[SELL_REACH], own[SELL_FAR] = min(sells), max(sells)
    return [*own, *(number for row in rows for number in row)]


def test_a_trade_at_an_own_price_eats_the_queue_before_it() -> None:
    """Five stand before a buy at 100, seven are traded: the last two of them are its own."""
    own = orders((100.0, 1.0, 5.0, 8.0, 0.0, 1.0), (101.0, 1.0, 4.0, 4.0, 0.0, 0.0))
    assert not would_fill(own, 2, 100.0, 5.0, -1.0)
    assert would_fill(own, 2, 100.0, 5.1, -1.0)
    assert not would_fill(own, 2, 100.0, 9.0, 1.0), "a buyer does not meet a buy"
    assert would_fill(own, 5, 99.9, 0.1, -1.0), "a trade through the price fills"
    note_trade(own, 100.0, 3.0, -1.0)
    assert own[OWN_HEADER + AHEAD] == 2.0
    assert own[OWN_HEADER + TRADED] == 3.0
    assert own[OWN_HEADER + ORDER + AHEAD] == 4.0


def test_a_level_that_is_told_anew_bounds_the_queue() -> None:
    own = orders((100.0, 1.0, 5.0, 8.0, 0.0, 1.0), (100.0, 1.0, 7.0, 8.0, 0.0, 1.0))
    note_level(own, 100.0, 6.0, True)
    assert [own[OWN_HEADER + AHEAD], own[OWN_HEADER + ORDER + AHEAD]] == [5.0, 6.0]
    assert own[OWN_HEADER + SHOWN] == 6.0
    note_level(own, 100.0, 1.0, False)
    assert own[OWN_HEADER + AHEAD] == 5.0, "the other side has no such queue"


def test_a_touch_that_has_come_to_an_order_reaches_it() -> None:
    own = orders((100.0, 1.0, 5.0, 8.0, 0.0, 1.0))
    assert is_reached(own, 99.9, 100.0)
    assert not is_reached(own, 99.9, 100.1)
    assert not is_reached(own, 100.2, NAN)


def test_what_a_touch_shows_is_asked_where_no_levels_are_told() -> None:
    none = np.zeros(4)
    seen = (99.0, 2.0, 101.0, 3.0)
    assert shown_within(False, none, none, *seen, True, 101.0) == 3.0
    assert shown_within(False, none, none, *seen, True, 100.9) == 0.0
    assert shown_within(False, none, none, *seen, False, NAN) == 2.0
    assert price_of(True, False, none, none, *seen, False, 2.0, False) == 99.0
    assert price_of(True, False, none, none, *seen, False, 2.1, False) != 99.0
    assert price_of(False, False, none, none, *seen, False, 2.1, False) == 99.0


def slot(**values: float) -> list[float]:
    """A slot that was wanted as a buy, with one order at 100 for 2."""
    found = [0.0] * (SLOT_HEADER + WORKING)
    found[WANTED], found[NEXT_US], found[PERMITTED], found[SLOT_TICK] = 1.0, INF, 2.0, 0.1
    found[OF_SIDE], found[BUY_WORD], found[REFUSED_US] = 7.0, 7.0, -INF
    found[SLOT_HEADER - 1] = 1.0
    found[SLOT_HEADER:] = [0.0, 7.0, 0.0, 0.0, 100.0, 2.0, 1_000_000.0]
    for name, value in values.items():
        found[{"wanted": WANTED, "next_us": NEXT_US, "permitted": PERMITTED, "working": SLOT_HEADER - 1}[name]] = value
    return found


def acts(state: list[float], *, when: bool = True, price: float = 100.0, quantity: float = 2.0, ttl: float = INF,
         beyond: float | None = None, every: bool = False, keep: bool = False, now: int = 2_000_000) -> bool:  # fmt: skip
    return would_act(state, when, 7.0, price, quantity, False, False, keep, ttl, INF if beyond is None else beyond, 1.0,
                     every, beyond is not None, False, now, 0.0, 100.0)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "given", "expected"),
    [
        (slot(), {}, False),
        (slot(), {"price": 100.04}, False),
        (slot(), {"price": 100.1}, True),
        (slot(), {"price": 100.3, "beyond": 3.0}, False),
        (slot(), {"price": 100.4, "beyond": 3.0}, True),
        (slot(), {"when": False}, True),
        (slot(), {"when": False, "keep": True}, True),
        (slot(wanted=0.0), {"when": False, "keep": True}, False),
        (slot(permitted=1.0), {}, True),
        (slot(), {"ttl": 1.0}, True),
        (slot(), {"ttl": 1.5}, False),
        (slot(next_us=3_000_000.0), {"price": 105.0, "every": True}, False),
        (slot(next_us=2_000_000.0), {"price": 105.0, "every": True}, True),
        (slot(next_us=2_000_000.0), {"every": True}, False),
        (slot(working=0.0), {}, True),
        (slot(working=0.0, next_us=3_000_000.0), {"every": True}, False),
        (slot(), {"every": True}, True),
    ],
)
def test_a_slot_is_looked_at(state: list[float], given: dict[str, float], expected: bool) -> None:
    """Every row is what a look of the machine's does; the last: an interval that is not ready is tried again."""
    assert acts(state, **given) is expected  # type: ignore[arg-type]


def test_an_order_that_is_refused_again_is_none() -> None:
    state = slot(working=0.0)
    state[REFUSED_US] = 3_000_000.0
    assert not would_place(state, 2_999_999, 1.0, True, False)
    assert would_place(state, 3_000_000, 1.0, True, False)


def test_ticks_that_are_too_near_to_tell_are_the_machines() -> None:
    """It rounds to six digits: what is between is handed over."""
    state = slot()
    assert not is_beyond_ticks(state, 100.0, 100.0 + 3.0 * 0.1, 3.0)
    assert is_beyond_ticks(state, 100.0, 100.0 + 2.500001 * 0.1, 2.5)
    assert is_beyond_ticks(state, 100.0, 100.0 + 2.499999 * 0.1, 2.5)
    assert not is_beyond_ticks(state, 100.0, 100.0 + 2.4 * 0.1, 2.5)
    assert not is_beyond_ticks(state, 100.0, 900.0, NAN)


def test_what_a_loop_imports_has_one_meaning() -> None:
    """A loop takes all names of these modules: the later one's number would stand for both."""
    found: dict[str, set[float]] = {}
    for module in (columns, runtime, runtime_calm, runtime_orders, runtime_slots, runtime_venue):
        for name, value in vars(module).items():
            if isinstance(value, int | float) and not name.startswith("_"):
                found.setdefault(name, set()).add(value)
    assert {name: values for name, values in found.items() if len(values) > 1} == {}

"""A bad line between client and venue (V-21): what the client hears, and what is true at the venue."""

from __future__ import annotations

from typing import Any

import pytest

from fsmtrader.domain.orders import Accepted, Cancelled, CancelRefused, Filled, Rejected
from fsmtrader.venues.simulated import Faults, FaultyVenue


@pytest.fixture
def line(desk: Any) -> Any:
    """A desk whose line has faults; `behind` is the venue itself."""

    def make(seed: int = 1, **faults: Any) -> Any:
        d = desk()
        d.behind = d.venue
        d.venue = FaultyVenue(d.behind, Faults(**faults), seed, {"L": 0.1, "S": 0.1})
        d.book(99.5, 9, 100.0, 9)
        return d

    return make


def names(told: tuple[Any, ...]) -> list[str]:
    return [type(message).__name__ for message in told]


def test_V21_without_faults_nothing_changes(line: Any) -> None:
    d = line()
    assert names(d.send("L", 1)) == ["Filled"] and names(d.send("L", 1, 99.5)) == ["Accepted"]
    assert names(d.cancel("2")) == ["Cancelled"]
    assert d.venue.next_us() == float("inf")


def test_V21_a_timeout_though_the_order_was_accepted(line: Any) -> None:
    d = line(timeout_accepted=1.0, late_us=10_000_000)
    assert d.send("L", 1) == ()
    assert d.behind.position("L")[0] == 1.0
    assert d.venue.next_us() == d.now_us + 10_000_000
    assert d.venue.advance(d.now_us + 9_999_999) == ()
    assert names(d.venue.advance(d.now_us + 10_000_000)) == ["Filled"]


def test_V21_a_timeout_and_the_order_is_lost(line: Any) -> None:
    d = line(timeout_lost=1.0)
    assert d.send("L", 1) == () and d.send("L", 1, 99.5) == ()
    assert d.behind.position("L")[0] == 0.0 and d.behind.open_orders("main") == ()
    assert d.venue.next_us() == float("inf")


def test_V21_a_fill_is_told_twice_with_one_trade_id(line: Any) -> None:
    d = line(duplicate=1.0)
    first, second = d.send("L", 1)
    assert first == second and first.trade_id != ""
    assert d.behind.position("L")[0] == 1.0
    assert d.send("L", 1)[0].trade_id != first.trade_id


def test_V21_messages_out_of_order(line: Any) -> None:
    d = line(seed=7, disorder=0.5, disorder_us=2_000_000)
    heard: list[str] = []
    for _ in range(12):
        heard += names(d.send("L", 1, 99.0))
        heard += names(d.cancel(str(d.count)))
        d.now_us += 1_000_000
        heard += names(d.venue.advance(d.now_us))
    heard += names(d.venue.advance(d.now_us + 10_000_000))
    assert sorted(heard) == ["Accepted"] * 12 + ["Cancelled"] * 12
    assert heard != ["Accepted", "Cancelled"] * 12


def test_V21_half_of_an_order_and_then_a_cancel(line: Any) -> None:
    d = line(partial=1.0)
    assert d.send("L", 3) == (Filled("1", 1.5, 100.0, pytest.approx(0.075), False, "s1"), Cancelled("1"))
    assert d.send("L", 2, 99.5) == (Accepted("2"),)
    assert names(d.book(98.0, 9, 99.0, 0.4)) == ["Filled"]
    assert names(d.book(98.0, 9, 99.0, 5)) == ["Filled", "Cancelled"]
    assert d.send("L", 2, 98.5) == (Accepted("3"),)
    assert d.cancel("3") == (Cancelled("3"),)
    assert d.behind.position("L")[0] == 2.5


def test_V21_too_many_requests(line: Any) -> None:
    d = line(throttled=1.0)
    assert d.send("L", 1) == (Rejected("1", "rate_limit"),)
    assert d.cancel("1") == (CancelRefused("1", "rate_limit"),)
    assert d.behind.position("L")[0] == 0.0


def test_V21_faults_are_drawn_from_a_seed(line: Any) -> None:
    def heard(seed: int) -> str:
        d = line(
            seed=seed, timeout_accepted=0.2, timeout_lost=0.2, duplicate=0.2, disorder=0.2, partial=0.2, throttled=0.2
        )
        return repr([d.send("L", 1) for _ in range(40)] + [d.venue.advance(d.now_us + 100_000_000)])

    assert heard(1) == heard(1) and heard(1) != heard(2)

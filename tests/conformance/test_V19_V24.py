"""Names, races, faults, filters: V-19 to V-24."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import Made, simulated
from tests.conformance.venue_under_test import SECOND, Setup, UnderTest, briefs

from fsmtrader.domain.instruments import Jitter, Latency
from fsmtrader.domain.orders import Accepted, CancelIntent, Cancelled, CancelRefused, Filled, Rejected
from fsmtrader.venues.simulated import Faults

MS = 1_000
DUPLICATE = {"binanceusdm": "-4116", "grvt": "OVERLAPPING_CLIENT_ORDER_ID", "lighter": "21728"}
CANCELLED = {"binanceusdm": "CANCELED", "grvt": "CLIENT_CANCEL", "lighter": "canceled"}
UNKNOWN = {"binanceusdm": "-2011", "grvt": "", "lighter": "21715"}


def test_V19_a_client_id_that_is_active(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    assert v.order("N", 1, 1990.0, name="a") == [("accepted",)]
    assert v.order("N", 1, 1991.0, name="a") == [("rejected", "duplicate_id", DUPLICATE[exchange])]
    assert v.withdraw("a") == [("cancelled", "", CANCELLED[exchange])]
    assert v.order("N", 1, 1991.0, name="a") == [("accepted",)]


def test_V20_the_cancel_of_a_filled_order(venue: Made, exchange: str) -> None:
    v = venue(latency=Latency(entry_us=10 * MS, response_us=10 * MS))
    v.quote(1999.0, 0, 2000.0, 5)
    v.order("N", 1, 1999.0, name="a")
    v.trade(1998.0, 5, False, at=v.now_us + SECOND)
    told = v.withdraw("a")
    assert sorted(told) == sorted([("filled", 1.0, 1999.0), ("cancelrefused", "unknown_order", UNKNOWN[exchange])])
    assert v.withdraw("a") == [("cancelrefused", "unknown_order", UNKNOWN[exchange])], "the fill is told once"


def test_V20_a_fill_that_comes_before_the_cancel(venue: Made) -> None:
    v = venue(latency=Latency(entry_us=10 * MS))
    v.quote(1999.0, 0, 2000.0, 5)
    v.order("N", 1, 1999.0, name="a")
    sent = v.now_us
    assert v.venue.cancel(CancelIntent("a"), sent) == ()
    told = v.trade(1998.0, 5, False, at=sent + 5 * MS)
    told = (*told, *v.settle())
    assert [type(m) for m in told] == [Filled, CancelRefused]


LATE = 2 * SECOND


@pytest.mark.parametrize(
    ("faults", "expected", "held"),
    [
        (Faults(timeout_accepted=1.0, late_us=LATE), [("filled", 1.0, 2000.0)], 1.0),
        (Faults(timeout_lost=1.0), [], 0.0),
        (Faults(throttled=1.0), [("rejected", "rate_limit", "")], 0.0),
        (Faults(duplicate=1.0), [("filled", 1.0, 2000.0), ("filled", 1.0, 2000.0)], 1.0),
        (Faults(partial=1.0), [("filled", 0.5, 2000.0), ("cancelled", "", "")], 0.5),
        (Faults(gap=1.0, gap_us=LATE), [("filled", 1.0, 2000.0)], 1.0),
    ],
)
def test_V21_faults_on_the_line(venue: Made, faults: Faults, expected: list[Any], held: float) -> None:
    v = venue(faults=faults)
    v.quote(1999.0, 5, 2000.0, 5)
    sent = v.now_us
    assert v.order("N", 1) == expected
    assert v.held("N") == held
    if LATE in (faults.late_us, faults.gap_us):
        assert v.now_us >= sent + LATE, "the order is there all the same, and nobody knows"


def test_V21_duplicates_have_one_trade_and_disorder_is_healed_by_time(venue: Made) -> None:
    v = venue(faults=Faults(duplicate=1.0))
    v.quote(1999.0, 5, 2000.0, 5)
    told = (*v.send("N", 1), *v.settle())
    assert len({m.trade_id for m in told}) == 1 and told[0].trade_id
    orders: set[tuple[str, ...]] = set()
    for seed in range(12):
        w = venue(faults=Faults(disorder=0.5), seed=seed)
        w.quote(1999.0, 0, 2000.0, 1)
        told = (*w.send("N", 3, 2000.0), *w.settle())
        orders.add(tuple(type(m).__name__ for m in told))
        assert sorted(type(m).__name__ for m in told) == ["Accepted", "Filled"]
    assert orders == {("Accepted", "Filled"), ("Filled", "Accepted")}


def test_V21_a_gap_in_the_stream_loses_nothing_and_keeps_the_order(venue: Made) -> None:
    v = venue(faults=Faults(gap=0.5, gap_us=30 * SECOND), seed=3)
    v.quote(1999.0, 0, 2000.0, 5)
    told: list[Any] = []
    for _ in range(8):
        told += v.send("N", 0.1, 1999.0)
        told += v.trade(1998.0, 5, False, at=v.now_us + SECOND)
    told += v.settle()
    names = [(m.client_id, type(m).__name__) for m in told]
    assert len(names) == len(set(names)) == 16
    for name in {name for name, _ in names}:
        assert names.index((name, "Accepted")) < names.index((name, "Filled"))


def play(exchange: str) -> str:
    """Everything that a venue tells in a market of quotes and trades, with orders, cancels and faults."""
    faults = Faults(timeout_lost=0.05, duplicate=0.1, disorder=0.1, gap=0.02)
    latency = Latency(entry_us=MS, response_us=MS, jitter=Jitter(5 * MS, seed=7))
    v = UnderTest(simulated, Setup(exchange, latency=latency, faults=faults, seed=5))
    told: list[Any] = []
    for step in range(120):
        price = 2000.0 + step * 7 % 11 - step * step % 13
        told += v.quote(price - 1.0, step % 4, price, (step + 2) % 5, at=v.now_us + SECOND)
        for leg in ("N", "O"):
            told += v.send(leg, 0.5 if step % 3 else -0.5, price - step % 3, post_only=step % 2 == 0)
        told += v.trade(price - 1.5, 2.0, step % 2 == 0, at=v.now_us + 100 * MS)
        told += v.withdraw(str(step)) if step % 5 == 0 else ()
    return repr((told, v.venue.cash("main"), v.venue.cash("other")))


def test_V22_the_same_calls_give_the_same_answers_in_every_process(exchange: str) -> None:
    here = play(exchange)
    assert here == play(exchange)
    code = f"from tests.conformance.test_V19_V24 import play; print(play({exchange!r}))"
    root = str(Path(__file__).parents[2])
    for seed in ("0", "1"):
        path = os.pathsep.join((root, *sys.path))
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        found = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == here


def test_V23_a_cancel_that_comes_before_its_order(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    told = briefs(v.send("N", 1, 2000.0, name="a"))
    told += v.withdraw("a")
    if exchange == "grvt":
        assert told == [("cancelled", "", "CLIENT_CANCEL")] and v.held("N") == 0.0
        return
    assert told.count(("filled", 1.0, 2000.0)) == 1 and v.held("N") == 1.0
    assert ("cancelrefused", "unknown_order", UNKNOWN[exchange]) in told


@pytest.mark.parametrize("exchange", ["grvt"])
@pytest.mark.parametrize(("waited", "lives"), [(74 * MS, False), (76 * MS, True)])
def test_V23_a_cancel_waits_a_tenth_of_a_second(venue: Made, waited: int, lives: bool) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    began = v.now_us
    assert v.venue.cancel(CancelIntent("a"), began) == ()
    v.until(began + waited)
    assert v.send("N", 1, 2000.0, name="a") == ()  # arrives 25 ms later
    told = v.settle()
    assert [type(m) for m in told] == ([CancelRefused, Accepted, Filled] if lives else [Cancelled])
    assert v.held("N") == (1.0 if lives else 0.0)


FILTERS: dict[str, list[tuple[float, float, str, str]]] = {
    "binanceusdm": [
        (1, 1999.005, "tick", "-4014"),
        (1.0005, 1999.0, "lot", "-4023"),
        (0.0, 1999.0, "min_quantity", "-4004"),
        (10_001, 1999.0, "max_quantity", "-4005"),
        (0.01, 1999.0, "min_notional", "-4164"),
        (1, -1999.0, "price", "-4001"),
    ],
    "grvt": [
        (1, 1999.005, "tick", "2064"),
        (1.005, 1999.0, "lot", "2065"),
        (0.0, 1999.0, "min_quantity", "2062"),
        (1_001, 1999.0, "max_quantity", ""),
        (0.01, 499.0, "min_notional", ""),
    ],
    "lighter": [
        (1, 1999.005, "tick", "21702"),
        (1.00005, 1999.0, "lot", "21701"),
        (0.0049, 1999.0, "min_quantity", "21706"),
        (0.005, 1999.0, "min_notional", "21706"),
    ],
}


def test_V24_filters_refuse_and_never_round(venue: Made, exchange: str) -> None:
    v = venue()
    v.quote(1999.0, 5, 2000.0, 5)
    for quantity, price, reason, code in FILTERS[exchange]:
        told = (*v.send("N", quantity, price), *v.settle())
        assert list(told) == [Rejected(str(v.count), reason, code)]
    assert v.held("N") == 0.0
    v.order("N", 0.02)
    assert v.order("N", -0.01, 1999.0)[-1] == ("filled", 0.01, 1999.0), "what only reduces may be of any value"

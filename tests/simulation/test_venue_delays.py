"""Delays (V-13): drawn, recorded, and in which order news reach us."""

from __future__ import annotations

import math

import pytest

from fsmtrader.domain.instruments import Jitter, Latency, Shape
from fsmtrader.domain.market import LAST, Kind, MarketEvent
from fsmtrader.venues.simulated.delays import Feed, Line, drawn_us, recorded_us, uniform

NAN = math.nan


def test_draws_are_splitmix_numbers_and_stay_the_same() -> None:
    """The values are those of this very arithmetic: a journal made today is made again tomorrow."""
    first = [uniform(1, 0, n) for n in range(3)]
    assert first == [uniform(1, 0, n) for n in range(3)]
    assert len({uniform(seed, way, n) for seed in range(5) for way in range(5) for n in range(50)}) == 5 * 5 * 50
    many = [uniform(3, 1, n) for n in range(20_000)]
    assert min(many) > 0.0 and max(many) < 1.0
    assert sum(many) / len(many) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("shape", list(Shape))
def test_a_jitter_has_its_mean(shape: Shape) -> None:
    drawn = [drawn_us(Jitter(10_000, shape, 0.5, 4), 2, n) for n in range(20_000)]
    assert min(drawn) >= 0
    assert sum(drawn) / len(drawn) == pytest.approx(10_000, rel=0.03)


def test_an_exponential_is_longer_than_its_mean_in_a_share_of_one_by_e() -> None:
    drawn = [drawn_us(Jitter(10_000), 0, n) for n in range(20_000)]
    assert sum(d > 10_000 for d in drawn) / len(drawn) == pytest.approx(math.exp(-1), abs=0.01)


def test_a_lognormal_has_half_of_its_draws_below_its_middle() -> None:
    # the middle of a lognormal with mean m is m * exp(-sigma^2 / 2)
    drawn = [drawn_us(Jitter(10_000, Shape.LOGNORMAL, 1.0), 0, n) for n in range(20_000)]
    assert sum(d < 10_000 * math.exp(-0.5) for d in drawn) / len(drawn) == pytest.approx(0.5, abs=0.01)


def test_no_jitter_adds_nothing() -> None:
    assert drawn_us(Jitter(0), 0, 1) == 0


@pytest.mark.parametrize(
    ("now", "expected"), [(0, 10), (100, 10), (150, 20), (200, 30), (275, 15), (300, 10), (999, 10)]
)
def test_recorded_delays_lie_on_straight_lines(now: int, expected: int) -> None:
    assert recorded_us((100, 200, 300), (10, 30, 10), now) == expected


def test_a_line_adds_up_its_delays_and_lets_nothing_overtake() -> None:
    line = Line(Latency(entry_us=5, response_us=7, recorded=((0, 100, 10), (1_000, 0, 10))), 0)
    assert line.arrival(0) == 105
    assert line.arrival(10) == 114, "10 + 5 + 99"
    assert line.arrival(1_000) == 1_005
    falling = Line(Latency(recorded=((0, 1_000, 0), (10, 0, 0))), 0)
    assert [falling.arrival(now) for now in (0, 5, 10)] == [1_000, 1_000, 1_000]
    assert line.answer(2_000) == 2_017


def test_lines_of_two_accounts_draw_apart() -> None:
    latency = Latency(jitter=Jitter(1_000))
    one, other = Line(latency, 0), Line(latency, 1)
    assert [one.arrival(n * 100_000) for n in range(5)] != [other.arrival(n * 100_000) for n in range(5)]


def event(time_us: int, delay: float = NAN, market: int = 0, kind: Kind = Kind.BOOK, d: float = 1.0) -> MarketEvent:
    return MarketEvent(time_us, kind, market, 1.0, 1.0, 2.0, d, delay)


def test_a_recorded_feed_takes_what_each_event_took_and_else_what_the_last_one_did() -> None:
    feed = Feed(Latency(feed_us=10, has_recorded_feed=True), 2)
    assert [feed(event(100, 50.0)), feed(event(200)), feed(event(300, 5.0))] == [160, 260, 315]
    assert feed(event(301, 1.0)) == 315, "it does not overtake the one before it (312)"
    assert feed(event(301, 1.0, market=1)) == 312, "another market's may"
    assert feed(event(400, 9_999.0, kind=Kind.BAR)) == 411, "a bar's fifth value is its volume"
    assert feed(event(500, -40.0)) == 510, "a clock that runs ahead is no delay"


def test_the_rows_of_one_message_arrive_together() -> None:
    feed = Feed(Latency(feed_us=10, jitter=Jitter(1_000)), 1)
    message = [event(100, kind=Kind.DEPTH, d=flag) for flag in (0.0, 0.0, LAST)]
    arrivals = [feed(row) for row in message]
    assert len(set(arrivals)) == 1
    assert feed(event(100, kind=Kind.DEPTH, d=LAST)) >= arrivals[0]

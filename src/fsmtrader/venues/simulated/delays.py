"""How long things are on their way: constant, recorded, or drawn; what was sent first arrives first (V-13)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist

from fsmtrader.domain.instruments import Jitter, Latency, Shape
from fsmtrader.domain.market import Kind, MarketEvent, is_last

DEPTH = Kind.DEPTH
BITS = 64
MASK = 2**BITS - 1
NORMAL = NormalDist()
ENTRY, RESPONSE, FEED = 0, 1, 2
WAYS = 3
"""ways that draw apart from each other"""


def uniform(seed: int, way: int, number: int) -> float:
    """A number between 0 and 1, never one of the two, for the `number`th message of a way: SplitMix64's output."""
    state = _mixed(_mixed(seed & MASK) ^ (way & MASK)) + number
    return ((_mixed(state & MASK) >> 11) + 0.5) / 2**53


def _mixed(state: int) -> int:
    """One step of SplitMix64 (Steele, Lea and Flood 2014)."""
    z: int = (state + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def drawn_us(jitter: Jitter, way: int, number: int) -> int:
    """What comes on top of the delay of the `number`th message of a way, in whole microseconds."""
    if jitter.mean_us <= 0:
        return 0
    share = uniform(jitter.seed, way, number)
    if jitter.shape is Shape.EXPONENTIAL:
        return round(-jitter.mean_us * math.log1p(-share))
    middle = math.log(jitter.mean_us) - jitter.sigma**2 / 2.0
    return round(math.exp(middle + jitter.sigma * NORMAL.inv_cdf(share)))


def recorded_us(times: Sequence[int], delays: Sequence[int], now_us: int) -> int:
    """A recorded delay at a moment: on the straight line between two records, the first or last one beyond them."""
    after = bisect_right(times, now_us)
    if after == 0:
        return delays[0]
    if after == len(times):
        return delays[-1]
    begin, end = times[after - 1], times[after]
    return round(delays[after - 1] + (delays[after] - delays[after - 1]) * (now_us - begin) / (end - begin))


class Line:
    """The line between one account and its venue; `number` tells it from other accounts' lines."""

    __slots__ = ("_answers", "_arrives_us", "_entries", "_jitter", "_latency", "_number", "_responses", "_sent",
                 "_tells_us", "_times", "_told")  # fmt: skip

    def __init__(self, latency: Latency, number: int) -> None:
        self._latency, self._jitter, self._number = latency, latency.jitter, number
        self._times = [row[0] for row in latency.recorded]
        self._entries = [row[1] for row in latency.recorded]
        self._responses = [row[2] for row in latency.recorded]
        self._sent = self._told = 0
        self._arrives_us = self._tells_us = -(2**62)
        self._answers = latency.response_us > 0 or latency.jitter is not None or bool(latency.recorded)

    def arrival(self, now_us: int) -> int:
        """When what is sent now reaches the venue."""
        delay = self._latency.entry_us + self._measured(self._entries, now_us)
        delay += self._drawn(ENTRY, self._sent)
        self._sent += 1
        self._arrives_us = max(self._arrives_us, now_us + delay)
        return self._arrives_us

    def answer(self, now_us: int) -> int:
        """When what the venue says now reaches us."""
        if not self._answers:
            return now_us
        delay = self._latency.response_us + self._measured(self._responses, now_us)
        delay += self._drawn(RESPONSE, self._told)
        self._told += 1
        self._tells_us = max(self._tells_us, now_us + delay)
        return self._tells_us

    def _measured(self, delays: Sequence[int], now_us: int) -> int:
        return recorded_us(self._times, delays, now_us) if self._times else 0

    def _drawn(self, way: int, number: int) -> int:
        return 0 if self._jitter is None else drawn_us(self._jitter, WAYS * self._number + way, number)


class Feed:
    """When an event of a market reaches us. What one message told arrives together, and no message overtakes another
    of its market. An event without a recorded delay has the one before it."""

    def __init__(self, latency: Latency, markets: int) -> None:
        self._latency, self._jitter = latency, latency.jitter
        self._seen_us = [-(2**62)] * markets
        self._delays = [0] * markets
        self._count = [0] * markets
        self.is_told = False
        """whether any event has said its delay"""
        self._is_open = [False] * markets
        """whether a message of depth has begun and not ended"""

    def __call__(self, event: MarketEvent) -> int:
        market = event.market
        if not self._is_open[market]:
            self._begin(event, market)
        self._is_open[market] = event.kind is DEPTH and not is_last(event)
        return self._seen_us[market]

    def _begin(self, event: MarketEvent, market: int) -> None:
        latency = self._latency
        if latency.has_recorded_feed and event.e == event.e and event.kind is not Kind.BAR:
            self._delays[market] = max(round(event.e), 0)
            self.is_told = True
        delay = latency.feed_us + (self._delays[market] if latency.has_recorded_feed else 0)
        if self._jitter is not None:
            delay += drawn_us(self._jitter, WAYS * market + FEED, self._count[market])
        self._count[market] += 1
        self._seen_us[market] = max(self._seen_us[market], event.time_us + delay)

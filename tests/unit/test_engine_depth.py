"""The book as a strategy sees it: whole between messages only, deep, and in doubt rather than wrong (R001-36, R001-41)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fsmtrader.data.stream import EventStream, Report
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST, Kind, MarketEvent
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.seen import Seen
from fsmtrader.engine.seen_depth import Depth
from fsmtrader.engine.simulation import Simulation
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.service import doubts
from fsmtrader.spec.source import Source

SECOND = 1_000_000
BID, ASK = 1.0, -1.0
MESSAGE = [(99.95, 1.0, BID), (99.90, 2.0, BID), (99.70, 5.0, BID), (100.05, 1.0, ASK), (100.10, 2.0, ASK)]
SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
parameters: {closer: {value: sell, one_of: [buy, sell]}}
observe:
  worst: worst_price(X, sell, 4)
  paid: vwap(X, closer, 3)
  within: available(X, closer, 99.8)
  all: available(X, sell)
  shown: depth(X, buy)
variables: {n: {initial: 0}, unused: {initial: 0}}
states: {ON: {on: {book(X): [{if: ready(worst) and ready(paid) and ready(within) and ready(all) and ready(shown), do: {n: n + 1}}, {do: {unused: unused + 1}}]}}}
"""


def rows(
    message: list[tuple[float, float, float]], *, is_snapshot: bool = False, time_us: int = SECOND
) -> list[MarketEvent]:
    """A message as its rows: the flags on the first and the last."""
    flags = [0.0] * len(message)
    flags[-1] += LAST
    flags[0] += FIRST_OF_SNAPSHOT if is_snapshot else 0.0
    return [MarketEvent(time_us, Kind.DEPTH, 0, *row, flag) for row, flag in zip(message, flags, strict=True)]


def program() -> Program:
    return check(Source("spec.yml", SPEC.encode())).require()


def asked(seen: Seen, made: Program) -> dict[str, float]:
    """The answers to the spec's questions, by their text; `closer` is given as sell."""
    sell = float(made.words.index("sell"))
    given = {"vwap": (sell, 3.0), "available": (sell, 99.8), "worst_price": (4.0,)}
    return {
        q.function: seen.answer(q, given.get(q.function, ())) for q in made.queries if q.text != "available(X, sell)"
    }


def test_R001_36_bid1_and_ask1_of_a_depth_feed_are_exact() -> None:
    depth = Depth()
    told = [depth.note(event) for event in rows(MESSAGE, is_snapshot=True)]
    assert told == [False, False, False, False, True]
    assert depth.touch == (99.95, 1.0, 100.05, 1.0)
    for event in rows([(99.95, 0.0, BID), (100.02, 4.0, ASK)]):
        depth.note(event)
    assert depth.touch == (99.90, 2.0, 100.02, 4.0)


def test_R001_36_an_empty_side_has_no_price_and_the_other_one_stays() -> None:
    depth = Depth()
    for event in rows([(100.05, 1.0, ASK)], is_snapshot=True):
        depth.note(event)
    bid, bid_size, ask, ask_size = depth.touch
    assert math.isnan(bid)
    assert (bid_size, ask, ask_size) == (0.0, 100.05, 1.0)


def test_a_row_without_a_price_empties_the_book() -> None:
    depth = Depth()
    for event in rows(MESSAGE, is_snapshot=True):
        depth.note(event)
    assert depth.note(MarketEvent(SECOND, Kind.DEPTH, 0, math.nan, math.nan, math.nan, LAST + FIRST_OF_SNAPSHOT))
    assert math.isnan(depth.touch[0])
    assert math.isnan(depth.touch[2])


def test_R001_41_a_spec_asks_for_levels_behind_the_touch() -> None:
    made = program()
    seen = Seen(made, {"X": 0}, {}, {})
    for event in rows(MESSAGE, is_snapshot=True):
        seen.note(event)
    answers = asked(seen, made)
    assert answers["worst_price"] == 99.70
    assert answers["vwap"] == pytest.approx(99.916666666667, abs=1e-9)
    assert (answers["available"], answers["depth"]) == (3.0, 1.0)


def test_quotes_beside_the_levels_change_nothing() -> None:
    made = program()
    seen = Seen(made, {"X": 0}, {}, {})
    for event in rows(MESSAGE, is_snapshot=True):
        seen.note(event)
    seen.note(MarketEvent(2 * SECOND, Kind.BOOK, 0, 90.0, 1.0, 110.0, 1.0))
    assert (seen.markets[0].bid, seen.markets[0].ask) == (99.95, 100.05)


def test_the_age_of_the_book_is_told_by_the_machines_clock() -> None:
    text = SPEC.replace("  shown: depth(X, buy)", "  shown: depth(X, buy)\n  age: book_age(X)").replace(
        "ready(shown)", "ready(age)"
    )
    made = check(Source("spec.yml", text.encode())).require()
    seen = Seen(made, {"X": 0}, {}, {})
    query = next(q for q in made.queries if q.function == "book_age")
    now_us = [SECOND]
    seen.watch(lambda: now_us[0])
    assert math.isnan(seen.answer(query, ()))
    for event in rows(MESSAGE, is_snapshot=True):
        seen.note(event)
    seen.note(MarketEvent(2 * SECOND, Kind.TRADE, 0, 100.0, 1.0, 1.0))
    now_us[0] = 3 * SECOND
    assert seen.answer(query, ()) == 2.0


class Asleep:
    """A venue at which nothing happens; it keeps what it was told of the market."""

    def __init__(self) -> None:
        self.heard: list[float] = []

    def news(self, event: MarketEvent) -> tuple[()]:
        self.heard.append(event.a)
        return ()

    def next_us(self) -> float:
        return math.inf


@pytest.mark.parametrize("feed_us", [0, 5_000])
def test_nobody_decides_on_half_a_message(feed_us: int) -> None:
    made = program()
    seen = Seen(made, {"X": 0}, {}, {})
    core = Core(made, {}, seen)
    venue = Asleep()
    sources = tuple(i for i, source in enumerate(made.sources) if source.name == "book(X)")
    arrives = (lambda event: event.time_us + feed_us) if feed_us else None
    simulation = Simulation(Driver(core, venue), venue, seen.note, lambda event: sources, arrives)
    for event in rows(MESSAGE, is_snapshot=True):
        simulation.step(event)
    for event in rows([(99.95, 3.0, BID)], time_us=2 * SECOND):
        simulation.step(event)
    simulation.finish(3 * SECOND)
    assert len(venue.heard) == 6
    slot = next(variable.slot for variable in made.variables if variable.name == "n")
    assert core.x[slot] == 2.0


@pytest.mark.parametrize(("last_s", "is_said"), [(0, True), (4, True), (6, False)])
def test_a_book_that_is_not_told_for_most_of_the_time_is_said_to_be(last_s: int, is_said: bool) -> None:
    report = Report("file", Kind.DEPTH, 0, 0, 2, SECOND, (1 + last_s) * SECOND, "", ())
    stream = EventStream((), (report, replace(report, kind=Kind.TRADE, last_us=11 * SECOND)), ("X",))
    said = [note for note in doubts(program(), stream) if "levels" in note]
    assert bool(said) is is_said
    if said:
        assert f"are told for {last_s} s of 10" in said[0]

"""What a stream of market events lets a spec see."""

from __future__ import annotations

import math
import time

import pytest

from fsmtrader.domain.instruments import Instrument
from fsmtrader.domain.market import Kind, MarketEvent
from fsmtrader.engine.seen import Seen
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import Source

HOUR = 3_600_000_000
QUESTIONS = (
    "mark(L)", "last(L)", "mid(L)", "bid(L)", "ask(L)", "touch(L, buy)", "touch(L, sell)", "book_spread(L)",
    "depth(L, buy)", "available(L, buy)", "worst_price(L, buy, 2)", "vwap(L, sell, 3)", "funding_rate(L)",
    "funding_interval(L)", "time_to_funding(L)", "tick(L)", "lot(L)", "min_notional(L)", "margin_ratio(main)",
    "mark(S)",
)  # fmt: skip


def program() -> Program:
    observed = "\n".join(f"  o{i}: {question}" for i, question in enumerate(QUESTIONS))
    used = " or ".join(f"o{i} > o{i}" for i in range(len(QUESTIONS)))
    text = f"""
fsm: 1
accounts: {{main: {{exchange: binanceusdm, position_mode: hedge}}}}
legs:
  L: {{account: main, symbol: BTC/USDT:USDT, side: long}}
  S: {{account: main, symbol: ETH/USDT:USDT, side: short}}
observe:
{observed}
variables: {{n: {{initial: 0}}}}
states: {{ON: {{on: {{price(L): {{if: {used}, do: {{n: n + 1}}}}}}}}}}
"""
    return check(Source("spec.yml", text.encode())).require()


class Eye:
    def __init__(self, half_spread: float = 0.0, marked: frozenset[int] = frozenset()) -> None:
        self.program = program()
        instrument = Instrument("BTC/USDT:USDT", 0.1, 0.001, 0.002, least_notional=100.0)
        self.seen = Seen(
            self.program, {"L": 0, "S": 1}, {"L": instrument}, {"main": 500.0}, half_spread=half_spread, marked=marked
        )

    def note(self, kind: Kind, *values: float, time_us: int = HOUR, market: int = 0) -> None:
        self.seen.note(MarketEvent(time_us, kind, market, *values))

    def __getitem__(self, text: str) -> float:
        """The answer to a question that the spec asks."""
        name, _, rest = text.rstrip(")").partition("(")
        leg, *more = rest.split(", ")
        numbers = tuple(float(word) for word in more if word not in ("buy", "sell"))
        words = tuple(word for word in more if word in ("buy", "sell"))
        for query in self.program.queries:
            if query.function == name and leg in (*query.legs, *query.words):
                sides = tuple(word for word in query.words if word in ("buy", "sell"))
                if sides == words:
                    return self.seen.answer(query, numbers)
                if words and not sides:
                    side = float(self.program.words.index(words[0]))
                    return self.seen.answer(query, (side, *numbers))
        raise KeyError(text)


def test_before_the_first_event_nothing_is_ready() -> None:
    eye = Eye()
    filters = {"tick(L)": 0.1, "lot(L)": 0.001, "min_notional(L)": 100.0}
    for question in QUESTIONS:
        if question in filters:
            assert eye[question] == filters[question]
        else:
            assert math.isnan(eye[question]), question
    assert math.isnan(eye.seen.price("L"))


def test_bars_show_the_close_and_half_a_spread_about_it() -> None:
    eye = Eye(half_spread=0.001)
    eye.note(Kind.BAR, 100.0, 120.0, 90.0, 110.0, 5.0)
    assert (eye["mark(L)"], eye["last(L)"], eye["mid(L)"]) == (110.0, 110.0, 110.0)
    assert eye["bid(L)"] == 110.0 - 0.11
    assert eye["touch(L, sell)"] == 110.0 + 0.11
    assert eye["book_spread(L)"] == pytest.approx(0.22)
    assert math.isnan(eye["depth(L, buy)"])
    assert eye["worst_price(L, buy, 2)"] == 110.0 + 0.11
    assert math.isnan(eye["mark(S)"])


def test_a_book_shows_its_touch_and_what_is_beyond_it_is_not_known() -> None:
    eye = Eye()
    eye.note(Kind.BOOK, 99.0, 3.0, 101.0, 1.5)
    assert (eye["mid(L)"], eye["mark(L)"], eye["touch(L, buy)"]) == (100.0, 100.0, 99.0)
    assert (eye["depth(L, buy)"], eye["available(L, buy)"]) == (3.0, 1.5)
    assert math.isnan(eye["worst_price(L, buy, 2)"])
    assert eye["vwap(L, sell, 3)"] == 99.0
    eye.note(Kind.TRADE, 101.0, 0.5, 1.0)
    assert (eye["last(L)"], eye["bid(L)"], eye["mark(L)"]) == (101.0, 99.0, 101.0)


def test_the_mark_is_the_marks_where_they_are_fine_enough() -> None:
    coarse, fine = Eye(), Eye(marked=frozenset({0}))
    for eye in (coarse, fine):
        eye.note(Kind.BAR, 100.0, 100.0, 100.0, 100.0, 1.0)
        eye.note(Kind.MARK, 90.0)
    assert (coarse["mark(L)"], fine["mark(L)"]) == (100.0, 90.0)
    fine.note(Kind.BAR, 100.0, 100.0, 100.0, 105.0, 1.0)
    assert (fine["mark(L)"], fine["last(L)"], fine.seen.price("L")) == (90.0, 105.0, 90.0)


def test_funding_has_a_rate_an_interval_and_a_next_time() -> None:
    eye = Eye()
    eye.note(Kind.FUNDING, 0.0001, time_us=8 * HOUR)
    assert math.isnan(eye["time_to_funding(L)"])
    eye.note(Kind.FUNDING, 0.0002, time_us=16 * HOUR)
    eye.seen.watch(lambda: 17.5 * HOUR)
    assert (eye["funding_rate(L)"], eye["funding_interval(L)"]) == (0.0002, 8 * 3600.0)
    assert eye["time_to_funding(L)"] == 6.5 * 3600.0
    eye.seen.watch(lambda: 24.0 * HOUR)
    assert eye["time_to_funding(L)"] == 8 * 3600.0


def test_the_least_quantity_is_by_size_and_by_value() -> None:
    eye = Eye()
    assert eye.seen.least("L") == 0.002
    eye.note(Kind.BAR, 1.0, 1.0, 1.0, 1000.0, 1.0)
    assert eye.seen.least("L") == 0.1
    assert (eye.seen.least("S"), eye.seen.lot("S"), eye.seen.tick("S")) == (0.0, 0.0, 0.0)
    assert (eye.seen.equity("main"), eye.seen.equity("other")) == (500.0, 0.0)


def test_ages() -> None:
    eye = Eye()
    assert math.isnan(eye.seen.book_us("L"))
    eye.note(Kind.BAR, 1.0, 1.0, 1.0, 1.0, 1.0, time_us=5)
    assert eye.seen.book_us("L") == 5
    assert math.isnan(eye.seen.book_us("S"))
    assert eye.seen.account_us("main") == math.inf


def test_looking_is_cheap() -> None:
    """Far below a microsecond on a quiet machine; the bound leaves room for a busy one."""
    eye = Eye()
    query = next(q for q in eye.program.queries if q.function == "mark")
    event = MarketEvent(1, Kind.BAR, 0, 1.0, 2.0, 0.5, 1.5, 1.0)
    note, answer = eye.seen.note, eye.seen.answer
    best = math.inf
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(2_000):
            note(event)
            answer(query, ())
        best = min(best, (time.perf_counter() - begin) / 2_000)
    assert best < 5e-6

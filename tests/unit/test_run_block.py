"""`run` and the values that tests give are judged when the spec is checked, each finding at its place."""

from __future__ import annotations

import pytest

from fsmtrader.catalog.markets import SYNTHETIC
from fsmtrader.data.synthetic import KINDS
from fsmtrader.data.synthetic_book import BOOKS
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

SPEC = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm}}\nlegs: {L: {account: main, symbol: BTC/USDT:USDT}}\n"
    "parameters: {limit: {value: 100, unit: price, max: 200}, twice: {value: 2 * limit, below: 350},"
    " kind: {value: one, one_of: [one, other]}}\n"
    "observe: {far: mark(L) > limit and mark(L) > twice and kind == one}\n"
    "states:\n  ACTIVE: {on: {price_update: {if: far, transition_to: EXIT}}}\n  EXIT: {final: true}\n"
)


def findings(text: str) -> list[tuple[str, str, str]]:
    """Code, the text that the finding points at, hint."""
    whole = SPEC + text
    lines = whole.splitlines()
    found = check(Source("t.yml", whole.encode())).diagnostics
    return [(d.code, lines[d.span.line - 1][d.span.column - 1 : d.span.end_column - 1], d.hint) for d in found]


@pytest.mark.parametrize(
    ("block", "code", "place", "hint"),
    [
        ("capital: {mian: 10 USDT}", "FSM901", "mian", "did you mean `main`?"),
        ("capital: {main: ten}", "FSM902", "ten", "write e.g. `10000 USDT`"),
        ("capital: {main: 200_000 USDT}", "FSM902", "200_000 USDT", "write e.g. `10000 USDT`"),
        ("market: {synthetic: gmb}", "FSM901", "gmb", "did you mean `gbm`?"),
        ("market: {needs: queues}", "FSM901", "queues", "did you mean `queue`?"),
        ("market: {queue: risk_avers}", "FSM901", "risk_avers", "did you mean `risk_averse`?"),
        ("market: {queue: {power: 0}}", "FSM902", "0", "give a power above zero, e.g. 2"),
        ("market: {touched: 1.5}", "FSM902", "1.5", "give a chance from 0 to 1, e.g. 0.5"),
        ("market: {vol: -3}", "FSM902", "-3", "give a share of 0 or more, e.g. 0.6 for 60 % a year"),
        ("market: {days: 0}", "FSM902", "0", "give a number above zero"),
        ("market: {days: 30d}", "FSM902", "30d", "give a number above zero"),
        ("market: {price: 2 * limit}", "FSM902", "2 * limit", "give a number above zero"),
        ("market: {interval: 0s}", "FSM902", "0s", "give a duration above zero, e.g. 1m"),
        ("market: {intervall: 1m}", "FSM101", "intervall", "did you mean `interval`?"),
        ("captial: {main: 1}", "FSM101", "captial", "did you mean `capital`?"),
        ("fees: {takr: 0.05%}", "FSM901", "takr", "did you mean `taker`?"),
        (
            "fees: {taker: 5}",
            "FSM902",
            "5",
            "give a share of the value such as 0.05%, or the name of a parameter",
        ),
        ("latency: -5s", "FSM902", "-5s", "give a duration of zero or more"),
        ("latency: {oder: 5ms}", "FSM901", "oder", "did you mean `order`?"),
        ("sweep: {limt: [3]}", "FSM901", "limt", "did you mean `limit`?"),
        ("sweep: {limit: [3, 201]}", "FSM902", "201", "choose values with limit <= 200; no run takes others"),
        ("sweep: {kind: [othr]}", "FSM902", "othr", "did you mean other?"),
        (
            "periods: {a: yesterday}",
            "FSM902",
            "yesterday",
            "write e.g. `2023-04-12..2023-04-15` or `2023041208..2023041508`",
        ),
        (
            "periods: {a: 2023-02-30..2023-03-02}",
            "FSM902",
            "2023-02-30..2023-03-02",
            "write e.g. `2023-04-12..2023-04-15` or `2023041208..2023041508`",
        ),
        (
            "periods: {a: 2023041508..2023041208}",
            "FSM902",
            "2023041508..2023041208",
            "write e.g. `2023-04-12..2023-04-15` or `2023041208..2023041508`",
        ),
    ],
)
def test_what_a_run_would_stumble_over_is_found_before(block: str, code: str, place: str, hint: str) -> None:
    assert findings(f"run: {{{block}}}\n") == [(code, place, hint)]


@pytest.mark.parametrize(
    "block",
    [
        "capital: {main: 200000.5 USDC.e}, fees: {maker: -0.5bp, taker: 0.05%}, latency: 5ms",
        "capital: {main: unlimited}, fees: {main: {taker: 0.0005}}, latency: {feed: 1ms, order: 0s, response: 2ms}",
        "market: {synthetic: regimes, vol: 60%, days: 0.5, price: 2000, interval: 1m}",
        "periods: {a: 2023-04-12..2023-04-15, b: 2023041208..2023041209, c: '2024-02-29T08:30Z..2024-03-01'}",
        "sweep: {limit: [1, 174], kind: [one, other]}",
    ],
)
def test_what_a_run_can_take_is_no_finding(block: str) -> None:
    assert findings(f"run: {{{block}}}\n") == []


def test_every_market_that_can_be_made_may_be_named() -> None:
    assert set(KINDS) | set(BOOKS) | {"two_venues"} == set(SYNTHETIC)


# -- tests -----------------------------------------------------------------------------------------------------------


def in_a_test(rest: str) -> list[tuple[str, str, str]]:
    return findings(f"tests:\n  - {{name: it, {rest}}}\n")


def test_a_test_gives_only_what_a_run_would_take() -> None:
    expect = "given: {mark(L): 1}, expect: {mode: ACTIVE}"
    assert in_a_test(f"with: {{limit: 170}}, {expect}") == []
    assert in_a_test(f"with: {{limit: 201, twice: 1}}, {expect}") == [
        ("FSM810", "201", "choose values with limit <= 200; no run takes others")
    ]
    assert in_a_test(f"with: {{kind: othr}}, {expect}") == [("FSM810", "othr", "did you mean other?")]


def test_what_follows_from_a_value_is_held_to_its_bounds_too() -> None:
    """2 * 180 = 360 is not below 350: said at the test's name, since no value of `twice` stands there."""
    (found,) = in_a_test("with: {limit: 180}, given: {mark(L): 1}, expect: {mode: ACTIVE}")
    assert found == ("FSM810", "it", "choose values with twice < 350; no run takes others")


def test_a_bound_or_a_value_that_reads_the_market_is_no_crash() -> None:
    """Such a thing is a finding of its own; here it must only not end the check."""
    text = SPEC.replace("max: 200", "max: price").replace("{far:", "{price: mark(L), far:")
    text += "tests:\n  - {name: it, with: {limit: price}, given: {mark(L): 1}, expect: {mode: ACTIVE}}\n"
    assert check(Source("t.yml", text.encode())).sources["t.yml"] == text


def test_a_test_that_expects_nothing_is_a_warning() -> None:
    assert in_a_test("given: {mark(L): 1}") == [("FSM811", "it", "add e.g. `expect: {mode: …, orders: 0}`")]
    assert in_a_test("given: {mark(L): 1}, when: [{event: price_update, expect: {mode: ACTIVE}}]") == []


@pytest.mark.parametrize(
    ("item", "code", "place", "hint"),
    [
        ("expct: {mode: ACTIVE}", "FSM104", "{mode: ACTIVE}", "did you mean `expect`?"),
        ("evnt: price_update", "FSM301", "evnt", "did you mean event?"),
        ("at: +9m59s", "FSM207", "9m59s", "write `9m + 59s`"),
        ("at: -5s", "FSM406", "-5s", "write e.g. `at: +5m`"),
    ],
)
def test_a_slip_in_an_item_says_what_was_meant(item: str, code: str, place: str, hint: str) -> None:
    assert in_a_test(f"when: [{{mark(L): 1, {item}, expect: {{mode: ACTIVE}}}}]") == [(code, place, hint)]

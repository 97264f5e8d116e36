"""What a run costs, begins with and takes of its market: stated rules, and a note wherever the spec left it open."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fsmtrader.data.stream import EventStream
from fsmtrader.diagnostics import RunError
from fsmtrader.program.compiler import check, check_merged
from fsmtrader.program.ir import Program
from fsmtrader.program.parameters import parameter_values
from fsmtrader.research.costs import Fee, starting_capital, taker_fee
from fsmtrader.research.run import prepare, run
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

DATA = Path(__file__).parents[1] / "data"
SPEC = (
    "fsm: 1\naccounts: {main: {exchange: EXCHANGE}}\nlegs: {X: {account: main, symbol: BTC/USDT:USDT}}\n"
    "parameters: {PARAMETER: 0.03%}\nobserve: {cost: PARAMETER * mark(X)}\n"
    "states: {A: {on: {price_update: {if: mark(X) < cost, do: {qX: 1}}}}}\n"
)


def program(exchange: str = "binanceusdm", parameter: str = "share", run_: str = "") -> Program:
    text = SPEC.replace("EXCHANGE", exchange).replace("PARAMETER", parameter)
    return check(Source("t.yml", f"{text}run: {{{run_}}}\n".encode())).require()


def fee(of: Program, given: float | None = None) -> Fee:
    return taker_fee(of, parameter_values(of.parameters, len(of.slots), {}), given)


@pytest.mark.parametrize(
    ("of", "rate"),
    [
        (program(run_="fees: {taker: 7bp}", parameter="f"), 0.0007),
        (program(run_="fees: {taker: share}"), 0.0003),
        (program(run_="fees: {main: 2bp}"), 0.0002),
        (program(run_="fees: {main: {taker: 4bp, maker: 1bp}}"), 0.0004),
        (program(parameter="f"), 0.0003),
    ],
)
def test_the_fee_of_the_spec_stands_before_the_parameter_f(of: Program, rate: float) -> None:
    assert fee(of) == Fee(rate)
    assert fee(of, 0.001) == Fee(0.001)


def test_a_fee_that_nobody_states_is_the_exchanges_or_none_with_a_note() -> None:
    usual = fee(program())
    assert usual.rate == 0.0005 and "binanceusdm's usual 5 bp" in usual.note
    none = fee(program(exchange="somewhere"))
    assert none.rate == 0.0 and "no fee is paid" in none.note
    notes = run(program(exchange="somewhere"), Settings(bars=10)).notes
    assert none.note in notes


def seed() -> Program:
    names = ("seed_000.json", "seed_000.yml")
    return check_merged([Source(name, (DATA / name).read_bytes()) for name in names]).require()


def test_the_seed_runs_with_values_for_f_alpha_and_e_max_only() -> None:
    """Issue 2, part 5. Both legs are opened with q0 = capital / (2 P_0), 10,000 unless something says otherwise."""
    given = {"f": "0.05%", "alpha": "0.5", "E_max": "5000"}
    summary = run(seed(), Settings(bars=1, overrides=given))
    assert summary.capital == 10_000.0 and any("10,000 in quote" in note for note in summary.notes)
    assert summary.turnover == pytest.approx(10_000.0, rel=2e-4)
    other = run(seed(), Settings(bars=1, overrides={**given, "capital": "500"}))
    assert other.capital == 500.0 and not any("in quote" in note for note in other.notes)


def test_capital_of_the_run_is_the_parameters_too() -> None:
    text = (DATA / "seed_000.yml").read_text() + "parameters: {f: 0.05%, E_max: 5000}\n"
    with_capital = text + "run: {capital: {main: 3000 USDT}}\n"
    of = check(Source("t.yml", with_capital.encode())).require()
    capital, overrides = starting_capital(of, {})
    assert capital.accounts == {"main": 3000.0} and list(overrides.values()) == [3000.0] and capital.note == ""


def test_accounts_without_a_capital_have_ten_thousand_each_and_a_note_says_so() -> None:
    capital, _ = starting_capital(program(), {})
    assert capital.accounts == {"main": 10_000.0} and "10,000" in capital.note
    stated, _ = starting_capital(program(run_="capital: {main: 250 USDT}"), {})
    assert stated.accounts == {"main": 250.0} and stated.note == ""


@pytest.mark.parametrize(
    ("amount", "number"), [("250.5 USDT", 250.5), ("1e5", 100_000.0), ("10000", 10_000.0), ("unlimited", math.inf)]
)
def test_an_amount_is_its_number(amount: str, number: float) -> None:
    assert starting_capital(program(run_=f"capital: {{main: {amount}}}"), {})[0].accounts == {"main": number}


def test_the_first_bars_of_a_made_up_market_are_a_beginning_of_it() -> None:
    """`regimes` places its stretches by shares of all bars: fewer bars must not be another market."""
    whole = rows(prepare(program(run_="market: {synthetic: regimes, days: 2}"), Settings()).stream)
    first = rows(prepare(program(run_="market: {synthetic: regimes, days: 2}"), Settings(bars=700)).stream)
    assert len(whole) == 2880 and len(first) == 700
    assert first == whole[:700]


def rows(stream: EventStream) -> list[tuple[float, ...]]:
    return [(e.time_us, e.a, e.b, e.c, e.d, e.e) for batch in stream for e in batch]


def test_more_bars_than_there_are_is_said() -> None:
    stream = prepare(program(run_="market: {synthetic: gbm, days: 1}"), Settings(bars=2000)).stream
    assert len(stream) == 1440
    assert any("the market has 1,440 bars, not 2,000" in note for note in stream.notes)


def test_a_refusal_says_what_would_serve() -> None:
    quotes = "quotes: {bid: {leg: X, side: buy, price: mark(X), quantity: 1, post_only: true}}\n"
    text = SPEC.replace("EXCHANGE", "binanceusdm").replace("PARAMETER", "share") + quotes
    with pytest.raises(RunError, match="queue") as refused:
        run(check(Source("t.yml", text.encode())).require(), Settings())
    assert "fsm test SPEC" in str(refused.value)

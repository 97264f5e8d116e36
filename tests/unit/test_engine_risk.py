"""Risk: what is refused whatever the spec decides, and that the worst case never passes a limit (I6)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_engine_core import HEAD, Bench

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Answer, Cancelled, Expired, Filled, OrderIntent, Rejected, Style
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import AlertRaised, Operation
from fsmtrader.engine.snapshot import restore, snapshot
from fsmtrader.engine.state import Status
from fsmtrader.numeric.limits import is_refused, opening_budget, stricter_price, worst_quantity

ACT = """
events: {tick: price(L)}
variables: {refusals: {initial: 0}}
states:
  ON:
    on:
      tick: {if: mark(L) != 100, do: act}
      refused: {do: {refusals: refusals + 1}}
actions:
  act: {steps: [{qL: TARGET}]}
"""


def bench(risk: str, target: str = "qL + 1", head: str = HEAD) -> Bench:
    text = ACT.replace("events: {tick: price(L)}\n", "").replace("TARGET", target)
    return Bench(f"risk: {risk}\n{text}", head).at(1, 100)


def alerts(made: Bench) -> list[tuple[str, str]]:
    return [(note.name, note.text) for note in made.notes(AlertRaised)]


def test_the_worst_case_is_the_largest_size_that_any_of_the_orders_may_lead_to() -> None:
    assert worst_quantity(2.0, 1.0, 0.0) == 3.0
    assert worst_quantity(2.0, 0.0, 5.0) == 3.0
    assert worst_quantity(2.0, 0.0, 1.0) == 2.0
    assert worst_quantity(-2.0, 1.0, 1.0) == 3.0
    assert not is_refused(3.0, 3.0, 1.0)
    assert not is_refused(0.0, 1.0 + 1e-10, 1.0)
    assert is_refused(0.0, 1.1, 1.0)
    assert is_refused(0.0, math.nan, 1.0)
    assert is_refused(0.0, 1.0, math.nan)
    assert (opening_budget(1.0), opening_budget(2.0), opening_budget(50.0)) == (1.0, 1.0, 45.0)
    assert (stricter_price(99.0, 98.0, True), stricter_price(99.0, 98.0, False)) == (98.0, 99.0)
    assert stricter_price(math.nan, 98.0, True) == 98.0


def test_a_position_beyond_its_limit_is_refused_said_and_not_sent() -> None:
    made = bench("{position: {L: 2}}")
    made.at(2, 101).at(3, 102)
    assert made.value("qL") == 2.0
    made.at(4, 103)
    assert made.orders() == [("L", 1.0), ("L", 1.0)]
    assert made.value("refusals") == 1.0
    assert alerts(made)[0] == ("refused", "act: +1 of L: `risk: position` refuses it")
    made.at(5, 104)
    assert made.value("refusals") == 2.0
    assert [name for name, _ in alerts(made)].count("refused") == 1, "one alert a minute is enough"


def test_what_reduces_is_never_refused() -> None:
    made = bench("{position: {L: 2}, notional: {each: leg, max: 10}}", "qL - 1")
    made.core.state.books.hold(0, 5.0)
    made.at(2, 101)
    assert made.orders() == [("L", -1.0)]


def test_notional_is_of_the_worst_case_at_the_present_price() -> None:
    made = bench("{notional: {each: leg, max: 210}}").at(2, 104).at(3, 105.1)
    assert made.orders() == [("L", 1.0)]
    made.at(4, 105)
    assert made.orders() == [("L", 1.0), ("L", 1.0)]


def test_an_order_without_an_answer_keeps_its_exposure_reserved() -> None:
    """A second region may not use up what the first one's open order may still take."""
    text = """
risk: {position: {L: 3}}
regions:
  a: {states: {A: {on: {tick: {if: mark(L) == 101, do: {qL: 2}}}}}}
quotes:
  bid: {leg: L, side: buy, price: 90, quantity: 2, when: mark(L) > 101}
"""
    made = Bench(text).at(1, 100)
    made.silent = {"L"}
    made.at(2, 101)
    assert made.core.exposure.open_of(0) == (2.0, 0.0)
    made.at(3, 102)
    assert made.orders() == [("L", 2.0)]
    assert ("refused", "bid: +2 of L: `risk: position` refuses it") in alerts(made)
    made.answers(Expired("L-1"))
    made.at(4, 103)
    assert made.orders() == [("L", 2.0), ("L", 2.0)]


def test_a_refused_slot_is_an_event_of_that_slot_once() -> None:
    text = """
risk: {position: {L: 1}}
variables: {n: {initial: 0}}
quotes:
  bid: {leg: L, side: buy, price: 90, quantity: 2, when: mark(L) > 100}
states: {ON: {on: {refused(bid): {do: {n: n + 1}}}}}
"""
    made = Bench(text).at(1, 100).at(2, 101).at(3, 102).at(4, 103)
    assert made.orders() == []
    assert made.value("n") == 1.0


def test_the_rate_keeps_a_tenth_for_what_reduces() -> None:
    made = bench("{rate: {orders: 3/10s}}")
    made.at(2, 101).at(3, 102).at(4, 103)
    assert made.orders() == [("L", 1.0)] * 2, "two of three may open"
    flat = bench("{rate: {orders: 3/10s}}", "qL + 1 if mark(L) > 100 else 0")
    flat.at(2, 101).at(3, 102).at(4, 103).at(5, 99)
    assert flat.orders() == [("L", 1.0), ("L", 1.0), ("L", -2.0)]
    flat.at(13.5, 101)
    assert flat.orders()[3:] == [("L", 1.0)], "the first two of the three are older than 10 s"


def test_a_loss_of_a_day_halts_once_a_day() -> None:
    made = bench("{loss: {per: day, max: 10, then: halt}}", "1")
    made.at(2, 110)
    made.at(3, 101)
    assert made.core.state.status is Status.RUNNING
    made.at(4, 100)
    assert made.core.state.status is Status.HALTED
    assert alerts(made)[-1] == ("loss", "10 was lost today, the limit is 10: halt")


def test_a_loss_can_flatten() -> None:
    made = bench("{loss: {per: run, max: 10, then: flatten}}", "1")
    made.at(2, 110).at(3, 99)
    assert made.orders() == [("L", 1.0), ("L", -1.0)]
    assert made.core.state.status is Status.HALTED


class Stale:
    """A market that was heard at two seconds, an account that cannot be old."""

    def book_us(self, leg: str) -> float:
        return 2_000_000.0

    def account_us(self, account: str) -> float:
        return math.inf


def test_nothing_is_opened_on_an_old_market() -> None:
    made = Bench("risk: {max_age: {book: 5s, account: 1s}}\n" + ACT.split("\n", 2)[2].replace("TARGET", "qL + 1"))
    made.core = Core(made.program, {}, made, ages=Stale())
    made.driver = Driver(made.core, made)
    made.at(1, 100).at(7, 101)
    assert made.orders() == [("L", 1.0)]
    made.at(7.001, 102)
    assert made.orders() == [("L", 1.0)]
    assert "max_age" in alerts(made)[-1][1]


def test_a_market_order_reaches_as_far_as_the_slippage_allows() -> None:
    made = bench("{max_slippage: 0.3%}", "1").at(2, 101)
    order = made.driver.orders[0]
    assert isinstance(order, OrderIntent)
    assert order.style is Style.IOC
    assert order.price == 101.3, "101 * 1.003 = 101.303, a buy is rounded down"


def test_a_short_leg_is_opened_by_selling() -> None:
    text = ACT.split("\n", 2)[2].replace("qL: TARGET", "qS: 1")
    made = Bench("risk: {max_slippage: 0.3%}\n" + text).at(1, 100).at(2, 101)
    order = made.driver.orders[0]
    assert isinstance(order, OrderIntent)
    assert order.price == 100.70, "101 * 0.997 = 100.697, a sell is rounded up"


def test_a_first_quantity_beyond_a_limit_ends_the_run() -> None:
    head = HEAD.replace("side: long}", "side: long, initial: 3}")
    with pytest.raises(RunError, match="the initial 3 of the leg L is refused by `risk: position`"):
        bench("{position: {L: 2}}", head=head)


def test_a_halt_opens_nothing_and_lets_reductions_pass() -> None:
    """I9: order events still come, and rows of theirs may trade."""
    text = """
quotes:
  bid: {leg: L, side: buy, price: 99, quantity: 1, when: mark(L) == 100}
states:
  ON:
    on:
      cancelled: {do: {qL: qL + 1, qS: 0}}
"""
    made = Bench(text)
    made.core.state.books.hold(1, 2.0)
    made.at(1, 100)
    made.tell(Operation.HALT)
    assert made.orders() == [("L", 1.0), ("S", -2.0)], "the quote, and the closing"
    assert alerts(made) == [("refused", "do: +1 of L: nothing is opened while the machine is halted")]


def test_the_rules_memory_survives_a_restart() -> None:
    made = bench("{rate: {orders: 3/10s}, loss: {per: day, max: 10}}").at(2, 101)
    other = Core(made.program, {}, made)
    restore(other, snapshot(made.core))
    assert snapshot(other) == snapshot(made.core)


Step = tuple[str, float, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["target", "fill", "part", "expire", "reject", "cancel"]),
        st.sampled_from([-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0]),
        st.integers(0, 5),
    ),
    max_size=30,
)
ONE_WAY = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: one_way}}
legs: {L: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(L)}
"""


@settings(max_examples=60, deadline=None)
@given(limit=st.sampled_from([0.5, 1.0, 2.5, 4.0]), steps=STEPS)
def test_the_worst_case_never_passes_a_limit(limit: float, steps: list[Step]) -> None:
    text = f"""
risk: {{position: {{L: {limit}}}, notional: {{each: account, max: {100 * limit}}}}}
variables: {{want: {{initial: 0, unit: base}}}}
quotes:
  bid: {{leg: L, side: buy, price: 90, quantity: 0.75, when: mark(L) > 0}}
  ask: {{leg: L, side: sell, price: 110, quantity: 0.75, when: mark(L) > 0}}
regions:
  a: {{states: {{A: {{on: {{tick: {{do: {{qL: want}}}}}}}}}}}}
"""
    made = Bench(text, ONE_WAY)
    made.silent = {"L"}
    made.at(1, 100)
    want = made.program.slot_named("want")
    assert want is not None
    for count, (what, size, pick) in enumerate(steps):
        live = list(made.core.exposure.live.items())
        if what == "target" or not live:
            made.core.x[want.index] = size
            made.at(count + 2, 100)
        else:
            name, out = live[pick % len(live)]
            answers: dict[str, Answer] = {
                "fill": Filled(name, abs(out.rest), 100.0),
                "part": Filled(name, abs(out.rest) / 2, 100.0),
                "expire": Expired(name),
                "reject": Rejected(name),
                "cancel": Cancelled(name),
            }
            made.answers(answers[what])
        books, exposure = made.core.state.books, made.core.exposure
        assert worst_quantity(books.quantity(0), *exposure.open_of(0)) <= limit * (1 + 1e-9)
        venue = sum(o.filled for o in (*exposure.live.values(), *exposure.ended.values()))
        assert books.quantity(0) == pytest.approx(venue, abs=1e-9)

"""Document 000's worked examples through text, compiler, machine and ledger: every decision to 1e-9.

The expected values are computed here, in exact fractions, from the formulas of the document (R000-12 to R000-22).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction as F
from pathlib import Path

import pytest

from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Booked, Market, Operation, Operator
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import EventKind, Program
from fsmtrader.program.parameters import overrides_from_text
from fsmtrader.research.coverage import Coverage
from fsmtrader.research.given_market import GivenMarket
from fsmtrader.research.spec_tests import run_tests
from fsmtrader.spec.source import Source

SPECS = Path(__file__).parents[2] / "specs"
BAND = SPECS / "band_limited_hedging.yml"
LITERAL = SPECS / "band_limited_hedging_literal.yml"
REENTRY = SPECS / "band_limited_hedging_reentry.yml"
ALPHA = F(1, 2)
BOTH_WAYS = pytest.mark.parametrize("prompt", [True, False], ids=["answers at once", "answers after the instant"])


@dataclass(frozen=True)
class Pair:
    """The books of document 000 in exact numbers."""

    qL: F = F(1)
    pL: F = F(100)
    qS: F = F(1)
    pS: F = F(100)
    cash: F = F(0)

    def equity(self, price: F) -> F:
        return self.cash + self.qL * (price - self.pL) + self.qS * (self.pS - price)

    def mirrored(self, price: F) -> Pair:
        """Legs exchanged and prices reflected (R000-20)."""
        return Pair(self.qS, 2 * price - self.pS, self.qL, 2 * price - self.pL, self.cash)


def rebalanced(pair: Pair, price: F, reference: F, beta: F, whole: F | None = None) -> tuple[Pair, F]:
    """The pair after one rebalance, and the value traded step by step; `whole`: the gross that is restored."""
    if price < reference:
        after, traded = rebalanced(pair.mirrored(price), price, price - 1, beta, whole)
        return after.mirrored(price), traded
    profit = beta * pair.qL * (price - pair.pL)
    kept = (1 - beta) * pair.qL
    repaired = min(ALPHA * profit / price, pair.qS)
    left = pair.qS - repaired
    own = (1 - ALPHA) * profit / (2 * price)
    built = own if whole is None else max(own, (whole - kept - left) / 2)
    cash = pair.cash + profit + repaired * (pair.pS - price)
    after = Pair(
        kept + built,
        (kept * pair.pL + built * price) / (kept + built),
        left + built,
        (left * pair.pS + built * price) / (left + built),
        cash,
    )
    return after, (pair.qL - kept + repaired + 2 * built) * price


class Desk:
    """A shipped spec on a market that is told what its price is; volatility enough that only price decides."""

    def __init__(self, path: Path, prompt: bool, edit: tuple[str, str] = ("", ""), **values: str) -> None:
        text = path.read_text(encoding="utf-8").replace(*edit)
        text = text.replace("realized_variance(P_t, window=tau_max)", "0.01")
        self.program: Program = check(Source(path.name, text.encode())).require()
        self.market = GivenMarket(self.program)
        given = {"f": "0.1%", "k": "10", "E_max": "150", **values}
        self.core = Core(self.program, overrides_from_text(self.program, given), self.market)
        self.driver = Driver(self.core, self.market, prompt=prompt)
        self.query = next(i for i, q in enumerate(self.program.queries) if q.function == "mark" and q.legs == ("L",))
        self.sources = tuple(i for i, s in enumerate(self.program.sources) if s.kind is EventKind.MARKET)
        self.now_us = 0

    def at(self, price: str) -> int:
        """The price moves; how many orders that made."""
        self.now_us += 1_000
        self.market.set(self.query, float(price))
        self.driver.orders.clear()
        self.driver.deliver(Market(self.now_us, self.sources))
        return len(self.driver.orders)

    def exit(self) -> None:
        self.driver.deliver(Operator(self.now_us, Operation.EXIT))

    def value(self, name: str) -> float:
        slot = self.program.slot_named(name)
        assert slot is not None
        return self.core.x[slot.index]

    def assert_books(self, pair: Pair) -> None:
        for name in ("qL", "pL", "qS", "pS"):
            assert self.value(name) == pytest.approx(float(getattr(pair, name)), abs=1e-9), name
        assert self.core.state.books.cash["main"] == pytest.approx(float(pair.cash), abs=1e-9)

    @property
    def mode(self) -> str:
        return self.core.regions.places[0].machine.state

    @property
    def traded(self) -> float:
        return sum(abs(n.change) * n.price for n in self.driver.notes if isinstance(n, Booked)) - 200


@pytest.mark.parametrize("path", [BAND, LITERAL, REENTRY], ids=lambda path: path.stem)
def test_the_specs_own_tests_hold_and_leave_nothing_out(path: Path) -> None:
    program = check(Source(path.name, path.read_bytes())).require()
    coverage = Coverage(program)
    failed = [(o.name, [f.message for f in o.findings]) for o in run_tests(program, coverage) if not o.passed]
    assert failed == []
    assert coverage.summary().missing == ()


@BOTH_WAYS
def test_a_literal_form(prompt: bool) -> None:
    desk = Desk(LITERAL, prompt)
    desk.at("100")
    assert desk.at("100.99") == 0
    assert desk.at("101") == 2
    first, traded = rebalanced(Pair(), F(101), F(100), F(1))
    assert (first.qL, traded) == (F(1, 404), F(102))
    assert float(first.pS) == pytest.approx(100.002481390, abs=5e-10)
    desk.assert_books(first)
    assert desk.value("P_ref") == 101 and first.equity(F(101)) == 0
    assert desk.at("100") == 0
    assert desk.at("99.99") == 2
    second, _ = rebalanced(first, F("99.99"), F(101), F(1))
    desk.assert_books(second)
    assert desk.value("P_ref") == 99.99
    assert second.equity(F("99.99")) == first.equity(F("99.99")), "a rebalance leaves equity as it is"
    assert float(second.equity(F("99.99"))) == pytest.approx(1.005, abs=5e-7)


@BOTH_WAYS
def test_a_step_by_step_trades_what_the_fees_are_counted_on(prompt: bool) -> None:
    """`net: false`: 102 traded, a fee of 0.102 at 0.1 %; the books are the same as netted."""
    edit = (
        "rebalance: [realize_profit, transfer_profit, rebuild_positions, update_reference_price]",
        "rebalance: {steps: [realize_profit, transfer_profit, rebuild_positions, update_reference_price], net: false}",
    )
    desk = Desk(LITERAL, prompt, edit)
    desk.at("100")
    assert desk.at("101") == 4
    first, traded = rebalanced(Pair(), F(101), F(100), F(1))
    desk.assert_books(first)
    assert desk.traded == pytest.approx(float(traded), abs=1e-9)
    assert desk.traded * 0.001 == pytest.approx(0.102, abs=1e-9)


@BOTH_WAYS
@pytest.mark.parametrize(
    ("rebuild", "whole", "gross"),
    [
        ("profit_only", None, ["1.75", "1.500155", "1.312502", "1.125232", "0.984378", "0.844011"]),
        ("restore_gross", F(2), ["2"] * 6),
    ],
)
def test_b_and_b2_a_quarter_of_the_winner(prompt: bool, rebuild: str, whole: F | None, gross: list[str]) -> None:
    desk = Desk(BAND, prompt, rebuild=rebuild)
    desk.at("100")
    pair, reference = Pair(), F(100)
    for price, total in zip(["101", "99.99"] * 3, gross, strict=True):
        assert desk.at(price) == 2
        before = pair
        pair, _ = rebalanced(pair, F(price), reference, F(1, 4), whole)
        reference = F(price)
        desk.assert_books(pair)
        assert pair.equity(reference) == before.equity(reference)
        assert float(pair.qL + pair.qS) == pytest.approx(float(total), abs=5e-7)


@BOTH_WAYS
def test_b3_without_a_profit_nothing_is_done(prompt: bool) -> None:
    desk = Desk(BAND, prompt, rebuild="profit_only")
    desk.at("100")
    assert desk.at("99") == 2
    pair, _ = rebalanced(Pair(), F(99), F(100), F(1, 4))
    desk.assert_books(pair)
    assert pair.qL * (F("99.99") - pair.pL) < 0
    assert desk.at("99.99") == 0
    desk.assert_books(pair)
    assert desk.value("P_ref") == 99


@BOTH_WAYS
def test_c_the_exit(prompt: bool) -> None:
    """From B's pair thirteen steps, then the dust; fees within both bounds."""
    desk = Desk(BAND, prompt, rebuild="profit_only")
    desk.at("100")
    desk.at("101")
    desk.at("99.99")
    pair, _ = rebalanced(rebalanced(Pair(), F(101), F(100), F(1, 4))[0], F("99.99"), F(101), F(1, 4))
    held = pair.qL + pair.qS
    assert float(held) == pytest.approx(1.500154703, abs=5e-10)
    desk.exit()
    assert desk.mode == "EXIT" and desk.value("P_ref_exit") == 99.99
    assert desk.value("epsilon") == pytest.approx(float(held) / 100, abs=1e-12)
    assert desk.at("100.20") == 0
    sold, costs = F(0), F(0)
    for step in range(1, 14):
        price = "100.60" if step % 2 else "99.90"
        assert desk.mode == "EXIT", step
        orders = desk.at(price)
        changed = (pair.qL + pair.qS) * F(3, 10)
        pair = replace(pair, qL=pair.qL * F(7, 10), qS=pair.qS * F(7, 10))
        sold, costs = sold + changed, costs + changed * F(price) / 1000
        if step < 13:
            assert orders == 2
            assert desk.value("qL") == pytest.approx(float(pair.qL), abs=1e-9)
    assert desk.mode == "TERMINATED"
    assert (desk.value("qL"), desk.value("qS")) == (0.0, 0.0), "the dust is closed"
    assert float(pair.qL + pair.qS) == pytest.approx(0.014534850, abs=5e-10)
    assert float(costs) == pytest.approx(0.149026945, abs=5e-10)
    assert costs <= held * F("100.60") / 1000
    assert desk.at("90") == 0


@BOTH_WAYS
def test_a_pair_and_its_mirror_image_decide_alike(prompt: bool) -> None:
    """R000-20: legs exchanged and prices reflected give exchanged quantities and reflected averages."""
    up, down = Desk(BAND, prompt), Desk(BAND, prompt)
    up.at("100")
    down.at("100")
    up.at("102")
    down.at("98")
    assert up.value("qL") < up.value("qS") and down.value("qS") < down.value("qL")
    here, _ = rebalanced(Pair(), F(102), F(100), F(1, 4), F(2))
    there, _ = rebalanced(Pair(), F(98), F(100), F(1, 4), F(2))
    up.assert_books(here)
    down.assert_books(there)

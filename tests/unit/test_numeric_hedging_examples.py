"""The worked examples A, B, B2, B3 and C of document 000 (V000, requirements §1.3), every printed decimal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from fsmtrader.numeric import compare, hedging

F = 0.001
MES = 0.01
ALPHA = 0.5


@dataclass
class Pair:
    """The state of an example, and what it has made and traded."""

    beta: float
    gross: float = 0.0
    q_long: float = 1.0
    p_long: float = 100.0
    q_short: float = 1.0
    p_short: float = 100.0
    reference: float = 100.0
    cash: float = 0.0
    traded: float = 0.0

    def tick(self, price: float) -> bool:
        """Whether the band was left and a rebalance traded."""
        self.traded = 0.0
        if not compare.greater_equal(abs(price - self.reference), MES * self.reference):
            return False
        before = self.equity(price)
        self.q_long, self.p_long, self.q_short, self.p_short, self.reference, realized, self.traded = hedging.rebalance(
            self.q_long,
            self.p_long,
            self.q_short,
            self.p_short,
            price,
            self.reference,
            ALPHA,
            self.beta,
            self.gross,
            False,
        )
        self.cash += realized
        assert self.equity(price) == pytest.approx(before, abs=1e-12)  # R000-21
        return self.traded > 0.0

    def equity(self, price: float) -> float:
        return self.cash + sum(hedging.profits(self.q_long, self.p_long, self.q_short, self.p_short, price))

    def exposure(self, price: float) -> float:
        return hedging.net_exposure(self.q_long, self.q_short, price)


def near(number: float, decimals: int = 9) -> object:
    """The number as printed: to half of its last decimal."""
    return pytest.approx(number, rel=0, abs=0.51 * 10**-decimals)


def test_v000_a_literal_form() -> None:
    pair = Pair(beta=1.0)
    assert not pair.tick(100.99)
    assert pair.tick(101.0)
    assert pair.q_long == near(0.002475248)
    assert pair.p_long == 101.0  # R000-18
    assert pair.q_short == near(0.997524752)
    assert pair.p_short == near(100.002481390)
    assert pair.reference == 101.0
    assert pair.cash == near(1.0 - 0.004950495)
    assert pair.exposure(101.0) == near(100.5)
    assert pair.traded == near(102.0)
    assert F * pair.traded == near(0.102)
    assert pair.equity(101.0) == near(0.0)
    assert not pair.tick(100.0)
    assert pair.equity(99.99) == near(1.005, 6)
    assert pair.tick(99.99)
    assert pair.q_long == near(0.002444118)
    assert pair.p_long == near(100.987136201)
    assert pair.q_short == near(0.000031129)
    assert pair.p_short == near(99.99)
    assert pair.traded == near(99.754950, 6)
    assert F * pair.traded == near(0.099755, 6)
    assert pair.equity(99.99) == near(1.005, 6)
    assert pair.exposure(99.99) == near(0.241275, 6)


def test_v000_a_step_by_step() -> None:
    assert hedging.profits(1.0, 100.0, 1.0, 100.0, 101.0) == (1.0, -1.0)
    assert hedging.realize(1.0, 100.0, 1.0, 100.0, 101.0, True, 1.0) == (0.0, 1.0, 1.0)
    q_long, q_short, closed, realized = hedging.transfer(0.0, 100.0, 1.0, 100.0, 101.0, True, 1.0, ALPHA, False)
    assert (q_long, closed, q_short, realized) == (0.0, near(0.004950495), near(0.995049505), near(-0.004950495))
    rebuilt = hedging.rebuild(0.0, 100.0, q_short, 100.0, 101.0, 1.0, ALPHA, 0.0)
    assert rebuilt == (near(0.002475248), 101.0, near(0.997524752), near(100.002481390), near(0.002475248))


def test_v000_b_a_quarter_realised() -> None:
    pair = Pair(beta=0.25)
    assert pair.tick(101.0)
    assert pair.q_long == near(0.750618812)
    assert pair.p_long == near(100.000824402)
    assert pair.q_short == near(0.999381188)
    assert pair.p_short == near(100.000619195)
    assert pair.exposure(101.0) == near(25.125)
    assert pair.traded == near(25.5)
    assert pair.tick(99.99)
    assert pair.q_long == near(0.750612178)
    assert pair.q_short == near(0.749542525)
    assert pair.exposure(99.99) == near(0.106955, 6)
    assert pair.equity(99.99) == near(0.251250, 6)


def test_v000_b2_restoring_the_gross() -> None:
    pair = Pair(beta=0.25, gross=2.0)
    expected = [
        (101.0, 0.875619, 1.124381, 25.125, 0.0),
        (99.99, 1.016081, 0.983919, 3.2159, 0.251250),
        (101.0, 0.889623, 1.110377, 22.2962, 0.283733),
        (99.99, 1.028275, 0.971725, 5.6545, 0.506696),
        (101.0, 0.900241, 1.099759, 20.1512, 0.563812),
        (99.99, 1.037521, 0.962479, 7.5035, 0.765324),
    ]
    for price, q_long, q_short, exposure, equity in expected:
        assert pair.tick(price)
        assert (pair.q_long, pair.q_short) == (near(q_long, 6), near(q_short, 6))
        assert pair.exposure(price) == near(exposure, 4)
        assert pair.equity(price) == near(equity, 6)
        assert pair.q_long + pair.q_short == pytest.approx(2.0, abs=1e-12)


def test_v000_b2_the_same_path_for_the_profit_only() -> None:
    pair = Pair(beta=0.25)
    for price, gross in [(101, 1.75), (99.99, 1.500155), (101, 1.312502), (99.99, 1.125232), (101, 0.984378),
                         (99.99, 0.844011)]:  # fmt: skip
        assert pair.tick(price)
        assert pair.q_long + pair.q_short == near(gross, 6)
    assert pair.equity(99.99) == near(0.581402, 6)


def test_v000_b3_no_profit_no_trade() -> None:
    pair = Pair(beta=0.25)
    assert pair.tick(99.0)
    assert pair.q_long == near(0.999368687)
    assert pair.p_long == near(99.999368, 6)
    assert pair.q_short == near(0.750631313)
    assert not pair.tick(99.99)
    assert (pair.reference, pair.q_long) == (99.0, near(0.999368687))
    assert hedging.profits(pair.q_long, pair.p_long, pair.q_short, pair.p_short, 99.99)[0] == near(-0.009362, 6)


def test_v000_c_full_exit() -> None:
    pair = Pair(beta=0.25)
    pair.tick(101.0)
    pair.tick(99.99)
    q_long, q_short = pair.q_long, pair.q_short
    assert (q_long, q_short) == (near(0.750612178328, 12), near(0.749542524642, 12))
    whole = q_long + q_short
    epsilon = 0.01 * whole
    assert (whole, epsilon) == (near(1.500154703), near(0.015001547))
    assert not compare.greater_equal(abs(100.20 - 99.99), 0.5 * MES * 99.99)
    left: list[float] = []
    reference, fees = 99.99, 0.0
    while not compare.less(q_long + q_short, epsilon):
        price = 99.90 if len(left) % 2 else 100.60
        assert compare.greater_equal(abs(price - reference), 0.5 * MES * reference)
        before = q_long + q_short
        q_long, q_short = hedging.reduce_both(q_long, q_short, 0.3)
        fees += F * (before - q_long - q_short) * price
        left.append(q_long + q_short)
        reference = price
    assert left == [
        near(number)
        for number in (
            1.050108292, 0.735075804, 0.514553063, 0.360187144, 0.252131001, 0.176491701, 0.123544190, 0.086480933,
            0.060536653, 0.042375657, 0.029662960, 0.020764072, 0.014534850,
        )
    ]  # fmt: skip
    assert len(left) == hedging.exit_steps_bound(whole, epsilon, 0.3) == 13
    tight, wide = hedging.exit_cost_bounds(F, whole, 100.60, 0.3)
    assert (fees, tight, wide) == (near(0.149026945), near(0.150915563), near(1.006103754))
    assert fees <= tight <= wide
    assert math.log(0.01) / math.log(0.7) == near(12.9114, 4)

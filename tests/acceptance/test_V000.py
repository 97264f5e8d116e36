"""The worked examples of document 000 through the venue: orders, fills, fees and equity, on the profile `exact`.

`test_worked_examples_000.py` has the same decisions at a market that fills everything; here an exchange books them.
Expected values are exact fractions, checked against the document's printed digits.
"""

from __future__ import annotations

import math
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

TERMS = {"f": "0.1%", "k": "10", "E_max": "150"}
CAPITAL = 200_000
STEPS = "[realize_profit, transfer_profit, rebuild_positions, update_reference_price]"
STEP_BY_STEP = (f"rebalance: {STEPS}", f"rebalance: {{steps: {STEPS}, net: false}}")
"""C000-17: the document counts fees on every step; ours are netted by leg unless a spec says otherwise"""


def near(value: F | float) -> Any:
    return pytest.approx(float(value), abs=1e-9)


def books(floor: Any) -> tuple[float, ...]:
    return floor.values("qL", "pL", "qS", "pS")  # type: ignore[no-any-return]


def fees(floor: Any) -> float:
    return sum(fill.fee for fill in floor.fills)


def assert_venue_agrees(floor: Any, price: F, cash: F) -> None:
    """Positions, cash and equity of the exchange are those of the strategy's own books, and those on paper."""
    qL, pL, qS, pS = books(floor)
    assert floor.venue.position("L")[0] == near(qL)
    assert abs(floor.venue.position("S")[0]) == near(qS)
    paid = fees(floor)
    assert floor.core.state.books.cash["main"] == near(float(cash) - paid)
    equity = float(cash) - paid + qL * (float(price) - pL) + qS * (pS - float(price))
    assert floor.venue.equity("main") == near(CAPITAL + equity)
    assert floor.summary.equity == near(CAPITAL + equity)


def test_V000_A_literal_form_netted(floor: Any, literal: Path) -> None:
    """Example A with one order a leg: quantities, averages, cash and equity of both rebalances."""
    desk = floor(literal, **TERMS)
    assert desk.at("100") == 2 and books(desk) == (1, 100, 1, 100)
    assert desk.at("100.99") == 0
    assert desk.at("101") == 2
    qS = 1 - F(1, 202)
    held = qS + F(1, 404)
    pS = (qS * 100 + F(101, 404)) / held
    assert books(desk) == (near(F(1, 404)), near(101), near(held), near(pS))
    assert float(pS) == pytest.approx(100.002481390, abs=5e-10)
    cash = 1 - F(1, 202)
    assert float(cash) == pytest.approx(1 - 0.004950495, abs=5e-10)
    assert_venue_agrees(desk, F(101), cash)
    assert desk.value("risk_exposure") == near(F(201, 2)), "E_t counts what the rebalance left: 100.5"
    assert desk.at("100") == 0
    assert desk.at("99.99") == 2
    profit = held * (pS - F("99.99"))
    moved = profit / 2 / F("99.99")
    assert (float(profit), float(moved)) == (pytest.approx(0.012450495, abs=5e-10), pytest.approx(6.2259e-5, abs=5e-10))
    left, built = F(1, 404) - moved, moved / 2
    pL = (left * 101 + built * F("99.99")) / (left + built)
    assert books(desk) == (near(left + built), near(pL), near(built), near(F("99.99")))
    assert float(pL) == pytest.approx(100.987136201, abs=5e-10)
    assert desk.value("P_ref") == 99.99 and desk.value("risk_exposure") == pytest.approx(0.241275, abs=5e-7)
    cash += profit + moved * (F("99.99") - 101)
    assert_venue_agrees(desk, F("99.99"), cash)
    gross = float(cash + (left + built) * (F("99.99") - pL))
    assert gross == pytest.approx(1.005, abs=5e-7)


def test_V000_A_step_by_step_pays_what_the_document_counts(floor: Any, literal: Path) -> None:
    """Traded 102 and 99.754950, fees 0.102 and 0.099755; the initial two legs paid 0.2 before."""
    desk = floor(literal, STEP_BY_STEP, **TERMS)
    desk.at("100")
    assert fees(desk) == near(F(1, 5))
    assert desk.at("101") == 4
    assert fees(desk) - 0.2 == near(F(102, 1000))
    assert sum(abs(fill.change) * fill.price for fill in desk.fills[2:]) == near(102)
    assert books(desk)[:2] == (near(F(1, 404)), near(101))
    desk.at("100")
    assert desk.at("99.99") == 4
    assert fees(desk) - 0.302 == pytest.approx(0.099755, abs=5e-7)
    assert sum(abs(fill.change) * fill.price for fill in desk.fills[6:]) == pytest.approx(99.754950, abs=5e-7)


def on_paper_b(price: F, winner: F, average: F, loser: F) -> tuple[F, F, F]:
    """Winner, loser and profit after a quarter of the winner is realised (beta 1/4, alpha 1/2)."""
    profit = winner / 4 * abs(price - average)
    share = profit / 2 / price
    return winner * F(3, 4) + share / 2, loser - share + share / 2, profit


def test_V000_B_a_quarter_of_the_winner(floor: Any, band: Path) -> None:
    desk = floor(band, rebuild="profit_only", **TERMS)
    desk.at("100", "101")
    qL, qS, profit = on_paper_b(F(101), F(1), F(100), F(1))
    dq = profit / 4 / 101
    pL = (F(3, 4) * 100 + dq * 101) / qL
    pS = ((1 - 2 * dq) * 100 + dq * 101) / qS
    assert books(desk) == (near(qL), near(pL), near(qS), near(pS))
    assert [float(x) for x in (qL, pL, qS, pS)] == pytest.approx(
        [0.750618812, 100.000824402, 0.999381188, 100.000619195], abs=5e-10
    )
    assert desk.value("risk_exposure") == near(F("25.125"))
    cash = profit - 2 * dq
    assert_venue_agrees(desk, F(101), cash)
    assert desk.at("99.99") == 2
    price = F("99.99")
    qS2, qL2, profit = on_paper_b(price, qS, pS, qL)
    assert float(profit) == pytest.approx(0.002653156, abs=5e-10)
    assert (desk.value("qL"), desk.value("qS")) == (near(qL2), near(qS2))
    assert (float(qL2), float(qS2)) == (pytest.approx(0.750612178, abs=5e-10), pytest.approx(0.749542525, abs=5e-10))
    assert desk.value("risk_exposure") == pytest.approx(0.106955, abs=5e-7)
    cash += profit + profit / 2 / price * (price - pL)
    assert_venue_agrees(desk, price, cash)
    assert desk.venue.equity("main") - CAPITAL + fees(desk) == pytest.approx(0.251250, abs=5e-7)


@pytest.mark.parametrize(
    ("rebuild", "gross", "equity"),
    [
        ("restore_gross", [2.0] * 6, [0, 0.251250, 0.283733, 0.506696, 0.563812, 0.765324]),
        (
            "profit_only",
            [1.75, 1.500155, 1.312502, 1.125232, 0.984378, 0.844011],
            [0, 0.251250, None, None, None, 0.581402],
        ),
    ],
)
def test_V000_B2_six_triggers(
    floor: Any, band: Path, rebuild: str, gross: list[float], equity: list[float | None]
) -> None:
    """The gross stays or shrinks; equity, fees put back, is what volatility gave."""
    desk = floor(band, rebuild=rebuild, **TERMS)
    desk.at("100")
    for price, whole, worth in zip(["101", "99.99"] * 3, gross, equity, strict=True):
        assert desk.at(price) == 2
        assert desk.value("gross") == pytest.approx(whole, abs=5e-7)
        if worth is not None:
            assert desk.venue.equity("main") - CAPITAL + fees(desk) == pytest.approx(worth, abs=5e-7)


def test_V000_B3_without_a_profit_no_trade(floor: Any, band: Path) -> None:
    desk = floor(band, rebuild="profit_only", **TERMS)
    assert desk.at("100", "99") == 2
    moved = F(1, 8) / 99
    assert books(desk) == (
        near(1 - moved / 2),
        near(((1 - moved) * 100 + moved / 2 * 99) / (1 - moved / 2)),
        near(F(3, 4) + moved / 2),
        near((75 + moved / 2 * 99) / (F(3, 4) + moved / 2)),
    )
    assert desk.at("99.99") == 0
    assert desk.value("P_ref") == 99


C_GROSS = [
    1.050108292, 0.735075804, 0.514553063, 0.360187144, 0.252131001, 0.176491701, 0.123544190,
    0.086480933, 0.060536653, 0.042375657, 0.029662960, 0.020764072,
]  # fmt: skip


def test_V000_C_the_whole_exit(floor: Any, band: Path) -> None:
    """Thirteen reductions, then the dust; every fee at the venue, within the tight bound and the document's."""
    desk = floor(band, operator={3: "exit"}, rebuild="profit_only", **TERMS)
    desk.at("100", "101", "99.99")
    held = desk.value("gross")
    assert held == pytest.approx(1.500154703, abs=5e-10)
    before = fees(desk)
    assert desk.at("100.20") == 0
    assert desk.mode == "EXIT" and desk.value("P_ref_exit") == 99.99
    assert desk.value("epsilon") == near(held / 100)
    for step, gross in enumerate(C_GROSS, start=1):
        assert desk.at("100.60" if step % 2 else "99.90") == 2, step
        assert desk.value("gross") == pytest.approx(gross, abs=5e-10)
        assert desk.mode == "EXIT"
    steps = fees(desk)
    assert desk.at("100.60") == 4, "the thirteenth reduction and the dust"
    assert desk.mode == "TERMINATED" and desk.values("qL", "qS") == (near(0), near(0)), "less than a lot is left"
    assert (desk.venue.position("L")[0], desk.venue.position("S")[0]) == (near(0), near(0))
    last, dust = (sum(fill.fee for fill in desk.fills[i:j]) for i, j in ((-4, -2), (-2, None)))
    assert steps + last - before == pytest.approx(0.149026945, abs=5e-10)
    assert dust == near(0.001 * held * 0.7**13 * 100.60)
    tight, document = 0.001 * held * 100.60, 2 * 0.001 * held * 100.60 / 0.3
    assert (tight, document) == (pytest.approx(0.150915563, abs=5e-10), pytest.approx(1.006103754, abs=5e-10))
    assert steps + last + dust - before <= tight <= document
    assert (
        desk.promise("exit_cost_is_bounded").first == f"fees {steps + last + dust - before:.6g} of at most {tight:.6g}"
    )
    assert desk.at("90") == 0


@pytest.mark.parametrize(
    ("share", "eta", "steps"), [("0.01", "0.2", 21), ("0.01", "0.3", 13), ("0.005", "0.3", 15), ("0.01", "0.4", 10)]
)
def test_V000_D_how_many_reductions(floor: Any, band: Path, share: str, eta: str, steps: int) -> None:
    """From two whole legs (Q0 = 2, epsilon = share * 2) at the venue."""
    desk = floor(band, ("0.01 * gross", f"{share} * gross"), operator={1: "exit"}, eta=eta, **TERMS)
    desk.at("100")
    made = 0
    while desk.mode != "TERMINATED":
        made += desk.at("100.60" if made % 2 == 0 else "99.90") > 0
        assert made <= steps
    assert made == steps


def test_V000_E_volatility_decides(floor: Any, band: Path) -> None:
    """f=0.05 %, k=8: a variance of 2.1e-5 in the window is enough, 1.5e-5 pauses, 1.9e-6 three times leaves.

    No move is as large as the band (0.4 %), so nothing is traded until the exit; a window of ten minutes.
    """

    def moved(price: float, variance: float) -> float:
        return price * math.exp(math.sqrt(variance))

    desk = floor(band, variance=None, f="0.05%", k="8", E_max="1000", tau_max="10m")
    first = moved(100, 6.0e-6)
    second = first * math.exp(-math.sqrt(1.31e-5))
    third = moved(second, 1.9e-6)
    assert desk.at(100, *[first] * 3, *[second] * 2, *[third] * 4) == 0
    assert desk.value("effective_volatility") != desk.value("effective_volatility"), "nine minutes are no window"
    desk.at(third)
    assert desk.value("effective_volatility") == near(2.1e-5) and desk.mode == "ACTIVE"
    desk.at(third)
    assert desk.value("effective_volatility") == near(1.5e-5) and desk.mode == "PAUSE"
    desk.at(third, third)
    assert desk.mode == "PAUSE" and desk.value("effective_volatility") == near(1.5e-5)
    desk.at(third)
    assert desk.value("effective_volatility") == near(1.9e-6) and desk.mode == "PAUSE", "once"
    desk.at(third)
    assert desk.mode == "PAUSE", "twice"
    assert desk.at(third) == 0 and desk.mode == "EXIT", "three times"
    assert desk.moves == [("ACTIVE", "PAUSE", "too calm"), ("PAUSE", "EXIT", "friction_vol")]

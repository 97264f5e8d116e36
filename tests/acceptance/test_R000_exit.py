"""Document 000, row by row: leaving in steps, its bounds, failures and the promises (R000-35 to R000-52, §11, §13).

Each promise of §11 and constraint of §13 is broken here by a planted bug, a spec that differs in one place, and the run
(or the check of the text) says so: that promise and no other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fsmtrader.domain.orders import Effect, Expired, Filled, Rejected
from fsmtrader.engine.events import ActionEnded
from fsmtrader.numeric.hedging import exit_cost_bounds, exit_steps_bound
from fsmtrader.program.compiler import check, check_merged
from fsmtrader.research.run import run
from fsmtrader.research.run_settings import Settings
from fsmtrader.spec.source import Source

DATA = Path(__file__).parents[1] / "data"
TERMS = {"f": "0.1%", "k": "10", "E_max": "150"}
NEAR = 1e-9
CONSTRAINTS = (
    "no_direction_prediction",
    "risk_exposure_growth_is_linear",
    "exit_cost_is_bounded",
    "exit_not_price_stop",
    "no_trade_within_MES_band",
    "no_exit_within_band",
)


def near(value: float) -> Any:
    return pytest.approx(value, abs=NEAR)


def verdicts(desk: Any) -> dict[str, str]:
    return {promise.name: promise.verdict for promise in desk.summary.promises}


def broken(desk: Any) -> set[str]:
    return {name for name, verdict in verdicts(desk).items() if verdict == "broken"}


class Instead:
    """A venue whose `take` is another."""

    def __init__(self, desk: Any, take: Callable[..., Any]) -> None:
        self._venue = desk.simulation._driver._venue
        desk.simulation._driver._venue = self
        self._take = take

    def take(self, order: Any, now_us: int) -> Any:
        return self._take(order, self._venue.take(order, now_us))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)


# -- leaving ---------------------------------------------------------------------------------------------------------


def leaving(floor: Any, band: Path, *edits: tuple[str, str], **values: str) -> Any:
    """Opened at 100, told to leave."""
    desk = floor(band, *edits, operator={1: "exit"}, **{**TERMS, **values})
    desk.at("100")
    return desk


def test_R000_35_the_reference_of_the_exit_is_the_price_at_entry_and_nothing_is_sent(floor: Any, band: Path) -> None:
    desk = leaving(floor, band)
    sent = len(desk.orders)
    desk.at("100.2", "99.8", "100.4")
    assert desk.mode == "EXIT" and desk.value("P_ref_exit") == 100 and len(desk.orders) == sent


@pytest.mark.parametrize("price", ["100.5", "99.5"])
def test_R000_36_at_the_bound_both_legs_are_reduced_whichever_way(floor: Any, band: Path, price: str) -> None:
    desk = leaving(floor, band)
    assert desk.at(price) == 2
    assert desk.values("qL", "qS") == (near(0.7), near(0.7)) and desk.value("P_ref_exit") == float(price)


def test_R000_36_the_reference_moves_with_each_step(floor: Any, band: Path) -> None:
    """100 -> 100.5 -> 99.9975 (just 0.5 % below) -> 100.4."""
    desk = leaving(floor, band)
    assert (desk.at("100.5"), desk.at("99.9975"), desk.at("100.4")) == (2, 2, 0)
    assert desk.values("qL", "qS") == (near(0.49), near(0.49))


def test_R000_37_below_it_nothing(floor: Any, band: Path) -> None:
    desk = leaving(floor, band)
    assert [desk.at(price) for price in ("100.49", "99.51", "100")] == [0, 0, 0]


def test_R000_38_less_than_epsilon_is_the_end_and_looked_at_after_the_step(floor: Any, band: Path) -> None:
    """With epsilon = 0.49 of both legs: two steps leave just that, which is not less; the third is the end."""
    desk = leaving(floor, band, ("0.01 * gross", "0.49 * gross"))
    desk.at("100.5", "101.1")
    assert desk.value("gross") == near(0.98) and desk.mode == "EXIT"
    assert desk.at("100.5") == 4 and desk.mode == "TERMINATED"


def test_R000_39_while_leaving_everything_closes(floor: Any, band: Path) -> None:
    desk = leaving(floor, band)
    sent = len(desk.orders)
    for step in range(16):
        desk.at("100.6" if step % 2 else "99.9")
    exits = desk.orders[sent:]
    assert desk.mode == "TERMINATED" and len(exits) > 20
    assert {order.effect for order in exits} == {Effect.CLOSE} and all(order.change < 0 for order in exits)


@pytest.mark.parametrize(
    ("held", "epsilon", "eta", "steps"),
    [(2.0, 0.02, 0.2, 21), (2.0, 0.02, 0.3, 13), (2.0, 0.01, 0.3, 15), (2.0, 0.02, 0.4, 10), (1.0, 0.49, 0.3, 3)],
)
def test_R000_40_how_many_steps_at_most(held: float, epsilon: float, eta: float, steps: int) -> None:
    """ceil(log(epsilon / Q0) / log(1 - eta)); where that is whole one more, as the comparison is strict."""
    assert exit_steps_bound(held, epsilon, eta) == steps
    left = [held * (1 - eta) ** n for n in range(steps + 1)]
    assert left[-1] < epsilon <= left[-2] * (1 + 1e-9)


def test_R000_41_what_an_exit_may_cost(floor: Any, band: Path) -> None:
    """Thirteen steps and the dust from 1 and 1, at most at 100.6: f * Q0 * P_max = 0.001 * 2 * 100.6."""
    desk = leaving(floor, band)
    paid = sum(fill.fee for fill in desk.fills)
    for step in range(16):
        desk.at("99.9" if step % 2 else "100.6")
    cost = sum(fill.fee for fill in desk.fills) - paid
    tight, document = exit_cost_bounds(0.001, 2.0, 100.6, 0.3)
    assert (tight, document) == (near(0.2012), near(2 * 0.2012 / 0.3))
    sold = [2 * 0.7**n * 0.3 * (99.9 if n % 2 else 100.6) for n in range(13)]
    assert cost == near(0.001 * (math.fsum(sold) + 2 * 0.7**13 * 100.6)) and cost < tight
    assert desk.promise("exit_cost_is_bounded").first == f"fees {cost:.6g} of at most 0.2012"


def test_R000_55_why_it_left(floor: Any, band: Path) -> None:
    friction = floor(band, variance=0.000009, **{**TERMS, "K": "2"})
    friction.at("100", "100")
    capital = floor(band, **{**TERMS, "E_max": "25"})
    capital.at("100", "101", "101")
    manual = leaving(floor, band)
    manual.at("100")
    assert [desk.moves[-1][1:] for desk in (friction, capital, manual)] == [
        ("EXIT", "friction_vol"),
        ("EXIT", "capital"),
        ("EXIT", "manual"),
    ]


# -- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leg", ["L", "S"])
def test_R000_52_a_leg_that_cannot_be_had(floor: Any, band: Path, leg: str) -> None:
    """The ledger is what was filled, P_ref stays, the action has failed, and the next price tries again."""
    desk = floor(band, **{**TERMS, "rebuild": "profit_only"})
    desk.at("100")
    venue = desk.simulation._driver._venue
    take = venue.take
    rejecting = Instead(desk, lambda order, answers: answers)
    rejecting.take = lambda order, now_us: (  # type: ignore[method-assign]
        (Rejected(order.client_id, "margin"),) if order.leg == leg else take(order, now_us)
    )
    desk.at("101")
    held = desk.values("qL", "qS")
    positions = abs(venue.position("L")[0]), abs(venue.position("S")[0])
    assert held == (near(positions[0]), near(positions[1]))
    assert held[0 if leg == "L" else 1] == 1, "nothing was filled there"
    assert held[1 if leg == "L" else 0] < 1, "what was filled is kept"
    assert desk.value("P_ref") == 100
    assert [n.outcome for n in desk.notes if isinstance(n, ActionEnded)] == ["failed"]
    desk.simulation._driver._venue = venue
    desk.at("101")
    assert desk.value("P_ref") == 101 and [n.outcome for n in desk.notes if isinstance(n, ActionEnded)][-1] == "done"


# -- promises: kept --------------------------------------------------------------------------------------------------

WALK = (
    "100",
    "101",
    "102.1",
    "103.2",
    "101",
    "99",
    "99.9",
    "98",
    "96.9",
    "99",
    "101",
    "100.6",
    "99.9",
    "100.6",
    "99.9",
)


def test_R000_44_the_documents_promises_are_known_by_name() -> None:
    sources = [Source(name, (DATA / name).read_bytes()) for name in ("seed_000.json", "seed_000.yml")]
    program = check_merged(sources).require()
    found = [(entry.name, entry.condition.text if entry.condition else "") for entry in program.invariants]
    assert found == [
        ("no_direction_prediction", ""),
        ("no_trade_within_MES_band", "abs(P_t - P_ref) >= MES * P_ref"),
        ("no_trade_within_MES_band", "abs(P_t - P_ref_exit) >= MES_exit * P_ref_exit"),
        ("risk_exposure_growth_is_linear", ""),
        ("exit_cost_is_bounded", ""),
    ]


def test_R000_45_all_are_kept_on_a_walk_through_rebalances_and_an_exit(floor: Any, band: Path) -> None:
    desk = floor(band, operator={11: "exit"}, **{**TERMS, "E_max": "1000"})
    desk.at(*WALK)
    assert len([n for n in desk.notes if isinstance(n, ActionEnded) and n.outcome == "done"]) >= 10
    assert {name: verdicts(desk)[name] for name in CONSTRAINTS} == dict.fromkeys(CONSTRAINTS, "kept")


def test_R000_46_net_and_gross_grow_by_no_more_than_a_rebalance_may(floor: Any, band: Path) -> None:
    """Three rebalances upwards: the net moves by a quarter of a leg each at most, the gross is restored to 2."""
    desk = floor(band, **{**TERMS, "E_max": "1000"})
    desk.at("100")
    longest = 1.0
    for n, price in enumerate(("101", "102.1", "103.2"), start=1):
        assert desk.at(price) == 2
        longest = max(longest, desk.value("qL"), desk.value("qS"))
        assert abs(desk.value("qL") - desk.value("qS")) <= n * 0.25 * longest + NEAR
        assert desk.value("gross") == near(2)
    assert desk.promise("risk_exposure_growth_is_linear").first == "3 actions that traded"


def half_of(desk: Any, leg: str) -> Instead:
    """The venue fills half of each order of a leg; the rest expires."""
    halving = Instead(desk, lambda order, answers: answers)
    take = halving._venue.take
    halving.take = lambda order, now_us: (  # type: ignore[method-assign]
        (*take(replace(order, change=order.change / 2), now_us), Expired(order.client_id))
        if order.leg == leg
        else take(order, now_us)
    )
    return halving


def test_R000_46_what_a_venue_left_unfilled_is_no_growth(floor: Any, band: Path) -> None:
    """At 101 0.124381 of S are opened and half as much of L is closed: 2.062 until the next price, as nobody planned."""
    desk = floor(band, **{**TERMS, "E_max": "1000"})
    desk.at("100")
    halving = half_of(desk, "L")
    desk.at("101")
    assert [n.outcome for n in desk.notes if isinstance(n, ActionEnded)] == ["failed"]
    assert desk.values("qL", "qS", "gross") == (near(0.93780940594), near(1.12438118812), near(2.06219059406))
    assert desk.promise("risk_exposure_growth_is_linear").verdict == "kept"
    desk.simulation._driver._venue = halving._venue
    desk.at("101")
    assert desk.promise("risk_exposure_growth_is_linear").verdict == "kept"
    assert desk.promise("risk_exposure_growth_is_linear").first == "2 actions that traded"


def test_R000_46_a_failed_action_still_grows_by_no_more_than_it_may_move(floor: Any, band: Path) -> None:
    """Opening a whole coin of each is more than the quarter that a rebalance moves, filled or not."""
    whole = ("max(own, (2 * q0 - qL - qS) / 2)", "own + q0")
    desk = floor(band, whole, **{**TERMS, "E_max": "1000"})
    desk.at("100")
    half_of(desk, "L")
    desk.at("101")
    assert [n.outcome for n in desk.notes if isinstance(n, ActionEnded)] == ["failed"]
    assert desk.promise("risk_exposure_growth_is_linear").verdict == "broken"


def test_R000_46_an_action_without_a_fill_did_not_trade(floor: Any, band: Path) -> None:
    desk = floor(band, **{**TERMS, "E_max": "1000"})
    desk.at("100")
    nothing = Instead(desk, lambda order, answers: answers)
    nothing.take = lambda order, now_us: (Rejected(order.client_id, "margin"),)  # type: ignore[method-assign]
    desk.at("101", "101")
    assert [n.outcome for n in desk.notes if isinstance(n, ActionEnded)] == ["failed", "failed"]
    desk.simulation._driver._venue = nothing._venue
    desk.at("101")
    assert desk.promise("risk_exposure_growth_is_linear").first == "1 action that traded"


# -- promises: broken by planted bugs --------------------------------------------------------------------------------

IN_BAND = (
    "{if: abs(P_t - P_ref) >= MES * P_ref and winning > 0, do",
    "{if: abs(P_t - P_ref) >= MES * P_ref / 2 and winning > 0, do",
)
EXIT_IN_BAND = ("{if: abs(P_t - P_ref_exit) >= MES_exit *", "{if: abs(P_t - P_ref_exit) >= 0.5 * MES_exit *")
WHOLE_WINNER = (
    "- {qL: qL * (1 - beta) if up else qL, qS: qS if up else qS * (1 - beta)}",
    "- {qL: 0 if up else qL, qS: qS if up else 0}",
)
ONE_SIDED = ("- {qL: qL + dq, qS: qS + dq}", "- {qL: qL + dq, qS: qS + 3 * dq}")
GROWING = ('"own if rebuild == profit_only else max(own, (2 * q0 - qL - qS) / 2)"', '"own + beta * q0"')
CHURN = (
    "  reduce_positions:\n    - {qL: qL * (1 - eta), qS: qS * (1 - eta)}\n",
    "  reduce_positions:\n    - {qL: 0, qS: 0}\n    - wait\n    - {qL: q0 / 2, qS: q0 / 2}\n",
)
MAY_OPEN = ("price, never at a stop price\n    orders: reduce\n", "price, never at a stop price\n")


@pytest.mark.parametrize(
    ("edits", "prices", "promise"),
    [
        ((IN_BAND,), ("100", "100.6"), "no_trade_within_MES_band"),
        ((EXIT_IN_BAND,), ("100", "101", "101", "101.3"), "no_exit_within_band"),
        ((WHOLE_WINNER,), ("100", "101"), "risk_exposure_growth_is_linear"),
        ((ONE_SIDED,), ("100", "101", "102.1"), "risk_exposure_growth_is_linear"),
        ((GROWING,), ("100", "101"), "risk_exposure_growth_is_linear"),
    ],
    ids=["inside the band", "exit inside its band", "realises all", "rebuilds one side", "grows"],
)
def test_a_planted_bug_breaks_its_promise_and_no_other(
    floor: Any, band: Path, edits: tuple[tuple[str, str], ...], prices: tuple[str, ...], promise: str
) -> None:
    limit = "25" if promise == "no_exit_within_band" else "1000"
    sound = floor(band, **{**TERMS, "E_max": limit})
    sound.at(*prices)
    assert broken(sound) == set()
    desk = floor(band, *edits, **{**TERMS, "E_max": limit})
    desk.at(*prices)
    assert broken(desk) == {promise}
    assert desk.promise(promise).broken >= 1 and desk.promise(promise).first


def test_an_exit_that_opens_again_breaks_the_promise_about_exits(floor: Any, band: Path) -> None:
    """Closing all and opening half again at every step of the price: it opens, and its fees pass the bound."""
    desk = floor(band, CHURN, MAY_OPEN, operator={1: "exit"}, **TERMS)
    desk.at("100", "100.6", "99.9", "100.6", "99.9")
    assert broken(desk) == {"exit_not_price_stop", "exit_cost_is_bounded"}
    assert "were opened while leaving" in desk.promise("exit_not_price_stop").first


def test_an_exit_at_twice_the_fee_breaks_its_bound(floor: Any, band: Path) -> None:
    """A venue that takes twice the fee that the run was told."""
    desk = floor(band, operator={1: "exit"}, **TERMS)
    Instead(
        desk, lambda order, answers: tuple(replace(a, fee=2 * a.fee) if isinstance(a, Filled) else a for a in answers)
    )
    for price in ("100", *("100.6", "99.9") * 8):
        desk.at(price)
    assert desk.mode == "TERMINATED" and broken(desk) == {"exit_cost_is_bounded"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (
            "C3: rebalance_interval >",
            "C3: ema(P_t, n=20, on=monitor) > P_t or rebalance_interval >",
            "FSM521",
        ),  # R000-51
        ("C3: rebalance_interval >", "C3: funding_rate(L) > 0.1% or rebalance_interval >", "FSM521"),
        ("profit: beta * winning", "profit: beta * winning * sign(change(P_t))", "FSM521"),
        ("{if: C2, transition_to: EXIT,", "{if: C2 or P_t < 90, transition_to: EXIT,", "FSM522"),  # R000-39
        ("{if: C2, transition_to: EXIT,", "{if: C2 or winning < -10, transition_to: EXIT,", "FSM522"),
        ("{if: abs(P_t - P_ref_exit) >=", "{if: P_ref_exit - P_t >=", "FSM522"),
        ("{if: gross < epsilon,", "{if: gross < epsilon or held(P_t < P_ref) > 1h,", "FSM522"),
    ],
)
def test_R000_39_51_a_text_that_breaks_a_promise_is_refused(band: Path, old: str, new: str, code: str) -> None:
    text = band.read_text(encoding="utf-8")
    assert text.count(old) == 1
    result = check(Source("spec.yml", text.replace(old, new).encode()))
    assert result.program is None
    assert {d.code for d in result.diagnostics if d.severity.value == "error"} == {code}
    assert check(Source("spec.yml", text.encode())).diagnostics == ()


@pytest.mark.parametrize(("width", "verdict"), [("MES", "kept"), ("MES / 2", "broken")])
def test_R000_45_the_promise_by_name_is_watched_in_the_seeds_own_blocks(width: str, verdict: str) -> None:
    """The first trade of the block is decided at half the band when the bug is planted; its promises are in the JSON."""
    machine = (DATA / "seed_000.yml").read_text(encoding="utf-8")
    assert machine.count("abs(P_t - P_ref) >= MES") == 1
    machine = machine.replace("abs(P_t - P_ref) >= MES", f"abs(P_t - P_ref) >= {width}")
    sources = [
        Source("seed_000.json", (DATA / "seed_000.json").read_bytes()),
        Source("seed_000.yml", machine.encode()),
    ]
    values = {"f": "0.05%", "E_max": "130000", "capital": "120000"}
    summary = run(check_merged(sources).require(), Settings(overrides=values, bars=1000))
    found = {promise.name: promise.verdict for promise in summary.promises}
    assert summary.fills > 2
    assert found == {**dict.fromkeys(found, "kept"), "no_trade_within_MES_band": verdict}

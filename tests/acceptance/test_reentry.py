"""The strategy that begins again, at the venue: fresh legs after the cool-down, each exit judged by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsmtrader.domain.orders import Rejected
from fsmtrader.research.fit import LEAST

TERMS = {"f": "0.1%", "k": "10", "E_max": "25", "eta": "0.4", "cool_down": "5m"}
NEAR = 1e-9
STEPS = ("101.6", "101") * 5
"""ten reductions of 40 % from 2 leave 0.0121, less than epsilon = 0.02"""


def near(value: float) -> Any:
    return pytest.approx(value, abs=NEAR)


def left(floor: Any, reentry: Path, **values: str) -> Any:
    """100, 101 (a rebalance that goes over E_max), the exit at 101, ten steps: flat at 101, in the 13th minute."""
    desk = floor(reentry, **{**TERMS, **values})
    desk.at("100", "101", "101", *STEPS)
    assert desk.mode == "COOLING" and desk.values("qL", "qS") == (near(0), near(0))
    return desk


def test_it_waits_for_its_time_and_opens_both_legs_afresh(floor: Any, reentry: Path) -> None:
    desk = left(floor, reentry)
    sent = len(desk.orders)
    desk.at("105", "105", "105", "105")
    assert desk.mode == "COOLING" and len(desk.orders) == sent
    desk.at("105", "106")
    assert desk.mode == "ACTIVE" and [(o.leg, o.change) for o in desk.orders[sent:]] == [("L", near(1)), ("S", near(1))]
    opened = desk.fills[-1].price
    assert desk.values("pL", "pS", "P_ref") == (near(opened), near(opened), near(opened))
    assert [target for _, target, _ in desk.moves] == ["EXIT", "COOLING", "READY", "OPENING", "ACTIVE"]
    assert [because for _, _, because in desk.moves] == ["capital", "flat", "cooled down", "recovered", "opened"]


def test_the_band_begins_anew_and_each_exit_has_its_own_bound(floor: Any, reentry: Path) -> None:
    desk = left(floor, reentry)
    desk.at(*["110"] * 7)
    assert desk.mode == "ACTIVE" and desk.values("pL", "pS", "P_ref") == (near(110), near(110), 110)
    assert desk.at("111") == 0
    assert desk.at("111.1") == 2, "a rebalance: 0.25 * 111.1 at risk is more than 25"
    assert desk.at("111.1") == 0 and desk.mode == "EXIT"
    desk.at(*("111.7", "111.1") * 5)
    assert desk.mode == "COOLING"
    verdicts = {promise.name: (promise.verdict, promise.first) for promise in desk.summary.promises}
    assert {verdict for verdict, _ in verdicts.values()} == {"kept"}
    assert verdicts["exit_cost_is_bounded"][1].endswith("the dearest of 2 exits")
    fit = desk.summary.fit
    assert fit is not None and fit.rebalances == LEAST, "opening again is no rebalance"
    assert fit.c2 == near(sum(f.fee for f in (*desk.fills[2:4], *_second(desk))) / 2 / 0.001)


def _second(desk: Any) -> list[Any]:
    """The fills of the second rebalance."""
    return [fill for fill in desk.fills if fill.price == 111.1][:2]


def test_in_a_market_that_is_not_worth_it_it_stays_flat(floor: Any, reentry: Path) -> None:
    """C2 leaves at 101; from 102 on the market is too calm for a pair (C3), so nothing is opened."""
    calm = ("realized_variance(P_t, window=tau_max)", "0.00005 if P_t > 102 else 0.01")
    desk = floor(reentry, calm, ("  - exit_not_price_stop\n", ""), variance=None, **TERMS)
    desk.at("100", "101", "101", *STEPS)
    sent = len(desk.orders)
    desk.at(*["103"] * 20)
    assert desk.mode == "READY" and len(desk.orders) == sent
    desk.at("102")
    assert desk.mode == "ACTIVE" and desk.value("P_ref") == 102


def test_a_leg_that_cannot_be_opened_gives_the_other_one_back(floor: Any, reentry: Path) -> None:
    desk = left(floor, reentry)
    venue = desk.simulation._driver._venue
    refusing = _Refusing(venue, "S")
    desk.simulation._driver._venue = refusing
    desk.at(*["110"] * 6)
    assert "not opened" in [because for _, _, because in desk.moves]
    assert desk.mode in ("COOLING", "READY") and desk.values("qL", "qS") == (near(0), near(0))
    assert desk.venue.position("L")[0] == near(0)
    refusing.leg = ""
    desk.at(*["110"] * 8)
    assert desk.mode == "ACTIVE" and desk.values("qL", "qS", "P_ref") == (near(1), near(1), 110)


class _Refusing:
    """A venue that rejects what opens one leg."""

    def __init__(self, venue: Any, leg: str) -> None:
        self._venue = venue
        self.leg = leg

    def take(self, order: Any, now_us: int) -> Any:
        if order.leg == self.leg and order.change > 0:
            return (Rejected(order.client_id, "margin"),)
        return self._venue.take(order, now_us)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)


def test_the_operators_exit_is_the_end(floor: Any, reentry: Path) -> None:
    desk = floor(reentry, operator={1: "exit"}, **{**TERMS, "E_max": "1000"})
    desk.at("100", *("100.6", "99.9") * 5)
    assert desk.mode == "TERMINATED"
    sent = len(desk.orders)
    desk.at(*["100"] * 20)
    assert desk.mode == "TERMINATED" and len(desk.orders) == sent

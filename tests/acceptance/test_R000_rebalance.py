"""Document 000, row by row: the strategy's meta data and parameters, the band, the rebalance and the modes (R000-01 …).

Exits, bounds, statistics and reports are in `test_R000_exit.py` and `test_R000_whole.py`, the worked examples at the
venue in `test_V000.py`. Every price is a flat bar at an exchange without spread (`conftest.Floor`); f = 0.1 %, k = 10
and so MES = 1 % unless a test says otherwise. Fees are 0.1 % of what is traded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsmtrader.diagnostics import Severity, UsageError
from fsmtrader.domain.orders import OrderIntent, Rejected, Style
from fsmtrader.engine.events import ActionEnded, Booked, Transition
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

TERMS = {"f": "0.1%", "k": "10", "E_max": "150"}
ONLY = {**TERMS, "rebuild": "profit_only"}
STEPS = "[realize_profit, transfer_profit, rebuild_positions, update_reference_price]"
STEP_BY_STEP = (f"rebalance: {STEPS}", f"rebalance: {{steps: {STEPS}, net: false}}")
NEAR = 1e-9
PAUSING = "0.01 if P_t >= 101 else 0.00005"
"""a variance that pauses below 101 (C3 only: MES**2 = 1e-4, MES * f = 1e-5) and is enough from there on"""


def near(value: float) -> Any:
    return pytest.approx(value, abs=NEAR)


def variance_of(text: str) -> tuple[tuple[str, str], ...]:
    """A variance that hangs on the price, which is told. (As a spec that would be an exit at a price: FSM522.)"""
    return ("realized_variance(P_t, window=tau_max)", text), ("  - exit_not_price_stop\n", "")


def moves(desk: Any) -> list[tuple[str, str]]:
    return [(source, target) for source, target, _ in desk.moves]


# -- what it is ------------------------------------------------------------------------------------------------------


def test_R000_01_meta(spec: Callable[..., Any], band: Path) -> None:
    program = spec(band)
    assert (program.name, program.version) == ("BandLimitedDynamicHedging", "1.0")
    assert "type: event_driven_non_directional" in band.read_text(encoding="utf-8")


def test_R000_02_quantities_are_never_negative_and_a_short_is_a_positive_number(floor: Any, literal: Path) -> None:
    """The literal form realises whole legs: the quantity of the winner goes to zero before it is rebuilt."""
    desk = floor(literal, STEP_BY_STEP, **{**TERMS, "E_max": "1000"})
    held = {"L": 0.0, "S": 0.0}
    for price in ("100", "101", "99.9", "101.5", "98", "103"):
        desk.at(price)
        assert desk.value("qL") >= 0.0 and desk.value("qS") >= 0.0
    for fill in desk.fills:
        held[fill.leg] += fill.change
        assert held[fill.leg] >= -NEAR
    assert desk.value("qS") == near(held["S"])


def test_R000_03_modes(spec: Callable[..., Any], band: Path) -> None:
    (region,) = spec(band).regions
    assert [leaf.name for leaf in region.leaves] == ["ACTIVE", "PAUSE", "EXIT", "TERMINATED"]
    assert region.leaves[region.initial].name == "ACTIVE"
    assert [leaf.final for leaf in region.leaves] == [False, False, False, True]


def test_R000_04_parameters_have_values(floor: Any, band: Path) -> None:
    desk = floor(band)
    given = desk.values("f", "MES", "alpha", "E_max", "tau_max", "delta", "eta", "beta", "gamma1", "gamma2", "K", "k")
    assert given == pytest.approx((0.0005, 0.004, 0.5, 130000, 21600, 0.5, 0.3, 0.25, 1, 1, 3, 8), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", "0"),
        ("alpha", "1"),
        ("beta", "0"),
        ("beta", "1.1"),
        ("delta", "0.49"),
        ("delta", "1.01"),
        ("eta", "0.19"),
        ("eta", "0.41"),
        ("f", "-0.1%"),
        ("MES", "0"),
        ("E_max", "0"),
        ("tau_max", "0s"),
        ("K", "0"),
    ],
)
def test_R000_05_a_value_out_of_range_is_an_error(floor: Any, band: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        floor(band, **{name: value})


@pytest.mark.parametrize(("value", "expected"), [("5.9", 1), ("6", 0), ("10", 0), ("10.1", 1)])
def test_R000_05_k_out_of_range_is_a_warning(band: Path, value: str, expected: int) -> None:
    text = band.read_text(encoding="utf-8").replace("{value: 8, above: 0", f"{{value: {value}, above: 0")
    result = check(Source("spec.yml", text.encode()))
    found = [d for d in result.diagnostics if "6 <= k <= 10" in d.message]
    assert len(found) == expected and all(d.severity is Severity.WARNING for d in found)
    assert result.program is not None


def test_R000_06_MES_is_k_times_f_unless_it_is_given(floor: Any, band: Path) -> None:
    assert floor(band, f="0.1%", k="7").value("MES") == near(0.007)
    assert floor(band, f="0.1%", k="7", MES="2%").value("MES") == near(0.02)


def test_R000_07_MES_exit_is_a_share_of_MES(floor: Any, band: Path) -> None:
    assert floor(band, f="0.1%", k="10", delta="0.75").value("MES_exit") == near(0.0075)


# -- the band --------------------------------------------------------------------------------------------------------


def test_R000_08_within_the_band_nothing_is_done(floor: Any, band: Path) -> None:
    desk = floor(band, **TERMS)
    desk.at("100")
    before = desk.values("P_ref", "qL", "pL", "qS", "pS", "epsilon", "P_ref_exit")
    notes = len(desk.notes)
    for price in ("100.99", "99.01", "100.5", "100.999", "99.001"):
        assert desk.at(price) == 0
    assert desk.values("P_ref", "qL", "pL", "qS", "pS", "epsilon", "P_ref_exit") == before
    assert len(desk.notes) == notes and desk.mode == "ACTIVE"


@pytest.mark.parametrize("price", ["101", "99"])
def test_R000_09_the_bound_is_inclusive_and_one_rebalance_follows(floor: Any, band: Path, price: str) -> None:
    desk = floor(band, **TERMS)
    desk.at("100")
    assert desk.at(price) == 2
    assert [(n.action, n.outcome) for n in desk.notes if isinstance(n, ActionEnded)] == [("rebalance", "done")]
    assert desk.at(price) == 0, "P_ref is here now"


def test_R000_10_a_jump_of_ten_bands_is_one_rebalance(floor: Any, band: Path) -> None:
    desk = floor(band, **{**TERMS, "E_max": "1000"})
    desk.at("100")
    assert desk.at("110") == 2 and desk.value("P_ref") == 110
    assert len([n for n in desk.notes if isinstance(n, ActionEnded)]) == 1
    assert desk.value("gross") == near(2) and desk.at("110") == 0


def refuse(desk: Any, leg: str) -> None:
    """The exchange rejects every order of a leg from now on."""
    take = desk.venue.take

    def taken(order: OrderIntent, now_us: int) -> tuple[Any, ...]:
        return (Rejected(order.client_id, "margin"),) if order.leg == leg else take(order, now_us)  # type: ignore[no-any-return]

    desk.simulation._driver._venue = _Instead(desk.venue, taken)


class _Instead:
    """A venue whose `take` is another."""

    def __init__(self, venue: Any, take: Callable[..., Any]) -> None:
        self._venue = venue
        self.take = take

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)


def test_R000_11_P_ref_changes_only_when_the_rebalance_is_complete(floor: Any, band: Path) -> None:
    desk = floor(band, **TERMS)
    desk.at("100")
    refuse(desk, "S")
    desk.at("101")
    assert desk.value("P_ref") == 100
    assert [n.outcome for n in desk.notes if isinstance(n, ActionEnded)] == ["failed"]


def test_R000_12_what_each_leg_has_won(floor: Any, band: Path) -> None:
    """Long: 1 * (100.5 - 100); short: 1 * (100 - 99.25)."""
    desk = floor(band, **TERMS)
    desk.at("100", "100.5")
    assert desk.value("winning") == near(0.5)
    desk.at("99.25")
    assert desk.value("winning") == near(0.75)


# -- one rebalance, step by step -------------------------------------------------------------------------------------


def rebalance_up(floor: Any, band: Path) -> list[Booked]:
    """100 -> 101 with beta 0.25 and alpha 0.5: the profit is 0.25 * 1 * 1 = 0.25."""
    desk = floor(band, STEP_BY_STEP, **ONLY)
    desk.at("100", "101")
    fills: list[Booked] = desk.fills[2:]
    return fills


def test_R000_13_the_winner_is_reduced_and_its_profit_is_cash(floor: Any, band: Path) -> None:
    first = rebalance_up(floor, band)[0]
    assert (first.leg, first.change, first.price) == ("L", near(-0.25), 101)
    assert first.realised == near(0.25), "at an average that is still 100"


def test_R000_14_the_profit_is_split_without_rest(floor: Any, band: Path) -> None:
    _, repair, built, mirrored = rebalance_up(floor, band)
    assert -repair.change * 101 == near(0.125)
    assert (built.change + mirrored.change) * 101 == near(0.125)


def test_R000_15_the_loser_is_reduced_by_its_share_and_the_loss_is_booked(floor: Any, band: Path) -> None:
    repair = rebalance_up(floor, band)[1]
    assert (repair.leg, repair.change) == ("S", near(-0.125 / 101))
    assert repair.realised == near(0.125 / 101 * (100 - 101))


def test_R000_15_it_is_never_reduced_below_zero(floor: Any, literal: Path) -> None:
    """2 long at 100, 0.001 short: at 110 the half of the profit, 20 / 2 / 110 = 0.09, is more than there is."""
    sized = ("short, initial: q0}", "short, initial: q0 / 2000}")
    desk = floor(literal, STEP_BY_STEP, sized, q0="2", f="0.1%", k="10", E_max="1000")
    desk.at("100", "110")
    assert desk.value("qS") == near(10 / (2 * 110)), "what was rebuilt"
    assert [(f.leg, f.change) for f in desk.fills[2:4]] == [("L", near(-2)), ("S", near(-0.001))]


def test_R000_16_both_legs_are_rebuilt_alike(floor: Any, band: Path) -> None:
    *_, long, short = rebalance_up(floor, band)
    assert (long.leg, short.leg) == ("L", "S")
    assert (long.change, short.change) == (near(0.125 / 202), near(0.125 / 202))


def test_R000_17_averages_are_those_of_what_was_left_and_what_was_added(floor: Any, band: Path) -> None:
    desk = floor(band, **ONLY)
    desk.at("100", "101")
    dq = 0.125 / 202
    assert desk.value("pL") == near((0.75 * 100 + dq * 101) / (0.75 + dq))
    assert desk.value("pS") == near(((1 - 2 * dq) * 100 + dq * 101) / (1 - dq))


def test_R000_18_when_all_is_realised_the_average_is_the_price(floor: Any, literal: Path) -> None:
    for edits in ((), (STEP_BY_STEP,)):
        desk = floor(literal, *edits, **TERMS)
        desk.at("100", "101")
        assert desk.value("pL") == 101


def test_R000_19_down_is_the_mirror_of_up(floor: Any, band: Path) -> None:
    """100 -> 99: a profit of 0.25 on the short; shares of 0.125 at 99."""
    desk = floor(band, STEP_BY_STEP, **ONLY)
    desk.at("100", "99")
    assert [(f.leg, f.change) for f in desk.fills[2:]] == [
        ("S", near(-0.25)),
        ("L", near(-0.125 / 99)),
        ("L", near(0.125 / 198)),
        ("S", near(0.125 / 198)),
    ]


def test_R000_20_legs_exchanged_and_prices_reflected(floor: Any, band: Path) -> None:
    """Opened at 100 and at 104, both look at 102: p becomes 2 * 102 - p, long becomes short."""
    for rebuild in ("profit_only", "restore_gross"):
        up, down = (floor(band, **{**TERMS, "rebuild": rebuild}) for _ in range(2))
        up.at("100", "102")
        down.at("104", "102")
        assert down.values("qS", "qL") == (near(up.value("qL")), near(up.value("qS")))
        assert down.values("pS", "pL") == (near(204 - up.value("pL")), near(204 - up.value("pS")))


def test_R000_21_a_rebalance_leaves_equity_as_it_is_but_for_its_fee(floor: Any, band: Path) -> None:
    """After 101 the pair is lopsided: at 99.99 it is worth 0.251250 more than at the start, before and after."""
    desk = floor(band, **TERMS)
    desk.at("100", "101", "100")
    before = desk.venue.equity("main") + desk.value("qL") * (99.99 - 100) - desk.value("qS") * (99.99 - 100)
    fees = sum(fill.fee for fill in desk.fills)
    desk.at("99.99")
    paid = sum(fill.fee for fill in desk.fills) - fees
    assert paid > 0.0
    assert desk.venue.equity("main") + paid == near(before)
    assert before + fees == pytest.approx(200_000 + 0.251250, abs=5e-7)


def test_R000_22_what_is_traded_and_its_fee(floor: Any, band: Path) -> None:
    """0.25 * 101 of the winner, and the profit of 0.25: 25.5."""
    fills = rebalance_up(floor, band)
    assert sum(abs(f.change) * f.price for f in fills) == near(25.5)
    assert sum(f.fee for f in fills) == near(0.0255)


def test_R000_23_four_steps_in_their_order(floor: Any, band: Path) -> None:
    fills = rebalance_up(floor, band)
    assert [(f.leg, f.change > 0) for f in fills] == [("L", False), ("S", False), ("L", True), ("S", True)]
    desk = floor(band, STEP_BY_STEP, **ONLY)
    desk.at("100", "101")
    journaled = [n for n in desk.notes if isinstance(n, Booked | ActionEnded)][2:]
    assert [type(n) for n in journaled] == [Booked] * 4 + [ActionEnded]


# -- modes -----------------------------------------------------------------------------------------------------------


def test_R000_24_a_new_mode_acts_on_the_same_tick(floor: Any, band: Path) -> None:
    """Below 101 the market is too calm: PAUSE. At 101 it is ACTIVE again, and the band is left."""
    desk = floor(band, *variance_of(PAUSING), variance=None, **TERMS)
    assert desk.at("100", "100") == 0 and desk.mode == "PAUSE"
    assert desk.at("101") == 2 and desk.mode == "ACTIVE" and desk.value("P_ref") == 101


def test_R000_25_exposure_is_that_before_the_trades_of_the_tick(floor: Any, band: Path) -> None:
    desk = floor(band, **{**TERMS, "E_max": "25"})
    desk.at("100", "101")
    assert desk.value("risk_exposure") == near(25.125) and desk.mode == "ACTIVE"
    assert desk.at("101") == 0 and desk.mode == "EXIT"


def test_R000_26_in_PAUSE_no_order_of_any_kind(floor: Any, band: Path) -> None:
    desk = floor(band, *variance_of(PAUSING), variance=None, **TERMS)
    desk.at("100", "100")
    sent = len(desk.orders)
    for price in ("100.9", "90", "80", "95"):
        desk.at(price)
    assert desk.mode == "PAUSE" and len(desk.orders) == sent and not desk.cancels


def test_R000_27_C1_counts_evaluations_in_a_row(floor: Any, band: Path) -> None:
    """Below 100 the variance is 9.9e-6 < MES * f = 1e-5; at 100 it is exactly that, which is not less."""
    desk = floor(band, *variance_of("0.0000099 if P_t < 100 else 0.00001"), variance=None, **TERMS)
    desk.at("100", "99.9", "99.9", "100", "99.9", "99.9")
    assert desk.mode == "PAUSE", "twice, then a false one, then twice"
    desk.at("99.9")
    assert desk.mode == "EXIT" and desk.moves[-1][2] == "friction_vol"


def test_R000_28_C2_is_strict(floor: Any, band: Path) -> None:
    """After 101 the exposure is 25.125."""
    for limit, mode in (("25.125", "ACTIVE"), ("25.1249", "EXIT")):
        desk = floor(band, **{**TERMS, "E_max": limit})
        desk.at("100", "101", "101")
        assert desk.mode == mode


def test_R000_29_C3_is_strict(floor: Any, band: Path) -> None:
    """The expected interval is tau_max * 1e-4 / variance."""
    for variance, mode in ((1e-4, "ACTIVE"), (0.9999e-4, "PAUSE")):
        desk = floor(band, variance=variance, **TERMS)
        desk.at("100", "100")
        assert desk.mode == mode


MODES = "0.01 if P_t >= 101 else 0.00005 if P_t > 99 else 0.000001"
"""enough from 101 on; C3 alone above 99; C1 and C3 at 99 and below"""


@pytest.mark.parametrize(
    ("prices", "more", "expected"),
    [
        (["101", "101", "100.5"], {}, [("ACTIVE", "PAUSE")]),  # R000-30: C3 alone
        (["100", "100", "101"], {}, [("ACTIVE", "PAUSE"), ("PAUSE", "ACTIVE")]),  # R000-32: none of the three
        (["99", "99"], {"K": "1"}, [("ACTIVE", "EXIT")]),  # R000-31: C1 stands before C3
        (["100", "100", "99"], {"K": "1"}, [("ACTIVE", "PAUSE"), ("PAUSE", "EXIT")]),  # R000-31: from PAUSE
        (["101", "103", "103"], {"E_max": "25"}, [("ACTIVE", "EXIT")]),  # R000-31: C2
        (["101", "103", "100.5"], {"E_max": "24"}, [("ACTIVE", "EXIT")]),  # R000-31: C2 stands before C3
        (["100", "100", "100.5", "100"], {}, [("ACTIVE", "PAUSE")]),  # R000-32: C3 still holds
    ],
)
def test_R000_30_31_32_who_moves_where(
    floor: Any, band: Path, prices: list[str], more: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    desk = floor(band, *variance_of(MODES), variance=None, **{**TERMS, **more})
    desk.at(*prices)
    assert moves(desk) == expected


def test_R000_33_EXIT_leads_to_TERMINATED_only(spec: Callable[..., Any], band: Path, literal: Path) -> None:
    for path in (band, literal):
        (region,) = spec(path).regions
        names = [leaf.name for leaf in region.leaves]
        reached = {names[m.destination] for m in region.moves if names[m.leaf] == "EXIT" and m.destination >= 0}
        assert reached == {"TERMINATED"}


@pytest.mark.parametrize(("variance", "source"), [(0.01, "ACTIVE"), (0.00005, "PAUSE")])
def test_R000_34_the_operator_can_leave(floor: Any, band: Path, variance: float, source: str) -> None:
    desk = floor(band, variance=variance, operator={2: "exit"}, **TERMS)
    desk.at("100", "100", "100")
    assert desk.moves[-1] == (source, "EXIT", "manual")


def test_R000_53_nothing_rests_between_decisions(floor: Any, band: Path) -> None:
    desk = floor(band, operator={4: "exit"}, **TERMS)
    for price in ("100", "101", "99.9", "100.91", "100.91", "101.5", "100.9", "102"):
        desk.at(price)
        assert desk.venue.open_orders("main") == ()
    assert {order.style for order in desk.orders} <= {Style.MARKET, Style.IOC} and len(desk.orders) > 6


def test_R000_54_staying_ACTIVE_is_no_move(floor: Any, band: Path) -> None:
    """The clock of the state goes on, and nothing is entered again."""
    desk = floor(band, **TERMS)
    desk.at("100", "101", "99.9", "100.91")
    (region,) = desk.program.regions
    assert desk.mode == "ACTIVE" and not [n for n in desk.notes if isinstance(n, Transition)]
    assert desk.core.x[region.entered] == 60_000_000


def test_R000_56_in_PAUSE_the_market_is_still_watched(floor: Any, band: Path) -> None:
    desk = floor(band, *variance_of(PAUSING), variance=None, **TERMS)
    desk.at("100", "100")
    assert desk.mode == "PAUSE" and desk.value("rebalance_interval") == near(43_200)
    desk.at("100.75")
    assert desk.value("P_t") == 100.75 and desk.value("winning") == near(0.75)
    assert desk.value("risk_exposure") == 0.0

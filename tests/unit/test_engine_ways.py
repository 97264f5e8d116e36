"""How a target is worked: passive with patience, in slices, with a band, tried again."""

from __future__ import annotations

import pytest
from tests.unit.test_engine_core import HEAD
from tests.unit.test_engine_latency import Late

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Accepted, Cancelled, Expired, Filled, OrderIntent, Rejected, Style
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import ActionEnded
from fsmtrader.engine.snapshot import restore, snapshot
from fsmtrader.program.ir import Query

TEXT = """
parameters: {eps: 0.5%, wait: 2s}
states: {ON: {on: {tick: {if: mark(L) > 100, do: move}}}}
actions:
  move: {steps: [{STEP}]}
"""


class Quoted(Late):
    """A book of one tick about the mark."""

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        if query.function == "touch":
            return self.mark - 0.5 if "buy" in query.words else self.mark + 0.5
        return super().answer(query, arguments)

    def sent(self) -> list[tuple[float, Style, float, bool]]:
        return [(o.change, o.style, o.price, o.post_only) for o in self.driver.orders if isinstance(o, OrderIntent)]

    def outcomes(self) -> list[str]:
        return [note.outcome for note in self.notes(ActionEnded)]


def quoted(how: str, step: str = "qL: 3", risk: str = "") -> Quoted:
    made = Quoted(risk + TEXT.replace("STEP", step), HEAD.replace("side: long}", f"side: long, how: {how}}}"))
    made.at(1, 100)
    made.at(2, 101)
    return made


def test_a_passive_order_rests_at_the_own_touch_until_patience_ends_then_takes() -> None:
    made = quoted("{style: passive, patience: wait, then: ioc, band: eps}")
    assert made.sent() == [(3.0, Style.PASSIVE, 100.5, True)]
    made.later(2.5, Accepted("L-1"), Filled("L-1", 1.0, 100.5))
    made.driver.advance(4 * 1_000_000 + 1)
    assert made.cancelled == ["L-1"]
    made.later(4.1, Cancelled("L-1"))
    price = 102.00  # 101.5 * 1.005 = 102.0075, a buy is rounded down
    assert made.sent()[1:] == [(2.0, Style.IOC, price, False)]
    made.later(4.2, Filled("L-2", 2.0, 101.5))
    assert made.outcomes() == ["done"]
    assert made.value("qL") == 3.0


@pytest.mark.parametrize("refused", [Rejected("L-1", "post_only"), Cancelled("L-1", "post_only")])
def test_a_passive_order_that_would_have_taken_is_placed_anew(refused: Rejected | Cancelled) -> None:
    """V-01: some venues reject it, others accept it and cancel."""
    made = quoted("{style: passive, tries: 2, then: ioc}")
    made.later(2.1, refused)
    assert [style for _, style, _, _ in made.sent()] == [Style.PASSIVE, Style.PASSIVE]
    made.later(2.2, Cancelled("L-2"))
    assert made.outcomes() == ["failed"], "a cancel for another reason is none of these"


def test_a_fill_may_overtake_the_end_of_patience() -> None:
    made = quoted("{style: passive, patience: 2s, then: ioc}")
    made.driver.advance(4 * 1_000_000 + 1)
    made.later(4.1, Filled("L-1", 3.0, 100.5))
    assert made.outcomes() == ["done"]
    assert len(made.sent()) == 1


def test_without_a_then_the_end_of_patience_is_a_failure() -> None:
    made = quoted("{style: passive, patience: 2s}")
    made.driver.advance(5 * 1_000_000)
    made.later(5, Cancelled("L-1"))
    assert made.outcomes() == ["failed"]


def test_one_that_would_have_taken_is_placed_anew_then_takes() -> None:
    made = quoted("{style: passive, then: market, tries: 2}")
    made.mark = 99.0
    made.later(2.1, Rejected("L-1", "post_only"))
    assert made.sent()[1:] == [(3.0, Style.PASSIVE, 98.5, True)]
    made.later(2.2, Rejected("L-2", "post_only"))
    assert [style for _, style, _, _ in made.sent()] == [Style.PASSIVE, Style.PASSIVE, Style.MARKET]
    made.later(2.3, Rejected("L-3", "margin"))
    assert made.outcomes() == ["failed"]


def test_a_band_and_the_slippage_hold_both() -> None:
    wide = quoted("{style: ioc, band: 5%}", risk="risk: {max_slippage: 1%}")
    assert wide.sent() == [(3.0, Style.IOC, 102.01, False)], "1 % of the mark 101"
    near = quoted("{style: ioc, band: 0.1%}", risk="risk: {max_slippage: 1%}")
    assert near.sent() == [(3.0, Style.IOC, 101.60, False)], "0.1 % of the ask 101.5 = 101.6015"


def test_slices_follow_one_another_and_the_reference_waits_for_the_last() -> None:
    made = quoted("{style: market, slice: 1.25}")
    made.later(2.1, Filled("L-1", 1.25, 101.0))
    made.later(2.2, Filled("L-2", 1.25, 102.0))
    assert [change for change, *_ in made.sent()] == [1.25, 1.25, 0.5]
    assert made.outcomes() == []
    made.later(2.3, Filled("L-3", 0.5, 103.0))
    assert made.outcomes() == ["done"]
    assert made.value("pL") == pytest.approx((1.25 * 101 + 1.25 * 102 + 0.5 * 103) / 3, rel=1e-12)


def test_a_slice_that_expires_is_tried_again() -> None:
    made = quoted("{style: ioc, slice: 2, tries: 2}")
    made.later(2.1, Filled("L-1", 0.5, 101.0), Expired("L-1"))
    assert [change for change, *_ in made.sent()] == [2.0, 2.0], "2.5 are left, and 2 is a slice"
    made.later(2.2, Expired("L-2"))
    assert made.outcomes() == ["failed"]
    assert made.value("qL") == 0.5


def test_a_step_has_a_way_of_its_own() -> None:
    made = quoted("{style: market}", "target: {leg: L, to: 3, how: {style: ioc, band: eps}}")
    assert made.sent() == [(3.0, Style.IOC, 102.00, False)]
    with pytest.raises(RunError, match="write a number or a parameter's name"):
        quoted("{style: market}", "target: {leg: L, to: 3, how: {style: ioc, band: 2 * eps}}")


def test_an_interrupted_passive_order_is_cancelled_once() -> None:
    made = quoted("{style: passive, patience: 2s, then: ioc}")
    made.driver.advance(5 * 1_000_000)
    made.core.desk.halt()
    assert made.cancelled == ["L-1"]
    made.later(5, Cancelled("L-1"))
    assert made.outcomes() == ["interrupted"]
    assert len(made.sent()) == 1, "nothing follows"


def test_patience_survives_a_restart() -> None:
    made = quoted("{style: passive, patience: 2s, then: ioc}")
    other = Core(made.program, {}, made)
    restore(other, snapshot(made.core))
    assert other.next_timer() == made.core.next_timer() == 4 * 1_000_000
    assert snapshot(other) == snapshot(made.core)

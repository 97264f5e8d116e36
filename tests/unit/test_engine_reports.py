"""Reports at their time of day, and the ledger against the venue's positions."""

from __future__ import annotations

from tests.unit.test_engine_core import HEAD, Bench
from tests.unit.test_engine_latency import Late

from fsmtrader.domain.orders import Expired
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import RecordRow
from fsmtrader.engine.reconcile import compare, mismatch
from fsmtrader.engine.snapshot import restore, snapshot

HOUR = 3_600
TEXT = """
reports:
  long: {at: "09:00 Asia/Shanghai", rows: qL > 0, show: [qL]}
states: {ON: {on: {tick: {if: mark(L) > 100, do: {qL: 2}}}}}
"""


def test_a_report_is_a_row_at_its_time_if_its_condition_holds() -> None:
    """09:00 in Shanghai is 01:00 UTC."""
    made = Bench(TEXT).at(1, 100)
    made.at(2 * HOUR, 101)
    assert made.notes(RecordRow) == [], "at 01:00 there was no position"
    made.at(50 * HOUR)
    rows = [(note.now_us // 1_000_000 // HOUR, note.kind, note.columns) for note in made.notes(RecordRow)]
    assert rows == [(25, "long", (("qL", 2.0),)), (49, "long", (("qL", 2.0),))]
    other = Core(made.program, {}, made)
    restore(other, snapshot(made.core))
    assert other.next_timer() == 73 * HOUR * 1_000_000


TRADE = "states: {ON: {on: {tick: {if: mark(L) > 100, do: [{qL: 2, qS: 0.5}]}}}}"


def hedged(leg: str) -> bool:
    return True


def one_way(leg: str) -> bool:
    return False


def test_more_than_a_lot_apart_is_a_difference() -> None:
    made = Bench(TRADE).at(1, 100).at(2, 101)
    lots = {"L": 0.01, "S": 0.01}
    assert compare(made.core, {"L": 2.01, "S": -0.5}.__getitem__, hedged, lots) == ()
    (found,) = compare(made.core, {"L": 2.02, "S": -0.5}.__getitem__, hedged, lots)
    assert (found.side, found.ledger, found.venue) == ("long", 2.0, 2.02)
    alert = mismatch(5, found)
    assert (alert.name, alert.instance) == ("ledger_mismatch", "main.BTC/USDT:USDT")
    assert alert.text == "the ledger holds 2 of BTC/USDT:USDT long on main, the venue 2.02"
    (missing,) = compare(made.core, {"L": 2.0, "S": 0.0}.__getitem__, hedged, lots)
    assert (missing.ledger, missing.venue) == (-0.5, 0.0)


def test_legs_of_one_position_are_compared_as_a_sum() -> None:
    made = Bench(TRADE).at(1, 100).at(2, 101)
    assert compare(made.core, {"L": 1.5, "S": 1.5}.__getitem__, one_way, {}) == ()
    assert len(compare(made.core, {"L": 2.0, "S": 2.0}.__getitem__, one_way, {})) == 1


def test_nothing_is_said_while_a_fill_may_be_on_its_way() -> None:
    made = Late(TRADE, HEAD)
    made.at(1, 100)
    made.at(2, 101)
    assert compare(made.core, {"L": 2.0, "S": 0.0}.__getitem__, hedged, {}) == ()
    made.later(3, Expired("L-1"), Expired("S-2"))
    assert len(compare(made.core, {"L": 2.0, "S": 0.0}.__getitem__, hedged, {})) == 1

"""What `explain-run` says of each row at a moment, with outcomes worked out by hand; and what a replay compares."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.domain.orders import Answer, CancelIntent, Filled, OrderIntent, PoolIntent, Rejected
from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Market
from fsmtrader.engine.journal import JournalFile
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import EventKind, Query
from fsmtrader.research.explain_run import Explanation, RowReport, explain_run, parse_moment
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.recording import Data, Given, Recording
from fsmtrader.research.replay import Replayed, replay
from fsmtrader.spec.source import Source

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
"""2023-11-14 22:13:20 UTC"""
SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}
events: {tick: price(L)}
parameters: {limit: {value: 105, unit: price}}
observe: {p: mark(L), far: p > limit}
regions:
  one:
    states:
      A:
        on:
          tick:
            - {if: far and bid(L) > 1, transition_to: B, because: far}
            - {if: p > 100, do: [{qL: 2}]}
            - {if: p > 110, transition_to: C}
          exit: {transition_to: C}
      B: {}
      C: {}
  two:
    states:
      X: {on: {tick: {if: one == C, transition_to: Y}}}
      Y: {}
"""
PRICES = (99.0, 106.0, 111.0)


class Market0:
    """A market of one price; its venue fills at once, or says nothing."""

    def __init__(self, is_silent: bool) -> None:
        self.mark = float("nan")
        self.is_silent = is_silent

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        return self.mark if query.function == "mark" else float("nan")

    def lot(self, leg: str) -> float:
        return 0.0

    tick = least = lot

    def price(self, leg: str) -> float:
        return self.mark

    def equity(self, account: str) -> float:
        return 0.0

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        assert isinstance(order, OrderIntent)
        return () if self.is_silent else (Filled(order.client_id, abs(order.change), self.mark),)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Answer, ...]:
        return ()


class Runner:
    """Runs the spec over prices a second apart; each attribute can be changed between two runs."""

    def __init__(self, folder: Path, text: str = SPEC, is_silent: bool = True, data: tuple[Data, ...] = ()) -> None:
        self.prices = PRICES
        self.digest = "d1"
        self.is_silent = is_silent
        self.market: type[Market0] = Market0
        self.fails_at = -1
        self.folder = folder
        source = Source("spec.yml", text.encode())
        self.given = Given((source,), check(source).require().digest, {"seed": 1}, data)

    def execute(self, given: Given, hooks: Hooks) -> tuple[Data, ...]:
        program = given.compiled()
        hooks.opened(tuple((item.path, item.digest) for item in self.read()))
        market = self.market(self.is_silent)
        core = Core(program, {}, market, witness=hooks.witness)
        hooks.attach(core)
        driver = hooks.driver(core, market)
        sources = tuple(i for i, source in enumerate(program.sources) if source.kind is EventKind.MARKET)
        for index, price in enumerate(self.prices):
            if index == self.fails_at:
                raise RunError("the feed broke")
            now_us = START + index * SECOND
            driver.advance(now_us)
            market.mark = price
            driver.deliver(Market(now_us, sources))
            hooks.after(now_us)
        return self.read()

    def record(self) -> Runner:
        with Recording(self.folder / "journal.sqlite", self.given) as recording:
            recording.finish(self.execute(self.given, recording.hooks))
        return self

    def read(self) -> tuple[Data, ...]:
        return tuple(replace(item, digest=self.digest) for item in self.given.data)

    def explained(self, at: str, **settings: Any) -> Explanation:
        return explain_run(self.folder, at, self.execute, **settings)

    def replayed(self, *data: str) -> Replayed:
        return replay(self.folder, self.execute, data)


def rows(found: Explanation, region: int = 0) -> list[RowReport]:
    assert len(found.regions[region].decisions) == 1
    return list(found.regions[region].decisions[0].rows)


def outcomes(found: Explanation, region: int = 0) -> list[tuple[str, str]]:
    return [(row.outcome, row.why) for row in rows(found, region)]


def altered(folder: Path, statement: str) -> None:
    """The journal of a folder, changed by hand."""
    import sqlite3

    file = sqlite3.connect(folder / "journal.sqlite")
    file.execute(statement)
    file.commit()
    file.close()


# -- explain-run -----------------------------------------------------------------------------------------------------


def test_a_guard_that_is_false_although_a_part_of_it_is_not_ready(tmp_path: Path) -> None:
    found = Runner(tmp_path).record().explained("+0s")
    assert found.time_us == found.asked_us == START
    assert [region.state for region in found.regions] == ["A", "X"]
    assert outcomes(found) == [("guard false", "")] * 3
    first = rows(found)[0]
    assert (first.line, first.event, first.guard, first.leads_to, first.because) == (
        14,
        "tick",
        "far and bid(L) > 1",
        "-> B",
        "far",
    )
    assert [(entry.text, entry.outcome) for entry in first.comparisons] == [
        ("p > limit", "false"),
        ("bid(L) > 1", "not ready"),
    ]
    assert [(entry.name, entry.value, entry.text, entry.depth) for entry in first.operands] == [
        ("far", 0.0, "false", 0),
        ("p", 99.0, "99", 1),
        ("limit", 105.0, "105", 1),
        ("bid(L)", None, "not ready", 0),
    ]


def test_a_row_that_is_not_ready_one_that_is_taken_and_one_that_is_not_reached(tmp_path: Path) -> None:
    found = Runner(tmp_path).record().explained("2023-11-14T22:13:21.700Z")
    assert found.time_us == START + SECOND and found.asked_us == START + 1_700_000
    assert outcomes(found) == [
        ("not ready", "without a value: bid(L)"),
        ("taken", ""),
        ("not reached", "the row in line 15 was taken"),
    ]
    assert [entry.leads_to for entry in rows(found)] == ["-> B", "do [...]", "-> C"]
    silent = [(row.event, row.outcome) for row in found.regions[0].silent]
    assert silent == [("exit", "its event did not happen")]


def test_what_waits_for_the_action_in_flight(tmp_path: Path) -> None:
    found = Runner(tmp_path).record().explained("+1h")
    assert found.time_us == START + 2 * SECOND
    assert [outcome for outcome, _ in outcomes(found)] == [
        "not ready",
        "waiting for the action in flight",
        "waiting for the action in flight",
    ]
    assert rows(found)[2].why.endswith("is being carried out")


def test_a_later_region_sees_what_an_earlier_one_did(tmp_path: Path) -> None:
    runner = Runner(tmp_path, is_silent=False)
    runner.prices = (99.0, 111.0, 112.0)
    text = SPEC.replace("{if: p > 100, do: [{qL: 2}]}", "{if: p > 500, do: [{qL: 2}]}")
    runner.given = Runner(tmp_path, text).given
    found = runner.record().explained("+1s")
    assert [entry.outcome for entry in rows(found)][-1] == "taken"
    assert outcomes(found, 1) == [("taken", "")]
    assert [(entry.text, entry.outcome) for entry in rows(found, 1)[0].comparisons] == [("one == C", "true")]
    later = runner.explained("+2s", region="two")
    assert [region.region for region in later.regions] == ["two"] and later.time_us == START + SECOND * 2
    assert later.regions[0].state == "Y" and later.regions[0].decisions == ()


@given(st.lists(st.sampled_from([99.0, 101.0, 106.0, 111.0]), min_size=1, max_size=5), st.booleans())
@settings(max_examples=10, deadline=None)
def test_what_is_said_to_be_taken_is_what_the_journal_has(prices: list[float], is_silent: bool) -> None:
    """Rows are judged by walking their trees, just before the machine asks its compiled guards: both agree."""
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder), is_silent=is_silent)
        runner.prices = tuple(prices)
        runner.record()
        with JournalFile(Path(folder) / "journal.sqlite") as file:
            taken = [(row[1], json.loads(row[3])["row"]) for row in file.rows(("row",))]
        told = []
        for second in range(len(prices)):
            found = runner.explained(f"+{second}s")
            if found.time_us == START + second * SECOND:
                rows = [row for region in found.regions for entry in region.decisions for row in entry.rows]
                told += [(found.time_us, row.row) for row in rows if row.outcome == "taken"]
        assert told == taken


LATE = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}
events: {tick: price(L)}
states:
  A:
    on: {tick: {if: mark(L) > 1000, transition_to: B}}
    after: {1s: {do: [{qL: 2}], transition_to: B}}
  B: {}
"""


class Refusing(Market0):
    """Fills half a coin, refuses the rest."""

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        return Filled(order.client_id, 0.5, self.mark), Rejected(order.client_id, "margin")


def test_a_row_whose_action_has_failed_before_is_not_only_silent(tmp_path: Path) -> None:
    """Entered at 0 s; `after 1s` fires at 1 s, and its order is refused at once."""
    runner = Runner(tmp_path, LATE)
    runner.market = Refusing
    late = runner.record().explained("+2s")
    assert late.time_us == START + 2 * SECOND
    (row,) = late.regions[0].silent
    assert (row.event, row.outcome) == ("after 1s", "its action failed")
    lost = "its action failed at 2023-11-14 22:13:21 UTC: +2 of L was rejected (margin) with 0.5 filled"
    assert row.why == f"taken at 2023-11-14 22:13:21 UTC, {lost}"
    then = {row.event: row for entry in runner.explained("+1s").regions[0].decisions for row in entry.rows}
    assert (then["after 1s"].outcome, then["after 1s"].why) == ("taken", lost)
    assert runner.explained("+0s").regions[0].silent[0].outcome == "its event did not happen"


def test_moments(tmp_path: Path) -> None:
    assert parse_moment("+1.5h").time_us == 5400 * SECOND
    assert parse_moment("2023-11-14T22:13:20").time_us == parse_moment("2023-11-15T00:13:20+02:00").time_us == START
    for text in ("yesterday", "+x", "+-3h", "3h", ""):
        with pytest.raises(UsageError, match="is no moment"):
            parse_moment(text)
    runner = Runner(tmp_path).record()
    with pytest.raises(UsageError, match=r"at or before 2020-01-01: the first decision was at 2023-11-14 22:13:20 UTC"):
        runner.explained("2020-01-01")
    with pytest.raises(UsageError, match="no region three; the spec has one, two"):
        runner.explained("+1s", region="three")


def test_what_is_told_is_plain_json(tmp_path: Path) -> None:
    plain = Runner(tmp_path).record().explained("+0s").as_plain()
    assert json.loads(json.dumps(plain, allow_nan=False))["time"] == "2023-11-14 22:13:20"


# -- replay ----------------------------------------------------------------------------------------------------------


def test_the_same_run_has_the_same_hash(tmp_path: Path) -> None:
    runner = Runner(tmp_path).record()
    result = runner.replayed()
    assert result.is_equal and result.is_complete and result.problem == ""
    with JournalFile(tmp_path / "journal.sqlite") as file:
        assert result.hash == result.recorded_hash == file.meta["hash"]
        kinds = [row[2] for row in file.rows()]
    assert kinds == ["run", "row", "order", "end"] and result.rows == 4
    assert replay(tmp_path / "journal.sqlite", runner.execute).is_equal


def test_the_first_row_that_differs_is_named_with_both_sides(tmp_path: Path) -> None:
    runner = Runner(tmp_path).record()
    runner.is_silent = False
    result = runner.replayed()
    assert not result.is_equal and result.hash != result.recorded_hash
    assert result.difference is not None and result.difference.seq == 4
    assert result.difference.recorded is not None and result.difference.recorded[2] == "end"
    assert result.difference.again is not None and result.difference.again[1:3] == (START + SECOND, "filled")
    plain = json.loads(json.dumps(result.as_plain()))
    assert plain["equal"] is False and plain["difference"]["again"]["kind"] == "filled"


def test_rows_that_are_missing_now(tmp_path: Path) -> None:
    runner = Runner(tmp_path).record()
    runner.prices = (99.0, 99.0, 99.0)
    result = runner.replayed()
    assert result.difference is not None and result.difference.seq == 2
    assert result.difference.recorded is not None and result.difference.recorded[2] == "row"


def test_an_interrupted_run_is_compared_as_far_as_it_came(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.fails_at = 2
    with pytest.raises(RunError, match="the feed broke"):
        runner.record()
    again = runner.replayed()
    assert again.is_equal and not again.is_complete and again.problem == "the feed broke"
    runner.fails_at = -1
    further = runner.replayed()
    assert further.is_equal and further.problem == "" and further.hash == further.recorded_hash
    runner.fails_at = 1
    shorter = runner.replayed()
    assert shorter.difference is not None and shorter.difference.again is None


def test_data_that_have_moved_or_changed(tmp_path: Path) -> None:
    place = tmp_path / "market.csv"
    place.write_text("x")
    runner = Runner(tmp_path, data=(Data(str(place)), Data(""))).record()
    assert runner.replayed().is_equal
    runner.digest = "d2"
    changed = runner.replayed()
    assert changed.changed_data == (str(place), "") and not changed.is_equal
    runner.digest = "d1"
    place.rename(tmp_path / "elsewhere.csv")
    with pytest.raises(UsageError, match=r"are not there: .*market\.csv\. Say where they are: --data FILE"):
        runner.replayed()
    assert runner.replayed(str(tmp_path / "elsewhere.csv")).is_equal
    with pytest.raises(UsageError, match="the run read 1 data files, and --data names 2"):
        runner.replayed("a", "b")
    with pytest.raises(UsageError, match="are not there: nowhere"):
        runner.replayed("nowhere")


def test_a_journal_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    import sqlite3

    runner = Runner(tmp_path).record()
    file = sqlite3.connect(tmp_path / "journal.sqlite")
    file.execute("UPDATE rows SET body = replace(body, '2.0', '3.0') WHERE kind = 'order'")
    file.commit()
    file.close()
    with pytest.raises(RunError, match="was changed after it was written"):
        runner.replayed()


@pytest.mark.parametrize("key", ["spec", "program", "settings", "data", "version"])
def test_a_journal_that_does_not_say_what_was_given(tmp_path: Path, key: str) -> None:
    import sqlite3

    runner = Runner(tmp_path).record()
    file = sqlite3.connect(tmp_path / "journal.sqlite")
    file.execute("DELETE FROM meta WHERE key = ?", (key,))
    file.commit()
    file.close()
    with pytest.raises(RunError, match="does not say what its run was given"):
        runner.replayed()


def test_a_spec_that_reads_differently_now(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.given = replace(runner.given, program="another", version="0.0.1")
    with pytest.raises(RunError, match=r"reads the spec differently from version 0\.0\.1"):
        runner.record()


def test_a_spec_that_was_changed_in_the_journal(tmp_path: Path) -> None:
    runner = Runner(tmp_path).record()
    altered(tmp_path, "UPDATE meta SET value = replace(value, 'p > 110', 'p > 120') WHERE key = 'spec'")
    for look in (runner.replayed, lambda: runner.explained("+1s")):
        with pytest.raises(RunError, match="spec and the digest of its program do not fit: one of them was changed"):
            look()


def test_settings_that_were_changed_in_the_journal_are_not_explained(tmp_path: Path) -> None:
    runner = Runner(tmp_path).record()
    altered(tmp_path, """UPDATE meta SET value = replace(value, '"seed":1', '"seed":2') WHERE key = 'settings'""")
    with pytest.raises(RunError, match="settings are not those of its first row"):
        runner.explained("+1s")


def test_changed_data_are_not_explained(tmp_path: Path) -> None:
    """A value read from other data would be told as that of the run."""
    place = tmp_path / "market.csv"
    place.write_text("x")
    runner = Runner(tmp_path, data=(Data(str(place), "d1"), Data("", "d1"))).record()
    assert runner.explained("+1s").time_us == START + SECOND
    runner.digest = "d2"
    with pytest.raises(RunError, match=r"the data are not what the run read: .*market\.csv, the made-up market"):
        runner.explained("+1s")

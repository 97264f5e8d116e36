"""The tables that are made of a journal: what became of each order, whose each fill was, why each region moved."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import (
    Accepted,
    Cancelled,
    CancelRefused,
    Effect,
    Expired,
    Filled,
    OrderIntent,
    PoolIntent,
    Rejected,
    Style,
)
from fsmtrader.engine.events import Booked, Effects, Note, Rebooked, Told, Transition
from fsmtrader.engine.journal import FILE, Journal, JournalFile
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research import files
from fsmtrader.research.files import order_lines, write_summary, write_tables
from fsmtrader.spec.source import Source

SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}
events: {tick: price(L)}
regions:
  risk: {states: {CALM: {on: {tick: {if: "mark(L) > 5", transition_to: WILD, because: too high}}}, WILD: {}}}
  mode: {states: {A: {on: {tick: {transition_to: B}}}, B: {after: {1m: {transition_to: A}}}}}
"""


def order(name: str, change: float = 2.0, **more: Any) -> OrderIntent:
    return OrderIntent(name, "L", change, Effect.OPEN, False, **more)


class Writer:
    """A journal that a test writes line by line; each line is a second later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder / FILE, "{}", {})
        self.now_us = 0

    def send(self, *orders: OrderIntent | PoolIntent) -> Writer:
        self.now_us += 1_000_000
        self.journal.effects(self.now_us, Effects(orders))
        return self

    def told(self, *items: Told) -> Writer:
        self.journal.told(self.now_us, items)
        return self

    def note(self, *notes: Note) -> Writer:
        self.journal.effects(self.now_us, Effects(notes=notes))
        return self

    def tables(self) -> dict[str, pl.DataFrame]:
        self.journal.close()
        write_tables(self.folder, program())
        return {name: pl.read_parquet(self.folder / f"{name}.parquet") for name in ("orders", "fills", "transitions")}


def program() -> Program:
    return check(Source("spec.yml", SPEC.encode())).require()


def test_what_became_of_each_order(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.send(order("a", price=10.0, style=Style.LIMIT, slot="bid", post_only=True, region="mode")).told(
        Accepted("a")
    )
    writer.send(order("b", -4.0, because="r")).told(Filled("b", 1.0, 100.0), Filled("b", 3.0, 104.0))
    writer.send(order("c")).told(Rejected("c", "margin"))
    writer.send(order("d"), order("e")).told(
        Filled("d", 0.0, 60.0), Filled("d", 0.5, 50.0), Expired("d"), CancelRefused("e")
    )
    writer.send(PoolIntent("p", "add_liquidity", "L", 7.0)).told(Rejected("p", "unsupported"))
    writer.told(Cancelled("a"))
    found = writer.tables()["orders"]
    shown = found.select("client_id", "status", "filled", "average_price", "reason").rows()
    assert shown == [
        ("a", "cancelled", 0.0, None, ""),
        ("b", "filled", 4.0, 103.0, ""),
        ("c", "rejected", 0.0, None, "margin"),
        ("d", "expired", 0.5, 50.0, ""),
        ("e", "open", 0.0, None, ""),
        ("p", "rejected", 0.0, None, "unsupported"),
    ]
    first = found.row(0, named=True)
    assert (first["time_us"], first["price"], first["style"], first["slot"]) == (1_000_000, 10.0, "limit", "bid")
    assert (first["effect"], first["post_only"], first["reduce_only"], first["region"]) == ("open", True, False, "mode")
    assert found["price"].to_list()[1] is None
    assert found["change"].to_list() == [2.0, -4.0, 2.0, 2.0, 2.0, 7.0]
    assert found.row(5, named=True)["style"] == "pool"


def test_orders_do_not_wait_for_ever_for_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WAITING_LIMIT", 3)
    writer = Writer(tmp_path).send(order("old"))
    for name in "abcde":
        writer.send(order(name)).told(Filled(name, 2.0, 1.0))
    writer.journal.close()
    with JournalFile(tmp_path / FILE) as file:
        found = [(line["client_id"], line["status"]) for line in order_lines(file)]
    assert sorted(found) == [*((name, "filled") for name in "abcde"), ("old", "open")]
    assert found[0] == ("a", "filled"), "those that are finished go before it"


def booked(name: str, now_us: int, change: float = 2.0) -> Booked:
    return Booked(now_us, name, "L", change, 100.0, 0.25, 1.5)


def moved(region: str, source: str, target: str, now_us: int, row: int, *operands: tuple[str, float]) -> Transition:
    return Transition(now_us, region, source, target, "tick", "", row, operands)


def test_whose_each_fill_was_and_where_its_region_stood(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.send(order("i", action="initial")).told(Filled("i", 2.0, 100.0)).note(booked("i", 1))
    writer.send(order("a", action="buy", region="mode")).told(Filled("a", 2.0, 100.0)).note(booked("a", 2))
    writer.note(moved("mode", "A", "B", 3, 1))
    writer.send(order("s", slot="bid", region="mode")).told(Filled("s", 2.0, 100.0, maker=True)).note(booked("s", 4))
    writer.send(order("f", action="flatten")).told(Filled("f", 2.0, 100.0)).note(booked("f", 5))
    writer.note(booked("liquidation", 6, -2.0))
    found = writer.tables()["fills"]
    assert found.select("client_id", "action", "kind", "maker", "region_state").rows() == [
        ("i", "initial", "initial", False, "CALM A"),
        ("a", "buy", "action", False, "A"),
        ("s", "", "slot", True, "B"),
        ("f", "flatten", "operator", False, "CALM B"),
        ("liquidation", "", "liquidation", False, "CALM B"),
    ]
    assert found.select("time_us", "leg", "change", "price", "fee", "realised").row(4) == (
        6,
        "L",
        -2.0,
        100.0,
        0.25,
        1.5,
    )


def test_what_a_netted_order_realised_stands_with_its_last_fill(tmp_path: Path) -> None:
    """Two fills of 1.5 each, and 10 more once the steps stand in place of their net; another order's is its own."""
    writer = Writer(tmp_path)
    writer.send(order("a"), order("b")).told(Filled("a", 1.0, 100.0), Filled("a", 1.0, 100.0))
    writer.note(booked("a", 1), booked("a", 1), Rebooked(1, "a", "L", 10.0, 1.0, math.nan), booked("b", 1))
    found = writer.tables()["fills"]
    assert found.select("client_id", "realised").rows() == [("a", 1.5), ("a", 11.5), ("b", 1.5)]


def test_why_each_region_moved(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.note(moved("risk", "CALM", "WILD", 3, 0, ("mark(L)", 5.5), ("x", math.nan)), moved("mode", "A", "B", 4, 1))
    found = writer.tables()["transitions"]
    first, second = found.rows(named=True)
    assert first["guard"] == "mark(L) > 5" and json.loads(first["operands"]) == {"mark(L)": 5.5, "x": None}
    assert (first["time_us"], first["region"], first["source"], first["target"], first["trigger"], first["row"]) == (
        3,
        "risk",
        "CALM",
        "WILD",
        "tick",
        0,
    )
    assert second["guard"] == "" and second["operands"] == "{}"


def test_a_delay_is_told_as_it_was_written(tmp_path: Path) -> None:
    (after,) = program().regions[1].afters
    writer = Writer(tmp_path).note(Transition(3, "mode", "B", "A", after.trigger, "", 2))
    assert after.trigger != "after 1m" and writer.tables()["transitions"]["trigger"].to_list() == ["after 1m"]


def test_chunks_do_not_change_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 2)
    writer = Writer(tmp_path)
    for number in range(7):
        writer.send(order(str(number)))
    assert writer.tables()["orders"]["client_id"].to_list() == list("0123456")


def test_a_run_without_orders_has_empty_tables_with_every_column(tmp_path: Path) -> None:
    found = Writer(tmp_path).tables()
    assert [table.height for table in found.values()] == [0, 0, 0]
    assert list(found["orders"].columns) == list(files.ORDER_COLUMNS)
    assert found["fills"].schema["maker"] == pl.Boolean


def test_a_summary_is_json_whatever_stands_in_it(tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.json", {"a": math.nan, "b": [1.5, -math.inf], "c": {"d": ("x", None)}})
    assert json.loads((tmp_path / "summary.json").read_text()) == {
        "a": None,
        "b": [1.5, "-inf"],
        "c": {"d": ["x", None]},
    }


def test_a_file_that_cannot_be_written_is_no_fault_of_ours(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    (tmp_path / "orders.parquet").mkdir()
    with pytest.raises(RunError, match=r"orders\.parquet cannot be written"):
        writer.tables()
    with pytest.raises(RunError, match=r"summary\.json cannot be written: no such file"):
        write_summary(tmp_path / "nowhere" / "summary.json", {})

"""The journal: rows that read back, a hash anyone can make again, intents that are durable before they are sent."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
import typing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Answer, CancelIntent, Effect, Filled, Funded, Liquidated, OrderIntent, PoolIntent
from fsmtrader.engine import events
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Effects, Fault, Market, Operation, RecordRow, RowTaken, Told, Transition
from fsmtrader.engine.journal import Journal, JournalFile, canonical, decode, encode, journal_path
from fsmtrader.engine.journal import rows as rows_module
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Query
from fsmtrader.spec.source import Source

ORDER = OrderIntent("L-1", "L", 1.5, Effect.OPEN, False, action="initial")
ORDER_BODY = (
    '{"action":"initial","because":"","change":1.5,"client_id":"L-1","effect":"open","leg":"L","post_only":false,'
    '"price":null,"reduce_only":false,"region":"","slot":"","style":"market"}'
)
GIVEN = '{"program":"abc"}'


def everything() -> list[type[Any]]:
    """Every type that a journal holds, from the unions that the engine uses."""
    return [*typing.get_args(Told), *typing.get_args(events.Note), OrderIntent, PoolIntent, CancelIntent]


def written(path: Path) -> list[tuple[int, int, str, str]]:
    with JournalFile(path) as file:
        return list(file.rows())


# -- encoding --------------------------------------------------------------------------------------------------------


def test_bodies_are_canonical() -> None:
    assert encode(ORDER) == ("order", ORDER_BODY)
    assert encode(Filled("L-1", 0.1, 100.0, -0.25, True)) == (
        "filled",
        '{"client_id":"L-1","fee":-0.25,"maker":true,"price":100.0,"quantity":0.1,"trade_id":""}',
    )
    assert encode(Operation.HALT) == ("operator", '{"operation":"halt"}')
    moved = Transition(7, "mode", "A", "B", "tick", 'sä"id', 3, (("P_t", 1e-9), ("C1", math.nan), ("t", -math.inf)))
    assert encode(moved) == (
        "transition",
        '{"because":"s\\u00e4\\"id","operands":[["P_t",1e-09],["C1",null],["t","-inf"]],"region":"mode","row":3,'
        '"source":"A","target":"B","trigger":"tick"}',
    )


def test_numbers_of_other_types_are_written_as_doubles() -> None:
    import numpy as np

    body = encode(Filled("L-1", np.float64(0.1), 100, np.float32(0.5)))[1]  # type: ignore[arg-type]
    assert body == '{"client_id":"L-1","fee":0.5,"maker":false,"price":100.0,"quantity":0.1,"trade_id":""}'


FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 0.1, 1e300, 5e-324])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "float": FLOATS,
    "int": st.integers(-5, 10**15),
    "str": st.text(max_size=8),
    "bool": st.booleans(),
    "Effect": st.sampled_from(Effect),
    "Style": st.sampled_from(type(ORDER.style)),
    "tuple[tuple[str, float], ...]": st.lists(st.tuples(st.text(max_size=4), FLOATS), max_size=3).map(tuple),
    "tuple[tuple[str, str], ...]": st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=3).map(tuple),
}


@st.composite
def items(draw: st.DrawFn) -> Any:
    entry = draw(st.sampled_from(everything()))
    return entry(**{f.name: draw(VALUES[str(f.type)]) for f in fields(entry)})


@given(items())
@settings(max_examples=400)
def test_every_item_reads_back(item: Any) -> None:
    kind, body = encode(item)
    assert body == canonical(json.loads(body)), "keys sorted, no spaces"
    assert body.isascii()
    again = decode(kind, body, getattr(item, "now_us", 0))
    assert type(again) is type(item)
    for field in fields(item):
        assert repr(getattr(again, field.name)) == repr(getattr(item, field.name)), field.name


def test_every_type_has_a_kind_of_its_own() -> None:
    kinds = set()
    for entry in everything():
        blank = {"str": "", "float": 1.0, "int": 1, "bool": True, "Effect": Effect.OPEN, "Style": ORDER.style}
        item = entry(**{f.name: blank.get(str(f.type), ()) for f in fields(entry)})
        kinds.add(encode(item)[0])
    assert len(kinds) == len(everything()) == 21
    assert [decode(*encode(operation), 0) for operation in Operation] == list(Operation)


@pytest.mark.parametrize(
    ("kind", "body"), [("order", "{}"), ("order", "no json"), ("fault", '{"reason":'), ("dance", "{}")]
)
def test_a_row_that_cannot_be_read_says_so(kind: str, body: str) -> None:
    with pytest.raises(RunError, match=kind):
        decode(kind, body, 0)


# -- the file --------------------------------------------------------------------------------------------------------


def test_rows_stand_in_order_and_their_hash_can_be_made_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path, GIVEN, {"version": "1"}) as journal:
        journal.effects(5, Effects((ORDER,), (CancelIntent("L-0"),), (Fault(5, "tired"),)))
        journal.told(6, (Filled("L-1", 1.5, 100.0), Funded("L", -1.0, 1e-4, 100.0)))
        journal.operator(7, Operation.STOP)
    bodies = [
        (1, 0, "run", GIVEN),
        (2, 5, "fault", '{"reason":"tired"}'),
        (3, 5, "cancel", '{"client_id":"L-0"}'),
        (4, 5, "order", ORDER_BODY),
        (5, 6, "filled", '{"client_id":"L-1","fee":0.0,"maker":false,"price":100.0,"quantity":1.5,"trade_id":""}'),
        (6, 6, "funded", '{"amount":-1.0,"leg":"L","mark":100.0,"rate":0.0001}'),
        (7, 7, "operator", '{"operation":"stop"}'),
    ]
    assert written(path) == bodies
    text = "".join(f"{seq}|{time_us}|{kind}|{body}\n" for seq, time_us, kind, body in bodies)
    by_hand = hashlib.sha256(text.encode()).hexdigest()
    with JournalFile(path) as file:
        assert file.hash() == by_hand == file.meta["hash"] == journal.hash()
        assert file.count == 7 and file.is_complete
        assert [row[0] for row in file.rows(("order", "fault"))] == [2, 4]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["journal.sqlite"]


def test_batches_do_not_change_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for size in (1, 3, 10_000):
        monkeypatch.setattr(rows_module, "BATCH", size)
        with Journal(tmp_path / f"{size}.sqlite", GIVEN, {}) as journal:
            for now in range(20):
                journal.effects(now, Effects(notes=(RowTaken(now, "mode", "A", now),)))
        hashes.add(journal.hash())
        with JournalFile(tmp_path / f"{size}.sqlite") as file:
            hashes.add(file.hash())
    assert len(hashes) == 1


def test_an_interrupted_run_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with pytest.raises(KeyboardInterrupt), Journal(path, GIVEN, {}) as journal:
        journal.effects(1, Effects(notes=(Fault(1, "a"),)))
        raise KeyboardInterrupt
    with JournalFile(path) as file:
        assert file.count == 2 and not file.is_complete
        assert file.meta["ended"] == "interrupted" and file.hash() == file.meta["hash"]


def test_a_simulated_run_writes_in_batches_and_a_real_one_at_each_commit(tmp_path: Path) -> None:
    for durable, seen in ((False, 0), (True, 2)):
        path = tmp_path / f"{durable}.sqlite"
        journal = Journal(path, GIVEN, {}, durable=durable)
        journal.effects(1, Effects((ORDER,)))
        journal.commit()
        reader = sqlite3.connect(path)
        assert reader.execute("SELECT count(*) FROM rows").fetchone() == (seen,)
        reader.close()
        journal.close()
        journal.close()


SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}}
events: {tick: price(L)}
states: {A: {on: {tick: {if: p > 1 and not seen, do: [{qL: 2}], transition_to: B, because: up}}}, B: {}}
observe: {p: mark(L), seen: p > 1000}
"""


class Looking:
    """A venue that looks into the journal's file with a connection of its own when an order comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[tuple[str, ...]] = []

    def take(self, order: OrderIntent | PoolIntent, now_us: int) -> tuple[Answer, ...]:
        reader = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        self.found.extend(reader.execute("SELECT kind, body FROM rows WHERE kind = 'order'").fetchall())
        reader.close()
        return (Filled(order.client_id, 2.0, 100.0),)

    def cancel(self, cancel: CancelIntent, now_us: int) -> tuple[Answer, ...]:
        return ()

    def answer(self, query: Query, arguments: tuple[float, ...]) -> float:
        return 100.0

    def lot(self, leg: str) -> float:
        return 0.0

    def tick(self, leg: str) -> float:
        return 0.0

    def least(self, leg: str) -> float:
        return 0.0

    def price(self, leg: str) -> float:
        return 100.0

    def equity(self, account: str) -> float:
        return 0.0


def test_I1_an_order_is_in_the_file_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    venue = Looking(path)
    program = check(Source("spec.yml", SPEC.encode())).require()
    with Journal(path, GIVEN, {}, durable=True) as journal:
        mode = sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone()
        assert mode == ("wal",)
        Driver(Core(program, {}, venue), venue, recorder=journal).deliver(Market(1_000_000, (0,)))
    assert [kind for kind, _ in venue.found] == ["order"]
    assert json.loads(venue.found[0][1])["client_id"] == "L-1"
    kinds = [row[2] for row in written(path)]
    assert kinds == ["run", "row", "order", "filled", "booked", "action", "transition"]
    moved = decode("transition", written(path)[-1][3], 1_000_000)
    assert isinstance(moved, Transition)
    assert moved.operands == (("p", 100.0), ("seen", 0.0))


# -- files that are none ---------------------------------------------------------------------------------------------


def whole(path: Path, count: int = 3_000) -> Path:
    with Journal(path, GIVEN, {}) as journal:
        for now in range(count):
            journal.effects(now, Effects(notes=(RecordRow(now, "k", (("a", now / 7),)),)))
    return path


def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with pytest.raises(RunError, match="there is no run"):
        journal_path(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"no journal\.sqlite in it"):
        journal_path(tmp_path)
    path.write_text("hello")
    assert journal_path(tmp_path) == journal_path(path) == path
    with pytest.raises(RunError, match="no journal of fsmtrader"):
        JournalFile(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE rows (a)")
    other.commit()
    other.close()
    with pytest.raises(RunError, match="a database, but no journal"):
        JournalFile(path)


def test_a_journal_of_another_version(tmp_path: Path) -> None:
    path = whole(tmp_path / "journal.sqlite", 3)
    changed = sqlite3.connect(path)
    changed.execute("PRAGMA user_version=7")
    changed.close()
    with pytest.raises(RunError, match="format 7, and this version of fsmtrader reads format 1"):
        JournalFile(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_journal_that_is_cut_off(tmp_path: Path, share: float) -> None:
    path = whole(tmp_path / "journal.sqlite")
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])
    with pytest.raises(RunError, match="damaged or cut off"), JournalFile(path) as file:
        file.hash()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("DELETE FROM rows WHERE seq = 1", "first row"),
        ("DELETE FROM rows WHERE seq = 2", "1 of its 4 rows are missing"),
        ("DELETE FROM rows WHERE seq = 4", "3 rows, and 4 were written"),
        ("DROP TABLE meta", "meta"),
    ],
)
def test_rows_that_are_missing(tmp_path: Path, damage: str, says: str) -> None:
    path = whole(tmp_path / "journal.sqlite", 3)
    changed = sqlite3.connect(path)
    changed.execute(damage)
    changed.commit()
    changed.close()
    with pytest.raises(RunError, match=says):
        JournalFile(path)


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    path = whole(tmp_path / "journal.sqlite", 1)
    before = path.read_bytes()
    with pytest.raises(RunError, match="already a run"):
        Journal(path, GIVEN, {})
    assert path.read_bytes() == before
    with pytest.raises(RunError, match="cannot be written: no such file"):
        Journal(tmp_path / "nowhere" / "journal.sqlite", GIVEN, {})


def test_without_a_journal_there_is_no_order(tmp_path: Path) -> None:
    """J7: what cannot be written is an error before the order goes out."""
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, GIVEN, {}, durable=True)
    other = sqlite3.connect(path)
    other.execute("DROP TABLE rows")
    other.commit()
    other.close()
    journal.effects(1, Effects((replace(ORDER),)))
    with pytest.raises(RunError, match="cannot be written"):
        journal.commit()


def test_a_liquidation_is_a_row_too() -> None:
    assert encode(Liquidated("L", -1.0, 90.0, 0.5)) == (
        "liquidated",
        '{"change":-1.0,"fee":0.5,"leg":"L","price":90.0}',
    )

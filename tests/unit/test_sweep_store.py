"""What a result is known by, and that what is known of a folder is never lost or taken for something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.unit.sweeps import SPEC, program, settings

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.instruments import Latency
from fsmtrader.research.sweep.periods import Period
from fsmtrader.research.sweep.results import Row, failed_row, schema_of
from fsmtrader.research.sweep.store import Keys, Store

PERIODS = (Period("1", 0, 10), Period("2", 10, 20))
CASE = (("low", "95"), ("size", "2"))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(program(), settings(tmp_path), "data", PERIODS)


def test_the_same_values_have_the_same_key_however_they_were_given(keys: Keys) -> None:
    key = keys.of(CASE)
    assert key == keys.of(tuple(reversed(CASE))) == keys.of((("size", "2.0"),)) != keys.of((("size", "3"),))
    by_hand = replace(keys, settings=replace(keys.settings, overrides={"size": "2"}))
    assert key == by_hand.of(()) == by_hand.of((("low", "95"),))


def test_whatever_decides_a_result_makes_another_key(keys: Keys) -> None:
    others = [
        replace(keys, program=program(SPEC.replace("price >= high", "price > high"))),
        replace(keys, program=program(SPEC.replace("1000 USDT", "2000 USDT"))),
        replace(keys, program=program(SPEC.replace("high: {value: 105", "high: {value: 106"))),
        replace(keys, data_digest="other"),
        replace(keys, version="0.0.0"),
        replace(keys, periods=PERIODS[:1]),
        replace(keys, settings=replace(keys.settings, fee=0.001)),
        replace(keys, settings=replace(keys.settings, spread=0.001)),
        replace(keys, settings=replace(keys.settings, profile="")),
        replace(keys, settings=replace(keys.settings, latency=Latency(0, 1, 1))),
        replace(keys, settings=replace(keys.settings, operations=(("+1d", "exit"),))),
        replace(keys, settings=replace(keys.settings, overrides={"high": "107"})),
    ]
    assert len({keys.of(CASE), *(other.of(CASE) for other in others)}) == 1 + len(others)


def test_how_a_spec_is_written_and_where_its_data_are_makes_no_other_key(keys: Keys) -> None:
    commented = program("# a comment\n" + SPEC.replace("{name: dips}", "{name: dips, description: more words}"))
    assert replace(keys, program=commented).of(CASE) == keys.of(CASE)
    assert replace(keys, settings=replace(keys.settings, data=())).of(CASE) == keys.of(CASE)


def row(key: str, profit: float = 1.0) -> Row:
    return {"key": key, "status": "done", "again": False, "profit": profit, "p_size": 2.0, "profit_1": 0.5}


SCHEMA = schema_of(program(), PERIODS, ["size"])


def test_what_was_kept_is_found_by_the_next_one(tmp_path: Path) -> None:
    store = Store(tmp_path, SCHEMA)
    for index in range(3):
        store.add(row(f"k{index}", float(index)))
        store.flush()
    assert len(list((tmp_path / "parts").iterdir())) == 3
    again = Store(tmp_path, SCHEMA)
    found = again.find("k2")
    assert found is not None and (found["profit"], found["p_size"], found["sharpe"]) == (2.0, 2.0, None)
    assert again.find("k3") is None and len(again) == 3
    again.close()
    (part,) = (tmp_path / "parts").iterdir()
    assert sorted(pl.read_parquet(part)["key"].to_list()) == ["k0", "k1", "k2"]


def test_rows_of_another_sweep_stay(tmp_path: Path) -> None:
    other = Store(tmp_path, schema_of(program(), PERIODS, ["low", "way"]))
    other.add({"key": "other", "status": "done", "again": False, "p_way": "once", "p_low": 1.0})
    other.close()
    store = Store(tmp_path, SCHEMA)
    store.add(row("own"))
    store.close()
    last = Store(tmp_path, SCHEMA)
    assert last.find("other") is not None and last.find("own") is not None


def test_a_set_whose_worker_died_is_kept_but_not_known(tmp_path: Path) -> None:
    store = Store(tmp_path, SCHEMA)
    store.add({"key": "bad", **failed_row("the worker died: SIGKILL", again=True)})
    store.add({"key": "wrong", **failed_row("k is too large")})
    store.close()
    again = Store(tmp_path, SCHEMA)
    assert again.find("bad") is None and again.find("wrong") is not None
    again.add(row("bad"))
    again.close()
    assert Store(tmp_path, SCHEMA).find("bad") is not None


def test_a_broken_part_is_named(tmp_path: Path) -> None:
    Store(tmp_path, SCHEMA)
    (tmp_path / "parts" / "x.parquet").write_bytes(b"no parquet")
    with pytest.raises(RunError, match=r"x\.parquet cannot be read: delete it, and its sets are run again"):
        Store(tmp_path, SCHEMA)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be made"):
        Store(tmp_path / "file", SCHEMA)

"""What a result is known by, and that what is known of a folder is never lost or taken for something else."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    assert keys.of((("size", "-0"),)) == keys.of((("size", "0"),))


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


@pytest.mark.parametrize("what", ["cut", "empty", "other", "changed", "foreign"])
def test_a_damaged_part_is_put_aside(tmp_path: Path, what: str) -> None:
    for name in ("one", "two"):
        store = Store(tmp_path, SCHEMA)
        store.add(row(name))
        store.flush()
    part = next(p for p in (tmp_path / "parts").glob("*.parquet") if pl.read_parquet(p)["key"][0] == "one")
    whole = part.read_bytes()
    if what == "foreign":
        part.unlink()
        part = part.with_name("foreign.parquet")
        pl.DataFrame({"x": [1]}).write_parquet(part)
    else:
        changed = bytearray(whole)
        changed[whole.index(b"one")] = ord("x")  # it can be read, and is of another set
        part.write_bytes({"cut": whole[:-9], "empty": b"", "other": b"no parquet", "changed": bytes(changed)}[what])
    again = Store(tmp_path, SCHEMA)
    assert again.find("one") is None and again.find("xne") is None and again.find("two") is not None
    aside = part.with_name(part.name + ".damaged")
    assert aside.exists() and not part.exists()
    assert again.notes == [f"a file of results was damaged: it is {aside} now, and its sets are run again"]
    again.add(row("one"))
    again.close()
    last = Store(tmp_path, SCHEMA)
    assert last.find("one") is not None and last.find("two") is not None and last.notes == []


def test_what_is_new_is_written_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock, though nothing more is added; by their count, though the clock has not come round."""
    monkeypatch.setattr("fsmtrader.research.sweep.store.EVERY_S", 0.05)
    store = Store(tmp_path, SCHEMA)
    store.add(row("slow"))
    assert wait_for(lambda: Store(tmp_path, SCHEMA).find("slow") is not None)
    monkeypatch.setattr("fsmtrader.research.sweep.store.EVERY_S", 1e6)
    monkeypatch.setattr("fsmtrader.research.sweep.store.MOST_WAITING", 3)
    for index in range(3):
        assert Store(tmp_path, SCHEMA).find("q0") is None
        store.add(row(f"q{index}"))
    assert Store(tmp_path, SCHEMA).find("q2") is not None


def test_a_sweep_that_is_told_often_has_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsmtrader.research.sweep.store.MOST_PARTS", 4)
    store = Store(tmp_path, SCHEMA)
    for index in range(10):
        store.add(row(f"k{index}"))
        store.flush()
    assert len(list((tmp_path / "parts").iterdir())) == 4  # two of four rows, and two of one
    assert len(Store(tmp_path, SCHEMA)) == 10


def test_what_the_clock_could_not_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsmtrader.research.sweep.store.EVERY_S", 0.02)
    store = Store(tmp_path, SCHEMA)
    (tmp_path / "parts").rename(tmp_path / "away")
    store.add(row("one"))
    assert wait_for(lambda: store._problem is not None)
    with pytest.raises(RunError, match="cannot be written: no such file or directory"):
        store.add(row("two"))
    (tmp_path / "away").rename(tmp_path / "parts")
    store.close()
    assert Store(tmp_path, SCHEMA).find("one") is not None


def wait_for(happened: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + 10.0
    while not happened() and time.monotonic() < until_s:
        time.sleep(0.01)
    return happened()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be made"):
        Store(tmp_path / "file", SCHEMA)

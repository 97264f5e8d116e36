"""A sweep from beginning to end: nothing is run twice, nothing is lost, and what fails is a row."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl
import pytest
from tests.unit.sweeps import COUNTING, SPEC, InProcess, plan, task, write_market

from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.research.engines import Engine
from fsmtrader.research.sweep import crew, held, store
from fsmtrader.research.sweep.bench import Task, bench_of
from fsmtrader.research.sweep.carry import Standing, Sweep, Told
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.keeping import sweep_into
from fsmtrader.research.sweep.lanes import in_lanes
from fsmtrader.research.sweep.report import tables
from fsmtrader.research.sweep.report.source import read_sweep
from fsmtrader.research.sweep.workers import Answer, Worker

GRID = ("low=79,85,95", "size=1,2", "high=90,105")
"""79 is below its bound, and 95 is above 90: 7 of 12 sets can be run"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    """The sets that workers in this process are asked for."""
    InProcess.asked = []
    monkeypatch.setattr(crew, "Worker", InProcess)
    return InProcess.asked


def results(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "results.parquet")


def test_a_row_for_each_set_in_the_order_of_the_grid(tmp_path: Path, asked: list[Case]) -> None:
    standings: list[Standing] = []
    told = Told(lambda standing: standings.append(Standing(standing.total, standing.done, standing.failed)))
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path), GRID), told)
    frame = results(tmp_path / "s")
    assert frame.select("p_low", "p_size", "p_high").rows()[:5] == [
        (79.0, 1.0, 90.0), (79.0, 1.0, 105.0), (79.0, 2.0, 90.0), (79.0, 2.0, 105.0), (85.0, 1.0, 90.0)
    ]  # fmt: skip
    assert frame["status"].to_list() == ["failed"] * 4 + ["done"] * 4 + ["failed", "done"] * 2
    assert frame["profit"].to_list() == [None] * 4 + [0.0] * 4 + [None, 160.0, None, 320.0]
    assert frame["error"][0] == "low is 79, but its min is 80"
    assert frame["error"][8] == "the check `low < high` does not hold: it would sell at a loss"
    assert (summary["done"], summary["failed"], summary["known"], summary["asked"]) == (6, 6, 0, 12)
    assert standings[-1] == Standing(12, 6, 6) and len(standings) == 12 and len(asked) == 6


def test_what_is_known_is_not_run_again(tmp_path: Path, asked: list[Case]) -> None:
    folder, about = tmp_path / "s", task(tmp_path)
    sweep_into(folder, plan(about, GRID))
    before = results(folder)
    asked.clear()
    summary = sweep_into(folder, plan(about, GRID))
    assert asked == [] and summary["known"] == 12 and results(folder).equals(before)
    # another sweep of the same folder takes what it can use
    sweep_into(folder, plan(about, ["low=85,94", "way=once,twice", "size=2"]))
    assert asked == [
        (("low", "85"), ("way", "twice"), ("size", "2")),
        (("low", "94"), ("way", "once"), ("size", "2")),
        (("low", "94"), ("way", "twice"), ("size", "2")),
    ]
    # another spec of the same name, and other data, are something else
    asked.clear()
    sweep_into(folder, plan(task(tmp_path, SPEC.replace("price >= high", "price > high")), GRID))
    assert len(asked) == 6
    write_market(tmp_path, days=5)
    sweep_into(folder, plan(Task(about.texts, about.settings, about.periods), GRID))
    assert len(asked) == 12


def test_a_sweep_that_is_cut_short_goes_on(tmp_path: Path, asked: list[Case]) -> None:
    folder, about = tmp_path / "s", task(tmp_path)

    def stop(standing: Standing) -> None:
        if standing.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_into(folder, plan(about, GRID), Told(stop))
    assert len(asked) == 3 and results(folder)["status"].to_list().count("done") == 3
    done = asked.copy()
    asked.clear()
    summary = sweep_into(folder, plan(about, GRID))
    assert len(asked) == 3 and not set(asked) & set(done)
    assert (summary["is_whole"], summary["done"], results(folder).height) == (True, 6, 12)


def test_a_result_is_on_the_disk_a_second_later(
    tmp_path: Path, asked: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed outright, a sweep loses what was done within the last second, and no more."""
    monkeypatch.setattr(store, "EVERY_S", 0.05)
    folder, about = tmp_path / "s", task(tmp_path)
    first = Sweep(plan(about, ["low=95", "size=1,2"]), folder)
    job = next(first._jobs())
    assert job is not None
    first._take(job.number, job.case, job.key, first.crew.work(0, job).row)
    until_s = time.monotonic() + 10.0
    while not list((folder / "parts").glob("*.parquet")) and time.monotonic() < until_s:
        time.sleep(0.01)  # no other result comes, and nothing is closed
    second = Sweep(plan(about, ["low=95", "size=1,2"]), folder)
    second.run()
    assert second.standing.known == 1 and len(asked) == 2


def test_equal_values_are_one_set_however_they_are_written(tmp_path: Path, asked: list[Case]) -> None:
    spec = SPEC.replace("  way:", "  far: {value: 2%, above: 0}\n  way:").replace(
        "price <= low", "price <= low * (1 - far)"
    )
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path, spec), ["far=1%,0.01,100bp,3bp,0.03%,0.0003,2%"]))
    assert [dict(case)["far"] for case in asked] == ["1%", "3bp", "2%"] and summary["asked"] == 3
    asked.clear()
    again = sweep_into(tmp_path / "s", plan(task(tmp_path, spec), ["far=0.02,100bp,0.03%"]))
    assert asked == [] and again["known"] == 3


def test_a_set_that_counts_by_a_fraction_is_a_row_that_failed(tmp_path: Path, asked: list[Case]) -> None:
    """n is doubled: 1.5 makes 3 bars, 1.25 makes 2.5."""
    spec = COUNTING.replace("n=n", "n=2 * n")
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path, spec), ["n=1,1.25,1.5"]))
    frame = results(tmp_path / "s")
    assert frame["status"].to_list() == ["done", "failed", "done"] and summary["failed"] == 1
    assert frame["error"][1] == "n of mean(price, n=2 * n, on=tick) is 2.5: it counts, and takes a whole number"


def test_damaged_results_are_put_aside_and_their_sets_run_again(tmp_path: Path, asked: list[Case]) -> None:
    folder, about = tmp_path / "s", task(tmp_path)
    sweep_into(folder, plan(about, GRID))
    before = results(folder)
    (part,) = (folder / "parts").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-100])
    (folder / "best.parquet").write_bytes(b"PAR1")
    asked.clear()
    summary = sweep_into(folder, plan(about, GRID))
    assert len(asked) == 6 and results(folder).drop("seconds").equals(before.drop("seconds"))
    notes = summary["notes"]
    assert isinstance(notes, list)
    assert notes[0] == f"a file of results was damaged: it is {part}.damaged now, and its sets are run again"
    assert pl.read_parquet(folder / "best.parquet").height > 0
    asked.clear()
    assert "damaged" not in str(sweep_into(folder, plan(about, GRID))["notes"]) and asked == []


# -- processes that die ----------------------------------------------------------------------------------------------


class Fragile(Worker):
    """A process that is killed whenever it is given a set of two coins, or only the first time."""

    always = True
    deaths = 0

    def _started(self) -> Connection:
        pipe = super()._started()
        if self.bad and (self.always or not type(self).deaths):
            assert self._process is not None and self._process.pid is not None
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.join()
            type(self).deaths += 1
        return pipe

    def run(self, case: Case, *, with_result: bool = False) -> Answer:
        self.bad = ("size", "2") in case and not with_result
        return super().run(case, with_result=with_result)


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Fragile]]:
    monkeypatch.setattr(crew, "Worker", Fragile)
    Fragile.deaths, Fragile.always = 0, True
    yield Fragile


def test_a_killed_worker_costs_its_set_and_no_other(tmp_path: Path, fragile: type[Fragile]) -> None:
    folder, about = tmp_path / "s", task(tmp_path)
    summary = sweep_into(folder, plan(about, ["size=1,2,3"]))
    frame = results(folder)
    assert fragile.deaths == 2 and (summary["done"], summary["failed"]) == (2, 1)
    assert frame["status"].to_list() == ["done", "failed", "done"]
    assert frame["error"].to_list() == ["", "the worker died: SIGKILL", ""]
    assert frame["again"].to_list() == [False, True, False]
    # it says nothing of the set: the next sweep tries it again
    fragile.always, fragile.deaths = False, 0
    sweep_into(folder, plan(about, ["size=1,2,3"]))
    assert fragile.deaths == 1 and results(folder)["profit"].to_list() == [160.0, 320.0, 480.0]


def test_a_worker_says_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in one set: the process ends with it, and the row says which."""
    about = task(tmp_path)
    worker = Worker(about, bench_of(about).stream.digest)
    try:
        found = worker.run((("unknown", "1"), ("size", "x" * 10)))
        assert found.row["status"] == "failed"  # a value that is none is told, no fault
        answer = worker.run((("size", 2),))  # type: ignore[arg-type]  # no text: such a thing should not be possible
        assert answer.row["again"] is True and "the worker died: TypeError" in str(answer.row["error"]), answer.row
        assert worker.run((("size", "2"),)).row["profit"] == 320.0
    finally:
        worker.kill()
    assert worker.run((("size", "2"),)).row["status"] == "failed"


def test_data_that_change_meanwhile_end_the_sweep(tmp_path: Path) -> None:
    about = task(tmp_path)
    worker = Worker(about, "what it was")
    with pytest.raises(RunError, match="a worker cannot be started: the data were changed while the sweep went on"):
        worker.run((("size", "2"),))


def test_lanes_give_the_next_job_when_one_is_free() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for index in range(6):
            taken.append(index)
            yield index

    found = []
    for job, done in in_lanes(jobs(), lambda lane, job: (lane, job * 10), 2, lambda: None):
        found.append((job, done[1]))
        assert len(taken) <= len(found) + 2
    assert sorted(found) == [(index, index * 10) for index in range(6)]


def test_an_error_in_a_lane_is_raised_after_all_were_told_to_stop() -> None:
    stopped: list[bool] = []

    def work(lane: int, job: int) -> int:
        raise RunError("no more")

    with pytest.raises(RunError, match="no more"):
        list(in_lanes(iter([1, 2, 3]), work, 2, lambda: stopped.append(True)))
    assert stopped == [True]


def test_data_that_cannot_serve_the_spec_are_refused_at_once(tmp_path: Path) -> None:
    needs = SPEC.replace("tick: price(X)", "tick: trade(X)")
    with pytest.raises(RunError, match=r"the data cannot serve this spec: it waits for trade\(X\)"):
        sweep_into(tmp_path / "s", plan(task(tmp_path, needs), ["size=1,2"]))


def test_a_market_too_long_for_memory_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about, folder = task(tmp_path), tmp_path / "long"
    whole = bench_of(about)
    monkeypatch.setattr(held, "HELD_EVENTS", 10)
    monkeypatch.setattr(held, "BATCH_ROWS", 7)
    mapped, again = bench_of(about, folder), bench_of(about)
    assert list(folder.iterdir()) == []  # what is mapped has no name any more
    assert [len(batch) for batch in mapped.stream] == [7, 7, 7, 7, 4]
    for other in (mapped, again):
        assert [list(batch) for batch in other.stream] != []
        assert [event for batch in other.stream for event in batch] == [e for batch in whole.stream for e in batch]
        assert other.stream.digest == whole.stream.digest
        case = (("size", "2"),)
        assert {**other.row(other.on_machine(case), 0.0), "seconds": 0.0} == {
            **whole.row(whole.on_machine(case), 0.0), "seconds": 0.0
        }  # fmt: skip


def test_a_folder_that_takes_no_events_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "HELD_EVENTS", 10)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="the events cannot be kept in"):
        bench_of(task(tmp_path), tmp_path / "file")


def test_a_set_that_an_engine_cannot_do_is_tried_again_by_another(tmp_path: Path, asked: list[Case]) -> None:
    """A short of 40 coins on 1000 is liquidated, which is the machine's: asked for the loop alone, the set fails."""
    spec = SPEC.replace("do: {qX: size if", "do: {qX: 0 - 40 if")
    of = plan(task(tmp_path, spec, profile=""), ["size=1,2"])
    sweep_into(tmp_path / "s", replace(of, engine=Engine.SOURCE))
    frame = results(tmp_path / "s")
    assert frame["status"].to_list() == ["failed"] * 2 and frame["again"].to_list() == [True] * 2
    assert "an account came near its liquidation; --engine auto runs it there" in frame["error"][0]
    sweep_into(tmp_path / "s", of)
    assert results(tmp_path / "s")["status"].to_list() == ["done"] * 2 and len(asked) == 2


def test_auto_compiles_where_the_machine_would_take_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """32 bars of 5 us (one in 150 trades) in two lanes are 80 us a set, and a process takes 1 s to start: 5 s after
    50,000 sets."""
    found: list[bool] = []
    monkeypatch.setattr(crew, "Kernels", lambda *given, is_worth, said: found.append(is_worth))
    about = task(tmp_path)
    for sets in (49_900, 50_100):
        crew.Crew(about, bench_of(about), Engine.AUTO, 2, sets, lambda text: None)
    assert found == [False, True]


def test_sets_that_were_liquidated_are_told(tmp_path: Path, asked: list[Case]) -> None:
    """Shorts of 40 and 50 coins on 1000 do not live through a day; one of a coin does."""
    spec = SPEC.replace("do: {qX: size if", "do: {qX: 0 - size if")
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path, spec, profile=""), ["size=1,40,50"]))
    assert results(tmp_path / "s")["faults"].str.len_chars().gt(0).to_list() == [False, True, True]
    notes = summary["notes"]
    assert isinstance(notes, list)
    assert notes[0].startswith("2 sets have faults, the first of them: the venue has liquidated 40 of the leg X at ")
    assert notes[0].endswith("(results.parquet says which, in the column faults)")
    assert notes[0] in tables.how(read_sweep(tmp_path / "s"))
    one = sweep_into(tmp_path / "s", plan(task(tmp_path, spec, profile=""), ["size=1,40"]))["notes"]
    assert isinstance(one, list) and one[0].startswith("1 set has a fault: the venue has liquidated 40 of")
    none = sweep_into(tmp_path / "s", plan(task(tmp_path, spec, profile=""), ["size=1"]))["notes"]
    assert "fault" not in str(none)


def test_a_folder_that_holds_a_run_is_left_alone(tmp_path: Path, asked: list[Case]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.sqlite").write_bytes(b"")
    with pytest.raises(UsageError, match="holds a run: name another folder"):
        sweep_into(tmp_path / "run", plan(task(tmp_path), GRID))

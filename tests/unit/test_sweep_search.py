"""A search: its trials are kept, what was found is found again, and it goes on where it was cut short."""

from __future__ import annotations

import builtins
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.unit.sweeps import COUNTING, InProcess, plan, task

from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.research.sweep import crew
from fsmtrader.research.sweep.carry import Standing
from fsmtrader.research.sweep.grid import Case
from fsmtrader.research.sweep.keeping import sweep_into
from fsmtrader.research.sweep.results import Objective
from fsmtrader.research.sweep.search import Search, Study

GRID = ("size=1:9:1", "low=85:100", "way=once,twice")
"""below 90 nothing is bought"""


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    pytest.importorskip("optuna")
    InProcess.asked = []
    monkeypatch.setattr(crew, "Worker", InProcess)
    return InProcess.asked


def results(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "results.parquet")


def test_a_search_finds_what_is_best(tmp_path: Path, asked: list[Case]) -> None:
    axes = ["size=1:9:1", "low=90:100", "way=once,twice"]
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path), axes, search=Search(25, seed=1)))
    frame = results(tmp_path / "s")
    assert frame.height == 25 and summary["how"] == "search by optuna, 25 trials"
    first, last = frame["profit"].head(10).median(), frame["profit"].tail(10).median()
    assert isinstance(first, float) and isinstance(last, float) and last > 1.5 * first
    assert (tmp_path / "s" / "search.db").exists() and len(asked) + int(str(summary["known"])) == 25


def test_a_search_goes_on_and_the_same_seed_finds_the_same(tmp_path: Path, asked: list[Case]) -> None:
    folder, about = tmp_path / "s", task(tmp_path)
    sweep_into(folder, plan(about, GRID, search=Search(6, seed=5)))
    first = results(folder)
    asked.clear()
    sweep_into(folder, plan(about, GRID, search=Search(6, seed=5)))
    assert asked == [] and results(folder).equals(first)
    sweep_into(folder, plan(about, GRID, search=Search(10, seed=5)))
    more = results(folder)
    assert more.head(6).equals(first) and more.height == 10 and 0 < len(asked) <= 4
    elsewhere = tmp_path / "t"
    sweep_into(elsewhere, plan(about, GRID, search=Search(6, seed=5)))
    same = ["p_size", "p_low", "p_way", "profit"]
    assert results(elsewhere).select(same).equals(first.select(same))


def test_a_search_that_is_cut_short_tries_the_same_set_again(tmp_path: Path, asked: list[Case]) -> None:
    folder, about = tmp_path / "s", task(tmp_path)

    def stop(standing: Standing) -> None:
        if standing.tried == 3:
            raise KeyboardInterrupt

    class Cut(InProcess):
        def run(self, case: Case, *, with_result: bool = False):  # type: ignore[no-untyped-def]
            if len(asked) == 3 and not with_result:
                raise KeyboardInterrupt
            return super().run(case, with_result=with_result)

    crew.Worker = Cut  # type: ignore[assignment,misc]  # put back by the fixture
    Cut.asked = asked
    with pytest.raises(KeyboardInterrupt):
        sweep_into(folder, plan(about, GRID, search=Search(8, seed=2)))
    crew.Worker = InProcess  # type: ignore[assignment,misc]
    assert len(asked) == 3
    sweep_into(folder, plan(about, GRID, search=Search(8, seed=2)))
    assert results(folder).height == 8 and len(asked) <= 8
    asked.clear()
    sweep_into(folder, plan(about, GRID, search=Search(8, seed=2)))
    assert asked == [] and results(folder).height == 8


def test_sets_that_fail_are_failed_trials(tmp_path: Path) -> None:
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path), ["low=70:90:5"], search=Search(12, seed=1)))
    assert (summary["done"], summary["failed"]) != (12, 0) and summary["done"] and summary["failed"]
    import optuna

    (study,) = optuna.get_all_study_summaries(f"sqlite:///{tmp_path / 's' / 'search.db'}")
    assert study.n_trials == 12


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_set_that_is_chosen_again_is_not_run_again(tmp_path: Path, asked: list[Case], lanes: int) -> None:
    """Three sets, 15 trials: by several lanes as well, which choose before others are done."""
    of = replace(plan(task(tmp_path), ["size=1,2,3"], search=Search(15, seed=3)), lanes=lanes)
    summary = sweep_into(tmp_path / "s", of)
    assert sorted(asked) == [(("size", "1"),), (("size", "2"),), (("size", "3"),)]
    assert sorted(results(tmp_path / "s")["profit"]) == [160.0, 320.0, 480.0]
    assert (summary["done"], summary["repeated"], summary["known"]) == (3, 12, 0)
    assert summary["how"] == "search by optuna, 15 trials, 12 of them of sets that had been tried"
    chance, best = summary["chance"], summary["best"]
    assert isinstance(chance, dict) and chance["tried"] == 3 and isinstance(best, list) and len(best) == 3
    asked.clear()
    again = sweep_into(tmp_path / "s", replace(of, search=Search(20, seed=3)))
    assert asked == [] and (again["done"], again["repeated"], again["known"]) == (3, 17, 3)


def test_a_search_tries_whole_numbers_of_what_counts(tmp_path: Path, asked: list[Case]) -> None:
    summary = sweep_into(tmp_path / "s", plan(task(tmp_path, COUNTING), ["n=2:5"], search=Search(12, seed=1)))
    tried = results(tmp_path / "s")["p_n"].to_list()
    assert set(tried) <= {2.0, 3.0, 4.0, 5.0} and len(tried) == len(set(tried)) == len(asked) == summary["done"]


def test_several_objectives_have_sets_than_which_none_is_better(tmp_path: Path) -> None:
    objectives = (Objective.PROFIT, Objective.TURNOVER)
    of = plan(task(tmp_path), ["size=1:4:1"], search=Search(12, objectives, seed=1), objectives=objectives)
    summary = sweep_into(tmp_path / "s", of)
    frame = results(tmp_path / "s")
    front = frame.filter(pl.col("key").is_in(summary["undominated"]))  # type: ignore[arg-type]  # a list of keys
    assert front["p_size"].unique().sort().to_list() == frame["p_size"].unique().sort().to_list()


def test_without_optuna_it_says_how_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def missing(name: str, *rest: object, **more: object) -> object:
        if name == "optuna":
            raise ImportError(name)
        return found(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(RunError, match=r"--search optuna needs optuna: pip install 'fsmtrader\[search\]'"):
        sweep_into(tmp_path / "s", plan(task(tmp_path), GRID, search=Search(6)))


def test_a_storage_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="--storage nonsense: "):
        sweep_into(tmp_path / "s", plan(task(tmp_path), GRID, search=Search(6, storage="nonsense")))
    with pytest.raises(UsageError, match="--trials takes a number from 1"):
        Study(Search(0), (), "", tmp_path, lanes=1)

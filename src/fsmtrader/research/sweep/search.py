"""A search with optuna: each next set follows from what came of those before. Its trials are kept, so that it goes on.

The one door to optuna, which is an optional part: `pip install 'fsmtrader[search]'`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.engine.journal import canonical
from fsmtrader.research.sweep.grid import Axis, Case
from fsmtrader.research.sweep.results import DONE, Objective, Row

FILE = "search.db"
MOST_TRIALS = 200_000
AGAIN = "again"
"""attribute of a trial that stands for an earlier one, which was cut short"""


@dataclass(frozen=True, slots=True)
class Search:
    """So many trials in all, those of earlier times among them. `storage`: a URL; empty: a file in the folder."""

    trials: int
    objectives: tuple[Objective, ...] = (Objective.PROFIT,)
    storage: str = ""
    seed: int = 1


class Study:
    """The trials of one search: `ask` for the next set, `tell` what came of it."""

    def __init__(self, search: Search, axes: Sequence[Axis], about: str, folder: Path, *, lanes: int) -> None:
        """`about` says what else decides a result (spec, data, settings): a search of something else is another one."""
        if not 1 <= search.trials <= MOST_TRIALS:
            raise UsageError(f"--trials takes a number from 1 to {MOST_TRIALS:,}")
        self._search, self._axes = search, tuple(axes)
        self._optuna = _optuna()
        self._running: dict[int, Any] = {}
        self._study = self._opened(f"{search.storage or f'sqlite:///{(folder / FILE).absolute()}'}", about)
        self.before = self._take_up(search.seed, lanes)

    def earlier(self) -> Iterator[tuple[int, Case]]:
        """(number, set) of the trials that were finished before."""
        for trial in self._earlier:
            chosen = ((axis.name, self._chosen(axis, trial.params[axis.name])) for axis in self._axes)
            yield trial.number, tuple(chosen)

    def ask(self) -> Iterator[tuple[int, Case]]:
        """(number, set) of one trial after the other; what has been told before each counts for it."""
        while self.before + len(self._running) < self._search.trials:
            trial = self._study.ask()
            self._running[trial.number] = trial
            case = tuple((axis.name, self._suggested(trial, axis)) for axis in self._axes)
            yield trial.number, case

    def tell(self, number: int, row: Row) -> None:
        """What came of a trial; one that failed, or has no value of an objective, is a failed trial.

        An earlier one has been told before.
        """
        trial = self._running.pop(number, None)
        if trial is None:
            return
        self.before += 1
        values = [row.get(objective.value) for objective in self._search.objectives]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        if row["status"] == DONE and len(numbers) == len(values):
            self._study.tell(trial, numbers)
        else:
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)

    def _opened(self, url: str, about: str) -> Any:
        objectives = self._search.objectives
        space = [
            [a.name, list(a.texts), a.suffix, *([] if a.texts else [a.low, a.high]), *(["whole"] if a.is_whole else [])]
            for a in self._axes
        ]
        said = canonical([about, space, [objective.value for objective in objectives]])
        from sqlalchemy.exc import SQLAlchemyError

        optuna = self._optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            study = self._optuna.create_study(
                storage=url,
                study_name=f"fsm-{hashlib.sha256(said.encode()).hexdigest()[:24]}",
                directions=["minimize" if objective.is_cost else "maximize" for objective in objectives],
                load_if_exists=True,
            )
            return study
        except (ImportError, ValueError, OSError, SQLAlchemyError, optuna.exceptions.OptunaError) as problem:
            shown = url.rpartition("@")[2]  # what stands before it is a password
            raise RunError(f"--storage {shown}: {str(problem).splitlines()[0]}") from problem

    def _take_up(self, seed: int, lanes: int) -> int:
        """How many trials were finished before; those that were cut short are tried again."""
        optuna = self._optuna
        state = optuna.trial.TrialState
        found = self._study.get_trials(deepcopy=False)
        for trial in found:
            if trial.state is state.RUNNING:
                self._study.tell(trial.number, state=state.FAIL)
                self._study.enqueue_trial(trial.params, user_attrs={AGAIN: trial.number})
        # with the same seed alone, what follows would draw what was drawn at the start
        self._study.sampler = optuna.samplers.TPESampler(seed=seed + len(found), constant_liar=lanes > 1)
        now = self._study.get_trials(deepcopy=False)
        self._cut = {trial.user_attrs[AGAIN] for trial in now if AGAIN in trial.user_attrs}
        self._earlier = [t for t in now if t.state.is_finished() and t.number not in self._cut]
        return len(self._earlier)

    def _suggested(self, trial: Any, axis: Axis) -> str:
        """A value of an axis. Values that rise are an order to the search; others are just names."""
        if axis.is_whole:
            found: Any = trial.suggest_int(axis.name, int(axis.low), int(axis.high))
        elif axis.is_open:
            found = trial.suggest_float(axis.name, axis.low, axis.high)
        elif axis.is_ordered:
            found = trial.suggest_int(axis.name, 0, len(axis.texts) - 1)
        else:
            found = trial.suggest_categorical(axis.name, axis.texts)
        return self._chosen(axis, found)

    def _chosen(self, axis: Axis, found: Any) -> str:
        """What the study calls a value, as text: a number, the place in an ordered list, or the text."""
        if axis.is_open:
            return axis.written(float(found))
        return axis.texts[int(found)] if axis.is_ordered else str(found)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as missing:
        raise RunError("--search optuna needs optuna: pip install 'fsmtrader[search]'") from missing
    return optuna

"""A run is made again from what its journal names, and proved to be the same row by row (I15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fsmtrader.diagnostics import FsmError, RunError, UsageError
from fsmtrader.engine.journal import JournalFile, Row, Rows, journal_path
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.recording import Data, Given, given_from_meta

Execute = Callable[[Given, Hooks], tuple[Data, ...]]
"""makes a run again while somebody looks on; gives the data that it read, with their digests"""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row that is not the same. None: there is no such row on that side."""

    recorded: Row | None
    again: Row | None

    @property
    def seq(self) -> int:
        row = self.recorded or self.again
        assert row is not None
        return row[0]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of making a run again. `problem`: why the run could not be carried on, as it said itself.

    Of a run that was interrupted, `hash` is that of as many rows as it had.
    """

    journal: str
    rows: int
    is_complete: bool
    recorded_hash: str
    hash: str
    difference: Difference | None
    changed_data: tuple[str, ...]
    """paths of data that are not what they were"""
    problem: str = ""

    @property
    def is_equal(self) -> bool:
        return self.difference is None and not self.changed_data

    def as_plain(self) -> dict[str, object]:
        """For JSON."""
        different = self.difference
        return {
            "journal": self.journal,
            "equal": self.is_equal,
            "complete": self.is_complete,
            "rows": self.rows,
            "recorded_hash": self.recorded_hash,
            "hash": self.hash,
            "changed_data": list(self.changed_data),
            "problem": self.problem,
            "difference": different
            and {"seq": different.seq, "recorded": _plain(different.recorded), "again": _plain(different.again)},
        }


def replay(run: Path, execute: Execute, data: tuple[str, ...] = ()) -> Replayed:
    """Make the run of a folder (or of its journal) again. `data` are paths in place of those that it names.

    RunError: the journal cannot be read, it or the spec in it was changed after it was written, or this version reads
    the spec differently. UsageError: the data are not there.
    """
    path = journal_path(run)
    with JournalFile(path) as file:
        recorded = file.hash()
        if file.meta.get("hash", recorded) != recorded:
            raise RunError(f"the journal {path} was changed after it was written: its rows do not give its hash")
        given = with_data(given_from_meta(file.meta), data)
        given.compiled()
        comparison = _Comparison(file.rows(), file.is_complete)
        read, problem = _executed(execute, given, comparison)
        comparison.finish(is_cut_short=bool(problem))
        changed = changed_data(given, [(item.path, item.digest) for item in read])
        return Replayed(
            journal=str(path),
            rows=file.count,
            is_complete=file.is_complete,
            recorded_hash=recorded,
            hash=recorded if not file.is_complete and comparison.difference is None else comparison.rows.hash(),
            difference=comparison.difference,
            changed_data=changed,
            problem=problem,
        )


def changed_data(given: Given, read: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The paths of data (empty: a made-up market) that are not what the run read, by their digests."""
    both = zip(given.data, read, strict=False)
    return tuple(item.path for item, (_, digest) in both if item.digest not in ("", digest))


def with_data(given: Given, data: tuple[str, ...]) -> Given:
    """The paths of a run's data, with others in their place if any are given; UsageError when one is not there."""
    named = [item for item in given.data if item.path]
    if data and len(data) != len(named):
        raise UsageError(f"the run read {len(named)} data files, and --data names {len(data)}")
    others = iter(data)
    moved = tuple(replace(item, path=next(others)) if item.path and data else item for item in given.data)
    missing = [item.path for item in moved if item.path and not Path(item.path).exists()]
    if missing:
        raise UsageError(f"the run's data are not there: {', '.join(missing)}. Say where they are: --data FILE")
    return replace(given, data=moved)


class _Comparison:
    """Takes in the rows of the run that is made again and looks for the first that is another one."""

    def __init__(self, recorded: Iterator[Row], is_complete: bool) -> None:
        self._recorded = recorded
        self._is_complete = is_complete
        self._is_over = False
        self.rows = Rows(self._keep)
        self.difference: Difference | None = None

    def _keep(self, rows: list[Row]) -> None:
        for again in rows:
            if self.difference is not None or self._is_over:
                return
            recorded = next(self._recorded, None)
            if recorded is None and not self._is_complete:
                self._is_over = True
            elif recorded != again:
                self.difference = Difference(recorded, again)

    def finish(self, is_cut_short: bool) -> None:
        """No more rows come. A run that was cut short twice by its own error is the same."""
        self.rows.flush()
        left = None if self.difference is not None else next(self._recorded, None)
        if left is not None:
            self.difference = Difference(left, None)
        elif is_cut_short and self._is_complete and self.difference is None:
            raise RunError("the run came to its end, and made again it did not")


def _executed(execute: Execute, given: Given, comparison: _Comparison) -> tuple[tuple[Data, ...], str]:
    """The data that were read, or why the run could not be carried on; that may be how it ended the first time."""
    rows = comparison.rows
    rows.begin(given.first_row())
    try:
        read = execute(given, Hooks(rows))
    except UsageError:
        raise
    except FsmError as problem:
        return (), str(problem)
    rows.end(replace(given, data=read).last_row())
    return read, ""


def _plain(row: Row | None) -> dict[str, object] | None:
    return None if row is None else dict(zip(("seq", "time_us", "kind", "body"), row, strict=True))

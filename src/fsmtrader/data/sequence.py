"""Snapshots and the changes after them in one order: by update id, with what is missing found and said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.depth_rows import UNKNOWN, DepthRows, emptied
from fsmtrader.data.events import Heard
from fsmtrader.data.times import instant
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsmtrader.data.depth_rows import Ids

MOST_NOTES = 5


@dataclass(slots=True)
class Tally:
    """What was found of a book's changes: messages that no snapshot covers or that came again, places with a gap.

    `is_checked`: update ids tell when something is missing.
    """

    messages: int = 0
    passed: int = 0
    twice: int = 0
    breaks: int = 0
    is_checked: bool = True


@dataclass(slots=True)
class Sequenced:
    """Puts snapshots (in order of their ids) and messages of changes together.

    `is_dense`: each message's first id is the one after the last of the message before (spot). Where that is not so and
    no column says which message came before (USD-M tables), only ids that go backwards can be seen.
    """

    snapshots: Sequence[DepthRows]
    tally: Tally
    stands_alone: bool = False
    """go on after a gap, and begin without a snapshot"""
    is_dense: bool | None = None
    taken: int = 0
    """snapshots that were used or are of no use any more"""
    is_synced: bool = False
    last_id: int = UNKNOWN
    """of the message before"""
    floor_us: int = 0
    """nothing is told earlier than what was told before it"""
    has_before: bool = False
    """each message says which one came before it"""

    def run(self, pieces: Iterable[DepthRows], heard: Heard) -> Iterator[DepthRows]:
        """All rows in the order in which they count. `pieces` are whole messages."""
        for rows in pieces:
            yield from self._piece(rows, heard)
        if not (self.is_synced or self.stands_alone) and self.taken < len(self.snapshots):
            yield self._take()
        self._say(heard)

    def _piece(self, rows: DepthRows, heard: Heard) -> Iterator[DepthRows]:
        messages = self._fresh(Messages.of(rows))
        self.tally.messages += len(messages.last)
        if self.is_dense is None:
            self.is_dense = messages.are_dense(self.last_id)
        self.has_before = bool((messages.before != UNKNOWN).all())
        follows = messages.follow(self.last_id, bool(self.is_dense))
        at = 0
        while at < len(messages.last):
            if self.is_synced or self.stands_alone:
                end = messages.first_break(follows, at)
                if end > at:
                    yield messages.rows_of(at, end).no_earlier(self.floor_us)
                    self.floor_us = max(self.floor_us, int(messages.time_us[end - 1]))
                at = end
                if at < len(messages.last):
                    broken = self._broken(messages, at, heard)
                    follows[at] = True
                    if not self.stands_alone:
                        yield broken
                continue
            start = self._start(messages, at)
            if start is None:
                self.tally.passed += len(messages.last) - at
                break
            self.tally.passed += start - at
            yield self._take()
            follows[start] = True
            at = start
        if len(messages.last):
            self.last_id = int(messages.last[-1])

    def _fresh(self, messages: Messages) -> Messages:
        """Without messages that were told before."""
        kept = messages.fresh(self.last_id)
        self.tally.twice += int((~kept).sum())
        return messages if kept.all() else messages.only(kept)

    def _start(self, messages: Messages, at: int) -> int | None:
        """The message from which the next snapshot that fits goes on; None while there is none here."""
        import numpy as np

        while self.taken < len(self.snapshots):
            snapshot_id = int(self.snapshots[self.taken].last_id[0])
            start = max(int(np.searchsorted(messages.last, snapshot_id, side="right")), at)
            if start == len(messages.last):
                return None
            before = int(messages.last[start - 1]) if start else self.last_id
            if messages.straddles(start, snapshot_id, before if start > at else UNKNOWN, bool(self.is_dense)):
                return start
            self.taken += 1
        return None

    def _take(self) -> DepthRows:
        snapshot = self.snapshots[self.taken].no_earlier(self.floor_us)
        self.taken += 1
        self.is_synced = True
        self.floor_us = int(snapshot.time_us[0])
        return snapshot

    def _broken(self, messages: Messages, at: int, heard: Heard) -> DepthRows:
        self.is_synced = False
        self.tally.breaks += 1
        when, row = max(self.floor_us, int(messages.time_us[at])), int(messages.rows.row[messages.starts[at]])
        self.floor_us = when
        if self.tally.breaks <= MOST_NOTES:
            heard(
                f"row {row}: changes are missing before {instant(when)} (update {messages.first[at]} does not follow "
                "on)" + ("" if self.stands_alone else ": the book is empty until another snapshot")
            )
        return emptied(when, row)

    def _say(self, heard: Heard) -> None:
        if self.tally.breaks > MOST_NOTES:
            heard(f"{self.tally.breaks - MOST_NOTES} more places where changes are missing")
        passed, twice = self.tally.passed, self.tally.twice
        if passed:
            heard(f"{passed} {_messages(passed)} passed over: older than the snapshot, or without one")
        if twice:
            heard(f"{twice} {_messages(twice)} told again (by update id) and passed over")
        if self.is_dense is False and not self.has_before:
            self.tally.is_checked = False
            heard("update ids have gaps of their own and no `pu` is told: missing changes could not be seen")


def _messages(count: int) -> str:
    return "message was" if count == 1 else "messages were"


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """Rows by message: where each begins, its time and its ids."""

    rows: DepthRows
    starts: Ids
    time_us: NDArray[np.int64]
    first: Ids
    last: Ids
    before: Ids

    @staticmethod
    def of(rows: DepthRows) -> Messages:
        """The messages of rows that end with `LAST`."""
        import numpy as np

        ends = np.flatnonzero((rows.place == LAST) | (rows.place == LAST + FIRST_OF_SNAPSHOT))
        starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
        return Messages(
            rows, starts, rows.time_us[starts], rows.first_id[starts], rows.last_id[starts], rows.before_id[starts]
        )

    def rows_of(self, start: int, end: int) -> DepthRows:
        """The rows of some messages that follow each other."""
        stop = int(self.starts[end]) if end < len(self.starts) else len(self.rows)
        return self.rows.part(slice(int(self.starts[start]), stop))

    def only(self, kept: NDArray[np.bool_]) -> Messages:
        """Some of the messages."""
        import numpy as np

        lengths = np.diff(np.append(self.starts, len(self.rows)))
        rows = self.rows.part(np.repeat(kept, lengths))
        if not len(rows):
            nothing = self.starts[:0]
            return Messages(rows, nothing, nothing, nothing, nothing, nothing)
        return Messages.of(rows)

    def fresh(self, last_id: int) -> NDArray[np.bool_]:
        """Which messages go beyond all before them."""
        import numpy as np

        highest = np.maximum.accumulate(np.concatenate([[last_id], self.last]))[:-1]
        fresh: NDArray[np.bool_] = self.last > highest
        return fresh

    def are_dense(self, last_id: int) -> bool | None:
        """Whether first ids mostly are those after the last ones of the messages before; None if none can tell."""
        import numpy as np

        ends = np.concatenate([[last_id], self.last])[:-1]
        known = ends != UNKNOWN
        return bool((self.first[known] == ends[known] + 1).mean() > 0.5) if known.any() else None

    def follow(self, last_id: int, is_dense: bool) -> NDArray[np.bool_]:
        """Which messages may come after the one before them."""
        import numpy as np

        ends = np.concatenate([[last_id], self.last])[:-1]
        told = self.before != UNKNOWN
        follows: NDArray[np.bool_] = np.where(
            told, self.before == ends, self.first == ends + 1 if is_dense else self.first > ends
        )
        follows |= ends == UNKNOWN
        return follows

    def first_break(self, follows: NDArray[np.bool_], at: int) -> int:
        """The first message from `at` on that does not follow; their number if all do."""
        import numpy as np

        wrong = np.flatnonzero(~follows[at:])
        return at + int(wrong[0]) if len(wrong) else len(self.last)

    def straddles(self, at: int, snapshot_id: int, ends: int, is_dense: bool) -> bool:
        """Whether a message is the first after a snapshot. `ends`: the last id of the message before it, if known."""
        if self.first[at] <= snapshot_id + 1:
            return True
        if self.before[at] != UNKNOWN:
            return bool(self.before[at] <= snapshot_id)
        return not is_dense and ends != UNKNOWN

"""Levels of which a column says whether they are a snapshot's: changes without update ids, as Tardis keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fsmtrader.data.depth_rows import UNKNOWN, DepthRows, joined_rows, message_starts, placed
from fsmtrader.data.events import Heard
from fsmtrader.data.files import FileSource
from fsmtrader.data.quality import MEND, Fault
from fsmtrader.domain.market import FIRST_OF_SNAPSHOT, LAST

if TYPE_CHECKING:
    from fsmtrader.data.depth_rows import Ids
    from fsmtrader.data.events import Floats
    from fsmtrader.data.quality import Rows

Wrong = Callable[[str, list[Fault]], None]


def flagged_rows(file: FileSource, wrong: Wrong, heard: Heard) -> Iterator[DepthRows]:
    """A file's rows as messages: rows of one time (of the recorder, where it is told) and one flag are a message.

    Nothing is told before the first snapshot. Without update ids missing changes cannot be seen.
    """
    import numpy as np

    held: list[DepthRows] = []
    is_open, passed = False, 0
    for part in _levels(file, wrong):
        whole = joined_rows([*held, part])
        starts = _starts(whole)
        held = [whole.part(slice(int(starts[-1]), None))]
        ready = whole.part(slice(int(starts[-1])))
        for rows in (_messages(ready, starts[:-1]),) if len(ready) else ():
            first = 0 if is_open else int(np.argmax(np.append(rows.place >= FIRST_OF_SNAPSHOT, True)))
            passed += first
            is_open = is_open or first < len(rows)
            if first < len(rows):
                yield rows.part(slice(first, None))
    if held:
        rows = _messages(held[0], np.zeros(1, dtype=np.int64))
        if is_open or rows.place[0] >= FIRST_OF_SNAPSHOT:
            yield rows
    heard("no update ids are told: missing changes could not be seen")
    if passed:
        heard(f"{passed} rows before the first snapshot were passed over")


def _levels(file: FileSource, wrong: Wrong) -> Iterator[DepthRows]:
    """A file's rows; `place` says for the moment whether a row is of a snapshot, `before_id` when it was received."""
    import numpy as np

    for rows, found in file.rows():
        wrong(file.name, found or _unflagged(file, rows))
        if found:
            continue
        values, nothing = rows.values, np.full(len(rows.time_us), UNKNOWN, dtype=np.int64)
        delay = file.delays(rows)
        received = np.where(np.isnan(delay), rows.time_us, rows.time_us + np.nan_to_num(delay))
        yield DepthRows(
            time_us=rows.time_us,
            price=values["price"],
            size=values["size"],
            side=values["side"],
            place=_flags(file, rows),
            delay=delay,
            row=rows.numbers,
            first_id=nothing,
            last_id=nothing,
            before_id=received.astype(np.int64),
        )


TRUE, FALSE = ("true", "1", "t", "yes"), ("false", "0", "f", "no")


def _flags(file: FileSource, rows: Rows) -> Floats:
    """1 for a row of a snapshot, 0 for a change, NaN for neither."""
    import polars as pl

    words = rows.raw.get_column(file.layout.ids["flag"]).cast(pl.String).str.strip_chars().str.to_lowercase()
    known = dict.fromkeys(TRUE, 1.0) | dict.fromkeys(FALSE, 0.0)
    flags = words.replace_strict(known, default=None, return_dtype=pl.Float64).fill_null(float("nan"))
    numbers: Floats = flags.to_numpy().copy()
    return numbers


def _unflagged(file: FileSource, rows: Rows) -> list[Fault]:
    import numpy as np

    lacking = np.isnan(_flags(file, rows))
    if not lacking.any():
        return []
    place, column = int(lacking.argmax()), file.layout.ids["flag"]
    what = f"`{rows.raw.get_column(column)[place]}` is neither true nor false"
    return [Fault(int(rows.numbers[place]), column, what, MEND, int(lacking.sum()))]


def _starts(rows: DepthRows) -> Ids:
    return message_starts(rows.before_id, rows.place)


def _messages(rows: DepthRows, starts: Ids) -> DepthRows:
    """Rows with their places: each flagged message is a whole snapshot."""
    import numpy as np

    is_snapshot = rows.place[starts] > 0.0
    found = placed(replace(rows, before_id=rows.first_id), starts, is_snapshot=False)
    found.place[starts[is_snapshot]] += FIRST_OF_SNAPSHOT
    assert found.place[-1] in (LAST, LAST + FIRST_OF_SNAPSHOT)
    return replace(found, time_us=np.maximum.accumulate(found.time_us))

"""What a file holds, for people: what was detected, how much there is, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fsmtrader.data.books import BookSource, as_sources
from fsmtrader.data.columns import NAME_OF_KIND
from fsmtrader.data.depth_columns import Shape
from fsmtrader.data.events import Content
from fsmtrader.data.files import Wanted, open_file, with_delays
from fsmtrader.data.quality import Fault

MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Description:
    """A file as it would be delivered. Times are those of events (a bar's is its close), None when there are none.

    `interval_us`: how far apart rows are where that is fixed, else 0; `silence_us`: the longest time without a row;
    `problems`: mistakes, the first `MOST_FAULTS` kinds and places of them.
    """

    path: str
    form: str
    kind: str
    time: str
    clock: str
    columns: Mapping[str, str]
    rows: int
    first_us: int | None
    last_us: int | None
    interval_us: int
    silence_us: int
    digest: str
    notes: tuple[str, ...]
    problems: tuple[Fault, ...]


def describe(wanted: Wanted) -> Description:
    """Read a file to its end, mistakes or not. DataError only when it cannot be read at all."""
    [source] = with_delays([open_file(wanted)])
    [reader] = as_sources([source])
    if isinstance(reader, BookSource):
        reader = replace(reader, stands_alone=source.layout.shape is Shape.CHANGES)
    notes: list[str] = []
    problems: list[Fault] = []
    content = Content()
    rows, silence = 0, 0
    first_us = last_us = None
    for batch, found in reader.read_all(notes.append):
        problems += found
        if not len(batch):
            continue
        content.add(batch)
        rows += len(batch)
        times = batch.time_us
        before = int(times[0]) if last_us is None else last_us
        steps = times.copy()
        steps[1:] -= times[:-1]
        steps[0] -= before
        silence = max(silence, int(steps.max()))
        first_us = int(times[0]) if first_us is None else first_us
        last_us = int(times[-1])
    return Description(
        path=source.name,
        form=source.table.form.value,
        kind=NAME_OF_KIND[source.kind],
        time=source.layout.time,
        clock=source.clock.words,
        columns=dict(source.layout.columns),
        rows=rows,
        first_us=first_us,
        last_us=last_us,
        interval_us=source.step_us,
        silence_us=silence,
        digest=content.hexdigest(),
        notes=tuple(notes),
        problems=tuple(problems[:MOST_FAULTS]),
    )

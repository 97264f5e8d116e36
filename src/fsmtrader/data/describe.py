"""What a file holds, for people: what was detected, how much there is, and everything that is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from fsmtrader.data.books import BookSource, as_sources
from fsmtrader.data.columns import NAME_OF_KIND
from fsmtrader.data.depth_columns import Shape
from fsmtrader.data.event_files import EventsSource
from fsmtrader.data.events import Content, EventBatch
from fsmtrader.data.files import FileSource, Wanted, open_file, with_delays
from fsmtrader.data.quality import Fault

MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Description:
    """A file as it would be delivered. Times are those of events (a bar's is its close), None when there are none.

    `interval_us`: how far apart rows are where that is fixed, else 0; `silence_us`: the longest time without a row (of
    its busiest kind); `counts`: the rows of each kind; `problems`: mistakes, the first `MOST_FAULTS` kinds and places.
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
    counts: Mapping[str, int] = field(default_factory=dict)


def describe(wanted: Wanted) -> Description:
    """Read a file to its end, mistakes or not. DataError only when it cannot be read at all."""
    [file] = with_delays([open_file(wanted)])
    sources = list(_readers(file))
    seen = [_Seen(source) for source in sources]
    for entry in seen:
        entry.read()
    firsts = [entry.first_us for entry in seen if entry.first_us is not None]
    lasts = [entry.last_us for entry in seen if entry.last_us is not None]
    digests = [entry.content.hexdigest() for entry in seen]
    problems = sorted((fault for entry in seen for fault in entry.problems), key=lambda fault: fault.row)
    return Description(
        path=file.name,
        form=file.table.form.value,
        kind=", ".join(NAME_OF_KIND[source.kind] for source in sources),
        time=file.layout.time,
        clock=file.clock.words,
        columns=dict(file.layout.columns),
        rows=sum(entry.rows for entry in seen),
        first_us=min(firsts, default=None),
        last_us=max(lasts, default=None),
        interval_us=max(source.interval_us for source in sources),
        silence_us=min(entry.silence_us for entry in seen),
        digest=digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest(),
        notes=tuple(note for entry in seen for note in entry.notes),
        problems=tuple(problems[:MOST_FAULTS]),
        counts={NAME_OF_KIND[entry.source.kind]: entry.rows for entry in seen},
    )


Reader = FileSource | BookSource | EventsSource
"""what reads on when rows are wrong"""


def _readers(file: FileSource) -> Iterator[Reader]:
    """What reads a file: more than one thing for a file of events. Changes are looked at without their snapshot."""
    for source in as_sources([file]):
        if isinstance(source, BookSource):
            yield replace(source, stands_alone=file.layout.shape is Shape.CHANGES)
        else:
            yield source


@dataclass(slots=True)
class _Seen:
    """What has been seen of one kind of events."""

    source: Reader
    rows: int = 0
    first_us: int | None = None
    last_us: int | None = None
    silence_us: int = 0
    content: Content = field(default_factory=Content)
    notes: list[str] = field(default_factory=list)
    problems: list[Fault] = field(default_factory=list)

    def read(self) -> None:
        """All of it."""
        for batch, found in self.source.read_all(self.notes.append):
            self.problems += found
            if len(batch):
                self._take(batch)

    def _take(self, batch: EventBatch) -> None:
        self.content.add(batch)
        self.rows += len(batch)
        times = batch.time_us
        steps = times.copy()
        steps[1:] -= times[:-1]
        steps[0] -= int(times[0]) if self.last_us is None else self.last_us
        self.silence_us = max(self.silence_us, int(steps.max()))
        self.first_us = int(times[0]) if self.first_us is None else self.first_us
        self.last_us = int(times[-1])

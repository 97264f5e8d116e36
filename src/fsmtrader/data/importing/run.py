"""An import: files of recordings in, a file of events for each market out, and a manifest of what was found.

Nothing that is half-written has its final name: a file of events appears when it is whole, the manifest last.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader.data.books import BookSource, as_sources
from fsmtrader.data.depth_columns import Shape
from fsmtrader.data.event_files import write_events
from fsmtrader.data.events import EventBatch, Source
from fsmtrader.data.files import FileSource, open_file
from fsmtrader.data.importing.check import BookCheck, check_book
from fsmtrader.data.importing.clocks import ClockChoice, Distance, distance, time_column
from fsmtrader.data.importing.distinct import Distinct
from fsmtrader.data.importing.manifest import KindTold, MarketTold, source_told, written_manifest
from fsmtrader.data.importing.prepare import prepare
from fsmtrader.data.importing.spool import Input
from fsmtrader.data.mending import Mending
from fsmtrader.data.merge import merged
from fsmtrader.data.sequence import Tally
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    pass

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, where to, and by whose clock. `market`: its name, where it is not to be found out."""

    paths: tuple[str, ...]
    target: Path
    clock: ClockChoice = ClockChoice.EXCHANGE
    market: str = ""


def import_files(order: Order, progressed: Callable[[str, int], None]) -> dict[str, object]:
    """Do it; the manifest as it was written. `progressed` hears what is done and how many more rows it did.

    DataError says which file, row or line cannot be used, UsageError why the folder cannot be written.
    """
    try:
        order.target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=order.target, prefix=".import-") as name:
            folder = Path(name)
            found = prepare(order.paths, folder, order.market, lambda rows: progressed("reading", rows))
            if not found.inputs:
                raise DataError(f"{', '.join(order.paths)}: holds no depth, quotes, trades or bars")
            markets = list(dict.fromkeys(entry.market for entry in found.inputs))
            told = [
                _Market(order, market, [entry for entry in found.inputs if entry.market == market]).write(progressed)
                for market in markets
            ]
        sources = [source_told(path) for path in dict.fromkeys(entry.origin for entry in found.inputs)]
        return written_manifest(order.target / MANIFEST, order.clock.value, sources, dict(found.ignored), told)
    except OSError as error:
        raise UsageError(f"cannot write {str(order.target)!r}: {(error.strerror or str(error)).lower()}") from error


@dataclass(slots=True)
class _Market:
    """One market on its way into its file."""

    order: Order
    market: str
    inputs: Sequence[Input]
    tally: Tally = field(default_factory=Tally)
    kinds: dict[Kind, KindTold] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Where its events go."""
        plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in self.market)
        return self.order.target / f"{plain.lstrip('.') or 'market'}.parquet"

    def write(self, progressed: Callable[[str, int], None]) -> MarketTold:
        """Its file, and what was found on the way."""
        mendings: dict[tuple[str, str], Mending] = {}
        files = [self._open(entry, mendings.setdefault(_table(entry), Mending())) for entry in self.inputs]
        fed = [file for file in files if file.layout.shape is not Shape.SNAPSHOT]
        apart = distance(fed) or distance(files)
        if apart is not None:
            files = [replace(file, least_us=apart.least_us) for file in files]
            for mending in mendings.values():
                mending.offset_us = apart.median_us
        sources = [self._source(source) for source in as_sources(files)]
        try:
            rows = write_events(str(self.path), lambda: self._batches(sources, progressed))
        except DataError as error:
            raise DataError(self._as_given(str(error))) from error
        if not rows:
            self.path.unlink()
            raise DataError(self._as_given("; ".join([f"{self.market}: no row of it can be used", *self.notes])))
        return self._told(rows, apart, list(mendings.values()), check_book(str(self.path)))

    def _open(self, entry: Input, mending: Mending) -> FileSource:
        """A table on the clock that is wanted; parts of one table share what mends them."""
        column = time_column(entry.wanted.path, self.order.clock)
        mapping = {"time": column} if column else {}
        try:
            return open_file(replace(entry.wanted, mapping=mapping, mending=mending))
        except DataError as error:
            raise DataError(self._as_given(str(error))) from error

    def _source(self, source: Source) -> Source:
        if isinstance(source, BookSource):
            return replace(source, tally=self.tally)
        if isinstance(source, FileSource) and source.kind is Kind.TRADE and source.wanted.mending is not None:
            return Distinct(source, source.wanted.mending)
        return source

    def _batches(self, sources: Sequence[Source], progressed: Callable[[str, int], None]) -> Iterator[EventBatch]:
        """All events in order, counted."""
        for batch in merged([source.read(self._hear) for source in sources]):
            self._count(batch)
            progressed(self.market, len(batch))
            yield batch

    def _hear(self, note: str) -> None:
        plain = self._as_given(note)
        if plain not in self.notes:
            self.notes.append(plain)

    def _as_given(self, text: str) -> str:
        """What is said of a table that was made on the way, said of the file that it is from."""
        for entry in self.inputs:
            text = text.replace(entry.wanted.path, entry.origin)
        return text

    def _count(self, batch: EventBatch) -> None:
        import numpy as np

        for kind in Kind:
            places = np.flatnonzero(batch.kind == kind)
            if len(places):
                first, last = int(batch.time_us[places[0]]), int(batch.time_us[places[-1]])
                before = self.kinds.get(kind, KindTold(0, first, last))
                self.kinds[kind] = KindTold(before.rows + len(places), before.first_us, last)

    def _told(
        self, rows: int, apart: Distance | None, mendings: Sequence[Mending], book: BookCheck | None
    ) -> MarketTold:
        """What a manifest says of it."""
        checks: dict[str, object] = {
            "rows_without_time_of_exchange": sum(mending.filled for mending in mendings),
            "rows_out_of_order": sum(mending.moved for mending in mendings),
            "trades_repeated": sum(mending.repeated for mending in mendings),
        }
        if self.tally.messages:
            checks["sequence"] = asdict(self.tally)
        if book is not None:
            checks["book"] = book.plain()
        clocks = {} if apart is None else _clocks(apart)
        return MarketTold(self.market, self.path, rows, dict(self.kinds), checks, clocks, tuple(self.notes))


def _table(entry: Input) -> tuple[str, str]:
    """What parts of one table have in common: the file that they are from, and what they hold."""
    return entry.origin, Path(entry.wanted.path).stem.rpartition("-")[2]


def _clocks(apart: Distance) -> dict[str, object]:
    """How the two clocks stand to each other. The least distance counts as no delay."""
    return {
        "rows": apart.rows,
        "exchange_ahead_us": -apart.least_us,
        "local_minus_exchange_us": {"least": apart.least_us, "median": apart.median_us, "p99": apart.p99_us},
        "delay_us": {"least": 0, "median": apart.median_us - apart.least_us, "p99": apart.p99_us - apart.least_us},
    }

"""The market of a run: all its sources as one stream of events, checked before the first is delivered.

Opening a stream reads it once (ten million rows take seconds): every mistake is found before a strategy trades, and
rows, span and digest are known. Iterating reads it again; memory holds a piece of each file, never a whole one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.books import NO_START, BookSource, as_sources
from fsmtrader.data.columns import NAME_OF_KIND
from fsmtrader.data.events import Content, EventBatch, Heard, Source, batch_of, unheard
from fsmtrader.data.files import FileSource, Wanted, open_file, with_delays
from fsmtrader.data.merge import merged
from fsmtrader.data.times import instant
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    from fsmtrader.data.events import Floats, Times

MOST_SOURCES = 1_000
COARSE_US = 60_000_000
"""a mark series with rows further apart is too coarse to be a price beside quotes or trades"""
SERIES_ROWS = 1 << 17
PRICES = frozenset({Kind.BOOK, Kind.TRADE, Kind.BAR, Kind.DEPTH})
"""what a run goes along; funding and marks that outlast it are no part of it"""
TICKS = frozenset({Kind.BOOK, Kind.TRADE, Kind.DEPTH})


@dataclass(frozen=True, slots=True)
class Report:
    """What one source delivers: how many rows over which time, and the SHA-256 of them."""

    name: str
    kind: Kind
    market: int
    interval_us: int
    rows: int
    first_us: int
    last_us: int
    digest: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EventStream:
    """Events of all sources, by time, kind and order of the sources; it can be iterated any number of times."""

    sources: tuple[Source, ...]
    reports: tuple[Report, ...]
    markets: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[EventBatch]:
        return merged([source.read(unheard) for source in self.sources])

    def __len__(self) -> int:
        """How many events it delivers."""
        return sum(report.rows for report in self.reports)

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the same events have the same digest, whatever files they came from."""
        names = self.markets
        lines = (f"{r.market} {names[r.market]} {r.kind.name} {r.interval_us} {r.digest}\n" for r in self.reports)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def first_us(self) -> int:
        """The time of the first event."""
        return min(report.first_us for report in self.reports)

    @property
    def last_us(self) -> int:
        """The time of the last event."""
        return max(report.last_us for report in self.reports)

    @property
    def prices_us(self) -> tuple[int, int]:
        """The times of the first and the last price; of the first and the last event where there are none."""
        priced = [report for report in self.reports if report.kind in PRICES] or self.reports
        return min(report.first_us for report in priced), max(report.last_us for report in priced)

    def overlaps(self, kind: Kind, market: int) -> bool:
        """Whether events of a kind fall into the time of the prices."""
        first_us, last_us = self.prices_us
        found = [report for report in self.reports if report.kind is kind and report.market == market]
        return any(report.last_us >= first_us and report.first_us <= last_us for report in found)

    def told_us(self, kind: Kind, market: int) -> int:
        """From the first event of a kind in a market to the last."""
        found = [report for report in self.reports if report.kind is kind and report.market == market]
        return max((r.last_us for r in found), default=0) - min((r.first_us for r in found), default=0)

    def interval_us(self, market: int) -> int:
        """How long the bars of a market are, the shortest if there are several; 0 without bars."""
        found = [r.interval_us for r in self.reports if r.kind is Kind.BAR and r.market == market]
        return min(found, default=0)

    def kinds(self, market: int) -> frozenset[Kind]:
        """Of what kinds a market has events."""
        return frozenset(report.kind for report in self.reports if report.market == market)


@dataclass(frozen=True, slots=True, eq=False)
class SeriesSource:
    """Bars that are in memory (a made-up market) as a source."""

    series: BarSeries
    market: int = 0

    @property
    def name(self) -> str:
        return self.series.source

    @property
    def kind(self) -> Kind:
        return Kind.BAR

    @property
    def interval_us(self) -> int:
        return self.series.interval_us

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        for note in self.series.notes:
            heard(note)
        for start in range(0, len(self.series), SERIES_ROWS):
            time_us, *numbers = (column[start : start + SERIES_ROWS] for column in self.series.columns)
            yield batch_of(Kind.BAR, self.market, time_us, numbers)  # type: ignore[arg-type]  # the first is the times


@dataclass(frozen=True, slots=True, eq=False)
class FundingAtMark:
    """Funding whose mark, where its file does not say it, is the mark series' opening price of that moment."""

    funding: Source
    time_us: Times
    price: Floats

    @property
    def name(self) -> str:
        return self.funding.name

    @property
    def kind(self) -> Kind:
        return Kind.FUNDING

    @property
    def market(self) -> int:
        return self.funding.market

    @property
    def interval_us(self) -> int:
        return self.funding.interval_us

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        import numpy as np

        without = 0
        for batch in self.funding.read(heard):
            place = np.minimum(np.searchsorted(self.time_us, batch.time_us), max(len(self.time_us) - 1, 0))
            known = self.time_us[place] == batch.time_us if len(self.time_us) else np.zeros(len(batch), dtype=bool)
            given = ~np.isnan(batch.b)
            price = self.price[place] if len(self.time_us) else batch.b
            without += int((~known & ~given).sum())
            yield replace(batch, b=np.where(given | ~known, batch.b, price))
        if without:
            heard(f"{without} rows have no mark of their moment: the last price is taken")


def open_stream(files: Sequence[Wanted], markets: Sequence[str] = ("",)) -> EventStream:
    """Files as one stream. `markets` names the markets that `Wanted.market` counts.

    DataError and UsageError say which file, row and column cannot be used, and what would help.
    """
    if not files:
        raise UsageError("no file of market data was given")
    if len(files) > MOST_SOURCES:
        raise UsageError(f"{len(files)} files of market data, more than {MOST_SOURCES}")
    return stream_of(as_sources(with_delays([open_file(wanted) for wanted in files])), markets)


def stream_of(sources: Sequence[Source], markets: Sequence[str] = ("",)) -> EventStream:
    """Sources as one stream, read once to know that they can be."""
    for source in sources:
        if not 0 <= source.market < len(markets):
            raise UsageError(f"{source.name}: market {source.market} is not one of {len(markets)}")
    _check_twice(sources)
    notes: list[str] = []
    delivered = list(_with_marks(sources, markets, notes))
    told = [(source, survey(source)) for source in delivered]
    _check_overlaps([report for _, report in told])
    told = list(_within_prices(told, notes))
    delivered, reports = [source for source, _ in told], tuple(report for _, report in told)
    notes += [f"{report.name}: {note}" for report in reports for note in report.notes]
    notes += _clocks(delivered)
    return EventStream(tuple(delivered), reports, tuple(markets), tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class Until:
    """Funding or a mark as far as there are prices: what comes later is no part of a run."""

    whole: Source
    last_us: int

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def kind(self) -> Kind:
        return self.whole.kind

    @property
    def market(self) -> int:
        return self.whole.market

    @property
    def interval_us(self) -> int:
        return self.whole.interval_us

    def read(self, heard: Heard) -> Iterator[EventBatch]:
        import numpy as np

        for batch in self.whole.read(heard):
            stop = int(np.searchsorted(batch.time_us, self.last_us, side="right"))
            yield batch if stop == len(batch) else batch.part(slice(stop))


def _within_prices(told: Sequence[tuple[Source, Report]], notes: list[str]) -> Iterator[tuple[Source, Report]]:
    """The run ends with the last price; that funding or a mark has nothing to do with the prices' time is said."""
    priced = [report for _, report in told if report.kind in PRICES]
    first_us = min((report.first_us for report in priced), default=0)
    last_us = max((report.last_us for report in priced), default=2**62)
    for source, report in told:
        if report.kind in PRICES or not priced:
            yield source, report
            continue
        if report.last_us < first_us or report.first_us > last_us:
            notes.append(_apart(report, first_us, last_us))
        if report.last_us <= last_us:
            yield source, report
        elif report.first_us <= last_us:
            part = Until(source, last_us)
            yield part, survey(part)


def _apart(report: Report, first_us: int, last_us: int) -> str:
    what = NAME_OF_KIND[report.kind]
    none = "none is paid" if report.kind is Kind.FUNDING else "it is no price of this run"
    return (
        f"{report.name}: the {what} is of {instant(report.first_us)} to {instant(report.last_us)}, the prices are of "
        f"{instant(first_us)} to {instant(last_us)}: {none}"
    )


def survey(source: Source) -> Report:
    """Read a source to its end: rows, span, digest. DataError when it cannot be used or has nothing to give."""
    content = Content()
    notes: list[str] = []
    rows, first_us, last_us = 0, 0, 0
    for batch in source.read(notes.append):
        if not len(batch):
            continue
        content.add(batch)
        first_us = int(batch.time_us[0]) if rows == 0 else first_us
        last_us = int(batch.time_us[-1])
        rows += len(batch)
    if rows == 0 and isinstance(source, BookSource) and not source.has_start:
        raise DataError(f"{source.name}: {NO_START}{''.join(f'; {note}' for note in notes)}")
    if rows == 0:
        raise DataError(f"{source.name}: has no rows in the time that was asked for{_span(source)}")
    return Report(
        source.name,
        source.kind,
        source.market,
        source.interval_us,
        rows,
        first_us,
        last_us,
        content.hexdigest(),
        tuple(notes),
    )


def _span(source: Source) -> str:
    """From when to when a file goes, for who asked for another time."""
    if not isinstance(source, FileSource):
        return ""
    wanted = replace(source.wanted, from_us=None, to_us=None)
    batches = replace(source, wanted=wanted).read(unheard)
    first_us = last_us = None
    for batch in batches:
        first_us = int(batch.time_us[0]) if first_us is None else first_us
        last_us = int(batch.time_us[-1])
    if first_us is None or last_us is None:
        return ""
    return f"; it goes from {instant(first_us)} to {instant(last_us)}"


def _check_twice(sources: Sequence[Source]) -> None:
    """The same file twice for one market would trade everything twice."""
    seen: set[tuple[object, ...]] = set()
    for source in sources:
        key: tuple[object, ...] = (source.name, source.market, source.kind)
        if isinstance(source, FileSource):
            key = (*key, source.wanted.prefix, *source.wanted.where.items(), *source.wanted.mapping.items())
        if key in seen:
            raise UsageError(f"{source.name} is given twice")
        seen.add(key)


def _check_overlaps(reports: Sequence[Report]) -> None:
    """Files that follow each other make one series; two that tell of the same time would tell everything twice."""
    latest: dict[tuple[int, Kind], Report] = {}
    for report in sorted(reports, key=lambda report: (report.first_us, report.last_us)):
        before = latest.get((report.market, report.kind))
        if before is not None and report.first_us <= before.last_us and not _is_moment(report, before):
            raise DataError(
                f"{before.name} and {report.name} both hold {NAME_OF_KIND[report.kind]} of the time from "
                f"{instant(report.first_us)} to {instant(min(before.last_us, report.last_us))}: give one of them, or "
                "say of which markets they are"
            )
        if before is None or report.last_us > before.last_us:
            latest[report.market, report.kind] = report


def _is_moment(report: Report, before: Report) -> bool:
    """Quotes and trades of two files may share the moment at which one goes on from the other."""
    return report.first_us == before.last_us and report.kind in TICKS


def _with_marks(sources: Sequence[Source], markets: Sequence[str], notes: list[str]) -> Iterator[Source]:
    """Funding gets its marks; a mark series that is coarser than the market is used for nothing else."""
    for source in sources:
        marks = [s for s in sources if s.kind is Kind.MARK and s.market == source.market]
        if source.kind is Kind.FUNDING and marks:
            yield _at_marks(source, marks)
        elif source.kind is Kind.MARK and source.interval_us > _grain_us(source.market, sources):
            has_funding = any(s.kind is Kind.FUNDING and s.market == source.market for s in sources)
            use = "is used at funding instants only" if has_funding else "is not used: there is no funding to pay on it"
            where = f" of {markets[source.market]}" if markets[source.market] else ""
            notes.append(f"{source.name}: the mark{where} is coarser than the other data and {use}")
            if not has_funding:
                survey(source)
        else:
            yield source


def _grain_us(market: int, sources: Sequence[Source]) -> int:
    """How fine a mark must be to be a price of its market."""
    bars = [s.interval_us for s in sources if s.kind is Kind.BAR and s.market == market]
    ticks = any(s.kind in TICKS and s.market == market for s in sources)
    if not bars and not ticks:
        return 2**62
    return min([*bars, *([COARSE_US] if ticks else [])])


def _at_marks(funding: Source, marks: Sequence[Source]) -> FundingAtMark:
    """The marks at the moments of funding: only they are kept."""
    import numpy as np

    paid = np.concatenate([batch.time_us for batch in funding.read(unheard)] or [np.empty(0, dtype=np.int64)])
    times: list[Times] = []
    prices: list[Floats] = []
    for source in marks:
        for batch in source.read(unheard):
            kept = np.isin(batch.time_us, paid)
            times.append(batch.time_us[kept])
            prices.append(batch.a[kept])
    when = np.concatenate(times or [paid[:0]])
    price = np.concatenate(prices or [np.empty(0)])
    order = np.argsort(when, kind="stable")
    return FundingAtMark(funding, when[order], price[order])


def _clocks(sources: Sequence[Source]) -> Iterator[str]:
    """Files that were stamped by different clocks do not belong in one order."""
    found = {
        file.layout.time: file.name
        for source in sources
        for file in (source.files if isinstance(source, BookSource) else [source])
        if isinstance(file, FileSource) and file.kind in TICKS
    }
    if len(found) > 1:
        columns = " and ".join(f"`{column}` in {name}" for column, name in found.items())
        yield f"quotes and trades are ordered by {columns}: name one clock for all with --map time=COLUMN"

"""The market of a run: the files that were given, else what the spec's `run` names, else a made-up one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.columns import prefixes_of
from fsmtrader.data.files import Wanted, open_file
from fsmtrader.data.stream import EventStream, SeriesSource, open_stream, stream_of
from fsmtrader.data.synthetic import KINDS as SYNTHETIC
from fsmtrader.data.synthetic import generate
from fsmtrader.data.synthetic_book import BOOKS, BookMarket, book_sources
from fsmtrader.data.tables import open_table
from fsmtrader.data.times import instant
from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.domain.market import Kind
from fsmtrader.program.ir import Program
from fsmtrader.research.markets import Markets
from fsmtrader.research.namesakes import namesakes
from fsmtrader.research.run_settings import (
    KINDS,
    DataFile,
    Settings,
    data_file,
    market_index,
    market_named,
    operations_of,
    span_of,
)
from fsmtrader.research.settings import number_of, plain_mapping

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
DAYS, VOLATILITY, START_PRICE, INTERVAL_US = 30.0, 0.6, 60_000.0, 60 * SECOND_US
BOOK_DAYS, BOOK_INTERVAL_US = 5 / 1440, 10_000
"""a made-up book lasts five minutes, with a hundred messages a second"""


def stream_for(program: Program, settings: Settings) -> tuple[EventStream, str]:
    """The events of a run, and what the market is called in a summary."""
    markets = Markets(program)
    stream, name = _recorded(markets, settings) if settings.data else _made_up(program, markets, settings)
    _check_operations(settings, stream)
    return stream, name


def _recorded(markets: Markets, settings: Settings) -> tuple[EventStream, str]:
    """The files as they are meant."""
    if not markets.places:
        raise UsageError("the spec has no legs, so no market data can be about it")
    if settings.bars:
        raise UsageError("--bars is for a made-up market; with --data say --from and --to")
    wanted = [_wanted(markets, settings, entry) for entry in settings.data]
    _check_used(markets, settings, wanted)
    _check_shared(markets, wanted)
    stream = open_stream(wanted, [place.name for place in markets.places])
    _check_covered(markets, stream)
    taken = [(Path(entry.path).name, markets.places[entry.market]) for entry in wanted]
    notes = (*stream.notes, *namesakes(taken, is_exact=settings.profile == "exact"))
    return replace(stream, notes=notes), ", ".join(dict.fromkeys(name for name, _ in taken))


def with_own_data(program: Program, settings: Settings) -> Settings:
    """The settings with the files that the spec's `run` names, where none were given."""
    if settings.data:
        return settings
    named = plain_mapping(program.run, "market").get("data")
    return replace(settings, data=tuple(data_file(path) for path in _paths(named)))


def _paths(named: object) -> Iterable[str]:
    if isinstance(named, str) and named:
        return (named,)
    return tuple(str(path) for path in named) if isinstance(named, list | tuple) else ()


def _wanted(markets: Markets, settings: Settings, entry: DataFile) -> Wanted:
    """A file with the options that are about columns that it has."""
    columns = open_table(entry.path).columns
    market, kind = market_index(markets, entry), KINDS.get(entry.kind)
    prefix = _prefixes(markets, settings).get(market, settings.prefix)
    begin_us, end_us = span_of(settings)
    return Wanted(
        entry.path,
        market,
        kind,
        mapping={name: column for name, column in settings.mapping.items() if column in columns},
        prefix=prefix if prefix and any(_begins(column, prefix) for column in columns) else "",
        where={column: value for column, value in settings.where.items() if column in columns},
        interval_us=_interval_us(settings) if kind in (None, Kind.BAR) else 0,
        from_us=begin_us,
        to_us=end_us,
    )


def _prefixes(markets: Markets, settings: Settings) -> dict[int, str]:
    """What the columns of a market begin with, where that is said of it alone."""
    found: dict[int, str] = {}
    for name, prefix in settings.prefixes.items():
        index = market_named(markets, name, f"--prefix {name}={prefix}")
        if found.setdefault(index, prefix) != prefix:
            raise UsageError(
                f"--prefix {name}={prefix}: the columns of that market are said to begin with {found[index]}"
            )
    return found


def _begins(column: str, prefix: str) -> bool:
    return column.strip().lower().startswith(prefix.lower())


def _interval_us(settings: Settings) -> int:
    if not settings.interval:
        return 0
    seconds = number_of(settings.interval, 0.0)
    if not seconds > 0.0:
        raise UsageError(f"--interval {settings.interval}: write e.g. 1m or 4h")
    return round(seconds * SECOND_US)


def _check_used(markets: Markets, settings: Settings, wanted: Sequence[Wanted]) -> None:
    """An option about a column that no file has is a slip."""
    mapped = {name for entry in wanted for name in entry.mapping}
    for name, column in settings.mapping.items():
        if name not in mapped:
            raise UsageError(f"--map {name}={column}: none of the files has a column {column}")
    chosen = {column for entry in wanted for column in entry.where}
    for column, value in settings.where.items():
        if column not in chosen:
            raise UsageError(f"--where {column}={value}: none of the files has a column {column}")
    own = _prefixes(markets, settings)
    if settings.prefix and not any(entry.prefix for entry in wanted if entry.market not in own):
        raise UsageError(f"--prefix {settings.prefix}: none of the files has a column that begins so")
    for index, prefix in own.items():
        if not any(entry.prefix for entry in wanted if entry.market == index):
            name = markets.places[index].name
            raise UsageError(f"--prefix {prefix}: none of the files of {name} has a column that begins so")


def _check_shared(markets: Markets, wanted: Sequence[Wanted]) -> None:
    """Two markets of one file need columns of their own: otherwise both would have the same prices, unseen."""
    seen: dict[tuple[str, str], int] = {}
    files = [os.path.realpath(entry.path) for entry in wanted]
    for entry, file in zip(wanted, files, strict=True):
        if files.count(file) == 1:
            continue
        for column in open_file(entry).layout.used:
            other = seen.setdefault((file, column), entry.market)
            if other != entry.market:
                raise UsageError(_shared(markets, entry, column, other))


def _shared(markets: Markets, entry: Wanted, column: str, other: int) -> str:
    first, second = markets.places[other], markets.places[entry.market]
    one, two, *_ = (*prefixes_of(open_table(entry.path).columns), "a_", "b_")
    example = f"--prefix {first.legs[0]}={one} --prefix {second.legs[0]}={two}"
    return (
        f"{entry.path}: {first.name} and {second.name} would both have its column `{column}`: say what the columns of "
        f"each begin with, e.g. {example}, or give each its own file"
    )


def _check_operations(settings: Settings, stream: EventStream) -> None:
    """An operator who speaks before the first price or after the last is not heard."""
    first_us, last_us = stream.prices_us
    times = operations_of(settings, first_us)
    for (written, event), (time_us, _) in zip(settings.operations, times, strict=True):
        if not first_us <= time_us <= last_us:
            raise UsageError(
                f"--operator {written}={event}: is outside of the data, which goes from {instant(first_us)} to "
                f"{instant(last_us)}"
            )


def _check_covered(markets: Markets, stream: EventStream) -> None:
    """Every market of the spec must have prices; news of one cannot stand for another."""
    for index, place in enumerate(markets.places):
        if not stream.kinds(index):
            raise UsageError(f"no data for {place.name}: add --data {place.name}=FILE")


def _made_up(program: Program, markets: Markets, settings: Settings) -> tuple[EventStream, str]:
    """A market from a seed, as the spec's `run: {market: …}` says; what needs a queue gets an order book."""
    wanted = plain_mapping(program.run, "market")
    kind = str(wanted.get("synthetic") or ("book" if wanted.get("needs") == "queue" else "regimes"))
    names = [place.name for place in markets.places[:1]] or [""]
    if settings.begin or settings.end:
        raise UsageError("--from and --to are for recorded data; a made-up market is cut with --bars N")
    if kind in BOOKS:
        made = _made_up_book(kind, wanted, settings)
        return stream_of(book_sources(made), names), made.name
    bars = _made_up_bars(kind, wanted, settings)
    return stream_of([SeriesSource(bars)], names), bars.source


def _made_up_bars(kind: str, wanted: Mapping[str, object], settings: Settings) -> BarSeries:
    if kind not in SYNTHETIC:
        known = ", ".join([*SYNTHETIC, *BOOKS])
        raise RunError(f"the made-up market {kind} is not to be had; known are {known}: give --data FILE")
    interval_us = round(number_of(wanted.get("interval"), INTERVAL_US / SECOND_US) * SECOND_US)
    days = number_of(wanted.get("days"), DAYS)
    made = generate(
        kind,
        seed=settings.seed,
        start_price=number_of(wanted.get("price"), START_PRICE),
        interval_us=interval_us,
        bars=max(1, round(days * DAY_US / interval_us)),
        annual_volatility=number_of(wanted.get("vol"), VOLATILITY),
    )
    return _first(made, settings.bars)


def _made_up_book(kind: str, wanted: Mapping[str, object], settings: Settings) -> BookMarket:
    """A book has messages, not bars: `interval` is the mean time between them."""
    if settings.bars:
        raise UsageError(
            f"--bars is for bars, and {kind} is an order book: its length is `run: {{market: {{days: …}}}}`"
        )
    return BookMarket(
        kind,
        settings.seed,
        start_price=number_of(wanted.get("price"), START_PRICE),
        annual_volatility=number_of(wanted.get("vol"), VOLATILITY),
        span_us=round(number_of(wanted.get("days"), BOOK_DAYS) * DAY_US),
        interval_us=round(number_of(wanted.get("interval"), BOOK_INTERVAL_US / SECOND_US) * SECOND_US),
        tick=number_of(wanted.get("tick"), 0.0),
    )


def _first(series: BarSeries, bars: int) -> BarSeries:
    """Its first bars, all of them if there are no more (a note says so); 0: all."""
    if bars > len(series):
        return replace(series, notes=(*series.notes, f"the market has {len(series):,} bars, not {bars:,}"))
    if bars in (0, len(series)):
        return series
    cut = {name: getattr(series, name)[:bars] for name in ("time_us", "open", "high", "low", "close", "volume")}
    return BarSeries(series.source, series.interval_us, notes=series.notes, **cut)

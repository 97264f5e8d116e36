"""The market of a run: the files that were given, else what the spec's `run` names, else a made-up one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import EventStream, SeriesSource, open_stream, stream_of
from fsmtrader.data.synthetic import KINDS as SYNTHETIC
from fsmtrader.data.synthetic import generate
from fsmtrader.data.tables import open_table
from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.domain.market import Kind
from fsmtrader.program.ir import Program
from fsmtrader.research.markets import Markets
from fsmtrader.research.run_settings import KINDS, DataFile, Settings, data_file, market_index, moment
from fsmtrader.research.settings import number_of, plain_mapping

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
DAYS, VOLATILITY, START_PRICE, INTERVAL_US = 30.0, 0.6, 60_000.0, 60 * SECOND_US


def stream_for(program: Program, settings: Settings) -> tuple[EventStream, str]:
    """The events of a run, and what the market is called in a summary."""
    markets, data = Markets(program), settings.data
    names = [place.name for place in markets.places] or [""]
    if not data:
        made = _made_up(program, settings)
        return stream_of([SeriesSource(made)], names[:1]), made.source
    if not markets.places:
        raise UsageError("the spec has no legs, so no market data can be about it")
    if settings.bars:
        raise UsageError("--bars is for a made-up market; with --data say --from and --to")
    wanted = [_wanted(markets, settings, entry) for entry in data]
    _check_used(settings, wanted)
    stream = open_stream(wanted, names)
    _check_covered(markets, stream)
    return stream, ", ".join(Path(entry.path).name for entry in data)


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
    spoken = settings.prefix and any(column.startswith(settings.prefix) for column in columns)
    kind = KINDS.get(entry.kind)
    return Wanted(
        entry.path,
        market_index(markets, entry),
        kind,
        mapping={name: column for name, column in settings.mapping.items() if column in columns},
        prefix=settings.prefix if spoken else "",
        where={column: value for column, value in settings.where.items() if column in columns},
        interval_us=_interval_us(settings) if kind in (None, Kind.BAR) else 0,
        from_us=moment(settings.begin, 0) if settings.begin else None,
        to_us=moment(settings.end, 0) if settings.end else None,
    )


def _interval_us(settings: Settings) -> int:
    if not settings.interval:
        return 0
    seconds = number_of(settings.interval, 0.0)
    if not seconds > 0.0:
        raise UsageError(f"--interval {settings.interval}: write e.g. 1m or 4h")
    return round(seconds * SECOND_US)


def _check_used(settings: Settings, wanted: Sequence[Wanted]) -> None:
    """An option about a column that no file has is a slip."""
    mapped = {name for entry in wanted for name in entry.mapping}
    for name, column in settings.mapping.items():
        if name not in mapped:
            raise UsageError(f"--map {name}={column}: none of the files has a column {column}")
    chosen = {column for entry in wanted for column in entry.where}
    for column, value in settings.where.items():
        if column not in chosen:
            raise UsageError(f"--where {column}={value}: none of the files has a column {column}")
    if settings.prefix and not any(entry.prefix for entry in wanted):
        raise UsageError(f"--prefix {settings.prefix}: none of the files has a column that begins so")


def _check_covered(markets: Markets, stream: EventStream) -> None:
    """Every market of the spec must have prices; news of one cannot stand for another."""
    for index, place in enumerate(markets.places):
        if not stream.kinds(index):
            raise UsageError(f"no data for {place.name}: add --data {place.name}=FILE")


def _made_up(program: Program, settings: Settings) -> BarSeries:
    """Bars from a seed, as the spec's `run: {market: …}` says."""
    wanted = plain_mapping(program.run, "market")
    kind = str(wanted.get("synthetic", "regimes"))
    if kind not in SYNTHETIC:
        raise RunError(
            f"the made-up market {kind} is not to be had; known are {', '.join(SYNTHETIC)}: give --data FILE"
        )
    if settings.begin or settings.end:
        raise UsageError("--from and --to are for recorded data; a made-up market is cut with --bars N")
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


def _first(series: BarSeries, bars: int) -> BarSeries:
    """Its first bars, all of them if there are no more (a note says so); 0: all."""
    if bars > len(series):
        return replace(series, notes=(*series.notes, f"the market has {len(series):,} bars, not {bars:,}"))
    if bars in (0, len(series)):
        return series
    cut = {name: getattr(series, name)[:bars] for name in ("time_us", "open", "high", "low", "close", "volume")}
    return BarSeries(series.source, series.interval_us, notes=series.notes, **cut)

"""The market of a run: the files that were given, else what the spec's `run` names, else a made-up one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fsmtrader.data.bars import BarSeries
from fsmtrader.data.files import Wanted
from fsmtrader.data.stream import EventStream, SeriesSource, open_stream, stream_of
from fsmtrader.data.synthetic import KINDS as SYNTHETIC
from fsmtrader.data.synthetic import generate
from fsmtrader.diagnostics import RunError, UsageError
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
    stream = open_stream([_wanted(markets, settings, entry) for entry in data], names)
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
    wanted = Wanted(entry.path, market_index(markets, entry), KINDS.get(entry.kind))
    begin = moment(settings.begin, 0) if settings.begin else None
    end = moment(settings.end, 0) if settings.end else None
    return replace(wanted, mapping=settings.mapping, prefix=settings.prefix, from_us=begin, to_us=end)


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

"""What a run is given besides its spec, as plain values: they are kept with the run, so that it can be made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fsmtrader.data.files import moment_of
from fsmtrader.diagnostics import UsageError
from fsmtrader.domain.instruments import Latency
from fsmtrader.domain.market import Kind
from fsmtrader.engine.events import Operation
from fsmtrader.research.latencies import latency_from_plain, plain_latency
from fsmtrader.research.markets import Markets
from fsmtrader.research.settings import number_of
from fsmtrader.venues.simulated.profiles import PROFILES as KNOWN_PROFILES

SPREAD = 0.0001
SEED = 1
SECOND_US = 1_000_000
KINDS = {
    **{"bars": Kind.BAR, "quotes": Kind.BOOK, "trades": Kind.TRADE, "mark": Kind.MARK, "funding": Kind.FUNDING},
    "depth": Kind.DEPTH,
}
PROFILES = tuple(KNOWN_PROFILES)
"""venues that a run may take in place of the spec's own"""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of market data. `market`: the name of a market, a symbol or a leg; empty: the only one there is."""

    path: str
    market: str = ""
    kind: str = ""
    """empty: as its columns say"""


@dataclass(frozen=True, slots=True)
class Settings:
    """`fee` None: what the spec says, else the exchange's (`costs`). `begin`, `end`: times as written, empty: all.

    `operations` are (time, event): a moment, or `+3h` after the first price. `mapping` (field to column), `prefix` (of
    columns) and `where` (column to text) are for the files that have such columns; `prefixes`: by market, symbol or
    leg, for its files alone; `interval`: how long bars are, where it is not the distance of most rows; `queue`: as
    `queueing.queue_of` reads it, empty: what the spec says.
    """

    data: tuple[DataFile, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    interval: str = ""
    seed: int = SEED
    bars: int = 0
    begin: str = ""
    end: str = ""
    spread: float = SPREAD
    fee: float | None = None
    latency: Latency | None = None
    profile: str = ""
    operations: tuple[tuple[str, str], ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""

    def as_plain(self) -> dict[str, object]:
        """For a journal: everything but where the files are."""
        return {
            "data": [[entry.market, entry.kind] for entry in self.data],
            "overrides": dict(self.overrides),
            "mapping": dict(self.mapping),
            "prefix": self.prefix,
            **({"prefixes": dict(self.prefixes)} if self.prefixes else {}),
            **({"queue": self.queue} if self.queue else {}),
            "where": dict(self.where),
            "interval": self.interval,
            "seed": self.seed,
            "bars": self.bars,
            "begin": self.begin,
            "end": self.end,
            "spread": self.spread,
            "fee": self.fee,
            "latency": plain_latency(self.latency),
            "profile": self.profile,
            "operations": [list(entry) for entry in self.operations],
        }


def settings_from_plain(plain: Mapping[str, object], paths: Sequence[str]) -> Settings:
    """The settings again; `paths` are those of the data files, in order."""
    values = dict(plain)
    terms = values.pop("data")
    latency = values.pop("latency")
    operations = values.pop("operations")
    assert isinstance(terms, list) and isinstance(operations, list)
    data = tuple(DataFile(path, market, kind) for path, (market, kind) in zip(paths, terms, strict=True))
    return Settings(
        data=data,
        latency=latency_from_plain(latency),
        operations=tuple((time, event) for time, event in operations),
        **values,  # type: ignore[arg-type]  # written by as_plain
    )


def data_file(text: str) -> DataFile:
    """`[KIND:][MARKET=]FILE` as it is written on a command line; a file of that very name is that file."""
    if Path(text).exists():
        return DataFile(text)
    kind, colon, rest = text.partition(":")
    if colon and kind in KINDS:
        return _with_market(rest, kind)
    return _with_market(text, "")


def _with_market(text: str, kind: str) -> DataFile:
    market, is_named, path = text.partition("=")
    if is_named and not Path(text).exists():
        return DataFile(path, market, kind)
    return DataFile(text, "", kind)


def market_index(markets: Markets, entry: DataFile) -> int:
    """The market that a file is about; UsageError when that is not clear."""
    if not entry.market and len(markets) != 1:
        known = _known(markets)
        raise UsageError(f"{entry.path}: which market is it of? Write --data MARKET=FILE; the spec trades {known}")
    return market_named(markets, entry.market, entry.path) if entry.market else 0


def market_named(markets: Markets, name: str, where: str) -> int:
    """A market by its name, its symbol (if only one has it) or one of its legs; UsageError, about `where`, for none."""
    for index, place in enumerate(markets.places):
        if name in (place.name, *place.legs):
            return index
    named = [index for index, place in enumerate(markets.places) if place.symbol == name]
    if len(named) == 1:
        return named[0]
    raise UsageError(f"{where}: there is no market {name}; the spec trades {_known(markets)}")


def _known(markets: Markets) -> str:
    places = markets.places
    return ", ".join(f"{place.name} ({', '.join(place.legs)})" for place in places) or "none: it has no legs"


def operations_of(settings: Settings, first_us: int) -> list[tuple[int, Operation]]:
    """What the operator does, by time in microseconds; UsageError for what is no time or no operation."""
    found = []
    for time, event in settings.operations:
        names = [operation.value for operation in Operation]
        if event not in names:
            raise UsageError(f"--operator {time}={event}: an operator can say {', '.join(names)}")
        found.append((moment(time, first_us), Operation(event)))
    return found


def moment(text: str, first_us: int) -> int:
    """A time as written, or `+3h` after the first price, in microseconds since 1970."""
    if text.startswith("+"):
        seconds = number_of(text[1:].strip(), float("nan"))
        if not seconds >= 0.0:
            raise UsageError(f"{text} is no time after the start: write e.g. +90s, +3h or +2d")
        return first_us + round(seconds * SECOND_US)
    return moment_of(text)


def span_of(settings: Settings) -> tuple[int | None, int | None]:
    """`--from` and `--to` in microseconds since 1970, None where they are not given."""
    return _edge("--from", settings.begin), _edge("--to", settings.end)


def _edge(option: str, text: str) -> int | None:
    if text.startswith("+"):
        raise UsageError(f"{option} {text}: write a moment of the data, e.g. 2024-01-01T12:00")
    return moment_of(text) if text else None

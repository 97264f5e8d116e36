"""`fsm data`: look at market data, import recordings, or make a market up."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from fsmtrader.cli.importing import checked, counting, differs, imported, markets_of
from fsmtrader.cli.options import pairs
from fsmtrader.cli.output import counted, write
from fsmtrader.cli.paths import complete_path
from fsmtrader.data.columns import KIND_NAMES
from fsmtrader.data.describe import Description, describe
from fsmtrader.data.event_files import write_events
from fsmtrader.data.events import unheard
from fsmtrader.data.files import Wanted, moment_of
from fsmtrader.data.importing.clocks import ClockChoice
from fsmtrader.data.importing.run import Order, import_files
from fsmtrader.data.merge import merged
from fsmtrader.data.synthetic import KINDS, bar_chunks
from fsmtrader.data.synthetic_book import BookMarket, book_sources
from fsmtrader.data.ticks import Ticks, funding, quotes, trades
from fsmtrader.data.times import instant
from fsmtrader.data.writing import Pieces, write_pieces
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.diagnostics.visible import visible
from fsmtrader.research.settings import number_of

SECOND_US = 1_000_000
DAY_S = 86_400.0
BOOK = "book"
BOOK_DAYS, BOOK_INTERVAL_US = 5 / 1440, 10_000
MOST_NAMES = 12
"""columns of a file that are listed"""
GRAINS = {
    "bars": ("open", "high", "low", "close", "volume"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "trades": ("price", "size", "side"),
}
"""what `synth` writes, and its columns besides `ts`"""


@click.group("data")
def command() -> None:
    """Look at market data, import recordings, or make a market up.

    \b
    Examples:
      fsm data show BTCUSDT_1m.parquet BTCUSDT_8h_funding.parquet
      fsm data import recording.gz -o events
      fsm data synth -o quotes.parquet --grain quotes --events 100000
    """


@command.command("show")
@click.argument("files", nargs=-1, required=True, shell_complete=complete_path, metavar="FILE...")
@click.option("--kind", type=click.Choice(list(KIND_NAMES)), help="What the files hold, if that is not detected.")
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Which column a field is.")
@click.option("--prefix", default="", help="Read the columns of a wide file that begin with this.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Read only rows that hold this value.")
@click.option("--interval", default="", help="How long bars are, e.g. 1m; else the distance of most rows.")
@click.option("--from", "start", default="", metavar="TIME", help="Leave out what is before.")
@click.option("--to", "end", default="", metavar="TIME", help="Leave out this moment and what is after.")
@click.option("--refuse-gaps", is_flag=True, help="Missing bars are a mistake, not a note.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(
    files: tuple[str, ...],
    kind: str | None,
    mapping: tuple[str, ...],
    prefix: str,
    where: tuple[str, ...],
    interval: str,
    start: str,
    end: str,
    refuse_gaps: bool,
    form: str,
) -> int:
    """Show what files of market data hold, as a run would read them.

    A file is Parquet, Feather or CSV with bars, quotes, trades, depth, marks or funding; what it is, its columns tell.
    Fields are time, open, high, low, close, volume, bid, bid_size, ask, ask_size, price, size, side, rate, mark.
    The exit code is 1 when a file cannot be used.

    \b
    Examples:
      fsm data show ETHUSDT_1m.parquet ETHUSDT_8h_funding.parquet
      fsm data show trades.csv --map time=ts_local_ns --map price=px
      fsm data show both_venues.parquet --prefix binance_ --format json
    """
    settings = {
        "kind": KIND_NAMES[kind] if kind else None,
        "mapping": {field.lower(): column for field, column in pairs("--map", "FIELD=COLUMN", mapping).items()},
        "prefix": prefix,
        "where": pairs("--where", "COLUMN=VALUE", where),
        "interval_us": _microseconds("--interval", interval) if interval else 0,
        "from_us": moment_of(start) if start else None,
        "to_us": moment_of(end) if end else None,
        "refuse_gaps": refuse_gaps,
    }
    found = [_described(Wanted(path, **settings)) for path in files]  # type: ignore[arg-type]  # the fields of Wanted
    if form == "json":
        write(json.dumps([_plain(entry) for entry in found], indent=2) + "\n")
    else:
        write("\n\n".join("\n".join(_text(entry)) for entry in found) + "\n")
    return int(any(isinstance(entry, DataError) or bool(entry.problems) for entry in found))


@command.command("import")
@click.argument("files", nargs=-1, required=True, shell_complete=complete_path, metavar="FILE...")
@click.option(
    "--output",
    "-o",
    "target",
    required=True,
    shell_complete=complete_path,
    metavar="DIR",
    help="Where to: a file of events for each market, and manifest.json.",
)
@click.option(
    "--clock",
    type=click.Choice([choice.value for choice in ClockChoice]),
    default=ClockChoice.EXCHANGE.value,
    show_default=True,
    help="Whose times events have; with the exchange's, each event has its recorded delay.",
)
@click.option("--market", default="", help="What the market is called, where the files do not say it.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def import_(files: tuple[str, ...], target: str, clock: str, market: str, form: str, quiet: bool) -> int:
    """Make recordings into files of events, one for each market, checked.

    A FILE is what a recorder wrote line by line (a local time and Binance's JSON; answers with snapshots too), a file
    of Binance Vision (bookTicker, trades, aggTrades, klines, T_DEPTH; .zip or .csv), of Tardis (incremental_book_L2,
    trades, book_ticker, quotes, book_snapshot_25), or any other that a run reads. manifest.json tells sources, rows,
    both clocks, and what was checked: gaps, repetitions, and whether the rebuilt book has the touch that the quotes
    tell. The exit code is 1 when a file cannot be used, or the book is another one.

    \b
    Examples:
      fsm data import recording.gz -o events
      fsm data import BTCUSDT-trades-2024-08-08.zip BTCUSDT-bookTicker-2024-08-08.zip -o events
      fsm run specs/market_making.yml --data events/BTCUSDT.parquet
    """
    order = Order(files, Path(target), ClockChoice(clock), market)
    with counting(is_off=quiet or form == "json") as step:
        manifest = import_files(order, step)
    write(json.dumps(manifest, indent=2) + "\n" if form == "json" else "\n".join(imported(target, manifest)) + "\n")
    return int(any(differs(market) for market in markets_of(manifest)))


@command.command("check")
@click.argument("files", nargs=-1, required=True, shell_complete=complete_path, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(files: tuple[str, ...], form: str) -> int:
    """Check files of events: every row, and the rebuilt order book against the quotes of the same updates.

    The exit code is 1 when something is wrong.

    \b
    Examples:
      fsm data check events/BTCUSDT.parquet
    """
    found = [checked(path) for path in files]
    if form == "json":
        write(json.dumps([entry.plain() for entry in found], indent=2) + "\n")
    else:
        write("\n".join(line for entry in found for line in entry.lines()) + "\n")
    return int(not all(entry.is_right for entry in found))


@command.command("synth")
@click.option(
    "--output",
    "-o",
    "target",
    required=True,
    shell_complete=complete_path,
    metavar="FILE",
    help="Where to: .parquet, .feather or .csv.",
)
@click.option("--kind", type=click.Choice(list(KINDS)), default="regimes", show_default=True)
@click.option("--grain", type=click.Choice([*GRAINS, BOOK]), default="bars", show_default=True)
@click.option("--days", type=float, default=None, help="How long the market is; 30 if nothing else says it.")
@click.option("--bars", type=click.IntRange(1), default=None, metavar="N", help="How many bars.")
@click.option(
    "--events", type=click.IntRange(1), default=None, metavar="N", help="How many quotes or trades; 1 a second."
)
@click.option("--interval", default="1m", show_default=True, help="How long a bar is.")
@click.option("--vol", default="0.6", show_default=True, help="Volatility a year: 0.6 or 60%.")
@click.option("--price", default="60000", show_default=True, help="The first price.")
@click.option("--spread", default="1bp", show_default=True, help="Between bid and ask, of quotes and trades.")
@click.option("--start", default="2024-01-01", show_default=True, metavar="TIME", help="When it begins, UTC.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, another market.")
@click.option(
    "--funding",
    "rates",
    default="",
    shell_complete=complete_path,
    metavar="FILE",
    help="Also write funding rates, every eight hours.",
)
def synth(
    target: str,
    kind: str,
    grain: str,
    days: float | None,
    bars: int | None,
    events: int | None,
    interval: str,
    vol: str,
    price: str,
    spread: str,
    start: str,
    seed: int,
    rates: str,
) -> int:
    """Make up a market and write it to a file.

    The same arguments give the same bytes. Kinds: regimes (all of the others in turn), gbm (a random walk), calm,
    trending, crash (30 % within a fiftieth of the time), jump, dead (nothing moves). The grain `book` is an order book
    with its trades as a file of events, as gbm or crash (5 %), five minutes with 100 messages a second.

    \b
    Examples:
      fsm data synth -o market.parquet
      fsm data synth -o book.parquet --grain book --seed 7
      fsm data synth -o quotes.parquet --grain quotes --events 1000000 --days 1 --seed 7
      fsm data synth -o crash.csv --kind crash --days 7 --interval 5m --vol 80% --funding funding.csv
    """
    interval_us, start_us = _microseconds("--interval", interval), moment_of(start)
    made = _Made(kind, seed, start_us, _number("--price", price), _number("--vol", vol))
    if grain == BOOK:
        return _synth_book(target, made, _book_span_us(days, bars, events))
    span_us = _span_us(grain, days, bars, events, interval_us)
    if grain == "bars":
        pieces = made.bars(interval_us, max(1, span_us // interval_us))
    else:
        pieces = made.ticks(grain, events or max(1, span_us // SECOND_US), span_us, _number("--spread", spread))
    write(f"{visible(target)}: {counted(write_pieces(target, GRAINS[grain], pieces), 'row')}\n")
    if rates:
        times, values = funding(seed, start_us, span_us)
        count = write_pieces(rates, ("funding_rate",), lambda: iter([(times, {"funding_rate": values})]))
        write(f"{visible(rates)}: {counted(count, 'row')}\n")
    return 0


def _book_span_us(days: float | None, bars: int | None, events: int | None) -> int:
    """How long a book is."""
    if bars is not None:
        raise UsageError("--bars is for bars; how many messages a book has, --events says")
    if days is not None and events is not None:
        raise UsageError("give --days or --events, not both: a book has 100 messages a second")
    return events * BOOK_INTERVAL_US if events is not None else round((days or BOOK_DAYS) * DAY_S * SECOND_US)


@dataclass(frozen=True, slots=True)
class _Made:
    """A market to be made up, whatever its grain."""

    kind: str
    seed: int
    start_us: int
    price: float
    volatility: float

    def bars(self, interval_us: int, count: int) -> Callable[[], Pieces]:
        """Bars; in a file their time is when they open."""

        def pieces() -> Pieces:
            for chunk in bar_chunks(
                self.kind,
                seed=self.seed,
                start_price=self.price,
                interval_us=interval_us,
                bars=count,
                annual_volatility=self.volatility,
                start_us=self.start_us,
            ):
                _, *numbers = chunk.columns
                yield chunk.time_us - interval_us, dict(zip(GRAINS["bars"], numbers, strict=True))

        return pieces

    def ticks(self, grain: str, events: int, span_us: int, spread: float) -> Callable[[], Pieces]:
        """Quotes or trades."""
        market = Ticks(self.kind, self.seed, events, span_us, self.price, self.volatility, self.start_us, spread=spread)
        return lambda: quotes(market) if grain == "quotes" else trades(market)


def _synth_book(target: str, made: _Made, span_us: int) -> int:
    """An order book and its trades as a file of events."""
    known = {"regimes": "book", "gbm": "book", "crash": "book_crash"}
    if made.kind not in known:
        raise UsageError(f"--kind {made.kind}: an order book is made as gbm or crash")
    market = BookMarket(
        known[made.kind], made.seed, made.price, made.volatility, span_us, BOOK_INTERVAL_US, start_us=made.start_us
    )
    rows = write_events(target, lambda: merged([source.read(unheard) for source in book_sources(market)]))
    write(f"{visible(target)}: {counted(rows, 'row')}\n")
    return 0


def _span_us(grain: str, days: float | None, bars: int | None, events: int | None, interval_us: int) -> int:
    """How long the market is; what was given must fit together."""
    if bars is not None and grain != "bars":
        raise UsageError(f"--bars is for bars; how many {grain} there are, --events says")
    if events is not None and grain == "bars":
        raise UsageError("--events is for quotes and trades; how many bars there are, --bars says")
    if bars is not None and days is not None:
        raise UsageError("give --bars or --days, not both")
    if bars is not None:
        return bars * interval_us
    if days is None:
        days = 30.0 if events is None else events / DAY_S
    if not 0.0 < days <= 100_000.0:
        raise UsageError(f"--days is {days:g}, expected more than 0 and at most 100000")
    return max(round(days * DAY_S * SECOND_US), 1)


def _number(option: str, text: str) -> float:
    value = number_of(text, math.nan)
    if not math.isfinite(value):
        raise UsageError(f"{option} takes a number, not {text!r}")
    return value


def _microseconds(option: str, text: str) -> int:
    value = number_of(text, math.nan)
    if not 0.0 < value * SECOND_US < 2**53:
        raise UsageError(f"{option} takes a duration such as 30s, 1m or 4h, not {text!r}")
    return round(value * SECOND_US)


# -- show --------------------------------------------------------------------------------------------------------------


def _described(wanted: Wanted) -> Description | DataError:
    try:
        return describe(wanted)
    except DataError as problem:
        return problem


def _plain(entry: Description | DataError) -> dict[str, object]:
    if isinstance(entry, DataError):
        return {"error": str(entry)}
    shown: dict[str, object] = asdict(entry)
    shown["first"] = None if entry.first_us is None else instant(entry.first_us)
    shown["last"] = None if entry.last_us is None else instant(entry.last_us)
    return shown


def _shortened(names: Iterable[str]) -> str:
    """The first of many names."""
    found = list(names)
    return ", ".join(found[:MOST_NAMES]) + (f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else "")


def _text(entry: Description | DataError) -> Iterator[str]:
    if isinstance(entry, DataError):
        yield visible(f"error: {entry}", keep="\n")
        return
    yield visible(entry.path)
    span = "nothing"
    if entry.first_us is not None and entry.last_us is not None:
        span = f"{instant(entry.first_us)} to {instant(entry.last_us)}"
    lines = [
        ("holds", f"{entry.kind}, {counted(entry.rows, 'row')}, {entry.form}"),
        ("events", span),
        ("time", f"{entry.time} ({entry.clock})"),
        ("columns", _shortened(f"{f}={c}" if f != c else f for f, c in entry.columns.items())),
    ]
    if len(entry.counts) > 1:
        lines.append(("rows", ", ".join(f"{count:,} {kind}" for kind, count in entry.counts.items())))
    if entry.interval_us:
        lines.append(("interval", f"{entry.interval_us / SECOND_US:g} s"))
    lines.append(("silence", f"at most {entry.silence_us / SECOND_US:g} s between rows"))
    lines.append(("digest", entry.digest))
    lines += [("note", note) for note in entry.notes]
    lines += [("problem", str(problem)) for problem in entry.problems]
    yield from (visible(f"  {name:<9} {text}") for name, text in lines)

"""Files that were given, as tables by market: archives unpacked, lines parsed, symbols parted, heads put on."""

from __future__ import annotations

import gzip
import re
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fsmtrader.data.columns import KIND_NAMES, UPDATE_TYPE
from fsmtrader.data.files import Wanted
from fsmtrader.data.importing.lines import is_lines, read_lines
from fsmtrader.data.importing.spool import Input, Spool
from fsmtrader.data.tables import Table, chunks, open_table
from fsmtrader.diagnostics import DataError, UsageError
from fsmtrader.diagnostics.visible import visible

MOST_UNPACKED = 1 << 37
MOST_SYMBOLS = 1_000
VISION = re.compile(
    r"^(?P<market>[A-Z0-9_]+)-(?P<kind>trades|aggTrades|bookTicker|bookDepth|\d+(?:s|m|h|d|w|mo))-\d{4}"
)
T_DEPTH = re.compile(r"^(?P<market>[A-Z0-9_]+?)_T_DEPTH")
KIND_WORDS = re.compile(
    r"[_-](?:depth|snapshot|trades?|agg_?trades|bbo|quotes?|book_?ticker|book\d*|orderbooks?|bars|funding|mark|\d+[smhd])$",
    re.IGNORECASE,
)
_KLINES = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count"),
    *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
HEADS: Mapping[str, tuple[str, ...]] = {
    "trades": ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match"),
    "aggTrades": (
        *("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time"),
        *("is_buyer_maker", "is_best_match"),
    ),
    "bookTicker": (
        *("update_id", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty"),
        *("transaction_time", "event_time"),
    ),
    "klines": _KLINES,
}
"""the columns of Binance Vision's files, of which some have no head"""


@dataclass(slots=True)
class Prepared:
    """The tables of an import, and what of the recordings was not taken."""

    inputs: list[Input] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def prepare(paths: Sequence[str], folder: Path, market: str, progressed: Callable[[int], None]) -> Prepared:
    """Tables of all the files, each with its market (`market`, if it is said). DataError says what cannot be read."""
    found = Prepared()
    for path in paths:
        kind, colon, rest = path.partition(":")
        is_said = bool(colon) and kind in KIND_NAMES and not Path(path).exists()
        plain = rest if is_said else path
        for file in _unpacked(plain, folder):
            if is_lines(file):
                inputs, ignored = read_lines(file, folder, progressed)
                found.inputs += [replace(entry, origin=plain, is_named=True) for entry in inputs]
                found.ignored += ignored
            else:
                wanted = Wanted("", kind=KIND_NAMES[kind]) if is_said else Wanted("")
                found.inputs += _tables(file, plain, wanted, folder)
    if market:
        named = sorted({entry.market for entry in found.inputs if entry.is_named})
        if len(named) > 1:
            raise UsageError(f"--market {market}: the files hold {len(named)} markets: {', '.join(named[:8])}")
        found.inputs = [replace(entry, market=market) for entry in found.inputs]
    return found


def _unpacked(path: str, folder: Path) -> Iterator[str]:
    """The file itself, or the tables of a ZIP archive."""
    if not path.lower().endswith(".zip"):
        yield path
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
            if not members:
                raise DataError(f"{path}: holds no CSV file")
            if sum(member.file_size for member in members) > MOST_UNPACKED:
                raise DataError(f"{path}: unpacks to more than {MOST_UNPACKED >> 30} GiB")
            for member in members:
                target = _place(folder) / Path(member.filename).name
                with archive.open(member) as source, open(target, "wb") as unpacked:
                    shutil.copyfileobj(source, unpacked)
                yield str(target)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: is damaged or no ZIP archive: {visible(str(error)).lower()}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error


def _place(folder: Path) -> Path:
    """A folder of its own, so that two files of one name do not meet."""
    made = folder / f"{len(list(folder.iterdir())):06d}"
    made.mkdir()
    return made


def _tables(file: str, origin: str, wanted: Wanted, folder: Path) -> list[Input]:
    """A table as it is, or what has to be made of it first."""
    name = Path(file).name
    vision = VISION.match(name)
    if vision and vision["kind"] == "bookDepth":
        raise DataError(
            f"{origin}: bookDepth tells how much stands within so many percent of the price, which is no order book: "
            "take the T_DEPTH archive, or record the stream of depth"
        )
    table = open_table(file)
    columns = {column.strip().lower(): column for column in table.columns}
    if {"percentage", "depth", "notional"} <= columns.keys():
        raise DataError(f"{origin}: tells how much stands within so many percent of the price, which is no order book")
    if vision and not table.has_header:
        file = _headed(table, vision["kind"], folder)
    if UPDATE_TYPE in columns:
        return _parted(table, columns[UPDATE_TYPE], origin, folder)
    whole = replace(wanted, path=file)
    if vision:
        return [Input(vision["market"], origin, whole, is_named=True)]
    if "symbol" in columns:
        symbols = _values(table, columns["symbol"])
        return [Input(s, origin, replace(whole, where={columns["symbol"]: s}), is_named=True) for s in symbols]
    stem = Path(origin).name.partition(".")[0]
    return [Input(KIND_WORDS.sub("", stem), origin, whole)]


def _headed(table: Table, kind: str, folder: Path) -> str:
    """A copy of a Vision file with the head that it has not."""
    names = HEADS.get(kind, _KLINES)
    if not len(names) - 1 <= len(table.columns) <= len(names):
        raise DataError(f"{table.path}: has {len(table.columns)} columns, {kind} have {len(names)}")
    target = _place(folder) / Path(table.path).name.removesuffix(".gz")
    opened = gzip.open if table.path.endswith(".gz") else open
    with opened(table.path, "rb") as source, open(target, "wb") as made:
        made.write((",".join(names[: len(table.columns)]) + "\n").encode())
        shutil.copyfileobj(source, made)
    return str(target)


def _values(table: Table, column: str) -> list[str]:
    """The values of a column, in the order in which they come."""
    found: dict[str, None] = {}
    for _, frame in chunks(table, (column,), column):
        found |= dict.fromkeys(str(value).strip() for value in frame.get_column(column).unique(maintain_order=True))
        if len(found) > MOST_SYMBOLS:
            raise DataError(f"{table.path}: column `{visible(column)}` has more than {MOST_SYMBOLS} symbols")
    return list(found)


def _parted(table: Table, column: str, origin: str, folder: Path) -> list[Input]:
    """A T_DEPTH table: the rows of its snapshots (`snap`) and its changes (`set`), by symbol."""
    import polars as pl

    spool = Spool(folder, origin)
    names = {name.strip().lower(): name for name in table.columns}
    said = T_DEPTH.match(Path(table.path).name)
    for first, frame in chunks(table, table.columns, column):
        kinds = frame.get_column(column).cast(pl.String).str.strip_chars().str.to_lowercase()
        strange = ~kinds.is_in(["snap", "set"]).fill_null(False)
        if strange.any():
            row = first + int(strange.arg_max() or 0)
            raise DataError(f"{origin}: row {row}, column `{visible(column)}`: is neither `snap` nor `set`")
        market = frame.get_column(names["symbol"]) if "symbol" in names else None
        for word, kind in (("snap", "snapshot"), ("set", "depth")):
            rows = frame.filter(kinds == word)
            unused = ("first_update_id", "pu") if kind == "snapshot" else ()
            drop = [column, *(names[key] for key in unused if key in names)]
            parts = rows.partition_by(names["symbol"], as_dict=True) if market is not None else {("",): rows}
            for (symbol,), part in parts.items():
                if part.height:
                    spool.write(str(symbol) or (said["market"] if said else ""), kind, part.drop(drop))
    return [replace(entry, is_named=True) for entry in spool.close()]

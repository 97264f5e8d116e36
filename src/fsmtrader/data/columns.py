"""What a table holds: its kind and which column is what, from the columns' names or from what the user says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fsmtrader.data.depth_columns import EVENTS, FLAG, Shape, ladder, levels_shape, update_ids
from fsmtrader.diagnostics import DataError, UsageError, closest
from fsmtrader.diagnostics.visible import visible
from fsmtrader.domain.market import Kind

KIND_NAMES: Mapping[str, Kind] = {
    "bars": Kind.BAR,
    "quotes": Kind.BOOK,
    "trades": Kind.TRADE,
    "mark": Kind.MARK,
    "funding": Kind.FUNDING,
    "depth": Kind.DEPTH,
}
NAME_OF_KIND: Mapping[Kind, str] = {kind: name for name, kind in KIND_NAMES.items()}

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.BAR: ("open", "high", "low", "close", "volume"),
    Kind.BOOK: ("bid", "bid_size", "ask", "ask_size"),
    Kind.TRADE: ("price", "size", "side"),
    Kind.MARK: ("price",),
    Kind.FUNDING: ("rate", "mark"),
    Kind.DEPTH: ("price", "size", "side"),
}
"""The fields of each kind, in the order of a..e (`domain/market.py`)."""

OPTIONAL = frozenset({"volume", "bid_size", "ask_size", "side", "mark"})

TIME_NAMES = (
    *("open_time", "bar_open_ts", "ts", "time", "timestamp", "datetime", "date", "t"),
    *("ts_local_ns", "ts_local", "local_timestamp", "ts_recv", "ts_event", "ts_event_ms", "event_time"),
    *(
        "funding_time",
        "fundingtime",
        "calc_time",
        "transact_time",
        "transaction_time",
        "ts_exch",
        "ts_exch_ms",
        "exchange_timestamp",
    ),
)
CLOCKS = frozenset(TIME_NAMES[TIME_NAMES.index("ts_local_ns") :])
UPDATE_NAMES = ("update_id", "u")
"""the last update that a quote includes"""
TRADE_NAMES = ("trade_id", "agg_trade_id", "id", "t")
"""the number of a trade"""
LOCAL_NAMES = ("ts_local_ns", "ts_local", "local_timestamp", "ts_recv")
"""times of the one who recorded; beside them all others are the exchange's"""
TOLD_DELAYED = frozenset({Kind.BOOK, Kind.TRADE, Kind.DEPTH})
"""kinds of which an event has its recorded delay"""

NAMES: Mapping[str, tuple[str, ...]] = {
    "open": ("open", "open_price", "o"),
    "high": ("high", "high_price", "h"),
    "low": ("low", "low_price", "l"),
    "close": ("close", "close_price", "c"),
    "volume": ("volume", "vol", "base_volume", "v"),
    "bid": (
        "bid",
        "bid_price",
        "best_bid",
        "best_bid_price",
        "bid_px",
        "bidprice",
        "bid_price_0",
        "bid_px_00",
        "bids[0].price",
    ),
    "bid_size": (
        *("bid_size", "bid_qty", "bid_quantity", "bid_amount", "best_bid_qty", "best_bid_size", "bid_sz", "bidqty"),
        *("bid_size_0", "bid_qty_0", "bid_sz_00", "bids[0].amount"),
    ),
    "ask": (
        "ask",
        "ask_price",
        "best_ask",
        "best_ask_price",
        "ask_px",
        "askprice",
        "ask_price_0",
        "ask_px_00",
        "asks[0].price",
    ),
    "ask_size": (
        *("ask_size", "ask_qty", "ask_quantity", "ask_amount", "best_ask_qty", "best_ask_size", "ask_sz", "askqty"),
        *("ask_size_0", "ask_qty_0", "ask_sz_00", "asks[0].amount"),
    ),
    "price": ("price", "px", "trade_price", "p"),
    "size": ("size", "qty", "quantity", "amount", "sz", "q"),
    "side": ("side", "aggressor", "taker_side", "buyer_is_maker", "is_buyer_maker", "m"),
    "rate": ("funding_rate", "fundingrate", "last_funding_rate", "rate"),
    "mark": ("mark_price", "markprice", "mark"),
}
MAKER_NAMES = frozenset({"buyer_is_maker", "is_buyer_maker", "m"})
"""columns of a trade's side that say the opposite: true when the seller took"""

QUOTE_BARS = {"bid": "bid_close", "ask": "ask_close"}
"""quotes kept as bars: the last of each stretch of time counts, at its end"""

DEPTH_SIGNS = frozenset({FLAG, "first_update_id", "last_update_id", "lastupdateid", "level"})
"""what trades do not have, but changes of a book's levels do"""

UPDATE_TYPE = "update_type"
"""a column of Binance Vision's T_DEPTH: `snap` for a level of a snapshot, `set` for a change"""

EXECUTION = "exec_type"
"""a column of trades: what is none of the market (an insurance fund's, NA) is not `MARKET` there, or empty"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is what. `columns` maps fields to the file's own names.

    `is_known_later`: a row covers a stretch of time, begins at its time and is known at its end.
    `is_stretch`: rows are a fixed time apart. `shape`: what a row is; `ids`: the columns of update ids, of trades that
    of their numbers. `local`: the time of the one who recorded, where `time` is the exchange's. `execution`: a column
    that says which trades are of the market.
    """

    kind: Kind
    time: str
    columns: Mapping[str, str]
    is_stretch: bool = False
    is_known_later: bool = False
    side_is_makers: bool = False
    notes: tuple[str, ...] = ()
    shape: Shape = Shape.ROWS
    ids: Mapping[str, str] = field(default_factory=dict)
    local: str = ""
    execution: str = ""
    other_times: tuple[str, ...] = ()
    """what else would be a time, by another clock"""

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are read besides the time."""
        others = (name for name in (self.local, self.execution) if name)
        ids = self.ids.values() if self.kind is Kind.DEPTH else ()
        return tuple(dict.fromkeys((*self.columns.values(), *ids, *others)))


def layout_of(
    path: str,
    columns: Sequence[str],
    *,
    kind: Kind | None = None,
    mapping: Mapping[str, str] | None = None,
    prefix: str = "",
) -> Layout:
    """What a table is. `mapping` names columns for fields (and `time`); `prefix` chooses among columns of a wide file.

    DataError says which column is missing, and what would help; UsageError refuses a mapping that fits nothing.
    """
    known = _known(path, columns, prefix)
    if set(EVENTS[:-1]) <= known.keys():
        return Layout(
            kind or Kind.BOOK, known["time_us"], {name: known[name] for name in EVENTS[1:-1]}, shape=Shape.EVENTS
        )
    given = _checked_mapping(path, mapping or {}, columns)
    found = {field: _first(NAMES[field], known) for field in NAMES}
    fields = {field: column for field, column in found.items() if column is not None} | given
    fields.pop("time", None)
    if kind is None:
        kind = _kind(path, fields, known, given)
    time = given.get("time") or _time(path, columns, known)
    if kind is Kind.DEPTH:
        return _depth_layout(path, fields, time, known, columns)
    quote_bars = {f: known[name] for f, name in QUOTE_BARS.items() if f not in fields and name in known}
    has_quote_bars = kind is Kind.BOOK and len(quote_bars) == len(QUOTE_BARS)
    if has_quote_bars:
        fields |= quote_bars
    is_mark_bars = kind is Kind.MARK and "price" not in given and {"open", "high", "low", "close"} <= fields.keys()
    if kind is Kind.MARK and "price" not in given:
        fields["price"] = fields.get("open") or fields.get("mark") or fields.get("price", "")
        fields = {field: column for field, column in fields.items() if column}
    chosen = {field: fields[field] for field in FIELDS[kind] if field in fields}
    _check_complete(path, kind, chosen, columns)
    return Layout(
        kind=kind,
        time=time,
        columns=chosen,
        is_stretch=kind is Kind.BAR or is_mark_bars,
        is_known_later=kind is Kind.BAR or has_quote_bars,
        side_is_makers="side" in chosen and _bare(chosen["side"], prefix) in MAKER_NAMES,
        notes=_notes(kind, chosen, has_quote_bars),
        local=_local(kind, time, known),
        execution=known.get(EXECUTION, "") if kind is Kind.TRADE else "",
        ids=_row_ids(kind, known),
        other_times=_other_times(time, known),
    )


def _row_ids(kind: Kind, known: Mapping[str, str]) -> dict[str, str]:
    """The column that numbers quotes by their update, and trades."""
    column = _first({Kind.BOOK: UPDATE_NAMES, Kind.TRADE: TRADE_NAMES}.get(kind, ()), known)
    return {} if column is None else {"last_id": column}


def _depth_layout(
    path: str, fields: Mapping[str, str], time: str, known: Mapping[str, str], columns: Sequence[str]
) -> Layout:
    """A file of an order book: its best levels side by side, else changes or snapshots by their update ids."""
    best, local, others = ladder(known), _local(Kind.DEPTH, time, known), _other_times(time, known)
    if best:
        return Layout(Kind.DEPTH, time, best, shape=Shape.LADDER, local=local, other_times=others)
    if UPDATE_TYPE in known:
        raise DataError(f"{path}: has snapshots and changes of a book in one: make events of it by `fsm data import`")
    chosen = {name: fields[name] for name in FIELDS[Kind.DEPTH] if name in fields}
    _check_complete(path, Kind.DEPTH, chosen, columns)
    shape = levels_shape(known)
    if shape is Shape.ROWS or "side" not in chosen:
        missing = "side" if "side" not in chosen else "last_update_id"
        raise DataError(
            f"{path}: what changes in a book needs `{missing}`, or the best levels side by side (bid_price_0, "
            f"bid_qty_0, ask_price_0, …); it has {_listed(columns)}"
        )
    ids = {"flag": known[FLAG]} if shape is Shape.FLAGGED else update_ids(known)
    return Layout(Kind.DEPTH, time, chosen, shape=shape, ids=ids, local=local, other_times=others)


def _other_times(time: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Columns with the times of other clocks, if that of the file is one of several."""
    others = tuple(column for name, column in known.items() if name in CLOCKS and column != time)
    return others if time.strip().lower() in CLOCKS else ()


def _local(kind: Kind, time: str, known: Mapping[str, str]) -> str:
    """The recorder's own time, where the events' time is the exchange's."""
    local = _first(LOCAL_NAMES, known)
    is_delayed = kind in TOLD_DELAYED and local is not None and time.strip().lower() not in LOCAL_NAMES
    return local if is_delayed and local is not None else ""


def _bare(column: str, prefix: str) -> str:
    name = column.strip().lower()
    return name.removeprefix(prefix.lower()) if prefix else name


def _known(path: str, columns: Sequence[str], prefix: str) -> dict[str, str]:
    """The file's columns by their plain names; with a prefix those that have it, and the times."""
    plain = {column.strip().lower(): column for column in columns}
    if not prefix:
        return plain
    chosen = {
        name.removeprefix(prefix.lower()): column for name, column in plain.items() if name.startswith(prefix.lower())
    }
    if not chosen:
        raise DataError(f"{path}: no column begins with `{visible(prefix)}`; it has {_listed(columns)}")
    times = {name: column for name, column in plain.items() if name in TIME_NAMES}
    return times | chosen


def _checked_mapping(path: str, mapping: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    fields = ("time", *NAMES)
    for name in mapping:
        if name not in fields:
            near = closest(name, fields)
            hint = f"did you mean {near}?" if near else f"known are {', '.join(fields)}"
            raise UsageError(f"{visible(name)} is no field of market data: {hint}")
    return {name: _existing(path, column, columns) for name, column in mapping.items()}


def columns_of(path: str, given: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """A mapping whose keys the user wrote, with the file's own names as keys."""
    return {_existing(path, column, columns): value for column, value in given.items()}


def _existing(path: str, column: str, columns: Sequence[str]) -> str:
    plain = {known.strip().lower(): known for known in columns}
    if column.strip().lower() in plain:
        return plain[column.strip().lower()]
    near = closest(column, columns)
    hint = f"; did you mean `{visible(near)}`?" if near else ""
    raise DataError(f"{path}: no column `{visible(column)}`; it has {_listed(columns)}{hint}")


def _first(names: Iterable[str], known: Mapping[str, str]) -> str | None:
    return next((known[name] for name in names if name in known), None)


def _kind(path: str, fields: Mapping[str, str], known: Mapping[str, str], given: Mapping[str, str]) -> Kind:
    """The kind that the fields tell."""
    has = fields.keys()
    says_mark = "mark" in os.path.basename(path).lower()
    if {"open", "high", "low", "close"} <= has:
        return Kind.MARK if says_mark and "volume" not in has else Kind.BAR
    if ladder(known) and not {"bid", "ask"} & given.keys():
        return Kind.DEPTH
    if {"bid", "ask"} <= has or set(QUOTE_BARS.values()) <= known.keys():
        return Kind.BOOK
    if "rate" in has:
        return Kind.FUNDING
    if DEPTH_SIGNS & known.keys() and "price" not in given:
        return Kind.DEPTH
    if {"price", "size"} <= has:
        return Kind.TRADE
    if "mark" in has or (says_mark and "price" in has):
        return Kind.MARK
    raise DataError(
        f"{path}: what does it hold? Its columns are {_listed(known.values())}. Bars need open, high, low, close; "
        "quotes bid, ask; trades price, size; funding funding_rate; a mark mark_price. "
        "Name them: --map FIELD=COLUMN, or --prefix for a wide file" + _prefixes(known)
    )


def _prefixes(known: Iterable[str]) -> str:
    found = prefixes_of(known)
    return f" ({' or '.join(f'--prefix {p}' for p in found[:4])})" if found else ""


def prefixes_of(columns: Iterable[str]) -> list[str]:
    """Beginnings of columns under which bars, quotes, trades or funding would be found."""
    names = {column.strip().lower() for column in columns}
    ends = ("open", "bid", "bid_price", "price", "funding_rate")
    return sorted({name[: -len(end)] for name in names for end in ends if name.endswith(f"_{end}")} - {""})


def _time(path: str, columns: Sequence[str], known: Mapping[str, str]) -> str:
    time = _first(TIME_NAMES, known)
    if time is None:
        raise DataError(
            f"{path}: no column of times; it has {_listed(columns)}. Name it: --map time=COLUMN "
            f"(known are {', '.join(TIME_NAMES[:7])} …)"
        )
    return time


def _check_complete(path: str, kind: Kind, chosen: Mapping[str, str], columns: Sequence[str]) -> None:
    missing = [field for field in FIELDS[kind] if field not in chosen and field not in OPTIONAL]
    if missing:
        raise DataError(
            f"{path}: {NAME_OF_KIND[kind]} need {' and '.join(f'`{field}`' for field in missing)}; "
            f"it has {_listed(columns)}. Name it: --map {missing[0]}=COLUMN"
        )


def _notes(kind: Kind, chosen: Mapping[str, str], bars: bool) -> tuple[str, ...]:
    notes = []
    if kind is Kind.BAR and "volume" not in chosen:
        notes.append("no column of volumes: they are 0")
    if kind is Kind.BOOK and not {"bid_size", "ask_size"} <= chosen.keys():
        notes.append("no sizes: what waits at the touch is not known")
    if kind is Kind.BOOK and bars:
        notes.append("quotes kept as bars: the last of each stretch counts, at its end")
    if kind is Kind.BOOK and any(column.endswith(("_0", "_00")) for column in chosen.values()):
        notes.append("of the book's levels the first is read")
    if kind is Kind.TRADE and "side" not in chosen:
        notes.append("no side: who took is not known")
    return tuple(notes)


def _listed(columns: Iterable[str]) -> str:
    names = [visible(column) for column in columns]
    if names and names == [str(number + 1) for number in range(len(names))]:
        return f"1 to {len(names)} (no names at its head, so they go by number: --map time=1 and so on)"
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")

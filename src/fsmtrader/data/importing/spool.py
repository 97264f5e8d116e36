"""Tables that an import makes on its way: rows of one market and kind, piece by piece in a folder of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fsmtrader.data.files import Wanted
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    import polars as pl

ROWS_AT_ONCE = 1 << 18
TIMES = ("ts_local_ns", "ts_event_ms", "ts_exch_ms")
TRADES = (*TIMES, "trade_id", "price", "qty", "buyer_is_maker", "exec_type")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "depth": (*TIMES, "first_update_id", "last_update_id", "prev_update_id", "side", "price", "qty"),
    "snapshot": (*TIMES, "last_update_id", "side", "price", "qty"),
    "bookticker": (*TIMES, "update_id", "bid", "bid_qty", "ask", "ask_qty"),
    "trades": TRADES,
    "aggtrades": TRADES,
}
"""the tables, as the recordings in Parquet have them"""
KINDS = {
    "depth": Kind.DEPTH,
    "snapshot": Kind.DEPTH,
    "bookticker": Kind.BOOK,
    "trades": Kind.TRADE,
    "aggtrades": Kind.TRADE,
}
WHOLE_NUMBERS = frozenset({*TIMES, "first_update_id", "last_update_id", "prev_update_id", "update_id", "trade_id"})


@dataclass(frozen=True, slots=True)
class Input:
    """A table that is a part of a market: `origin` is the file that was given.

    `is_named`: the market stands in it; else it is what the file is called.
    """

    market: str
    origin: str
    wanted: Wanted
    is_named: bool = False


@dataclass(slots=True)
class Spool:
    """Rows by market and table, in memory until there are many, then in files of `folder`."""

    folder: Path
    origin: str
    rows: dict[tuple[str, str], list[tuple[object, ...]]] = field(default_factory=dict)
    files: list[tuple[str, Input]] = field(default_factory=list)

    def add(self, market: str, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """More rows of a table."""
        held = self.rows.setdefault((market, table), [])
        held += rows
        if len(held) >= ROWS_AT_ONCE:
            self._flush(market, table)

    def close(self) -> list[Input]:
        """Write what is left; all the tables. Where trades are told one by one, those put together are left out."""
        for market, table in list(self.rows):
            self._flush(market, table)
        single = {entry.market for table, entry in self.files if table == "trades"}
        return [entry for table, entry in self.files if table != "aggtrades" or entry.market not in single]

    def _flush(self, market: str, table: str) -> None:
        import polars as pl

        rows = self.rows.pop((market, table))
        if rows:
            schema = {name: _type(name) for name in COLUMNS[table]}
            self.write(market, table, pl.DataFrame(rows, schema=schema, orient="row"))

    def write(self, market: str, table: str, frame: pl.DataFrame) -> None:
        """A table that is ready; columns in which nothing is told are left away, but for the exchange's time.

        Where that is nowhere told, its column says that it is to be filled in.
        """
        kept = frame.select(c.name for c in frame if c.null_count() < frame.height or c.name == TIMES[-1])
        path = self.folder / f"{len(list(self.folder.iterdir())):06d}-{_plain(market)}-{table}.parquet"
        kept.write_parquet(path)
        self.files.append((table, Input(market, self.origin, Wanted(str(path), kind=KINDS[table]))))


def _type(name: str) -> type[pl.DataType]:
    import polars as pl

    if name in WHOLE_NUMBERS:
        return pl.Int64
    return {"buyer_is_maker": pl.Boolean, "exec_type": pl.String}.get(name, pl.Float64)


def _plain(market: str) -> str:
    return re.sub(r"\W+", "_", market)[:60]

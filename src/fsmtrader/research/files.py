"""The files of a run's folder that are made of its journal: orders, fills, transitions; and its equity and summary.

Rows are read and written in chunks: a long journal needs no more memory than a short one. (An exception: rows are in
order of sending, so orders wait for the oldest that is still open, up to `WAITING_LIMIT` of them; beyond that those
that are finished go first.)
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsmtrader.engine.journal import FILE, JournalFile, canonical
from fsmtrader.program.ir import Program
from fsmtrader.research.explain import said_trigger
from fsmtrader.research.quoting.lives import QUOTE_COLUMNS, quote_lines
from fsmtrader.research.writing import writing

if TYPE_CHECKING:
    import polars as pl

Line = dict[str, Any]
"""one row of a table, by column"""
CHUNK = 20_000
"""rows of a table that are written together"""
WAITING_LIMIT = 50_000
"""orders that are remembered while one of them is open, or because a fill may still come"""
FULL = 1.0 - 1e-12
_FINAL = {"rejected": "rejected", "expired": "expired", "cancelled": "cancelled"}
"""what an answer makes of an order"""

ORDER_COLUMNS: Mapping[str, type] = {
    "time_us": int,
    "client_id": str,
    "leg": str,
    "change": float,
    "price": float,
    "style": str,
    "effect": str,
    "post_only": bool,
    "reduce_only": bool,
    "action": str,
    "slot": str,
    "region": str,
    "because": str,
    "status": str,
    "filled": float,
    "average_price": float,
    "reason": str,
}
"""`status`: open, filled, rejected, expired or cancelled; `price` null: at the market. A pool's call has the style
pool, and its name in `reason` until it is refused."""
FILL_COLUMNS: Mapping[str, type] = {
    "time_us": int,
    "client_id": str,
    "leg": str,
    "change": float,
    "price": float,
    "fee": float,
    "realised": float,
    "maker": bool,
    "action": str,
    "kind": str,
    "region_state": str,
}
"""`kind`: initial, action, slot, operator or liquidation; `region_state`: where the order's region stood when the fill
was booked, or all regions for what belongs to none"""
TRANSITION_COLUMNS: Mapping[str, type] = {
    "time_us": int,
    "region": str,
    "source": str,
    "target": str,
    "trigger": str,
    "because": str,
    "row": int,
    "guard": str,
    "operands": str,
}
"""`operands`: JSON, name to number, null for what was not ready"""


def write_tables(folder: Path, program: Program) -> None:
    """Write orders, fills, transitions and working quotes of the journal in a folder; RunError when they cannot be."""
    path = folder / FILE
    _write(folder / "orders.parquet", path, ORDER_COLUMNS, order_lines)
    _write(folder / "fills.parquet", path, FILL_COLUMNS, lambda file: fill_lines(file, program))
    _write(folder / "transitions.parquet", path, TRANSITION_COLUMNS, lambda file: transition_lines(file, program))
    if program.quotes:
        _write(folder / "quotes.parquet", path, QUOTE_COLUMNS, lambda file: quote_lines(file, program))


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Write a table that is in memory."""
    with writing(path) as unfinished:
        frame.write_parquet(unfinished)


def write_summary(path: Path, summary: Mapping[str, object]) -> None:
    """Write the summary as JSON; what is not a number is null."""
    with writing(path) as unfinished:
        unfinished.write_text(json.dumps(json.loads(canonical(summary)), indent=2) + "\n", encoding="utf-8")


# -- lines -----------------------------------------------------------------------------------------------------------


def order_lines(file: JournalFile) -> Iterator[Line]:
    """Every order with what became of it, in order of sending."""
    waiting: OrderedDict[str, Line] = OrderedDict()
    for _, time_us, kind, body in file.rows(("order", "pool", "filled", *_FINAL)):
        values = json.loads(body)
        name = values["client_id"]
        if kind in ("order", "pool"):
            yield from _room(waiting)
            waiting[name] = _new_order(time_us, kind, values)
        elif name in waiting:
            _answered(waiting[name], kind, values)
            while waiting and next(iter(waiting.values()))["status"] != "open":
                yield waiting.popitem(last=False)[1]
    yield from waiting.values()


def _room(waiting: OrderedDict[str, Line]) -> Iterator[Line]:
    if len(waiting) >= WAITING_LIMIT:
        for name in [name for name, line in waiting.items() if line["status"] != "open"]:
            yield waiting.pop(name)


def _new_order(time_us: int, kind: str, values: Line) -> Line:
    line = {"time_us": time_us, "status": "open", "filled": 0.0, "average_price": None, "reason": ""}
    if kind == "pool":
        rest = {name: False if of is bool else None if of is float else "" for name, of in ORDER_COLUMNS.items()}
        call = {"change": values["amount"], "leg": values["leg"], "style": "pool", "reason": values["call"]}
        return {**rest, **line, "client_id": values["client_id"], **call}
    return {**values, **line}


def _answered(line: Line, kind: str, values: Line) -> None:
    if kind != "filled":
        line["status"] = _FINAL[kind]
        line["reason"] = values.get("reason", line["reason"])
        return
    quantity = values["quantity"]
    if not quantity or values["price"] is None:
        return  # a fill of nothing says nothing about a price
    before, after = line["filled"], line["filled"] + quantity
    line["average_price"] = ((line["average_price"] or 0.0) * before + values["price"] * quantity) / after
    line["filled"] = after
    if line["change"] is not None and after >= abs(line["change"]) * FULL:
        line["status"] = "filled"


def fill_lines(file: JournalFile, program: Program) -> Iterator[Line]:
    """Every fill as it stands in the ledger, with the order that it belongs to.

    What a netted order realised is known with its last fill, and stands in the line of that one.
    """
    last: Line | None = None
    for line in _booked_lines(file, program):
        if last is not None and "kind" not in line:
            last["realised"] += line["realised"]
            continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last


def _booked_lines(file: JournalFile, program: Program) -> Iterator[Line]:
    """The lines of fills; one without a kind says by how much the one before it realised more."""
    states = {region.name: "" for region in program.regions}
    orders: OrderedDict[str, tuple[str, str, str]] = OrderedDict()
    makers: set[str] = set()
    for _, time_us, kind, body in file.rows(("order", "pool", "filled", "booked", "rebooked", "transition", "row")):
        values = json.loads(body)
        match kind:
            case "transition":
                states[values["region"]] = values["target"]
            case "row":
                states[values["region"]] = values["leaf"]
            case "filled":
                (makers.add if values["maker"] else makers.discard)(values["client_id"])
            case "booked":
                _begin(states, program)
                name = values["client_id"]
                order = _LIQUIDATION if name == "liquidation" else orders.get(name, _FORGOTTEN)
                yield _fill(time_us, values, order, name in makers, states)
            case "rebooked":
                yield values
            case _:
                orders[values["client_id"]] = _belongs_to(kind, values)
                if len(orders) > WAITING_LIMIT:
                    makers.discard(orders.popitem(last=False)[0])


def _begin(states: dict[str, str], program: Program) -> None:
    """A region that was not heard of yet is where it begins."""
    for region in program.regions:
        states[region.name] = states[region.name] or region.leaves[region.initial].name


_LIQUIDATION = ("liquidation", "", "")
_FORGOTTEN = ("unknown", "", "")
"""of an order that more than `WAITING_LIMIT` others have followed"""


def _belongs_to(kind: str, order: Line) -> tuple[str, str, str]:
    """What an order is for: the kind of its fills, its action, its region."""
    if kind == "pool":
        return "action", order["call"], ""
    region, action = order["region"], order["action"]
    if order["slot"]:
        return "slot", action, region
    if region:
        return "action", action, region
    return "initial" if action == "initial" else "operator", action, region


def _fill(time_us: int, booked: Line, order: tuple[str, str, str], is_maker: bool, states: Mapping[str, str]) -> Line:
    kind, action, region = order
    state = states[region] if region in states else " ".join(states.values())
    return {**booked, "time_us": time_us, "maker": is_maker, "action": action, "kind": kind, "region_state": state}


def transition_lines(file: JournalFile, program: Program) -> Iterator[Line]:
    """Every move of a region, with its event as it was written, the guard that was true and what it read."""
    regions = {region.name: region for region in program.regions}
    for _, time_us, _, body in file.rows(("transition",)):
        values = json.loads(body)
        guard = program.rows[values["row"]].guard
        named = canonical(dict(values["operands"]))
        trigger = said_trigger(regions[values["region"]], values["trigger"])
        text = guard.text if guard else ""
        yield {**values, "time_us": time_us, "trigger": trigger, "guard": text, "operands": named}


# -- writing ---------------------------------------------------------------------------------------------------------


def _write(
    path: Path, journal: Path, columns: Mapping[str, type], lines: Callable[[JournalFile], Iterator[Line]]
) -> None:
    """Stream lines into a Parquet file; polars asks for the next chunk when it has written the last."""
    import polars as pl
    from polars.io.plugins import register_io_source

    types = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean, str: pl.String}
    schema = {name: types[of] for name, of in columns.items()}

    def chunks(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        with JournalFile(journal) as file:
            found = lines(file)
            while batch := list(islice(found, CHUNK)):
                yield pl.DataFrame({name: [line[name] for line in batch] for name in columns}, schema=schema)

    with writing(path) as unfinished:
        register_io_source(chunks, schema=schema).sink_parquet(unfinished)

"""The life of every order of a slot, from its journal: when it came to rest, when it ended and how."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from fsmtrader.engine.journal import JournalFile
from fsmtrader.program.ir import Program
from fsmtrader.research.open_orders import BUY, DUST, SELL, bought

Line = dict[str, Any]
OPEN = "open"
WAITING_LIMIT = 50_000
"""orders that are remembered because they may still be at work"""
_ENDS = ("cancelled", "expired", "rejected")

QUOTE_COLUMNS: Mapping[str, type] = {
    "sent_us": int,
    "rested_us": int,
    "ended_us": int,
    "client_id": str,
    "slot": str,
    "leg": str,
    "side": str,
    "price": float,
    "quantity": float,
    "filled": float,
    "ending": str,
    "reason": str,
}
"""`rested_us` null: it never was in the book; `ended_us` null and `ending` open: it still is; `ending` filled, else as
the order ended, and the venue's reason where it has one"""


def quote_lines(file: JournalFile, program: Program) -> Iterator[Line]:
    """One line for each order of a slot, in order of their ends; those that never ended come last."""
    signs = bought(program)
    open_: OrderedDict[str, Line] = OrderedDict()
    for _, time_us, kind, body in file.rows(("order", "accepted", "filled", *_ENDS)):
        values = json.loads(body)
        name = values["client_id"]
        if kind == "order":
            if values["slot"]:
                open_[name] = _sent(time_us, values, signs[values["leg"]])
                if len(open_) > WAITING_LIMIT:
                    yield open_.popitem(last=False)[1]
        elif name in open_ and _answered(open_[name], time_us, kind, values):
            yield open_.pop(name)
    yield from open_.values()


def _sent(time_us: int, values: Line, sign: float) -> Line:
    is_buy = sign * values["change"] > 0.0
    line = {name: values[name] for name in ("client_id", "slot", "leg", "price")}
    times = {"sent_us": time_us, "rested_us": None, "ended_us": None}
    side = BUY if is_buy else SELL
    return {
        **line,
        **times,
        "side": side,
        "quantity": abs(values["change"]),
        "filled": 0.0,
        "ending": OPEN,
        "reason": "",
    }


def _answered(line: Line, time_us: int, kind: str, values: Line) -> bool:
    """Take an answer in; gives whether the order has ended with it."""
    if kind == "accepted":
        line["rested_us"] = time_us
        return False
    if kind == "filled":
        line["filled"] += values["quantity"]
        if line["filled"] < line["quantity"] * (1.0 - DUST):
            return False
    line["ended_us"], line["ending"], line["reason"] = time_us, kind, values.get("reason", "")
    return True

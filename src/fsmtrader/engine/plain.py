"""Values as plain data for a journal, and back: numbers, texts, lists and mappings only.

What JSON has no word for is a mapping with one mark: a number that is not finite, a tuple, a queue, a mapping whose
keys are not texts, an enumerator, a dataclass of the engine.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from dataclasses import fields, is_dataclass
from typing import Any

from fsmtrader.domain.orders import Effect, OrderIntent, PoolIntent, Style
from fsmtrader.engine.exposure import Out
from fsmtrader.engine.flight import Flight, Sent, Stage
from fsmtrader.engine.ledger import LegMark
from fsmtrader.engine.lots import Lot, Partial
from fsmtrader.engine.plan import CancelOrders, LimitOrder, PoolCall, RaiseAlert, SetSlot, Wave, WriteRecord
from fsmtrader.engine.quotes import Wish, Working
from fsmtrader.engine.ways import Way

KNOWN: dict[str, type[Any]] = {
    known.__name__: known
    for known in (
        CancelOrders, Effect, Flight, LegMark, LimitOrder, Lot, OrderIntent, Out, Partial, PoolCall, PoolIntent,
        RaiseAlert, Sent, SetSlot, Stage, Style, Wave, Way, Wish, Working, WriteRecord,
    )
}  # fmt: skip


def plain(value: Any) -> Any:
    """A value as plain data."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, enum.Enum):
        return {"enum": type(value).__name__, "value": value.value}
    if is_dataclass(value):
        return {"of": type(value).__name__, **{f.name: plain(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, dict):
        return {"pairs": [[plain(key), plain(item)] for key, item in value.items()]}
    mark = "tuple" if isinstance(value, tuple) else "queue" if isinstance(value, deque) else "list"
    items = [plain(item) for item in value]
    return items if mark == "list" else {mark: items}


def unplain(data: Any) -> Any:
    """The value that plain data stands for."""
    if isinstance(data, list):
        return [unplain(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "number" in data:
        return float(data["number"])
    if "enum" in data:
        return KNOWN[data["enum"]](data["value"])
    if "of" in data:
        return KNOWN[data["of"]](**{name: unplain(item) for name, item in data.items() if name != "of"})
    if "pairs" in data:
        return {unplain(key): unplain(item) for key, item in data["pairs"]}
    if "tuple" in data:
        return tuple(unplain(item) for item in data["tuple"])
    return deque(unplain(item) for item in data["queue"])

"""What can be wrong with rows of market data. Each finding names row, column, what was found and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.data.times import LEAST_US, MISSING, MOST_US, instant
from fsmtrader.diagnostics.visible import visible
from fsmtrader.domain.market import Kind

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from fsmtrader.data.events import Floats, Mask, Times

MEND = "mend the row or leave it out"
SORT = "sort the file by time"
MOST_RATE = 1.0
PRICES = frozenset({"open", "high", "low", "close", "bid", "ask", "price"})
SIZES = frozenset({"volume", "bid_size", "ask_size"})
LADDER = "bid_0"
"""a field that only a view of a book's best levels has"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of mistake: the first row that has it (from 1, without the header), and how many rows have it."""

    row: int
    column: str
    what: str
    hint: str
    count: int = 1

    def __str__(self) -> str:
        more = f" (and {self.count - 1} more {'row' if self.count == 2 else 'rows'})" if self.count > 1 else ""
        return f"row {self.row}, column `{visible(self.column)}`: {self.what}{more}; {self.hint}"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as they were read, for the checks: `raw` the file's columns, `values` the fields' numbers.

    `numbers` are the rows' places in the file, from 1; `names` the columns of the fields, `time` that of the times;
    `before_us` the time of the row before the first.
    """

    numbers: NDArray[np.int64]
    raw: pl.DataFrame
    time: str
    time_us: Times
    names: Mapping[str, str]
    values: Mapping[str, Floats]
    before_us: int


def faults(kind: Kind, rows: Rows, step_us: int) -> list[Fault]:
    """Everything that is wrong, the earliest row first. `step_us`: the rows' distance where it is fixed, else 0.

    Rows with a time or number that cannot be read are not asked for more.
    """
    checks = _ladder if kind is Kind.DEPTH and LADDER in rows.values else _numbers
    found = list(_unreadable(rows)) or [*_times(kind, rows, step_us), *checks(kind, rows)]
    return sorted(found, key=lambda fault: fault.row)


def _fault(rows: Rows, wrong: Mask, column: str, what: str, hint: str = MEND) -> Iterator[Fault]:
    """One finding for all rows that are wrong; `{}` in `what` is what the first of them holds."""
    if not wrong.any():
        return
    offset = int(wrong.argmax())
    text = what.replace("{}", _shown(rows.raw, column, offset))
    yield Fault(int(rows.numbers[offset]), column, text, hint, int(wrong.sum()))


def _shown(raw: pl.DataFrame, column: str, offset: int) -> str:
    value = raw.get_column(column)[offset]
    return "nothing" if value is None else f"`{visible(str(value))[:40]}`"


def _unreadable(rows: Rows) -> Iterator[Fault]:
    import numpy as np

    expected = "a moment such as 2025-05-04T15:33:00Z or a count since 1970"
    yield from _fault(rows, rows.time_us == MISSING, rows.time, "{} is no time like those before, expected " + expected)
    for field, values in rows.values.items():
        if LADDER in rows.values:
            is_told = rows.raw.get_column(rows.names[field]).is_not_null().to_numpy()
            yield from _fault(rows, ~np.isfinite(values) & is_told, rows.names[field], "{} is not a finite number")
        elif field == "side":
            yield from _fault(rows, np.isnan(values), rows.names[field], "{} is no side, expected buy or sell", MEND)
        elif field != "mark":
            yield from _fault(rows, ~np.isfinite(values), rows.names[field], "{} is not a finite number")


def _times(kind: Kind, rows: Rows, step_us: int) -> Iterator[Fault]:
    import numpy as np

    times = rows.time_us
    wrong = (times < LEAST_US) | (times > MOST_US)
    if wrong.any():
        when = instant(int(times[int(wrong.argmax())]))
        yield from _fault(
            rows, wrong, rows.time, f"{{}} would be {when}", "name the column of times: --map time=COLUMN"
        )
        return
    before = rows.before_us if rows.before_us != MISSING else int(times[0]) - (step_us or 1)
    steps = np.diff(times, prepend=before)
    yield from _fault(rows, steps < 0, rows.time, "{} is earlier than the row before", SORT)
    twice = "keep one of them; of a file of several markets, choose one: --where COLUMN=VALUE"
    if kind in (Kind.BAR, Kind.FUNDING) or step_us:
        yield from _fault(rows, steps == 0, rows.time, "{} is also the time of the row before", twice)
    if step_us:
        what = f"{{}} is no multiple of {step_us / 1e6:g} s after the row before"
        yield from _fault(rows, (steps > 0) & (steps % step_us != 0), rows.time, what)


def _numbers(kind: Kind, rows: Rows) -> Iterator[Fault]:
    """What numbers of each kind promise."""
    import numpy as np

    names, values = rows.names, rows.values
    for field in (name for name in values if name in PRICES):
        yield from _fault(rows, values[field] <= 0.0, names[field], "{} is not above zero")
    if kind is Kind.BAR:
        opening, high, low, close = (values[field] for field in ("open", "high", "low", "close"))
        yield from _fault(rows, high < low, names["high"], "{} is below `low`")
        lowest, highest = np.minimum(opening, close), np.maximum(opening, close)
        yield from _fault(rows, (high >= low) & (high < highest), names["high"], "{} is below `open` or `close`")
        yield from _fault(rows, (high >= low) & (low > lowest), names["low"], "{} is above `open` or `close`")
    for field in (name for name in values if name in SIZES):
        yield from _fault(rows, values[field] < 0.0, names[field], "{} is below zero")
    if kind is Kind.BOOK:
        what = "{} is above the ask: the quotes are crossed"
        yield from _fault(rows, values["bid"] > values["ask"], names["bid"], what)
    if kind is Kind.DEPTH:
        yield from _fault(rows, values["size"] < 0.0, names["size"], "{} is below zero")
    if kind is Kind.TRADE:
        yield from _fault(rows, values["size"] <= 0.0, names["size"], "{} is not above zero")
    if kind is Kind.FUNDING:
        what = "{} is a rate of 100 % or more"
        hint = "rates are shares (0.0001 is 1 bp): divide percents by 100"
        yield from _fault(rows, np.abs(values["rate"]) >= MOST_RATE, names["rate"], what, hint)


def _ladder(kind: Kind, rows: Rows) -> Iterator[Fault]:
    """What a view of a book promises: levels in order, prices above zero, no crossing. A level of size 0 is none."""
    import numpy as np

    names, values = rows.names, rows.values
    nowhere = np.full(len(rows.time_us), np.nan)
    for side, sign in (("bid", -1.0), ("ask", 1.0)):
        before = nowhere
        for number in range(len(values) // 4):
            price, size = values[f"{side}_{number}"], values[f"{side}_size_{number}"]
            column = names[f"{side}_{number}"]
            stands = ~np.isnan(price) & (size != 0.0)
            yield from _fault(rows, stands & (price <= 0.0), column, "{} is not above zero")
            yield from _fault(rows, stands & ~(size >= 0.0), names[f"{side}_size_{number}"], "{} is no size")
            what = "{} is no worse than the level before it: the book's levels are out of order"
            yield from _fault(rows, stands & ((price - before) * sign <= 0.0), column, what)
            before = np.where(stands, price, before)
    stand = (values["bid_size_0"] > 0.0) & (values["ask_size_0"] > 0.0)
    crossed = stand & (values["bid_0"] > values["ask_0"])
    yield from _fault(rows, crossed, names["bid_0"], "{} is above the ask: the book is crossed")


def gaps(rows: Rows, step_us: int) -> list[Fault]:
    """Rows before which others are missing, where rows are a fixed time apart."""
    import numpy as np

    before = rows.before_us if rows.before_us != MISSING else int(rows.time_us[0]) - step_us
    steps = np.diff(rows.time_us, prepend=before)
    found = []
    for offset in np.flatnonzero(steps > step_us).tolist():
        missing = int(steps[offset]) // step_us - 1
        what = (
            f"{missing} {'row is' if missing == 1 else 'rows are'} missing before {instant(int(rows.time_us[offset]))}"
        )
        found.append(Fault(int(rows.numbers[offset]), rows.time, what, "fill the gap, or allow gaps"))
    return found

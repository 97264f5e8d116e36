"""A run on the kernel: tables from plain values, batch after batch through the loop, results as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fsmtrader.data.events import EventBatch
from fsmtrader.domain.instruments import Instrument
from fsmtrader.domain.market import Kind
from fsmtrader.kernel import columns as c
from fsmtrader.kernel.cache import Loop
from fsmtrader.kernel.emit_calm import rows_of
from fsmtrader.kernel.emit_hot import sample_columns
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.runtime_calm import SIZES
from fsmtrader.numeric.indicators_objects import KINDS
from fsmtrader.numeric.windows import SLOTS
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import Program, Side, Value
from fsmtrader.venues.simulated.terms import VenueAccount

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

SECOND_US = 1_000_000
ROOM = 16_384
"""rows of output that a call of the loop may write"""
BEFORE = -(2**62)
LOOK = 1_024
"""events at a time in which a first price is looked for"""
SAMPLES = 8_192
"""rows of equity that a call of the loop may write"""
STRIDE = 2**62
"""of equity samples, where nobody asks for any but those of changed books"""
WORDS = {"grain": 1.0, "bar_us": float(BEFORE), "bid_size": math.inf, "ask_size": math.inf, "safe_low": -math.inf,
         "safe_high": math.inf, "bid_used": 0.0, "ask_used": 0.0, "fired": -math.inf, "due_for": -math.inf,
         "next": math.inf, "gain": 0.0}  # fmt: skip
"""scalars that do not begin as zero (wholes and truths) or NaN (floats)"""


class KernelStopped(Exception):
    """The kernel met what only the machine does; the run has to be made again there."""

    def __init__(self, code: int, time_us: int) -> None:
        super().__init__(c.WHY[code])
        self.code = code
        self.time_us = time_us


@dataclass(frozen=True, slots=True)
class Given:
    """What a run of the kernel is given besides program and layout: numbers only.

    x: parameter values by slot. accounts, in the program's order; instruments by leg. half_spread: a share of the
    price, where no book is told.
    """

    x: Sequence[float]
    accounts: tuple[VenueAccount, ...]
    instruments: tuple[Instrument, ...]
    half_spread: float = 0.0
    stride: int = STRIDE
    """an equity sample for every so many events, besides one for each change of the books"""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of it. moves: columns of `columns.M_…`, `orders`: of `columns.O_…`; books and accounts as they ended.

    `leaves` is where each region stands, by index; `status`: 0, 1 before the start, 2 running, 3 over.
    """

    moves: Table
    orders: Table
    books: Table
    accounts: Table
    positions: Table
    x: tuple[float, ...]
    leaves: tuple[int, ...]
    status: int
    alerts: int
    broken: int
    samples: Table
    """equity over time: columns of `columns.S_…`"""
    peak: float
    deepest: float
    """the greatest drawdown of any event"""
    started_us: int
    """when the first states were entered; -1: never"""


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What was worked out ahead for a batch: `series` by event, and `blocks` of events (`blocks_of`)."""

    series: Table
    blocks: Table


@dataclass(slots=True, eq=False)
class _Tables:
    """All arrays of one run."""

    x: Any
    s: Any
    memory: Any
    constants: Table
    books: Table
    legs: Table
    held: Table
    positions: Table
    accounts: Table
    book: Table
    tiers: Table
    orders: Table
    sent: Table
    moves: Table
    kept: Table
    works: Table
    gathered: Table
    dues: Table
    samples: Table
    series: Table
    blocks: Table
    box: Table
    out_samples: list[Table] = field(default_factory=list)
    out_moves: list[Table] = field(default_factory=list)
    out_orders: list[Table] = field(default_factory=list)


def run(
    program: Program, layout: Layout, given: Given, batches: Iterable[EventBatch], end_us: int, loop: Loop,
    *, series: Sequence[Ahead] = (), plain: bool = False,
) -> Outcome:  # fmt: skip
    """Step the loop through a market; timers are let run until `end_us`. KernelStopped: the machine has to do it.

    series: for each batch, what was worked out ahead (`ahead`). `plain`: the loop is Python, which is quicker on lists
    than on arrays.
    """
    import numpy as np

    tables = _tables(program, layout, given, loop.state, plain)
    nothing = Ahead(tables.series, tables.blocks)
    place = {name: index for index, (name, _) in enumerate(loop.state)}
    status = place["status"]
    silent = set(range(layout.markets))
    tables.s[status] = float(c.PRIMING)
    for place_of_batch, batch in enumerate(batches):
        found = series[place_of_batch] if series else nothing
        tables.series, tables.blocks = found.series, found.blocks
        begin = 0
        if silent:
            begin = _heard(batch, silent)
            _step(loop, tables, batch, (0, begin), 0, given.half_spread, plain)
            if not silent:
                tables.s[status] = float(c.WAITING)
        _step(loop, tables, batch, (begin, len(batch)), 0, given.half_spread, plain)
    last = EventBatch(*(np.empty(0, column) for column in (np.int64, np.int8, np.int16, *[np.float64] * 5)))
    tables.blocks = tables.blocks[:0]
    _step(loop, tables, last, (0, 0), end_us + 1, given.half_spread, plain)
    values = dict(zip((name for name, _ in loop.state), tables.s, strict=True))
    return Outcome(
        np.concatenate([np.empty((0, c.MOVE_COLUMNS)), *tables.out_moves]),
        np.concatenate([np.empty((0, c.KEPT_COLUMNS)), *tables.out_orders]),
        tables.books,
        tables.accounts,
        tables.positions,
        tuple(float(value) for value in tables.x),
        tuple(int(values[f"leaf_{region.index}"]) for region in program.regions),
        int(values["status"]),
        int(values["alerts"]),
        int(values["broken"]),
        np.concatenate([tables.samples[:0], *tables.out_samples]),
        float(values["peak"]),
        float(values["deepest"]),
        -1 if values["started"] != values["started"] else int(values["started"]),
    )


def ahead(
    program: Program, layout: Layout, given: Given, batches: Iterable[EventBatch], loop: Loop, *, plain: bool = False
) -> list[Ahead]:
    """Work out `layout.shared` for each event of each batch: two rows an indicator, by the loop of `emit_ahead`."""
    import numpy as np

    tables = _tables(program, replace(layout, shared=()), given, loop.state, plain)
    rows = rows_of(program, layout)
    height = max(2 * len(layout.shared), *(row + 1 for row in rows)) if layout.leaps else 2 * len(layout.shared)
    windows = [int(tables.constants[index, 0]) for index in layout.shared]
    status = next(index for index, (name, _) in enumerate(loop.state) if name == "status")
    silent = set(range(layout.markets))
    tables.s[status] = float(c.PRIMING)
    found = []
    for batch in batches:
        used = _columns(batch, plain)
        series = np.empty((height, len(batch)))
        begin = _heard(batch, silent) if silent else 0
        for first, end in ((0, begin), (begin, len(batch))):
            if first == begin and not silent:
                tables.s[status] = float(c.WAITING)
            loop.run(first, end, *used, tables.x, tables.s, tables.memory, tables.constants, series, given.half_spread)
        found.append(Ahead(series, _blocks_of(batch, series, rows, windows) if layout.leaps else np.zeros((0, 2))))
    return found


def _blocks_of(batch: EventBatch, series: Table, rows: Sequence[int], windows: Sequence[int]) -> Table:
    """A row for each block of each size: its first instant and that of the event after it, then bounds of each row.

    A block has no bounds (NaN) where it has events of several kinds or markets, a value that is not known, or a hole
    that ends what was worked out ahead.
    """
    import numpy as np

    what = batch.kind.astype(np.int64) + len(Kind) * batch.market
    after = np.append(batch.time_us[1:], batch.time_us[-1:])
    parts = []
    for size in SIZES:
        count = len(batch) // size
        used = count * size
        shaped = [
            values[:used].reshape(count, size) for values in (batch.time_us, what, *(series[row] for row in rows))
        ]
        time_us, kinds, *values = shaped
        part = np.empty((count, 2 + 2 * len(rows)))
        part[:, 0], part[:, 1] = time_us[:, 0], after[size - 1 : used : size]
        for k, found in enumerate(values):
            part[:, 2 + 2 * k], part[:, 3 + 2 * k] = found.min(axis=1), found.max(axis=1)
        is_known = (kinds == kinds[:, :1]).all(axis=1)
        for place, window_us in enumerate(windows):
            is_known &= part[:, 1] - series[2 * place + 1, :used:size] <= window_us
        part[~is_known, 2:] = np.nan
        parts.append(part)
    return np.concatenate(parts)


def _columns(batch: EventBatch, plain: bool) -> list[Any]:
    """A batch as the loop takes it. One form of array only: numba compiles anew for another one."""
    import numpy as np

    columns = (batch.time_us, batch.kind, batch.market, batch.a, batch.b, batch.c, batch.d)
    return [column.tolist() if plain else np.require(column, requirements=("C", "W")) for column in columns]


def _heard(batch: EventBatch, silent: set[int]) -> int:
    """The first event with which every market has had a price, which begins the run; all of them if none is."""
    first = 0
    for market in sorted(silent):
        for start in range(0, len(batch), LOOK):
            part = slice(start, start + LOOK)
            priced = (batch.kind[part] > Kind.MARK) & (batch.market[part] == market)
            if priced.any():
                silent.discard(market)
                first = max(first, start + int(priced.argmax()))
                break
    return len(batch) if silent else first


def _step(
    loop: Loop, tables: _Tables, batch: EventBatch, part: tuple[int, int], end_us: int, half_spread: float, plain: bool
) -> None:
    """One batch, or a part of it; called again and again while the room for outputs runs out."""
    used = _columns(batch, plain)
    place = {name: index for index, (name, _) in enumerate(loop.state)}
    i, end = part
    while True:
        why, i, samples, _ = loop.run(
            i, end, end_us, *used, tables.x, tables.s, tables.memory, tables.constants, tables.samples, half_spread,
            tables.books, tables.legs, tables.held, tables.positions, tables.accounts, tables.book, tables.tiers,
            tables.orders, tables.sent, tables.moves, tables.kept, tables.works, tables.gathered, tables.dues,
            tables.series, tables.blocks, tables.box,
        )  # fmt: skip
        tables.out_moves.append(tables.moves[: int(tables.s[place["n_moves"]])].copy())
        tables.out_orders.append(tables.kept[: int(tables.s[place["n_kept"]])].copy())
        tables.out_samples.append(tables.samples[:samples].copy())
        if why == c.GOES_ON:
            return
        if why != c.OUT_OF_ROOM:
            raise KernelStopped(why, int(tables.s[place["now"]]))


def _tables(program: Program, layout: Layout, given: Given, state: tuple[tuple[str, str], ...], plain: bool) -> _Tables:
    import numpy as np

    legs = len(program.legs)
    room = max(2 * legs, 8)
    first = [_first(name, kind) for name, kind in state]
    capital = sum(account.capital for account in given.accounts if account.capital < math.inf)
    named = {"capital": capital, "fixed": capital, "peak": capital, "deepest": 0.0, "stride": float(given.stride),
             "own_due": math.inf}  # fmt: skip
    named |= {f"leaf_{region.index}": float(region.initial) for region in program.regions}
    for index, (name, _) in enumerate(state):
        first[index] = named.get(name, first[index])
    x = list(given.x)
    memory, constants = _indicators(program, given.x, layout.shared)
    for leg in program.legs:
        x[leg.quantity], x[leg.average] = 0.0, math.nan
    books = np.zeros((legs, c.BOOK_COLUMNS))
    books[:, c.AVERAGE] = np.nan
    count = max(layout.position_of_leg) + 1
    return _Tables(
        x=x if plain else np.array(x),
        s=first if plain else np.array(first),
        memory=[window.tolist() for window in memory] if plain else tuple(memory) or (np.zeros(1),),
        constants=constants,
        books=books,
        legs=_legs(program, layout, given),
        held=np.zeros((legs, c.HELD_COLUMNS)),
        positions=_positions(program, layout, count),
        accounts=_accounts(given),
        book=np.zeros((layout.markets, c.BOOK_OF_MARKET_COLUMNS)),
        tiers=_tiers(layout, given, count),
        orders=np.zeros((room, c.ORDER_COLUMNS)),
        sent=np.zeros((room, c.ORDER_COLUMNS)),
        moves=np.zeros((ROOM, c.MOVE_COLUMNS)),
        kept=np.zeros((ROOM, c.KEPT_COLUMNS)),
        works=np.zeros((c.MOST_WORKS, c.WORK_COLUMNS)),
        gathered=np.zeros((c.MOST_WORKS, c.WORK_COLUMNS)),
        dues=np.zeros((len(program.sources) + len(program.rows) + 1, 2)),
        samples=np.zeros((SAMPLES, sample_columns(layout.markets, layout.sampled))),
        series=np.zeros((1, 1)),
        blocks=np.zeros((0, 2)),
        box=np.full((2, 2 + 2 * len(rows_of(program, layout))), np.nan),
    )


def _first(name: str, kind: str) -> float:
    """What a scalar begins with."""
    base = name.rpartition("_")[0]
    return WORDS.get(base, math.nan if kind == "float" else 0.0)


def _indicators(program: Program, x: Sequence[float], shared: Sequence[int]) -> tuple[list[Table], Table]:
    """The windows, and (window_us, n, ready, quantile) of each; what is worked out ahead has no window here."""
    import numpy as np

    memory: list[Table] = []
    constants = np.zeros((max(len(program.indicators), 1), 4))

    def constant(value: Value | None) -> float:
        return 0.0 if value is None else evaluate(value.tree, x, program.observables, unasked)

    for index, entry in enumerate(program.indicators):
        window_us, n = round(constant(entry.window) * SECOND_US), round(constant(entry.count))
        constants[index] = (window_us, n, round(constant(entry.ready)), constant(entry.quantile))
        size = 1 if index in shared else KINDS[entry.function].size(window_us, n, SLOTS)
        memory.append(np.zeros(size))
    return memory, constants


def _legs(program: Program, layout: Layout, given: Given) -> Table:
    import numpy as np

    table = np.zeros((len(program.legs), c.LEG_COLUMNS))
    names = [account.name for account in given.accounts]
    for index, (leg, instrument) in enumerate(zip(program.legs, given.instruments, strict=True)):
        side = {Side.LONG: 1.0, Side.SHORT: -1.0, None: 0.0}[leg.side]
        table[index] = (
            side, layout.hedged[index], names.index(leg.account), layout.market_of_leg[index],
            layout.position_of_leg[index], instrument.tick, instrument.lot, instrument.least_quantity,
            instrument.most_quantity, instrument.least_notional,
        )  # fmt: skip
    return table


def _positions(program: Program, layout: Layout, count: int) -> Table:
    import numpy as np

    table = np.zeros((count, c.POSITION_COLUMNS))
    table[:, c.P_AVERAGE] = np.nan
    names = [account.name for account in program.accounts]
    for index, leg in enumerate(program.legs):
        position = layout.position_of_leg[index]
        table[position, c.P_MARKET] = layout.market_of_leg[index]
        table[position, c.P_ACCOUNT] = names.index(leg.account)
    return table


def _accounts(given: Given) -> Table:
    import numpy as np

    table = np.zeros((len(given.accounts), c.ACCOUNT_COLUMNS))
    for index, account in enumerate(given.accounts):
        profile = account.profile
        table[index, c.WALLET], table[index, c.TAKER] = account.capital, profile.fees.taker
        table[index, c.LEVERAGE], table[index, c.HAS_MARGIN] = account.leverage, profile.has_margin
    return table


def _tiers(layout: Layout, given: Given, count: int) -> Table:
    """By position: how many, then limit, rate, deduction and leverage of each."""
    import numpy as np

    most = max((len(instrument.tiers) for instrument in given.instruments), default=0)
    table = np.zeros((count, 1 + c.TIER_WIDTH * most))
    for index, instrument in enumerate(given.instruments):
        row = table[layout.position_of_leg[index]]
        row[0] = len(instrument.tiers)
        for place, tier in enumerate(instrument.tiers):
            at = 1 + c.TIER_WIDTH * place
            row[at : at + c.TIER_WIDTH] = (tier.most_notional, tier.rate, tier.deduction, tier.most_leverage)
    return table

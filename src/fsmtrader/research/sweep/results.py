"""What is kept of one set: its row of the table of results, made alike of what either engine gives.

Amounts are in quote currency. Columns: `p_<parameter>`, `profit_<period>`, `seconds_<state>` (where there are several
regions `seconds_<region>.<state>`), and those of `COLUMNS`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsmtrader.program.ir import Program
from fsmtrader.research.metrics import ratio_of
from fsmtrader.research.sweep.edges import Edges
from fsmtrader.research.sweep.grid import Case, values_of
from fsmtrader.research.sweep.periods import Period
from fsmtrader.research.sweep.statistics import moments

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.int64]

Cell = float | int | str | bool | None
Row = dict[str, Cell]

COLUMNS: Mapping[str, type] = {
    "key": str,
    "status": str,
    "error": str,
    "again": bool,
    "engine": str,
    "seconds": float,
    "ended": str,
    "profit": float,
    "realised": float,
    "unrealised": float,
    "fees": float,
    "funding": float,
    "turnover": float,
    "fills": int,
    "transitions": int,
    "broken": int,
    "faults": str,
    "max_drawdown": float,
    "sharpe": float,
    "days": int,
    "skewness": float,
    "kurtosis": float,
    "worst_period": float,
}
"""`status`: done or failed (with the `error`; `again`: for no reason of the set's own, so that the next
sweep tries it again); `seconds` it
took; `ended`: how the machine stood; `broken`: how often an invariant with a condition did not hold; `days`: how many
daily returns the Sharpe ratio is of, with their `skewness` and `kurtosis`."""
DONE, FAILED = "done", "failed"


class Objective(enum.Enum):
    """What sets are ranked by. The greatest is the best one, of costs the least."""

    PROFIT = "profit"
    SHARPE = "sharpe"
    WORST_PERIOD = "worst_period"
    MAX_DRAWDOWN = "max_drawdown"
    FEES = "fees"
    TURNOVER = "turnover"

    @property
    def is_cost(self) -> bool:
        """Whether less is better."""
        return self in (Objective.MAX_DRAWDOWN, Objective.FEES, Objective.TURNOVER)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The equity of a run at some of its events, one for each change of the books among them, by time.

    `gains`: what the equity gains when the price of a market gains 1; `prices`: of each market. A row an event.
    """

    time_us: Times
    equity: Floats
    gains: Floats
    prices: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What came of one set, from either engine."""

    engine: str
    ended: str
    realised: float
    unrealised: float
    fees: float
    funding: float
    turnover: float
    fills: int
    transitions: int
    broken: int
    faults: tuple[str, ...]
    max_drawdown: float
    capital: float
    stays: Mapping[tuple[str, str], float]
    """seconds by region and state"""
    curve: Curve

    @property
    def profit(self) -> float:
        return self.realised + self.unrealised - self.fees + self.funding


def row_of(program: Program, periods: Sequence[Period], edges: Edges, result: Result) -> Row:
    """The columns that say what came of a set."""
    levels = levels_at(edges, result)
    parts = [float(levels[end] - levels[begin]) for begin, end in edges.periods.tolist()]
    returns = returns_of(edges, levels)
    shape = moments(returns) or (None, None)
    found: Row = {
        "status": DONE,
        "error": "",
        "again": False,
        "engine": result.engine,
        "ended": result.ended,
        "profit": result.profit,
        "realised": result.realised,
        "unrealised": result.unrealised,
        "fees": result.fees,
        "funding": result.funding,
        "turnover": result.turnover,
        "fills": result.fills,
        "transitions": result.transitions,
        "broken": result.broken,
        "faults": "; ".join(result.faults),
        "max_drawdown": result.max_drawdown,
        "sharpe": ratio_of(returns),
        "days": len(returns),
        "skewness": shape[0],
        "kurtosis": shape[1],
        "worst_period": min(parts),
    }
    found |= {f"profit_{p.name}": value for p, value in zip(periods, parts, strict=True)}
    return found | {column: result.stays.get(place, 0.0) for place, column in states_of(program).items()}


def levels_at(edges: Edges, result: Result) -> Floats:
    """The equity at the last event before each edge; the capital before the first event."""
    import numpy as np

    curve = result.curve
    place = np.searchsorted(curve.time_us, edges.times, side="left") - 1
    known = place >= 0
    at = place[known]
    since = np.where(curve.gains[at] == 0.0, 0.0, curve.gains[at] * (edges.prices[known] - curve.prices[at]))
    levels = np.full(len(edges.times), result.capital)
    levels[known] = curve.equity[at] + since.sum(axis=1)
    return levels


def returns_of(edges: Edges, levels: Floats) -> Floats:
    """Daily returns (`metrics.daily_returns`) from the equity at the edges; none of what had come to nothing."""
    import numpy as np

    daily = levels[np.concatenate(([edges.first], edges.days))]
    if not (daily > 0.0).all():
        return np.empty(0)
    found: Floats = daily[1:] / daily[:-1] - 1.0
    return found


def ranked(frame: pl.DataFrame, objective: Objective) -> pl.DataFrame:
    """The sets that were done and have a value of an objective, the best first; of equal ones the earlier first."""
    import polars as pl

    known = frame.filter((pl.col("status") == DONE) & pl.col(objective.value).is_not_null())
    return known.sort(objective.value, descending=not objective.is_cost, maintain_order=True)


def undominated(frame: pl.DataFrame, objectives: Sequence[Objective]) -> pl.DataFrame:
    """The sets than which no other one is as good in every objective and better in one."""
    import numpy as np

    best = ranked(frame, objectives[0])
    for objective in objectives[1:]:
        best = best.filter(best[objective.value].is_not_null())
    if best.height == 0:
        return best
    signs = [-1.0 if objective.is_cost else 1.0 for objective in objectives]
    values = np.stack([s * best[o.value].to_numpy() for s, o in zip(signs, objectives, strict=True)], axis=1)
    front: list[int] = []
    for place in np.lexsort(-values.T[::-1]).tolist():
        others = values[front]
        if not ((others >= values[place]).all(axis=1) & (others > values[place]).any(axis=1)).any():
            front.append(place)
    return best[sorted(front)]


def failed_row(error: str, *, again: bool = False) -> Row:
    """A set of which nothing came; `again`: for no reason of its own, so that another sweep tries it again."""
    return {"status": FAILED, "error": error, "again": again}


def set_columns(program: Program, case: Case) -> Row:
    """The columns of what was set."""
    return {f"p_{name}": value for name, value in values_of(program, case).items()}


def states_of(program: Program) -> dict[tuple[str, str], str]:
    """The column of each state, by region and state."""
    alone = len(program.regions) == 1
    return {
        (region.name, leaf.name): f"seconds_{leaf.name if alone else f'{region.name}.{leaf.name}'}"
        for region in program.regions
        for leaf in region.leaves
    }


def schema_of(program: Program, periods: Sequence[Period], names: Sequence[str]) -> dict[str, type]:
    """All columns of a sweep in order, those of the parameters after the key."""
    words = {parameter.name: bool(parameter.words) for parameter in program.parameters}
    rest = dict(COLUMNS)
    return {
        "key": rest.pop("key"),
        **{f"p_{name}": str if words[name] else float for name in names},
        **rest,
        **{f"profit_{period.name}": float for period in periods},
        **dict.fromkeys(states_of(program).values(), float),
    }


def frame_of(rows: Sequence[Row], schema: Mapping[str, type]) -> pl.DataFrame:
    """Rows as a table; what a row does not say is null."""
    import polars as pl

    types: dict[type, pl.DataType] = {str: pl.String(), bool: pl.Boolean(), int: pl.Int64(), float: pl.Float64()}
    columns = {
        name: pl.Series(name, [_cell(row.get(name), kind) for row in rows], dtype=types[kind])
        for name, kind in schema.items()
    }
    return pl.DataFrame(columns)


def _cell(value: Cell, kind: type) -> Cell:
    if value is None:
        return None
    if kind is float:
        return float(value)
    return value

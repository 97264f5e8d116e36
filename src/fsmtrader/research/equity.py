"""The equity of a run over time: a row for each change of the books, and samples in between, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Booked, FundingBooked, Note
from fsmtrader.program.ir import Query, Side
from fsmtrader.research.markets import Markets
from fsmtrader.research.metrics import sharpe_ratio
from fsmtrader.research.tracks import Tracks

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SAMPLES_LIMIT = 100_000
"""samples between changes; when there are more, every other one goes and the stride doubles"""
COLUMNS = (
    "price",
    "mark",
    "equity",
    "cash",
    "realised",
    "unrealised",
    "fees",
    "funding",
    "exposure",
    "drawdown",
    "gross",
)
"""Quote currency, `price` and `mark` of the first leg. `cash` is the capital and what the strategy made of it, `equity`
is cash + unrealised, `exposure` the size of the net notional, `gross` the sum of all, `drawdown` the way down from the
highest equity of any event (not only of the rows)."""
NAN = float("nan")


class _Rows:
    """Times, and rows of values one after the other."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._pack = Struct(f"{width}d").pack
        self.times = array("q")
        self.values = array("d")

    def add(self, time_us: int, row: tuple[float, ...]) -> None:
        self.times.append(time_us)
        self.values.frombytes(self._pack(*row))

    def extend(self, times: NDArray[np.int64], rows: Floats) -> None:
        """Many rows at once."""
        self.times.frombytes(times.tobytes())
        self.values.frombytes(rows.tobytes())

    def halve(self) -> None:
        """Keep every other row, the first among them."""
        import numpy as np

        self.times = self.times[::2]
        self.values = array("d", np.frombuffer(self.values).reshape(-1, self.width)[::2].tobytes())

    def frame(self, names: tuple[str, ...]) -> pl.DataFrame:
        """As a table: time_us, and the columns by name."""
        import numpy as np
        import polars as pl

        table = np.frombuffer(self.values).reshape(-1, self.width)
        columns = {name: table[:, place] for place, name in enumerate(names)}
        return pl.DataFrame({"time_us": np.frombuffer(self.times, dtype=np.int64), **columns})


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Moments of a stretch in which the books did not change. `peaks`: the highest equity of any event until then;
    `prices` by leg; `moving`: slots whose values have changed."""

    times: NDArray[np.int64]
    peaks: Floats
    prices: Sequence[Floats]
    moving: Mapping[int, Floats]


class EquityCurve:
    """Looks at the books after each market event of one run."""

    def __init__(self, core: Core, limit: int = SAMPLES_LIMIT) -> None:
        self._books = core.state.books
        self._market = core.state.market
        self._legs = core.program.legs
        self._names = [leg.name for leg in self._legs]
        self._signs = [-1.0 if leg.side is Side.SHORT else 1.0 for leg in self._legs]
        given = [self._market.equity(account.name) for account in core.program.accounts]
        self.capital = sum(amount for amount in given if amount < float("inf"))
        self._marks = [Query("mark", (name,), (), -1, f"mark({name})") for name in self._names[:1]]
        self.tracks = Tracks(core)
        places = Markets(core.program).places[1:]
        self._others = [self._names.index(place.legs[0]) for place in places]
        """the first leg of each market but the first: its price is a column of its own"""
        others = (f"price_{self._names[index]}" for index in self._others)
        self._columns = (*COLUMNS, *(f"q_{name}" for name in self._names), *others, *self.tracks.names())
        width = len(self._columns)
        self._changes, self._samples = _Rows(width), _Rows(width)
        self._limit = limit
        self._stride = 1
        self._events = 0
        self._is_changed = False
        self._fixed = self.capital
        """equity at prices of zero: the part that only a change of the books moves"""
        self._open: list[tuple[str, float]] = []
        """legs that are held, and what their equity gains when the price gains 1"""
        self._settled: tuple[float, ...] = ()
        """cash, realised, fees and funding: what only a change of the books moves"""
        self._quantities: list[float] = []
        self.peak = self.capital
        self._settle()
        self.deepest = 0.0
        """the greatest drawdown so far"""
        self._last_us = 0

    def heard(self, notes: tuple[Note, ...]) -> None:
        """Something was noted: the books may have changed."""
        self.tracks.heard(notes)
        if any(isinstance(note, Booked | FundingBooked) for note in notes):
            self._is_changed = True
        self._settle()

    def after(self, time_us: int) -> None:
        """A market event is done."""
        equity = self._fixed
        for name, gain in self._open:
            equity += gain * self._market.price(name)
        if equity > self.peak:
            self.peak = equity
        elif self.peak - equity > self.deepest:
            self.deepest = self.peak - equity
        self._last_us = time_us
        if self._is_changed:
            self._is_changed = False
            self._settle()
            self._changes.add(time_us, self._row())
        elif self._events % self._stride == 0:
            self._samples.add(time_us, self._row())
            self._thin()
        self._events += 1

    # -- a stretch of events in which the books do not change, seen by somebody else -----------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether no change of the books waits for its row."""
        return not self._is_changed

    @property
    def fixed(self) -> float:
        """The equity at prices of zero."""
        return self._fixed

    def gains(self) -> list[float]:
        """By leg: what the equity gains when its price gains 1."""
        held = dict(self._open)
        return [held.get(name, 0.0) for name in self._names]

    @property
    def stride(self) -> int:
        return self._stride

    @property
    def countdown(self) -> int:
        """How many events come before the next that is sampled."""
        return -self._events % self._stride

    @property
    def room(self) -> int:
        """How many samples may be added before every other one goes."""
        return self._limit - len(self._samples.times)

    def stretch(self, events: int, last_us: int, peak: float, deepest: float, samples: Samples) -> None:
        """What `after` would have done with each of some events, as long as their samples found room."""
        self._events += events
        self._last_us, self.peak, self.deepest = last_us, peak, deepest
        if len(samples.times):
            self._samples.extend(samples.times, self._rows(samples))
            self._thin()

    def _thin(self) -> None:
        if len(self._samples.times) >= self._limit:
            self._samples.halve()
            self._stride *= 2

    def _rows(self, samples: Samples) -> Floats:
        """`_row` of many moments, to the same bit."""
        import numpy as np

        count, quantities = len(samples.times), self._quantities
        unrealised, net, gross = (np.zeros(count) for _ in range(3))
        for index, quantity in enumerate(quantities):
            if quantity != 0.0:
                average, price = self._books.mark(index).average, samples.prices[index]
                is_short = self._signs[index] < 0.0
                unrealised = unrealised + quantity * ((average - price) if is_short else (price - average))
                notional = self._signs[index] * quantity * price
                net, gross = net + notional, gross + np.abs(notional)
        cash, realised, fees, funding = self._settled
        equity = cash + unrealised
        down = samples.peaks - equity
        nothing = np.full(count, NAN)
        price = samples.prices[0] if samples.prices else nothing
        columns: list[Floats | float] = [price, price if self._marks else nothing, equity, cash, realised, unrealised]
        columns += [fees, funding, np.abs(net), np.where(down > 0.0, down, 0.0), gross, *quantities]
        columns += [samples.prices[index] for index in self._others]
        columns += self.tracks.columns(realised + unrealised, samples.moving)
        return np.column_stack([np.broadcast_to(column, count) for column in columns])

    # -- the end -----------------------------------------------------------------------------------------------------

    def sharpe(self) -> float | None:
        """The Sharpe ratio of the curve (`metrics`); None where there is none."""
        frame = self.frame()
        return sharpe_ratio(frame["time_us"].to_numpy(), frame["equity"].to_numpy())

    def frame(self) -> pl.DataFrame:
        """All rows by time, the last event among them; of several at one time the last."""
        import polars as pl

        names = self._columns
        if self._events:
            self._settle()
            self._changes.add(self._last_us, self._row())
        frames = [rows.frame(names) for rows in (self._samples, self._changes)]
        return pl.concat(frames).unique("time_us", keep="last", maintain_order=True).sort("time_us")

    def _settle(self) -> None:
        books, held = self._books, []
        fixed = self.capital + sum(books.cash.values())
        for index, sign in enumerate(self._signs):
            mark = books.mark(index)
            if mark.quantity != 0.0 and mark.average == mark.average:
                fixed -= sign * mark.quantity * mark.average
                held.append((self._names[index], sign * mark.quantity))
        self._fixed, self._open = fixed, held
        cash = self.capital + sum(books.cash.values())
        self._settled = (cash, sum(books.realised), sum(books.fees), sum(books.funding))
        self._quantities = [books.quantity(index) for index in range(len(self._names))]

    def _row(self) -> tuple[float, ...]:
        """One row at the present prices, as the books were settled last."""
        market, quantities = self._market, self._quantities
        prices = [market.price(name) for name in self._names]
        unrealised = net = gross = 0.0
        for index, quantity in enumerate(quantities):
            if quantity != 0.0:
                unrealised += self._books.unrealised(index, prices[index])
                notional = self._signs[index] * quantity * prices[index]
                net += notional
                gross += abs(notional)
        cash, realised, fees, funding = self._settled
        equity = cash + unrealised
        return (
            prices[0] if prices else NAN,
            market.answer(self._marks[0], ()) if self._marks else NAN,
            equity,
            cash,
            realised,
            unrealised,
            fees,
            funding,
            abs(net),
            max(0.0, self.peak - equity),
            gross,
            *quantities,
            *(prices[index] for index in self._others),
            *self.tracks.values(realised + unrealised),
        )

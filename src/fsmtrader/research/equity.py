"""The equity of a run over time: a row for each change of the books, and samples in between, in bounded memory.

Kept of a moment is only what cannot be computed from the rest of its row; the columns are made of it at the end.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Booked, FundingBooked, Note
from fsmtrader.program.ir import Side
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
"""Quote currency, `price` and `mark` of the first leg (where there is a mark, it is the price). `cash` is the capital
and what the strategy made of it, `equity` is cash + unrealised, `exposure` the size of the net notional, `gross` the
sum of all, `drawdown` the way down from the highest equity of any event (not only of the rows)."""
SETTLED = 7
"""sums in a row: cash, realised, fees, funding, slippage, friction, exit cost"""
PART_ROWS = 4_096
"""rows that came one by one are put away together: an array that grows on and on is copied again and again"""
NAN = float("nan")


class _Rows:
    """Times, and rows of values. Those that came one by one are packed, those that came together stay as they are."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._pack = Struct(f"{width}d").pack
        self._parts: list[tuple[NDArray[np.int64], Floats]] = []
        self._times, self._values = array("q"), array("d")
        """the rows since the last part"""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, time_us: int, row: tuple[float, ...]) -> None:
        self._times.append(time_us)
        self._values.frombytes(self._pack(*row))
        self._count += 1
        if len(self._times) >= PART_ROWS:
            self._close()

    def extend(self, times: NDArray[np.int64], rows: Floats) -> None:
        """Many rows at once."""
        self._close()
        self._parts.append((times, rows))
        self._count += len(times)

    def halve(self) -> None:
        """Keep every other row, the first among them."""
        import numpy as np

        times, rows = self.arrays()
        self._parts = [(np.ascontiguousarray(times[::2]), np.ascontiguousarray(rows[::2]))]
        self._count = len(self._parts[0][0])

    def arrays(self) -> tuple[NDArray[np.int64], Floats]:
        """Times, and the rows as a table."""
        import numpy as np

        self._close()
        if len(self._parts) != 1:
            nothing = (np.empty(0, dtype=np.int64), np.empty((0, self.width)))
            both = zip(*(self._parts or [nothing]), strict=True)
            times, rows = (np.concatenate(parts) for parts in both)
            self._parts = [(times, rows)]
        return self._parts[0]

    def _close(self) -> None:
        """What came one by one becomes a part."""
        import numpy as np

        if self._times:
            rows = np.frombuffer(self._values).reshape(-1, self.width)
            self._parts.append((np.frombuffer(self._times, dtype=np.int64), rows))
            self._times, self._values = array("q"), array("d")


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
        self._price = core.state.market.price
        self._legs = core.program.legs
        self._names = [leg.name for leg in self._legs]
        self._signs = [-1.0 if leg.side is Side.SHORT else 1.0 for leg in self._legs]
        given = [self._market.equity(account.name) for account in core.program.accounts]
        self.capital = sum(amount for amount in given if amount < float("inf"))
        self.tracks = Tracks(core)
        places = Markets(core.program).places[1:]
        self._others = [self._names.index(place.legs[0]) for place in places]
        """the first leg of each market but the first: its price is a column of its own"""
        others = (f"price_{self._names[index]}" for index in self._others)
        self._columns = (*COLUMNS, *(f"q_{name}" for name in self._names), *others, *self.tracks.names())
        width = SETTLED + 1 + 3 * len(self._names) + 2 * len(self.tracks.bands)
        self._changes, self._samples = _Rows(width), _Rows(width)
        self._limit = limit
        self._stride = 1
        self._events = 0
        self._is_changed = False
        self._fixed = self.capital
        """equity at prices of zero: the part that only a change of the books moves"""
        self._is_stale = False
        """whether something was noted since"""
        self._open: list[tuple[str, float]] = []
        """legs that are held, and what their equity gains when the price gains 1"""
        self._settled: tuple[float, ...] = ()
        """what only a change of the books moves: `SETTLED` sums, then quantities and averages by leg"""
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
        self._is_stale = True

    def after(self, time_us: int) -> None:
        """A market event is done."""
        if self._is_stale:
            self._settle()
        equity, price, peak = self._fixed, self._price, self.peak
        for name, gain in self._open:
            equity += gain * price(name)
        if equity > peak:
            self.peak = equity
        elif peak - equity > self.deepest:
            self.deepest = peak - equity
        self._last_us = time_us
        if self._is_changed:
            self._is_changed = False
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
        return self._limit - len(self._samples)

    def stretch(self, events: int, last_us: int, peak: float, deepest: float, samples: Samples) -> None:
        """What `after` would have done with each of some events, as long as their samples found room."""
        self._events += events
        self._last_us, self.peak, self.deepest = last_us, peak, deepest
        if len(samples.times):
            self._samples.extend(samples.times, self._rows(samples))
            self._thin()

    def over(self, times: NDArray[np.int64], price: Mapping[str, Floats], moving: Mapping[int, Floats]) -> None:
        """`after` of each of some events. `price`: of the legs whose price they change; `moving`: as in `Samples`."""
        import numpy as np

        if self._is_stale:
            self._settle()
        equity: Floats = np.full(len(times), self._fixed)
        for name, gain in self._open:
            equity += gain * price.get(name, self._price(name))
        peaks = np.fmax.accumulate(np.concatenate(([self.peak], equity)))[1:]
        downs = np.fmax.accumulate(np.concatenate(([self.deepest], peaks - equity)))[1:]
        prices = [price.get(name, np.full(len(times), self._price(name))) for name in self._names]
        start = 0
        while start < len(times):
            chosen = np.arange(start + self.countdown, len(times), self._stride)[: self.room]
            stop = int(chosen[-1]) + 1 if len(chosen) == self.room else len(times)
            samples = Samples(
                times[chosen],
                peaks[chosen],
                [column[chosen] for column in prices],
                {slot: values[chosen] for slot, values in moving.items()},
            )
            last = stop - 1
            self.stretch(stop - start, int(times[last]), float(peaks[last]), float(downs[last]), samples)
            start = stop

    def _thin(self) -> None:
        if len(self._samples) >= self._limit:
            self._samples.halve()
            self._stride *= 2

    def _rows(self, samples: Samples) -> Floats:
        """`_row` of many moments."""
        import numpy as np

        found = np.empty((len(samples.times), self._samples.width))
        place = len(self._settled)
        found[:, :place] = self._settled
        for column in (samples.peaks, *samples.prices, *self.tracks.bands_over(samples.moving)):
            found[:, place] = column
            place += 1
        return found

    # -- the end -----------------------------------------------------------------------------------------------------

    def sharpe(self) -> float | None:
        """The Sharpe ratio of the curve (`metrics`); None where there is none."""
        frame = self.frame()
        return sharpe_ratio(frame["time_us"].to_numpy(), frame["equity"].to_numpy())

    def frame(self) -> pl.DataFrame:
        """All rows by time, the last event among them; of several at one time the last."""
        import numpy as np
        import polars as pl

        if self._events:
            self._settle()
            self._changes.add(self._last_us, self._row())
        arrays = [rows.arrays() for rows in (self._samples, self._changes)]
        times, kept = (np.concatenate(both) for both in zip(*arrays, strict=True))
        with np.errstate(all="ignore"):
            columns = dict(zip(self._columns, self._made(kept), strict=True))
        frame = pl.DataFrame({"time_us": times, **columns})
        return frame.unique("time_us", keep="last", maintain_order=True).sort("time_us")

    def _made(self, kept: Floats) -> list[Floats]:
        """The columns, of what was kept of each row."""
        import numpy as np

        legs = len(self._names)
        cash, realised, fees, funding, slippage, friction, exit_cost, *rest = kept.T
        quantities, averages, (peak, *rest) = rest[:legs], rest[legs : 2 * legs], rest[2 * legs :]
        prices, bands = rest[:legs], rest[legs:]
        unrealised, net, gross = (np.zeros(len(kept)) for _ in range(3))
        for sign, quantity, average, price in zip(self._signs, quantities, averages, prices, strict=True):
            is_held = quantity != 0.0
            profit = quantity * (average - price) if sign < 0.0 else quantity * (price - average)
            notional = sign * quantity * price
            unrealised += np.where(is_held, profit, 0.0)
            net += np.where(is_held, notional, 0.0)
            gross += np.where(is_held, np.abs(notional), 0.0)
        equity = cash + unrealised
        down = peak - equity
        price = prices[0] if legs else np.full(len(kept), NAN)
        columns = [price, price, equity, cash, realised, unrealised, fees, funding, np.abs(net)]
        columns += [np.where(down > 0.0, down, 0.0), gross, *quantities, *(prices[index] for index in self._others)]
        return [*columns, realised + unrealised + slippage, friction, exit_cost, *bands]

    def _settle(self) -> None:
        books, held = self._books, []
        fixed = self.capital + sum(books.cash.values())
        quantities = [books.quantity(index) for index in range(len(self._names))]
        averages = [books.average(index) for index in range(len(self._names))]
        for name, sign, quantity, average in zip(self._names, self._signs, quantities, averages, strict=True):
            if quantity != 0.0 and average == average:
                fixed -= sign * quantity * average
                held.append((name, sign * quantity))
        self._fixed, self._open, self._is_stale = fixed, held, False
        cash = self.capital + sum(books.cash.values())
        sums = (cash, sum(books.realised), sum(books.fees), sum(books.funding), *self.tracks.costs())
        self._settled = (*sums, *quantities, *averages)

    def _row(self) -> tuple[float, ...]:
        """What is kept of this moment, as the books were settled last."""
        return (*self._settled, self.peak, *map(self._price, self._names), *self.tracks.bands_now())

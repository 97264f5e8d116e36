"""What a chart of a run needs besides the books: profit by its parts (R000-57), and the bands that guards draw.

`captured` is what trading made before its cost: realised and unrealised profit, with what fills were worse than the
price of their moment put back. `friction` is that cost: fees and slippage. In states that only reduce (`orders: reduce`
and finals) it counts as `exit_cost` instead. So captured - friction - exit_cost + funding is the profit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fsmtrader.engine.core import Core
from fsmtrader.engine.events import Booked, Note
from fsmtrader.engine.regions import Place
from fsmtrader.program.ir import Orders, Program, Side
from fsmtrader.program.reach import moving_slots
from fsmtrader.research.bands import Band, bands_of, thresholds_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAN = float("nan")
Read = Callable[[list[float]], float]


class Tracks:
    """Watches one core."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._legs = {leg.name: index for index, leg in enumerate(core.program.legs)}
        self._short = {leg.name: leg.side is Side.SHORT for leg in core.program.legs}
        self.friction = 0.0
        self.exit_cost = 0.0
        self.slippage = 0.0
        self.bands = bands_of(core.program)
        number = core.state.compiled.number
        self._bands = [(self._standing(band), number(band.centre), number(band.width)) for band in self.bands]
        self._moving = [tuple(moving_slots(core.program, v.tree) for v in (b.centre, b.width)) for b in self.bands]
        self._live: list[tuple[Read, Read] | None] | None = None
        """centre and width of each band that something asks for, until a region may have moved"""
        self.limits = thresholds_of(core.program)

    def heard(self, notes: tuple[Note, ...]) -> None:
        """Fills cost what they cost; regions may have moved."""
        self._live = None
        for note in notes:
            if isinstance(note, Booked):
                self._filled(note)

    def _filled(self, fill: Booked) -> None:
        price = self._core.state.market.price(fill.leg)
        bought = -fill.change if self._short[fill.leg] else fill.change
        slippage = bought * (fill.price - price) if price == price else 0.0
        self.slippage += slippage
        if self._is_leaving():
            self.exit_cost += fill.fee + slippage
        else:
            self.friction += fill.fee + slippage

    def _is_leaving(self) -> bool:
        places = self._core.regions.places
        leaves = [place.region.leaves[place.leaf] for place in places]
        return bool(leaves) and all(leaf.orders is Orders.REDUCE or leaf.final for leaf in leaves)

    @property
    def captured(self) -> float:
        books, market = self._core.state.books, self._core.state.market
        open_profit = sum(
            books.unrealised(index, market.price(name)) for name, index in self._legs.items() if books.quantity(index)
        )
        return sum(books.realised) + open_profit + self.slippage

    def names(self) -> tuple[str, ...]:
        """Columns: the parts of the profit, then centre and width of each band."""
        bands = [f"band_{i}_{part}" for i in range(len(self.bands)) for part in ("centre", "width")]
        return ("captured", "friction", "exit_cost", *bands)

    def costs(self) -> tuple[float, ...]:
        """Slippage, friction and exit cost so far."""
        return self.slippage, self.friction, self.exit_cost

    def bands_now(self) -> list[float]:
        """Centre and width of each band; NaN where nothing asks for it."""
        if self._live is None:
            self._live = [(c, w) if place.leaf in leaves else None for (place, leaves), c, w in self._bands]
        found: list[float] = []
        x = self._core.x
        for live in self._live:
            found += (live[0](x), live[1](x)) if live is not None else (NAN, NAN)
        return found

    def bands_over(self, moving: Mapping[int, Floats]) -> list[float | Floats]:
        """The same at many moments at which nothing was decided; `moving` are the slots that have changed meanwhile."""
        found: list[float | Floats] = []
        for ((place, leaves), *reads), slots in zip(self._bands, self._moving, strict=True):
            for read, changing in zip(reads, slots, strict=True):
                if place.leaf not in leaves:
                    found.append(NAN)
                elif changing:
                    found.append(self._over(read, changing, moving))
                else:
                    found.append(read(self._core.x))
        return found

    def _over(
        self, read: Callable[[list[float]], float], slots: tuple[int, ...], moving: Mapping[int, Floats]
    ) -> Floats:
        """A value at many moments."""
        import numpy as np

        x, found = list(self._core.x), []
        for values in zip(*(moving[slot].tolist() for slot in slots), strict=True):
            for slot, value in zip(slots, values, strict=True):
                x[slot] = value
            found.append(read(x))
        return np.array(found)

    def _standing(self, band: Band) -> tuple[Place, frozenset[int]]:
        """A band's region, and the leaves in which it is asked for, by index."""
        place = self._core.regions.places[band.region]
        named = enumerate(place.region.leaves)
        return place, frozenset(index for index, leaf in named if leaf.name in band.leaves)

    def limit_values(self) -> list[dict[str, object]]:
        """Thresholds with their limits, which do not change in a run."""
        number = self._core.state.compiled.number
        x = self._core.x
        return [{"name": t.name, "value": number(t.limit)(x)} for t in self.limits]


def moving_in_bands(program: Program) -> tuple[int, ...]:
    """All slots that a chart's bands read and that change while nobody decides anything."""
    values = [value for band in bands_of(program) for value in (band.centre, band.width)]
    return tuple(sorted({slot for value in values for slot in moving_slots(program, value.tree)}))

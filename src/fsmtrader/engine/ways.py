"""How a target is worked: `how: {style, patience, then, band, tries, slice}`, the step's own or the leg's.

- market (the default): at the market, within `risk.max_slippage` where there is such a rule.
- ioc: as far as `band` beyond the touch, what is not filled at once is tried again, `tries` times in all.
- passive: post-only at the own side of the touch; after `patience` it is cancelled and `then` follows. One that would
  have taken is placed anew, `tries` times in all, before `then` follows.

With `slice` no order is larger than that; the next goes out when one is filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.orders import Cancelled, Expired, Rejected, Style
from fsmtrader.engine.risk import Risk
from fsmtrader.engine.state import State
from fsmtrader.numeric.limits import slippage_limit, stricter_price
from fsmtrader.numeric.rounding import floor_quantity, round_price
from fsmtrader.program.ir import Leg, Query, Side, Value
from fsmtrader.spec.expression import parse_text
from fsmtrader.spec.expression.tree import Name, Number

NEVER = float("inf")
NAN = float("nan")
SECOND_US = 1_000_000
POST_ONLY = "post_only"
"""the reason of a rejection, or of a venue's cancel (V-01), that says: it would have taken"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of working an order, as it stands: `tries` are those that are left, the present one included."""

    style: Style = Style.MARKET
    patience_us: float = NEVER
    then: Style | None = None
    band: float = NAN
    tries: int = 1
    then_tries: int = 1
    slice: float = NEVER
    is_closing: bool = False
    """it goes out without a limit of its own, whatever the slippage"""

    def after(self, answer: Rejected | Expired | Cancelled, *, impatient: bool) -> Way | None:
        """How the rest is worked after an order's end; None: not at all, it has failed."""
        if self.style is not Style.PASSIVE:
            again = isinstance(answer, Expired) and self.tries > 1
            return replace(self, tries=self.tries - 1) if again else None
        would_have_taken = isinstance(answer, Rejected | Cancelled) and answer.reason == POST_ONLY
        if would_have_taken and self.tries > 1:
            return replace(self, tries=self.tries - 1)
        if self.then is None or not (would_have_taken or impatient):
            return None
        return replace(self, style=self.then, then=None, patience_us=NEVER, tries=self.then_tries)


class Ways:
    """Reads settings, and makes prices of them."""

    def __init__(self, state: State, risk: Risk) -> None:
        self._state = state
        self._risk = risk

    def of(self, leg: int, how: str) -> Way:
        """The step's own `how` (in its canonical text), else the leg's."""
        settings: dict[str, object] = dict(self._state.program.legs[leg].how)
        for item in how.split(", "):
            key, is_given, value = item.partition("=")
            if is_given:
                settings[key] = value
        if how and "=" not in how:
            settings["style"] = how
        tries = int(self._number(settings, "tries", 1.0))
        then = settings.get("then")
        return Way(
            Style(str(settings.get("style", "market"))),
            self._number(settings, "patience", NEVER) * SECOND_US,
            Style(str(then)) if then is not None else None,
            self._number(settings, "band", NAN),
            tries,
            tries,
            self._number(settings, "slice", NEVER),
        )

    def _number(self, settings: Mapping[str, object], name: str, default: float) -> float:
        """A setting's value now. A text is a literal or a name: it stands in a step, which keeps it as written."""
        setting = settings.get(name)
        if setting is None:
            return default
        if isinstance(setting, Value):
            value = self._state.compiled.number(setting)(self._state.x)
            return value if value == value else default
        tree, _ = parse_text(str(setting))
        if isinstance(tree, Number):
            return tree.value
        slot = self._state.program.slot_named(tree.text) if isinstance(tree, Name) else None
        if slot is None:
            raise RunError(f"`how: {{{name}: {setting}}}` of a step is no value: write a number or a parameter's name")
        value = self._state.x[slot.index]
        return value if value == value else default

    def size(self, leg: int, way: Way, change: float) -> float:
        """The quantity of the next order: all of it, or a slice in whole lots."""
        entry, market = self._state.program.legs[leg], self._state.market
        if not way.slice < abs(change):
            return change
        part = max(floor_quantity(way.slice, market.lot(entry.name)), market.least(entry.name))
        rest = abs(change) - part
        if not 0.0 < part < abs(change) or 0.0 < rest < market.least(entry.name):
            return change
        return part if change > 0 else -part

    def price(self, leg: int, way: Way, change: float) -> float:
        """The limit of an order on the venue's grid; NaN: none."""
        entry = self._state.program.legs[leg]
        is_buy = (change > 0) != (entry.side is Side.SHORT)
        if way.style is Style.PASSIVE:
            price = self._touch(entry, is_buy)
        else:
            price = self._risk.worst_price(leg, change)
            if way.style is Style.IOC and way.band == way.band:
                reach = slippage_limit(self._touch(entry, not is_buy), way.band, is_buy)
                price = stricter_price(reach, price, is_buy)
        return round_price(price, self._state.market.tick(entry.name), is_buy)

    def is_limited(self, way: Way) -> bool:
        """Whether an order needs a limit: one without is not sent."""
        if way.style is Style.PASSIVE:
            return True
        return self._risk.limits_slippage or (way.style is Style.IOC and way.band == way.band)

    def _touch(self, leg: Leg, bids: bool) -> float:
        """The best price of a side; without a book what the leg is worth."""
        side = "buy" if bids else "sell"
        market = self._state.market
        for query in (
            Query("touch", (leg.name,), (side,), -1, ""),
            Query("bid" if bids else "ask", (leg.name,), (), -1, ""),
        ):
            price = market.answer(query, ())
            if price == price:
                return price
        return market.price(leg.name)

"""Orders of actions: how a wanted quantity becomes an order that the machine may send.

Rounding is carried to the leg's next target; below the venue's least quantity a target is met, with event `below_min`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from fsmtrader.domain.orders import Effect, Filled, OrderIntent, Style
from fsmtrader.engine.events import AlertRaised, Booked
from fsmtrader.engine.flight import Flight, Sent
from fsmtrader.engine.lots import LotQueues
from fsmtrader.engine.permissions import allows
from fsmtrader.engine.plan import Wave
from fsmtrader.engine.risk import Risk
from fsmtrader.engine.state import State
from fsmtrader.engine.ways import Way, Ways
from fsmtrader.numeric.limits import reduces
from fsmtrader.numeric.rounding import floor_quantity, round_price
from fsmtrader.program.ir import Leg
from fsmtrader.program.ir import Orders as Permission

DUST = 1e-12
WHY = {
    "permission": "the state permits no such order",
    "halt": "nothing is opened while the machine is halted",
    "price": "there is no price that it could be limited by",
}
"""what refuses an order besides the rules of `risk`"""
CLOSING = Way(is_closing=True)
"""at the market without a limit: `emergency_close`, `flatten`"""
CLIPPED = 1e-9
"""share of what is held by which a target may miss zero, as sums of doubles do, without being told"""

Tell = Callable[[str, str, str, int], None]
"""raises an order event: name, leg, reason, region"""


class Orders:
    """Makes orders of waves, and books their fills."""

    def __init__(
        self, state: State, permission: Callable[[], Permission], tell: Tell, risk: Risk, lots: LotQueues
    ) -> None:
        self._state = state
        self._lots = lots
        self._risk = risk
        self._ways = Ways(state, risk)
        self._permission = permission
        self._tell = tell
        self.carried = [0.0] * len(state.program.legs)

    def of_wave(self, flight: Flight, wave: Wave) -> Iterator[Sent | None]:
        """The orders of a wave; None for one that was refused. What is met already needs none."""
        for leg, path in wave.paths.items():
            yield from self._towards(flight, leg, path, wave.style.get(leg, ""))
        for leg, (steps, every) in wave.closes.items():
            yield from self._close(flight, wave, leg, steps, every)
        for limit in wave.limits:
            entry = self._state.program.legs[limit.leg]
            tick = self._state.market.tick(entry.name)
            price = round_price(limit.price, tick, limit.change > 0)
            change = self._in_leg_terms(entry, floor_quantity(limit.change, self._state.market.lot(entry.name)))
            if abs(change) > DUST:
                yield self._send(flight, limit.leg, change, (change,), Way(Style.IOC, is_closing=True), price)

    def _towards(self, flight: Flight, leg: int, path: list[float], how: str) -> Iterator[Sent | None]:
        held = self._state.books.quantity(leg)
        target = self._possible(leg, path[-1], held)
        wanted = target - held + (self.carried[leg] if target != 0.0 else 0.0)
        change = self._rounded(leg, wanted)
        self.carried[leg] = wanted - change if target != 0.0 else 0.0
        if change == 0.0:
            if abs(wanted) > DUST * max(1.0, abs(held)):
                self._tell("below_min", self._state.program.legs[leg].name, "", flight.region)
            return
        steps = tuple(after - before for before, after in zip([held, *path], path, strict=False) if after != before)
        way = self._ways.of(leg, how)
        yield self._send(flight, leg, change, steps, way, self._ways.price(leg, way, change))

    def _possible(self, leg: int, target: float, held: float) -> float:
        """A target below zero of a leg with a side closes the leg; it never opens the other side, and it is told."""
        entry = self._state.program.legs[leg]
        if entry.side is None or target >= -CLIPPED * max(1.0, held):
            return target
        text = f"the target {target:g} of the {entry.side.value} leg {entry.name} is below zero: nothing more is held"
        self._state.note(AlertRaised(self._state.now_us, "clipped", entry.name, text))
        return 0.0

    def _close(self, flight: Flight, wave: Wave, leg: int, steps: float, every: float) -> Iterator[Sent | None]:
        """One step of closing a leg; the rest follows as a wave of its own."""
        held = self._state.books.quantity(leg)
        change = -held if steps <= 1.0 else self._rounded(leg, -held / steps)
        if steps > 1.0:
            rest = Wave(closes={leg: (steps - 1.0, every)}, kept=wave.kept, delay_us=every * 1e6)
            wave.kept = []
            flight.waves.appendleft(rest)
        if change != 0.0:
            yield self._send(flight, leg, change, (change,), CLOSING, float("nan"))

    def _rounded(self, leg: int, change: float) -> float:
        """A change that the venue takes: whole lots, never beyond zero for a leg with a side.

        What opens is at least the venue's minimum; that does not hold for what only closes (V-24, C000-23).
        """
        entry = self._state.program.legs[leg]
        held = self._state.books.quantity(leg)
        if entry.side is not None and held + change < 0.0:
            change = -held
        if abs(change) <= DUST * max(1.0, abs(held)) and held + change != 0.0:
            return 0.0
        rounded = floor_quantity(change, self._state.market.lot(entry.name))
        if reduces(held, rounded):
            return rounded
        return 0.0 if abs(rounded) < self._state.market.least(entry.name) else rounded

    def _in_leg_terms(self, leg: Leg, change: float) -> float:
        """A bought quantity as a change of the leg: a short leg is closed by buying."""
        return -change if leg.side is not None and leg.side.value == "short" else change

    def _send(
        self, flight: Flight, leg: int, change: float, steps: tuple[float, ...], way: Way, price: float
    ) -> Sent | None:
        """The first order of a change, or of its first slice; None if it is refused."""
        intent = self._order(flight, leg, self._ways.size(leg, way, change), way, price)
        if intent is None:
            return None
        until_us = self._state.now_us + way.patience_us
        return Sent(intent, leg, change, steps, self._state.books.mark(leg), way=way, until_us=until_us)

    def again(self, flight: Flight, sent: Sent, way: Way) -> Sent | None:
        """What an order left, sent once more at the present price; None if that is refused."""
        size = self._ways.size(sent.leg, way, sent.rest)
        intent = self._order(flight, sent.leg, size, way, self._ways.price(sent.leg, way, size))
        if intent is None:
            return None
        until_us = self._state.now_us + way.patience_us
        return replace(sent, intent=intent, way=way, before=sent.filled, until_us=until_us, cancelling=False)

    def _order(self, flight: Flight, leg: int, change: float, way: Way, price: float) -> OrderIntent | None:
        """One order, judged and on its way; None if it is refused."""
        state = self._state
        entry = state.program.legs[leg]
        closes = reduces(state.books.quantity(leg), change)
        rule = self._why_not(flight, leg, change, closes, way, price)
        if rule:
            self._refuse(flight, leg, change, rule)
            return None
        intent = OrderIntent(
            state.client_id(entry.name),
            entry.name,
            change,
            Effect.CLOSE if closes else Effect.OPEN,
            closes,
            Style.IOC if way.style is Style.MARKET and price == price else way.style,
            price,
            way.style is Style.PASSIVE,
            action=flight.name,
            region=state.program.regions[flight.region].name if flight.region >= 0 else "",
            because=state.program.rows[flight.row].because if flight.row >= 0 else "",
        )
        self._risk.send(intent, leg)
        return intent

    def _why_not(self, flight: Flight, leg: int, change: float, closes: bool, way: Way, price: float) -> str:
        """The rule that refuses an order; empty if it may go out. The operator's closing is exempt."""
        if flight.region < 0:
            return ""
        if not allows(self._permission(), self._state.books.quantity(leg), change):
            return "permission"
        if price != price and not way.is_closing and self._ways.is_limited(way):
            return "price"
        return self._risk.why_not(leg, change, closes)

    def _refuse(self, flight: Flight, leg: int, change: float, rule: str) -> None:
        name = self._state.program.legs[leg].name
        why = WHY.get(rule, f"`risk: {rule}` refuses it")
        self._risk.alert(name, rule, f"{flight.name}: {change:+.10g} of {name}: {why}")
        self._tell("refused", name, rule, flight.region)

    def book(self, intent: OrderIntent, leg: int, change: float, fill: Filled) -> None:
        """Write the fill of an action's order into the ledger."""
        self.book_slot(fill, intent.leg, leg, change)

    def book_slot(self, fill: Filled, name: str, leg: int, change: float) -> None:
        """Write a fill into the ledger."""
        realised = self._state.books.fill(leg, change, fill.price, fill.fee)
        self._lots.filled(fill.client_id, leg, change, fill.price)
        self._state.note(Booked(self._state.now_us, fill.client_id, name, change, fill.price, fill.fee, realised))

"""Orders of actions: how a wanted quantity becomes an order that the machine may send.

Rounding is carried to the leg's next target; below the venue's least quantity a target is met, with event `below_min`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from fsmtrader.domain.orders import Effect, Filled, OrderIntent, Style
from fsmtrader.engine.events import AlertRaised, Booked
from fsmtrader.engine.flight import Flight, Sent
from fsmtrader.engine.permissions import allows, reduces
from fsmtrader.engine.plan import Wave
from fsmtrader.engine.risk import Risk
from fsmtrader.engine.state import State
from fsmtrader.numeric.rounding import floor_quantity, round_price
from fsmtrader.program.ir import Leg, Side
from fsmtrader.program.ir import Orders as Permission

DUST = 1e-12
WHY = {"permission": "the state permits no such order", "halt": "nothing is opened while the machine is halted"}
"""what refuses an order besides the rules of `risk`"""
CLIPPED = 1e-9
"""share of what is held by which a target may miss zero, as sums of doubles do, without being told"""

Tell = Callable[[str, str, str, int], None]
"""raises an order event: name, leg, reason, region"""


class Orders:
    """Makes orders of waves, and books their fills."""

    def __init__(self, state: State, permission: Callable[[], Permission], tell: Tell, risk: Risk) -> None:
        self._state = state
        self._risk = risk
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
                yield self._send(flight, limit.leg, change, (change,), Style.IOC, price)

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
        style, tries = _style(self._state.program.legs[leg], how)
        price = float("nan")
        if style is not Style.PASSIVE and self._risk.limits_slippage:
            style, price = Style.IOC, self._worst_price(leg, change)
        sent = self._send(flight, leg, change, steps, style, price)
        if sent is not None:
            sent.tries = tries
        yield sent

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
            yield self._send(flight, leg, change, (change,), Style.MARKET, float("nan"))

    def _rounded(self, leg: int, change: float) -> float:
        """A change that the venue takes: whole lots, at least its minimum, never beyond zero for a leg with a side."""
        entry = self._state.program.legs[leg]
        held = self._state.books.quantity(leg)
        if entry.side is not None and held + change < 0.0:
            change = -held
        if abs(change) <= DUST * max(1.0, abs(held)) and held + change != 0.0:
            return 0.0
        rounded = floor_quantity(change, self._state.market.lot(entry.name))
        return 0.0 if abs(rounded) < self._state.market.least(entry.name) else rounded

    def _in_leg_terms(self, leg: Leg, change: float) -> float:
        """A bought quantity as a change of the leg: a short leg is closed by buying."""
        return -change if leg.side is not None and leg.side.value == "short" else change

    def _send(
        self, flight: Flight, leg: int, change: float, steps: tuple[float, ...], style: Style, price: float
    ) -> Sent | None:
        state = self._state
        entry = state.program.legs[leg]
        held = state.books.quantity(leg)
        closes = reduces(held, change)
        rule = self._why_not(flight, leg, change, closes, style, price)
        if rule:
            self._refuse(flight, leg, change, rule)
            return None
        region = state.program.regions[flight.region].name if flight.region >= 0 else ""
        because = state.program.rows[flight.row].because if flight.row >= 0 else ""
        intent = OrderIntent(
            state.client_id(entry.name),
            entry.name,
            change,
            Effect.CLOSE if closes else Effect.OPEN,
            closes,
            style,
            price,
            action=flight.name,
            region=region,
            because=because,
        )
        self._risk.send(intent, leg)
        return Sent(intent, leg, change, steps, state.books.mark(leg))

    def _worst_price(self, leg: int, change: float) -> float:
        """The limit of an order at the market: within `risk.max_slippage` of the mark, on the venue's grid."""
        entry = self._state.program.legs[leg]
        is_buy = (change > 0) != (entry.side is Side.SHORT)
        return round_price(self._risk.worst_price(leg, change), self._state.market.tick(entry.name), is_buy)

    def _why_not(self, flight: Flight, leg: int, change: float, closes: bool, style: Style, price: float) -> str:
        """The rule that refuses an order; empty if it may go out. The operator's closing is exempt."""
        if flight.region < 0:
            return ""
        if not allows(self._permission(), self._state.books.quantity(leg), change):
            return "permission"
        if style is Style.IOC and self._risk.limits_slippage and price != price:
            return "max_slippage"
        return self._risk.why_not(leg, change, closes)

    def _refuse(self, flight: Flight, leg: int, change: float, rule: str) -> None:
        name = self._state.program.legs[leg].name
        why = WHY.get(rule, f"`risk: {rule}` refuses it")
        self._risk.alert(name, rule, f"{flight.name}: {change:+.10g} of {name}: {why}")
        self._tell("refused", name, rule, flight.region)

    def again(self, flight: Flight, sent: Sent) -> Sent | None:
        """What an expired order left, sent once more at the present price; None if that is refused."""
        assert sent.intent is not None
        intent, leg = sent.intent, sent.leg
        closes = reduces(self._state.books.quantity(leg), sent.rest)
        price = intent.price
        if self._risk.limits_slippage and intent.style is Style.IOC:
            price = self._worst_price(leg, sent.rest)
        rule = self._why_not(flight, leg, sent.rest, closes, intent.style, price)
        if rule:
            self._refuse(flight, leg, sent.rest, rule)
            return None
        client_id = self._state.client_id(intent.leg)
        intent = replace(intent, client_id=client_id, change=sent.rest, price=price)
        self._risk.send(intent, leg)
        return replace(sent, intent=intent, tries=sent.tries - 1)

    def book(self, intent: OrderIntent, leg: int, change: float, fill: Filled) -> None:
        """Write the fill of an action's order into the ledger."""
        self.book_slot(fill, intent.leg, leg, change)

    def book_slot(self, fill: Filled, name: str, leg: int, change: float) -> None:
        """Write a fill into the ledger."""
        realised = self._state.books.fill(leg, change, fill.price, fill.fee)
        self._state.note(Booked(self._state.now_us, fill.client_id, name, change, fill.price, fill.fee, realised))


def _style(leg: Leg, how: str) -> tuple[Style, int]:
    """How a target is worked: the step's own `how`, else the leg's; and how often an expired rest is tried again."""
    settings: dict[str, object] = dict(leg.how)
    for item in how.split(", "):
        key, is_given, value = item.partition("=")
        if is_given:
            settings[key] = value
    if how and "=" not in how:
        settings["style"] = how
    style = str(settings.get("style", "market"))
    tries = settings.get("tries", 1)
    return (Style(style) if style in ("market", "ioc", "passive") else Style.MARKET), int(str(tries))

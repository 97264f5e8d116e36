"""Working quotes: what each slot wants, against what lives in it.

While `when` holds and its values are ready a slot is wanted, else its orders are cancelled. It is placed when it
becomes wanted, at each `every`, when its region moves and when a flag changes; without `every` at each event that is
not an order's own, so that a refused order is never sent again and again within one instant. Replacing is cancel, wait,
place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fsmtrader.domain.orders import CancelIntent, Effect, OrderIntent, Style
from fsmtrader.engine.permissions import allows
from fsmtrader.engine.risk import Risk
from fsmtrader.engine.state import State
from fsmtrader.numeric.compare import close
from fsmtrader.numeric.limits import reduces
from fsmtrader.numeric.rounding import floor_quantity, round_price
from fsmtrader.program.ir import EventKind, Orders, Quote, Side

SECOND_US = 1_000_000
NEVER = float("inf")
MOST_ORDERS = 8
"""orders that one slot may hold, whatever `most` says"""
OF_ORDERS = (EventKind.ORDER, EventKind.ACTION)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a slot wants now."""

    side: str
    price: float
    quantity: float
    post_only: bool
    reduce_only: bool


@dataclass(slots=True)
class Working:
    """An order in a slot. `cancelling`: its end has been asked for, and is awaited."""

    client_id: str
    wish: Wish
    rest: float
    placed_us: int
    cancelling: bool = False


@dataclass(slots=True)
class SlotState:
    quote: Quote
    leg: int
    orders: list[Working] = field(default_factory=list)
    flags: tuple[str, bool, bool] | None = None
    """side, post_only and reduce_only when it was last placed or looked at; None: not wanted"""
    next_us: float = NEVER
    rounds: int = 0
    """how often its interval has come"""
    rung_us: int = 0
    """when that was last"""
    replacing: bool = False
    refused: str = ""
    """the rule that refused its last order; empty once one was sent"""

    @property
    def local(self) -> str:
        return self.quote.name.rpartition(".")[2]


class Quotes:
    """All slots of one core."""

    def __init__(
        self, state: State, permission: Callable[[], Orders], risk: Risk, refused: Callable[[SlotState, str], None]
    ) -> None:
        self._state = state
        self._risk = risk
        self._refused = refused
        self._permission = permission
        legs = {leg.name: index for index, leg in enumerate(state.program.legs)}
        self.slots = [SlotState(quote, legs[quote.leg]) for quote in state.program.quotes]
        self.by_id: dict[str, SlotState] = {}
        self._permitted = Orders.NONE
        """by the states that the regions are in at this look"""
        self.is_settled = False
        """the last look has found nothing to do, and another one would not either until something changes"""

    def next_us(self) -> float:
        return min((slot.next_us for slot in self.slots if slot.flags is not None), default=NEVER)

    def count(self, leg: str, slot: str) -> int:
        return sum(len(s.orders) for s in self._of(leg, slot))

    def notional(self, leg: str, slot: str) -> float:
        return sum(order.rest * order.wish.price for s in self._of(leg, slot) for order in s.orders)

    def _of(self, leg: str, slot: str) -> list[SlotState]:
        return [s for s in self.slots if s.quote.leg == leg and (not slot or slot in (s.local, s.quote.name))]

    # -- wanting -----------------------------------------------------------------------------------------------------

    def look(self, moved: Callable[[int], bool]) -> None:
        """Bring every slot towards what it wants. `moved(region)`: it has changed its state since the last look."""
        state, self._permitted = self._state, self._permission()
        wanted = len(state.out.orders) + len(state.out.cancels)
        state.refresh()
        for slot in self.slots:
            living = len(slot.orders)
            self._look(slot, moved(slot.quote.region))
            if len(slot.orders) != living:
                state.refresh()
        self.is_settled = wanted == len(state.out.orders) + len(state.out.cancels) and not self._is_order_event()

    def _look(self, slot: SlotState, moved: bool) -> None:
        wish = self._wish(slot)
        if wish is None:
            slot.flags, slot.next_us, slot.replacing = None, NEVER, False
            if self._is_kept(slot):
                self._expire(slot)
            else:
                self._cancel(slot.orders)
            return
        flags = (wish.side, wish.post_only, wish.reduce_only)
        due = slot.next_us <= self._state.now_us
        steady = slot.quote.every is None and not self._is_order_event()
        chance = slot.flags is None or flags != slot.flags or moved or due or steady or slot.replacing
        if due:
            slot.rounds, slot.rung_us = slot.rounds + 1, self._state.now_us
        if due or slot.flags is None or slot.next_us == NEVER:
            self._set_clock(slot)
        changed = slot.flags is not None and flags != slot.flags
        slot.flags = flags
        self._expire(slot)
        if slot.orders:
            self._replace(slot, wish, due, changed or moved)
        live = [order for order in slot.orders if not order.cancelling]
        if chance and not any(order.cancelling for order in slot.orders) and self._has_room(slot, live, due):
            self._place(slot, wish)

    def _has_room(self, slot: SlotState, live: list[Working], due: bool) -> bool:
        most = self._number(slot.quote.most, 1.0)
        limit = min(int(most) if most == most else 1, MOST_ORDERS)
        return not live or (due and len(live) < limit)

    def _wish(self, slot: SlotState) -> Wish | None:
        """What the slot wants; None: nothing, or not all of it is ready, or it may not."""
        quote, x, compiled = slot.quote, self._state.x, self._state.compiled
        if quote.when is not None and not compiled.truth(quote.when)(x):
            return None
        side_index = compiled.number(quote.side)(x)
        price, quantity = compiled.number(quote.price)(x), compiled.number(quote.quantity)(x)
        if side_index != side_index or price != price or quantity != quantity:
            return None
        side = self._state.program.words[int(side_index)]
        market = self._state.market
        wish = Wish(
            side,
            round_price(price, market.tick(quote.leg), side == "buy"),
            floor_quantity(quantity, market.lot(quote.leg)),
            quote.post_only is not None and compiled.truth(quote.post_only)(x),
            quote.reduce_only is not None and compiled.truth(quote.reduce_only)(x),
        )
        if wish.quantity <= 0.0 or wish.quantity < market.least(quote.leg):
            return None
        change = self.change(slot, wish)
        held = self._state.books.quantity(slot.leg)
        permission = Orders.REDUCE if wish.reduce_only and self._permitted is Orders.ANY else self._permitted
        return wish if allows(permission, held, change) else None

    def change(self, slot: SlotState, wish: Wish) -> float:
        """The wish in the leg's own terms: a short leg is opened by selling."""
        buys = wish.side == "buy"
        short = self._state.program.legs[slot.leg].side is Side.SHORT
        return wish.quantity if buys != short else -wish.quantity

    def _replace(self, slot: SlotState, wish: Wish, due: bool, moved: bool) -> None:
        quote = slot.quote
        if self._is_kept(slot):
            return
        for order in slot.orders:
            if order.cancelling or self._is_same(order.wish, wish):
                continue
            away = self._ticks_away(slot, order.wish, wish)
            beyond = quote.beyond is not None and away > self._number(quote.beyond, NEVER)
            if due or moved or beyond or (quote.every is None and quote.beyond is None):
                slot.replacing = True
                self._cancel([order])

    def _is_kept(self, slot: SlotState) -> bool:
        """`keep`: what has been placed stays until it is filled, expired or stopped, wanted or not."""
        keep = slot.quote.keep
        if keep is None or self._permitted is not Orders.ANY:
            return False
        return self._state.compiled.truth(keep)(self._state.x)

    def _is_same(self, had: Wish, wish: Wish) -> bool:
        flags = (had.side, had.post_only, had.reduce_only) == (wish.side, wish.post_only, wish.reduce_only)
        return flags and close(had.price, wish.price) and close(had.quantity, wish.quantity)

    def _ticks_away(self, slot: SlotState, had: Wish, wish: Wish) -> float:
        tick = self._state.market.tick(slot.quote.leg)
        return round(abs(had.price - wish.price) / tick, 6) if tick > 0 else NEVER

    def _set_clock(self, slot: SlotState) -> None:
        """Look again after `every`; while that is not ready no time is set, and the next look tries again."""
        seconds = self._number(slot.quote.every, NEVER)
        slot.next_us = self._state.now_us + max(seconds, 0.001) * SECOND_US if seconds == seconds else NEVER

    def _expire(self, slot: SlotState) -> None:
        ttl = self._number(slot.quote.ttl, NEVER) * SECOND_US
        self._cancel([order for order in slot.orders if self._state.now_us - order.placed_us >= ttl])

    def _place(self, slot: SlotState, wish: Wish) -> None:
        state, quote = self._state, slot.quote
        slot.replacing = False
        change = self.change(slot, wish)
        rule = self._risk.why_not(slot.leg, change, wish.reduce_only)
        if rule:
            if rule != slot.refused:
                self._risk.alert(
                    quote.leg, rule, f"{quote.name}: {change:+.10g} of {quote.leg}: `risk: {rule}` refuses it"
                )
                self._refused(slot, rule)
            slot.refused = rule
            return
        slot.refused = ""
        client_id = state.client_id(quote.leg)
        closes = wish.reduce_only or reduces(state.books.quantity(slot.leg), change)
        region = state.program.regions[quote.region].name if quote.region >= 0 else ""
        intent = OrderIntent(
            client_id,
            quote.leg,
            change,
            Effect.CLOSE if closes else Effect.OPEN,
            wish.reduce_only,
            Style.LIMIT,
            wish.price,
            wish.post_only,
            quote.name,
            "",
            region,
        )
        self._risk.send(intent, slot.leg)
        slot.orders.append(Working(client_id, wish, wish.quantity, state.now_us))
        self.by_id[client_id] = slot

    def cancel_side(self, side: str) -> None:
        """Cancel the orders of a side; of both without one."""
        for slot in self.slots:
            self._cancel([order for order in slot.orders if not side or order.wish.side == side])

    def cancel_all_but(self, keep: int) -> None:
        """Cancel what lives in the slots, in their order, but for the first `keep` of it."""
        living = [order for slot in self.slots for order in slot.orders if not order.cancelling]
        self._cancel(living[keep:])

    def _cancel(self, orders: list[Working]) -> None:
        for order in orders:
            if not order.cancelling:
                order.cancelling = True
                self._state.out.cancels.append(CancelIntent(order.client_id))

    def _number(self, value: object, default: float) -> float:
        return default if value is None else self._state.compiled.number(value)(self._state.x)  # type: ignore[arg-type]

    def _is_order_event(self) -> bool:
        return self._state.event is not None and self._state.event.kind in OF_ORDERS

    # -- answers -----------------------------------------------------------------------------------------------------

    def order(self, client_id: str) -> Working:
        return next(order for order in self.by_id[client_id].orders if order.client_id == client_id)

    def filled(self, client_id: str, quantity: float) -> None:
        order = self.order(client_id)
        order.rest -= quantity
        if order.rest <= order.wish.quantity * 1e-12:
            self.gone(client_id)

    def cancel_refused(self, client_id: str, reason: str) -> None:
        """It is filled or gone, and that is told apart (V-20); what a busy venue has refused is asked for again."""
        if reason != "unknown_order":
            self.order(client_id).cancelling = False

    def gone(self, client_id: str) -> None:
        """The order lives no more."""
        slot = self.by_id.pop(client_id)
        slot.orders = [order for order in slot.orders if order.client_id != client_id]

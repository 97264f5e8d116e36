"""Invariants: conditions that hold after every event, or at every decision that trades.

One that is not ready holds. Of those that the catalog knows by name only `maker_only` is watched here, on every order;
the others are properties of the text or of a whole run, and judged where those are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fsmtrader.domain.orders import OrderIntent, PoolIntent
from fsmtrader.engine.events import InvariantBroken
from fsmtrader.engine.state import State
from fsmtrader.program.ir import Invariant


@dataclass(frozen=True, slots=True)
class _Watched:
    entry: Invariant
    is_false: Callable[[list[float]], bool]


class Invariants:
    """All invariants of one core. Each break is noted once, until it holds again."""

    def __init__(self, state: State, leaf_of: Callable[[int], int]) -> None:
        self._state = state
        self._leaf_of = leaf_of
        entries = state.program.invariants
        watched = [_Watched(e, state.compiled.falsity(e.condition)) for e in entries if e.condition is not None]
        self.always = [w for w in watched if not w.entry.on_order]
        self.watched = tuple(dict.fromkeys(w.entry.name for w in self.always))
        """names of those that are looked at after every event"""
        self._on_order = [w for w in watched if w.entry.on_order]
        self._maker_only = any(e.condition is None and e.name == "maker_only" for e in entries)
        self.broken: set[str] = set()
        """names of those that did not hold when they were last looked at"""

    def after_event(self) -> None:
        for watched in self.always:
            if self.applies(watched.entry) and watched.is_false(self._state.x):
                if watched.entry.name not in self.broken:
                    self._report(watched.entry, "after an event")
                self.broken.add(watched.entry.name)
            elif self.broken:
                self.broken.discard(watched.entry.name)

    def would_tell(self) -> bool:
        """Whether a look would find one broken, or one that was and holds again."""
        for watched in self.always:
            if (self.applies(watched.entry) and watched.is_false(self._state.x)) or self.broken:
                return True
        return False

    def on_decision(self, action: str) -> None:
        """An action is about to trade: the values are those before it."""
        for watched in self._on_order:
            if self.applies(watched.entry) and watched.is_false(self._state.x):
                self._report(watched.entry, f"at the decision for {action}")

    def on_orders(self, orders: Sequence[OrderIntent | PoolIntent]) -> None:
        if not self._maker_only:
            return
        for order in orders:
            if isinstance(order, OrderIntent) and not order.post_only:
                text = f"maker_only: the order {order.client_id} is not post-only"
                self._state.note(InvariantBroken(self._state.now_us, "maker_only", text))

    def applies(self, entry: Invariant) -> bool:
        """Whether it is looked at in the present states."""
        return entry.region < 0 or entry.leaf < 0 or self._leaf_of(entry.region) == entry.leaf

    def _report(self, entry: Invariant, when: str) -> None:
        assert entry.condition is not None
        text = f"{entry.name}: {entry.condition.text} did not hold {when}"
        self._state.note(InvariantBroken(self._state.now_us, entry.name, text))

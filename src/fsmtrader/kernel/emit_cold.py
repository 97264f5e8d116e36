"""The rare part: an instant in which something happens. Regions, flights, orders and their answers, until all is quiet.

Everything is read and written where it is kept (`s[…]`, `x[…]`): nothing of it is worth a local.
"""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.kernel.emit_flights import Flights, applies
from fsmtrader.kernel.emit_market import (
    emit_rare_market,
    emit_samples,
    from_book,
    indicator_lines,
    own_inputs,
    sample,
    to_book,
)
from fsmtrader.kernel.emit_regions import Rows
from fsmtrader.kernel.emit_start import emit_start
from fsmtrader.kernel.emit_timers import Timers
from fsmtrader.kernel.scope import Scope, plain

ARGUMENTS = (
    "where", "at", "event", "is_news", "now", "kind", "m", "va", "vb", "x", "s", "memory", "constants", "books", "legs",
    "held", "positions", "accounts", "book", "tiers", "orders", "sent", "moves", "kept", "works", "gathered", "dues",
)  # fmt: skip

START = (
    "why, n_orders, n_told, told, waiting, n_gathered, rounds, turn = 0, 0, 0, 0, 0, 0, 0, 0",
    "owner, of_leg, of_action, stay_number = -1, -1, -1, -1",
    "is_timer, is_whole = where == TIME, where == EVENT or where == TIME",
    "in_hand, look = where == WORK, where == LOOK",
    "sampling, starting = is_whole, is_whole and status < RUNNING",
)
"""where the hot part has left off"""


class Cold:
    """The function that goes on where the hot part has found something."""

    def __init__(self, scope: Scope, timers: Timers, flights: Sequence[Flights], rows: Sequence[Rows]) -> None:
        self._scope = scope
        self._timers = timers
        self._flights = flights
        self._rows = rows

    def lines(self) -> list[str]:
        """The function's body, with locals where it will read and write arrays."""
        scope, out = self._scope, self._scope.out
        before, out.lines = out.lines, []
        with out.block("if where == EVENT:"):
            emit_rare_market(scope)
            with out.block("if status == OVER:"):
                out.add(*self._settled(), "return GOES_ON")
        with out.block("if is_whole:"):
            out.add(f"{scope.slot(scope.program.now)} = float(now)")
        out.add("if where != WORK:", f"    turn = {len(self._rows)}")
        with out.block("while True:"):
            self._round()
        with out.block("if why == GOES_ON and (n_gathered > MOST_WORKS or waiting > MOST_WORKS):"):
            out.add("why = WORKS")
        out.add(*self._settled(), "return why")
        body, out.lines = out.lines, before
        return [*indicator_lines(scope), *self._timers.steps(), *START, *body]

    def _settled(self) -> list[str]:
        """Lines that say what the equity follows from until the books change again."""
        gains = (f"gain_{leg} = gain_of(books, legs, {leg})" for leg in range(len(self._scope.program.legs)))
        return ["fixed = fixed_equity(books, legs, accounts, capital)", *gains]

    def _round(self) -> None:
        """Whatever stands first of what is to be done in this instant."""
        out = self._scope.out
        for flights in self._flights:
            flights.emit()
        with out.block("if why != GOES_ON:"):
            out.add("break")
        for rows, flights in zip(self._rows, self._flights, strict=True):
            with out.block(f"if turn == {flights.r}:"):
                out.add(f"turn, move = {flights.r + 1}, -1")
                rows.emit()
                with out.block(f"if go_{flights.r} > 0:"):
                    out.add("continue")
        with out.block("if in_hand:"):
            self._handled()
        self._answers()
        with out.block("if sampling:"):
            self._sampled()
        with out.block("if starting and n_orders == 0:"):
            emit_start(self._scope, self._timers, self._flights)
        with out.block("if look:"):
            self._look()
        self._orders_go_out()
        self._next_work()

    def _handled(self) -> None:
        """An event had its turn in every region."""
        out, scope = self._scope.out, self._scope
        out.add("in_hand = False")
        if self._timers.has_any:
            self._timers.stayed()
        with out.block("if n_gathered > 0:"):
            out.add("waiting = raise_first(gathered, n_gathered, works, waiting)", "n_gathered = 0")
        out.add("look = is_news")
        for alert in scope.program.alerts:
            if alert.event:
                with out.block(f"if event == {scope.events[alert.event]}:"):
                    out.add("alerts, look = alerts + 1, True")
        overs = [
            f"({' or '.join(f'leaf_{r.index} == {leaf.index}' for leaf in r.leaves if leaf.final)}) "
            f"and go_{r.index} == 0"
            for r in scope.program.regions
            if any(leaf.final for leaf in r.leaves)
        ]
        if overs:
            with out.block(f"if {' and '.join(overs)}:"):
                out.add("status = 3")

    def _answers(self) -> None:
        """What became of an order: into the ledger, and to the action that it belongs to."""
        out, scope = self._scope.out, self._scope
        with out.block("if told < n_told:"):
            out.add("k = told", "told += 1", "r, is_filled = int(sent[k, O_REGION]), False")
            with out.block("if sent[k, O_FILLED] > 0.0:"):
                out.add("is_filled = book_order(sent, k, books, legs, accounts)", "changed = True", *scope.own_slots())
                self._order_event("filled", "")
            self._order_event("expired", " and not is_filled and sent[k, O_CODE] == EXPIRED")
            self._order_event("rejected", " and sent[k, O_CODE] == REJECTED")
            out.add("keep(kept, int(n_kept), sent, k)", "n_kept += 1")
            with out.block("if r < 0 and not is_filled:"):
                out.add("why = OPENING", "break")
            for flights in self._flights:
                r = flights.r
                with out.block(f"if r == {r}:"):
                    out.add(f"pending_{r} -= 1", f"failed_{r} = failed_{r} if is_filled else 1")
                    with out.block(f"if pending_{r} == 0:"):
                        out.add(f"go_{r} = 1 if failed_{r} else -go_{r}")
            out.add("continue")
        with out.block("if n_told > 0:"):
            out.add("n_told, told, sampling, look = 0, 0, True, True")
            with out.block("if rounds > 64:"):
                out.add("why = ROUNDS", "break")

    def _order_event(self, name: str, condition: str) -> None:
        """An order's event, if somebody waits for it; an opening order has none."""
        scope = self._scope
        lines = scope.gather(name, "int(sent[k, O_LEG])", "NAMES[int(sent[k, O_ACTION])]", "r")
        if lines:
            with scope.out.block(f"if r >= 0{condition}:"):
                scope.out.add(*lines)

    def _sampled(self) -> None:
        """Indicators take their samples; a timer's work is raised after them."""
        out, scope = self._scope.out, self._scope
        out.add("sampling = False")
        emit_samples(scope)
        out.add(*own_inputs(scope))
        if self._timers.has_any:
            with out.block("if is_timer and rounds == 0:"):
                self._timers.raised()
        out.add("look = True")
        with out.block("if n_gathered > 0:"):
            out.add("waiting = raise_first(gathered, n_gathered, works, waiting)", "n_gathered = 0")

    def _look(self) -> None:
        """Invariants and alerts, after whatever may have changed something."""
        out, scope = self._scope.out, self._scope
        out.add("look = False")
        with out.block("if n_gathered > 0:"):
            out.add("waiting = raise_first(gathered, n_gathered, works, waiting)", "n_gathered = 0")
        with out.block("if status >= 2:"):
            out.add(*own_inputs(scope))
            self._invariants()
            for index, alert in enumerate(scope.program.alerts):
                if alert.condition is not None:
                    self._alert(index)

    def _invariants(self) -> None:
        out, scope = self._scope.out, self._scope
        entries = [e for e in scope.program.invariants if not e.on_order and e.condition is not None]
        names = list(dict.fromkeys(e.name for e in entries))
        for entry in entries:
            flag = f"broken_{names.index(entry.name)}"
            assert entry.condition is not None
            condition = scope.truth(entry.condition, False)
            with out.block(f"if {applies(entry)} and ({condition}):  # {plain(entry.name)}"):
                out.add(f"broken += not {flag}", f"{flag} = True")
            with out.block("else:"):
                out.add(f"{flag} = False")

    def _alert(self, index: int) -> None:
        out, scope = self._scope.out, self._scope
        alert = scope.program.alerts[index]
        assert alert.condition is not None
        condition = scope.truth(alert.condition)
        with out.block(f"if {condition}:  # {plain(alert.name)}"):
            again = "False"
            if alert.repeat is not None:
                again = f"now - rung_{index} >= ({scope.number(alert.repeat.tree)}) * 1000000"
            with out.block(f"if rung_{index} != rung_{index} or {again}:"):
                out.add(f"alerts, rung_{index} = alerts + 1, float(now)")
        with out.block("else:"):
            out.add(f"rung_{index} = nan")

    def _orders_go_out(self) -> None:
        out, scope = self._scope.out, self._scope
        with out.block("if n_orders > 0:"):
            out.add("rounds += 1")
            waits = [f"(grain_{m} == 4 and now > bar_us_{m})" for m in range(scope.layout.markets)]
            with out.block(f"if {' or '.join(waits)}:"):
                out.add("why = WAITS", "break")
            out.add(*to_book(scope))
            out.add("carry_out(orders, sent, n_orders, legs, held, positions, accounts, book, tiers)")
            out.add(*from_book(scope), "n_told, told, n_orders = n_orders, 0, 0", "continue")

    def _next_work(self) -> None:
        """The next event for the regions: what was gathered first, then what the market's event is."""
        out, scope = self._scope.out, self._scope
        with out.block("if status != 2:"):
            out.add("waiting = 0", "break")
        with out.block("if waiting > 0:"):
            out.add("waiting -= 1", "event, owner = int(works[waiting, W_EVENT]), int(works[waiting, W_OWNER])")
            out.add("of_leg, of_action = int(works[waiting, W_LEG]), int(works[waiting, W_ACTION])")
            out.add("stay_number = int(works[waiting, W_STAY])")
        with out.block("else:"):
            out.add("event = CHAIN[at]")
            with out.block("if event < 0:"):
                out.add("break")
            out.add("at += 1", "owner, of_leg, of_action, stay_number = -1, -1, -1, -1")
        out.add("turn, in_hand, is_news = 0, True, False")
        for index, entry in enumerate(scope.program.indicators):
            if entry.clock.event:
                with out.block(f"if event == {scope.events[entry.clock.event]}:"):
                    slot = scope.slot(entry.slot)
                    out.add(f"before = {slot}")
                    sample(scope, index)
                    out.add(f"is_news = is_news or before != {slot}")
        out.add(*own_inputs(scope))

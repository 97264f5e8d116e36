"""Program -> one Python module: the loop over events, with guards, observables and actions inlined (design §8).

Scalar state is in locals, named as in the spec; arrays hold what is rarely touched (books, orders) and windows. The
module runs as it is, or through numba.
"""

from __future__ import annotations

from fsmtrader.kernel.emit_flights import Flights, applies
from fsmtrader.kernel.emit_market import (
    chain_text,
    declare,
    emit_market,
    emit_samples,
    from_book,
    own_inputs,
    sample,
    to_book,
)
from fsmtrader.kernel.emit_plans import Plans
from fsmtrader.kernel.emit_regions import Rows
from fsmtrader.kernel.emit_start import emit_start
from fsmtrader.kernel.emit_timers import Timers
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.scope import FLOAT, WHOLE, Scope, plain
from fsmtrader.numeric.registry import JITABLE
from fsmtrader.program.ir import Orders, Program

ARGUMENTS = (
    "i", "n", "end_us", "time", "kinds", "market", "a", "b", "c", "d", "x", "s", "memory", "constants", "books", "legs",
    "held", "positions", "accounts", "book", "tiers", "orders", "sent", "moves", "kept", "works", "gathered", "dues",
    "half_spread",
)  # fmt: skip
HEADER = '''"""{name}: the loop over market events, made of the spec. `fsm compile` shows it, nobody edits it.

i, n: the first event and their number; end_us: what timers are let run until afterwards (0: no further than the last
event). time, kinds, market, a..d: the events. x: the slots, s: the scalars that are kept from call to call, memory:
windows. books, legs, held, positions, accounts, book, tiers: tables of kernel/columns.py. orders, sent, works,
gathered, dues: room to work in. moves, kept: what comes out. It gives why it ended (kernel/columns.py), the next event,
and how many rows of moves and kept are written.
"""

from math import ceil, exp, floor, inf, log, nan, sqrt

from fsmtrader.kernel.columns import *
from fsmtrader.kernel.runtime import *
'''
PERMISSIONS = {Orders.NONE: 0, Orders.REDUCE: 1, Orders.ANY: 2}
SCALARS = {"now": WHOLE, "status": WHOLE, "alerts": WHOLE, "broken": WHOLE}


def emit_module(program: Program, layout: Layout) -> str:
    """The module's text. The program must be one that `supports` has nothing against."""
    return _Module(program, layout).text()


def state_of(program: Program, layout: Layout) -> tuple[tuple[str, str], ...]:
    """The scalars of `s`, in order: name and kind."""
    module = _Module(program, layout)
    module.text()
    return tuple(module.scope.state.items())


class _Module:
    """The parts of one module."""

    def __init__(self, program: Program, layout: Layout) -> None:
        self.scope = Scope(program, layout)
        for name, kind in SCALARS.items():
            self.scope.keep(name, kind)
        declare(self.scope)
        for region in program.regions:
            self.scope.keep(f"leaf_{region.index}", WHOLE)
        for index, alert in enumerate(program.alerts):
            if alert.condition is not None:
                self.scope.keep(f"rung_{index}", FLOAT)
        for name in self._watched():
            self.scope.keep(f"broken_{name}", "bool")
        self._plans = Plans(self.scope)
        self._timers = Timers(self.scope)
        self._flights = [Flights(self.scope, self._plans, region) for region in program.regions]
        self._rows = [
            Rows(self.scope, self._plans, flights, region)
            for flights, region in zip(self._flights, program.regions, strict=True)
        ]

    def text(self) -> str:
        scope = self.scope
        with scope.out.block("while True:"):
            self._instant()
        body, scope.out.lines = scope.out.lines, []
        self._timers.steps()
        steps, scope.out.lines = scope.out.lines, []
        lines = [
            *self._load(),
            *steps,
            "why, n_moves, n_kept, n_orders, n_told, told, waiting, n_gathered = 0, 0, 0, 0, 0, 0, 0, 0",
            f"turn, of_leg, of_action, owner, stay_number, event = {len(self._rows)}, -1, -1, -1, -1, -1",
            "in_hand, is_news, look = False, False, False",
            *body,
            *self._store(),
            "return why, i, n_moves, n_kept",
        ]
        program = scope.program
        constants = [chain_text(scope), f"NAMES = ({', '.join(self._names())},)"]
        for region in program.regions:
            orders = ", ".join(str(PERMISSIONS[leaf.orders]) for leaf in region.leaves)
            constants.append(f"PERMISSION_{region.index} = ({orders},)")
        numeric = "".join(f"from {f.__module__} import {f.__name__}\n" for f in JITABLE)
        run = "\n".join([f"def run({', '.join(ARGUMENTS)}):", *(f"    {line}" if line else "" for line in lines)])
        head = HEADER.format(name=plain(program.name)) + numeric
        return "\n\n".join([head, "\n".join(constants), *self._plans.source, run]) + "\n"

    def _names(self) -> list[str]:
        actions = range(len(self.scope.program.actions))
        return [str(self.scope.action_number(action)) for action in actions] or ["0"]

    # -- state -------------------------------------------------------------------------------------------------------

    def _load(self) -> list[str]:
        """Locals from the arrays."""
        scope, lines = self.scope, list[str]()
        for place, (name, kind) in enumerate(scope.state.items()):
            value = {"float": f"s[{place}]", "int": f"int(s[{place}])", "bool": f"s[{place}] != 0.0"}[kind]
            lines.append(f"{name} = {value}")
        lines += [f"{scope.slot(index)} = x[{index}]" for index in sorted(scope.read)]
        for index in range(len(scope.program.indicators)):
            lines.append(f"g{index}, fresh_g{index} = memory[{index}], False")
            lines.append(
                f"window_g{index}, n_g{index}, ready_g{index} = int(constants[{index}, 0]), "
                f"int(constants[{index}, 1]), int(constants[{index}, 2])"
            )
            lines.append(f"quantile_g{index} = constants[{index}, 3]")
        return [*lines, *(f"{value} = nan" for value in self._plans.locals())]

    def _store(self) -> list[str]:
        """The arrays from the locals."""
        scope = self.scope
        lines = [f"s[{place}] = {name}" for place, name in enumerate(scope.state)]
        parameters = scope.parameters
        lines += [f"x[{index}] = {scope.slot(index)}" for index in sorted(scope.read - parameters)]
        return [*lines, *to_book(scope)]

    def _watched(self) -> list[str]:
        """Names of the invariants that are looked at after events, as locals."""
        entries = [e for e in self.scope.program.invariants if not e.on_order and e.condition is not None]
        return [str(number) for number, _ in enumerate(dict.fromkeys(e.name for e in entries))]

    # -- an instant --------------------------------------------------------------------------------------------------

    def _instant(self) -> None:
        """What comes next: a timer that is due before the next event, else that event."""
        scope, out = self.scope, self.scope.out
        with out.block("if n_moves > len(moves) - MOST_WORKS or n_kept > len(kept) - MOST_WORKS:"):
            out.add("why = OUT_OF_ROOM", "break")
        out.add("due = inf")
        if self._timers.has_any:
            with out.block("if status == 2:"):
                self._timers.next_due()
        with out.block("if due < (time[i] if i < n else end_us):"):
            out.add("now = max(int(due), now)", "at, is_timer = 0, True")
        with out.block("elif i < n:"):
            out.add("now = time[i]", "at, is_timer = 0, False")
            emit_market(scope)
            with out.block("if status == 3:"):
                out.add("continue")
        with out.block("else:"):
            out.add("break")
        out.add(f"{scope.slot(scope.program.now)} = float(now)", "rounds, sampling, starting = 0, True, status < 2")
        with out.block("while True:"):
            self._round()
        with out.block("if why != GOES_ON or n_gathered > MOST_WORKS or waiting > MOST_WORKS:"):
            out.add("why = why if why != GOES_ON else WORKS", "break")

    def _round(self) -> None:
        """Whatever stands first of what is to be done in this instant."""
        out = self.scope.out
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
            emit_start(self.scope, self._timers, self._flights)
        with out.block("if look:"):
            self._look()
        self._orders_go_out()
        self._next_work()

    def _handled(self) -> None:
        """An event had its turn in every region."""
        out, scope = self.scope.out, self.scope
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
        out, scope = self.scope.out, self.scope
        with out.block("if told < n_told:"):
            out.add("k = told", "told += 1", "r, is_whole = int(sent[k, O_REGION]), False")
            with out.block("if sent[k, O_FILLED] > 0.0:"):
                out.add("is_whole = book_order(sent, k, books, legs, accounts)", *scope.own_slots())
                self._order_event("filled", "")
            self._order_event("expired", " and not is_whole and sent[k, O_CODE] == EXPIRED")
            self._order_event("rejected", " and sent[k, O_CODE] == REJECTED")
            out.add("keep(kept, n_kept, sent, k)", "n_kept += 1")
            with out.block("if r < 0 and not is_whole:"):
                out.add("why = OPENING", "break")
            for flights in self._flights:
                r = flights.r
                with out.block(f"if r == {r}:"):
                    out.add(f"pending_{r} -= 1", f"failed_{r} = failed_{r} if is_whole else 1")
                    with out.block(f"if pending_{r} == 0:"):
                        out.add(f"go_{r} = 1 if failed_{r} else -go_{r}")
            out.add("continue")
        with out.block("if n_told > 0:"):
            out.add("n_told, told, sampling, look = 0, 0, True, True")
            with out.block("if rounds > 64:"):
                out.add("why = ROUNDS", "break")

    def _order_event(self, name: str, condition: str) -> None:
        """An order's event, if somebody waits for it; an opening order has none."""
        scope = self.scope
        lines = scope.gather(name, "int(sent[k, O_LEG])", "NAMES[int(sent[k, O_ACTION])]", "r")
        if lines:
            with scope.out.block(f"if r >= 0{condition}:"):
                scope.out.add(*lines)

    def _sampled(self) -> None:
        """Indicators take their samples; a timer's work is raised after them."""
        out, scope = self.scope.out, self.scope
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
        out, scope = self.scope.out, self.scope
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
        out, scope = self.scope.out, self.scope
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
        out, scope = self.scope.out, self.scope
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
        out, scope = self.scope.out, self.scope
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
        out, scope = self.scope.out, self.scope
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

"""The hot part: event after event, for as long as nothing happens that anybody would see.

An instant is quiet when no row's guard is true, no invariant or alert changes, no funding is paid, no margin has to be
looked at and no timer but a lone interval is due. Whatever is not quiet, or might not be, is handed over at the place
that it was found (`where`): to the module's own rare part, or by a scout to its caller.
"""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.domain.market import Kind
from fsmtrader.kernel.columns import S_PRICES
from fsmtrader.kernel.emit_book import book_lines
from fsmtrader.kernel.emit_cold import ARGUMENTS as OF_COLD
from fsmtrader.kernel.emit_flights import applies
from fsmtrader.kernel.emit_market import chains, emit_market, emit_samples, indicator_lines, name_of, sample
from fsmtrader.kernel.emit_moments import Moments
from fsmtrader.kernel.emit_slots import clock_lines, slot_texts
from fsmtrader.kernel.emit_timers import Timers
from fsmtrader.kernel.runtime_calm import SIZES
from fsmtrader.kernel.scope import FLOAT, TRUE, WHOLE, Scope, plain
from fsmtrader.program.emit import Emitter
from fsmtrader.program.ir import Alert, Invariant, Region
from fsmtrader.program.reach import deep, trees_of_quotes
from fsmtrader.program.typed import Read

ARGUMENTS = (
    "i", "n", "end_us", "time", "kinds", "market", "a", "b", "c", "d", "x", "s", "memory", "constants", "samples",
    "half_spread",
)  # fmt: skip
EQUITY = {"capital": FLOAT, "fixed": FLOAT, "peak": FLOAT, "deepest": FLOAT, "stride": WHOLE, "countdown": WHOLE,
          "changed": TRUE, "own_due": FLOAT, "source": WHOLE, "is_news": TRUE}  # fmt: skip
"""what is kept of the equity curve, and what a scout tells and is told: own_due: when its caller has something to do,
infinite for never; source: the timer whose instant it is, -1 if it is an event's; is_news: the event in hand has
changed what ticks with it"""
START = (
    "why, where, event, n_samples, begun = GOES_ON, GOES_ON, -1, 0, 0",
    "at, heard, kind, m, va, vb, acted = 0, 0, -1, -1, nan, nan, False",
)
GIVE_UP = ("if where != GOES_ON:", "    why = where", "if where == EVENT:", "    i -= 1")
RESULT = "why, i, n_samples, at - begun"


def declare_equity(scope: Scope) -> None:
    """The scalars of the equity curve."""
    for name, kind in EQUITY.items():
        scope.keep(name, kind)
    for leg in range(len(scope.program.legs)):
        scope.keep(f"gain_{leg}", FLOAT)
    for indicator in scope.layout.shared:
        scope.keep(f"seen_g{indicator}", FLOAT)


class Hot:
    """The loop. `is_scout`: what is not quiet ends it; else the rare part does it, and the loop goes on."""

    def __init__(self, scope: Scope, timers: Timers, *, is_scout: bool) -> None:
        self._scope = scope
        self._timers = timers
        self._is_scout = is_scout

    def lines(self) -> list[str]:
        """The function's body."""
        scope = self._scope
        with scope.out.apart() as loop, scope.out.block("while True:"):
            self._next()
            self._quiet()
            with scope.out.block("if where != GOES_ON:"):
                scope.out.add("break")
            if not self._is_scout:
                scope.out.add("# acted")
            self._equity()
        steps, due = self._timers.steps(), self._due()
        used = [*steps, *due, *loop]
        loaded, stored = [*scope.loaded(used), *due], scope.stored(used)
        fixed = scope.in_arrays(steps, ("now",))
        start = [*indicator_lines(scope), *(book_lines(scope) if scope.is_booked else ()), *fixed, *START]
        if scope.layout.leaps:
            start.append(f"leaps = {' and '.join(['len(blocks) > 0', *self._timers.whole()])}")
        if self._is_scout:
            return [*start, *loaded, *loop, *stored, *GIVE_UP, f"return {RESULT}"]
        return [*start, *self._with_rare_part(loaded, loop, stored), f"return {RESULT}"]

    def _with_rare_part(self, loaded: list[str], loop: list[str], stored: list[str]) -> list[str]:
        """From one instant that is not quiet to the next: the rare part does it, and then it has its equity."""
        with self._scope.out.apart() as found:
            out = self._scope.out
            with out.block("while True:"):
                out.add(*loaded)
                place = loop.index("    # acted")
                with out.block("while True:"):
                    with out.block("if acted:"):
                        out.add("acted, where = False, GOES_ON")
                    with out.block("else:"):
                        out.add(*(line[4:] for line in loop[1:place]))
                    out.add(*(line[4:] for line in loop[place + 1 :]))
                out.add(*stored)
                with out.block("if where == GOES_ON:"):
                    out.add("break")
                out.add(f"why, acted = act({', '.join(OF_COLD)}), True")
                if self._scope.layout.leaps:
                    out.add("box[0, 0] = nan")
                with out.block("if why != GOES_ON:"):
                    out.add("break")
                with out.block("if s[N_MOVES] > len(moves) - MOST_WORKS or s[N_KEPT] > len(kept) - MOST_WORKS:"):
                    out.add("why = OUT_OF_ROOM")
        return found

    # -- what comes next ---------------------------------------------------------------------------------------------

    def _next(self) -> None:
        """A timer that is due before the next event, else that event."""
        scope, out = self._scope, self._scope.out
        out.add("where, whole = GOES_ON, True" if scope.is_booked else "where = GOES_ON")
        if self._timers.are_moving if self._is_scout else not self._timers.are_fixed:
            out.add(*self._due())
        out.add("j = index(i)")
        if self._timers.has_any or self._is_scout:
            with out.block("if due < (time[j] if i < n else end_us):"):
                out.add("now, at, heard, kind = max(int(ceil(due)), now), 0, 0, -1")
                self._age()
                self._timers.alone()
                out.add(*self._due())
        with out.block("elif i < n:" if self._timers.has_any or self._is_scout else "if i < n:"):
            if scope.layout.leaps:
                self._leap()
            out.add("now, at, heard, source = time[j], 0, 0, -1")
            emit_market(scope, is_scout=self._is_scout)
            if scope.is_booked:
                with out.block("if not whole and countdown > 0 and not changed:"):
                    out.add("countdown -= 1", "continue")
            self._take_over()
            with out.block("if status != RUNNING:"):
                with out.block("if status == PRIMING:"):
                    out.add("continue")
                out.add("heard = 0")
                with out.block("if status != OVER:"):
                    out.add("where = EVENT")
        with out.block("else:"):
            out.add("break")

    def _leap(self) -> None:
        """Events of which nothing comes are passed over, but for the last of them, which sets all that it tells."""
        scope, out = self._scope, self._scope.out
        books = [m for m in range(scope.layout.markets) if Kind.BOOK in scope.layout.kinds[m]]
        unused = [f"{side}_used_{m} == 0.0" for m in books for side in ("bid", "ask")]
        streaks = [scope.slot(e.slot) for e in scope.program.indicators if e.function == "streak"]
        still = [" and ".join(f"{name} == 0.0" for name in streaks)] if streaks else []
        conditions = [*unused, *(f"(status == OVER or {text})" for text in still)]
        first = f"if leaps and j % {SIZES[-1]} == 0 and status >= RUNNING and not changed and countdown > {SIZES[0]}"
        with out.block(" and ".join([first, *conditions]) + ":"):
            out.add("skipped, peak, deepest = leap(i, n, other_due, x, s, series, blocks, box, peak, deepest)")
            with out.block("if skipped > 0:"):
                out.add("i, countdown = i + skipped, countdown - skipped", "j = index(i)")
                if self._timers.has_any:
                    with out.block("if status == RUNNING:"):
                        self._timers.leapt()
                    out.add(*self._due())

    def _take_over(self) -> None:
        """What was worked out ahead for this event."""
        scope = self._scope
        for place, indicator in enumerate(scope.layout.shared):
            slot = scope.slot(scope.program.indicators[indicator].slot)
            rows = f"series[{2 * place}, j], series[{2 * place + 1}, j]"
            scope.out.add(f"{slot}, seen_g{indicator} = {rows}")

    def _age(self) -> None:
        """Between two events a hole may end what was worked out ahead."""
        scope = self._scope
        for indicator in scope.layout.shared:
            with scope.out.block(f"if now - seen_g{indicator} > window_g{indicator}:"):
                scope.out.add(f"{scope.slot(scope.program.indicators[indicator].slot)} = nan")

    def _due(self) -> list[str]:
        """Lines that say when the next timer is due. Of times in a state a scout is told by its caller, unless the
        market changes how long they are."""
        first = "own_due" if self._is_scout else "inf"
        lines = [f"other_due, due = {first}, {first}"]
        if self._timers.has_any:
            stays = not self._is_scout or self._timers.are_moving
            lines += ["if status == RUNNING:", *(f"    {line}" for line in self._timers.next_due(stays=stays))]
        return lines

    # -- a quiet instant ---------------------------------------------------------------------------------------------

    def _quiet(self) -> None:
        """Samples, invariants and alerts, then every event of the instant; up to what is not quiet."""
        scope, out = self._scope, self._scope.out
        with out.block("if where == GOES_ON and whole:" if scope.is_booked else "if where == GOES_ON:"):
            out.add(f"{scope.slot(scope.program.now)} = float(now)")
            emit_samples(scope)
            if isinstance(self._timers, Moments):
                with out.block("if kind < 0:"):
                    self._timers.sampled()
                    out.add(*self._due())
            out.add("begun, is_news = at, False")
            if self._watches():
                with out.block("if status == RUNNING and where == GOES_ON:"):
                    self._look()
            if self._slots():
                out.add("ordered = ordered and (heard == 0 or where != GOES_ON)")
            for event in self._events():
                with out.block(f"if where == GOES_ON and heard & {1 << event}:  # {name_of(scope, event)}"):
                    self._work(event)
            if isinstance(self._timers, Moments):
                with out.block("if kind < 0:"):
                    self._timers.begun()

    def _events(self) -> list[int]:
        """What the market and timers raise, in the order in which one instant raises them."""
        program = self._scope.program
        events = self._scope.events
        named = {events.get(entry.name, -1): place for place, entry in enumerate(program.events)}
        raw = {events.get(source.name, -1): place for place, source in enumerate(program.sources)}
        raw = {self._scope.events.get(entry.name, -1): place for place, entry in enumerate(program.sources)}
        found = {event for chain in chains(self._scope) for event in chain}
        return sorted(found, key=lambda event: (named.get(event, -1), raw.get(event, -1)))

    def _watches(self) -> bool:
        return bool(
            self._slots() or self._always() or [a for a in self._scope.program.alerts if a.condition is not None]
        )

    def _slots(self) -> bool:
        """Whether there are working quotes to look at."""
        return self._is_scout and bool(self._scope.program.quotes)

    def _always(self) -> list[Invariant]:
        """The invariants that are looked at after events."""
        return [e for e in self._scope.program.invariants if not e.on_order and e.condition is not None]

    def _look(self) -> None:
        """An invariant or an alert that is not as it was."""
        scope, out = self._scope, self._scope.out
        emitter = scope.emitter()
        slots = slot_texts(scope, emitter) if self._slots() else []
        clocks = clock_lines(scope, emitter, self._due()) if slots else []
        texts = [*self._of_invariants(emitter), *self._of_alerts(emitter), *slots]
        out.add(*emitter.lines)
        with out.block(f"if {' or '.join(texts)}:"):
            out.add("where = LOOK")
        if clocks:
            with out.block("else:"):
                out.add(*clocks)

    def _of_invariants(self, emitter: Emitter) -> list[str]:
        texts = []
        names = [entry.name for entry in self._always()]
        unique = list(dict.fromkeys(names))
        for entry in self._always():
            assert entry.condition is not None
            is_broken = f"({applies(entry)} and ({emitter.falsity(entry.condition.tree)}))"
            flag = f"broken_{unique.index(entry.name)}"
            alone = names.count(entry.name) == 1
            texts.append(f"{is_broken} != {flag}" if alone else f"({flag} or {is_broken})")
        return texts

    def _of_alerts(self, emitter: Emitter) -> list[str]:
        texts = []
        for index, alert in enumerate(self._scope.program.alerts):
            if alert.condition is None:
                continue
            is_true = emitter.truth(alert.condition.tree)
            again = ""
            if alert.repeat is not None:
                again = f" or now - rung_{index} >= ({emitter.number(alert.repeat.tree)}) * 1000000"
            rung = f"rung_{index}"
            texts.append(f"(({rung} != {rung}{again}) if {is_true} else {rung} == {rung})")
        return texts

    def _looks_at_clocks(self) -> bool:
        """Whether an invariant or alert reads what an event's clock samples, so that each event may change it."""
        program = self._scope.program
        clocked = {entry.slot for entry in program.indicators if entry.clock.event}
        watched: list[Invariant | Alert] = [*self._always(), *program.alerts]
        trees = [entry.condition.tree for entry in watched if entry.condition is not None]
        trees += trees_of_quotes(program)
        return any(isinstance(n, Read) and n.slot in clocked for tree in trees for n in deep(program, tree))

    def _work(self, event: int) -> None:
        """One event: what ticks with it, and whether a row of the present leaves is to be taken."""
        scope, out = self._scope, self._scope.out
        out.add(f"at, event = at + 1, {event}")
        self._ticks(event)
        if any(scope.events.get(alert.event) == event for alert in scope.program.alerts if alert.event):
            out.add("where = WORK")
        for region in scope.program.regions:
            self._rows(region, event)
        if self._looks_at_clocks() and any(scope.events.get(i.clock.event) == event for i in scope.program.indicators):
            with out.block("if where == GOES_ON and is_news:"):
                self._look()

    def _ticks(self, event: int) -> None:
        scope, out = self._scope, self._scope.out
        ticking = False
        for index, entry in enumerate(scope.program.indicators):
            if entry.clock.event and scope.events[entry.clock.event] == event:
                slot = scope.slot(entry.slot)
                out.add(f"before = {slot}")
                sample(scope, index)
                out.add(f"is_news = {'is_news or ' if ticking else ''}before != {slot}")
                ticking = True

    def _rows(self, region: Region, event: int) -> None:
        """Whether a guard under an event is true where a region stands. What a filter says is left to the rare part."""
        scope, out = self._scope, self._scope.out
        first = True
        for leaf in region.leaves:
            moves = [move for move in region.moves if move.leaf == leaf.index]
            rows = dict.fromkeys(move.row for move in moves)
            guards = [scope.program.rows[row].guard for row in rows
                      if scope.events.get(scope.program.rows[row].trigger) == event]  # fmt: skip
            if not guards:
                continue
            head = f"{'if' if first else 'elif'} leaf_{region.index} == {leaf.index}:  # {plain(leaf.name)}"
            with out.block(head):
                emitter = scope.emitter()
                texts = ["True" if guard is None else emitter.truth(guard.tree) for guard in guards]
                out.add(*emitter.lines)
                with out.block(f"if {' or '.join(f'({text})' for text in texts)}:"):
                    out.add("where = WORK")
            first = False

    # -- what follows an event ---------------------------------------------------------------------------------------

    def _equity(self) -> None:
        """The equity after an event of the market, and its row among the samples if it is one's turn."""
        scope, out = self._scope, self._scope.out
        with out.block("if kind >= 0:"):
            out.add("equity = fixed")
            for leg, m in enumerate(scope.layout.market_of_leg):
                with out.block(f"if gain_{leg} != 0.0:"):
                    out.add(f"equity += gain_{leg} * price_{m}")
            with out.block("if equity > peak:"):
                out.add("peak = equity")
            with out.block("elif peak - equity > deepest:"):
                out.add("deepest = peak - equity")
            with out.block("if countdown == 0 or changed:"):
                with out.block("if countdown == 0:"):
                    out.add("countdown = stride")
                self._row()
            out.add("countdown -= 1")
            with out.block("if n_samples == len(samples):"):
                out.add("why = OUT_OF_ROOM")
        with out.block("if why != GOES_ON:"):
            out.add("break")

    def _row(self) -> None:
        scope, out = self._scope, self._scope.out
        out.add("samples[n_samples, S_TIME], samples[n_samples, S_CHANGED] = now, 1.0 if changed else 0.0")
        out.add("samples[n_samples, S_EQUITY], samples[n_samples, S_PEAK] = equity, peak")
        for m in range(scope.layout.markets):
            out.add(f"samples[n_samples, S_PRICES + {m}] = price_{m}")
        for place, slot in enumerate(scope.layout.sampled):
            out.add(f"samples[n_samples, S_PRICES + {scope.layout.markets + place}] = {scope.slot(slot)}")
        out.add("n_samples, changed = n_samples + 1, False")


def sample_columns(markets: int, sampled: Sequence[int]) -> int:
    """How wide a row of the samples is."""
    return S_PRICES + markets + len(sampled)

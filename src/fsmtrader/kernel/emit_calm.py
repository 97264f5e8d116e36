"""Blocks of events of which surely nothing comes: a sweep's loop leaps over them (docs/sweeps.md).

Of every block of 8, 64 and 512 events it is known once, for all sets, between what bounds its prices, marks and shared
indicators lie (`dims`). `calm` says whether all guards, invariants and alerts keep still within such bounds, by
interval arithmetic. Large bounds of which that was found are the box, which holds until the set does something.
`leap` passes over a block that is calm, but for its last event, and carries on the peak and the deepest fall of equity.
"""

from __future__ import annotations

from fsmtrader.domain.market import Kind
from fsmtrader.kernel.emit_bounds import Bounds, Pair
from fsmtrader.kernel.emit_flights import applies
from fsmtrader.kernel.emit_market import AT_ENTRY, OF_MARKET, answer, chains
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.runtime_calm import SIZES, SLACK
from fsmtrader.kernel.scope import Scope, plain
from fsmtrader.program.ir import Program, Query, Region
from fsmtrader.program.reach import deep, is_fixed
from fsmtrader.program.typed import Read

MOVING = (*OF_MARKET, "mid", "book_spread")
TELLING = frozenset({Kind.BOOK, Kind.BAR, Kind.TRADE, Kind.MARK, Kind.FUNDING})
"""kinds of which the last event says all that those before it have said"""
LEAP = '''def leap(i, n, until_us, x, s, series, blocks, box, peak, deepest):
    """How many events from `i` on may be passed over, and the peak and the deepest fall of equity after them."""
    skipped, row, base = 0, 0, len(blocks)
    for size in {sizes}:
        base -= n // size
        if i % size != 0 or i + size > n or blocks[base + i // size, 1] > until_us:
            break
        if not is_calm(x, s, blocks, base + i // size, box, skipped > 0):
            break
        skipped, row = size - 1, base + i // size
    if skipped == 0:
        return 0, peak, deepest
{equity}
    return skipped, peak, deepest'''
IS_CALM = '''def is_calm(x, s, blocks, row, box, grows):
    """Whether nothing comes of a block; then the box is made larger, if it `grows` or there is none."""
    if lies_in(blocks, row, box):
        return True
    lay_out(blocks, row, box, 0)
    if not calm(x, s, box):
        return False
    if grows or box[0, 0] != box[0, 0]:
        for turn in range(1, 4):
            lay_out(blocks, row, box, turn)
            if calm(x, s, box):
                take_box(box)
                break
    return True'''


def can_leap(program: Program, layout: Layout) -> bool:
    """Whether no indicator has to be sampled at every event, but for streaks, which a calm block leaves at zero."""
    indicators = all(
        index in layout.shared or entry.function in AT_ENTRY or (entry.function == "streak" and entry.clock.event)
        for index, entry in enumerate(program.indicators)
    )
    timed = any(
        isinstance(node, Read) and node.slot == program.now
        for entry in program.indicators
        if entry.function == "streak"
        for node in deep(program, entry.input.tree)
    )
    afters = all(is_fixed(program, after.delay.tree) for region in program.regions for after in region.afters)
    telling = all(kinds <= TELLING for kinds in layout.kinds)
    return telling and indicators and afters and not timed and not any(alert.event for alert in program.alerts)


def market_texts(scope: Scope) -> list[str]:
    """What of the market has its bounds in a block: prices, marks, and answers to questions."""
    texts = [f"{name}_{m}" for m in range(scope.layout.markets) for name in ("price", "mark")]
    texts += [answer(scope, query) for query in _asked(scope.program)]
    return list(dict.fromkeys(texts))


def rows_of(program: Program, layout: Layout) -> tuple[int, ...]:
    """The rows of the series whose bounds stand in a block, in this order, after the bounds of its time."""
    first = 2 * len(layout.shared)
    texts = market_texts(Scope(program, layout))
    return (*range(0, first, 2), *range(first, first + len(texts)))


class Calm:
    """The functions of one module."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._texts = market_texts(scope)

    def source(self) -> tuple[str, ...]:
        return (self._calm(), IS_CALM, LEAP.format(sizes=SIZES[::-1], equity="\n".join(self._equity())))

    def _calm(self) -> str:
        scope, out = self._scope, self._scope.out
        moving = self._moving()
        still = frozenset(e.slot for e in scope.program.indicators if e.function == "streak")
        with out.apart() as body:
            for m in range(scope.layout.markets):
                low, high = self._pair(f"mark_{m}")
                with out.block(f"if not (safe_low_{m} < {low} and {high} < safe_high_{m}):"):
                    out.add("return False")
            with out.block("if status == OVER:"):
                out.add("return True")
            self._watched(Bounds(scope, out, moving, still, "w"))
            for region in scope.program.regions:
                self._region(region, moving, still)
            out.add("return True")
        names = [name for pair in moving.values() for name in pair]
        names += [name for m in range(scope.layout.markets) for name in self._pair(f"mark_{m}")]
        read = [f"{name} = box[1, {self._column(name)}]" for name in dict.fromkeys(names)]
        lines = [*scope.loaded(body), *read, *body]
        return "\n".join(["def calm(x, s, box):", *(f"    {line}" for line in lines)])

    def _watched(self, bounds: Bounds) -> None:
        """Streaks, invariants and alerts."""
        scope = self._scope
        for streak in (entry for entry in scope.program.indicators if entry.function == "streak"):
            self._demand(bounds.never(streak.input.tree))
        always = [e for e in scope.program.invariants if not e.on_order and e.condition is not None]
        names = list(dict.fromkeys(entry.name for entry in always))
        for entry in always:
            assert entry.condition is not None
            kept = bounds.never(entry.condition.tree, False)
            self._demand(f"not broken_{names.index(entry.name)} and (not ({applies(entry)}) or {kept})")
        for index, alert in enumerate(scope.program.alerts):
            if alert.condition is not None:
                self._demand(f"rung_{index} != rung_{index} and {bounds.never(alert.condition.tree)}")

    def _region(self, region: Region, moving: dict[int, Pair], still: frozenset[int]) -> None:
        """No guard is true of what the market or a timer may raise."""
        scope, out = self._scope, self._scope.out
        raised = {event for chain in chains(scope) for event in chain}
        for leaf in region.leaves:
            rows = dict.fromkeys(move.row for move in region.moves if move.leaf == leaf.index)
            asked = [scope.program.rows[row] for row in rows]
            guards = [row.guard for row in asked if scope.events.get(row.trigger) in raised]
            if guards:
                with out.block(f"if leaf_{region.index} == {leaf.index}:  # {plain(leaf.name)}"):
                    bounds = Bounds(scope, out, moving, still, f"r{region.index}_{leaf.index}_")
                    for guard in guards:
                        self._demand("False" if guard is None else bounds.never(guard.tree))

    def _demand(self, text: str) -> None:
        with self._scope.out.block(f"if not ({text}):"):
            self._scope.out.add("return False")

    def _equity(self) -> list[str]:
        """Where the bounds leave it open, event by event."""
        scope, out = self._scope, self._scope.out
        legs = scope.layout.market_of_leg
        with out.apart() as body:
            out.add("top, bottom, size_of_all = fixed, fixed, abs(fixed)")
            for m in range(scope.layout.markets):
                gains = [f"gain_{leg}" for leg, found in enumerate(legs) if found == m] or ["0.0"]
                low, high = (f"blocks[row, {self._column(name)}]" for name in self._pair(f"price_{m}"))
                out.add(f"gain, low, high = {' + '.join(gains)}, {low}, {high}")
                out.add("top, bottom = top + max(gain * low, gain * high), bottom + min(gain * low, gain * high)")
                out.add(f"size_of_all += ({' + '.join(f'abs({g})' for g in gains)}) * max(abs(low), abs(high))")
            out.add(f"slack = {SLACK} * size_of_all")
            is_open = "if not (top + slack <= peak and peak - (bottom - slack) <= deepest):"
            with out.block(is_open), out.block("for q in range(i, i + skipped):"):
                out.add("equity = fixed")
                for leg, m in enumerate(legs):
                    with out.block(f"if gain_{leg} != 0.0:"):
                        out.add(f"equity += gain_{leg} * series[{self._row(f'price_{m}')}, q]")
                with out.block("if equity > peak:"):
                    out.add("peak = equity")
                with out.block("elif peak - equity > deepest:"):
                    out.add("deepest = peak - equity")
        names = ["fixed", *(f"gain_{leg}" for leg in range(len(legs)))]
        loaded = [f"{name} = s[{name.upper()}]" for name in names]
        return [f"{' ' * 4}{line}" for line in (*loaded, *body)]

    def _moving(self) -> dict[int, Pair]:
        """The bounds of every slot that moves while nothing is done."""
        program = self._scope.program
        found = {program.now: self._pair("now")}
        for place, index in enumerate(self._scope.layout.shared):
            found[program.indicators[index].slot] = (f"low_{place}", f"high_{place}")
        return found | {query.slot: self._pair(answer(self._scope, query)) for query in _asked(program)}

    def _pair(self, text: str) -> Pair:
        place = -1 if text == "now" else len(self._scope.layout.shared) + self._texts.index(text)
        return ("low_now", "high_now") if place < 0 else (f"low_{place}", f"high_{place}")

    def _column(self, name: str) -> int:
        """The column of a bound in a block: of its time, then least and greatest of each row."""
        side, _, place = name.partition("_")
        return (0 if place == "now" else 2 + 2 * int(place)) + (side == "high")

    def _row(self, text: str) -> int:
        return 2 * len(self._scope.layout.shared) + self._texts.index(text)


def _asked(program: Program) -> list[Query]:
    return [query for query in program.queries if query.slot >= 0 and query.function in MOVING]

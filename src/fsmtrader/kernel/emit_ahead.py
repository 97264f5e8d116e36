"""What sets of parameters share: indicators of the market alone, worked out once, ahead of all of them.

Their values at each event stand in `series`, two rows an indicator: its value, and when it took its last sample, so
that a timer knows of a hole. They are those that a loop would sample itself, to the last bit. Where blocks of events
are passed over, rows with what the market tells follow (`emit_calm.market_texts`).
"""

from __future__ import annotations

from fsmtrader.kernel.emit_calm import market_texts
from fsmtrader.kernel.emit_hot import START
from fsmtrader.kernel.emit_market import OF_MARKET, emit_market, indicator_lines, update, value_of
from fsmtrader.kernel.scope import Scope
from fsmtrader.program.ir import Indicator, Program, SlotRole
from fsmtrader.program.reach import deep, is_fixed
from fsmtrader.program.typed import Asked, Read, Typed

ARGUMENTS = (
    "i", "n", "time", "kinds", "market", "a", "b", "c", "d", "x", "s", "memory", "constants", "series", "half_spread",
)  # fmt: skip
WINDOWS = ("realized_variance", "realized_vol", "highest", "lowest")
"""indicators that time alone changes only by a hole"""


def shareable(program: Program) -> tuple[int, ...]:
    """The indicators that hang on the market and on parameters alone, by index."""
    return tuple(index for index, entry in enumerate(program.indicators) if _is_of_market(program, entry))


def parameters_of(program: Program, indicators: tuple[int, ...]) -> frozenset[str]:
    """The parameters on which some indicators hang: sets that differ in one of them share nothing."""
    slots = {parameter.slot: parameter.name for parameter in program.parameters}
    found = {
        node.slot
        for index in indicators
        for tree in _trees(program.indicators[index])
        for node in deep(program, tree)
        if isinstance(node, Read)
    }
    return frozenset(slots[slot] for slot in found if slot in slots)


def emit_ahead_lines(scope: Scope) -> list[str]:
    """The body of the loop that fills `series`."""
    out = scope.out
    scope.is_ahead = True
    with out.apart() as loop, out.block("while i < n:"):
        out.add("j = index(i)", "now, at, heard, where = time[j], 0, 0, GOES_ON")
        emit_market(scope, is_scout=False)
        for place, index in enumerate(scope.layout.shared):
            entry = scope.program.indicators[index]
            rows = f"series[{2 * place}, j], series[{2 * place + 1}, j]"
            with out.block("if status == PRIMING:"):
                out.add(f"{rows} = nan, nan")
            with out.block("else:"):
                out.add(f"value = {scope.number(entry.input.tree)}")
                last = f"last_g{index}"
                with out.block(f"if fresh_g{index} or (value != {last} and (value == value or {last} == {last})):"):
                    out.add(f"{last} = value", update(index, entry))
                out.add(f"{rows} = {value_of(index, entry)}, g{index}[LAST_US]", f"fresh_g{index} = False")
        if scope.layout.leaps:
            first = 2 * len(scope.layout.shared)
            out.add(*(f"series[{first + k}, j] = {text}" for k, text in enumerate(market_texts(scope))))
    scope.is_ahead = False
    return [*scope.loaded(loop), *indicator_lines(scope), *START, *loop, *scope.stored(loop), "return 0, i, 0, 0"]


def _is_of_market(program: Program, entry: Indicator) -> bool:
    is_window = entry.function in WINDOWS and not entry.clock.event and not entry.clock.every_seconds > 0
    fixed = [value.tree for value in (entry.window, entry.count, entry.ready, entry.quantile) if value is not None]
    return is_window and all(is_fixed(program, tree) for tree in fixed) and _reads_market(program, entry.input.tree)


def _reads_market(program: Program, tree: Typed) -> bool:
    """Whether an expression looks at nothing but prices and parameters."""
    asked = {q.slot for q in program.queries if q.slot >= 0 and q.function in {*OF_MARKET, "mid", "book_spread"}}
    for node in deep(program, tree):
        if isinstance(node, Asked):
            return False
        if isinstance(node, Read) and node.slot not in asked:
            if program.slots[node.slot].role is not SlotRole.PARAMETER:
                return False
    return True


def _trees(entry: Indicator) -> list[Typed]:
    values = (entry.input, entry.window, entry.count, entry.ready, entry.quantile)
    return [value.tree for value in values if value is not None]

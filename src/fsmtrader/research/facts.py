"""What the report of a run must know of its program: the states, the markets, and what the numbers of guards mean."""

from __future__ import annotations

from fsmtrader.program.ir import Program
from fsmtrader.program.operands import operands
from fsmtrader.program.typed import Kind, Type
from fsmtrader.research.markets import Markets


def facts_of(program: Program) -> dict[str, object]:
    """Plain values for summary.json.

    `states` has every state that a region can be in, `markets` each market with its legs and the column of
    equity.parquet that has its price, `units` the unit (or `truth`, `word`, `instant`) of each name that a guard reads,
    `words` the enumerators that a word's number is an index into.
    """
    return {
        "description": program.description,
        "states": [
            {"region": region.name, "state": leaf.name, "final": leaf.final, "description": leaf.description}
            for region in program.regions
            for leaf in region.leaves
        ],
        "markets": [
            {"name": place.name, "symbol": place.symbol, "legs": list(place.legs), "column": _column(index, place.legs)}
            for index, place in enumerate(Markets(program).places)
        ],
        "units": units_of(program),
        "words": list(program.words),
    }


def units_of(program: Program) -> dict[str, str]:
    """The unit of each name that a row's guard reads."""
    found: dict[str, str] = {}
    for row in program.rows:
        if row.guard is not None:
            for operand in operands(program, row.guard.tree):
                found.setdefault(operand.name, unit_of(operand.tree.type))
    return found


def unit_of(type_: Type) -> str:
    """`ratio`, `seconds`, `quote` and so on; empty for a bare number."""
    if type_.kind is Kind.NUMBER:
        return "" if type_.unit is None else str(type_.unit)
    return {Kind.TRUTH: "truth", Kind.WORD: "word", Kind.INSTANT: "instant"}[type_.kind]


def _column(index: int, legs: tuple[str, ...]) -> str:
    return f"price_{legs[0]}" if index else "price"

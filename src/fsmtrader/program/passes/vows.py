"""Pass: promises of the catalog that are properties of the text: what it decides by, and what it leaves by.

`no_direction_prediction` (R000-51): whatever a row or an action reads of the market is a price of this moment or the
size of its swings, never a trend, a book's imbalance or a funding rate. `exit_not_price_stop` (R000-39): no row that
leaves, or goes on leaving, asks on which side of a level the price is, or what has been won or lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.domain.units import PRICE, RATIO
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.ir import SlotRole, is_leaving
from fsmtrader.program.typed import Asked, Comparison, Function, Kind, Observed, Read, Typed, parts

NO_PREDICTION, NO_STOP = "no_direction_prediction", "exit_not_price_stop"
SWINGS = frozenset({"realized_variance", "realized_vol"})
"""indicators of how much a price moves, whichever way"""
REMEMBERED = frozenset({"streak", "held", "entered", "anchored"})
"""indicators that say nothing of their own: what they are about counts"""
PRICES = frozenset({"mark", "last", "mid", "bid", "ask", "touch"})
OWN = frozenset({"quantity", "average_price", "unrealized", "equity", "margin_ratio", "liquidation_distance", "lots"})
"""the strategy's own position, and what it is worth"""
FIXED = frozenset({"tick", "lot", "min_notional", "open_orders", "open_notional", "since"})
RESULTS = frozenset({"average_price", "unrealized", "equity"})
"""what tells a profit from a loss"""


def run(draft: Draft) -> None:
    promised = {i.name.text: i for i in draft.spec.invariants if i.condition is None}
    looking = _Looking(draft)
    if NO_PREDICTION in promised:
        _no_prediction(draft, looking)
    if NO_STOP in promised:
        _no_stop(draft, looking)


def _no_prediction(draft: Draft, looking: _Looking) -> None:
    told: set[object] = set()
    for value in _decisions(draft):
        for name, is_trend in looking.sources(value.tree):
            if value.span in told or not (is_trend or name not in PRICES | OWN | FIXED):
                continue
            told.add(value.span)
            draft.findings.error(
                "FSM521",
                value.span,
                f"`{value.text}` reads {name}, but the spec promises {NO_PREDICTION}",
                expected="prices of this moment, positions, realised variance and parameters",
                hint=f"decide by the size of the moves, e.g. realized_variance(…), or do not promise {NO_PREDICTION}",
            )


def _no_stop(draft: Draft, looking: _Looking) -> None:
    for row in draft.rows:
        if row.guard is None or not _leaves(draft, row):
            continue
        why = next(looking.stops(row.guard.tree), "")
        if why:
            draft.findings.error(
                "FSM522",
                row.guard.span,
                f"`{row.guard.text}` {why}, but the spec promises {NO_STOP}",
                expected="a distance that counts both ways, e.g. abs(P_t - P_ref_exit), or no price at all",
                hint=f"write `abs(…)` around the difference, or do not promise {NO_STOP}",
            )


def _decisions(draft: Draft) -> Iterator[ir.Value]:
    """What rows ask, and what actions set, want and remember."""
    yield from (row.guard for row in draft.rows if row.guard is not None)
    steps = (step for action in draft.actions for phase in action.phases for step in phase.steps)
    for step in steps:
        if isinstance(step, ir.Assign | ir.Let):
            yield from (entry.value for entry in step.entries)


def _leaves(draft: Draft, row: ir.Row) -> bool:
    """Whether a row moves to where positions are only reduced, or stands there."""
    region = draft.regions[row.region]
    leaving = {leaf.name for leaf in region.leaves if is_leaving(leaf)}
    here = {leaf.name for leaf in region.leaves if row.written_in in leaf.path}
    return row.target in leaving or (bool(here) and here <= leaving)


class _Looking:
    """Walks typed trees through observables, indicators and questions."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._indicators = {indicator.slot: indicator for indicator in draft.indicators}
        self._queries = {query.slot: query for query in draft.queries if query.slot >= 0}

    def sources(self, node: Typed, trend: bool = False) -> Iterator[tuple[str, bool]]:
        """What a tree comes down to: the name of each question or trend, and whether a trend of it is read."""
        match node:
            case Read(slot=slot) if slot in self._indicators:
                indicator = self._indicators[slot]
                if indicator.function in SWINGS:
                    return
                is_trend = indicator.function not in REMEMBERED
                for name, deeper in self.sources(indicator.input.tree, trend or is_trend):
                    yield (indicator.function if is_trend else name), deeper
            case Read(slot=slot) if slot in self._queries:
                name = self._queries[slot].function
                yield name, trend and name not in OWN | FIXED
            case Asked(query=query):
                yield self._draft.queries[query].function, trend
            case Observed(observable=index):
                yield from self.sources(self._draft.observables[index].value.tree, trend)
            case _:
                for part in parts(node):
                    yield from self.sources(part, trend)

    def stops(self, node: Typed) -> Iterator[str]:
        """What makes a condition a price stop, in words."""
        match node:
            case Comparison(left=left, right=right):
                if self._has_result(node):
                    yield "asks what was won or lost"
                elif left.type.unit in (PRICE, RATIO, None) and (self._has_price(left) or self._has_price(right)):
                    yield "asks on which side of a level the price is"
            case Read(slot=slot) if slot in self._indicators and self._indicators[slot].function in REMEMBERED:
                tree = self._indicators[slot].input.tree
                if tree.type.kind is Kind.TRUTH:
                    yield from self.stops(tree)
            case Observed(observable=index):
                yield from self.stops(self._draft.observables[index].value.tree)
        for part in parts(node):
            yield from self.stops(part)

    def _has_price(self, node: Typed) -> bool:
        """Whether the price of this moment counts with its sign."""
        match node:
            case Function(name="abs"):
                return False
            case Read(slot=slot) if slot in self._queries:
                return self._queries[slot].function in PRICES
            case Asked(query=query):
                return self._draft.queries[query].function in PRICES
            case Observed(observable=index):
                return self._has_price(self._draft.observables[index].value.tree)
        return any(self._has_price(part) for part in parts(node))

    def _has_result(self, node: Typed) -> bool:
        match node:
            case Read(slot=slot) if slot in self._queries:
                return self._queries[slot].function in RESULTS
            case Read(slot=slot):
                return self._draft.slots[slot].role is SlotRole.AVERAGE
            case Asked(query=query):
                return self._draft.queries[query].function in RESULTS
            case Observed(observable=index):
                return self._has_result(self._draft.observables[index].value.tree)
        return any(self._has_result(part) for part in parts(node))

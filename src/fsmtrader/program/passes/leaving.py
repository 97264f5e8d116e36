"""Pass: states that can't be reached, can't be left, or are left only by what can't happen in them (C000-05)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fsmtrader.diagnostics import Severity
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.passes.moves import freeze_region
from fsmtrader.program.passes.states import all_states, first_of, targets
from fsmtrader.program.typed import Asked, Comparison, Every, Function, Inverse, Observed, Read, Typed, walk
from fsmtrader.spec.expression.tree import Operator

FIXED = frozenset({SlotRole.PARAMETER, SlotRole.VARIABLE, SlotRole.QUANTITY, SlotRole.AVERAGE})
OPERATOR = frozenset({"stop", "halt", "resume", "flatten", "exit"})


@dataclass(frozen=True, slots=True)
class _Map:
    """A region by its leaves, so that a thousand states take a thousand steps: each leaf's moves, the final states'
    names, the slots that anything but the region's own rows may write, and what `_lost_moves` gave.
    """

    moves: Mapping[int, Sequence[ir.Move]]
    finals: frozenset[str]
    elsewhere: frozenset[int]
    lost: Mapping[int, frozenset[int]]


def run(draft: Draft) -> None:
    """Where rows may be missing because of an error, what they say about moves is taken from the text instead."""
    if not is_whole(draft):
        return
    for region in draft.regions:
        if region.index == first_of(draft, region) and region.tree:
            frozen = freeze_region(draft, region)
            known = _map(draft, frozen, _lost_moves(draft, region) if draft.findings.has_errors else set())
            _unreachable(draft, frozen, known)
            for leaf in frozen.leaves:
                _leaving(draft, frozen, leaf, known)


def is_whole(draft: Draft) -> bool:
    """Whether every state and every target could be read and is known, whatever else is wrong."""
    return not any(
        item.severity is Severity.ERROR and (item.code[:4] in ("FSM0", "FSM1") or item.code in ("FSM501", "FSM502"))
        for item in draft.findings.items
    )


def _lost_moves(draft: Draft, region: RegionDraft) -> set[tuple[int, int]]:
    """The moves from leaf to leaf that stand in the text, those of rows with errors too."""
    states = {state.name: state for state in all_states(region)}
    found: set[tuple[int, int]] = set()
    for state in states.values():
        if state.leaf >= 0:
            rows = (row for one in state.lineage() if one.spec is not None for row in targets(one.spec))
            found |= {(state.leaf, states[row.text].first_leaf().leaf) for row in rows if row.text in states}
    return found


def _map(draft: Draft, region: ir.Region, lost: set[tuple[int, int]]) -> _Map:
    moves: dict[int, list[ir.Move]] = {}
    for move in region.moves:
        moves.setdefault(move.leaf, []).append(move)
    gone: dict[int, set[int]] = {}
    for start, destination in lost:
        gone.setdefault(start, set()).add(destination)
    quoted = {quote.leg for quote in draft.quotes}
    filled = {slot for leg in draft.legs if leg.name in quoted for slot in (leg.quantity, leg.average)}
    others = (row.action for row in draft.rows if row.region != region.index)
    return _Map(
        moves,
        frozenset(leaf.name for leaf in region.leaves if leaf.final),
        frozenset(filled | _assigned(draft, others)),
        {start: frozenset(destinations) for start, destinations in gone.items()},
    )


def _unreachable(draft: Draft, region: ir.Region, known: _Map) -> None:
    reached = {region.initial}
    waiting = [region.initial]
    while waiting:
        here = waiting.pop()
        steps = {move.destination for move in known.moves.get(here, ())} | known.lost.get(here, frozenset())
        for destination in steps:
            if destination >= 0 and destination not in reached:
                reached.add(destination)
                waiting.append(destination)
    for leaf in region.leaves:
        if leaf.index not in reached:
            draft.findings.warn(
                "FSM516",
                leaf.span,
                f"no row leads to the state {leaf.name}",
                expected="a row with `transition_to` that reaches it",
                hint=f"add `transition_to: {leaf.name}` somewhere, or delete the state",
            )


def _leaving(draft: Draft, region: ir.Region, leaf: ir.Leaf, known: _Map) -> None:
    if known.lost.get(leaf.index, frozenset()) - {leaf.index}:
        return  # what is left of its rows says too little
    if leaf.final or len(region.leaves) == 1:
        return
    own = known.moves.get(leaf.index, ())
    rows = [draft.rows[m.row] for m in own if m.destination not in (-1, leaf.index)]
    if not rows:
        draft.findings.warn(
            "FSM517",
            leaf.span,
            f"the state {leaf.name} can't be left",
            expected="a row with `transition_to`, or `final: true`",
            hint=f"add a row, or say `final: true` if {leaf.name} is the end",
        )
        return
    written = known.elsewhere | _assigned(draft, (draft.rows[m.row].action for m in own if m.destination == -1))
    automatic = [row for row in rows if row.trigger not in OPERATOR]
    back = [row for row in automatic if row.target not in known.finals]
    if back and all(_stuck(draft, row, written) for row in back):
        guard = back[0].guard
        assert guard is not None
        draft.findings.warn(
            "FSM513",
            guard.span,
            f"{leaf.name} may never be left this way: `{guard.text}` can't become true in it",
            expected="a guard over something that changes while the state lasts",
            hint="let the guard read the market (e.g. an interval worked out from volatility), not the time since the "
            "last trade or what only another state changes",
        )


def _assigned(draft: Draft, actions: Iterable[int]) -> set[int]:
    """The slots that these actions write."""
    found: set[int] = set()
    for index in actions:
        if index >= 0:
            for phase in draft.actions[index].phases:
                for step in phase.steps:
                    if isinstance(step, ir.Assign):
                        for entry in step.entries:
                            found.add(entry.slot if isinstance(entry, ir.Set) else draft.legs[entry.leg].quantity)
    return found


def _stuck(draft: Draft, row: ir.Row, written: frozenset[int]) -> bool:
    """Whether the guard can't become true: it reads nothing that changes, or wants too little time to have passed."""
    if row.guard is None:
        return False
    if any(_only_grows(draft, part, written) for part in _conjuncts(draft, row.guard.tree)):
        return True
    changing = False
    for node in _everything(draft, row.guard.tree):
        if isinstance(node, Asked):
            return False
        if isinstance(node, Read):
            role = draft.slots[node.slot].role
            if role not in FIXED or (role is not SlotRole.PARAMETER and node.slot in written):
                return False
            changing |= role is not SlotRole.PARAMETER
    return changing  # a guard over parameters alone is a switch, not a trap


def _everything(draft: Draft, tree: Typed) -> Iterator[Typed]:
    """The nodes of a tree and of every observable in it."""
    for node in walk(tree):
        yield node
        if isinstance(node, Observed):
            yield from _everything(draft, draft.observables[node.observable].value.tree)


def _resolved(draft: Draft, tree: Typed) -> Typed:
    while isinstance(tree, Observed):
        tree = draft.observables[tree.observable].value.tree
    return tree


def _conjuncts(draft: Draft, tree: Typed) -> Iterator[Typed]:
    tree = _resolved(draft, tree)
    if isinstance(tree, Every):
        for part in tree.operands:
            yield from _conjuncts(draft, part)
    else:
        yield tree


def _only_grows(draft: Draft, tree: Typed, written: frozenset[int]) -> bool:
    """`since(v) < limit` with a v that nothing renews here: once false it stays false."""
    negated = False
    while isinstance(tree, Inverse):
        negated, tree = not negated, _resolved(draft, tree.operand)
    if not isinstance(tree, Comparison):
        return False
    left, right = _resolved(draft, tree.left), _resolved(draft, tree.right)
    less = tree.operator in (Operator.LESS, Operator.LESS_EQUAL)
    more = tree.operator in (Operator.GREATER, Operator.GREATER_EQUAL)
    elapsed = left if (less and not negated) or (more and negated) else right
    if not (less or more) or not isinstance(elapsed, Function) or elapsed.name != "elapsed":
        return False
    since = _resolved(draft, elapsed.arguments[1])
    return isinstance(since, Read) and draft.slots[since.slot].role is SlotRole.VARIABLE and since.slot not in written

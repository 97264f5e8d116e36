"""Pass: rows that can never fire, because their guard can't hold or a row above always comes first."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.certain import follows, is_never
from fsmtrader.program.draft import Draft, RegionDraft, StateDraft
from fsmtrader.program.passes.states import all_states
from fsmtrader.program.typed import Comparison, Constant, Every, Read, Typed
from fsmtrader.spec.expression.tree import Operator


def run(draft: Draft) -> None:
    for row in draft.rows:
        if row.guard is not None:
            _literal(draft, row.guard)
    for region in draft.regions:
        if not draft.findings.has_errors:
            _region(draft, region)


def _literal(draft: Draft, guard: ir.Value) -> None:
    """`true` or `false` alone as a guard. (Conditions that amount to one are found where they are typed.)"""
    if guard.text.strip() == "false":
        draft.findings.warn(
            "FSM514",
            guard.span,
            "`false` is never true: the row can't fire",
            expected="a guard that can hold",
            hint="write the condition, or delete the row",
        )
    elif guard.text.strip() == "true":
        draft.findings.warn(
            "FSM518",
            guard.span,
            "`true` is always true",
            expected="a guard that can fail, or none",
            hint="leave out `if`: a row without it is always taken",
        )


def _region(draft: Draft, region: RegionDraft) -> None:
    for state in all_states(region):
        _elsewhere(draft, region, state)
        if state.leaf < 0:
            continue
        above: list[ir.Row] = []
        for row in (draft.rows[i] for s in state.lineage() for i in s.rows):
            for earlier in above:
                if _hides(earlier, row):
                    draft.findings.warn(
                        "FSM515",
                        row.span,
                        f"the row can't fire: one above it {_why(earlier, row)} and is taken first",
                        expected="a row that some event can reach",
                        hint="put this row first, or delete one of them",
                        related=((earlier.span, "this row is taken"),),
                    )
                    break
            above.append(row)


def _hides(earlier: ir.Row, later: ir.Row) -> bool:
    if earlier.trigger != later.trigger or not set(earlier.filter.words) <= set(later.filter.words):
        return False
    if len(earlier.filter.words) < len(later.filter.words):
        return False  # the narrower filter stands first
    if earlier.guard is None:
        return True
    if later.guard is None:
        return False
    given = _conjuncts(later.guard.tree)
    return all(follows(condition, given) for condition in _conjuncts(earlier.guard.tree))


def _why(earlier: ir.Row, later: ir.Row) -> str:
    if earlier.guard is None or later.guard is None:
        return "has no guard"
    is_same = set(_conjuncts(earlier.guard.tree)) <= set(_conjuncts(later.guard.tree))
    return f"asks the same, `{earlier.guard.text}`," if is_same else f"holds whenever it does, `{earlier.guard.text}`,"


def _elsewhere(draft: Draft, region: RegionDraft, state: StateDraft) -> None:
    """A row of one state that asks for another state of the same region."""
    leaves = {leaf.word for leaf in region.leaves if state.name in leaf.path}
    for row in (draft.rows[i] for i in state.rows):
        for part in _conjuncts(row.guard.tree) if row.guard is not None and not is_never(row.guard.tree) else ():
            match part:
                case Comparison(Operator.EQUAL, Read(slot=slot), Constant(value=value)) if slot == region.mode:
                    if value not in leaves and row.guard is not None:
                        _never_here(draft, row.guard, state, draft.words[int(value)])


def _never_here(draft: Draft, guard: ir.Value, state: StateDraft, word: str) -> None:
    draft.findings.warn(
        "FSM514",
        guard.span,
        f"`{guard.text}` is never true in {state.name}: the row stands there, and asks for {word}",
        expected="a guard that can hold",
        hint=f"put the row into {word}, or leave the question out",
    )


def _conjuncts(tree: Typed) -> tuple[Typed, ...]:
    return tree.operands if isinstance(tree, Every) else (tree,)

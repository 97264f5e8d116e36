"""Pass: rows that can never fire, because their guard can't hold or a row above always comes first."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft
from fsmtrader.program.passes.states import all_states
from fsmtrader.program.typed import Every, Typed


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
        if state.leaf < 0:
            continue
        above: list[ir.Row] = []
        for row in (draft.rows[i] for s in state.lineage() for i in s.rows):
            for earlier in above:
                if _hides(earlier, row):
                    what = "has no guard" if earlier.guard is None else f"asks the same, `{earlier.guard.text}`,"
                    draft.findings.warn(
                        "FSM515",
                        row.span,
                        f"the row can't fire: one above it {what} and is taken first",
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
    return set(_conjuncts(earlier.guard.tree)) <= set(_conjuncts(later.guard.tree))


def _conjuncts(tree: Typed) -> tuple[Typed, ...]:
    return tree.operands if isinstance(tree, Every) else (tree,)

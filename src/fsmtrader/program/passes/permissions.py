"""Pass: a row that would trade where its state says `orders: none`, or open where it says `reduce`."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft
from fsmtrader.program.formulas import OPENING
from fsmtrader.program.passes.states import all_states
from fsmtrader.program.typed import Arithmetic, Formula, Read
from fsmtrader.spec.expression.tree import Operator


def run(draft: Draft) -> None:
    for region in draft.regions:
        for state in all_states(region):
            if state.leaf >= 0:
                _leaf(draft, region, state.leaf, [i for s in state.lineage() for i in s.rows])


def _leaf(draft: Draft, region: RegionDraft, leaf: int, rows: list[int]) -> None:
    orders = region.leaves[leaf].orders
    if orders is ir.Orders.ANY:
        return
    name = region.leaves[leaf].name
    for state in all_states(region):
        enter = draft.actions[state.enter] if state.leaf == leaf and state.enter >= 0 else None
        if enter is not None and enter.trades and orders is ir.Orders.NONE:
            draft.findings.error(
                "FSM605",
                enter.span,
                f"`enter` trades, but {name} says `orders: none`",
                expected="assignments, cancels and alerts only",
                hint=f"say `orders: reduce` or `any` in {name}, or trade in the row that leads here",
            )
    for row in (draft.rows[i] for i in rows):
        if row.action < 0:
            continue
        action = draft.actions[row.action]
        if orders is ir.Orders.NONE and action.trades:
            draft.findings.error(
                "FSM605",
                row.span,
                f"the row trades, but {name} says `orders: none`",
                expected="assignments, cancels and moves only",
                hint=f"say `orders: reduce` or `any` in {name}, or move the row to another state",
            )
        elif orders is ir.Orders.REDUCE:
            opening = next((t for t in _targets(action) if _opens(draft, t)), None)
            if opening is not None:
                draft.findings.error(
                    "FSM605",
                    row.span,
                    f"the row adds to {draft.legs[opening.leg].name}, but {name} says `orders: reduce`",
                    expected="targets that are nearer to zero",
                    hint=f"say `orders: any` in {name}, or reduce",
                )


def _targets(action: ir.Action) -> list[ir.Target]:
    return [
        entry
        for phase in action.phases
        for step in phase.steps
        if isinstance(step, ir.Assign)
        for entry in step.entries
        if isinstance(entry, ir.Target)
    ]


def _opens(draft: Draft, target: ir.Target) -> bool:
    """Whether a target is plainly larger than what is held: `qX + …` of a leg with a side, or a primitive that adds."""
    leg = draft.legs[target.leg]
    tree = target.value.tree
    if isinstance(tree, Formula):
        return tree.name in OPENING
    return (
        leg.side is not None
        and isinstance(tree, Arithmetic)
        and tree.operator is Operator.ADD
        and Read(leg.quantity, draft.slots[leg.quantity].type) in (tree.left, tree.right)
    )

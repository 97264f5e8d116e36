"""Pass: hierarchy is flattened. Each leaf gets its rows, parents' before its own, and what each move runs."""

from __future__ import annotations

from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft, StateDraft
from fsmtrader.program.passes.states import all_states


def freeze_region(draft: Draft, region: RegionDraft) -> ir.Region:
    states = {state.name: state for state in all_states(region)}
    leaves = [state for state in states.values() if state.leaf >= 0]
    moves: list[ir.Move] = []
    for leaf in sorted(leaves, key=lambda state: state.leaf):
        if region.leaves[leaf.leaf].final:
            continue
        own = [draft.rows[i] for state in leaf.lineage() for i in state.rows]
        for row in _most_filtered_first(own):
            moves.append(_move(row, leaf, states))
    first = _initial(region)
    return ir.Region(
        index=region.index,
        name=region.name,
        base=region.base,
        keys=region.keys,
        mode=region.mode,
        entered=region.entered,
        leaves=tuple(region.leaves),
        initial=first.leaf,
        start=tuple(state.enter for state in first.lineage() if state.enter >= 0),
        rows=tuple(row.index for row in draft.rows if row.region == region.index),
        moves=tuple(moves),
        afters=tuple(draft.afters.get(region.index, ())),
        triggers=tuple(dict.fromkeys(row.trigger for row in draft.rows if row.region == region.index)),
        runs=tuple((s.name, s.enter, s.exit) for s in states.values() if s.enter >= 0 or s.exit >= 0),
    )


def _initial(region: RegionDraft) -> StateDraft:
    marked = [state for state in region.tree if state.spec is not None and state.spec.initial]
    return (marked or region.tree)[0].first_leaf()


def _most_filtered_first(rows: list[ir.Row]) -> list[ir.Row]:
    """Within one trigger more filters stand first; else the order stays."""
    return sorted(rows, key=lambda row: -len(row.filter.words))


def _move(row: ir.Row, leaf: StateDraft, states: dict[str, StateDraft]) -> ir.Move:
    if not row.target:
        return ir.Move(row.index, leaf.leaf, -1, (), (), ())
    target = states[row.target]
    goal = target.first_leaf()
    source_line, goal_line = leaf.lineage(), goal.lineage()
    shared = 0
    while (
        shared < min(len(source_line), len(goal_line))
        and source_line[shared] is goal_line[shared]
        and source_line[shared] is not target
        and goal_line[shared] is not leaf
    ):
        shared += 1
    exits = tuple(state.exit for state in reversed(source_line[shared:]) if state.exit >= 0)
    enters = tuple(state.enter for state in goal_line[shared:] if state.enter >= 0)
    entered = tuple(dict.fromkeys(state.entered for state in goal_line[shared:]))
    return ir.Move(row.index, leaf.leaf, goal.leaf, exits, enters, entered)

"""Pass: the tree of states becomes numbered leaves; their names become enumerators."""

from __future__ import annotations

from fsmtrader.diagnostics import closest
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft, StateDraft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import described
from fsmtrader.program.typed import INSTANT, Kind, Type
from fsmtrader.spec import spec as written
from fsmtrader.spec.reader_values import is_name


def run(draft: Draft) -> None:
    for region in draft.regions:
        for state in region.spec.states:
            region.tree.append(_state(draft, region, state, None))
        _undeclaredtargets(draft, region)
        words = tuple(leaf.name for leaf in region.leaves)
        draft.retype(region.mode, Type(Kind.WORD, words=words))
        _duplicates(draft, region)


def _state(draft: Draft, region: RegionDraft, state: written.State, parent: StateDraft | None) -> StateDraft:
    found = StateDraft(state.name.text, state, parent, state.name.span)
    found.orders = _orders(draft, state)
    draft.must_be_sayable(state.name)
    known = draft.top.find(state.name.text)
    if known is not None:
        what = described(known, article=True)
        draft.findings.error(
            "FSM302",
            state.name.span,
            f"the name {state.name.text!r} is taken: it is {what} already",
            expected="a name that stands for one thing only",
            hint="rename the state",
            related=((known.span, "first here"),),
        )
    if state.states:
        for child in state.states:
            found.children.append(_state(draft, region, child, found))
        found.entered = draft.slot(f"{region.name} {found.name} entered", SlotRole.ENTERED, INSTANT)
        below = tuple(leaf.name for leaf in region.leaves if state.name.text in leaf.path)
        draft.state_words[state.name.text] = below
    else:
        _leaf(draft, region, found, declared=True)
    return found


def _orders(draft: Draft, state: written.State) -> ir.Orders:
    if state.orders is None:
        return ir.Orders.ANY
    try:
        return ir.Orders(state.orders.text)
    except ValueError:
        return ir.Orders.ANY  # the schema has said so already


def _leaf(draft: Draft, region: RegionDraft, state: StateDraft, declared: bool) -> None:
    lineage = state.lineage()
    strictest = min((s.orders for s in lineage), key=list(ir.Orders).index)
    state.leaf = len(region.leaves)
    state.entered = region.entered
    region.leaves.append(
        ir.Leaf(
            state.leaf,
            state.name,
            draft.word(state.name),
            tuple(s.name for s in lineage),
            state.spec.description if state.spec else "",
            bool(state.spec.final) if state.spec else True,
            strictest,
            declared,
            state.span,
        )
    )


def all_states(region: RegionDraft) -> list[StateDraft]:
    """Every state of the tree, parents before their children."""
    found: list[StateDraft] = []
    stack = list(reversed(region.tree))
    while stack:
        state = stack.pop()
        found.append(state)
        stack.extend(reversed(state.children))
    return found


def targets(state: written.State) -> list[written.Word]:
    """Every `transition_to` of a state's own rows, as written."""
    rows = [row for entry in state.on for row in entry.rows] + [row for entry in state.after for row in entry.rows]
    return [row.target for row in rows if row.target is not None]


def _undeclaredtargets(draft: Draft, region: RegionDraft) -> None:
    """A target that is declared nowhere: final with a warning in the seed's form, else an error."""
    known = {state.name for state in all_states(region)}
    folded = {name.lower(): name for name in known}
    for state in list(all_states(region)):
        for target in targets(state.spec) if state.spec is not None else ():
            if not is_name(target.text) or target.text in known or (draft.is_seed and target.text.lower() in folded):
                continue
            guess = closest(target.text, known)
            if draft.is_seed:
                known.add(target.text)
                draft.findings.warn(
                    "FSM711",
                    target.span,
                    f"the state {target.text} is never declared; it is read as a final state",
                    expected="a declared state",
                    hint=f"add `{target.text}: {{final: true}}` to states",
                )
                extra = StateDraft(target.text, None, None, target.span)
                region.tree.append(extra)
                _leaf(draft, region, extra, declared=False)
            elif region.index == first_of(draft, region):
                draft.findings.error(
                    "FSM501",
                    target.span,
                    f"there is no state {target.text}",
                    expected="a declared state of this region",
                    hint=f"did you mean {guess}?" if guess else f"declare {target.text} under states",
                )


def first_of(draft: Draft, region: RegionDraft) -> int:
    """The first region with the same text: findings are made once, not for each row of `for_each`."""
    return next(r.index for r in draft.regions if r.spec is region.spec)


def _duplicates(draft: Draft, region: RegionDraft) -> None:
    if region.index != first_of(draft, region):
        return
    seen: dict[str, StateDraft] = {}
    for state in all_states(region):
        if state.name in seen:
            draft.findings.error(
                "FSM502",
                state.span,
                f"the state {state.name} is declared twice",
                expected="leaf states named without their parents, each once",
                hint="rename one of the two",
                related=((seen[state.name].span, "first here"),),
            )
        seen[state.name] = state

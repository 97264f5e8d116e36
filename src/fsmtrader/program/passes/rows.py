"""Pass: rows of every state, with their guards typed and their actions compiled."""

from __future__ import annotations

from fsmtrader.domain.units import BASE, PRICE, SECONDS
from fsmtrader.program import ir
from fsmtrader.program.action_steps import ActionCompiler
from fsmtrader.program.draft import REASONS, Draft, RegionDraft, StateDraft
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.passes import events
from fsmtrader.program.passes.states import all_states
from fsmtrader.program.symbols import Scope, SlotSymbol
from fsmtrader.program.typed import Kind, Type, number
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written

FIELDS = (
    ("fill_price", number(PRICE)),
    ("fill_quantity", number(BASE)),
    ("reason", Type(Kind.WORD, words=REASONS)),
)


def run(draft: Draft) -> None:
    draft.named_actions.update({word.text: steps for word, steps in draft.spec.actions})
    for region in draft.regions:
        for state in all_states(region):
            if state.spec is not None:
                _state(draft, region, state, state.spec)
        if draft.is_seed:
            _operators_exit(draft, region)


def _state(draft: Draft, region: RegionDraft, state: StateDraft, spec: written.State) -> None:
    compiler = ActionCompiler(draft)
    state.enter = compiler.compile(spec.enter, region.scope, f"enter {state.name}")
    state.exit = compiler.compile(spec.exit, region.scope, f"exit {state.name}")
    if state.exit >= 0 and draft.actions[state.exit].trades and spec.exit is not None:
        draft.findings.error(
            "FSM507",
            spec.exit.span,
            f"`exit` of {state.name} trades",
            expected="assignments and cancels",
            hint="trade in the row, or in the target's `enter`",
        )
    for entry in spec.on:
        found = events.trigger(draft, entry.pattern, region.scope)
        scope = region.scope
        if entry.pattern.name.text in events.ORDER:
            scope = _with_fields(draft, region.scope)
        for row in entry.rows:
            trigger, words = found if found is not None else ("", ir.Filter())
            _row(draft, region, state, trigger, words, row, scope)
    for i, after in enumerate(spec.after):
        delay = Typer(draft).number(after.delay, region.scope, SECONDS)
        trigger = f"after {state.name} {i}"
        for row in after.rows:
            _row(draft, region, state, trigger, ir.Filter(), row, region.scope)
        if delay is not None:
            leaves = tuple(leaf.index for leaf in region.leaves if state.name in leaf.path)
            draft.afters.setdefault(region.index, []).append(ir.After(trigger, delay, state.entered, leaves))


def _with_fields(draft: Draft, scope: Scope) -> Scope:
    """A scope in which the fields of the order event in hand are names."""
    inner = scope.inner()
    for name, type_ in FIELDS:
        slot = next((s.index for s in draft.slots if s.name == name and s.role is SlotRole.FIELD), None)
        if slot is None:
            slot = draft.slot(name, SlotRole.FIELD, type_)
        inner.names[name] = SlotSymbol(
            slot, type_, "field of the event", draft.regions[scope.region].spec.name.span, used=True
        )
    return inner


def _row(
    draft: Draft, region: RegionDraft, state: StateDraft, trigger: str, words: ir.Filter, row: written.Row, scope: Scope
) -> None:
    guard = None
    if row.condition is not None:
        guard = Typer(draft).truth(row.condition, scope)
    action = ActionCompiler(draft).compile(row.do, scope, "do")
    if not trigger or (row.condition is not None and guard is None):
        return
    if row.do is not None and row.do.steps and action < 0:
        return
    target = _leaf_name(region, row.target)
    if row.target is not None and not target:
        return
    if row.target is None and action < 0:
        draft.findings.error(
            "FSM508",
            row.span,
            "the row does nothing",
            expected="`do`, `transition_to` or both",
            hint="add `transition_to: STATE` or `do: ACTION`",
        )
        return
    index = len(draft.rows)
    draft.rows.append(
        ir.Row(
            index,
            region.index,
            trigger,
            words,
            guard,
            action,
            target,
            row.because,
            region.row_order,
            state.name,
            row.span,
        )
    )
    region.row_order += 1
    state.rows.append(index)


def _leaf_name(region: RegionDraft, target: written.Word | None) -> str:
    """The state as declared (the seed's spelling may differ in case); empty when there is none."""
    if target is None:
        return ""
    if not region.spelled:
        for state in all_states(region):
            region.spelled.setdefault(state.name.lower(), state.name)
        region.spelled.update({state.name: state.name for state in all_states(region)})
    return region.spelled.get(target.text) or region.spelled.get(target.text.lower(), "")


def _operators_exit(draft: Draft, region: RegionDraft) -> None:
    """In the seed's form the operator's `exit` leads to the state EXIT."""
    goal = next((s for s in all_states(region) if s.name == "EXIT"), None)
    if goal is None:
        return
    for state in all_states(region):
        final = state.spec is None or state.spec.final
        if state is goal or final or any(draft.rows[i].trigger == "exit" for i in state.rows):
            continue
        index = len(draft.rows)
        draft.rows.append(
            ir.Row(
                index,
                region.index,
                "exit",
                ir.Filter(),
                None,
                -1,
                "EXIT",
                "manual",
                region.row_order,
                state.name,
                state.span,
            )
        )
        region.row_order += 1
        state.rows.append(index)
    events.add(draft, ir.Source("exit", ir.EventKind.OPERATOR))

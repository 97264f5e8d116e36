"""Do the seed's two blocks say the same? (R000-49, C000-33, C000-34)

They were written side by side and differ in names, triggers and order. Each difference is a warning at its line: the
machine runs, the description is what a reader believes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.expression import names, render
from fsmtrader.spec.expression.tree import Binary, Operator, Tree
from fsmtrader.spec.spec import AssignStep, CallStep, Expression, Row, SeedDescription, Spec, State, Steps, Word

_SAME = (
    ("fee", "transaction_fee", "f"),
    ("rebalance_interval", "expected_rebalance_interval"),
    ("E_max", "max_risk_capital"),
    ("eta", "decrease_ratio"),
    ("MES_exit", "MES_exit_ratio"),
    ("alpha", "profit_transfer_ratio"),
    ("tau_max", "max_rebalance_interval"),
    ("realize_profit", "realize_profit_on_winning_side"),
    ("transfer_profit", "transfer_profit_to_losing_side"),
    ("rebuild_positions", "rebuild_symmetric_positions"),
)
"""One thing, and the names that the blocks give to it (C000-33); the first is the machine's."""
_CANONICAL = {name: group[0] for group in _SAME for name in group}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def cross_check(spec: Spec, findings: Findings) -> None:
    """Warn of every difference between the description and the machine; nothing to do when there is only one."""
    seed = spec.seed
    if seed is None or not spec.regions:
        return
    states, rows = _states_and_rows(spec)
    _check_names(seed, names_used(spec), findings)
    _check_triggers(seed, rows, findings)
    _check_actions(seed, spec, findings)
    _check_modes(seed, states, rows, findings)
    _check_order(seed, findings)


def _states_and_rows(spec: Spec) -> tuple[tuple[State, ...], tuple[Row, ...]]:
    states = tuple(state for region in spec.regions for state in _all_states(region.states))
    return states, tuple(_rows(states))


def _all_states(states: tuple[State, ...]) -> Iterator[State]:
    for state in states:
        yield state
        yield from _all_states(state.states)


def _rows(states: tuple[State, ...]) -> Iterator[Row]:
    for state in states:
        for on in state.on:
            yield from on.rows
        for after in state.after:
            yield from after.rows


# names


def names_used(spec: Spec) -> dict[str, Span]:
    """Every name that the machine block uses, with its first place."""
    states, rows = _states_and_rows(spec)
    used: dict[str, Span] = {}
    for row in rows:
        for word in (*_words_of(row.condition), *_words_of_steps(row.do)):
            used.setdefault(word.text, word.span)
    blocks = [steps for _, steps in spec.actions]
    for block in (*blocks, *(state.enter for state in states), *(state.exit for state in states)):
        for word in _words_of_steps(block):
            used.setdefault(word.text, word.span)
    return used


def _words_of(expression: Expression | None) -> Iterator[Word]:
    if expression is not None and expression.tree is not None:
        for name in names(expression.tree):
            yield Word(name.text, name.span)


def _words_of_steps(steps: Steps | None) -> Iterator[Word]:
    for step in steps.steps if steps else ():
        if isinstance(step, CallStep):
            yield step.name
        elif isinstance(step, AssignStep):
            for _, value in step.entries:
                yield from _words_of(value)


def _check_names(seed: SeedDescription, used: dict[str, Span], findings: Findings) -> None:
    """A thing that the description calls otherwise than the machine does."""
    written = [name for name, _ in seed.parameters]
    written += [word for _, conditions in seed.triggers for condition in conditions for word in _words_of(condition)]
    written += [step for _, steps in seed.actions for step in steps]
    first = {word.text: word for word in reversed(written)}
    for text, word in first.items():
        others = [name for group in _SAME if text in group for name in group if name in used]
        if text not in used and others:
            findings.warn(
                "FSM701",
                word.span,
                f"the description says `{text}` where the machine says `{others[0]}`",
                expected="one name for one thing",
                hint="use one name in both blocks; the machine is what runs",
                related=((used[others[0]], "the machine's name"),),
            )


# triggers


def _check_triggers(seed: SeedDescription, rows: tuple[Row, ...], findings: Findings) -> None:
    """A condition that stands in one block only."""
    described = {_canonical(part): part for _, conditions in seed.triggers for part in _parts(conditions)}
    guards = {_canonical(part): part for row in reversed(rows) for part in _parts((row.condition,))}
    for text, (tree, whole) in described.items():
        if text not in guards:
            _warn_of_trigger(tree, whole, "the description", "the machine", findings)
    for text, (tree, whole) in guards.items():
        if text not in described:
            _warn_of_trigger(tree, whole, "the machine", "the description", findings)


def _warn_of_trigger(tree: Tree, whole: Expression, here: str, there: str, findings: Findings) -> None:
    findings.warn(
        "FSM702",
        tree.span if tree is not whole.tree else whole.span,
        f"this trigger stands in {here}, not in {there}",
        expected="the same triggers in both",
        hint=f"add it to {there}, or leave it: the machine is what runs",
    )


def _parts(conditions: tuple[Expression | None, ...]) -> Iterator[tuple[Tree, Expression]]:
    """The operands of `or`: a list of triggers and one with `or` mean the same."""
    for condition in conditions:
        if condition is not None and condition.tree is not None:
            for tree in _operands(condition.tree):
                yield tree, condition


def _operands(tree: Tree) -> Iterator[Tree]:
    if isinstance(tree, Binary) and tree.operator is Operator.OR:
        yield from _operands(tree.left)
        yield from _operands(tree.right)
    else:
        yield tree


def _canonical(part: tuple[Tree, Expression]) -> str:
    return _WORD.sub(lambda found: _CANONICAL.get(found[0], found[0]), render(part[0]))


# actions, modes, order


def _check_actions(seed: SeedDescription, spec: Spec, findings: Findings) -> None:
    """Actions in one block only, and steps that differ by more than a known second name."""
    own = {name.text: (name, steps) for name, steps in spec.actions}
    described = {name.text for name, _ in seed.actions}
    for name, steps in seed.actions:
        if name.text not in own:
            _warn_of_action(name, "the description", "the machine", findings)
        else:
            _check_steps(name, steps, own[name.text][1], findings)
    for name, _ in own.values():
        if name.text not in described:
            _warn_of_action(name, "the machine", "the description", findings)


def _warn_of_action(name: Word, here: str, there: str, findings: Findings) -> None:
    findings.warn(
        "FSM703",
        name.span,
        f"the action `{name.text}` stands in {here}, not in {there}",
        expected="the same actions in both",
        hint="the machine is what runs",
    )


def _check_steps(name: Word, described: tuple[Word, ...], steps: Steps, findings: Findings) -> None:
    calls = [step.name.text for step in steps.steps if isinstance(step, CallStep)]
    if len(calls) != len(steps.steps):
        return
    if [_CANONICAL.get(step.text, step.text) for step in described] != [_CANONICAL.get(call, call) for call in calls]:
        findings.warn(
            "FSM703",
            name.span,
            f"the steps of `{name.text}` differ from the machine's",
            expected=", ".join(calls),
            hint="the machine is what runs",
            related=((steps.span, "the machine's steps"),),
        )


def _check_modes(seed: SeedDescription, states: tuple[State, ...], rows: tuple[Row, ...], findings: Findings) -> None:
    """The states of the machine against the list of modes; spelling in upper or lower case is the same (C000-34)."""
    if not seed.modes:
        return
    reached = {state.name.text.upper(): state.name for state in states if not state.states}
    for row in rows:
        if row.target is not None:
            reached.setdefault(row.target.text.upper(), row.target)
    modes = {mode.text.upper(): mode for mode in seed.modes}
    for name, place in reached.items():
        if name not in modes:
            findings.warn(
                "FSM704",
                seed.modes[0].span.to(seed.modes[-1].span),
                f"the modes lack `{place.text}`, a state of the machine",
                expected="every state of the machine",
                hint=f"add `{place.text}`",
                related=((place.span, "the state"),),
            )
    for name, mode in modes.items():
        if name not in reached:
            findings.warn(
                "FSM704", mode.span, f"the machine has no state `{mode.text}`", expected="a state of the machine"
            )


def _check_order(seed: SeedDescription, findings: Findings) -> None:
    """`pause` and `exit` may hold together, and a mapping of triggers does not say which comes first."""
    triggers = {name.text: name for name, _ in seed.triggers}
    if {"pause", "exit"} <= triggers.keys():
        findings.warn(
            "FSM705",
            triggers["pause"].span,
            "the triggers `pause` and `exit` can hold at once, and the description does not say which comes first",
            expected="an order",
            hint="the machine decides: its `if_exit` stands before `if`",
            related=((triggers["exit"].span, "the other trigger"),),
        )

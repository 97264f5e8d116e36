"""Document 000's own form: a machine block (§12) and a description block (§11), without the `fsm:` key.

The machine gives states and actions; that there is a long leg L and a short leg S on one hedge-mode account is
understood. The description gives names, triggers and steps that the machine is checked against (R000-49): it never
changes what the machine does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Several
from dataclasses import replace

from fsmtrader.diagnostics import Span
from fsmtrader.spec.document import Document, Entry, Mapping, Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.expression import names
from fsmtrader.spec.expression.tree import Name
from fsmtrader.spec.reader_values import Reading, entries, expression, get, key, named, scalar, words
from fsmtrader.spec.seed_cross_check import cross_check, names_used
from fsmtrader.spec.spec import Account, Expression, Leg, Named, Parameter, SeedDescription, Setting, Spec, Word

__all__ = ["as_seed", "cross_check"]

_DESCRIPTION_KEYS = ("state", "triggers")
_SIDES = (("L", "long"), ("S", "short"))
_ACCOUNT = "main"
_SIZE = "q0"


def as_seed(document: Document, parts: Several[Document], reading: Reading, read: Callable[[Mapping], Spec]) -> Spec:
    """The Spec of the seed's blocks. `read` reads a mapping as the language itself does.

    `parts` are the files before they were merged, if there were several: in the merged one a key that both blocks
    have (`actions.rebalance`) is left only once.
    """
    roots = [part.root for part in parts] or [document.root]
    machine = next((root for root in roots if root.get("states") is not None), None)
    described = next((root for root in roots if any(root.get(name) is not None for name in _DESCRIPTION_KEYS)), None)
    seed = _description(described, reading) if described is not None else None
    spec = read(_machine_root(document.root, machine, described, seed))
    if seed is not None:
        spec = replace(spec, seed=seed, parameters=_without_roles(spec))
    at = _start(machine if machine is not None else document.root)
    return replace(spec, accounts=(_account(at),), legs=_legs(at, reading))


def _machine_root(
    merged: Mapping, machine: Mapping | None, described: Mapping | None, seed: SeedDescription | None
) -> Mapping:
    """The merged document with the machine's own actions: the description's steps are words, not actions."""
    actions = machine.entry("actions") if machine is not None else None
    if actions is not None and machine is described and seed is not None:
        actions = Entry(actions.key, _without_described(actions.value, machine, seed))
    kept = tuple(entry for entry in merged if entry.key.text not in ("actions", *_DESCRIPTION_KEYS))
    return Mapping(kept if actions is None else (*kept, actions), merged.span)


def _without_roles(spec: Spec) -> tuple[Parameter, ...]:
    """Without the description's `role: name` entries of which the machine knows nothing: they are words, not values."""
    used = set(names_used(spec))
    for parameter in spec.parameters:
        if parameter.value is not None and parameter.value.tree is not None:
            used.update(name.text for name in names(parameter.value.tree))
    return tuple(parameter for parameter in spec.parameters if parameter.name.text in used or not _is_role(parameter))


def _is_role(parameter: Parameter) -> bool:
    return parameter.value is not None and isinstance(parameter.value.tree, Name)


def _without_described(actions: Node, machine: Mapping | None, seed: SeedDescription) -> Node:
    """In one document with both blocks: without what carries a trigger's name and no row ever does."""
    if not isinstance(actions, Mapping):
        return actions
    triggers = {name.text for name, _ in seed.triggers}
    done = {leaf.text for leaf in _leaves(get(machine, "states"))}
    kept = (entry for entry in actions if entry.key.text not in triggers or entry.key.text in done)
    return Mapping(tuple(kept), actions.span)


def _leaves(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif node is not None:
        for child in node:
            yield from _leaves(child.value if isinstance(child, Entry) else child)


def _account(at: Span) -> Account:
    mode = Setting(Word("position_mode", at), _leaf("hedge", at))
    return Account(Word(_ACCOUNT, at), (mode,))


def _legs(at: Span, reading: Reading) -> tuple[Leg, ...]:
    size = expression(_leaf(_SIZE, at), reading)
    return tuple(_leg(name, side, size, at) for name, side in _SIDES)


def _leg(name: str, side: str, size: Expression | None, at: Span) -> Leg:
    return Leg(Word(name, at), Word(_ACCOUNT, at), None, Word(side, at), size, None, (), ())


def _leaf(text: str, at: Span) -> Scalar:
    """What is understood stands where the machine begins."""
    return Scalar(text, ScalarKind.TEXT, False, at, ((at.line, at.column),) * (len(text) + 1))


def _start(root: Mapping) -> Span:
    return root.entries[0].key.span if root.entries else root.span


def _description(root: Mapping, reading: Reading) -> SeedDescription:
    triggers = root.get("triggers")
    return SeedDescription(
        parameters=_flat(root.get("parameters"), reading),
        triggers=tuple((key(entry), tuple(_conditions(entry.value, reading))) for entry in entries(triggers)),
        actions=tuple((key(entry), words(entry.value)) for entry in _described_actions(root)),
        modes=words(get(root.get("state"), "mode")),
        names=tuple(_roles(root.get("state"))),
        span=_start(root),
    )


def _described_actions(root: Mapping) -> Iterator[Entry]:
    """All of a description's actions; in one document with both blocks, those that carry a trigger's name."""
    triggers = {entry.key.text for entry in entries(root.get("triggers"))}
    for entry in entries(root.get("actions")):
        if root.get("states") is None or entry.key.text in triggers:
            yield entry


def _flat(node: Node | None, reading: Reading) -> Named:
    found: list[tuple[Word, Expression]] = []
    for entry in entries(node):
        if isinstance(entry.value, Mapping):
            found.extend(named(entry.value, reading))
        else:
            value = expression(entry.value, reading)
            found.extend([(key(entry), value)] if value is not None else [])
    return tuple(found)


def _conditions(node: Node, reading: Reading) -> Iterator[Expression]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        condition = expression(item, reading)
        if condition is not None:
            yield condition


def _roles(node: Node | None, before: str = "") -> Iterator[tuple[Word, Word]]:
    """`reference_price: P_ref`, `long_position: {quantity: qL}` as (`long_position.quantity`, `qL`)."""
    for entry in entries(node):
        role = f"{before}{entry.key.text}"
        leaf = scalar(entry.value)
        if leaf is not None:
            yield Word(role, entry.key.span), Word(leaf.text, leaf.span)
        elif isinstance(entry.value, Mapping):
            yield from _roles(entry.value, f"{role}.")

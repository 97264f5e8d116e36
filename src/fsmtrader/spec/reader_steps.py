"""Steps: what `do`, `enter`, `exit`, `on_fail` and actions hold."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, Sequence
from fsmtrader.spec.reader_values import Reading, entries, expression, get, key, named, scalar, truth, word, words
from fsmtrader.spec.spec import (
    AlertStep,
    AssignStep,
    CallStep,
    LetStep,
    RecordStep,
    Step,
    Steps,
    WaitStep,
    Word,
)
from fsmtrader.spec.structure_split import is_within

_LONG_KEYS = frozenset({"steps", "within", "on_fail", "net", "with"})


def read_steps(node: Node | None, reading: Reading) -> Steps | None:
    """The steps of any form: a name, a list, a mapping, or the long form."""
    if isinstance(node, Mapping) and any(entry.key.text in _LONG_KEYS for entry in node):
        return _long(node, reading)
    if node is None or (isinstance(node, Scalar) and scalar(node) is None):
        return None
    return Steps(tuple(_steps(node, reading)), node.span)


def _long(node: Mapping, reading: Reading) -> Steps:
    inside = node.get("steps")
    return Steps(
        steps=tuple(_steps(inside, reading)) if inside is not None else (),
        span=node.span,
        within=expression(node.get("within"), reading),
        on_fail=read_steps(node.get("on_fail"), reading),
        net=truth(node.get("net"), True),
        parameters=_parameters(node.get("with")),
        is_long=True,
    )


def _parameters(node: Node | None) -> tuple[Word, ...]:
    """`with: [a, b]`, `with: a` or `with: {a, b}`."""
    return tuple(key(entry) for entry in entries(node)) if isinstance(node, Mapping) else words(node)


def _steps(node: Node, reading: Reading) -> Iterator[Step]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Mapping):
            yield from _from_mapping(item, reading)
        elif isinstance(item, Scalar) and scalar(item) is not None:
            name = Word(item.text, item.span)
            yield WaitStep(item.span) if item.text == "wait" else CallStep(name, (), item.span)


def _from_mapping(node: Mapping, reading: Reading) -> Iterator[Step]:
    if len(node.entries) != 1:
        if all(_is_assignment(entry, reading) for entry in node):
            yield AssignStep(named(node, reading), node.span)
        return
    entry = node.entries[0]
    match entry.key.text:
        case "let":
            yield LetStep(named(entry.value, reading), node.span)
        case "wait":
            yield WaitStep(node.span)
        case "alert":
            name = word(entry.value)
            if name is not None:
                yield AlertStep(name, node.span)
        case "record":
            for kind in entries(entry.value):
                yield RecordStep(key(kind), named(kind.value, reading), node.span)
        case _ if _is_call(entry, reading):
            yield CallStep(key(entry), _arguments(entry.value), node.span)
        case _:
            yield AssignStep(named(node, reading), node.span)


def _is_call(entry: Entry, reading: Reading) -> bool:
    """A known action, or a value that no assignment can have (whether the action exists is checked later)."""
    return entry.key.text in reading.callables or isinstance(entry.value, Mapping)


def _is_assignment(entry: Entry, reading: Reading) -> bool:
    """Calls stand alone: among assignments, which happen together, one would have no place in the order."""
    if not _is_call(entry, reading) or is_within(entry.key.span, reading.split):
        return True
    if entry.key.text not in ("let", "record", "target"):
        reading.findings.error(
            "FSM113",
            entry.key.span,
            f"the action `{entry.key.text}` stands among assignments",
            expected="an entry of its own",
            hint=f"make it a list: [{{{entry.key.text}: ...}}, {{...}}]",
        )
    return False


def _arguments(node: Node) -> tuple[tuple[Word | None, Node], ...]:
    if isinstance(node, Mapping):
        return tuple((key(entry), entry.value) for entry in entries(node))
    return ((None, node),) if scalar(node) is not None else ()


def read_actions(node: Node | None, reading: Reading) -> tuple[tuple[Word, Steps], ...]:
    """The entries of `actions:`."""
    pairs = ((key(entry), read_steps(entry.value, reading)) for entry in entries(node))
    return tuple((name, steps) for name, steps in pairs if steps is not None)


def action_names(root: Node) -> frozenset[str]:
    """The names that a document's own `actions:` declares."""
    return frozenset(entry.key.text for entry in entries(get(root, "actions")))

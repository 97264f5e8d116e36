"""What a schema cannot see in states: two that claim to be the first one, and rows where nothing happens any more."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind

_IGNORED = ("on", "after", "exit")
"""keys that a final state never comes to"""


def report_states(root: Mapping, findings: Findings) -> None:
    """FSM115 for a second initial state beside the first, FSM116 for a final state with rows."""
    for states in _levels(root):
        marked = [state for state in states if _says(state, "initial")]
        for state in marked[1:]:
            _second_initial(state, marked[0], findings)
        for state in states:
            if _says(state, "final"):
                _rows_in_final(state, findings)


def _levels(root: Mapping) -> Iterator[list[Entry]]:
    """The states that stand side by side, level by level; the depth of a document is limited."""
    tops = [root.get("states")]
    tops += [entry.value.get("states") for entry in _entries(root.get("regions")) if isinstance(entry.value, Mapping)]
    while tops:
        level = _entries(tops.pop(0))
        yield level
        tops += [state.value.get("states") for state in level if isinstance(state.value, Mapping)]


def _entries(node: Node | None) -> list[Entry]:
    return list(node) if isinstance(node, Mapping) else []


def _says(state: Entry, key: str) -> bool:
    """Whether the state has `key: true`."""
    value = state.value.get(key) if isinstance(state.value, Mapping) else None
    return isinstance(value, Scalar) and value.kind is ScalarKind.BOOLEAN and value.text.lower() == "true"


def _second_initial(state: Entry, first: Entry, findings: Findings) -> None:
    findings.error(
        "FSM115",
        state.key.span,
        f"`{state.key.text}` says `initial: true`, and so does `{first.key.text}`",
        expected="one initial state among states that stand side by side",
        hint="delete one of the two `initial: true`",
        related=((first.key.span, "the first one is here"),),
    )


def _rows_in_final(state: Entry, findings: Findings) -> None:
    assert isinstance(state.value, Mapping)
    for key in _IGNORED:
        entry = state.value.entry(key)
        if entry is not None and _entries(entry.value):
            findings.warn(
                "FSM116",
                entry.key.span,
                f"`{state.key.text}` is final, so its `{key}` is never looked at",
                expected="a final state with `enter` only, or one that is not final",
                hint=f"delete `final: true` if the machine goes on from `{state.key.text}`, else delete `{key}`",
            )

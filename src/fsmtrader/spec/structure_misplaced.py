"""What stands under `on` and is no event: a row without its event, or `after`.

Each is one finding, and neither the schema nor the reader speaks of it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Entry, Mapping, Node
from fsmtrader.spec.structure_hints import ROW_KEYS

CODE = "FSM114"


def report_misplaced(root: Mapping, findings: Findings) -> tuple[Span, ...]:
    """Report what stands among events; the spans returned cover it."""
    declared = [entry.key.text for entry in _entries(root.get("events"))]
    spans: list[Span] = []
    for on in _events_of_states(root):
        entries = [entry for entry in on if entry.key.text not in declared]
        row = [entry for entry in entries if entry.key.text in (*ROW_KEYS, "because")]
        if row and any(entry.key.text in ROW_KEYS for entry in row):
            spans.extend(_row(row, declared, findings))
        spans.extend(_after(entry, findings) for entry in entries if entry.key.text == "after")
    return tuple(spans)


def _events_of_states(root: Mapping) -> Iterator[Mapping]:
    """Every `on` of a document that is a mapping. The depth of documents is limited, so recursion is safe."""
    for state in _states(root.get("states")):
        yield from _of_state(state)
    for region in _entries(root.get("regions")):
        if isinstance(region.value, Mapping):
            for state in _states(region.value.get("states")):
                yield from _of_state(state)


def _of_state(state: Mapping) -> Iterator[Mapping]:
    on = state.get("on")
    if isinstance(on, Mapping):
        yield on
    for child in _states(state.get("states")):
        yield from _of_state(child)


def _states(node: Node | None) -> Iterator[Mapping]:
    for entry in _entries(node):
        if isinstance(entry.value, Mapping):
            yield entry.value


def _entries(node: Node | None) -> Iterator[Entry]:
    yield from node if isinstance(node, Mapping) else ()


def _row(entries: list[Entry], declared: list[str], findings: Findings) -> Iterator[Span]:
    """One finding at the first key; each entry is covered."""
    first = entries[0].key
    event = declared[0] if declared else "price_update"
    findings.error(
        CODE,
        first.span,
        f"`{first.text}` stands under `on` where an event belongs",
        expected="the event, and the row under it",
        hint=f"name the event first: `on: {{{event}: {{{first.text}: …}}}}`",
    )
    for entry in entries:
        yield entry.key.span.to(entry.value.span)


def _after(entry: Entry, findings: Findings) -> Span:
    findings.error(
        CODE,
        entry.key.span,
        "`after` stands among the events of `on`",
        expected="`after` as a key of the state",
        hint="write `after` beside `on`, as far to the left: `after: {5m: {transition_to: STATE}}`",
    )
    return entry.key.span.to(entry.value.span)

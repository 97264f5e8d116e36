"""YAML 1.2 with the place of every character.

The library's pure parser gives events; the tree is built from them here, in one pass, without recursion, and nothing
is constructed: tags, merge keys and directives are refused, an alias shares what it stands for and is counted as if it
were written out. The limits are tested on the events, so a bomb is refused before it is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
)

from fsmtrader.diagnostics import Findings, Span, closest
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.text import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    Text,
    check_content,
    check_entry,
    check_number,
    shortened,
    too_deep,
    too_many,
)
from fsmtrader.spec.yaml_errors import find_directive, report_problem
from fsmtrader.spec.yaml_events import PARSER_ERRORS, events_of
from fsmtrader.spec.yaml_scalars import places_of, plain_kind

_HABITS = frozenset(form for word in ("yes", "no", "on", "off") for form in (word, word.title(), word.upper()))
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s|(?<=\s)#[^\r\n]*)*)*")
_COLON = re.compile(r"[ \t\r\n]*:")
_TAG = re.compile(r"!\S*?(?=[\s,\]}]|$)")


def read_yaml(text: Text, findings: Findings) -> Node | None:
    """The tree of a YAML text. None: the text is empty (without a finding), or cannot be read to its end."""
    if find_directive(text, findings):
        return None
    builder = _Builder(text, findings)
    events = events_of(text.text)
    try:
        while (event := _next(events, builder)) is not None:
            if isinstance(event, DocumentStartEvent) and builder.root is not None:
                _second_document(event, text, findings)
                break
            builder.take(event)
    except _Stop:
        return None
    return builder.root


def _next(events: Iterator[Any], builder: _Builder) -> Any:
    """The next event, or None after the last one. What the parser raises becomes a finding."""
    try:
        return next(events, None)
    except PARSER_ERRORS as problem:
        brackets = [opened.start for opened in builder.stack if opened.is_flow]
        report_problem(problem, builder.end, brackets, builder.text, builder.findings)
        raise _Stop from None


def _second_document(event: DocumentStartEvent, text: Text, findings: Findings) -> None:
    start = int(event.start_mark.index)
    findings.error(
        "FSM009",
        text.span(start, int(event.end_mark.index)),
        "a second document begins here",
        expected="one document a file",
        hint="remove the line `---`, or put each document in a file of its own",
    )


class _Stop(Exception):
    """Reading cannot go on; its finding has been made."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read. `key` is the key that waits for its value."""

    is_mapping: bool
    is_flow: bool
    start: int
    anchor: str | None
    depth: int
    nodes_before: int
    characters_before: int
    deepest: int
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    known: dict[str, Scalar] = field(default_factory=dict)
    key: Scalar | None = None
    drops_value: bool = False

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and self.key is None and not self.drops_value


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A finished node with an anchor, and what it comes to with its own aliases written out."""

    node: Node
    nodes: int
    characters: int
    height: int


class _Builder:
    """Builds the tree from events. `end` is the index in the text after the last event that has text."""

    def __init__(self, text: Text, findings: Findings) -> None:
        self.text = text
        self.findings = findings
        self.root: Node | None = None
        self.end = 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchored | _Open] = {}
        self.nodes = 0
        self.characters = 0

    def take(self, event: Any) -> None:
        if isinstance(event, ScalarEvent):
            self.scalar(event)
        elif isinstance(event, CollectionStartEvent):
            self.open(event)
        elif isinstance(event, CollectionEndEvent):
            self.close(event)
        elif isinstance(event, AliasEvent):
            self.alias(event)

    # Limits

    def count(self, start: int, nodes: int, characters: int) -> None:
        self.nodes += nodes
        self.characters += characters
        if self.nodes > MAX_NODES:
            too_many(self.text.span(start, start + 1), self.findings)
            raise _Stop

    def refuse_tag(self, event: Any, start: int, end: int = 0) -> None:
        """FSM014, over the tag and a scalar's text (up to `end`). The value is read as if the tag were not there."""
        if event.ctag is None:
            return
        found = _TAG.search(self.text.text, start)
        first, last = found.span() if found else (start, start + 1)
        tag = self.text.text[first:last]
        is_negation = tag[1:2].isalpha() or tag[1:2] == "("
        remedy = "write `not` for `!`, or remove the tag" if is_negation else "remove the tag"
        self.findings.error(
            "FSM014",
            self.text.span(first, max(last, end)),
            f"the tag {shortened(tag)} is not allowed",
            expected="a plain value",
            hint=f"{remedy}; put a text that begins with `!` in quotation marks",
        )

    # Nodes

    def scalar(self, event: Any) -> None:
        start, end = int(event.start_mark.index), int(event.end_mark.index)
        value: str = event.value
        self.refuse_tag(event, start, end)
        first = start
        if event.anchor is not None or event.ctag is not None:
            found = _PROPERTIES.match(self.text.text, start)
            first = min(found.end(), end) if found else start
        style: str | None = event.style
        if not value and start == end:
            start = first = end = self.empty_place(start)
        if style in ("|", ">"):
            end = first + len(self.text.text[first:end].rstrip(" \r\n"))
        kind = ScalarKind.TEXT if style else plain_kind(value)
        places = places_of(self.text, value, style, first, max(first, int(event.end_mark.index)) if style else end)
        span = self.text.span(first, end)
        scalar = Scalar(value, kind, style is not None, span, places)
        self.end = end
        self.check(scalar, style)
        self.count(first, 1, len(value))
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(scalar, 1, len(value), 0)
        self.place(scalar)

    def empty_place(self, start: int) -> int:
        """Where an empty value stands: after its `:`. In blocks, the library's mark is at the next token."""
        if not self.stack or not self.stack[-1].is_mapping or self.stack[-1].awaits_key:
            return start
        colon = _COLON.match(self.text.text, self.end)
        return colon.end() if colon and colon.end() <= start else min(start, self.end)

    def check(self, scalar: Scalar, style: str | None) -> None:
        if style == '"':
            check_content(scalar, self.findings)
        if style or (self.stack and self.stack[-1].awaits_key):
            return
        if scalar.kind is ScalarKind.NUMBER:
            check_number(scalar, self.findings)
            if _LEADING_ZERO.fullmatch(scalar.text):
                self.leading_zero(scalar)
        elif scalar.text in _HABITS:
            self.habit(scalar)

    def habit(self, scalar: Scalar) -> None:
        meant = "true" if scalar.text.lower() in ("yes", "on") else "false"
        self.findings.warn(
            "FSM022",
            scalar.span,
            f"`{scalar.text}` is a text in YAML 1.2, not a truth",
            expected="true or false, or a text in quotation marks",
            hint=f'write `{meant}`, or `"{scalar.text}"` if the text is meant',
        )

    def leading_zero(self, scalar: Scalar) -> None:
        plain = scalar.text.lstrip("+-0") or "0"
        self.findings.warn(
            "FSM029",
            scalar.span,
            f"{shortened(scalar.text)} begins with a zero and is read as {shortened(plain)}",
            expected="a number without leading zeros",
            hint="write it without the zeros, or in quotation marks if it is a name; octal numbers do not exist here",
        )

    def open(self, event: Any) -> None:
        start = int(event.start_mark.index)
        self.refuse_tag(event, start)
        if event.anchor is not None or event.ctag is not None:
            found = _PROPERTIES.match(self.text.text, start)
            start = found.end() if found else start
        depth = len(self.stack) + 1
        if depth > MAX_DEPTH:
            too_deep(self.text.span(start, start + 1), self.findings)
            raise _Stop
        opened = _Open(
            is_mapping=isinstance(event, MappingStartEvent),
            is_flow=bool(event.flow_style),
            start=start,
            anchor=event.anchor,
            depth=depth,
            nodes_before=self.nodes,
            characters_before=self.characters,
            deepest=depth,
        )
        self.count(start, 1, 0)
        if event.anchor is not None:
            self.anchors[event.anchor] = opened
        self.stack.append(opened)
        self.end = start

    def close(self, event: Any) -> None:
        """End a mapping or list. A block one ends with its last value: the library's mark is at the next token."""
        done = self.stack.pop()
        if done.is_flow:
            self.end = int(event.end_mark.index)
        span = self.text.span(done.start, self.end)
        node = Mapping(tuple(done.entries), span) if done.is_mapping else Sequence(tuple(done.items), span)
        if done.anchor is not None and self.anchors[done.anchor] is done:
            nodes, characters = self.nodes - done.nodes_before, self.characters - done.characters_before
            self.anchors[done.anchor] = _Anchored(node, nodes, characters, done.deepest - done.depth + 1)
        if self.stack:
            self.stack[-1].deepest = max(self.stack[-1].deepest, done.deepest)
        self.place(node)

    def alias(self, event: Any) -> None:
        start, self.end = int(event.start_mark.index), int(event.end_mark.index)
        span = self.text.span(start, self.end)
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            self.unknown_alias(event.anchor, span)
        if isinstance(anchored, _Open):
            self.stop("FSM017", span, f"the alias {shortened('*' + event.anchor)} stands inside what it stands for")
        nodes, characters = self.nodes + anchored.nodes, self.characters + anchored.characters
        if nodes > MAX_NODES or characters > MAX_CHARACTERS:
            self.stop("FSM018", span, "with its aliases written out this document is too large")
        self.nodes, self.characters = nodes, characters
        deepest = len(self.stack) + anchored.height
        if deepest > MAX_DEPTH:
            too_deep(span, self.findings)
            raise _Stop
        if self.stack:
            self.stack[-1].deepest = max(self.stack[-1].deepest, deepest)
        self.place(anchored.node)

    def unknown_alias(self, name: str, span: Span) -> NoReturn:
        near = closest(name, self.anchors)
        mend = f"did you mean `*{near}`?" if near else "put the text in quotation marks if `*` belongs to it"
        message = f"there is no anchor {shortened('&' + name)} above this alias"
        self.findings.error("FSM016", span, message, expected="an anchor that stands above", hint=mend)
        raise _Stop

    def stop(self, code: str, span: Span, message: str) -> NoReturn:
        expected = f"at most {MAX_NODES} keys and values, and no circles"
        self.findings.error(code, span, message, expected=expected, hint="write the value out instead of the alias")
        raise _Stop

    # Where a node goes

    def place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        above = self.stack[-1]
        if not above.is_mapping:
            above.items.append(node)
        elif above.awaits_key:
            self.key(above, node)
        else:
            if above.key is not None and check_entry(above.key, above.known, node, self.findings):
                above.entries.append(Entry(above.key, node))
            above.key, above.drops_value = None, False

    def key(self, above: _Open, node: Node) -> None:
        """A key must be a scalar with a text; after any other, and after `<<`, the value is dropped."""
        if isinstance(node, Scalar) and (node.quoted or (node.text and node.text != "<<")):
            above.key = node
            return
        above.drops_value = True
        if isinstance(node, Scalar) and node.text:
            message, expected = "merge keys `<<` are not allowed", "keys written out"
            hint = "write the keys out here; what is written is what runs"
            self.findings.error("FSM019", node.span, message, expected=expected, hint=hint)
            return
        message = "a key cannot be a list or a mapping"
        if isinstance(node, Scalar):
            message = "a key is missing before this `:`"
        hint = "write `key: value`; put a key that begins with a bracket in quotation marks"
        self.findings.error("FSM021", node.span, message, expected="a name or a text", hint=hint)

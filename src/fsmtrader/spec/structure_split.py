"""Expressions that YAML split at a comma: `{qL: max(a, b)}` is read as `{"qL": "max(a", "b)": null}`.

Such a run of pieces is one error, and neither the schema nor the reader speaks of its pieces again.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind

_SHOWN = 60
CODE = "FSM107"


@dataclass(frozen=True, slots=True)
class _Piece:
    """One entry or item: its text, how many brackets it leaves open, and whether it can only be a piece."""

    text: str
    span: Span
    value_span: Span
    balance: int
    closes: bool
    is_rest: bool


def report_split_expressions(root: Mapping, findings: Findings) -> tuple[Span, ...]:
    """Report each split expression once; the spans returned cover all pieces."""
    spans: list[Span] = []
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            continue
        for run in _runs([_piece(child) for child in node]):
            spans.append(_report(run, findings))
        pending.extend(child.value if isinstance(child, Entry) else child for child in node)
    return tuple(spans)


def refused_spans(findings: Findings) -> tuple[Span, ...]:
    """Where an earlier finding has said all there is to say: values with a tag."""
    return tuple(item.span for item in findings.items if item.code == "FSM014")


def is_within(span: Span, covers: AbstractSequence[Span]) -> bool:
    """Whether `span` lies in one of `covers`."""
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    return any(
        cover.file == span.file and (cover.line, cover.column) <= start and end <= (cover.end_line, cover.end_column)
        for cover in covers
    )


def _piece(child: Entry | Node) -> _Piece:
    if isinstance(child, Entry):
        value = child.value if isinstance(child.value, Scalar) else None
        is_null = value is not None and value.kind is ScalarKind.NULL
        key_change, key_low = _brackets(child.key)
        change, low = _brackets(value) if value is not None and not is_null else (0, 0)
        shown = child.key.text if value is None or is_null else f"{child.key.text}: {value.text}"
        span = child.key.span if is_null else child.key.span.to(child.value.span)
        lowest = min(key_low, key_change + low)
        return _Piece(shown, span, child.value.span, key_change + change, lowest < 0, is_null or key_low < 0)
    if isinstance(child, Scalar):
        change, low = _brackets(child)
        return _Piece(child.text, child.span, child.span, change, low < 0, True)
    return _Piece("", child.span, child.span, 0, False, False)


def _brackets(scalar: Scalar) -> tuple[int, int]:
    """How many round brackets stay open after the text, and the lowest count on the way; nothing in quoted text."""
    count = lowest = 0
    if not scalar.quoted:
        for letter in scalar.text:
            count += (letter == "(") - (letter == ")")
            lowest = min(lowest, count)
    return count, lowest


def _runs(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Neighbours that together close the brackets which the first one opened."""
    index = 0
    while index < len(pieces):
        run, depth = [pieces[index]], pieces[index].balance
        while depth > 0 and index + len(run) < len(pieces) and pieces[index + len(run)].is_rest:
            follower = pieces[index + len(run)]
            run.append(follower)
            depth += follower.balance
        if len(run) > 1 and any(piece.closes for piece in run[1:]):
            yield run
            index += len(run)
        else:
            index += 1


def _report(run: list[_Piece], findings: Findings) -> Span:
    span = run[0].span.to(run[-1].span)
    whole = ", ".join(piece.text for piece in run)
    key, colon, value = whole.partition(": ")
    is_key_split = "(" in key
    quoted = f'"{whole}"' if is_key_split or not colon else f'{key}: "{value}"'
    if is_key_split and whole.count("): ") == 1:
        left, _, right = whole.partition("): ")
        quoted = f'"{left})": {right}'
    shown = quoted if len(quoted) <= _SHOWN else "the whole expression"
    findings.error(
        CODE,
        span,
        "an expression with a comma is split here: inside { } and [ ] a comma begins the next entry",
        expected="an expression in quotes",
        hint=f"write {shown}" if shown is quoted else "put the whole expression in quotes",
    )
    return span

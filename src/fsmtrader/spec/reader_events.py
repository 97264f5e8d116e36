"""Events as written: `price(L)`, `every(1s)`, `rejected(maker.buy.dynamic, post_only)`, `{daily: "09:00 UTC"}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsmtrader.spec.document import Mapping, Node, Scalar, Sequence
from fsmtrader.spec.reader_values import Reading, entries, expression, key, scalar, slice_of, word
from fsmtrader.spec.spec import EventPattern, EventSet, Word
from fsmtrader.spec.structure_split import is_within

_SHAPE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\((.*)\)\s*)?", re.DOTALL)
_PATH = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
_TIMED = "every"


def event_pattern(node: Node | None, reading: Reading) -> EventPattern | None:
    """One event; None (with a finding for bad text) when there is nothing to read."""
    if isinstance(node, Mapping):
        daily = node.entry("daily")
        at = word(daily.value) if daily else None
        return EventPattern(key(daily), (), None, at, node.span) if daily and at else None
    leaf = scalar(node)
    return _from_text(leaf, reading) if leaf else None


def event_sets(node: Node | None, reading: Reading) -> tuple[EventSet, ...]:
    """The entries of `events:`."""
    return tuple(EventSet(key(entry), tuple(_sources(entry.value, reading))) for entry in entries(node))


def _sources(node: Node, reading: Reading) -> Iterator[EventPattern]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        pattern = event_pattern(item, reading)
        if pattern is not None:
            yield pattern


def _from_text(leaf: Scalar, reading: Reading) -> EventPattern | None:
    found = _SHAPE.fullmatch(leaf.text)
    if found is None:
        _refuse(leaf, reading)
        return None
    name = Word(found[1], leaf.part(found.start(1), found.end(1)))
    inside = found[2]
    if inside is None:
        return EventPattern(name, (), None, None, leaf.span)
    if name.text == _TIMED:
        delay = expression(slice_of(leaf, found.start(2), found.end(2)), reading)
        return EventPattern(name, (), delay, None, leaf.span)
    arguments = tuple(_arguments(leaf, found.start(2), found.end(2)))
    if any(not _PATH.fullmatch(argument.text) for argument in arguments):
        _refuse(leaf, reading)
        return None
    return EventPattern(name, arguments, None, None, leaf.span)


def _arguments(leaf: Scalar, start: int, end: int) -> Iterator[Word]:
    """The parts between commas, without the blanks around them."""
    for raw in leaf.text[start:end].split(","):
        first = start + len(raw) - len(raw.lstrip())
        argument = raw.strip()
        yield Word(argument, leaf.part(first, first + len(argument)))
        start += len(raw) + 1


def _refuse(leaf: Scalar, reading: Reading) -> None:
    if not is_within(leaf.span, reading.split):
        reading.findings.error(
            "FSM112",
            leaf.span,
            "this is not an event",
            expected="a name, or a name with arguments: `price(L)`, `every(1s)`, `rejected(bid, post_only)`",
            hint=_event_hint(leaf.text),
        )


def _event_hint(text: str) -> str:
    """A call with something else than names in it is an event with a wrong argument; all else is a condition."""
    found = _SHAPE.fullmatch(text)
    if found is not None and not re.search(r"[<>=]", text):
        return f"between the brackets stand names: `{found[1]}(X)` for a leg X; an interval is `every(1m)`"
    return "conditions belong under `if`"

"""The tests of a spec: given, when, expect."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.spec.document import Mapping, Node, Sequence
from fsmtrader.spec.reader_events import event_pattern
from fsmtrader.spec.reader_values import Reading, cells, expression, named, scalar, slice_of, text, word, words
from fsmtrader.spec.spec import Expected, Expression, Fact, Test, WhenItem, Word
from fsmtrader.spec.structure_split import is_within

ITEM_KEYS = frozenset({"at", "event", "times", "refuse", "expect"})


def read_tests(node: Node | None, reading: Reading) -> Iterator[Test]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            yield _test(item, reading)


def _test(node: Mapping, reading: Reading) -> Test:
    items = node.get("when")
    return Test(
        name=word(node.get("name")) or Word("", node.span),
        with_parameters=named(node.get("with"), reading),
        row=cells(node.get("for")),
        given=tuple(_facts(node.get("given"), reading)),
        when=tuple(_items(items, reading)),
        expect=_expected(node.get("expect")),
        span=node.span,
    )


def _items(node: Node | None, reading: Reading) -> Iterator[WhenItem]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            yield WhenItem(
                facts=tuple(_facts(item, reading, but=ITEM_KEYS)),
                at=_later(item.get("at"), reading),
                event=event_pattern(item.get("event"), reading),
                times=_times(item.get("times")),
                refuse=words(item.get("refuse")),
                expect=_expected(item.get("expect")),
                span=item.span,
            )


def _facts(node: Node | None, reading: Reading, but: frozenset[str] = frozenset()) -> Iterator[Fact]:
    """`name: expr` and `call(arguments): expr`; both sides are expressions."""
    for entry in node if isinstance(node, Mapping) else ():
        if entry.key.text in but or is_within(entry.key.span, reading.split):
            continue
        target = expression(entry.key, reading)
        value = expression(entry.value, reading)
        if target is not None and value is not None:
            yield Fact(target, value)


def _later(node: Node | None, reading: Reading) -> Expression | None:
    """`+3s`: the sign is how it is written, the expression is what follows."""
    leaf = scalar(node)
    if leaf is None:
        return None
    blanks = len(leaf.text) - len(leaf.text.lstrip())
    start = blanks + 1 if leaf.text[blanks : blanks + 1] == "+" else 0
    return expression(slice_of(leaf, start, len(leaf.text)) if start else leaf, reading)


def _times(node: Node | None) -> int:
    try:
        return max(1, int(float(text(node) or "1")))
    except (ValueError, OverflowError):
        return 1


def _expected(node: Node | None) -> tuple[Expected, ...]:
    if not isinstance(node, Mapping):
        return ()
    return tuple(Expected(Word(entry.key.text, entry.key.span), entry.value) for entry in node)

"""Lines and columns, counted by hand."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Document, Mapping, Node, Scalar, Sequence
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.source import Source


def load(text: str, file: str = "s.yml") -> Document:
    findings = Findings()
    document = load_document(Source(file, text.encode()), findings)
    assert document is not None, findings.items
    assert not findings.items
    return document


def value(text: str, key: str = "a", file: str = "s.yml") -> Node:
    node = load(text, file).root.get(key)
    assert node is not None
    return node


def scalar(text: str, file: str = "s.yml") -> Scalar:
    node = value(text, file=file)
    assert isinstance(node, Scalar)
    return node


def span(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span("s.yml", line, column, end_line, end_column)


def test_keys_and_values() -> None:
    root = load("fsm: 1\nlegs:\n  L: {side: long}\n").root
    legs = root.entry("legs")
    assert legs is not None
    assert legs.key.span == span(2, 1, 2, 5)
    assert isinstance(legs.value, Mapping)
    leg = legs.value.entry("L")
    assert leg is not None
    assert leg.key.span == span(3, 3, 3, 4)
    assert leg.value.span == span(3, 6, 3, 18)
    assert isinstance(leg.value, Mapping)
    side = leg.value.entry("side")
    assert side is not None
    assert side.key.span == span(3, 7, 3, 11)
    assert side.value.span == span(3, 13, 3, 17)
    assert legs.value.span == span(3, 3, 3, 18)
    assert root.span == span(1, 1, 3, 18)


def test_a_block_ends_with_its_last_value_not_at_the_next_key() -> None:
    text = "a:\n  - x\n  - yz   # comment\n\n# more\nb: 1\n"
    node = value(text)
    assert isinstance(node, Sequence)
    assert node.span == span(2, 3, 3, 7)


def test_plain() -> None:
    leaf = scalar("a: x + 1  # c\n")
    assert (leaf.text, leaf.quoted, leaf.span) == ("x + 1", False, span(1, 4, 1, 9))
    assert leaf.part(2, 3) == span(1, 6, 1, 7)
    assert leaf.offsets[-1] == (1, 9)


def test_plain_over_two_lines() -> None:
    leaf = scalar("a: one\n   two\nb: 1\n")
    assert leaf.text == "one two"
    assert leaf.offsets == ((1, 4), (1, 5), (1, 6), (1, 7), (2, 4), (2, 5), (2, 6), (2, 7))
    assert leaf.span == span(1, 4, 2, 7)


def test_plain_over_an_empty_line() -> None:
    leaf = scalar("a: x\n\n  y\n")
    assert leaf.text == "x\ny"
    assert leaf.offsets == ((1, 4), (2, 1), (3, 3), (3, 4))


def test_single_quotes() -> None:
    leaf = scalar("a: 'it''s x'\n")
    assert (leaf.text, leaf.quoted) == ("it's x", True)
    assert leaf.span == span(1, 4, 1, 13)
    assert leaf.offsets == ((1, 5), (1, 6), (1, 7), (1, 9), (1, 10), (1, 11), (1, 12))


def test_double_quotes_with_escapes() -> None:
    leaf = scalar(r'a: "x\ty\u0041\\z"')
    assert leaf.text == "x\tyA\\z"
    assert leaf.offsets == ((1, 5), (1, 6), (1, 8), (1, 9), (1, 15), (1, 17), (1, 18))


def test_double_quotes_over_lines() -> None:
    leaf = scalar('a: "one\n  two\\\n  three\n\n  four"\n')
    assert leaf.text == "one twothree\nfour"
    at = leaf.text.index
    assert leaf.offsets[at(" ")] == (1, 8)
    assert leaf.offsets[at("two")] == (2, 3)
    assert leaf.offsets[at("three")] == (3, 3)
    assert leaf.offsets[at("\n")] == (4, 1)
    assert leaf.offsets[at("four")] == (5, 3)
    assert leaf.offsets[-1] == (5, 7)


def test_spaces_before_an_escaped_line_break_count() -> None:
    leaf = scalar('a: "x  \\\n   y"\n')
    assert leaf.text == "x  y"
    assert leaf.offsets == ((1, 5), (1, 6), (1, 7), (2, 4), (2, 5))


def test_literal_block() -> None:
    leaf = scalar("a: |\n  one\n\n   two\nb: 1\n")
    assert leaf.text == "one\n\n two\n"
    assert leaf.span == span(1, 4, 4, 7)
    assert leaf.offsets[0] == (2, 3)
    assert leaf.offsets[3] == (2, 6)
    assert leaf.offsets[4] == (3, 1)
    assert leaf.offsets[leaf.text.index("two")] == (4, 4)


def test_folded_block() -> None:
    leaf = scalar("a: >-\n    x >\n    y\n\n    z\n      more\n    end\n")
    assert leaf.text == "x > y\nz\n  more\nend"
    at = leaf.text.index
    assert leaf.offsets[at(">")] == (2, 7)
    assert leaf.offsets[at(" y")] == (2, 8)
    assert leaf.offsets[at("y")] == (3, 5)
    assert leaf.offsets[at("z")] == (5, 5)
    assert leaf.offsets[at("more")] == (6, 7)
    assert leaf.offsets[at("end")] == (7, 5)
    assert leaf.part(at("end"), at("end") + 3) == span(7, 5, 7, 8)


@pytest.mark.parametrize(
    ("text", "content", "place"),
    [
        ("a: |2\n    x\n", "  x\n", (2, 5)),
        ("a: >+\n  x\n\n", "x\n\n", (2, 3)),
        ("a: |-\n  x", "x", (2, 3)),
        ("a: |  # why\n\n  x\n", "\nx\n", (3, 3)),
        ("a: &here |\n  x\n", "x\n", (2, 3)),
        ("a: &here  x\n", "x", (1, 11)),
        ("a: &here\n  'x'\n", "x", (2, 4)),
    ],
)
def test_where_the_x_stands(text: str, content: str, place: tuple[int, int]) -> None:
    leaf = scalar(text)
    assert leaf.text == content
    assert leaf.offsets[content.index("x")] == place
    assert len(leaf.offsets) == len(content) + 1


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    leaf = scalar("\ufeffb: 1\r\na: |\r\n  x\r\n  y\r\n")
    assert leaf.text == "x\ny\n"
    assert leaf.offsets[:4] == ((3, 3), (3, 4), (4, 3), (4, 4))
    assert scalar("\ufeffa: x").span == span(1, 4, 1, 5)


def test_wide_characters_count_as_one() -> None:
    assert scalar("{'策略😀': 1, a: x}").span == span(1, 15, 1, 16)


def test_an_empty_value_is_where_it_would_begin() -> None:
    assert scalar("a:\nb: 1\n").span == span(1, 3, 1, 3)
    assert scalar("a :  # c\n\nb: 1\n").span == span(1, 4, 1, 4)
    assert scalar("{a, b: 1}").span == span(1, 3, 1, 3)
    assert scalar("{a: , b: 1}").span == span(1, 4, 1, 4)
    node = value("a:\n  c:\n\n\nb: 1\n")
    assert node.span == span(2, 3, 2, 5)


def test_an_alias_is_what_it_stands_for() -> None:
    root = load("b: &x {c: 1}\na: *x\n").root
    assert root.get("a") is root.get("b")


def test_json_escapes() -> None:
    text = '{\n  "a": "x\\n\\u0041\\ud83d\\ude00z"}'
    leaf = scalar(text, file="s.json")
    assert leaf.text == "x\nA😀z"
    assert leaf.offsets == ((2, 9), (2, 10), (2, 12), (2, 18), (2, 30), (2, 31))
    assert (leaf.span.line, leaf.span.column, leaf.span.end_column) == (2, 8, 32)


def test_json_spans() -> None:
    node = value('{"a": [1,\n true]}', file="s.json")
    assert isinstance(node, Sequence)
    assert node.span == Span("s.json", 1, 7, 2, 7)
    assert [item.span for item in node] == [Span("s.json", 1, 8, 1, 9), Span("s.json", 2, 2, 2, 6)]

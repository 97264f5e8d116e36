"""What YAML is read, and what is refused, where."""

from __future__ import annotations

import time

import pytest

from fsmtrader.diagnostics import Findings, Severity
from fsmtrader.spec.document import Document, Scalar, ScalarKind
from fsmtrader.spec.loader import load_document, to_plain
from fsmtrader.spec.source import Source

Found = list[tuple[str, int, int]]


def load(data: str | bytes, file: str = "s.yml") -> tuple[Document | None, Findings]:
    findings = Findings()
    raw = data if isinstance(data, bytes) else data.encode()
    return load_document(Source(file, raw), findings), findings


def found(data: str | bytes) -> Found:
    return [(item.code, item.span.line, item.span.column) for item in load(data)[1].items]


def plain(text: str) -> object:
    document, findings = load(text)
    assert document is not None
    assert not findings.has_errors, findings.items
    return to_plain(document.root)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", ScalarKind.NULL),
        ("~", ScalarKind.NULL),
        ("Null", ScalarKind.NULL),
        ("nULL", ScalarKind.TEXT),
        ("true", ScalarKind.BOOLEAN),
        ("False", ScalarKind.BOOLEAN),
        ("tRUE", ScalarKind.TEXT),
        ("8", ScalarKind.NUMBER),
        ("-8.5e-3", ScalarKind.NUMBER),
        (".5", ScalarKind.NUMBER),
        ("8.", ScalarKind.NUMBER),
        ("0o17", ScalarKind.TEXT),
        ("0x1F", ScalarKind.TEXT),
        ("1_000", ScalarKind.TEXT),
        ("1:30:00", ScalarKind.TEXT),
        ("2024-01-31", ScalarKind.TEXT),
        ("0.05%", ScalarKind.TEXT),
        ("'8'", ScalarKind.TEXT),
        ('"true"', ScalarKind.TEXT),
        ("|\n  8", ScalarKind.TEXT),
        ("k * f", ScalarKind.TEXT),
        ("=", ScalarKind.TEXT),
    ],
)
def test_kinds(text: str, kind: ScalarKind) -> None:
    document, findings = load(f"a: {text}\n")
    assert document is not None
    assert not findings.items
    value = document.root.get("a")
    assert isinstance(value, Scalar)
    assert value.kind is kind


def test_plain_values() -> None:
    text = "on: 1\nb: [1, -2.5, 1e3, true, ~, 'x', 0.5%, yes ]\nc: {d: , 1: x}\n"
    assert plain(text) == {
        "on": 1,
        "b": [1, -2.5, 1000.0, True, None, "x", "0.5%", "yes"],
        "c": {"d": None, "1": "x"},
    }
    assert isinstance(plain("a: 10\n")["a"], int)  # type: ignore[index]
    assert isinstance(plain("a: 1e1\n")["a"], float)  # type: ignore[index]


def test_the_key_on_is_a_text_and_no_habit() -> None:
    assert found("on: {off: 1}\nyes: 2\n") == []


def test_habits_are_warned_of_as_values_only() -> None:
    text = "a: on\nb: [No]\nc: 'yes'\nd: y\n"
    assert found(text) == [("FSM022", 1, 4), ("FSM022", 2, 5)]
    document, findings = load(text)
    assert document is not None
    assert {item.severity for item in findings.items} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: !!str x\n", [("FSM014", 1, 4)]),
        ("a: !x {b: 1}\n", [("FSM014", 1, 4)]),
        ("a: &b !x 1\n", [("FSM014", 1, 7)]),
        ("a: !!python/object/apply:os.system ['ls']\n", [("FSM014", 1, 4)]),
        ("a: !e!x 1\n", [("FSM014", 1, 4)]),
        ("%TAG !e! tag:x,2000:\n---\na: !e!x 1\n", [("FSM015", 1, 1)]),
        ("%YAML 1.1\n---\na: 1\n", [("FSM015", 1, 1)]),
        ("# first\n%YAML 1.1\n---\na: 1\n", [("FSM015", 2, 1)]),
        ("%YAML 1.2\n---\na: 1\n", []),
        ("a: *b\n", [("FSM016", 1, 4)]),
        ("a: &b [1, [*b]]\n", [("FSM017", 1, 12)]),
        ("a: &b {c: *b}\n", [("FSM017", 1, 11)]),
        ("a: &b {<<: 1}\nc:\n  <<: *b\n  d: 1\n", [("FSM019", 1, 8), ("FSM019", 3, 3)]),
        ("a: 1\nb: 2\na: 3\n", [("FSM020", 3, 1)]),
        ("1: a\n'1': b\n", [("FSM020", 2, 1)]),
        ("? [a, b]\n: 1\n", [("FSM021", 1, 3)]),
        ("{a: 1}: 1\n", [("FSM021", 1, 1)]),
        (": 1\n", [("FSM021", 1, 1)]),
        ("a: 1\n--- \nb: 1\n", [("FSM009", 2, 1)]),
        ("a: 1\n...\nb: 1\n", [("FSM009", 3, 1)]),
        ("a: 1\n...\n", []),
        ("", [("FSM007", 1, 1)]),
        ("--- # nothing\n", [("FSM007", 1, 1)]),
        ("\n  # c\n~\n", [("FSM007", 1, 1)]),
        ("x\n", [("FSM008", 1, 1)]),
        ("\n- a\n", [("FSM008", 2, 1)]),
        ("a:\n\tb: 1\n", [("FSM013", 2, 1)]),
        ("a: 1e400\n", [("FSM023", 1, 4)]),
        ("a: [-.INF, .nan]\n", [("FSM023", 1, 5), ("FSM023", 1, 12)]),
        ("a: " + "9" * 400 + "\n", [("FSM023", 1, 4)]),
        ("a: " + "9" * 5000 + "\n", [("FSM023", 1, 4)]),
        ("a: 017\n", [("FSM029", 1, 4)]),
        ('a: "x\\ud83d"\n', [("FSM024", 1, 6)]),
        ('a: "x\\0"\n', [("FSM005", 1, 6)]),
        ('a: "\\u202e"\n', [("FSM006", 1, 5)]),
        ("a: 1\n# \u2066\n", [("FSM006", 2, 3)]),
        ("a: 1\n# \x00\n", [("FSM005", 2, 3)]),
        ("a: \x85\n", [("FSM005", 1, 4)]),
        ("a: x\u2028y\n", [("FSM005", 1, 5)]),
        (b"a: 1\nb: \xff\n", [("FSM004", 2, 4)]),
        ("a: 1\n".encode("utf-16"), [("FSM004", 1, 1)]),
        (b"\xed\xa0\x80: 1", [("FSM004", 1, 1)]),
    ],
)
def test_refused_at(text: str | bytes, expected: Found) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "column", "piece"),
    [
        ("a: [1, 2\nb: 3\n", 1, 4, "`[` is not closed"),
        ("a: {b: 1\n", 1, 4, "`{` is not closed"),
        ("a: 'x\nb: 1\n", 1, 4, "never closed"),
        ("a: b: c\n", 1, 5, "second `:`"),
        ("a: - b\n", 1, 4, "list item"),
        ("a: 1\nb\nc: 1\n", 2, 1, "neither a key"),
        ("a: @x\n", 1, 4, "no value can begin"),
        ('a: "\\q"\n', 1, 6, "escape is unknown"),
        ('b: 1\na: "\\UFFFFFFFF"\n', 2, 5, "no character"),
        ("a:\n    b: 1\n  c: 1\n", 3, 3, "does not go on"),
        ("a: [1, , 2]\n", 1, 8, "missing"),
        ("a: * 2\n", 1, 4, "`&` and `*`"),
    ],
)
def test_broken_syntax_in_our_words(text: str, line: int, column: int, piece: str) -> None:
    document, findings = load(text)
    assert document is None
    (item,) = findings.items
    assert (item.code, item.span.line, item.span.column) == ("FSM012", line, column)
    assert piece in item.message
    assert item.hint
    assert "\n" not in item.message


def test_a_key_given_twice_shows_both_places_and_keeps_the_first() -> None:
    document, findings = load("a: 1\nb: 2\na: 3\n")
    assert document is not None
    assert to_plain(document.root) == {"a": 1, "b": 2}
    (item,) = findings.items
    assert [(place.line, place.column) for place, _ in item.related] == [(1, 1)]


def test_an_expression_split_by_commas_is_left_to_the_reader() -> None:
    assert found("a: {x: max(a, b), y: max(c, b)}\n") == []


def test_small_aliases_are_written_out() -> None:
    assert plain("a: &x [1, &y 2]\nb: *x\nc: *y\n") == {"a": [1, 2], "b": [1, 2], "c": 2}
    assert plain("a: &x 1\nb: &x 2\nc: *x\n") == {"a": 1, "b": 2, "c": 2}
    assert plain("a: &x [&x 1]\nb: *x\n") == {"a": [1], "b": 1}


def test_unknown_alias_offers_the_nearest_anchor() -> None:
    _, findings = load("a: &fees 1\nb: *fee\n")
    assert findings.items[0].hint == "did you mean `*fees`?"


def test_depth_is_64_with_aliases_counted() -> None:
    assert found("a: " + "[" * 63 + "]" * 63) == []
    assert found("a: " + "[" * 64 + "]" * 64) == [("FSM010", 1, 67)]
    deep = "a: &x " + "[" * 40 + "]" * 40 + "\n"
    assert found(deep + "b: " + "[" * 23 + "*x" + "]" * 23 + "\n") == []
    assert [code for code, _, _ in found(deep + "b: " + "[" * 24 + "*x" + "]" * 24 + "\n")] == ["FSM010"]


def test_size_is_counted_in_bytes() -> None:
    full = b"a: 1\n#" + b"x" * (128 * 1024 - 6)
    assert found(full) == []
    assert found(full + b"x") == [("FSM003", 1, 1)]


def laughs() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{to}: &{to} [{', '.join(['*' + of] * 9)}]" for of, to in zip("abcdefgh", "bcdefghi", strict=True)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (laughs(), "FSM018"),
        ("a: &a " + "x" * 60_000 + "\nb: [" + "*a," * 20_000 + "]\n", "FSM018"),
        ("[" * 10_000_000, "FSM003"),
        ("[" * 131_072, "FSM010"),
        ("{a: " * 32_768, "FSM010"),
        ("- " * 65_536, "FSM010"),
        ("? " * 65_536, "FSM010"),
        ("a: [" + "x," * 65_000 + "]", "FSM011"),
        ("a: &a [*a]\n", "FSM017"),
        ("a: '" + "\n" * 131_000, "FSM012"),
        ("a: &b" + "\n " * 65_000, ""),
        ("\n" * 131_072, "FSM007"),
        ("a: x" + " " * 131_000 + "y\n z", ""),
    ],
    ids=lambda value: value if len(value) < 10 else "",
)
def test_hostile_text_is_answered_soon(text: str, code: str) -> None:
    """About a second; the limit is wider, for machines that are slow or busy."""
    start = time.process_time()
    _, findings = load(text)
    assert time.process_time() - start < 3
    assert [item.code for item in findings.items] == ([code] if code else [])


@pytest.mark.parametrize("name", ["UTF-16-LE", "UTF-16-BE", "UTF-32-LE", "UTF-32-BE"])
def test_the_encoding_is_called_by_its_name(name: str) -> None:
    """UTF-32's mark in little-endian order begins as UTF-16's does."""
    findings = Findings()
    assert load_document(Source("t.yml", "\ufefffsm: 1\n".encode(name)), findings) is None
    assert [item.message for item in findings.items] == [f"this file is {name[:6]}"]

"""Whatever the bytes are: a document or findings with places inside the text, and no exception."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Document, Mapping, Node, Scalar
from fsmtrader.spec.loader import load_document, merge_documents, to_plain
from fsmtrader.spec.source import Source
from fsmtrader.spec.text import BREAK

FILES = ("s.yml", "s.json", "<stdin>")
PIECES = (
    *(
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ",",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "|\n",
        ">-\n",
        "|2\n",
        "\n",
        "\n  ",
        "\n ",
        "  ",
    ),
    *("\\", "\\u", "\\UFFFFFFFF", "\\ud83d", "\t", "#", "&a ", "*a", "!t ", "!!str ", "%YAML 1.2\n", "%TAG ! x\n"),
    *("---\n", "...\n", "\r", "\r\n", "@", "%", "é", "😀", "\u202e", "0", "1e400", ".nan", "~", "<<: ", "yes"),
    *("/*", "//", '"a":'),
)
yaml_soup = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
words = st.text(alphabet="ab'\"\\ \n#:-é", max_size=20)


def load(data: bytes, file: str) -> tuple[Document | None, Findings]:
    findings = Findings()
    return load_document(Source(file, data), findings), findings


def leaves(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Mapping):
        return [leaf for entry in node for leaf in (entry.key, *leaves(entry.value))]
    return [leaf for item in node for leaf in leaves(item)]


def check(data: bytes, file: str) -> None:
    document, findings = load(data, file)
    lines = BREAK.split(data.decode("utf-8", "replace").removeprefix("\ufeff"))
    for item in findings.items:
        assert 1 <= item.span.line <= len(lines)
        assert 1 <= item.span.column <= len(lines[item.span.line - 1]) + 1
        assert item.message
        assert item.hint
        assert (item.span.line, item.span.column) <= (item.span.end_line, item.span.end_column)
    if document is None:
        assert findings.has_errors
        return
    to_plain(document.root)
    for leaf in leaves(document.root):
        assert len(leaf.offsets) == len(leaf.text) + 1
        assert list(leaf.offsets) == sorted(leaf.offsets)
    again = Findings()
    assert merge_documents([document, document], again).root == document.root
    assert not again.items


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(FILES))
def test_random_bytes(data: bytes, file: str) -> None:
    check(data, file)


@settings(max_examples=400, deadline=None)
@given(yaml_soup, st.sampled_from(FILES))
def test_pieces_of_yaml_and_json(text: str, file: str) -> None:
    check(text.encode(), file)


def is_shown(text: str) -> bool:
    """No character that is refused or warned of."""
    findings = load(json.dumps({"x": text}).encode(), "s.json")[1]
    return not findings.items


def words_of(value: object) -> list[str]:
    """Every key and text of a value."""
    if isinstance(value, dict):
        return [word for key, inside in value.items() for word in (key, *words_of(inside))]
    if isinstance(value, list):
        return [word for inside in value for word in words_of(inside)]
    return [value] if isinstance(value, str) else []


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=4), json_values, max_size=4), st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(value: dict[str, object], ascii_only: bool) -> None:
    """But for control characters, halves of surrogate pairs and bidirectional marks: they are refused, escaped or not."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    if not all(is_shown(word) for word in words_of(value)):
        return
    document, findings = load(text.encode(), "s.json")
    assert document is not None, findings.items
    assert not findings.items
    assert to_plain(document.root) == value
    if "\\ud" in text:  # YAML's escapes stand for a character each: two halves of one are refused
        return
    as_yaml, _ = load(text.encode(), "s.yml")
    assert as_yaml is not None
    assert repr(to_plain(as_yaml.root)).replace("1.0", "1") == repr(to_plain(document.root)).replace("1.0", "1")


@settings(max_examples=200, deadline=None)
@given(words)
def test_each_character_of_a_quoted_text_has_its_place(word: str) -> None:
    """Single quotes: every character but a folded break stands in the text where the document says."""
    text = "a: '" + word.replace("'", "''").replace("\n", "\n  ") + "'\n"
    document, findings = load(text.encode(), "s.yml")
    assert document is not None, findings.items
    leaf = document.root.get("a")
    assert isinstance(leaf, Scalar)
    lines = text.split("\n")
    for char, (line, column) in zip(leaf.text, leaf.offsets, strict=False):
        found = (lines[line - 1] + "\n")[column - 1]
        assert found == char or (char == " " and found == "\n")

"""What every part of the reader needs: words, plain text, expressions, entries.

The reader is tolerant: what has the wrong shape was reported by the structure check and is passed over here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind, Sequence, Table
from fsmtrader.spec.expression import parse
from fsmtrader.spec.spec import Expression, Named, Setting, Word
from fsmtrader.spec.structure_split import is_within
from fsmtrader.spec.text import is_finite

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: where findings go, which names are actions, and which text was refused before."""

    findings: Findings
    callables: frozenset[str]
    split: tuple[Span, ...]
    """expressions that YAML split at a comma, already reported"""
    misplaced: frozenset[Span] = frozenset()
    """keys that stand where an event belongs, already reported"""
    tables: tuple[Table, ...] = ()
    """rows from files"""


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def scalar(node: Node | None) -> Scalar | None:
    """A leaf with content."""
    return node if isinstance(node, Scalar) and node.kind is not ScalarKind.NULL else None


def text(node: Node | None) -> str:
    """Plain text, or nothing."""
    leaf = scalar(node)
    return leaf.text if leaf else ""


def truth(node: Node | None, default: bool) -> bool:
    leaf = scalar(node)
    return leaf.text.lower() == "true" if leaf and leaf.kind is ScalarKind.BOOLEAN else default


def word(node: Node | None) -> Word | None:
    leaf = scalar(node)
    return Word(leaf.text, leaf.span) if leaf else None


def words(node: Node | None) -> tuple[Word, ...]:
    """A word, or a list of words."""
    items = node.items if isinstance(node, Sequence) else (node,)
    found = (word(item) for item in items)
    return tuple(item for item in found if item is not None)


def entries(node: Node | None) -> Iterator[Entry]:
    """The entries of a mapping whose keys are names."""
    if isinstance(node, Mapping):
        for entry in node:
            if is_name(entry.key.text):
                yield entry


def key(entry: Entry) -> Word:
    return Word(entry.key.text, entry.key.span)


def get(node: Node | None, name: str) -> Node | None:
    """The value under `name`, if `node` is a mapping that has it."""
    return node.get(name) if isinstance(node, Mapping) else None


def expression(node: Node | None, reading: Reading) -> Expression | None:
    """A leaf as an expression; its tree is None when the text was refused."""
    leaf = scalar(node)
    if leaf is None:
        return None
    is_refused = is_within(leaf.span, reading.split) or _is_infinite(leaf)
    tree = None if is_refused else parse(leaf, reading.findings)
    return Expression(leaf.text, leaf.span, tree)


def _is_infinite(leaf: Scalar) -> bool:
    """Whether the loader has refused it: `.inf`, `.nan`, or a number too large for a double."""
    return leaf.kind is ScalarKind.NUMBER and not is_finite(leaf.text)


def named(node: Node | None, reading: Reading) -> Named:
    """Entries `name: expression`."""
    pairs = ((key(entry), expression(entry.value, reading)) for entry in entries(node))
    return tuple((name, value) for name, value in pairs if value is not None)


def settings(node: Node | None, but: frozenset[str] = frozenset()) -> tuple[Setting, ...]:
    """Entries kept as nodes, without those that are read elsewhere."""
    if not isinstance(node, Mapping):
        return ()
    return tuple(Setting(key(entry), entry.value) for entry in node if entry.key.text not in but)


def cells(node: Node | None) -> tuple[tuple[Word, Scalar], ...]:
    """A row of plain cells."""
    pairs = ((key(entry), scalar(entry.value)) for entry in entries(node))
    return tuple((name, value) for name, value in pairs if value is not None)


def slice_of(leaf: Scalar, start: int, end: int) -> Scalar:
    """Characters `start` to `end` of a leaf, as text of its own at its own place."""
    offsets = leaf.offsets[start : end + 1]
    return Scalar(leaf.text[start:end], ScalarKind.TEXT, leaf.quoted, leaf.part(start, end), offsets)

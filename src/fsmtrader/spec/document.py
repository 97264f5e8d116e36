"""The document: text as a tree in which every node knows its file, line and column.

YAML and JSON give the same tree. Nothing is interpreted here: a scalar keeps its text; whether `8` is a number or a
name is decided where it is used.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from fsmtrader.diagnostics import Span


class ScalarKind(enum.Enum):
    """What the notation itself says of a scalar (YAML 1.2 core schema; JSON's literals)."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `text` is the content after unquoting; `offsets[i]` is the (line, column) of its i-th character.

    `offsets` has one entry more than `text` (the place after the last character), so a span inside the text can be
    given exactly, in folded and escaped strings too.
    """

    text: str
    kind: ScalarKind
    quoted: bool
    span: Span
    offsets: tuple[tuple[int, int], ...]

    def part(self, start: int, end: int) -> Span:
        """The span of characters `start` to `end` (exclusive) of `text`."""
        last = len(self.offsets) - 1
        line, column = self.offsets[min(start, last)]
        end_line, end_column = self.offsets[min(end, last)]
        if (end_line, end_column) <= (line, column):
            end_line, end_column = line, column + 1
        return Span(self.span.file, line, column, end_line, end_column)


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> Node | None:
        for entry in self.entries:
            if entry.key.text == key:
                return entry.value
        return None

    def entry(self, key: str) -> Entry | None:
        for entry in self.entries:
            if entry.key.text == key:
                return entry
        return None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    span: Span

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node = Scalar | Mapping | Sequence


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file that the spec names."""

    name: str
    rows: Sequence
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One file (or several, merged): the root mapping and the text of every file that it came from."""

    root: Mapping
    sources: tuple[tuple[str, str], ...]
    """(file name as shown, its whole text)"""
    tables: tuple[Table, ...] = ()

    @property
    def file(self) -> str:
        return self.root.span.file

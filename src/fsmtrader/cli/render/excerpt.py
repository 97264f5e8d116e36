"""One line of source with a mark under a part of it, fitted into a width.

A line is laid out as *cells*: a tab is filled up to the next stop, an unsafe character is written out, a combining
one takes no room and a wide one two. Only then is it cut around the mark, so that the mark stands where it belongs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fsmtrader.diagnostics import Span
from fsmtrader.diagnostics.visible import is_safe, width, written

TAB = 4
"""columns from one tab stop to the next"""

CUT = "…"
_BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line as shown, and the cells before and under the mark."""

    text: str
    indent: int
    length: int


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    width: int


def lines_of(source: str) -> list[str]:
    """The lines of a source as the readers count them; the first one is line 1."""
    return _BREAK.split(source)


def excerpt(line: str, span: Span, room: int) -> Excerpt:
    """The part of `line` that shows `span` within `room` columns; a span over several lines is marked on its first."""
    cells = _cells(line)
    first = min(max(span.column - 1, 0), len(cells))
    last = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    last = min(max(last, first), len(cells))
    start, end = _window(cells, first, last, max(room, 8))
    text = "".join(cell.text for cell in cells[start:end])
    head = CUT if start else ""
    tail = CUT if end < len(cells) else ""
    indent = len(head) + _width(cells[start:first])
    return Excerpt(head + text + tail, indent, max(_width(cells[first : min(last, end)]), 1))


def _cells(line: str) -> list[_Cell]:
    cells: list[_Cell] = []
    column = 0
    for char in line:
        if char == "\t":
            cell = _Cell(" " * (TAB - column % TAB), TAB - column % TAB)
        elif is_safe(char):
            cell = _Cell(char, width(char))
        else:
            cell = _Cell(written(char), len(written(char)))
        cells.append(cell)
        column += cell.width
    return cells


def _width(cells: Sequence[_Cell]) -> int:
    return sum(cell.width for cell in cells)


def _window(cells: Sequence[_Cell], first: int, last: int, room: int) -> tuple[int, int]:
    """Which cells are shown: all if they fit; else where the mark begins with its surroundings, a third before it."""
    if _width(cells) <= room:
        return 0, len(cells)
    room -= 2 * len(CUT)
    start = first
    used = 0
    before = max(room // 3, room - _width(cells[first:]))
    while start > 0 and used + cells[start - 1].width <= before:
        start -= 1
        used += cells[start].width
    end = first
    while end < len(cells) and used + cells[end].width <= room:
        used += cells[end].width
        end += 1
    return start, max(end, min(first + 1, last))

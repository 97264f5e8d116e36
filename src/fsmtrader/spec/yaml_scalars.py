"""Where each character of a YAML scalar stands in the text.

The YAML library gives a scalar's value and the marks around it. These functions read the raw text between the marks
once more, by the same rules, and say for each character of the value from which character of the text it came. The
result is compared with the value; where they differ (known: blocks of nothing but spaces) every character gets the
place of the start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsmtrader.spec.document import ScalarKind
from fsmtrader.spec.text import BREAK, Text, is_number

_SPACE = re.compile(r"[ \t\r\n]+")
_ESCAPED_BREAK = re.compile(r"\\(?:\r\n?|\n)((?:[ \t]*(?:\r\n?|\n))*)[ \t]*")
_LENGTHS = {"x": 2, "u": 4, "U": 8}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))

_Piece = tuple[str, int]
"""a character of the value, and the index in the text from which it came"""


def plain_kind(text: str) -> ScalarKind:
    """What an unquoted scalar is by the core schema of YAML 1.2 (octal and hexadecimal are text here)."""
    if text in _NULLS:
        return ScalarKind.NULL
    if text in _BOOLEANS:
        return ScalarKind.BOOLEAN
    return ScalarKind.NUMBER if is_number(text) else ScalarKind.TEXT


def places_of(text: Text, value: str, style: str | None, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The place of each character of `value`, and of the end, for a scalar between the marks `start` and `end`.

    `style` is as the YAML library names it: None plain, `'` and `"` quoted, `|` literal, `>` folded.
    """
    raw = text.text
    if style is None and end - start == len(value) and "\n" not in value:
        return text.run(start, end)
    if style in ("'", '"') and raw[start + 1 : end - 1] == value and "\n" not in value:
        return text.run(start + 1, end - 1)
    if style in ("|", ">"):
        pieces, stop = _block(raw, value, start, end, folded=style == ">")
    elif style is None:
        pieces, stop = list(_folded(raw, start, end, "")), end
    else:
        pieces, stop = list(_folded(raw, start + 1, end - 1, style)), end - 1
    if "".join(char for char, _ in pieces) != value:
        return (text.place(start),) * (len(value) + 1)
    return text.places([*(index for _, index in pieces), stop])


def _breaks(raw: str, start: int, end: int) -> list[int]:
    """Where the line breaks between two indexes begin."""
    return [found.start() for found in BREAK.finditer(raw, start, end)]


def _folded(raw: str, at: int, end: int, quote: str) -> Iterator[_Piece]:
    """Plain and quoted scalars: one line break is a space, more of them are one less."""
    while at < end:
        char = raw[at]
        space = _SPACE.match(raw, at, end)
        if space:
            breaks = _breaks(raw, at, space.end())
            if not breaks:
                yield from ((raw[index], index) for index in range(at, space.end()))
            else:
                yield from [(" ", breaks[0])] if len(breaks) == 1 else [("\n", index) for index in breaks[1:]]
            at = space.end()
        elif quote == "'" and char == "'":
            yield char, at
            at += 2
        elif quote == '"' and char == "\\":
            pieces, at = _escape(raw, at, end)
            yield from pieces
        else:
            yield char, at
            at += 1


_ESCAPES = dict(zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True))


def _escape(raw: str, at: int, end: int) -> tuple[list[_Piece], int]:
    """One escape of a double-quoted scalar: what it stands for, and where the text goes on."""
    joined = _ESCAPED_BREAK.match(raw, at, end)
    if joined:
        return [("\n", index) for index in _breaks(raw, joined.start(1), joined.end(1))], joined.end()
    name = raw[at + 1]
    if name in _LENGTHS:
        stop = at + 2 + _LENGTHS[name]
        return [(chr(int(raw[at + 2 : stop], 16)), at)], stop
    return [(_ESCAPES[name], at)], at + 2


def _block(raw: str, value: str, start: int, end: int, *, folded: bool) -> tuple[list[_Piece], int]:
    """Literal and folded blocks. The indentation follows from the first line: what of its spaces is in the value."""
    header = BREAK.search(raw, start, end)
    if header is None:
        return [], end
    lines = _lines(raw, header.end(), end)
    first = next((raw[a:b] for a, b in lines if raw[a:b].strip(" ")), "")
    inside = value.lstrip("\n")
    indent = (len(first) - len(first.lstrip(" "))) - (len(inside) - len(inside.lstrip(" ")))
    indicators = raw[start + 1 : header.start()].split("#", maxsplit=1)[0]
    pieces = list(_block_pieces(raw, lines, max(indent, 0), "+" in indicators, "-" in indicators, folded))
    return pieces, pieces[-1][1] + 1 if pieces else header.end()


def _lines(raw: str, start: int, end: int) -> list[tuple[int, int]]:
    """Start and end (without the break) of each line of a block."""
    lines: list[tuple[int, int]] = []
    while start < end:
        found = BREAK.search(raw, start, end)
        lines.append((start, found.start() if found else end))
        start = found.end() if found else end
    return lines


def _block_pieces(
    raw: str, lines: list[tuple[int, int]], indent: int, keep: bool, strip: bool, folded: bool
) -> Iterator[_Piece]:
    """The characters of a block whose lines are indented by `indent`; `keep` and `strip` are its `+` and `-`."""
    blank: list[_Piece] = []
    last: tuple[str, _Piece] | None = None
    for start, end in lines:
        content = raw[start + indent : end]
        here = ("\n", end)
        if not content:
            blank.append(here)
            continue
        if last is not None:
            before, line_break = last
            if folded and before not in " \t" and content[0] not in " \t":
                yield from [] if blank else [(" ", line_break[1])]
            else:
                yield line_break
        yield from blank
        yield from ((char, start + indent + i) for i, char in enumerate(content))
        blank, last = [], (content[0], here)
    if last is not None and not strip and last[1][1] < len(raw):
        yield last[1]
    if keep:
        yield from blank

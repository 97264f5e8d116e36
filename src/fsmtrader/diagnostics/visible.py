"""Text made safe to show: what a terminal, an XML reader or an eye would take for something else is written out."""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""controls, formats (bidi, zero width), surrogates, private and unassigned characters, line and paragraph separators"""


def is_safe(char: str) -> bool:
    """Whether the character shows as what it is."""
    return " " <= char <= "~" or unicodedata.category(char) not in _UNSAFE


def visible(text: str, *, keep: str = "") -> str:
    r"""`text` with every unsafe character written as `\u{1b}`; those in `keep` stay.

    >>> visible("a\x1b[31mb")
    'a\\u{1b}[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep or is_safe(char) else written(char) for char in text)


def written(char: str) -> str:
    """The escape that stands for an unsafe character."""
    return rf"\u{{{ord(char):x}}}"


def width(char: str) -> int:
    """The cells that a safe character takes in a terminal: 0 for combining ones, 2 for wide ones."""
    if " " <= char <= "~":
        return 1
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1

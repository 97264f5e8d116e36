"""JSON (RFC 8259) with the place of every character.

The standard library's reader keeps the last of two equal keys, accepts NaN and forgets where things stood; this one
gives the same tree and the same findings as the YAML reader. Comments and trailing commas are refused, and read past,
so that the rest of the text is checked too.
"""

from __future__ import annotations

import re
from typing import NoReturn

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, ScalarKind, Sequence
from fsmtrader.spec.text import (
    MAX_DEPTH,
    MAX_NODES,
    Text,
    check_content,
    check_entry,
    check_number,
    shortened,
    too_deep,
    too_many,
)

_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/|#[^\r\n]*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+.\w]+")
_NOT_FINITE = re.compile(r"[-+]?(?:NaN|Infinity|nan|inf|\.nan|\.inf)")
_PLAIN = re.compile(r'[^"\\\r\n\t]+')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS = {"true": ScalarKind.BOOLEAN, "false": ScalarKind.BOOLEAN, "null": ScalarKind.NULL}


def read_json(text: Text, findings: Findings) -> Node | None:
    """The tree of a JSON text, or None when the text cannot be read to its end (a finding says where it stopped)."""
    try:
        return _Reader(text, findings).document()
    except _Stop:
        return None


class _Stop(Exception):
    """Reading cannot go on; its finding has been made."""


class _Reader:
    """One pass over one text. `at` is the next character."""

    def __init__(self, text: Text, findings: Findings) -> None:
        self.text = text
        self.chars = text.text
        self.findings = findings
        self.at = 0
        self.nodes = 0

    def document(self) -> Node | None:
        self.skip()
        if self.at == len(self.chars):
            return None
        root = self.value(1)
        self.skip()
        if self.at < len(self.chars):
            hint = "remove it, or check the brackets"
            self.stop("there is more text after the end of the document", "one value", hint)
        return root

    # Characters

    def peek(self) -> str:
        return self.chars[self.at : self.at + 1]

    def skip(self) -> None:
        """Pass white space, and comments with a finding each."""
        while True:
            found = _SPACE.match(self.chars, self.at)
            self.at = found.end() if found else self.at
            comment = _COMMENT.match(self.chars, self.at)
            if comment is None:
                return
            self.findings.error(
                "FSM026",
                self.text.span(comment.start(), comment.end()),
                "JSON has no comments",
                expected="JSON as RFC 8259 has it",
                hint="remove the comment, or name the file .yml: YAML reads JSON, and has comments with #",
            )
            self.at = comment.end()

    def stop(self, message: str, expected: str, hint: str, length: int = 1) -> NoReturn:
        end = min(self.at + length, len(self.chars))
        self.findings.error("FSM025", self.text.span(self.at, end), message, expected=expected, hint=hint)
        raise _Stop

    def shown(self) -> str:
        """The next piece of text, for a message."""
        if self.at >= len(self.chars):
            return "the end of the file"
        word = _WORD.match(self.chars, self.at)
        return shortened(word[0] if word else self.chars[self.at])

    # Values

    def value(self, depth: int) -> Node:
        self.count()
        char = self.peek()
        if char in ("{", "["):
            if depth > MAX_DEPTH:
                too_deep(self.text.span(self.at, self.at + 1), self.findings)
                raise _Stop
            return self.mapping(depth) if char == "{" else self.sequence(depth)
        return self.string() if char == '"' else self.bare()

    def count(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            too_many(self.text.span(self.at, self.at + 1), self.findings)
            raise _Stop

    def mapping(self, depth: int) -> Mapping:
        start = self.at
        entries: list[Entry] = []
        known: dict[str, Scalar] = {}
        while self.next_item("}", is_first=self.at == start):
            key = self.key()
            self.skip()
            if self.peek() != ":":
                self.stop(f"found {self.shown()} after a key", "`:`", 'write `"key": value`')
            self.at += 1
            self.skip()
            value = self.value(depth + 1)
            if check_entry(key, known, value, self.findings):
                entries.append(Entry(key, value))
        return Mapping(tuple(entries), self.text.span(start, self.at))

    def sequence(self, depth: int) -> Sequence:
        start = self.at
        items: list[Node] = []
        while self.next_item("]", is_first=self.at == start):
            items.append(self.value(depth + 1))
        return Sequence(tuple(items), self.text.span(start, self.at))

    def next_item(self, closing: str, *, is_first: bool) -> bool:
        """Go to the next item of a mapping or list; False after its closing bracket."""
        if is_first:
            self.at += 1
        self.skip()
        if self.peek() == closing:
            self.at += 1
            return False
        if is_first:
            return True
        if self.peek() != ",":
            hint = "a comma or a bracket is missing here"
            self.stop(f"found {self.shown()} after a value", f"`,` or `{closing}`", hint)
        comma = self.at
        self.at += 1
        self.skip()
        if self.peek() == closing:
            self.findings.error(
                "FSM027",
                self.text.span(comma, comma + 1),
                f"a comma before `{closing}`",
                expected="JSON as RFC 8259 has it: commas stand between items only",
                hint="remove the comma",
            )
            self.at += 1
            return False
        return True

    def key(self) -> Scalar:
        if self.peek() != '"':
            hint = 'keys are texts in double quotation marks: `"name": 1`'
            self.stop(f"found {self.shown()} where a key belongs", "a key in double quotation marks", hint)
        self.count()
        return self.string()

    # Scalars

    def bare(self) -> Scalar:
        """true, false, null or a number; anything else ends the reading."""
        found = _WORD.match(self.chars, self.at)
        word = found[0] if found else ""
        kind = _LITERALS.get(word, ScalarKind.NUMBER)
        is_finite = not _NOT_FINITE.fullmatch(word)
        if not word or (kind is ScalarKind.NUMBER and is_finite and not _NUMBER.fullmatch(word)):
            self.refuse_bare(word)
        start, self.at = self.at, self.at + len(word)
        span = self.text.span(start, self.at)
        scalar = Scalar(word, kind, False, span, self.text.run(start, self.at))
        if kind is ScalarKind.NUMBER:
            check_number(scalar, self.findings)
        return scalar

    def refuse_bare(self, word: str) -> NoReturn:
        length = max(len(word), 1)
        if self.peek() == "'":
            hint = "JSON takes double quotation marks only"
        elif word.lower() in _LITERALS:
            hint = f"write {word.lower()}"
        elif word[:1].isdigit() or word[:1] in ("-", "+", "."):
            hint = "numbers are written like 8, -0.5 or 1e-3; put anything else in double quotation marks"
        elif word:
            hint = "put the text in double quotation marks"
        else:
            hint = "a value is missing here"
        self.stop(f"found {self.shown()} where a value belongs", "a value", hint, length)

    def string(self) -> Scalar:
        """A text in quotation marks. Every character of it keeps the place where it, or its escape, begins."""
        start = self.at
        self.at += 1
        parts: list[str] = []
        indexes: list[int] = []
        while True:
            plain = _PLAIN.match(self.chars, self.at)
            if plain:
                parts.append(plain[0])
                indexes.extend(range(plain.start(), plain.end()))
                self.at = plain.end()
            char = self.peek()
            if char == '"':
                break
            if char != "\\":
                self.unclosed(start)
            indexes.append(self.at)
            parts.append(self.escape())
        indexes.append(self.at)
        self.at += 1
        span = self.text.span(start, self.at)
        scalar = Scalar("".join(parts), ScalarKind.TEXT, True, span, self.text.places(indexes))
        if len(indexes) != self.at - start - 1:
            check_content(scalar, self.findings)
        return scalar

    def unclosed(self, start: int) -> NoReturn:
        if self.peek() == "\t":
            self.stop("a tab inside a text", "`\\t`", "write `\\t`, or a space")
        self.at = start
        self.stop("this text is not closed on its line", 'a closing `"`', "a line break inside a text is written `\\n`")

    def escape(self) -> str:
        char = self.chars[self.at + 1 : self.at + 2]
        if char in _ESCAPES:
            self.at += 2
            return _ESCAPES[char]
        code = self.code_unit(self.at) if char == "u" else None
        if code is None:
            expected = "one of " + " ".join(f"\\{c}" for c in _ESCAPES) + " \\u0041"
            shown = char if char.isprintable() else ""
            self.stop(f"unknown escape `\\{shown}`", expected, "write `\\\\` for one backslash", 2)
        self.at += 6
        low = self.code_unit(self.at) if 0xD800 <= code < 0xDC00 else None
        if low is not None and 0xDC00 <= low < 0xE000:
            self.at += 6
            return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        return chr(code)

    def code_unit(self, at: int) -> int | None:
        """The value of the escape `\\u0041` at `at`, if one stands there."""
        digits = _HEX.match(self.chars, at + 2)
        return int(digits[0], 16) if digits and self.chars.startswith("\\u", at) else None

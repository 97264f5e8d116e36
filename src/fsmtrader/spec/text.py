"""The characters of one source: decoded once, refused early when they hide something, with the place of each.

What YAML and JSON have in common lives here: which characters and numbers are refused, how deep and how many.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from fsmtrader.diagnostics import Findings, Span
from fsmtrader.spec.document import Node, Scalar, ScalarKind
from fsmtrader.spec.source import MAX_BYTES, Source, start_of

MAX_DEPTH = 64
"""mappings and lists inside one another, the root included"""

MAX_NODES = 30_000
"""values and keys of a document, each alias counted with all that it stands for"""

MAX_CHARACTERS = 1_000_000
"""characters of all values, aliases written out"""

MAX_REPORTED = 20
"""the most findings of one kind about single characters"""

BREAK = re.compile(r"\r\n?|\n")
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_FOREIGN_MARKS = (  # the longer ones first: UTF-32's begins as UTF-16's does
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_SIGNIFICANT = 310
"""an integer with more digits than this is no double"""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one file (no byte order mark) and where its lines start."""

    file: str
    text: str
    starts: tuple[int, ...] = field(repr=False)

    def place(self, index: int) -> tuple[int, int]:
        """Line and column, from 1, of the character at `index`."""
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from `start` up to `end`."""
        line, column = self.place(start)
        if end <= start:
            return Span(self.file, line, column, line, column)
        if line == len(self.starts) or end < self.starts[line]:
            return Span(self.file, line, column, line, column + end - start)
        return Span(self.file, line, column, *self.place(end))

    def places(self, indexes: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """`place` of each of many indexes in rising order, without a search for each."""
        starts = self.starts
        out: list[tuple[int, int]] = []
        line, limit, base = 0, -1, 0
        for index in indexes:
            if not base <= index < limit:
                line = bisect_right(starts, index)
                base = starts[line - 1]
                limit = starts[line] if line < len(starts) else len(self.text) + 1
            out.append((line, index - base + 1))
        return tuple(out)

    def run(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """The places of the characters `start` to `end`, the end included, all on one line."""
        line, column = self.place(start)
        return tuple((line, column + i) for i in range(end - start + 1))


def make_text(file: str, text: str) -> Text:
    return Text(file, text, (0, *(found.end() for found in BREAK.finditer(text))))


def decode(source: Source, findings: Findings) -> Text | None:
    """The text of a source, or None with a finding: FSM003 (size), FSM004 (encoding), FSM005 (characters)."""
    if len(source.data) > MAX_BYTES:
        findings.error(
            "FSM003",
            start_of(source.file),
            f"this spec is larger than {MAX_BYTES // 1024} kB",
            expected=f"at most {MAX_BYTES} bytes",
            hint="keep tables and market data in files of their own; split the spec into several files",
        )
        return None
    text = _decoded(source, findings)
    if text is None or _refuse_characters(text, findings):
        return None
    _warn_of_bidi(text, findings)
    return text


def _decoded(source: Source, findings: Findings) -> Text | None:
    data = source.data
    hint = "save the file as UTF-8"
    expected = "UTF-8"
    for mark, name in _FOREIGN_MARKS:
        if data.startswith(mark):
            findings.error("FSM004", start_of(source.file), f"this file is {name}", expected=expected, hint=hint)
            return None
    try:
        return make_text(source.file, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as problem:
        before = make_text(source.file, data[: problem.start].decode("utf-8").removeprefix("\ufeff"))
        span = before.span(len(before.text), len(before.text))
        message = f"the byte 0x{data[problem.start]:02x} is not UTF-8"
        findings.error("FSM004", span, message, expected=expected, hint=hint)
        return None


def _refuse_characters(text: Text, findings: Findings) -> bool:
    """Whether the text holds characters that no editor shows as what they are; one finding each, up to a limit."""
    refused = False
    for number, found in enumerate(_BAD.finditer(text.text)):
        if number == MAX_REPORTED:
            break
        refused = True
        _bad_character(found[0], text.span(found.start(), found.end()), findings)
    return refused


def _bad_character(char: str, span: Span, findings: Findings) -> None:
    name = "NUL" if char == "\0" else f"U+{ord(char):04X}"
    findings.error(
        "FSM005",
        span,
        f"the control character {name} is not allowed",
        expected="printable characters, spaces and line breaks",
        hint="delete the character; it may have come along with copied text",
    )


def _warn_of_bidi(text: Text, findings: Findings) -> None:
    for number, found in enumerate(_BIDI.finditer(text.text)):
        if number == MAX_REPORTED:
            return
        _bidi(found[0], text.span(found.start(), found.end()), findings)


def _bidi(char: str, span: Span, findings: Findings) -> None:
    findings.warn(
        "FSM006",
        span,
        f"the invisible character U+{ord(char):04X} changes the direction of the text around it",
        expected="text that reads as it is stored",
        hint="delete the character: what is shown may not be what runs",
    )


def check_content(scalar: Scalar, findings: Findings) -> None:
    """What only an escape can bring into a quoted text: FSM005, FSM006 and FSM024 (half a surrogate pair)."""
    for pattern, report in ((_BAD, _bad_character), (_SURROGATE, _surrogate), (_BIDI, _bidi)):
        for number, found in enumerate(pattern.finditer(scalar.text)):
            if number == MAX_REPORTED:
                break
            report(found[0], scalar.part(found.start(), found.end()), findings)


def _surrogate(char: str, span: Span, findings: Findings) -> None:
    findings.error(
        "FSM024",
        span,
        f"the escape of U+{ord(char):04X} is one half of a character",
        expected="whole characters",
        hint="write the character itself",
    )


def is_number(text: str) -> bool:
    """Whether a plain scalar is a number: YAML's core schema without octal and hexadecimal."""
    return _NUMBER.fullmatch(text) is not None


def number_from_text(text: str) -> int | float:
    """An integer if it is written as one, else the nearest double; infinite when it is too large for one."""
    if _INTEGER.fullmatch(text) and len(text) <= _SIGNIFICANT:
        return int(text)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def is_finite(text: str) -> bool:
    """Whether a number's text is a finite double."""
    try:
        return math.isfinite(number_from_text(text))
    except OverflowError:  # an integer that is too large for a double
        return False


def check_number(scalar: Scalar, findings: Findings) -> None:
    """FSM023: a number that is no finite double."""
    if not is_finite(scalar.text):
        findings.error(
            "FSM023",
            scalar.span,
            f"{shortened(scalar.text)} is not a finite number",
            expected="a finite number",
            hint="leave a limit out instead of making it infinite; the largest number is about 1.8e308",
        )


def check_entry(key: Scalar, known: dict[str, Scalar], value: Node, findings: Findings) -> bool:
    """Whether this key may stand in its mapping; FSM020 when it stands there already."""
    first = known.setdefault(key.text, key)
    if first is key:
        return True
    if _is_split_expression(key.text, value):  # the comma that split it is the mistake, and is found later
        return True
    findings.error(
        "FSM020",
        key.span,
        f"the key {shortened(key.text)} stands here twice",
        expected="each key once",
        hint="remove one of the two, or put both into one",
        related=((first.span, "the first one is here"),),
    )
    return False


def _is_split_expression(key: str, value: Node) -> bool:
    is_empty = isinstance(value, Scalar) and value.kind is ScalarKind.NULL and not value.text
    return is_empty and key.count("(") != key.count(")")


def too_deep(span: Span, findings: Findings) -> None:
    findings.error(
        "FSM010",
        span,
        f"nested more than {MAX_DEPTH} deep",
        expected=f"at most {MAX_DEPTH} mappings and lists inside one another",
        hint="a strategy needs about ten; look for brackets that are not closed",
    )


def too_many(span: Span, findings: Findings) -> None:
    findings.error(
        "FSM011",
        span,
        f"more than {MAX_NODES} keys and values",
        expected=f"at most {MAX_NODES}",
        hint="keep tables in files of their own (`for_each: {in: {file: ...}}`)",
    )


def shortened(text: str) -> str:
    """A piece of the user's text for a message: in quotation marks, on one line, not long."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:40])
    return f"`{shown}…`" if len(text) > 40 else f"`{shown}`"

"""What is wrong with the YAML itself, in our words: the library's problems, and directives.

The library names rules of its grammar; a trader is helped by what to do about it. Each problem that it knows has a
line in the table below; one it does not know gets a general line, with the place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.text import BREAK, Text, shortened

_VERSION = re.compile(r"%YAML[ \t]+1\.2[ \t]*(?:#.*)?")
_TOO_LARGE_ESCAPE = re.compile(r"\\U(?!000|0010)[0-9a-fA-F]{8}")


@dataclass(frozen=True, slots=True)
class _Problem:
    """A problem of the library by a piece of its text, and what we say of it.

    `at_context`: the finding belongs where the construct began, not where the parser gave up.
    """

    piece: str
    message: str
    expected: str
    hint: str
    at_context: bool = False
    code: str = "FSM012"


_PROBLEMS: tuple[_Problem, ...] = (
    _Problem(
        "could not find expected ':'",
        "this line is neither a key with its `:` nor part of the value above",
        "`key: value`",
        "check the indentation, and that the key is followed by a colon and a space",
        at_context=True,
    ),
    _Problem(
        "mapping values are not allowed here",
        "a second `:` after a value, or a line indented too far",
        "one `key: value` a line",
        "put the value in quotation marks if the `:` belongs to it; else check the indentation, and that the key above "
        "ends with `:`",
    ),
    _Problem(
        "mapping keys are not allowed here",
        "a key cannot stand here",
        "a value",
        "begin a line of its own for the key",
    ),
    _Problem(
        "sequence entries are not allowed here",
        "a list item `-` cannot stand here",
        "a value",
        "begin the list on a line of its own below the key; quote a text that begins with `- `",
    ),
    _Problem(
        "found unexpected end of stream",
        "this quotation mark is never closed",
        "a closing quotation mark",
        "close it where the text ends",
        at_context=True,
    ),
    _Problem(
        "found unexpected document separator",
        "this quotation mark is not closed before the end of the document",
        "a closing quotation mark",
        "close it where the text ends",
        at_context=True,
    ),
    _Problem(
        "found unknown escape character",
        "this escape is unknown",
        r"one of \n \t \" \\ \x41 \u0041",
        r"write `\\` for one backslash, or use single quotation marks",
    ),
    _Problem(
        "expected escape sequence of",
        "this escape has too few hexadecimal digits",
        r"\x41, \u0041 or \U00000041",
        r"write `\\` for one backslash, or use single quotation marks",
    ),
    _Problem(
        "block scalar",
        "this block of text is not written as YAML has it",
        "`|` or `>` at the end of the line, then lines that are indented alike",
        "indent every line of the text by the same spaces, deeper than its key",
    ),
    _Problem("found undefined tag handle", "tags are not allowed", "a plain value", "remove the tag", code="FSM014"),
    _Problem("a tag", "tags are not allowed", "a plain value", "quote a text that begins with `!`", code="FSM014"),
    _Problem(
        "scanning an a",  # an alias, an anchor
        "`&` and `*` begin an anchor or an alias, and a name must follow",
        "a value",
        "put the text in quotation marks",
        at_context=True,
    ),
    _Problem(
        "a plain scalar",
        "a `:` inside a value within brackets",
        "`key: value`, with a space after the colon",
        "put the value in quotation marks if the `:` belongs to it",
    ),
    _Problem(
        "a flow sequence",
        "this `[` is not closed, or a comma is missing after it",
        "`,` or `]`",
        "close the bracket; put values that hold , : [ ] { or } in quotation marks",
        at_context=True,
    ),
    _Problem(
        "a flow mapping",
        "this `{` is not closed, or a comma is missing after it",
        "`,` or `}`",
        "close the bracket; put values that hold , : [ ] { or } in quotation marks",
        at_context=True,
    ),
    _Problem(
        "expected the node content",
        "a value is missing here",
        "a value",
        "look for a bracket or comma too many, or a text that needs quotation marks",
    ),
    _Problem(
        "expected <block end>",
        "this does not go on from the lines above",
        "a line indented like the one that it belongs to",
        "check the indentation, and the brackets and quotation marks above",
    ),
    _Problem(
        "expected '<document start>'",
        "there is more text after the end of the document",
        "one mapping",
        "check the indentation, and the brackets and quotation marks above",
    ),
    _Problem(
        "after document end marker",
        "there is more text after the end of the document",
        "nothing after `...`",
        "remove the line `...`",
    ),
)


def report_problem(problem: Exception, after: int, brackets: Sequence[int], text: Text, findings: Findings) -> None:
    """One finding for what the parser raised.

    `after` is the end of the last piece that was read well, `brackets` where those begin that are still open there.
    """
    if not isinstance(problem, MarkedYAMLError):
        _report_unmarked(after, text, findings)
        return
    marks = (problem.context_mark, problem.problem_mark)
    context, place = (None if mark is None else min(int(mark.index), len(text.text)) for mark in marks)
    at = place if place is not None else context if context is not None else after
    said = f"{problem.problem or ''} {problem.context or ''}"
    char = text.text[at : at + 1]
    if "cannot start any token" in said:
        _report_start(char, at, text, findings)
        return
    if "<stream end>" in said and brackets:
        _report_bracket(brackets[-1], text, findings)
        return
    known = next((entry for entry in _PROBLEMS if entry.piece in said), None)
    if known is None:
        known = _Problem("", "this is not YAML", "YAML 1.2", "check the line, and the indentation and brackets above")
    related = []
    if known.at_context and context is not None and context != at:
        related = [(text.span(at, at + 1), "this is where it no longer fits")]
        at = context
    span = text.span(at, min(at + 1, len(text.text)))
    findings.error(known.code, span, known.message, expected=known.expected, hint=known.hint, related=related)


def _report_start(char: str, at: int, text: Text, findings: Findings) -> None:
    """A character with which no value can begin."""
    span = text.span(at, at + 1)
    if char == "\t":
        findings.error(
            "FSM013",
            span,
            "a tab where YAML allows spaces only",
            expected="spaces",
            hint="replace tabs by spaces; most editors can do so when they save",
        )
        return
    findings.error(
        "FSM012",
        span,
        f"no value can begin with {shortened(char)}",
        expected="a value",
        hint="put the text in quotation marks",
    )


def _report_bracket(at: int, text: Text, findings: Findings) -> None:
    """A bracket that is open at the end of the text."""
    bracket = text.text[at : at + 1]
    closing = {"[": "]", "{": "}"}.get(bracket, "]")
    findings.error(
        "FSM012",
        text.span(at, at + 1),
        f"this `{bracket}` is not closed before the end of the document",
        expected=f"`{closing}`",
        hint="close the bracket; put values that hold , : [ ] { or } in quotation marks",
    )


def _report_unmarked(after: int, text: Text, findings: Findings) -> None:
    """A Python error out of the parser: an escape that is no character, as far as is known."""
    found = _TOO_LARGE_ESCAPE.search(text.text, after)
    if found:
        span, message = text.span(found.start(), found.end()), "this escape stands for no character"
    else:
        span, message = text.span(after, after), "after this place the text is not YAML"
    hint = "write the character itself, and check the line and those after it"
    findings.error("FSM012", span, message, expected="YAML 1.2", hint=hint)


def find_directive(text: Text, findings: Findings) -> bool:
    """Whether a directive other than `%YAML 1.2` stands before the document; FSM015 for the first one."""
    at = 0
    for start in (*text.starts[1:], len(text.text)):
        line = BREAK.sub("", text.text[at:start])
        if line.startswith("%") and not _VERSION.fullmatch(line):
            findings.error(
                "FSM015",
                text.span(at, at + len(line)),
                f"the directive {shortened(line)} is not allowed",
                expected="YAML 1.2 without directives",
                hint="remove the line; what it changes about `yes`, octal numbers or tags does not exist here",
            )
            return True
        if line.strip() and not line.startswith(("%", "#")) and not line.lstrip().startswith("#"):
            return False
        at = start
    return False

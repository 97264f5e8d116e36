"""Codes of the group `expressions`: the text of one expression, before any name in it has a meaning."""

from __future__ import annotations

import json
import textwrap

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code


def _document(guard: str) -> str:
    """The smallest machine with a guard that changes with time; quoted, since some guards are no plain YAML."""
    quoted = json.dumps(guard)
    if len(quoted) > 150:  # in quotation marks YAML reads a line break as a blank
        quoted = "\n        ".join(textwrap.wrap(quoted, 90, break_long_words=False))
    return f"""\
fsm: 1
strategy: {{name: example}}
parameters: {{patience: 5m, limit: 3, strict: true}}
events: {{tick: every(1s)}}
states:
  WAITING:
    on:
      tick: {{if: {quoted}, transition_to: OVER}}
  OVER: {{final: true}}
"""


def _code(code: str, title: str, *, what: str, why: str, bad: str, good: str) -> Code:
    """An error whose examples are guards."""
    return Code(code, Severity.ERROR, title, what, why, _document(bad), _document(good))


CODES: tuple[Code, ...] = (
    _code(
        "FSM201",
        "empty expression",
        what="An expression belongs here, and there is nothing but blanks.",
        why="Nothing could mean always, never or forgotten; the spec has to say which.",
        bad="",
        good="time_in_state > patience",
    ),
    _code(
        "FSM202",
        "expression too long",
        what="An expression has more than 2,000 characters, or more than 400 numbers, names and signs.",
        why="What is so long cannot be read at a glance, and limits keep the checking of any text quick.",
        bad="time_in_state > patience" + " + 30s" * 200,
        good="time_in_state > patience + 6000s",
    ),
    _code(
        "FSM203",
        "expression too deep",
        what="More than 40 operations or brackets stand in one another. Each further term of a long sum counts as well.",
        why="The depth is limited before anything walks the expression; parts with names are easier to read and to test.",
        bad="time_in_state > " + "(" * 41 + "patience" + ")" * 41,
        good="time_in_state > (patience)",
    ),
    _code(
        "FSM204",
        "character that means nothing",
        what="A character stands in the expression that the language does not use.",
        why="Names are ASCII and the operators few, so that every reader sees the same text.",
        bad="time_in_state > @patience",
        good="time_in_state > patience",
    ),
    _code(
        "FSM205",
        "character that only looks right",
        what="A character looks like an ASCII one and is another: a Cyrillic letter, a typographic minus or quote, a fixed blank.",
        why="Two names that look the same would be two things; what was approved must be what runs.",
        bad="time_in_state \u2212 patience > 0s",
        good="time_in_state - patience > 0s",
    ),
    _code(
        "FSM206",
        "invisible character",
        what="A control character, a mark of the text's direction or another invisible character stands in the expression.",
        why="Such characters can make a text look different from what it says.",
        bad="time_in_state\u200b > patience",
        good="time_in_state > patience",
    ),
    _code(
        "FSM207",
        "malformed number",
        what="A number is not written as digits, maybe a point with digits, maybe an exponent, and one of ms s m h d % bp.",
        why="Other notations (`1_000`, `0x10`, `1h30m`) are read in different ways by different tools.",
        bad="time_in_state > 5min",
        good="time_in_state > 5m",
    ),
    _code(
        "FSM208",
        "number out of range",
        what="A number is too large for a double, or so small that it would become zero.",
        why="An infinite or vanished constant would make the guard always or never true without a word.",
        bad="time_in_state > 1e400s",
        good="time_in_state > 1e3s",
    ),
    _code(
        "FSM209",
        "operator of another language",
        what="A sign is an operator elsewhere and none here: `&&`, `||`, `!`, `=`, `<>`, `^`, `?:`, `//`, `%`, ...",
        why="One way to write each operation; the hint gives it.",
        bad="strict && time_in_state > patience",
        good="strict and time_in_state > patience",
    ),
    _code(
        "FSM210",
        "word of another language",
        what="A word is Python's or is written in capitals (`True`, `AND`, `None`, `lambda`, `in`) and has no meaning here.",
        why="Expressions are not Python, though they look alike: there are no loops, lists or functions of one's own.",
        bad="strict AND time_in_state > patience",
        good="strict and time_in_state > patience",
    ),
    _code(
        "FSM211",
        "attribute, index, string or list",
        what="The expression has a `.` after a name, brackets `[ ]` or `{ }`, or quotes.",
        why="Expressions hold numbers, truths and names only: nothing in them can reach into what runs them.",
        bad="time_in_state.seconds > 300",
        good="time_in_state > 300s",
    ),
    _code(
        "FSM212",
        "name with two leading underscores",
        what="A name starts with `__`.",
        why="Such names are kept back, for Python's own and for those that are made when the spec is compiled.",
        bad="time_in_state > __patience",
        good="time_in_state > patience",
    ),
    _code(
        "FSM213",
        "`$` in an expression",
        what="`$name` stands in an expression.",
        why="`$field` puts a field of the `for_each` row into plain text (`symbol: $instrument`); in an expression the "
        "field is a name like any other.",
        bad="time_in_state > $patience",
        good="time_in_state > patience",
    ),
    _code(
        "FSM214",
        "operand missing",
        what="An operator, a comma or a bracket stands where a value must, or the expression ends too early.",
        why="In YAML's `{ }` and `[ ]` a comma that is not quoted cuts an expression in two.",
        bad="strict and time_in_state >",
        good="strict and time_in_state > patience",
    ),
    _code(
        "FSM215",
        "operator missing",
        what="Two values stand side by side.",
        why="Nothing is multiplied or joined without a sign for it.",
        bad="strict time_in_state > patience",
        good="strict and time_in_state > patience",
    ),
    _code(
        "FSM216",
        "bracket without its other half",
        what="A bracket is never closed, or was never opened.",
        why="Where it belongs changes what the expression means. In YAML's `{ }` and `[ ]` a comma that is not quoted "
        "cuts a call in two.",
        bad="(strict and time_in_state > patience",
        good="(strict and time_in_state > patience)",
    ),
    _code(
        "FSM217",
        "`if` and `else` do not match",
        what="A conditional lacks its `else` or its `if`, or stands without brackets in the condition of another.",
        why="Every expression has a value, so both branches are needed.",
        bad="time_in_state > (patience if strict)",
        good="time_in_state > (patience if strict else 1h)",
    ),
    _code(
        "FSM218",
        "exponent that is not allowed",
        what="What stands after `**` is not a plain number between -16 and 16 that is a multiple of 0.5.",
        why="Constant powers become multiplications and square roots, which give the same bits in both engines.",
        bad="limit ** limit > 9 and time_in_state > patience",
        good="limit ** 3 > 9 and time_in_state > patience",
    ),
    _code(
        "FSM219",
        "arguments out of order",
        what="A keyword argument is given twice, is no name, or stands before an argument without a keyword.",
        why="Which value goes where must be plain.",
        bad="clamp(x=limit, 1, 5) > 2 and time_in_state > patience",
        good="clamp(limit, 1, 5) > 2 and time_in_state > patience",
    ),
    _code(
        "FSM220",
        "call of what is no function",
        what="`(` follows a number, a bracket or a whole call.",
        why="Only functions of the catalog can be called, by their names; a product needs its `*`.",
        bad="time_in_state > 2(patience)",
        good="time_in_state > 2 * (patience)",
    ),
    _code(
        "FSM221",
        "comma outside a call",
        what="A comma stands where no arguments are listed.",
        why="An expression is one value, and digits are not grouped.",
        bad="limit < 1,000 and time_in_state > patience",
        good="limit < 1000 and time_in_state > patience",
    ),
    _code(
        "FSM222",
        "`not` after an operator that binds more",
        what="`not` stands right after a comparison or an arithmetic sign.",
        why="`a == not b` would have to be read against the order of the operators; brackets say what is meant.",
        bad="strict == not strict or time_in_state > patience",
        good="strict == (not strict) or time_in_state > patience",
    ),
    _code(
        "FSM223",
        "plus sign before a value",
        what="`+` stands before a value and joins nothing.",
        why="It changes nothing, so it is a slip, as often as not for an operator that got lost.",
        bad="time_in_state > +patience",
        good="time_in_state > patience",
    ),
)

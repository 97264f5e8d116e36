"""Findings for people: the layout, and that no text of a spec can break out of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsmtrader.cli.render import render_text
from fsmtrader.cli.render.excerpt import excerpt, lines_of
from fsmtrader.diagnostics import Diagnostic, Severity, Span


def finding(span: Span, message: str = "wrong", **more: object) -> Diagnostic:
    return Diagnostic("FSM999", Severity.ERROR, message, span, **more)  # type: ignore[arg-type]


def plain(diagnostics: list[Diagnostic], sources: dict[str, str], width: int = 80) -> str:
    return render_text(diagnostics, sources, color=False, width=width)


def test_a_finding_with_everything() -> None:
    source = "fsm: 1\nobserve:\n  P_t: mrk(L)\n"
    found = Diagnostic(
        "FSM301",
        Severity.ERROR,
        "there is no function `mrk`",
        Span("band.yml", 3, 8, 3, 11),
        expected="a function of the catalog",
        hint="did you mean `mark`?",
        related=((Span("band.yml", 1, 1, 1, 4), "because of this"),),
    )
    assert plain([found], {"band.yml": source}) == (
        "error[FSM301]: there is no function `mrk`\n"
        " --> band.yml:3:8\n"
        "  |\n"
        "3 |   P_t: mrk(L)\n"
        "  |        ^^^\n"
        "  = expected: a function of the catalog\n"
        "  = hint: did you mean `mark`?\n"
        " ::: band.yml:1:1: because of this\n"
        "  |\n"
        "1 | fsm: 1\n"
        "  | ---\n"
    )


def test_the_gutter_is_as_wide_as_the_longest_line_number() -> None:
    source = "\n" * 99 + "abc\n"
    found = finding(Span("a", 100, 2, 100, 3), related=((Span("b", 7, 1, 7, 1), "there"),))
    assert plain([found], {"a": source}) == (
        "error[FSM999]: wrong\n   --> a:100:2\n    |\n100 | abc\n    |  ^\n   ::: b:7:1: there\n"
    )


def test_a_warning_without_a_source_and_an_empty_line_between_findings() -> None:
    first = Diagnostic("FSM998", Severity.WARNING, "odd", Span("a", 1, 1, 1, 1))
    assert plain([first, finding(Span("a", 2, 1, 2, 2))], {}) == (
        "warning[FSM998]: odd\n --> a:1:1\n\nerror[FSM999]: wrong\n --> a:2:1\n"
    )
    assert plain([], {}) == ""


@pytest.mark.parametrize(
    ("line", "span", "text", "indent", "length"),
    [
        ("a\tbc", (3, 5), "a   bc", 4, 2),  # a tab fills up to column 4
        ("\ta", (1, 2), "    a", 0, 4),
        ("漢字x", (3, 4), "漢字x", 4, 1),  # wide characters take two columns
        ("e\u0301x", (3, 4), "e\u0301x", 1, 1),  # a combining accent takes none
        ("a\x1b[31mb", (7, 8), "a\\u{1b}[31mb", 11, 1),
        ("a\u202eb", (2, 3), "a\\u{202e}b", 1, 8),
        ("abc", (4, 4), "abc", 3, 1),  # just after the end
        ("abc", (9, 12), "abc", 3, 1),  # beyond it
        ("", (1, 1), "", 0, 1),
    ],
)
def test_marks_stand_under_what_they_mark(
    line: str, span: tuple[int, int], text: str, indent: int, length: int
) -> None:
    shown = excerpt(line, Span("f", 1, span[0], 1, span[1]), 60)
    assert (shown.text, shown.indent, shown.length) == (text, indent, length)


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    shown = excerpt("  on: [a,   ", Span("f", 1, 3, 4, 2), 60)
    assert (shown.text, shown.indent, shown.length) == ("  on: [a,   ", 2, 7)


def test_a_long_line_is_cut_around_the_mark() -> None:
    line = "x" * 500 + "BAD" + "y" * 500
    shown = excerpt(line, Span("f", 1, 501, 1, 504), 40)
    assert len(shown.text) == 40
    assert shown.text.startswith("…x") and shown.text.endswith("y…")
    assert shown.text[shown.indent : shown.indent + shown.length] == "BAD"


def test_the_end_of_a_long_line_shows_what_is_before_it() -> None:
    line = "x" * 500 + "BAD"
    shown = excerpt(line, Span("f", 1, 501, 1, 504), 40)
    assert shown.text.endswith("xBAD") and len(shown.text) >= 38
    assert shown.text[shown.indent : shown.indent + shown.length] == "BAD"


def test_a_mark_longer_than_the_room_is_cut_too() -> None:
    shown = excerpt("ab" + "c" * 200, Span("f", 1, 3, 1, 203), 30)
    assert shown.text.startswith("abccc") and shown.text.endswith("c…")
    assert shown.indent + shown.length <= 30


def test_lines_are_counted_as_the_readers_count_them() -> None:
    source = "one\r\ntwo\rthree\nfour\u2028still four\x0bhere"
    assert lines_of(source) == ["one", "two", "three", "four\u2028still four\x0bhere"]


def test_of_many_findings_of_one_code_in_a_file_the_first_are_shown_and_the_rest_counted() -> None:
    many = [finding(Span("a", line, 1, line, 2)) for line in range(1, 1024)]
    other = finding(Span("b", 1, 1, 1, 2))
    shown = plain([*many, other], {"a": "x\n" * 1023})
    assert shown.count("error[FSM999]") == 21
    assert "--> a:20:1" in shown and "--> a:21:1" not in shown and "--> b:1:1" in shown
    assert shown.endswith("\n\n… and 1,003 more of FSM999 in a\n")


def test_messages_cannot_pass_for_other_findings_or_steer_the_terminal() -> None:
    hostile = "x\nerror[FSM000]: fake\x1b[2J\x07\x9b\r\u202e"
    shown = plain([finding(Span("a\x1b]0;t\x07\nb", 1, 1, 1, 2), hostile, hint=hostile)], {})
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert [line for line in shown.splitlines() if line.startswith("error")] == ["error[FSM999]: x"]


def test_colour_comes_from_us_only() -> None:
    found = finding(Span("f", 1, 1, 1, 4), "[bold]m[/bold] :smile: https://x.y", hint="[red]h[/]")
    source = {"f": "[red]abc[/red] 1 'text' :smile:\x1b[31m"}
    colored = render_text([found], source, color=True, width=80)
    assert "\x1b[1;31merror[FSM999]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain([found], source)


def test_colour_does_not_wrap_or_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    found = finding(Span("f", 1, 1, 1, 4), "m" * 300)
    assert "m" * 300 in render_text([found], {}, color=True, width=80)
    assert "\x1b[" in render_text([found], {}, color=True, width=80)


@given(
    st.text(max_size=60),
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(1, 3),
    st.integers(1, 80),
)
def test_any_text_at_any_place_is_shown_safely(text: str, start: int, end: int, line: int, width: int) -> None:
    found = finding(
        Span("f", line, start, line, end), text, expected=text, hint=text, related=((Span("f", 1, end, 2, 1), text),)
    )
    shown = plain([found], {"f": text}, width)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    shown.encode()


@given(st.text("ab\t漢\u0301\x1b", max_size=60), st.integers(1, 70), st.integers(0, 20), st.integers(8, 40))
def test_an_excerpt_keeps_to_its_room(line: str, start: int, length: int, room: int) -> None:
    shown = excerpt(line, Span("f", 1, start, 1, start + length), room)
    assert shown.length >= 1
    assert shown.indent <= room
    if "\x1b" not in line:  # an escape is never split, so one may stand out
        assert shown.indent + shown.length <= room + 3

"""Findings as data for tools: JSON, SARIF, GitHub's commands, JUnit."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st

from fsmtrader.cli.render import render_github, render_json, render_junit, render_sarif
from fsmtrader.diagnostics import Diagnostic, Severity, Span
from fsmtrader.diagnostics.codes import table
from fsmtrader.diagnostics.pages import page

ERROR = Diagnostic(
    "FSM301",
    Severity.ERROR,
    "there is no function `mrk`",
    Span("specs/a b.yml", 3, 8, 3, 11),
    expected="a function",
    hint="did you mean `mark`?",
    related=((Span("specs/a b.yml", 1, 1, 1, 4), "see here"),),
)
WARNING = Diagnostic("FSM402", Severity.WARNING, "50%, or: so\nit is", Span("b.yml", 1, 2, 4, 1))
SOURCES = {"specs/a b.yml": "fsm: 1\nobserve:\n  P_t: mrk(L)\n", "b.yml": "x: 1\n", "good.yml": "fsm: 1\n"}


def test_json() -> None:
    report = json.loads(render_json([ERROR, WARNING], SOURCES))
    assert list(report) == ["version", "findings", "counts"]
    assert report["version"] == 1
    assert report["counts"] == {"errors": 1, "warnings": 1, "files": 3}
    assert report["findings"][0] == {
        "code": "FSM301",
        "severity": "error",
        "message": "there is no function `mrk`",
        "expected": "a function",
        "hint": "did you mean `mark`?",
        "file": "specs/a b.yml",
        "line": 3,
        "column": 8,
        "end_line": 3,
        "end_column": 11,
        "related": [
            {"message": "see here", "file": "specs/a b.yml", "line": 1, "column": 1, "end_line": 1, "end_column": 4}
        ],
    }
    assert json.loads(render_json([], {}))["counts"] == {"errors": 0, "warnings": 0, "files": 0}


def test_sarif() -> None:
    report = json.loads(render_sarif([ERROR, WARNING, ERROR], SOURCES))
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["FSM301", "FSM402"]
    assert [(r["ruleId"], r["ruleIndex"], r["level"]) for r in run["results"]] == [
        ("FSM301", 0, "error"),
        ("FSM402", 1, "warning"),
        ("FSM301", 0, "error"),
    ]
    first = run["results"][0]
    assert first["message"]["text"] == "there is no function `mrk`\nexpected: a function\nhint: did you mean `mark`?"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "specs/a%20b.yml"},
                "region": {"startLine": 3, "startColumn": 8, "endLine": 3, "endColumn": 11},
            }
        }
    ]
    assert first["relatedLocations"][0]["message"] == {"text": "see here"}
    assert [a["location"]["uri"] for a in run["artifacts"]] == ["b.yml", "good.yml", "specs/a%20b.yml"]


def test_sarif_carries_the_page_of_each_code() -> None:
    """A viewer shows it where it stands; there is no address that would be right for everybody."""
    (rule, _) = json.loads(render_sarif([ERROR, WARNING], SOURCES))["runs"][0]["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == page(table()["FSM301"])
    assert table()["FSM301"].why in rule["help"]["text"]


def test_sarif_names_absolute_files_by_a_uri() -> None:
    absolute = Diagnostic("FSM301", Severity.ERROR, "m", Span("/a b/c.yml", 1, 1, 1, 1))
    result = json.loads(render_sarif([absolute], {}))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///a%20b/c.yml"


def test_github() -> None:
    assert render_github([ERROR, WARNING], SOURCES) == (
        "::error file=specs/a b.yml,line=3,endLine=3,col=8,endColumn=11,title=FSM301"
        "::there is no function `mrk`%0Aexpected: a function%0Ahint: did you mean `mark`?\n"
        "::warning file=b.yml,line=1,endLine=4,title=FSM402::50%25, or: so%0Ait is\n"
    )


def test_github_properties_are_escaped() -> None:
    odd = Diagnostic("FSM301", Severity.ERROR, "m", Span("a:b,c%\n::error::x", 1, 1, 1, 2))
    assert render_github([odd], {}) == (
        "::error file=a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3Ax,line=1,endLine=1,col=1,endColumn=2,title=FSM301::m\n"
    )


def test_junit() -> None:
    root = Xml.fromstring(render_junit([ERROR, WARNING], SOURCES))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    cases = {case.get("name"): case for case in suite}
    assert list(cases) == ["b.yml", "good.yml", "specs/a b.yml"]
    failure = cases["specs/a b.yml"].find("failure")
    assert failure is not None and failure.text is not None
    assert failure.get("message") == "FSM301 there is no function `mrk`"
    assert failure.text.startswith("error[FSM301]: there is no function `mrk`\n")
    assert cases["b.yml"].find("failure") is None and cases["b.yml"].find("system-out") is not None
    assert len(cases["good.yml"]) == 0


def test_junit_counts_warnings_when_strict() -> None:
    (suite,) = Xml.fromstring(render_junit([ERROR, WARNING], SOURCES, strict=True))
    assert suite.get("failures") == "2"


@given(st.text(max_size=40))
def test_any_text_gives_what_the_tools_can_read(text: str) -> None:
    odd = Diagnostic(
        "FSM301", Severity.ERROR, text, Span(text or "f", 1, 1, 1, 2), text, text, ((Span(text, 1, 1, 2, 1), text),)
    )
    sources = {text or "f": text}
    assert json.loads(render_json([odd], sources))["findings"][0]["message"] == text
    assert json.loads(render_sarif([odd], sources))["runs"][0]["results"]
    Xml.fromstring(render_junit([odd], sources).encode())
    github = render_github([odd], sources)
    assert github.count("\n") == 1 and github.isascii() >= text.isascii()

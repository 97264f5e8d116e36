"""The state diagram: what Mermaid cannot draw or would misread is written so that it can."""

from __future__ import annotations

import builtins
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmtrader.diagnostics import UsageError
from fsmtrader.diagnostics.visible import visible
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import Source
from fsmtrader.views.diagram import formula, label, mermaid, svg

ROOT = Path(__file__).parents[2]
SPECS = sorted([*(ROOT / "examples").glob("*.yml"), *(ROOT / "specs").glob("*.yml")])
HOSTILE = st.text(st.sampled_from(list(";:#%{}[]<>&\"'`*_-|/\\\n abcé\x1b\u202e$()")), min_size=1, max_size=30)

FRAME = """
fsm: 1
strategy: {{name: t}}
accounts: {{main: {{exchange: binanceusdm}}}}
legs: {{X: {{account: main, symbol: BTC/USDT:USDT}}}}
events: {{tick: price(X)}}
variables: {{n: {{initial: 0}}}}
{rest}
"""
ODD = """states:
  NOTE: {on: {tick: {if: mark(X) > 1 and n < 2, transition_to: constructor, because: "x; --> [*] %% \\"q\\" <b>é</b>: {a}"}}}
  constructor: {on: {tick: {transition_to: toString}}}
  toString: {on: {tick: {transition_to: END}}}
  END: {on: {tick: {do: {n: n + 1}, transition_to: NOTE}}}
"""
PARENTS = """states:
  ON:
    on:
      exit: {transition_to: OFF}
      tick: {if: mark(X) > 9, transition_to: B}
      resume: {do: {n: 0}}
    states:
      A: {on: {tick: {if: mark(X) > 1, transition_to: B}}}
      B: {orders: none, after: {5m: {transition_to: A}}}
  OFF: {final: true}
"""


def program_of(rest: str) -> Program:
    return check(Source("spec.yml", FRAME.format(rest=rest).encode())).require()


def test_parents_are_frames_and_their_rows_are_drawn_where_mermaid_can() -> None:
    lines = [line.strip() for line in mermaid(program_of(PARENTS)).splitlines()]
    assert lines[:4] == ["stateDiagram-v2", "[*] --> ON", "state ON {", "[*] --> A"]
    assert "ON --> OFF : exit" in lines and "OFF --> [*]" in lines and "B : orders none" in lines
    assert "A --> B : tick [mark(X) #62; 9]" in lines and "B --> B : tick [mark(X) #62; 9]" in lines
    assert "A --> A : resume / n = 0" in lines and "B --> B : resume / n = 0" in lines
    assert "B --> A : after 5m" in lines


def test_names_that_mean_something_in_mermaid_get_another() -> None:
    text = mermaid(program_of(ODD))
    assert 'state "NOTE" as s_NOTE' in text and 'state "constructor" as s_constructor' in text
    assert "s_NOTE --> s_constructor" in text and 'state "toString" as s_toString' in text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a; b", "a#59; b"),
        ("x --> y", "x --#62; y"),
        ("%% no comment", "#37;#37; no comment"),
        ("a\n\tb", "a b"),
        ("#35;", "#35;35#59;"),
        ("\x1b[2J", "#92;u#123;1b#125;[2J"),
        ("é", "é"),
    ],
)
def test_labels_are_text(written: str, shown: str) -> None:
    assert label(written) == shown


def test_long_labels_are_cut() -> None:
    assert label("a" * 200, longest=10) == "a" * 9 + "#8230;"


def test_formulas_wear_the_signs_of_mathematics() -> None:
    assert formula("a ** 2 * b >= c and d != e") == "a^2 · b ≥ c and d ≠ e"


def test_one_region_of_several() -> None:
    program = program_of(
        "regions:\n  r: {states: {A: {on: {tick: {do: {n: n + 1}}}}}}\n  s: {states: {B: {on: {tick: {do: {qX: 1}}}}}}\n"
    )
    whole = mermaid(program)
    assert 'state "r" as r0 {' in whole and 'state "s" as r1 {' in whole and "r1_B --> r1_B" in whole
    assert mermaid(program, "s") == "stateDiagram-v2\n    [*] --> B\n    B --> B : tick / qX = 1\n"
    with pytest.raises(UsageError, match="the regions are r, s"):
        mermaid(program, "other")


@pytest.mark.parametrize("rest", [ODD, PARENTS], ids=["odd", "parents"])
def test_mermaid_draws_it(rest: str) -> None:
    pytest.importorskip("mermaidx")
    picture = svg(mermaid(program_of(rest)))
    assert picture.lstrip().startswith("<svg") and "<b>é</b>" not in picture


@given(HOSTILE)
def test_a_label_can_be_read_back(text: str) -> None:
    """What Mermaid makes of the codes is the text on one line, and nothing else in it has a meaning."""
    shown = label(text)
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), shown) == visible(" ".join(text.split()))
    assert not re.search(r"[:{}<>&\"`*%\n]", shown)


@settings(max_examples=10)
@given(HOSTILE)
def test_mermaid_draws_any_label(text: str) -> None:
    mermaidx = pytest.importorskip("mermaidx")
    picture = mermaidx.render(f"stateDiagram-v2\n    A --> B : tick ({label(text)})\n    B : x {label(text)}\n").svg()
    assert len(re.findall(r'class="node +statediagram-state"', picture)) == 2


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_can_be_drawn(path: Path) -> None:
    pytest.importorskip("mermaidx")
    assert svg(mermaid(check(Source(path.name, path.read_bytes())).require())).lstrip().startswith("<svg")


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: object, **settings: object) -> object:
        if name == "mermaidx":
            raise ImportError(name)
        return real(name, *rest, **settings)  # type: ignore[arg-type]  # passed through

    monkeypatch.delitem(sys.modules, "mermaidx", raising=False)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"pip install 'fsmtrader\[diagram\]'"):
        svg("stateDiagram-v2\n")

"""Hints for departures from the shape: what mends them, in the user's own words."""

from __future__ import annotations

import time

import pytest

from fsmtrader.cli.render import render_json, render_text
from fsmtrader.diagnostics import Diagnostic
from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source


def found(text: str) -> list[Diagnostic]:
    return [item for item in check(Source("t.yml", text.encode())).diagnostics if item.code.startswith("FSM1")]


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("states: {A: {on: {t: {transition_to:B}}}}", "FSM101", "put a blank after the colon: `transition_to: B`"),
        ("leverage: 3", "FSM101", "`leverage` belongs in an account: `accounts: {NAME: {leverage: …}}`"),
        ("legs: {X: {variables: 3}}", "FSM101", "`variables` belongs in the document itself: write it at the start "
         "of a line"),
        ("states: {A: {t: {if: a}}}", "FSM101", "an event stands under `on`: `on: {t: …}`"),
        ("FLAT: {on: {t: {do: a}}}", "FSM101", "a state stands under `states`: write `FLAT` two blanks further "
         "right, below `states:`"),
        ("initial_state: A", "FSM101", "the first state is the initial one; another says `initial: true` itself"),
        ("qwerty: 1", "FSM101", "delete it, or write one of the keys that may stand here"),
        ("variables: [n]", "FSM104", "write `key: value` lines without the dashes, as in `variables: {count: "
         "{initial: 0}}`"),
        ("variables: {v: }", "FSM104", "write {initial: 0}"),
        ("variables: {v: 7}", "FSM104", "write {initial: 7}"),
        ("checks: {error: a}", "FSM104", "begin each entry with a dash and a blank, as in `checks: [{error: low < "
         "high}]`"),
        ("states: {A: {on: {t: B}}}", "FSM104", "write a row: `t: {transition_to: B}`, with `if` and `do` as needed"),
        ("states: {A: {on: {t: {transition_to: [B]}}}}", "FSM104", "write `B`, without [ ] or a dash"),
        ("states: {A: {orders: sell}}", "FSM105", "write `none`, `reduce` or `any`"),
        ("tests: [{name: a, when: [{times: 0}]}]", "FSM105", "write 1 or a larger number"),
        ("states: {A: {enter: qX = 0}}", "FSM106", "write `{qX: 0}`"),
        ('states: {A: {on: {t: {transition_to: ""}}}}', "FSM106", "write the name, or delete `transition_to`"),
        ("lots: {p: {legs: [X]}}", "FSM108", "name at least 2"),
        ("states: {}", "FSM108", "declare a state: `states: {IDLE: {}}`"),
        ("quotes: {b: {leg: X, side: buy, price: 1}}", "FSM110", "add `quantity: 0.01`"),
    ],
)  # fmt: skip
def test_each_departure_says_how_to_mend_it(text: str, code: str, hint: str) -> None:
    (one,) = found(f"fsm: 1\n{text}\n")
    assert (one.code, one.hint) == (code, hint)


def test_a_word_of_another_language_is_not_taken_for_one_that_looks_like_it() -> None:
    (one,) = found("fsm: 1\ntransitions: []\nstates: {A: {}}\n")
    assert one.hint.startswith("rows stand in the state that they leave")


def test_thousands_of_unknown_keys_are_found_quickly_and_shown_in_one_screen() -> None:
    text = "fsm: 1\n" + "".join(f"key{number}: 1\n" for number in range(9000))
    start = time.process_time()
    result = check(Source("t.yml", text.encode()))
    as_json = render_json(result.diagnostics, result.sources)
    as_text = render_text(result.diagnostics, result.sources, color=False, width=100)
    assert time.process_time() - start < 4, "twice what a slow machine takes; it was quadratic once"
    assert as_json.count('"FSM101"') == 9000
    assert as_text.count("error[FSM101]") == 20
    assert as_text.endswith("… and 8,980 more of FSM101 in t.yml\n")


HEAD = """fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: [price(X)]}
"""


def findings(text: str) -> list[tuple[str, int, int, str]]:
    """Code, line, column and hint of all that is found in a spec that begins with the four lines above."""
    return [
        (item.code, item.span.line, item.span.column, item.hint)
        for item in check(Source("t.yml", (HEAD + text).encode())).diagnostics
    ]


def states(row: str) -> str:
    return f"states:\n  A: {{on: {{tick: {row}}}}}\n  B: {{final: true}}\n"


def test_a_row_without_its_event_is_one_finding() -> None:
    text = "states:\n  A:\n    on:\n      if: mark(X) > 3\n      transition_to: B\n  B: {final: true}\n"
    assert findings(text) == [("FSM114", 8, 7, "name the event first: `on: {tick: {if: …}}`")]


def test_after_under_on_is_one_finding() -> None:
    text = "states:\n  A: {on: {after: {5m: {transition_to: B}}}}\n  B: {final: true}\n"
    hint = "write `after` beside `on`, as far to the left: `after: {5m: {transition_to: STATE}}`"
    assert findings(text) == [("FSM114", 6, 12, hint)]


def test_an_event_may_be_called_after() -> None:
    text = "states: {A: {on: {after: {transition_to: B}}}, B: {final: true}}\n"
    declared = HEAD.replace("tick", "after") + text
    assert check(Source("t.yml", declared.encode())).diagnostics == ()


@pytest.mark.parametrize(
    ("row", "code", "hint"),
    [
        ("{if: time_in_state > 5 min, transition_to: B}", "FSM215", "write `5m`"),
        ("{if: time_in_state > 10 sec, transition_to: B}", "FSM215", "write `10s`"),
        ("{if: time_in_state > 1 Hour, transition_to: B}", "FSM215", "write `1h`"),
        ("{if: mark(X) > 50000 USD, transition_to: B}", "FSM215", "a number has no currency or unit behind it: "
         "write `50000`"),
        ("{if: mark(X) > $50000, transition_to: B}", "FSM213", "write `50000`"),
        ("{if: !(qX < 1), transition_to: B}", "FSM014", "write `not` for `!`, or remove the tag; put a text that "
         "begins with `!` in quotation marks"),
        ('{transition_to: ""}', "FSM106", "write the name, or delete `transition_to`"),
        ("{transition_to: go-long}", "FSM106", "write `go_long`"),
    ],
)  # fmt: skip
def test_one_mistake_in_a_row_is_one_finding(row: str, code: str, hint: str) -> None:
    assert [(item[0], item[3]) for item in findings(states(row))] == [(code, hint)]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e400"])
def test_a_number_that_is_none_is_one_finding(value: str) -> None:
    text = f"parameters: {{low: {value}}}\n" + states("{if: mark(X) > low, transition_to: B}")
    assert [item[0] for item in findings(text)] == ["FSM023"]


def test_a_truth_in_the_words_of_yaml_1_1_is_one_finding() -> None:
    text = states("{transition_to: B}").replace("final: true", "final: yes")
    assert findings(text) == [("FSM104", 7, 14, "write `true`, without quotes")]


def test_version_in_place_of_fsm_is_one_finding() -> None:
    text = (HEAD + states("{transition_to: B}")).replace("fsm: 1", "version: 1")
    (one,) = check(Source("t.yml", text.encode())).diagnostics
    assert (one.code, one.hint) == ("FSM102", "write `fsm` for `version`")


def test_one_state_of_a_level_is_the_initial_one() -> None:
    text = "states:\n  A: {initial: true, on: {tick: {transition_to: B}}}\n  B: {initial: true, final: true}\n"
    assert findings(text) == [("FSM115", 7, 3, "delete one of the two `initial: true`")]


def test_each_region_and_each_parent_has_an_initial_state_of_its_own() -> None:
    inner = "{states: {A1: {initial: true, on: {tick: {transition_to: B1}}}, B1: {final: true}}, initial: true}"
    text = f"regions:\n  one: {{states: {{P: {inner}}}}}\n  two: {{states: {{Q: {inner.replace('1:', '2:')}}}}}\n"
    assert "FSM115" not in [item[0] for item in findings(text)]


def test_rows_of_a_final_state_are_never_looked_at() -> None:
    text = states("{transition_to: B}").replace("final: true", "final: true, after: {5m: {transition_to: A}}")
    hint = "delete `final: true` if the machine goes on from `B`, else delete `after`"
    assert findings(text) == [("FSM116", 7, 20, hint)]

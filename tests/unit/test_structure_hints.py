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

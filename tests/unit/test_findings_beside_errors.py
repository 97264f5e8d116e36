"""An error neither hides other mistakes nor makes findings that vanish with it."""

from __future__ import annotations

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

HEAD = """fsm: 1
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: [price(X)]}
"""


def findings(text: str) -> list[tuple[str, str]]:
    """Code and hint of all that is found in a spec that begins with the four lines above."""
    return [(item.code, item.hint) for item in check(Source("t.yml", (HEAD + text).encode())).diagnostics]


def states(row: str, more: str = "") -> str:
    return f"states:\n  A: {{on: {{tick: {row}}}}}\n  B: {{final: true}}\n{more}"


def test_a_misspelt_action_is_not_reported_as_never_started() -> None:
    text = "actions: {buy_it: {qX: 1}}\n" + states("{do: buyit, transition_to: B}")
    assert findings(text) == [("FSM505", "did you mean buy_it?")]


def test_an_action_that_nothing_starts_is_reported_beside_another_error() -> None:
    text = "actions: {buy_it: {qX: 1}}\n" + states("{if: mrk(X) > 1, transition_to: B}")
    assert [code for code, _ in findings(text)] == ["FSM510", "FSM303"]


def test_a_guard_with_an_error_does_not_hide_a_state_that_nothing_reaches() -> None:
    text = states("{if: mrk(X) > 1, transition_to: B}", "  LOST: {final: true}\n")
    assert findings(text) == [
        ("FSM303", "did you mean mark?"),
        ("FSM516", "add `transition_to: LOST` somewhere, or delete the state"),
    ]


def test_the_move_of_a_row_with_an_error_counts() -> None:
    text = states("{if: mrk(X) > 1, transition_to: C}", "  C: {on: {tick: {if: mrk(X) > 2, transition_to: B}}}\n")
    assert [code for code, _ in findings(text)] == ["FSM303", "FSM303"]


def test_a_target_that_is_none_makes_no_state_unreachable() -> None:
    assert [code for code, _ in findings(states("{transition_to: Bb}"))] == ["FSM501"]


def test_a_state_that_cannot_be_left_is_reported_beside_an_error() -> None:
    text = states("{if: mrk(X) > 1, transition_to: B}").replace("{final: true}", "{}")
    assert [code for code, _ in findings(text)] == ["FSM303", "FSM517"]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("{if: A == B, transition_to: B}", ("FSM403", "write `mode == B`: `mode` is the state that the machine is in")),
        ("{if: price(X) > 3, transition_to: B}", ("FSM303", "did you mean mark?")),
        ("{if: close > 3, transition_to: B}", ("FSM301", "write mark(L)")),
        ("{do: buy, transition_to: B}", ("FSM505", "set the quantity that the leg is to have: `{qX: 0.01}` (0 closes "
         "it)")),
        ("{do: {buy: 1}, transition_to: B}", ("FSM504", "set the quantity that the leg is to have: `{qX: 0.01}` (0 "
         "closes it)")),
        ("{do: qX = 1, transition_to: B}", ("FSM106", "write `{qX: 1}`")),
    ],
)  # fmt: skip
def test_words_of_the_trade_are_understood(row: str, found: tuple[str, str]) -> None:
    assert findings(states(row)) == [found]


def test_what_a_section_of_a_wrong_kind_would_have_declared_is_not_missed() -> None:
    text = HEAD.replace("{X: {account: main, symbol: BTC/USDT:USDT}}", "[X]")
    text += states("{if: mark(X) > 1, do: {qX: 1}, transition_to: B}")
    assert [item.code for item in check(Source("t.yml", text.encode())).diagnostics] == ["FSM104"]


def test_the_pieces_of_a_name_that_is_none_are_not_missed() -> None:
    text = "parameters: {buy-below: 5}\n" + states("{if: mark(X) < buy-below, transition_to: B}")
    assert findings(text) == [("FSM106", "write `buy_below`")]


def test_other_unknown_names_are_found_beside_a_name_that_is_none() -> None:
    text = "parameters: {buy-below: 5}\n" + states("{if: mark(X) < sell_above, transition_to: B}")
    assert [code for code, _ in findings(text)] == ["FSM106", "FSM301"]


def test_an_account_is_declared_where_there_is_none() -> None:
    text = HEAD.replace("accounts: {main: {exchange: binanceusdm}}\n", "") + states("{transition_to: B}")
    found = check(Source("t.yml", text.encode())).diagnostics
    assert ("FSM306", "declare it: `accounts: {main: {exchange: binanceusdm}}`") in [(f.code, f.hint) for f in found]

"""Names: one flat space, scopes of regions and rows, circles, the vocabulary name by name."""

from __future__ import annotations

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import Source

LEGS = (
    "fsm: 1\naccounts: {main: {exchange: binanceusdm, position_mode: hedge}}\nlegs:\n"
    "  L: {account: main, symbol: BTC/USDT:USDT, side: long}\n"
    "  S: {account: main, symbol: BTC/USDT:USDT, side: short}\n"
)


def machine(guard: str) -> str:
    return f"states:\n  ACTIVE: {{on: {{price_update: {{if: '{guard}', transition_to: EXIT}}}}}}\n  EXIT: {{final: true}}\n"


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(Source("spec.yml", text.encode())).diagnostics]


def program(text: str) -> Program:
    return check(Source("spec.yml", text.encode())).require()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("parameters: {ACTIVE: 1}\n", "FSM302"),  # a state's name
        ("parameters: {qL: 1}\n", "FSM302"),  # a leg brings it
        ("parameters: {L: 1}\n", "FSM302"),
        ("parameters: {main: 1}\n", "FSM302"),
        ("parameters: {now: 1}\n", "FSM302"),
        ("parameters: {a: 1}\nvariables: {a: {initial: 0}}\n", "FSM302"),
        ("parameters: {fast: 1, law: {value: fast, one_of: [fast, slow]}}\n", "FSM302"),  # an enumerator
        ("parameters: {sell: 1}\n", "FSM310"),
        ("parameters: {not: 1}\n", "FSM310"),
        ("parameters: {time_in_state: 1}\n", "FSM310"),
        ("parameters: {a: a + 1}\n", "FSM305"),
        ("parameters: {a: b, b: c, c: a}\n", "FSM305"),
        ("observe: {a: b + 1, b: a - 1}\n", "FSM305"),
        ("variables: {a: {initial: b}, b: {initial: 2 * a}}\n", "FSM305"),
    ],
)
def test_a_name_means_one_thing_and_ends(more: str, code: str) -> None:
    found = codes(LEGS + more + machine("mark(L) > 100"))
    assert set(found) == {code}


def test_words_of_two_enumerations_may_be_the_same() -> None:
    more = "parameters: {a: {value: on_it, one_of: [on_it, off_it]}, b: {value: off_it, one_of: [on_it, off_it]}}\n"
    assert codes(LEGS + more + machine("a == b")) == []


def test_a_region_reads_its_own_row_and_names_its_instances_by_key() -> None:
    text = LEGS + (
        "regions:\n  maker:\n    for_each: [{side: buy, s: -1}, {side: sell, s: 1}]\n"
        "    variables: {fails: {initial: 0}}\n    observe: {wish: 'touch(L, side) + s * fails'}\n"
        "    states:\n      OPEN: {on: {price_update: {if: wish > 100, do: {fails: fails + 1}}}}\n"
    )
    made = program(text)
    assert [region.name for region in made.regions] == ["maker.buy", "maker.sell"]
    assert [variable.name for variable in made.variables] == ["fails.buy", "fails.sell"]
    assert {query.text for query in made.queries} == {"touch(L, buy)", "touch(L, sell)"}


def test_a_name_of_a_region_is_not_known_outside_it() -> None:
    text = LEGS + (
        "regions:\n  one:\n    observe: {mine: mark(L)}\n    states: {A: {}}\n"
        "  two:\n    states:\n      B: {on: {price_update: {if: mine > 100, transition_to: C}}}\n      C: {final: true}\n"
    )
    assert codes(text) == ["FSM301"]


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ("{side: buy, s: 1}, {side: sell}", 1),  # lacks s
        ("{side: buy, s: 1}, {side: buy, s: 2}", 1),  # one key twice
        ("{side: buy, s: 1}, {side: sell, s: 1}", 0),
    ],
)
def test_rows_have_the_same_fields_and_different_keys(rows: str, count: int) -> None:
    text = LEGS + f"regions:\n  maker:\n    for_each: [{rows}]\n    states: {{A: {{}}}}\n"
    assert codes(text) == ["FSM308"] * count


VOCABULARY = {
    "P_t": "P_t > 100",
    "P_ref": "P_ref > 100",
    "winning": "winning > 0",
    "effective_volatility": "effective_volatility > 1%",
    "risk_exposure": "risk_exposure > E_max",
    "rebalance_interval": "rebalance_interval > tau_max",
    "expected_rebalance_interval": "expected_rebalance_interval > tau_max",
    "C1": "C1",
    "C2": "C2",
    "C3": "C3",
    "market_conditions_recover": "market_conditions_recover",
    "P_ref_exit": "abs(P_t - P_ref_exit) >= MES_exit * P_ref_exit",
    "epsilon": "qL + qS < epsilon",
    "fee": "fee < MES",
    "q0": "qL < q0",
}


@pytest.mark.parametrize("name", VOCABULARY)
def test_the_documents_vocabulary_is_known_name_by_name(name: str) -> None:
    found = set(codes(LEGS + machine(VOCABULARY[name])))
    assert found <= {"FSM409"}, found  # f, E_max, capital have no value yet


def test_the_vocabulary_speaks_of_the_legs_L_and_S() -> None:
    text = LEGS.replace("  L:", "  A:").replace("  S:", "  B:") + machine("P_t > 100")
    assert codes(text) == ["FSM301"]


def test_a_spec_may_give_a_name_of_the_vocabulary_another_meaning() -> None:
    made = program(LEGS + "observe: {P_t: mid(L)}\n" + machine("P_t > 100"))
    assert [query.text for query in made.queries] == ["mid(L)"]


def test_checks_of_the_vocabulary_hold_where_their_names_are_used() -> None:
    head = LEGS + "parameters: {f: 0.05%%, gamma1: %s, E_max: {value: 100, unit: quote}}\n"
    assert codes(head % "9" + machine("C1")) == ["FSM411", "FSM309"]  # C000-06: gamma1 >= k = 8
    assert codes(head % "7" + machine("C1")) == ["FSM309"]
    assert codes((head % "9").replace(", E_max: {value: 100, unit: quote}", "") + machine("gamma1 > 3")) == ["FSM309"]


def test_all_of_the_capital_on_one_side_is_warned_of() -> None:
    head = (
        LEGS
        + "parameters: {f: 0.05%%, beta: 1, capital: {value: 1000, unit: quote}, E_max: {value: %s, unit: quote}}\n"
    )
    guard = machine("qL < q0 and beta > 0 and C2 and MES > 0")  # C000-08: 1000 / 2 * (1 + 2 * 8 * 0.0005) = 504
    assert codes(head % "503" + guard) == ["FSM411"]
    assert codes(head % "504" + guard) == []


@pytest.mark.parametrize("wrap", [0, 5, 20, 36])
@pytest.mark.parametrize(("kind", "last"), [("parameters", "1"), ("observe", "mark(L)")])
def test_a_chain_of_definitions_is_refused_before_it_is_too_deep_to_follow(kind: str, last: str, wrap: int) -> None:
    links = "".join(f"  p{i}: {'abs(' * wrap}p{i + 1}{')' * wrap}\n" for i in range(200))
    assert set(codes(f"{LEGS}{kind}:\n{links}  p200: {last}\n{machine('p0 > 1')}")) == {"FSM311"}

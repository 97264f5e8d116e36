"""Departures from the shape of the language: code, place, words. Places are counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import Diagnostic, Findings
from fsmtrader.diagnostics.codes import Code
from fsmtrader.diagnostics.codes_structure import CODES
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.reader import read_spec
from fsmtrader.spec.source import Source
from fsmtrader.spec.spec import Dialect
from fsmtrader.spec.structure import check_structure

DATA = Path(__file__).parents[1] / "data"


def check(text: str, file: str = "t.yml") -> tuple[Dialect, tuple[Diagnostic, ...]]:
    findings = Findings()
    document = load_document(Source(file, text.encode()), findings)
    assert document is not None and not findings.items, findings.items
    dialect = check_structure(document, findings)
    return dialect, findings.in_order()


def places(text: str) -> list[tuple[str, int, int]]:
    return [(item.code, item.span.line, item.span.column) for item in check(text)[1]]


def only(text: str) -> Diagnostic:
    (found,) = check(text)[1]
    return found


def test_the_whole_language_has_the_shape_of_the_language() -> None:
    assert check((DATA / "whole_language.yml").read_text()) == (Dialect.FSM_1, ())


@pytest.mark.parametrize("name", ["seed_000.yml", "seed_000.json"])
def test_the_seeds_blocks_have_the_shape_of_the_seed(name: str) -> None:
    assert check((DATA / name).read_text(), name) == (Dialect.SEED, ())


def test_unknown_key_names_the_nearest_one() -> None:
    found = only("fsm: 1\nstates:\n  A:\n    on:\n      monitor: {iff: x > 1, do: y}\n")
    assert (found.code, str(found.span)) == ("FSM101", "t.yml:5:17")
    assert found.span.end_column == 20
    assert found.hint == "did you mean `if`?"
    assert found.message == "`iff` is not a key of `monitor` of `on`"


@pytest.mark.parametrize(("other", "ours"), [("goto", "transition_to"), ("guard", "if"), ("action", "do")])
def test_words_of_other_state_machines_are_known(other: str, ours: str) -> None:
    found = only(f"fsm: 1\nstates: {{A: {{on: {{monitor: {{{other}: B}}}}}}}}\n")
    assert found.hint == f"did you mean `{ours}`?"


def test_a_key_that_is_already_there_is_not_proposed() -> None:
    assert only("fsm: 1\nstates: {A: {on: {monitor: {if: a, iff: b}}}}\n").hint.startswith("delete it")


def test_all_departures_are_collected_once_each() -> None:
    text = "fsm: 1\nlegs: {L: {acount: main, side: lnog}}\nparameters: {9k: 3, j: [1]}\nvariables: {x: 0}\n"
    assert places(text) == [
        ("FSM101", 2, 12),
        ("FSM105", 2, 32),
        ("FSM106", 3, 14),
        ("FSM104", 3, 24),
        ("FSM104", 4, 16),
    ]


def test_the_hints_mend() -> None:
    assert only("fsm: 1\nvariables: {x: 0}\n").hint == "write {initial: 0}"
    assert only("fsm: 1\nstrategy: {name: 5}\n").hint == 'write "5" to have it as text'
    assert only("fsm: 1\nstates: {A-B: {}}\n").hint == "write `A_B`"
    assert only('fsm: 1\nstates: {A: {final: "true"}}\n').hint == "write `true`, without quotes"
    assert only("fsm: 1\nstates: {A: {orders: redcue}}\n").hint == "did you mean `reduce`?"


def test_an_empty_value_is_shown_at_its_key() -> None:
    found = only("fsm: 1\nobserve:\n  mid_price:\n")
    assert (found.code, str(found.span), found.message) == ("FSM104", "t.yml:3:3", "`mid_price` of `observe` is empty")


def test_a_state_may_be_empty() -> None:
    assert check("fsm: 1\nstates:\n  IDLE:\n")[1] == ()


def test_missing_keys_are_shown_at_the_name() -> None:
    text = "fsm: 1\nquotes:\n  bid: {leg: L, side: buy, price: 1}\n"
    found = only(text)
    assert (found.code, str(found.span)) == ("FSM110", "t.yml:3:3")
    assert found.message == "`quantity` is missing in `bid` of `quotes`"


@pytest.mark.parametrize(
    ("value", "hint"),
    [("2", "a newer version needs a newer fsmtrader"), ('"1"', "without quotes"), ("true", "write `fsm: 1`")],
)
def test_another_version(value: str, hint: str) -> None:
    found = only(f"fsm: {value}\nstates: {{A: {{}}}}\n")
    assert (found.code, found.span.line, found.span.column) == ("FSM103", 1, 6)
    assert hint in found.hint


def test_without_the_version_the_rest_is_still_checked() -> None:
    dialect, found = check("legs: {L: {acount: main}}\nstates: {A: {}}\n")
    assert dialect is Dialect.FSM_1
    assert [item.code for item in found] == ["FSM102", "FSM101"]


def test_a_misspelt_version_key() -> None:
    dialect, found = check("fms: 1\nstates: {A: {}}\n")
    assert dialect is Dialect.FSM_1
    assert "FSM102" in [item.code for item in found]
    assert "write `fsm` for `fms`" in [item.hint for item in found]


def test_a_number_below_its_range() -> None:
    found = only("fsm: 1\ntests:\n  - {name: t, when: [{event: tick, times: 0}]}\n")
    assert (found.code, str(found.span), found.message) == ("FSM105", "t.yml:3:43", "`0` is too small")
    assert found.expected == "1 or more"


def test_values_are_never_shown_whole() -> None:
    found = check("fsm: 1\nobserve: {x: [" + "1, " * 500 + "1]}\nstrategy: {name: [" + "abc, " * 300 + "1]}\n")[1]
    assert all(len(item.message) < 200 and len(item.hint) < 200 for item in found)


# an expression split at a comma


def test_split_in_an_assignment() -> None:
    found = only("fsm: 1\nstates:\n  A:\n    enter: {qL: max(a, b), qS: 1}\n")
    assert (found.code, str(found.span)) == ("FSM107", "t.yml:4:13")
    assert found.span.end_column == 26  # after `b)`
    assert found.hint == 'write qL: "max(a, b)"'


def test_split_in_three() -> None:
    assert only("fsm: 1\nobserve: {x: max(a, b, c), y: 1}\n").hint == 'write x: "max(a, b, c)"'


def test_split_in_a_row_and_its_rest() -> None:
    found = only("fsm: 1\nstates: {A: {on: {monitor: {if: max(a, b) > 2, do: c}}}}\n")
    assert found.hint == 'write if: "max(a, b) > 2"'


def test_split_in_a_key_of_facts() -> None:
    found = only("fsm: 1\ntests:\n  - {name: t, given: {touch(A, buy): 600, x: 1}}\n")
    assert (found.code, found.span.column) == ("FSM107", 23)
    assert found.hint == 'write "touch(A, buy)": 600'


def test_split_in_a_list() -> None:
    assert places("fsm: 1\nrun: {sweep: {k: [max(1, 2), 3]}}\n") == [("FSM107", 2, 19)]


def test_two_splits_are_two_findings_and_other_errors_stay() -> None:
    text = "fsm: 1\nobserve: {x: max(a, b), y: [1], z: min(c, d)}\n"
    assert places(text) == [("FSM107", 2, 11), ("FSM104", 2, 28), ("FSM107", 2, 33)]


def test_the_reader_does_not_speak_of_the_pieces_again() -> None:
    findings = Findings()
    document = load_document(Source("t.yml", b"fsm: 1\nstates: {A: {enter: {qL: max(a, b), qS: 1}}}\n"), findings)
    assert document is not None
    read_spec(document, check_structure(document, findings), findings)
    assert [item.code for item in findings.items] == ["FSM107"]


def test_a_bracket_left_open_is_not_a_split() -> None:
    assert check("fsm: 1\nobserve: {x: max(a, y: 3}\n")[1] == ()
    assert check('fsm: 1\nobserve: {x: "max(a, b)", y: "(c"}\n')[1] == ()


# limits


def test_deep_and_long_documents_are_quick() -> None:
    states = "{A: {states: " * 29 + "{A: {}}" + "}}" * 29
    assert check(f"fsm: 1\nstates: {states}\n")[1] == ()
    many = "".join(f"  a{index}: [{{let: [x]}}]\n" for index in range(3000))
    assert len(check(f"fsm: 1\nactions:\n{many}")[1]) == 500


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_each_code_is_given_by_its_bad_example_alone(code: Code) -> None:
    for text, expected in ((code.bad, [code.code]), (code.good, [])):
        findings = Findings()
        document = load_document(Source("t.yml", text.encode()), findings)
        assert document is not None
        read_spec(document, check_structure(document, findings), findings, frozenset({"cancel_side"}))
        assert [item.code for item in findings.items] == expected
        assert all(item.severity is code.severity for item in findings.items)

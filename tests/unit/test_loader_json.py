"""Strict JSON, and the same tree as YAML's."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Document
from fsmtrader.spec.loader import load_document, to_plain
from fsmtrader.spec.source import STDIN_NAME, Source

DATA = Path(__file__).parents[1] / "data"


def load(text: str, file: str = "s.json") -> tuple[Document | None, Findings]:
    findings = Findings()
    return load_document(Source(file, text.encode()), findings), findings


def found(text: str, file: str = "s.json") -> list[tuple[str, int, int]]:
    return [(item.code, item.span.line, item.span.column) for item in load(text, file)[1].items]


def test_every_kind_of_value() -> None:
    text = ' {"a": [1, -0.5e+3, true, false, null, "\\"\\/\\n\\t"], "b": {}, "": []}\n'
    document, findings = load(text)
    assert not findings.items
    assert document is not None
    assert to_plain(document.root) == {"a": [1, -500.0, True, False, None, '"/\n\t'], "b": {}, "": []}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("FSM007", 1, 1)]),
        (" \n", [("FSM007", 1, 1)]),
        ("null", [("FSM007", 1, 1)]),
        ("[1]", [("FSM008", 1, 1)]),
        ('{"a": 1,}', [("FSM027", 1, 8)]),
        ('{"a": [1,\n]}', [("FSM027", 1, 9)]),
        ('{ // c\n"a": 1 /* d */ }', [("FSM026", 1, 3), ("FSM026", 2, 8)]),
        ('{"a": 1} # c', [("FSM026", 1, 10)]),
        ('{"a": 1, "a": 2}', [("FSM020", 1, 10)]),
        ('{"a": NaN}', [("FSM023", 1, 7)]),
        ('{"a": [-Infinity, 1e999]}', [("FSM023", 1, 8), ("FSM023", 1, 19)]),
        ('{"a": 01}', [("FSM025", 1, 7)]),
        ('{"a": +1}', [("FSM025", 1, 7)]),
        ('{"a": .5}', [("FSM025", 1, 7)]),
        ('{"a": True}', [("FSM025", 1, 7)]),
        ("{'a': 1}", [("FSM025", 1, 2)]),
        ("{a: 1}", [("FSM025", 1, 2)]),
        ('{"a" 1}', [("FSM025", 1, 6)]),
        ('{"a": 1 "b": 2}', [("FSM025", 1, 9)]),
        ('{"a": }', [("FSM025", 1, 7)]),
        ('{"a": [1', [("FSM025", 1, 9)]),
        ('{"a": "x\ny"}', [("FSM025", 1, 7)]),
        ('{"a": "x\ty"}', [("FSM025", 1, 9)]),
        ('{"a": "\\x41"}', [("FSM025", 1, 8)]),
        ('{"a": "\\u00g1"}', [("FSM025", 1, 8)]),
        ('{"a": "\\ud83d\\u0041"}', [("FSM024", 1, 8)]),
        ('{"a": "\\u0000"}', [("FSM005", 1, 8)]),
        ('{"a": 1} {"b": 2}', [("FSM025", 1, 10)]),
        ('{"a": ' + "[" * 63 + "]" * 63 + "}", []),
        ('{"a": ' + "[" * 64 + "]" * 64 + "}", [("FSM010", 1, 70)]),
        ("[" * 131_072, [("FSM010", 1, 65)]),
        ('{"a": [' + "1," * 60_000 + "1]}", [("FSM011", 1, 60002)]),
    ],
)
def test_refused_at(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert found(text) == expected


def test_every_error_has_a_hint() -> None:
    for text in ("{a: 1}", '{"a": True}', '{"a": "x', '{"a": 1,}', '{"a": 1} x', '{"a": yes}', "{'a': 1}"):
        assert all(item.hint and item.expected for item in load(text)[1].items)


def test_standard_input_is_json_if_it_reads_as_such() -> None:
    assert found('{"a": "\\/", "b": 01}', STDIN_NAME) == [("FSM029", 1, 18)]
    assert found('{"a": "\\ud83d\\ude00"}', STDIN_NAME) == []
    assert found("{a: 1, b: [2,]}", STDIN_NAME) == []
    assert found('{"a": 1 "b": 2}', STDIN_NAME) == [("FSM025", 1, 9)]
    assert found("a: [", STDIN_NAME) == [("FSM012", 1, 4)]


def test_the_documents_json_block() -> None:
    document, findings = load((DATA / "seed_000.json").read_text(encoding="utf-8"))
    assert document is not None
    assert not findings.items
    keys = [entry.key.text for entry in document.root]
    assert keys == ["strategy", "state", "parameters", "triggers", "actions", "invariants"]
    triggers = document.root.entry("triggers")
    assert triggers is not None
    assert (triggers.key.span.line, triggers.key.span.column) == (22, 3)


def test_the_documents_yaml_block() -> None:
    document, findings = load((DATA / "seed_000.yml").read_text(encoding="utf-8"), "seed_000.yml")
    assert document is not None
    assert not findings.items
    plain = to_plain(document.root)
    assert isinstance(plain, dict)
    assert list(plain["states"]) == ["ACTIVE", "PAUSE", "EXIT"]
    assert plain["states"]["ACTIVE"]["on"]["price_update"] == {"if": "abs(P_t - P_ref) >= MES", "do": "rebalance"}
    assert plain["actions"]["reduce_positions"] == [{"qL": "qL * (1 - eta)"}, {"qS": "qS * (1 - eta)"}]

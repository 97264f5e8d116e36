"""The transition table: 000's own, parents, timers, several machines of one text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.spec.source import Source
from fsmtrader.views.table import csv_table, json_table, markdown_table, text_table

DATA = Path(__file__).parents[1] / "data"

NESTED = """
fsm: 1
strategy: {name: nested}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
variables: {n: {initial: 0}}
states:
  ON:
    on:
      exit: {transition_to: OFF, because: "a | b"}
    states:
      A: {on: {tick: {if: mark(X) > 1, do: {n: n + 1}, transition_to: B}}}
      B: {exit: {n: 0}, after: {5m: {transition_to: A}}}
  OFF: {final: true, enter: buy_all}
actions:
  buy_all: {qX: 0}
"""

TWINS = """
fsm: 1
strategy: {name: twins}
accounts: {main: {exchange: binanceusdm}}
legs: {X: {account: main, symbol: BTC/USDT:USDT}}
events: {tick: price(X)}
regions:
  maker:
    for_each: [{side: buy, s: -1}, {side: sell, s: 1}]
    variables: {n: {initial: 0}}
    states:
      A: {on: {tick: {if: mark(X) * s > n, do: {n: n + 1}, transition_to: B}}}
      B: {on: {tick: {transition_to: A}}}
  other:
    states:
      C: {on: {tick: {if: "touch(X, buy) > 1", do: {qX: 1}}}}
"""


def program_of(text: str) -> Program:
    return check(Source("spec.yml", text.encode())).require()


def test_rows_in_the_order_in_which_they_are_tried() -> None:
    lines = [
        tuple(cell.strip() for cell in line.split("  ") if cell.strip())
        for line in text_table(program_of(NESTED)).splitlines()[2:]
    ]
    assert lines == [
        ("ON (A, B)", "exit", "(a | b)", "OFF"),
        ("A", "tick", "mark(X) > 1", "n = n + 1", "B"),
        ("B", "after 5m", "A"),
        ("B", "exit", "n = 0"),
        ("OFF", "enter", "buy_all"),
    ]


def test_markdown_keeps_its_columns() -> None:
    rows = markdown_table(program_of(NESTED)).splitlines()
    assert rows[0] == "| state | event | condition | action | next state |"
    assert rows[2] == "| ON (A, B) | exit | (a \\| b) |  | OFF |"


def test_csv_and_json_say_the_same() -> None:
    program = program_of(NESTED)
    rows = list(csv.reader(io.StringIO(csv_table(program))))
    assert rows[0] == ["machine", "state", "event", "condition", "action", "next state"]
    assert rows[2] == ["mode", "A", "tick", "mark(X) > 1", "n = n + 1", "B"]
    (machine,) = json.loads(json_table(program))
    assert machine["rows"][0] == {
        "state": "ON",
        "leaves": ["A", "B"],
        "event": "exit",
        "condition": None,
        "action": None,
        "next_state": "OFF",
        "because": "a | b",
    }


def test_machines_of_one_text_stand_once() -> None:
    text = text_table(program_of(TWINS))
    assert text.count("mark(X) * s > n") == 1
    assert "maker (maker.buy, maker.sell)\n" in text and "\nother\n" in text
    assert "n = n + 1" in text and "n.buy" not in text
    assert "## other\n" in markdown_table(program_of(TWINS))


def test_the_seed_gives_the_documents_own_table() -> None:
    """R000-47: Active to Pause and Exit, Pause to Active and Exit, Exit to its end."""
    text = (DATA / "seed_000.yml").read_text()
    result = check(Source("seed.yml", text.encode()))
    program = result.require()
    (machine,) = json.loads(json_table(program))
    moves = {(row["state"], row["next_state"]) for row in machine["rows"] if row["next_state"]}
    assert {("ACTIVE", "PAUSE"), ("ACTIVE", "EXIT"), ("PAUSE", "ACTIVE"), ("PAUSE", "EXIT")} <= moves
    assert any(state == "EXIT" and goal not in ("EXIT", None) for state, goal in moves)

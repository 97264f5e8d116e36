"""Twelve planted mistakes in one spec: each found once, at its place, and gone when its hint is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.program.compiler import check
from fsmtrader.spec.source import Source

FILE = Path(__file__).parents[1] / "data" / "twelve_mistakes.yml"
TEXT = FILE.read_text(encoding="utf-8")

MISTAKES: tuple[tuple[str, int, int, str, str, str], ...] = (
    # code, line, column, a piece of the hint, what stands there, what the hint says to write
    ("FSM601", 8, 3, "add `position_mode: hedge`", "binanceusdm}", "binanceusdm, position_mode: hedge}"),
    ("FSM406", 11, 17, "choose a value with band >= 0.5%", "value: 0.4%", "value: 0.5%"),
    ("FSM304", 16, 10, "realized_variance(mark(L), window=6h)", "variance(price)", "variance(price, window=6h)"),
    ("FSM302", 17, 3, "e.g. hold_2", "hold: 2 * price", "hold_2: 2 * price"),
    ("FSM101", 22, 5, "did you mean `description`?", "descripton", "description"),
    ("FSM404", 25, 39, "write `band * anchor` here", ">= band,", ">= band * anchor,"),
    ("FSM301", 26, 24, "did you mean calm?", "clam", "calm"),
    ("FSM501", 27, 46, "did you mean EXIT?", "EXTI", "EXIT"),
    ("FSM107", 28, 12, 'write if: "max(qL, qS) > 2 * size"', "max(qL, qS) > 2 * size", '"max(qL, qS) > 2 * size"'),
    ("FSM401", 33, 16, "compare it with something", "{if: 30s,", "{if: time_in_state > 30s,"),
    ("FSM605", 34, 11, "say `orders: reduce`", "orders: none", "orders: reduce"),
    ("FSM505", 38, 14, "did you mean exit_cost_is_bounded?", "[exit_cost_is_bound]", "[exit_cost_is_bounded]"),
)


def found_in(text: str) -> list[tuple[str, int, int]]:
    found = check(Source(FILE.name, text.encode())).diagnostics
    return [(finding.code, finding.span.line, finding.span.column) for finding in found]


def mended(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def test_the_twelve_and_nothing_else_are_found_each_at_its_place() -> None:
    assert found_in(TEXT) == [(code, line, column) for code, line, column, _, _, _ in MISTAKES]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_the_hint_says_what_mends_it_and_it_does(mistake: tuple[str, int, int, str, str, str]) -> None:
    code, _, _, hint, old, new = mistake
    [finding] = [f for f in check(Source(FILE.name, TEXT.encode())).diagnostics if f.code == code]
    assert hint in finding.hint
    others = [(c, at) for c, at, _, _, _, _ in MISTAKES if c != code]
    assert [(c, at) for c, at, _ in found_in(mended(TEXT, old, new))] == others


def test_all_mended_the_spec_has_only_a_name_that_waits_to_be_read() -> None:
    """`hold_2` is a name of its own now, and nothing reads it yet: a warning."""
    text = TEXT
    for _, _, _, _, old, new in MISTAKES:
        text = mended(text, old, new)
    assert found_in(text) == [("FSM309", 17, 3)]

"""Number literals: exactly rounded values, and what is no number."""

from __future__ import annotations

import pytest

from fsmtrader.spec.expression import parse_text, render
from fsmtrader.spec.expression.literals import number_text, scaled
from fsmtrader.spec.expression.tree import Number


@pytest.mark.parametrize(
    ("text", "value", "suffix"),
    [
        ("0", 0.0, ""),
        ("0.000", 0.0, ""),
        ("42", 42.0, ""),
        ("007", 7.0, ""),
        (".5", 0.5, ""),
        ("1e-3", 0.001, ""),
        ("1E5", 100000.0, ""),
        ("2.5e+2", 250.0, ""),
        ("0.5%", 0.005, "%"),
        ("0.05%", 0.0005, "%"),
        ("0.35%", 0.0035, "%"),
        ("0.07%", 0.0007, "%"),
        ("10000%", 100.0, "%"),
        ("2bp", 0.0002, "bp"),
        ("0.3bp", 0.00003, "bp"),
        ("1500ms", 1.5, "ms"),
        ("1ms", 0.001, "ms"),
        ("30s", 30.0, "s"),
        ("5m", 300.0, "m"),
        ("1.5h", 5400.0, "h"),
        ("4h", 14400.0, "h"),
        ("2d", 172800.0, "d"),
        ("365d", 31536000.0, "d"),
        ("1e3ms", 1.0, "ms"),
        ("1e309ms", 1e306, "ms"),
        ("1.7976931348623157e308", 1.7976931348623157e308, ""),
        ("5e-324", 5e-324, ""),
    ],
)
def test_value(text: str, value: float, suffix: str) -> None:
    tree, findings = parse_text(text)
    assert findings == ()
    assert isinstance(tree, Number)
    assert (tree.value, tree.suffix) == (value, suffix)


def test_percent_is_rounded_once() -> None:
    """Dividing in floating point rounds twice: 0.35 / 100 is not the double nearest to 0.0035."""
    assert 0.35 / 100 != 0.0035
    assert scaled("0.35", "%") == 0.0035


@pytest.mark.parametrize(
    ("text", "code", "mend"),
    [
        ("1e400", "FSM208", ""),
        ("1e-400", "FSM208", ""),
        ("1e99999999999999999999999", "FSM208", ""),
        ("1e308d", "FSM208", ""),
        ("1_000", "FSM207", "without `_`"),
        ("0x10", "FSM207", "decimal"),
        ("1.", "FSM207", "`1`"),
        ("1.2.3", "FSM207", "one decimal point"),
        ("1h30m", "FSM207", "`1h + 30m`"),
        ("5min", "FSM207", "`5m`"),
        ("30S", "FSM207", "`30s`"),
        ("10bps", "FSM207", "`10bp`"),
        ("3pct", "FSM207", "`3%`"),
        ("1e", "FSM207", "digits belong after the `e`"),
        ("2x", "FSM207", "`2 * x`"),
        ("0.5if", "FSM207", "operator between"),
        ("5%3", "FSM207", "percentage"),
        ("5 % 3", "FSM209", "`5%`"),
        ("5% 3", "FSM215", "remainder"),
        ("5 m", "FSM215", "`5m`"),
    ],
)
def test_refused(text: str, code: str, mend: str) -> None:
    tree, findings = parse_text(text)
    assert tree is None
    assert [finding.code for finding in findings] == [code]
    assert mend in findings[0].hint


def test_zero_with_a_huge_exponent_is_zero() -> None:
    assert parse_text("0e99999999999999999")[1] == ()


@pytest.mark.parametrize(
    ("value", "suffix", "text"),
    [
        (0.005, "%", "0.5%"),
        (0.0002, "bp", "2bp"),
        (1.5, "ms", "1500ms"),
        (14400.0, "h", "4h"),
        (14400.0, "s", "14400s"),
        (1e-12, "", "1e-12"),
        (1e22, "", "1e22"),
        (0.1, "", "0.1"),
        (0.0, "%", "0%"),
    ],
)
def test_text(value: float, suffix: str, text: str) -> None:
    assert number_text(value, suffix) == text


def test_text_of_a_duration_that_is_no_short_fraction() -> None:
    tree, _ = parse_text("1.234567m")
    assert tree is not None
    assert render(tree) == "1.234567m"

"""Values that nothing can have, conditions that are certain, ranges that hold nothing: each is found at its place."""

from __future__ import annotations

import pytest

from fsmtrader.diagnostics import Diagnostic, UsageError
from fsmtrader.program.compiler import check
from fsmtrader.program.parameters import overrides_from_text
from fsmtrader.research.run_parameters import checked_parameters
from fsmtrader.spec.source import Source

HEAD = """fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}, net: {exchange: binanceusdm}}
legs: {L: {account: main, symbol: BTC/USDT:USDT, side: long}, X: {account: net, symbol: ETH/USDT:USDT}}
"""
MACHINE = """states:
  A: {on: {price_update: [{if: mark(L) > 100, do: {qL: 1}}, {if: mark(L) < 100, transition_to: B}]}}
  B: {final: true}
"""


def spec(more: str = "", machine: str = MACHINE) -> str:
    return f"{HEAD}{more}{machine}"


def found(text: str) -> list[Diagnostic]:
    return list(check(Source("spec.yml", text.encode())).diagnostics)


def guarded(guard: str, more: str = "") -> list[Diagnostic]:
    rows = f"{{if: '{guard}', transition_to: B}}"
    return found(spec(more, f"states:\n  A: {{on: {{price_update: {rows}}}}}\n  B: {{final: true}}\n"))


def doing(steps: str, more: str = "") -> str:
    return spec(more, f"states:\n  A: {{on: {{price_update: {{if: mark(L) > 100, do: {steps}}}}}}}\n")


QUOTE = "quotes: {{bid: {{leg: X, side: buy, price: {price}, quantity: {quantity}, {more}}}}}\n"


def quote(price: str = "mark(X)", quantity: str = "1", more: str = "every: 1s") -> str:
    return spec(QUOTE.format(price=price, quantity=quantity, more=more))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (spec(machine=MACHINE.replace("A: {", "A: {after: {0s: {transition_to: B}}, ")), "the time of `after` is 0s"),
        (spec("events: {tick: every(0s), price_update: price(L)}\n"), "the interval of every() is 0s"),
        (spec("events: {tick: every(1s - 2s), price_update: price(L)}\n"), "the interval of every() is -1s"),
        (spec("alerts: {high: {if: mark(L) > 9, repeat: 0s}}\n"), "`repeat` of high is 0s"),
        (quote(more="ttl: 0s"), "`ttl` of bid is 0s"),
        (quote(more="every: -1s"), "`every` of bid is -1s"),
        (quote(more="every: 1s, most: 0"), "`most` of bid is 0"),
        (quote(more="every: 1s, most: 9"), "`most` of bid is 9"),
        (quote(more="beyond: -1"), "`beyond` of bid is -1"),
        (quote(price="0"), "`price` of bid is 0"),
        (quote(quantity="-2"), "`quantity` of bid is -2"),
        (doing("{steps: [{qL: 1}], within: 0s}"), "`within` is 0s"),
        (doing("{emergency_close: {leg: L, steps: 0, every: 1s}}"), "`steps` of emergency_close is 0"),
        (doing("{emergency_close: {leg: L, steps: 2, every: -1s}}"), "`every` of emergency_close is -1s"),
        (doing("{qL: -1}"), "the target of the long leg L is -1"),
        (doing("{target: {leg: L, to: -1}}"), "the target of the long leg L is -1"),
        (spec().replace("side: long", "side: long, initial: -1"), "`initial` of the long leg L is -1"),
        (spec().replace("side: long", "side: long, how: {style: passive, patience: 0s}"), "`patience` of L is 0s"),
        (spec().replace("side: long", "side: long, how: {style: ioc, tries: 0}"), "`tries` of L is 0"),
        (spec("risk: {max_slippage: 100%}\n"), "`max_slippage` is 100%"),
        (spec("risk: {max_slippage: 0%}\n"), "`max_slippage` is 0%"),
        (spec("risk: {position: {L: -1}}\n"), "`position` of L is -1"),
        (spec("risk: {notional: {max: -1}}\n"), "`notional` is -1"),
        (spec("risk: {loss: {per: day, max: -1, then: halt}}\n"), "`loss` is -1"),
        (spec("risk: {max_age: {book: 0s}}\n"), "`max_age` of book is 0s"),
        (spec("risk: {rate: {orders: 0/10s}}\n"), "`rate` is 0"),
    ],
)
def test_values_that_nothing_can_have(text: str, message: str) -> None:
    [finding] = [f for f in found(text) if f.severity.value == "error"]
    assert (finding.code, finding.message) == ("FSM412", message)
    assert finding.hint


@pytest.mark.parametrize(
    "text",
    [
        quote(more="every: 1s, ttl: 5s, most: 8"),
        quote(price="mark(X) - 1", more="beyond: 0"),
        doing("{qX: -1}"),
        doing("{qL: 0}"),
        doing("{emergency_close: {leg: L, steps: 1, every: 0s}}"),
        spec("risk: {max_slippage: 99%, rate: {orders: 50/10s}, max_age: {book: 1s}, position: {L: 0}}\n"),
    ],
)
def test_values_at_the_edge_are_right(text: str) -> None:
    assert [f for f in found(text) if f.severity.value == "error"] == []


def test_a_rate_is_a_number_in_a_time() -> None:
    [finding] = found(spec("risk: {rate: {orders: 50}}\n"))
    assert (finding.code, finding.hint) == ("FSM402", "write e.g. orders: 50/10s")
    [finding] = found(spec("risk: {rate: {orders: 10s/50}}\n"))
    assert finding.code == "FSM402"


def test_a_parameters_value_counts_when_compiled_and_when_a_run_starts() -> None:
    text = quote(more="ttl: rest").replace("states:", "parameters: {rest: 0s}\nstates:", 1)
    [finding] = found(text)
    assert (finding.code, finding.hint) == ("FSM412", "change rest so that it is above zero")
    program = check(Source("spec.yml", text.replace("rest: 0s", "rest: 5s").encode())).require()
    assert checked_parameters(program, {}) == {}
    overrides = overrides_from_text(program, {"rest": "0s"})
    with pytest.raises(UsageError, match=r"`ttl` of bid, rest, is 0s: it must be a value above zero"):
        checked_parameters(program, overrides)


@pytest.mark.parametrize(
    ("guard", "column"),
    [
        ("mark(L) > 5 and mark(L) < 3", 32),
        ("5 < mark(L) < 3", 32),
        ("mark(L) > 3 and mark(L) <= 3", 32),
        ("mark(L) == 3 and mark(L) == 4", 32),
        ("mark(L) == 3 and mark(L) != 3", 32),
        ("mark(L) > mark(X) and mark(X) > mark(L)", 32),
        ("mark(L) < mark(L)", 32),
        ("mark(L) != mark(L)", 32),
        ("qL > 0 and not (qL > 0)", 32),
        ("mode == A and mode == B", 32),
        ("not (mark(L) > 5 or mark(L) < 10)", 37),
        ("qL > 0 or (mark(L) > 5 and mark(L) < 3)", 43),
        ("2 > 3", 32),
        ("false", 31),
    ],
)
def test_conditions_that_are_never_true(guard: str, column: int) -> None:
    [finding] = guarded(guard)
    expected = "FSM518" if guard.startswith("not") else "FSM514"  # what is inside `not` is always true
    assert (finding.code, finding.severity.value) == (expected, "warning")
    assert (finding.span.line, finding.span.column) == (5, column)


@pytest.mark.parametrize(
    "guard",
    [
        "mark(L) > 5 or mark(L) < 10",
        "mark(L) <= mark(L)",
        "mark(L) == mark(L)",
        "qL > 0 or not (qL > 0)",
        "3 > 2",
        "true",
    ],
)
def test_conditions_that_are_always_true(guard: str) -> None:
    [finding] = guarded(guard)
    assert (finding.code, finding.severity.value) == ("FSM518", "warning")


@pytest.mark.parametrize(
    "guard",
    [
        "mark(L) > 3 and mark(L) < 5",
        "mark(L) >= 3 and mark(L) <= 3",
        "mark(L) > 5 or mark(L) < 3",
        "mark(L) > 5 and mark(X) < 3",
        "mark(L) > 5 or mark(L) == 5",
        "mark(L) != 3 and mark(L) != 4",
        "mark(L) > limit and mark(L) < 3",
        "limit > 3",
        "at_least(2, qL > 0, qX > 0)",
        "clamp(mark(L), 1, 5) > 2",
        "sqrt(4) * mark(L) > mark(X)",
    ],
)
def test_conditions_that_depend(guard: str) -> None:
    more = "parameters: {limit: {value: 5, unit: price}}\ninvariants: {low: limit < mark(L) + 1}\n"
    assert guarded(guard, more) == []


def test_a_cell_of_a_row_is_no_literal() -> None:
    text = spec(
        machine="""regions:
  maker:
    for_each: [{name: up, s: 1}, {name: down, s: -1}]
    states:
      A: {on: {price_update: {if: s > 0 and mark(L) > 1, transition_to: B}}}
      B: {final: true}
"""
    )
    assert found(text) == []


@pytest.mark.parametrize(
    ("guard", "hint"),
    [
        ("sqrt(-1) > 0", "never ready"),
        ("mark(L) > 1 / 0", "never ready"),
        ("log(1 - 1) > mark(L) / mark(X)", "never ready"),
        ("clamp(mark(L), 5, 1) > 2", "write clamp(…, 1, 5)"),
        ("at_least(5, qL > 0, qX > 0)", "write at_least(2, …)"),
        ("at_least(0, qL > 0, qX > 0)", "write at_least(1, …)"),
    ],
)
def test_what_makes_no_sense(guard: str, hint: str) -> None:
    [finding] = guarded(guard)
    assert (finding.code, finding.severity.value) == ("FSM413", "error")
    assert hint in finding.hint


def test_the_n_of_at_least_is_no_price() -> None:
    [finding] = guarded("at_least(mark(L), qL > 0)")
    assert finding.code == "FSM402"


@pytest.mark.parametrize(
    ("limits", "is_empty"),
    [
        ("min: 4, max: 2", True),
        ("above: 3, below: 3", True),
        ("min: 3, below: 3", True),
        ("above: 3, max: 3", True),
        ("min: 3, max: 3", False),
    ],
)
def test_ranges_that_hold_nothing(limits: str, is_empty: bool) -> None:
    for value in ("3", "required"):
        text = spec(f"parameters: {{group: {{n: {{value: {value}, {limits}}}}}}}\nchecks: [{{warn: n > 0}}]\n")
        assert [f.code for f in found(text) if f.severity.value == "error"] == (["FSM414"] if is_empty else [])


def test_checks_are_about_parameters() -> None:
    more = "parameters: {low: {value: 5, unit: price}}\nobserve: {mid_price: mid(L)}\nvariables: {v: {initial: 1}}\n"
    for condition, name in (
        ("mid_price > low", "mid_price"),
        ("v > 0", "v"),
        ("mark(L) > low", "mark(L)"),
        ("qL > 0", "qL"),
    ):
        [finding] = [f for f in found(spec(f"{more}checks: [{{error: {condition}}}]\n")) if f.code == "FSM405"]
        assert f"reads {name}, which changes in a run" in finding.message
        assert "invariants" in finding.hint


def test_a_check_that_would_only_warn_is_a_warning() -> None:
    [finding] = [f for f in found(spec("checks: [{warn: mark(L) > 5}]\n")) if f.code == "FSM405"]
    assert finding.severity.value == "warning"


@pytest.mark.parametrize("limit", ["mark(L)", "p", "qL"])
def test_the_range_of_a_parameter_does_not_change_in_a_run(limit: str) -> None:
    more = f"parameters: {{n: {{value: 3, max: {limit}}}}}\nobserve: {{p: mark(L)}}\nchecks: [{{warn: n > 0}}]\n"
    [finding] = [f for f in found(spec(more)) if f.severity.value == "error"]
    assert (finding.code, finding.message) == ("FSM405", "`max` of the parameter n must not change in a run")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (
            doing("[{let: {limit: 1}}, {qL: 0}]", "parameters: {limit: 5}\nchecks: [{warn: limit > 0}]\n"),
            "FSM302",
            (7, 58),
        ),
        (doing("[{let: {L: 1}}, {qL: 0}]"), "FSM302", (5, 58)),
        (doing("[{let: {never: 1}}, {qL: 0}]"), "FSM310", (5, 58)),
        (spec('alerts: {high: {if: mark(L) > 9, say: "at {mark(L)"}}\n'), "FSM313", (4, 43)),
        (spec('alerts: {high: {if: mark(L) > 9, say: "at mark(L)}"}}\n'), "FSM313", (4, 50)),
        (spec('alerts: {high: {if: mark(L) > 9, say: "at {markt}"}}\n'), "FSM301", (4, 44)),
        (spec('alerts: {high: {if: mark(L) > 9, say: "at {symbol(M)}"}}\n'), "FSM306", (4, 44)),
        (spec("variables: {mark: {initial: 1}}\ninvariants: {i: mark > 0}\n"), "FSM312", (4, 13)),
        (spec(machine=MACHINE.replace("B: {", "B: {enter: [], ")), "FSM519", (6, 14)),
        (spec(machine=MACHINE.replace("A: {on: {", "A: {on: {monitor: [], ")), "FSM519", (5, 12)),
        (spec(machine=MACHINE.replace("transition_to: B", "do: [], transition_to: B")), "FSM519", (5, 85)),
        (HEAD, "FSM520", (1, 1)),
    ],
)
def test_names_texts_and_lists_that_mislead(text: str, code: str, place: tuple[int, int]) -> None:
    [finding] = found(text)
    assert (finding.code, (finding.span.line, finding.span.column)) == (code, place)
    assert finding.hint


def test_locals_may_follow_one_another() -> None:
    assert found(doing("[{let: {a: 1}}, {let: {a: a + 1}}, {qL: a}]")) == []

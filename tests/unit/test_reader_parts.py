"""What the reader makes of each part of the language, against what the document says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmtrader.diagnostics import Findings
from fsmtrader.spec.document import Scalar
from fsmtrader.spec.expression import render
from fsmtrader.spec.loader import load_document
from fsmtrader.spec.reader import read_spec
from fsmtrader.spec.source import Source
from fsmtrader.spec.spec import (
    AlertStep,
    AssignStep,
    CallStep,
    Dialect,
    Expression,
    LetStep,
    RecordStep,
    Spec,
    Steps,
    WaitStep,
)

DATA = Path(__file__).parents[1] / "data"
CALLABLES = frozenset({"cancel_side", "cancel_all"})


def read(text: str, file: str = "t.yml") -> Spec:
    findings = Findings()
    document = load_document(Source(file, text.encode()), findings)
    assert document is not None
    spec = read_spec(document, Dialect.FSM_1, findings, CALLABLES)
    assert not findings.items, findings.items
    return spec


@pytest.fixture(scope="module")
def whole() -> Spec:
    return read((DATA / "whole_language.yml").read_text(), "whole_language.yml")


def shown(expression: Expression | None) -> str:
    assert expression is not None and expression.tree is not None
    return render(expression.tree)


def steps_of(text: str) -> Steps:
    return read(f"fsm: 1\nactions:\n  a: {text}\n  own: cancel_all\n").actions[0][1]


# the whole


def test_the_strategy(whole: Spec) -> None:
    assert (whole.name, whole.version, whole.description) == ("WholeLanguage", "1.0", "every part once")
    assert (whole.dialect, whole.file) == (Dialect.FSM_1, "whole_language.yml")
    assert whole.sources[0][0] == "whole_language.yml"


def test_a_spec_without_a_name_is_called_like_its_file() -> None:
    assert read("fsm: 1\n", "specs/my_bot.yml").name == "my_bot"


def test_accounts_and_legs(whole: Spec) -> None:
    assert [setting.name.text for setting in whole.accounts[0].settings] == [
        "exchange", "position_mode", "leverage", "fees",
    ]  # fmt: skip
    first, second = whole.legs
    assert first.account is not None and first.account.text == "main"
    assert first.symbol is not None and first.symbol.text == "BTC/USDT:USDT"
    assert first.side is not None and first.side.text == "long"
    assert first.adopt is not None and first.adopt.text == "position"
    assert shown(first.initial) == "q0"
    assert [setting.name.text for setting in first.how] == ["style", "patience", "then"]
    assert second.symbol is not None and second.symbol.text == "$instrument"
    assert second.side is None and second.initial is None
    assert [setting.name.text for setting in second.settings] == ["bin_step", "bins"]


def test_parameters(whole: Spec) -> None:
    by_name = {parameter.name.text: parameter for parameter in whole.parameters}
    assert list(by_name) == ["q0", "f", "rebuild", "law", "must", "cool", "most"]
    fee = by_name["f"]
    assert fee.unit is not None and fee.unit.text == "ratio"
    assert (shown(fee.minimum), shown(fee.maximum), shown(fee.above), shown(fee.below)) == ("0%", "1%", "-1", "1")
    assert fee.doc == "the fee" and fee.env is not None and fee.env.text == "BOT_FEE"
    assert [word.text for word in by_name["rebuild"].one_of] == ["profit_only", "restore_gross"]
    assert by_name["law"].value is None and not by_name["law"].required
    assert by_name["must"].value is None and by_name["must"].required
    group = by_name["cool"].group
    assert group is not None and group.text == "limits"
    assert by_name["most"].group == group and shown(by_name["most"].maximum) == "5"
    assert by_name["q0"].group is None


def test_checks_observe_variables(whole: Spec) -> None:
    assert [(check.is_error, check.because) for check in whole.checks] == [(True, "a fee costs"), (False, "")]
    assert next((name.text, shown(value)) for name, value in whole.observe) == ("P_t", "mark(L)")
    (variable,) = whole.variables
    assert variable.unit is not None and variable.unit.text == "price"
    assert shown(variable.initial) == "P_t"


def test_events(whole: Spec) -> None:
    monitor, opening, cycle = whole.events
    price, every = monitor.sources
    assert (price.name.text, [word.text for word in price.arguments]) == ("price", ["L"])
    assert every.arguments == () and shown(every.expression) == "cool + 1s"
    assert opening.sources[0].daily.text == "09:00 Asia/Shanghai"
    assert shown(cycle.sources[0].expression) == "2s"


def test_for_each(whole: Spec) -> None:
    each = whole.for_each
    assert each is not None and each.file is not None and each.env is not None
    assert (each.file.text, each.env.text, [word.text for word in each.key]) == (
        "rows.json",
        "BOT_ROWS",
        ["instrument"],
    )
    assert shown(each.condition) == "enabled"
    assert [name.text for name, _ in each.fields] == ["instrument", "enabled", "size"]
    inner = whole.regions[1].for_each
    assert inner is not None
    assert [[(name.text, cell.text) for name, cell in row] for row in inner.rows] == [
        [("side", "buy"), ("s", "-1")],
        [("side", "sell"), ("s", "1")],
    ]


def test_regions_and_states(whole: Spec) -> None:
    risk, maker = whole.regions
    armed, done = risk.states
    assert (armed.description, armed.initial, armed.final) == ("quoting", True, False)
    assert armed.orders is not None and armed.orders.text == "any"
    assert [state.name.text for state in armed.states] == ["REST"]
    assert done.final and armed.exit is not None
    assert [name.text for name, _ in maker.observe] == ["wish"]
    assert [variable.name.text for variable in maker.variables] == ["fails"]
    assert [name.text for name, _ in maker.quotes[0].fields][:3] == ["leg", "side", "price"]


def test_rows_in_evaluation_order(whole: Spec) -> None:
    monitor, rejected = whole.regions[0].states[0].on
    first, leaving, rest = monitor.rows
    assert first.because == "risen" and first.target is not None and first.target.text == "DONE"
    assert isinstance(first.do, Steps) and first.do.steps == (CallStep(first.do.steps[0].name, (), first.do.span),)  # type: ignore[union-attr]
    assert leaving.from_if_exit and shown(leaving.condition) == "qL < 0"
    assert not rest.from_if_exit and shown(rest.condition) == "not up"
    assert [word.text for word in rejected.pattern.arguments] == ["maker.buy.bid", "post_only"]


def test_after(whole: Spec) -> None:
    cool, hour = whole.regions[0].states[0].after
    assert (shown(cool.delay), shown(hour.delay)) == ("cool", "1h")
    (row,) = hour.rows
    assert row.do is not None
    (step,) = row.do.steps
    assert isinstance(step, RecordStep) and step.kind.text == "moved"


def test_the_long_form(whole: Spec) -> None:
    saga = dict((name.text, steps) for name, steps in whole.actions)["saga"]
    assert [type(step) for step in saga.steps] == [AssignStep, WaitStep, AssignStep]
    assert saga.is_long and not saga.net and shown(saga.within) == "10s"
    assert [word.text for word in saga.parameters] == ["size"]
    assert saga.on_fail is not None
    (undo,) = saga.on_fail.steps
    assert isinstance(undo, AssignStep)
    assert [(name.text, shown(value)) for name, value in undo.entries] == [("qL", "0"), ("qP", "0")]


def test_promises_alerts_reports(whole: Spec) -> None:
    by_name, plain, placed = whole.invariants
    assert by_name.name.text == "no_direction_prediction" and by_name.condition is None
    assert shown(plain.condition) == "qL >= 0" and not plain.on_order
    assert placed.on_order and placed.state is not None and placed.state.text == "ARMED"
    thin, filled = whole.alerts
    assert thin.each is not None and thin.each.text == "leg" and shown(thin.repeat) == "1h"
    assert thin.say is not None and thin.say.text == "at {P_t}"
    assert filled.on is not None and filled.on.name.text == "filled" and filled.condition is None
    (report,) = whole.reports
    assert report.at is not None and report.at.text == "09:00 Asia/Shanghai"
    assert [word.text for word in report.show] == ["qL", "P_t"]
    assert [word.text for word in whole.metrics] == ["P_t", "risk"]


def test_lots_risk_stop_run(whole: Spec) -> None:
    (lots,) = whole.lots
    assert [word.text for word in lots.legs] == ["L", "P"]
    assert shown(lots.book_partial_after) == "1800s"
    assert [setting.name.text for setting in whole.stop] == ["after", "cancel", "keep"]
    assert [setting.name.text for setting in whole.risk][:2] == ["position", "notional"]
    assert [setting.name.text for setting in whole.run] == ["market", "capital", "latency", "periods", "sweep"]


def test_tests(whole: Spec) -> None:
    (test,) = whole.tests
    assert test.name.text == "half"
    assert [(name.text, shown(value)) for name, value in test.with_parameters] == [("f", "0.1%")]
    assert [(name.text, cell.text) for name, cell in test.row] == [("instrument", "BTC"), ("enabled", "true")]
    assert [(shown(fact.target), shown(fact.value)) for fact in test.given] == [
        ("P_t", "100"),
        ("touch(L, buy)", "99.5"),
    ]
    (item,) = test.when
    assert [(shown(fact.target), shown(fact.value)) for fact in item.facts] == [("P_t", "101")]
    assert shown(item.at) == "3s" and item.times == 2 and [word.text for word in item.refuse] == ["P"]
    assert item.event is not None and item.event.name.text == "rejected"
    assert [entry.path.text for entry in item.expect] == ["risk", "maker.buy.bid"]
    assert [entry.path.text for entry in test.expect] == ["orders"]


# steps


def test_a_name_and_a_list_of_names() -> None:
    assert [step.name.text for step in steps_of("one").steps if isinstance(step, CallStep)] == ["one"]
    assert len(steps_of("[one, two]").steps) == 2


def test_assignment_or_call() -> None:
    (assign,) = steps_of("{qL: 0, theta_base: theta_t}").steps
    assert isinstance(assign, AssignStep) and len(assign.entries) == 2
    (call,) = steps_of("{cancel_side: opposite(x)}").steps
    assert isinstance(call, CallStep)
    ((name, node),) = call.arguments
    assert name is None and isinstance(node, Scalar) and node.text == "opposite(x)"
    (unknown,) = steps_of("{hedge_all: {leg: L, every: 1s}}").steps
    assert isinstance(unknown, CallStep) and [word.text for word, _ in unknown.arguments if word] == ["leg", "every"]


def test_the_specs_own_actions_are_callable() -> None:
    (step,) = steps_of("{own: 3}").steps
    assert isinstance(step, CallStep) and step.name.text == "own"


def test_the_words_of_steps() -> None:
    found = steps_of("[{let: {x: 1}}, wait, {wait: }, {alert: thin}, {record: {a: {x: 1}, b: {y: 2}}}]").steps
    assert [type(step) for step in found] == [LetStep, WaitStep, WaitStep, AlertStep, RecordStep, RecordStep]
    (target,) = steps_of("{target: {leg: L, to: 3}}").steps
    assert isinstance(target, CallStep) and [word.text for word, _ in target.arguments if word] == ["leg", "to"]


def test_arguments_of_an_action() -> None:
    for written in ("[a, b]", "{a, b}"):
        assert [word.text for word in steps_of(f"{{steps: one, with: {written}}}").parameters] == ["a", "b"]


# places and trouble


def test_spans_point_into_texts() -> None:
    spec = read(
        "fsm: 1\nstates:\n  A:\n    on:\n      rejected(maker.buy, post_only): {do: x}\n    after:\n      30s: {do: x}\n"
    )
    state = spec.regions[0].states[0]
    assert [str(word.span) for word in state.on[0].pattern.arguments] == ["t.yml:5:16", "t.yml:5:27"]
    assert str(state.after[0].delay.span) == "t.yml:7:7"
    assert spec.regions[0].name.text == "mode"


def test_the_sign_of_at_is_not_part_of_its_expression() -> None:
    spec = read("fsm: 1\ntests:\n  - {name: t, when: [{at: +1h}]}\n")
    at = spec.tests[0].when[0].at
    assert at is not None and (at.text, str(at.span)) == ("1h", "t.yml:3:28")


@pytest.mark.parametrize("event", ["price(X) > 3", "price(L", "a b", "price(L,)", "3", "rejected(a b)"])
def test_what_is_not_an_event(event: str) -> None:
    findings = Findings()
    document = load_document(
        Source("t.yml", f"fsm: 1\nstates:\n  A:\n    on:\n      {event}: {{do: x}}\n".encode()), findings
    )
    assert document is not None
    spec = read_spec(document, Dialect.FSM_1, findings)
    assert [(item.code, item.span.line, item.span.column) for item in findings.items] == [("FSM112", 5, 7)]
    assert spec.regions[0].states[0].on == ()


@pytest.mark.parametrize(
    "text",
    [
        "fsm: 1\nstates: []\nactions: 3\ntests: {a: 1}\nlegs: [x]\nparameters: x\nfor_each: 3\nevents: [1]\n",
        "fsm: 1\nstates: {A: 3, B: [1], C: {on: 3, after: [x], enter: , states: 5}}\nregions: 3\n",
        "fsm: 1\ntests: [1, {name: [], when: {a: 1}, given: [1], expect: 3}, {when: [1, {times: x, expect: []}]}]\n",
        "fsm: 1\nparameters: {a: [1], b: {c: {d: 1}}}\nvariables: {x: 1}\nlots: {a: 1}\nalerts: {a: 1}\nreports: [1]\n",
        "fsm: 1\ninvariants: [[1], {a: [1]}]\nchecks: [1, {}]\nquotes: {a: 1}\nrisk: 1\nmetrics: {a: 1}\n",
    ],
)
def test_wrong_shapes_are_passed_over(text: str) -> None:
    findings = Findings()
    document = load_document(Source("t.yml", text.encode()), findings)
    assert document is not None
    read_spec(document, Dialect.FSM_1, findings)
    read_spec(document, Dialect.SEED, findings)
    assert not findings.items


def test_the_shipped_prelude_is_readable() -> None:
    path = Path(__file__).parents[2] / "src/fsmtrader/catalog/prelude.yml"
    spec = read(path.read_text())
    fee = next(parameter for parameter in spec.parameters if parameter.name.text == "f")
    assert fee.required and spec.regions == ()

"""The frozen machine: order, queue, errors, ignored events, freezing. Expectations worked out by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import transitions

from fsmtrader.machine import FrozenError, FrozenMachine, MachineTable, Rule, RunawayError, StateRow, build

Trace = list[str]


def note(trace: Trace, word: str) -> Callable[[], None]:
    return lambda: trace.append(word)


def answer(trace: Trace, word: str, value: bool) -> Callable[[], bool]:
    def condition() -> bool:
        trace.append(word)
        return value

    return condition


def traced_state(trace: Trace, name: str, *, final: bool = False) -> StateRow:
    return StateRow(name, (note(trace, f"enter {name}"),), (note(trace, f"exit {name}"),), final)


def test_one_event_in_its_order() -> None:
    trace: Trace = []
    rule = Rule(
        "go",
        "A",
        "B",
        (answer(trace, "if 1", True), answer(trace, "if 2", True)),
        (note(trace, "before 1"), note(trace, "before 2")),
        (note(trace, "after 1"), note(trace, "after 2")),
    )
    machine = build(
        MachineTable(
            (traced_state(trace, "A"), traced_state(trace, "B", final=True)),
            (rule,),
            "A",
            on_final=(note(trace, "final"),),
            after_state_change=(note(trace, "changed"),),
            finalize=(note(trace, "finalize"),),
        )
    )
    assert trace == []
    assert machine.trigger("go") is True
    conditions, before, after = ["if 1", "if 2"], ["before 1", "before 2"], ["after 1", "after 2"]
    assert trace == [*conditions, *before, "exit A", "enter B", "final", *after, "changed", "finalize"]
    assert (machine.state, machine.state_index, machine.is_final) == ("B", 1, True)


def test_the_first_rule_that_holds_is_taken_and_no_condition_after_a_false_one_is_asked() -> None:
    trace: Trace = []
    rules = (
        Rule("go", "A", "B", (answer(trace, "1a", False), answer(trace, "1b", True))),
        Rule("go", "A", "C", (answer(trace, "2", True),)),
        Rule("go", "A", "D", (answer(trace, "3", True),)),
    )
    machine = build(MachineTable(tuple(map(StateRow, "ABCD")), rules, "A"))
    assert machine.trigger_of("go")() is True
    assert (trace, machine.state) == (["1a", "2"], "C")


def test_no_rule_holds() -> None:
    trace: Trace = []
    rule = Rule("go", "A", "B", (answer(trace, "1", False),), before=(note(trace, "before"),))
    machine = build(MachineTable((StateRow("A"), StateRow("B")), (rule,), "A"))
    assert machine.trigger("go") is False
    assert (trace, machine.state) == (["1"], "A")


def test_internal_stays_and_reentering_leaves_and_enters() -> None:
    trace: Trace = []
    rules = (
        Rule("stay", "A", None, before=(note(trace, "before"),), after=(note(trace, "after"),)),
        Rule("again", "A", "A", before=(note(trace, "before"),), after=(note(trace, "after"),)),
    )
    machine = build(MachineTable((traced_state(trace, "A"),), rules, "A", after_state_change=(note(trace, "changed"),)))
    assert machine.trigger("stay") is True
    assert trace == ["before", "after", "changed"]
    trace.clear()
    assert machine.trigger("again") is True
    assert trace == ["before", "exit A", "enter A", "after", "changed"]


def test_callbacks_see_the_state_of_their_moment() -> None:
    seen: Trace = []
    machine: FrozenMachine

    def look() -> None:
        seen.append(machine.state)

    states = (StateRow("A", on_exit=(look,)), StateRow("B", on_enter=(look,)))
    machine = build(MachineTable(states, (Rule("go", "A", "B", before=(look,), after=(look,)),), "A"))
    machine.trigger("go")
    assert seen == ["A", "A", "B", "B"]


def test_x_06_an_event_without_a_rule_is_ignored() -> None:
    machine = build(MachineTable((StateRow("A"), StateRow("B")), (Rule("go", "B", "A"),), "A"))
    assert machine.trigger("go") is False
    assert machine.trigger("never heard of") is False
    assert machine.trigger_of("never heard of")() is False
    assert (machine.handles("go"), machine.handles("never heard of"), machine.state) == (False, False, "A")
    machine.set_state("B")
    assert machine.handles("go")


def test_x_06_a_final_state_ignores_everything_even_its_own_rules() -> None:
    states = (StateRow("A", final=True), StateRow("B"))
    machine = build(MachineTable(states, (Rule("go", "A", "B"), Rule("go", "B", "A")), "A"))
    assert machine.trigger("go") is False
    assert (machine.state, machine.is_final, machine.handles("go")) == ("A", True, False)


def test_on_final_runs_only_where_the_machine_ends() -> None:
    trace: Trace = []
    states = (StateRow("A"), StateRow("B"), StateRow("C", final=True))
    rules = (Rule("go", "A", "B"), Rule("go", "B", "C"))
    machine = build(MachineTable(states, rules, "A", on_final=(note(trace, "final"),)))
    machine.trigger("go")
    assert trace == []
    machine.trigger("go")
    assert trace == ["final"]


def test_an_event_fired_from_within_waits_until_the_present_one_is_over() -> None:
    trace: Trace = []
    machine: FrozenMachine

    def fire_next() -> None:
        trace.append(f"fired {machine.trigger('next')}")

    rules = (
        Rule("go", "A", "B", before=(fire_next,), after=(note(trace, "after go"),)),
        Rule("next", "A", None, after=(note(trace, "next in A"),)),
        Rule("next", "B", None, after=(note(trace, "next in B"),)),
    )
    states = (traced_state(trace, "A"), traced_state(trace, "B"))
    machine = build(MachineTable(states, rules, "A", finalize=(note(trace, "finalize"),)))
    assert machine.trigger("go") is True
    assert trace == ["fired True", "exit A", "enter B", "after go", "finalize", "next in B", "finalize"]


def test_queued_events_come_first_come_first_served() -> None:
    trace: Trace = []
    machine: FrozenMachine

    def fire(name: str) -> Callable[[], None]:
        return lambda: (machine.trigger(name), None)[1]

    rules = (
        Rule("a", "A", None, after=(fire("b"), fire("c"))),
        Rule("b", "A", None, before=(note(trace, "b"),), after=(fire("d"),)),
        Rule("c", "A", None, before=(note(trace, "c"),)),
        Rule("d", "A", None, before=(note(trace, "d"),)),
    )
    machine = build(MachineTable((StateRow("A"),), rules, "A"))
    machine.trigger("a")
    assert trace == ["b", "c", "d"]


class Crash(Exception):
    pass


def crash() -> None:
    raise Crash


@pytest.mark.parametrize(("place", "state"), [("before", "A"), ("exit", "A"), ("enter", "B"), ("after", "B")])
def test_an_exception_leaves_the_state_of_its_moment_and_drops_the_queue(place: str, state: str) -> None:
    trace: Trace = []
    machine: FrozenMachine

    def fire_next() -> None:
        machine.trigger("next")

    def here(name: str) -> tuple[Callable[[], None], ...]:
        return (fire_next, crash) if name == place else ()

    states = (StateRow("A", on_exit=here("exit")), StateRow("B", on_enter=here("enter")))
    rules = (
        Rule("go", "A", "B", before=here("before"), after=here("after")),
        Rule("next", "A", None, after=(note(trace, "next"),)),
        Rule("next", "B", None, after=(note(trace, "next"),)),
    )
    machine = build(MachineTable(states, rules, "A", finalize=(note(trace, "finalize"),)))
    with pytest.raises(Crash):
        machine.trigger("go")
    assert (machine.state, trace) == (state, ["finalize"])
    assert machine.trigger("next") is True
    assert trace == ["finalize", "next", "finalize"]


def test_an_exception_of_a_condition_asks_no_further_rule() -> None:
    def broken() -> bool:
        raise Crash

    rules = (Rule("go", "A", "B", (broken,)), Rule("go", "A", "B"))
    machine = build(MachineTable((StateRow("A"), StateRow("B")), rules, "A"))
    with pytest.raises(Crash):
        machine.trigger("go")
    assert machine.state == "A"


def test_what_finalize_raises_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    machine = build(MachineTable((StateRow("A"),), (Rule("go", "A", None),), "A", finalize=(crash,)))
    with caplog.at_level(logging.ERROR):
        assert machine.trigger("go") is True
    assert "event go: a finalize callback raised Crash" in caplog.text


@pytest.mark.parametrize(
    ("value", "fires"), [(np.True_, True), (np.False_, False), (float("nan"), False), (None, False)]
)
def test_a_value_that_is_not_true_fires_nothing(value: Any, fires: bool) -> None:
    def condition() -> bool:
        return cast(bool, value)

    rules = (Rule("one", "A", None, (condition,)), Rule("two", "A", None, (lambda: True, condition)))
    machine = build(MachineTable((StateRow("A"),), rules, "A"))
    assert (machine.trigger("one"), machine.trigger("two")) == (fires, fires)


def test_events_without_end_are_stopped() -> None:
    machine: FrozenMachine

    def again() -> None:
        machine.trigger("go")

    rules = (Rule("go", "A", None, after=(again,)), Rule("ok", "A", None))
    machine = build(MachineTable((StateRow("A"),), rules, "A", queue_limit=5))
    with pytest.raises(RunawayError, match="more than 5"):
        machine.trigger("go")
    assert machine.trigger("ok") is True


@pytest.mark.parametrize(("fired", "stopped"), [(5, False), (6, True)])
def test_the_queue_has_a_limit(fired: int, stopped: bool) -> None:
    trace: Trace = []
    machine: FrozenMachine

    def flood() -> None:
        for _ in range(fired):
            machine.trigger("ok")

    rules = (Rule("go", "A", None, after=(flood,)), Rule("ok", "A", None, after=(note(trace, "ok"),)))
    machine = build(MachineTable((StateRow("A"),), rules, "A", queue_limit=5))
    if stopped:
        with pytest.raises(RunawayError, match="5 events wait"):
            machine.trigger("go")
    else:
        machine.trigger("go")
    assert trace == [] if stopped else ["ok"] * 5


def small() -> FrozenMachine:
    return build(MachineTable((StateRow("A"), StateRow("B")), (Rule("go", "A", "B"), Rule("go", "B", "A")), "A"))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.add_states("C"),
        lambda m: m.add_state("C"),
        lambda m: m.add_transition("go", "A", "B"),
        lambda m: m.add_transitions([["go", "A", "B"]]),
        lambda m: m.add_ordered_transitions(),
        lambda m: m.remove_transition("go"),
        lambda m: m.add_model(object()),
        lambda m: m.remove_model(m),
        lambda m: setattr(m, "on_final", [print]),
        lambda m: setattr(m, "finalize_event", [print]),
        lambda m: setattr(m, "ignore_invalid_triggers", False),
        lambda m: setattr(m, "initial", "B"),
        lambda m: m.on_enter_A(print),
        lambda m: m.before_go(print),
        lambda m: m.events["go"].add_transition(transitions.Transition("A", "B")),
        lambda m: m.events["go"].add_callback("before", print),
        lambda m: setattr(m.events["go"], "fire", print),
        lambda m: m.states["A"].add_callback("enter", print),
        lambda m: setattr(m.states["A"], "on_enter", [print]),
        lambda m: setattr(m.get_transitions("go")[0], "dest", "A"),
    ],
)
def test_a_built_machine_does_not_change(change: Callable[[FrozenMachine], object]) -> None:
    machine = small()
    with pytest.raises(FrozenError):
        change(machine)
    assert machine.trigger("go")
    assert machine.state == "B"


def test_its_tables_are_read_only() -> None:
    machine = small()
    with pytest.raises(TypeError):
        machine.states["C"] = transitions.State("C")
    with pytest.raises(TypeError):
        machine.events["go"].transitions["A"] = []
    with pytest.raises(AttributeError):
        machine.events["go"].transitions["A"].append(transitions.Transition("A", "B"))
    with pytest.raises(AttributeError):
        machine.states["A"].on_enter.append(print)


def test_the_library_s_own_ways_still_work() -> None:
    machine = small()
    assert isinstance(machine, transitions.Machine)
    assert machine.go() is True
    assert machine.is_B() and not machine.is_A()
    assert machine.may_go() and machine.may_trigger("go")
    assert machine.dispatch("go") and machine.state == "A"
    assert machine.get_triggers("A") == ["go"]
    assert [(t.source, t.dest) for t in machine.get_transitions("go")] == [("A", "B"), ("B", "A")]
    with pytest.raises(TypeError, match="carries no arguments"):
        machine.go(1)


def test_names_of_the_machine_s_own_are_not_taken_by_triggers_and_states() -> None:
    states = (StateRow("final"), StateRow("B"))
    rules = tuple(Rule(name, "final", None) for name in ("trigger", "snapshot", "shape", "events", "on_enter_X"))
    machine = build(MachineTable(states, rules, "final"))
    assert all(machine.trigger(rule.trigger) for rule in rules)
    assert (machine.is_final, machine.snapshot().state) == (False, "final")


def test_building_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        small().trigger("nothing")
    assert caplog.records == []

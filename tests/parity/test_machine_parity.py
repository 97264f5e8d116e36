"""The frozen machine does what the library does, in the same order: random machines, traces compared as lists.

A machine and what its callbacks do (note themselves, fire events, raise, set the state) follow from one seed alone, so
both engines meet the same world. Each call is noted with the state the machine was in.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from transitions import Machine

from fsmtrader.machine import MachineTable, Rule, StateRow, build, stock

MACHINES = 800
EVENTS = 12
NESTED = 25
"""events that callbacks may fire in one run, so that every run ends"""
TRIGGERS = ("monitor", "price_update", "done", "terminate")
UNKNOWN = "never heard of"


class Crash(Exception):
    pass


class Interrupt(BaseException):
    """Stands for KeyboardInterrupt and SystemExit: the library treats them as any other."""


@dataclass(slots=True)
class World:
    """What happens around one machine, decided by the seed, the callback's label and how often it was called."""

    seed: int
    trace: list[tuple[str, ...]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    nested: int = NESTED
    machine: Machine | None = None

    def chance(self, label: str) -> random.Random:
        self.calls[label] += 1
        return random.Random(f"{self.seed}/{label}/{self.calls[label]}")

    def act(self, label: str, chance: random.Random) -> None:
        """Note the call, then perhaps fire an event, set the state or raise."""
        assert self.machine is not None
        self.trace.append((label, str(self.machine.state)))
        lot = chance.random()
        if lot < 0.12 and self.nested:
            self.nested -= 1
            name = chance.choice((*TRIGGERS, UNKNOWN))
            self.trace.append(("fired", name, str(self.machine.trigger(name))))
        elif lot < 0.14:
            name = chance.choice(list(self.machine.states))
            self.trace.append(("set", name))
            self.machine.set_state(name)
        elif lot < 0.17:
            raise (Crash if chance.random() < 0.7 else Interrupt)(label)

    def callback(self, label: str) -> Callable[[], None]:
        return lambda: self.act(label, self.chance(label))

    def condition(self, label: str) -> Callable[[], bool]:
        def ask() -> bool:
            chance = self.chance(label)
            self.act(label, chance)
            return chance.random() < 0.5

        return ask


def labels(plan: random.Random, stem: str, most: int) -> Iterator[str]:
    return (f"{stem} {number}" for number in range(plan.randint(0, most)))


def random_table(plan: random.Random, world: World) -> MachineTable:
    """Two to five states, a few of them final, and up to four rules for every state and trigger."""

    def callbacks(stem: str, most: int) -> tuple[Callable[[], None], ...]:
        return tuple(world.callback(label) for label in labels(plan, stem, most))

    names = "ABCDE"[: plan.randint(2, 5)]
    states = tuple(
        StateRow(name, callbacks(f"enter {name}", 2), callbacks(f"exit {name}", 2), plan.random() < 0.3)
        for name in names
    )
    rules = []
    for number in range(plan.randint(3, 6 * len(names))):
        trigger, source = plan.choice(TRIGGERS), plan.choice(names)
        dest = plan.choice((*names, source, None))
        conditions = tuple(world.condition(label) for label in labels(plan, f"if {number}", 3))
        before, after = callbacks(f"before {number}", 2), callbacks(f"after {number}", 2)
        rules.append(Rule(trigger, source, dest, conditions, before, after))
    return MachineTable(
        states,
        tuple(rules),
        plan.choice(names),
        on_final=callbacks("final", 2),
        after_state_change=callbacks("changed", 1),
        finalize=callbacks("finalize", 2),
    )


def run(seed: int, engine: Callable[[MachineTable], Machine]) -> list[tuple[str, ...]]:
    """The trace of one random machine over a random sequence of events."""
    plan, world = random.Random(seed), World(seed)
    machine = world.machine = engine(random_table(plan, world))
    for _ in range(EVENTS):
        name = plan.choice((*TRIGGERS, *TRIGGERS, UNKNOWN))
        world.trace.append(("event", name, str(machine.state)))
        try:
            machine.trigger(name)
        except (Crash, Interrupt) as error:
            world.trace.append(("raised", type(error).__name__, str(error)))
        world.trace.append(("now", str(machine.state)))
    return world.trace


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("transitions", "fsmtrader.machine"):
        caplog.set_level(logging.CRITICAL, logger=name)


def test_traces_are_equal() -> None:
    for seed in range(MACHINES):
        assert run(seed, build) == run(seed, stock), f"seed {seed}"


def test_the_random_machines_meet_every_case() -> None:
    """Else the comparison above would prove little: each kind of call and of outcome occurs many times."""
    called: Counter[str] = Counter()
    raised: Counter[str] = Counter()
    for seed in range(MACHINES):
        for word, *rest in run(seed, build):
            called[word.split()[0]] += 1
            if word == "raised":
                raised.update((rest[0], rest[1].split()[0]))
    kinds = {"if", "before", "exit", "enter", "final", "after", "changed", "finalize", "fired", "set"}
    assert min(called[kind] for kind in kinds) >= 50, called
    assert min(raised[kind] for kind in kinds - {"finalize", "fired", "set"} | {"Crash", "Interrupt"}) >= 3, raised
    assert raised["finalize"] == 0

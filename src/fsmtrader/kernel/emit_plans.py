"""Plans of phases as functions of scalars, and what is done with their numbers: deeds and waves of targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fsmtrader.kernel.scope import Scope, plain
from fsmtrader.program.emit_module import layout
from fsmtrader.program.ir import Alarm, Assign, Let, Set, Step, Target


@dataclass(slots=True)
class WaveText:
    """A wave: per leg the locals that its target goes through, in order of steps; and what is kept until it is filled.

    A deed is a line of Python.
    """

    paths: dict[int, list[str]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PlanText:
    """A phase: its numbers as locals, which of them must be ready, and what becomes of them."""

    name: str
    arguments: tuple[str, ...]
    values: tuple[str, ...]
    ready: tuple[str, ...]
    at_once: tuple[str, ...]
    waves: tuple[WaveText, ...]

    @property
    def call(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"

    @property
    def is_ready(self) -> str:
        """The text of "every value that is written or sent is known"."""
        return " and ".join(f"{value} == {value}" for value in self.ready) or "True"


class Plans:
    """The plans of a program, each as one function; `source` are those that were asked for."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._made: dict[tuple[int, int], PlanText] = {}
        self.source: list[str] = []

    def locals(self) -> list[str]:
        """Every local that holds a number of a plan."""
        return [value for plan in self._made.values() for value in plan.values]

    def names(self) -> list[str]:
        return [plan.name for plan in self._made.values() if plan.values]

    def of(self, action: int, phase: int) -> PlanText:
        if (action, phase) not in self._made:
            self._made[action, phase] = self._make(action, phase)
        return self._made[action, phase]

    def _make(self, action: int, phase: int) -> PlanText:
        name = f"plan_{action}_{phase}"
        arguments = self._function(name, action, phase)
        values = [f"p{action}_{phase}_{i}" for i in range(len(layout(self._scope.program, action, phase)))]
        rest = iter(values)
        waves, at_once, ready = [WaveText()], list[str](), list[str]()
        entry = self._scope.program.actions[action]
        for step in entry.phases[phase].steps:
            if not entry.net and waves[-1].paths and _trades(step):
                waves.append(WaveText())
            for deed in self._deeds(step, rest, waves[-1], ready):
                is_first = len(waves) == 1 and not waves[0].paths
                (at_once if is_first or isinstance(step, Let) else waves[-1].kept).append(deed)
        return PlanText(name, arguments, tuple(values), tuple(ready), tuple(at_once), tuple(waves))

    def _deeds(self, step: Step, rest: Iterator[str], wave: WaveText, ready: list[str]) -> Iterator[str]:
        """Take in one step: its targets go into the wave, what needs no answer is given back."""
        scope = self._scope
        if isinstance(step, Alarm):
            yield f"alerts += 1  # {plain(step.alert)}"
        elif isinstance(step, Assign):
            pairs = [(entry, next(rest)) for entry in step.entries]
            for entry, value in pairs:
                ready.append(value)
                if isinstance(entry, Target):
                    wave.paths.setdefault(entry.leg, []).append(value)
            yield from (f"{scope.slot(entry.slot)} = {value}" for entry, value in pairs if isinstance(entry, Set))
        elif isinstance(step, Let):
            yield from (f"{scope.slot(entry.slot)} = {next(rest)}" for entry in step.entries)
        else:
            raise AssertionError(f"{type(step).__name__} is no step of the kernel")

    def _function(self, name: str, action: int, phase: int) -> tuple[str, ...]:
        """Add the function's source; gives the locals that it reads, which are its arguments."""
        scope, program = self._scope, self._scope.program
        emitter = scope.emitter()
        items = layout(program, action, phase)
        before = scope.read
        scope.read = set()
        names: list[str] = []
        steps = sorted({item.step for item in items})
        for place in steps:
            written = []
            for item in (item for item in items if item.step == place):
                assert item.entry is not None, "a primitive's argument is no value of the kernel"
                names.append(emitter.named(item.value.tree))
                written.append((scope.written(item.entry), names[-1]))
            for slot, value in written:
                emitter.write(slot, value)
        arguments = tuple(scope.slot(slot) for slot in sorted(scope.read))
        scope.read |= before
        if items:
            head = f"def {name}({', '.join(arguments)}):\n    # {plain(program.actions[action].name)}, phase {phase}"
            body = [*emitter.lines, f"return ({''.join(f'{text}, ' for text in names).strip()})"]
            self.source.append("\n".join([head, *(f"    {line}" for line in body)]))
        return arguments


def _trades(step: Step) -> bool:
    return isinstance(step, Assign) and any(isinstance(entry, Target) for entry in step.entries)

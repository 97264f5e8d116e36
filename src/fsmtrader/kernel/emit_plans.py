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
    """A phase: a function that writes its numbers where they are kept, and what becomes of them.

    `call` is true when every number that is written or sent is known.
    """

    name: str
    values: tuple[str, ...]
    at_once: tuple[str, ...]
    waves: tuple[WaveText, ...]

    @property
    def call(self) -> str:
        return f"{self.name}(x, s)" if self.values else "True"


class Plans:
    """The plans of a program, each as one function; `source` are those that were asked for."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._made: dict[tuple[int, int], PlanText] = {}
        self.source: list[str] = []

    def numbers(self) -> list[str]:
        """Every local that holds a number of a plan; the targets of a leg in a wave stand beside one another."""
        found: dict[str, None] = {}
        for plan in self._made.values():
            found |= dict.fromkeys(value for wave in plan.waves for path in wave.paths.values() for value in path)
            found |= dict.fromkeys(plan.values)
        return list(found)

    def of(self, action: int, phase: int) -> PlanText:
        if (action, phase) not in self._made:
            self._made[action, phase] = self._make(action, phase)
        return self._made[action, phase]

    def _make(self, action: int, phase: int) -> PlanText:
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
        name = f"plan_{action}_{phase}"
        self._function(name, action, phase, values, ready)
        return PlanText(name, tuple(values), tuple(at_once), tuple(waves))

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

    def _function(self, name: str, action: int, phase: int, values: list[str], ready: list[str]) -> None:
        """Add the function's source."""
        scope, program = self._scope, self._scope.program
        emitter = scope.emitter()
        items = layout(program, action, phase)
        names: list[str] = []
        for place in sorted({item.step for item in items}):
            written = []
            for item in (item for item in items if item.step == place):
                assert item.entry is not None, "a primitive's argument is no value of the kernel"
                names.append(emitter.named(item.value.tree))
                written.append((scope.written(item.entry), names[-1]))
            for slot, value in written:
                emitter.write(slot, value)
        if not items:
            return
        known = [text for value, text in zip(values, names, strict=True) if value in ready]
        self.source.append(
            scope.function(
                name,
                [
                    f"# {plain(program.actions[action].name)}, phase {phase}",
                    *emitter.lines,
                    *(f"s[{value.upper()}] = {text}" for value, text in zip(values, names, strict=True)),
                    f"return {' and '.join(f'{text} == {text}' for text in dict.fromkeys(known)) or 'True'}",
                ],
            )
        )


def _trades(step: Step) -> bool:
    return isinstance(step, Assign) and any(isinstance(entry, Target) for entry in step.entries)

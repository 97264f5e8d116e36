"""Actions: steps are inlined, typed and cut into phases at each `wait`."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Declaration, Parameter, Role, Takes
from fsmtrader.diagnostics import closest
from fsmtrader.domain.units import SECONDS, Unit
from fsmtrader.program import ir, meant, prelude
from fsmtrader.program.draft import Draft
from fsmtrader.program.expressions import expression_of
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.primitive_steps import Flow, PrimitiveStep
from fsmtrader.program.symbols import Scope, SlotSymbol, described
from fsmtrader.program.typed import BARE, Kind, Read, Type, number
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import Mapping, Node, Scalar

DEPTH_LIMIT = 16
STEP_LIMIT = 256


class ActionCompiler:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.typer = Typer(draft)
        self.findings = draft.findings

    def compile(self, steps: written.Steps | None, scope: Scope, name: str) -> int:
        """The index of the compiled action; -1 when there is nothing or a finding was made."""
        if steps is None or not steps.steps:
            return -1
        key = (id(steps), id(scope))
        if key in self.draft.action_index:
            return self.draft.action_index[key][-1]
        flow = Flow(scope.inner())
        self._settings(steps, flow)
        self._steps(steps.steps, flow)
        self.draft.action_index[key] = steps, scope, -1
        if flow.failed:
            return -1
        phases = tuple(ir.Phase(tuple(phase)) for phase in flow.phases if phase)
        trades = any(_trades(step) for phase in phases for step in phase.steps)
        only = steps.steps[0]
        if len(steps.steps) == 1 and isinstance(only, written.CallStep):
            name = only.name.text
        index = len(self.draft.actions)
        self.draft.actions.append(ir.Action(name, phases, flow.within, flow.on_fail, flow.net, trades, steps.span))
        self.draft.action_index[key] = steps, scope, index
        return index

    def _settings(self, steps: written.Steps, flow: Flow) -> None:
        """The long form's own: `within`, `on_fail`, `net`."""
        if steps.within is not None:
            flow.within = self.typer.number(steps.within, flow.scope, SECONDS)
            flow.failed |= flow.within is None
        if steps.on_fail is not None:
            flow.on_fail = self.compile(steps.on_fail, flow.scope, "on_fail")
            flow.failed |= flow.on_fail < 0
        flow.net = flow.net and steps.net

    # -- steps -------------------------------------------------------------------------------------------------------

    def _steps(self, steps: tuple[written.Step, ...], flow: Flow) -> None:
        for step in steps:
            flow.count += 1
            if flow.count > STEP_LIMIT:
                self.findings.error(
                    "FSM506",
                    step.span,
                    f"the action has more than {STEP_LIMIT} steps",
                    expected="fewer steps",
                    hint="split the action",
                )
                flow.failed = True
                return
            match step:
                case written.AssignStep():
                    self._assign(step, flow)
                case written.LetStep():
                    self._let(step, flow)
                case written.WaitStep():
                    flow.phases.append([])
                case written.AlertStep():
                    self._alert(step, flow)
                case written.RecordStep():
                    self._record(step, flow)
                case written.CallStep():
                    self._call(step, flow)

    def _assign(self, step: written.AssignStep, flow: Flow) -> None:
        entries: list[ir.Set | ir.Target] = []
        for word, expression in step.entries:
            entry = self._entry(word, expression, flow)
            if entry is None:
                flow.failed = True
            else:
                entries.append(entry)
        if entries:
            flow.phases[-1].append(ir.Assign(tuple(entries)))

    def _entry(self, word: written.Word, expression: written.Expression, flow: Flow) -> ir.Set | ir.Target | None:
        symbol = self.typer.names.find(word.text, flow.scope)
        if not isinstance(symbol, SlotSymbol):
            self._not_assignable(word, flow, described(symbol, article=True) if symbol is not None else "")
            return None
        self.typer.names.settle(symbol)
        slot = self.draft.slots[symbol.slot]
        if slot.role is SlotRole.QUANTITY:
            value = self.typer.number(expression, flow.scope, slot.type.unit)
            leg = next(i for i, leg in enumerate(self.draft.legs) if leg.quantity == slot.index)
            return None if value is None else ir.Target(leg, value)
        if slot.role is not SlotRole.VARIABLE:
            self._not_assignable(word, flow, described(symbol, article=True))
            return None
        value = self._fitting(expression, flow.scope, slot.type)
        if value is None:
            return None
        self._learn_unit(slot, value)
        return ir.Set(slot.index, value)

    def _fitting(self, expression: written.Expression, scope: Scope, type_: Type) -> ir.Value | None:
        if type_.kind is Kind.NUMBER:
            return self.typer.number(expression, scope, type_.unit)
        value = self.typer.any(expression, scope)
        if value is None:
            return None
        if value.tree.type.kind is not type_.kind:
            self.typer.kind_error(value.span, value.tree.type, str(type_))
            return None
        if type_.kind is Kind.WORD and not set(value.tree.type.words) <= set(type_.words):
            words = tuple(dict.fromkeys((*type_.words, *value.tree.type.words)))
            if not type_.words:
                return value
            self.findings.error(
                "FSM403",
                value.span,
                f"{value.text} is not one of {', '.join(type_.words)}",
                expected=str(type_),
                hint=f"use one of {', '.join(words[: len(type_.words)])}",
            )
            return None
        return value

    def _learn_unit(self, slot: ir.Slot, value: ir.Value) -> None:
        """A variable that started as a bare number has the unit of what is first written into it."""
        if slot.type.kind is Kind.NUMBER and slot.type.unit is None and value.tree.type.unit is not None:
            self.draft.retype(slot.index, value.tree.type)

    def _not_assignable(self, word: written.Word, flow: Flow, what: str) -> None:
        known = [s.name for s in self.draft.slots if s.role in (SlotRole.VARIABLE, SlotRole.QUANTITY)]
        guess = closest(word.text, known)
        message = f"{word.text} is {what} and can't be written" if what else f"there is no variable {word.text}"
        declare = f"declare it: `variables: {{{word.text}: {{initial: 0}}}}`"
        row_key = meant.row_key(word.text)
        hint = row_key or meant.order(self.draft, word.text) or declare
        if what:
            hint = "write a variable, or a leg's quantity such as qL"
        if guess and guess != word.text and not row_key:
            hint = f"did you mean {guess}?"
        self.findings.error("FSM504", word.span, message, expected="a variable or a leg's quantity", hint=hint)

    def _let(self, step: written.LetStep, flow: Flow) -> None:
        entries: list[ir.Set] = []
        symbols: dict[str, SlotSymbol] = {}
        for word, expression in step.entries:
            value = self.typer.any(expression, flow.scope)
            self.draft.must_be_free(word, flow.scope)
            if value is None:
                flow.failed = True
                symbols[word.text] = SlotSymbol(0, BARE, "local", word.span)
                continue
            slot = self.draft.slot(f"let {word.text}", SlotRole.LOCAL, value.tree.type)
            symbols[word.text] = SlotSymbol(slot, value.tree.type, "local", word.span)
            entries.append(ir.Set(slot, value))
        flow.scope.names.update(symbols)
        if entries:
            flow.phases[-1].append(ir.Let(tuple(entries)))

    def _alert(self, step: written.AlertStep, flow: Flow) -> None:
        alerts = [alert.name.text for alert in self.draft.spec.alerts]
        if step.name.text not in alerts:
            guess = closest(step.name.text, alerts)
            self.findings.error(
                "FSM505",
                step.name.span,
                f"there is no alert {step.name.text}",
                expected="an alert of `alerts`",
                hint=f"did you mean {guess}?" if guess else f"declare it: `alerts: {{{step.name.text}: {{say: …}}}}`",
            )
            flow.failed = True
            return
        flow.phases[-1].append(ir.Alarm(step.name.text))

    def _record(self, step: written.RecordStep, flow: Flow) -> None:
        columns: list[tuple[str, ir.Value]] = []
        for word, expression in step.columns:
            value = self.typer.any(expression, flow.scope)
            if value is None:
                flow.failed = True
            else:
                columns.append((word.text, value))
        flow.phases[-1].append(ir.Record(step.kind.text, tuple(columns)))

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, step: written.CallStep, flow: Flow) -> None:
        name = step.name.text
        steps = self._action(step, flow)
        if steps is not None:
            self.draft.used_actions.add(name)
            self._inline(name, steps, step, flow)
            return
        declaration = self.draft.catalog.get(name)
        if declaration is None or declaration.role is not Role.PRIMITIVE:
            meant.unknown_action(self.draft, step.name)
            flow.failed = True
            return
        arguments = self._arguments(declaration, step, flow)
        if arguments is None:
            flow.failed = True
            return
        PrimitiveStep(self.draft, declaration, step.span, *arguments).add(flow)

    def _action(self, step: written.CallStep, flow: Flow) -> written.Steps | None:
        """The action that a step names; None for a primitive.

        The prelude's actions are bare names: with arguments the primitive behind is meant, as it is in a spec's own
        action of its name.
        """
        name = step.name.text
        own = self.draft.named_actions.get(name)
        if not step.arguments:
            return own or prelude.action(self.draft, name)
        declaration = self.draft.catalog.get(name)
        is_within = name in flow.stack and declaration is not None and declaration.role is Role.PRIMITIVE
        return None if is_within else own

    def _inline(self, name: str, steps: written.Steps, step: written.CallStep, flow: Flow) -> None:
        if name in flow.stack or len(flow.stack) >= DEPTH_LIMIT:
            circle = name in flow.stack
            self.findings.error(
                "FSM506",
                step.name.span,
                f"the action {name} calls itself"
                if circle
                else f"actions call each other more than {DEPTH_LIMIT} deep",
                expected="an action that ends",
                hint="take the call out of the circle" if circle else "write the steps out in full",
            )
            flow.failed = True
            return
        self._bind(name, steps, step, flow)
        if steps.is_long:
            self._settings(steps, flow)
        flow.stack.append(name)
        self._steps(steps.steps, flow)
        flow.stack.pop()

    def _bind(self, name: str, steps: written.Steps, step: written.CallStep, flow: Flow) -> None:
        """The arguments of an action become locals."""
        wanted = [word.text for word in steps.parameters]
        given = {
            (word.text if word else wanted[i] if i < len(wanted) else ""): node
            for i, (word, node) in enumerate(step.arguments)
        }
        missing = [w for w in wanted if w not in given]
        extra = [w for w in given if w not in wanted]
        if missing or extra:
            message = f"{name} needs {', '.join(missing)}" if missing else f"{name} takes no argument {extra[0]}"
            self.findings.error(
                "FSM304",
                step.span,
                message,
                expected=f"{name}({', '.join(wanted)})",
                hint=f"write `{name}: {{{', '.join(f'{w}: …' for w in wanted)}}}`"
                if wanted
                else f"write `{name}` alone",
            )
            flow.failed = True
            return
        if given:
            entries = tuple(
                (written.Word(n, step.span), expression_of(node, self.findings)) for n, node in given.items()
            )
            self._let(written.LetStep(tuple((w, e) for w, e in entries if e is not None), step.span), flow)

    def _given(self, declaration: Declaration, step: written.CallStep) -> dict[str, Node] | None:
        """The arguments of a primitive's call by name; None after a finding."""
        names = [p.name for p in declaration.parameters]
        given: dict[str, Node] = {}
        for i, (word, node) in enumerate(step.arguments):
            key = word.text if word is not None else (names[i] if i < len(names) else "")
            if key not in names:
                guess = closest(key, names)
                self.findings.error(
                    "FSM304",
                    word.span if word else step.span,
                    f"{declaration.name} has no argument {key or i + 1}",
                    expected=", ".join(names) or "no argument",
                    hint=f"did you mean {guess}?" if guess else f"e.g. `{declaration.examples[0]}`",
                )
                return None
            given[key] = node
        missing = [p.name for p in declaration.parameters if p.required and p.name not in given]
        if missing:
            self.findings.error(
                "FSM304",
                step.span,
                f"{declaration.name} needs {', '.join(missing)}",
                expected=", ".join(names),
                hint=f"e.g. `{declaration.examples[0]}`",
            )
            return None
        return given

    def _arguments(
        self, declaration: Declaration, step: written.CallStep, flow: Flow
    ) -> tuple[list[str], list[tuple[str, ir.Value]], list[tuple[str, str]]] | None:
        """Legs, values and words of a primitive's call; None after a finding."""
        given = self._given(declaration, step)
        if given is None:
            return None
        legs: list[str] = []
        values: list[tuple[str, ir.Value]] = []
        words: list[tuple[str, str]] = []
        for parameter in declaration.parameters:
            if parameter.name not in given:
                continue
            node = given[parameter.name]
            if parameter.takes is Takes.WORD:
                said = self._said(parameter, node)
                if said is None:
                    return None
                words.append((parameter.name, said))
                continue
            expression = expression_of(node, self.findings)
            if expression is None or expression.tree is None:
                return None
            if parameter.takes is Takes.LEG:
                leg = self.typer.calls.leg(expression.tree, flow.scope)
                if leg is None:
                    return None
                legs.append(leg.name)
                continue
            if parameter.takes is Takes.VARIABLE:
                value = self._variable(parameter, expression, flow)
                if value is None:
                    return None
                values.append((parameter.name, value))
                continue
            value = self._argument(parameter.takes, parameter.unit, expression, flow.scope)
            if value is None:
                return None
            values.append((parameter.name, value))
        return legs, values, words

    def _said(self, parameter: Parameter, node: Node) -> str | None:
        """An argument that is a word, as it is written."""
        said = node.text if isinstance(node, Scalar) else _flat_text(node)
        if parameter.words and said not in parameter.words:
            guess = closest(said, parameter.words)
            self.findings.error(
                "FSM304",
                node.span,
                f"{parameter.name} cannot be {said}",
                expected=" or ".join(parameter.words),
                hint=f"did you mean {guess}?" if guess else f"use {' or '.join(parameter.words)}",
            )
            return None
        return said

    def _variable(self, parameter: Parameter, expression: written.Expression, flow: Flow) -> ir.Value | None:
        """A variable that the step writes."""
        value = self.typer.number(expression, flow.scope, parameter.unit)
        if value is None:
            return None
        tree = value.tree
        if not isinstance(tree, Read) or self.draft.slots[tree.slot].role is not SlotRole.VARIABLE:
            self._not_assignable(written.Word(value.text, value.span), flow, "no variable")
            return None
        if tree.type.unit is None and parameter.unit is not None:
            self.draft.retype(tree.slot, number(parameter.unit))
        return value

    def _argument(
        self, takes: Takes, unit: Unit | None, expression: written.Expression, scope: Scope
    ) -> ir.Value | None:
        if takes is Takes.SIDE:
            return self.typer.word(expression, scope, ("buy", "sell"))
        return self.typer.number(expression, scope, SECONDS if takes is Takes.DURATION else unit)


def _trades(step: ir.Step) -> bool:
    if isinstance(step, ir.Assign):
        return any(isinstance(entry, ir.Target) for entry in step.entries)
    return isinstance(step, ir.Primitive) and step.trades


def _flat_text(node: Node) -> str:
    """`how: {style: ioc, band: 2bp}` as one canonical text."""
    if isinstance(node, Mapping):
        return ", ".join(f"{e.key.text}={_flat_text(e.value)}" for e in node)
    return node.text if isinstance(node, Scalar) else ", ".join(_flat_text(i) for i in node)

"""Calls in expressions: the catalog's functions, observables and indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmtrader.catalog.declaration import Declaration, Gives, Parameter, Role, Takes
from fsmtrader.diagnostics import Span, closest
from fsmtrader.domain.units import SECONDS, spoken
from fsmtrader.program import ir, meant
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import SlotRole
from fsmtrader.program.symbols import AccountSymbol, LegSymbol, LotsSymbol, QuoteSymbol, Scope, described
from fsmtrader.program.typed import (
    INSTANT,
    TRUTH,
    Asked,
    AtLeast,
    Choice,
    Comparison,
    Constant,
    Function,
    Kind,
    Observed,
    Read,
    Ready,
    Type,
    Typed,
    number,
    walk,
)
from fsmtrader.spec.expression import render
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.expression.tree import Operator, Tree

if TYPE_CHECKING:
    from fsmtrader.program.typer import Typer

Given = dict[str, list[Tree]]
"""Argument trees by parameter name (more than one for a variadic parameter)."""


class Calls:
    def __init__(self, typer: Typer) -> None:
        self.typer = typer
        self.draft = typer.draft
        self.findings = typer.findings
        self.side = Type(Kind.WORD, words=("buy", "sell"))

    def type(self, node: syntax.Call, scope: Scope) -> Typed | None:
        declaration = self.draft.catalog.get(node.function)
        if declaration is None or declaration.role is Role.PRIMITIVE:
            self._unknown(node)
            return None
        given = self._arguments(declaration, node)
        if given is None:
            return None
        if declaration.role is Role.FUNCTION:
            return self._function(declaration, node, given, scope)
        if declaration.role is Role.INDICATOR:
            return self._indicator(declaration, node, given, scope)
        return self._observable(declaration, given, scope)

    def _unknown(self, node: syntax.Call) -> None:
        callable_names = [n for n, d in self.draft.catalog.items() if d.role is not Role.PRIMITIVE]
        guess = meant.function(node.function, self.draft.catalog) or closest(node.function, callable_names)
        if node.function in self.draft.catalog:
            message = f"{node.function} is a step of an action, not a function"
            hint = "name it under `do` or in an action"
        else:
            message = f"there is no function {node.function}"
            hint = f"did you mean {guess}?" if guess else "`fsm catalog` lists the functions"
        self.findings.error("FSM303", node.function_span, message, expected="a function of the catalog", hint=hint)

    # -- arguments ---------------------------------------------------------------------------------------------------

    def _arguments(self, declaration: Declaration, node: syntax.Call) -> Given | None:
        """Sort the arguments by parameter; None after a finding."""
        positional = [p for p in declaration.parameters if not p.keyword_only]
        given: Given = {}
        for i, tree in enumerate(node.positional):
            if i < len(positional):
                given[positional[i].name] = [tree]
            elif declaration.variadic:
                given[positional[-1].name].append(tree)
            else:
                self._wrong(declaration, tree.span, f"{declaration.name} takes {_count(len(positional))}")
                return None
        names = {p.name for p in declaration.parameters}
        for argument in node.keywords:
            if argument.name not in names:
                guess = closest(argument.name, names)
                self._wrong(
                    declaration,
                    argument.span,
                    f"{declaration.name} has no argument {argument.name}",
                    f"did you mean {guess}?" if guess else "",
                )
                return None
            if argument.name in given:
                self._wrong(declaration, argument.span, f"the argument {argument.name} is given twice")
                return None
            given[argument.name] = [argument.value]
        missing = [p.name for p in declaration.parameters if p.required and p.name not in given]
        if missing:
            self._wrong(declaration, node.span, f"{declaration.name} needs {', '.join(missing)}")
            return None
        return given

    def _wrong(self, declaration: Declaration, span: Span, message: str, hint: str = "") -> None:
        expected = f"{declaration.name}({', '.join(_shown(p) for p in declaration.parameters)})"
        self.findings.error("FSM304", span, message, expected=expected, hint=hint or f"e.g. {declaration.examples[0]}")

    # -- pure functions ----------------------------------------------------------------------------------------------

    def _function(self, declaration: Declaration, node: syntax.Call, given: Given, scope: Scope) -> Typed | None:
        if declaration.name == "ready":
            inner = self.typer.type(given["x"][0], scope)
            return None if inner is None else Ready(inner)
        if declaration.name == "at_least":
            return self._at_least(given, scope)
        if declaration.name == "opposite":
            side = self._side(given["side"][0], scope)
            return None if side is None else self._opposite(side)
        if declaration.name == "since":
            instant = self.typer.type(given["instant"][0], scope)
            if instant is None or not self._is(instant, Kind.INSTANT, "an instant", given["instant"][0].span):
                return None
            return Function("elapsed", (Read(self.draft.now, INSTANT), instant), number(SECONDS))
        arguments: list[Typed] = []
        joined: Type | None = None
        for parameter in declaration.parameters:
            for tree in given.get(parameter.name, []):
                typed = self.typer.type(tree, scope)
                if typed is None or not self._fits(typed, parameter, tree.span):
                    return None
                if declaration.gives is Gives.SAME:
                    both = typed.type if joined is None else self.typer.joined(joined, typed.type)
                    if both is None:
                        self.typer.mixture(
                            tree.span,
                            f"this is {typed.type}",
                            str(joined),
                            f"all arguments of {declaration.name} must have one unit",
                        )
                        return None
                    joined = both
                arguments.append(typed)
        result = joined if joined is not None else number(declaration.unit)
        return Function(declaration.name, tuple(arguments), result)

    def _at_least(self, given: Given, scope: Scope) -> Typed | None:
        count = self.typer.type(given["n"][0], scope)
        conditions = [self.typer.type(tree, scope) for tree in given["condition"]]
        if count is None or not self.typer.must_be_number(count, given["n"][0].span):
            return None
        known: list[Typed] = []
        for tree, typed in zip(given["condition"], conditions, strict=True):
            if typed is None or not self.typer.must_be_truth(typed, tree.span):
                return None
            known.append(typed)
        return AtLeast(count, tuple(known))

    def _opposite(self, side: Typed) -> Typed:
        buy, sell = (Constant(float(self.draft.word(w)), self.side) for w in ("buy", "sell"))
        if isinstance(side, Constant):
            return sell if side.value == buy.value else buy
        return Choice(Comparison(Operator.EQUAL, side, buy, exact=True), sell, buy, self.side)

    def _side(self, tree: Tree, scope: Scope) -> Typed | None:
        typed = self.typer.type(tree, scope)
        if typed is None:
            return None
        if typed.type.kind is not Kind.WORD or not set(typed.type.words) <= {"buy", "sell"}:
            self.typer.kind_error(tree.span, typed.type, "buy or sell")
            return None
        return typed

    def _is(self, typed: Typed, kind: Kind, expected: str, span: Span) -> bool:
        if typed.type.kind is kind:
            return True
        self.typer.kind_error(span, typed.type, expected)
        return False

    def _fits(self, typed: Typed, parameter: Parameter, span: Span) -> bool:
        if parameter.takes is Takes.ANY:
            return True
        if parameter.takes is Takes.TRUTH:
            return self.typer.must_be_truth(typed, span)
        if not self.typer.must_be_number(typed, span):
            return False
        if parameter.unit is not None and typed.type.unit not in (None, parameter.unit):
            self.typer.mixture(span, f"{parameter.name} is {typed.type}", spoken(parameter.unit))
            return False
        return True

    # -- observables -------------------------------------------------------------------------------------------------

    def _observable(self, declaration: Declaration, given: Given, scope: Scope) -> Typed | None:
        legs: list[str] = []
        words: list[str] = []
        asked: list[Typed] = []
        for parameter in declaration.parameters:
            if parameter.name not in given:
                continue
            tree = given[parameter.name][0]
            match parameter.takes:
                case Takes.LEG:
                    leg = self.leg(tree, scope)
                    if leg is None:
                        return None
                    legs.append(leg.name)
                case Takes.ACCOUNT | Takes.SLOT | Takes.LOTS:
                    word = self._thing(parameter, tree, scope)
                    if word is None:
                        return None
                    words.append(word)
                case Takes.SIDE:
                    side = self._side(tree, scope)
                    if side is None:
                        return None
                    if isinstance(side, Constant):
                        words.append(self.draft.words[int(side.value)])
                    else:
                        asked.append(side)
                case _:
                    typed = self.typer.type(tree, scope)
                    if typed is None or not self._fits(typed, parameter, tree.span):
                        return None
                    asked.append(typed)
        return self._query(declaration, tuple(legs), tuple(words), tuple(asked))

    def _query(
        self, declaration: Declaration, legs: tuple[str, ...], words: tuple[str, ...], asked: tuple[Typed, ...]
    ) -> Typed:
        if declaration.name in ("quantity", "average_price"):
            leg = next(leg for leg in self.draft.legs if leg.name == legs[0])
            slot = leg.quantity if declaration.name == "quantity" else leg.average
            return Read(slot, self.draft.slots[slot].type)
        type_ = TRUTH if declaration.gives is Gives.TRUTH else number(declaration.unit)
        key = (declaration.name, legs, words, bool(asked), len(asked))
        index = self.draft.query_index.get(key)
        if index is None:
            index = len(self.draft.queries)
            text = f"{declaration.name}({', '.join((*legs, *words))})"
            slot = -1 if asked else self.draft.slot(text, SlotRole.INPUT, type_)
            self.draft.queries.append(ir.Query(declaration.name, legs, words, slot, text))
            self.draft.query_index[key] = index
        query = self.draft.queries[index]
        return Asked(index, asked, type_) if asked else Read(query.slot, type_)

    def leg(self, tree: Tree, scope: Scope) -> ir.Leg | None:
        if isinstance(tree, syntax.Name):
            symbol = self.typer.names.find(tree.text, scope)
            if isinstance(symbol, LegSymbol):
                symbol.used = True
                return self.draft.legs[symbol.index]
        legs = [leg.name for leg in self.draft.legs]
        guess = closest(tree.text, legs) if isinstance(tree, syntax.Name) else None
        hint = f"did you mean {guess}?" if guess else f"the legs are {', '.join(legs) or 'none: declare `legs`'}"
        self.findings.error("FSM306", tree.span, f"{_spelled(tree)} is not a leg", expected="a leg", hint=hint)
        return None

    def _thing(self, parameter: Parameter, tree: Tree, scope: Scope) -> str | None:
        """An account, a slot or a lots queue by name."""
        wanted = {Takes.ACCOUNT: AccountSymbol, Takes.SLOT: QuoteSymbol, Takes.LOTS: LotsSymbol}[parameter.takes]
        symbol = self.typer.names.find(tree.text, scope) if isinstance(tree, syntax.Name) else None
        if isinstance(symbol, AccountSymbol | QuoteSymbol | LotsSymbol) and isinstance(symbol, wanted):
            symbol.used = True
            return symbol.name
        found = described(symbol, article=True) if symbol is not None else "no name of one"
        what = {Takes.ACCOUNT: "an account", Takes.SLOT: "a slot", Takes.LOTS: "a lots queue"}[parameter.takes]
        self.findings.error(
            "FSM306",
            tree.span,
            f"{_spelled(tree)} is {found}, not {what}",
            expected=what,
            hint=f"name {what} of this spec",
        )
        return None

    # -- indicators --------------------------------------------------------------------------------------------------

    def _indicator(self, declaration: Declaration, node: syntax.Call, given: Given, scope: Scope) -> Typed | None:
        first = declaration.parameters[0]
        tree = given[first.name][0]
        inner = self.typer.type(tree, scope)
        if inner is None or not self._fits(inner, first, tree.span):
            return None
        constants: dict[str, ir.Value | None] = {}
        for name in ("window", "n", "ready", "q"):
            constants[name] = self._constant(given[name][0], scope, name) if name in given else None
            if name in given and constants[name] is None:
                return None
        clock = self._clock(given, scope)
        if clock is None:
            return None
        if "n" in given and not clock.every_seconds and not clock.event:
            self._wrong(
                declaration,
                node.span,
                "n= counts samples, but it is not said when one is taken",
                "add every= or on=, e.g. every=1s",
            )
            return None
        type_ = inner.type if declaration.gives is Gives.SAME else number(declaration.unit)
        in_state = declaration.name in ("entered", "anchored")
        region = scope.region if scope.region >= 0 or not in_state else 0
        key = (
            declaration.name,
            inner,
            clock,
            region if in_state else -1,
            *(None if v is None else v.tree for v in constants.values()),
        )
        index = self.draft.indicator_index.get(key)
        if index is None:
            index = len(self.draft.indicators)
            text = _spelled(node)
            slot = self.draft.slot(text, SlotRole.INDICATOR, type_)
            value = ir.Value(inner, _spelled(tree), tree.span)
            self.draft.indicators.append(
                ir.Indicator(
                    declaration.name,
                    value,
                    slot,
                    constants["window"],
                    constants["n"],
                    constants["ready"],
                    constants["q"],
                    clock,
                    region,
                    text,
                )
            )
            self.draft.indicator_index[key] = index
        return Read(self.draft.indicators[index].slot, type_)

    def _constant(self, tree: Tree, scope: Scope, name: str) -> ir.Value | None:
        """A value that is constant in a run: literals and parameters only."""
        typed = self.typer.type(tree, scope)
        if typed is None or not self.typer.must_be_number(typed, tree.span):
            return None
        for part in walk(typed):
            constant = isinstance(part, Read) and self.draft.slots[part.slot].role is SlotRole.PARAMETER
            if not constant and not isinstance(part, Constant) and _is_leaf(part):
                self.findings.error(
                    "FSM405",
                    tree.span,
                    f"{name}= must be constant in a run",
                    expected="a literal or an expression over parameters",
                    hint="declare a parameter and use that",
                )
                return None
        if name == "window" and typed.type.unit not in (None, SECONDS):
            self.typer.mixture(tree.span, f"the window is {typed.type}", "a duration", "write e.g. 30s or 6h")
            return None
        return ir.Value(typed, _spelled(tree), tree.span)

    def _clock(self, given: Given, scope: Scope) -> ir.Clock | None:
        if "every" in given:
            tree = given["every"][0]
            value = self._constant(tree, scope, "every")
            if value is None:
                return None
            if any(isinstance(part, Read) for part in walk(value.tree)):
                self.findings.error(
                    "FSM405", tree.span, "every= must be a literal", expected="a duration", hint="write e.g. every=1s"
                )
                return None
            seconds = evaluate(value.tree, (), (), _no_questions)
            if not seconds > 0:
                self.findings.error(
                    "FSM406", tree.span, "every= must be above zero", expected="a duration", hint="write e.g. every=1s"
                )
                return None
            return ir.Clock(every_seconds=seconds)
        if "on" in given:
            tree = given["on"][0]
            events = [event.name for event in self.draft.events]
            if not isinstance(tree, syntax.Name) or tree.text not in events:
                guess = closest(_spelled(tree), events)
                self.findings.error(
                    "FSM307",
                    tree.span,
                    f"{_spelled(tree)} is not an event",
                    expected="a name of `events`",
                    hint=f"did you mean {guess}?" if guess else f"the events are {', '.join(events)}",
                )
                return None
            return ir.Clock(event=tree.text)
        return ir.Clock()


def _no_questions(query: int, arguments: tuple[float, ...]) -> float:
    return float("nan")


def _is_leaf(node: Typed) -> bool:
    return isinstance(node, Read | Observed | Asked)


def _spelled(tree: Tree) -> str:
    return render(tree)


def _count(n: int) -> str:
    return "no argument" if n == 0 else "one argument" if n == 1 else f"{n} arguments"


def _shown(parameter: Parameter) -> str:
    text = f"{parameter.name}=" if parameter.keyword_only else parameter.name
    return text if parameter.required else f"[{text}]"

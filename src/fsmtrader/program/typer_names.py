"""Names in expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmtrader.diagnostics import Span, closest
from fsmtrader.domain.units import SECONDS
from fsmtrader.program import ir, meant
from fsmtrader.program.symbols import (
    ConstantSymbol,
    ModeSymbol,
    ObservableSymbol,
    Scope,
    SlotSymbol,
    Symbol,
    described,
)
from fsmtrader.program.typed import INSTANT, Constant, Function, Kind, Observed, Read, Type, Typed, number
from fsmtrader.spec.expression import tree as syntax

if TYPE_CHECKING:
    from fsmtrader.program.typer import Typer

DEPTH_LIMIT = 32
"""definitions that read each other in a chain"""
NESTING_LIMIT = 80
"""operators and calls around a definition, in all the expressions of such a chain together"""
_MOST_WORDS = 8
"""enumerators that a hint lists"""


class Names:
    def __init__(self, typer: Typer) -> None:
        self.typer = typer
        self.draft = typer.draft

    def find(self, name: str, scope: Scope) -> Symbol | None:
        """The symbol of a name; the documents' own vocabulary stands behind all else."""
        return scope.find(name) or self.draft.vocabulary.provide(self.draft, name)

    def type(self, node: syntax.Name, scope: Scope, words: tuple[str, ...] = ()) -> Typed | None:
        """What a name stands for; `words` are the enumerators that fit its place, for the hint."""
        if not self.draft.vocabulary.wrote(node.span):
            self.draft.place, self.draft.place_name = node.span, node.text
        if node.text == "time_in_state":
            return self._time_in_state(node.span, scope)
        symbol = self.find(node.text, scope)
        if symbol is not None:
            symbol.used = True
            return self._of_symbol(symbol, node)
        if node.text in self.draft.word_index:
            return Constant(float(self.draft.word(node.text)), Type(Kind.WORD, words=(node.text,)))
        self._unknown(node, scope, words)
        return None

    def is_known(self, name: str, scope: Scope) -> bool:
        """Whether a name stands for anything."""
        return name == "time_in_state" or name in self.draft.word_index or self.find(name, scope) is not None

    def parent_state(self, node: syntax.Tree, scope: Scope) -> Typed | None:
        """A parent state's name stands for no single value: a placeholder so that `PARENT == mode` is not refused."""
        if isinstance(node, syntax.Name) and node.text in self.draft.state_words and not scope.find(node.text):
            return Constant(float("nan"), Type(Kind.WORD, words=self.draft.state_words[node.text]))
        return None

    def _of_symbol(self, symbol: Symbol, node: syntax.Name) -> Typed | None:
        match symbol:
            case SlotSymbol(slot=slot):
                self.settle(symbol)
                return Read(slot, self.draft.slots[slot].type)
            case ConstantSymbol(constant=constant):
                return constant
            case ObservableSymbol():
                return self.observable(symbol, node.span)
            case ModeSymbol(regions=regions, base=base):
                if len(regions) == 1:
                    return Read(
                        self.draft.regions[regions[0]].mode, self.draft.slots[self.draft.regions[regions[0]].mode].type
                    )
                self.draft.findings.error(
                    "FSM304",
                    node.span,
                    f"{base} is {len(regions)} machines; which one is meant is not said",
                    expected="one machine's state",
                    hint=f"name {base} only inside the region {base}",
                )
                return None
            case _:
                self.draft.findings.error(
                    "FSM304",
                    node.span,
                    f"{node.text} is {described(symbol, article=True)}, which is not a value",
                    expected="a value",
                    hint=f"q{node.text} is its quantity, mark({node.text}) its price"
                    if described(symbol) == "leg"
                    else "use it as an argument of a function",
                )
                return None

    def settle(self, symbol: SlotSymbol) -> None:
        """Find out a slot's type from its first value, if that is still to be done."""
        if symbol.pending is not None:
            pending, symbol.pending = symbol.pending, None
            if self._too_deep(symbol.span):
                return
            self.draft.depth += 1
            pending()
            self.draft.depth -= 1

    def _too_deep(self, span: Span) -> bool:
        if self.draft.depth < DEPTH_LIMIT and self.draft.nesting < NESTING_LIMIT:
            return False
        self.draft.findings.error(
            "FSM311",
            span,
            "this is read through too long a chain of definitions",
            expected="a shorter chain",
            hint="write some of the definitions on the way out in full",
        )
        return True

    def observable(self, symbol: ObservableSymbol, span: Span) -> Typed | None:
        """The observable, typed on first use; a definition through itself is an error."""
        if symbol.failed:
            return None
        if symbol.in_progress:
            self.draft.findings.error(
                "FSM305",
                symbol.span,
                f"{symbol.name} is defined through itself",
                expected="a definition that ends",
                hint="keep the value of before in a variable",
                related=((span, "used here"),),
            )
            symbol.failed = True
            return None
        if symbol.index < 0:
            if self._too_deep(symbol.span):
                symbol.failed = True
                return None
            symbol.in_progress = True
            self.draft.depth += 1
            value = self.typer.any(symbol.expression, symbol.scope)
            self.draft.depth -= 1
            symbol.in_progress = False
            if value is None or symbol.failed:
                symbol.failed = True
                return None
            symbol.type = value.tree.type
            symbol.index = len(self.draft.observables)
            name = symbol.name
            if symbol.scope.region >= 0:
                keys = self.draft.regions[symbol.scope.region].keys
                name = ".".join((symbol.name, *keys))
            self.draft.observables.append(ir.Observable(name, value, symbol.scope.region))
        assert symbol.type is not None
        return Observed(symbol.index, symbol.type)

    def _time_in_state(self, span: Span, scope: Scope) -> Typed | None:
        region = scope.region
        if region < 0 and len(self.draft.regions) == 1:
            region = 0
        if region < 0:
            self.draft.findings.error(
                "FSM304",
                span,
                "time_in_state: it is not said of which region",
                expected="a place inside a region",
                hint="observe it inside the region under a name of its own, and use that name here",
            )
            return None
        entered = Read(self.draft.regions[region].entered, INSTANT)
        return Function("elapsed", (Read(self.draft.now, INSTANT), entered), number(SECONDS))

    def _count_as_used(self, symbol: Symbol | None) -> None:
        """What a misspelt name most likely means is not reported as unused too."""
        if isinstance(symbol, SlotSymbol):
            symbol.used = True

    def _unknown(self, node: syntax.Name, scope: Scope, words: tuple[str, ...]) -> None:
        known = {*scope.all_names(), *self.draft.word_index, *self.draft.vocabulary.names(self.draft), "time_in_state"}
        guess = closest(node.text, words or known)
        if guess is not None:
            self._count_as_used(scope.find(guess))
        function = meant.function(node.text, self.draft.catalog)
        if guess is None and words:
            hint = f"write one of {', '.join(words[:_MOST_WORDS])}{', …' * (len(words) > _MOST_WORDS)}"
        elif function is not None and guess is None:
            hint = f"write {self.draft.catalog[function].examples[0]}"
        elif guess is None and node.text in self.draft.catalog:
            hint = f"{node.text} is a function: write {self.draft.catalog[node.text].examples[0]}"
        else:
            hint = f"did you mean {guess}?" if guess else f"declare {node.text} under parameters, observe or variables"
        self.draft.findings.error(
            "FSM301", node.span, f"{node.text} is not known here", expected="a name that is declared", hint=hint
        )

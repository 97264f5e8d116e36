"""Facts of a test: what is held at a value until it is set again."""

from __future__ import annotations

from fsmtrader.diagnostics import closest
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.symbols import ObservableSymbol, Scope, SlotSymbol
from fsmtrader.program.typed import Kind, Read, Type, number, walk
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written
from fsmtrader.spec.expression import tree as syntax
from fsmtrader.spec.reader_tests import ITEM_KEYS


class FactReader:
    """Resolves the left sides of `given` and `when`, and types the values that are put there."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.typer = Typer(draft)
        self.findings = draft.findings

    def fitting(self, expression: written.Expression, type_: Type, scope: Scope) -> ir.Value | None:
        """A value for a place of this type."""
        if type_.kind is Kind.NUMBER:
            return self.typer.number(expression, scope, type_.unit)
        if type_.kind is Kind.TRUTH:
            return self.typer.truth(expression, scope)
        if type_.kind is Kind.WORD:
            return self.typer.word(expression, scope, type_.words)
        return self.typer.any(expression, scope)

    # -- facts -------------------------------------------------------------------------------------------------------

    def facts(self, facts: tuple[written.Fact, ...]) -> tuple[ir.Fact, ...]:
        return tuple(found for fact in facts for found in self._fact(fact))

    def _fact(self, fact: written.Fact) -> list[ir.Fact]:
        tree = fact.target.tree
        if isinstance(tree, syntax.Name):
            return self._named_fact(fact, tree)
        if isinstance(tree, syntax.Call):
            return self._query_fact(fact, tree)
        if tree is not None:
            self.findings.error(
                "FSM803",
                fact.target.span,
                f"{fact.target.text} can't be set",
                expected="an observable, a quantity or a question to the market",
                hint="name one, e.g. P_t or mark(L)",
            )
        return []

    def _named_fact(self, fact: written.Fact, tree: syntax.Name) -> list[ir.Fact]:
        symbol = self.typer.names.find(tree.text, self.draft.top)
        if symbol is None:
            self._no_fact(tree)
            return []
        symbol.used = True
        if isinstance(symbol, ObservableSymbol):
            typed = self.typer.names.observable(symbol, tree.span)
            value = None if typed is None else self.fitting(fact.value, typed.type, self.draft.top)
            return [] if value is None else [ir.Fact(-1, symbol.index, -1, value, fact.target.text)]
        if isinstance(symbol, SlotSymbol):
            self.typer.names.settle(symbol)
            slot = self.draft.slots[symbol.slot]
            if self._has_followers(slot.index):
                self._fixed(tree)
                return []
            value = self.fitting(fact.value, slot.type, self.draft.top)
            return [] if value is None else [ir.Fact(slot.index, -1, -1, value, fact.target.text)]
        self.findings.error(
            "FSM803",
            tree.span,
            f"{tree.text} can't be set",
            expected="an observable, a quantity or a question to the market",
            hint="name one, e.g. P_t or mark(L)",
        )
        return []

    def _has_followers(self, slot: int) -> bool:
        """Whether the value of another parameter is worked out from this one."""
        defaults = (parameter.default for parameter in self.draft.parameters if parameter.default is not None)
        return any(isinstance(part, Read) and part.slot == slot for value in defaults for part in walk(value.tree))

    def _fixed(self, tree: syntax.Name) -> None:
        """What follows from a parameter was worked out before the first fact: a new value would be half true."""
        self.findings.error(
            "FSM803",
            tree.span,
            f"{tree.text} is a parameter on which others depend, and they keep their values",
            expected="a fact: an observable, a quantity or a question to the market",
            hint=f"give it to the whole test: `with: {{{tree.text}: …}}`",
        )

    def _no_fact(self, tree: syntax.Name) -> None:
        """A name that nothing has: most likely a key of the item, since what is no key is read as a fact."""
        key = closest(tree.text, ITEM_KEYS)
        if key is None:
            self.typer.type(tree, self.draft.top)
            return
        self.findings.error(
            "FSM301",
            tree.span,
            f"{tree.text} is not known here",
            expected=f"a fact, or one of {', '.join(sorted(ITEM_KEYS))}",
            hint=f"did you mean {key}?",
        )

    def _query_fact(self, fact: written.Fact, tree: syntax.Call) -> list[ir.Fact]:
        """A question answered: it holds for every question of that name that begins with these arguments."""
        declaration = self.draft.catalog.get(tree.function)
        if declaration is None:
            self.typer.type(tree, self.draft.top)
            return []
        given = [a.text for a in tree.positional if isinstance(a, syntax.Name)]
        known = {leg.name for leg in self.draft.legs} | set(self.draft.word_index)
        known |= {a.name.text for a in self.draft.spec.accounts} | {q.name.text for q, _, _ in self.draft.quote_specs}
        for argument in tree.positional:
            if isinstance(argument, syntax.Name) and argument.text not in known:
                self.typer.type(argument, self.draft.top)
                return []
        needed = sum(parameter.required for parameter in declaration.parameters)
        if len(given) == len(tree.positional) >= needed and self.typer.type(tree, self.draft.top) is None:
            return []  # a question that only the test asks (a tick, a lot) is entered, so that the engine has it
        type_ = Type(Kind.TRUTH) if declaration.gives.value == "truth" else number(declaration.unit)
        value = self.fitting(fact.value, type_, self.draft.top)
        if value is None:
            return []
        found = []
        for i, query in enumerate(self.draft.queries):
            if query.function == tree.function and (*query.legs, *query.words)[: len(given)] == tuple(given):
                found.append(ir.Fact(query.slot, -1, i, value, fact.target.text))
        return found

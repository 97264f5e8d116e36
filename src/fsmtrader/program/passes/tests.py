"""Pass: the spec's own tests. Facts become pinned values, expectations say what is compared with what."""

from __future__ import annotations

import math

from fsmtrader.diagnostics import Severity, Span, closest
from fsmtrader.domain.units import SECONDS
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft, RegionDraft
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.expressions import expression_of
from fsmtrader.program.facts import FactReader
from fsmtrader.program.passes import events
from fsmtrader.program.passes.given_values import check_bounds, is_among
from fsmtrader.program.passes.moved_time import FARTHEST_S
from fsmtrader.program.symbols import LegSymbol, ModeSymbol, ObservableSymbol, SlotSymbol
from fsmtrader.program.typed import Asked, Kind, Observed, Read, Type, number, walk
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import Mapping, Node, Scalar
from fsmtrader.spec.structure_split import is_within

QUOTE_FIELDS = ("price", "quantity", "post_only", "reduce_only", "side", "leg")


def run(draft: Draft) -> None:
    seen: dict[str, Span] = {}
    for test in draft.spec.tests:
        if test.name.text in seen:
            draft.findings.error(
                "FSM801",
                test.name.span,
                f"the test {test.name.text!r} stands twice",
                expected="a name of its own for each test",
                hint="rename one of the two",
                related=((seen[test.name.text], "first here"),),
            )
        seen[test.name.text] = test.name.span
        draft.tests.append(_Reader(draft).test(test))


class _Reader(FactReader):
    def test(self, test: written.Test) -> ir.TestCase:
        values = [self._parameter(word, expression) for word, expression in test.with_parameters]
        for word, cell in test.row:
            if word.text in self.draft.row_fields and self.draft.top.find(word.text) is not None:
                expression = expression_of(cell, self.findings)
                values.append(self._parameter(word, expression) if expression is not None else None)
        given = tuple(value for value in values if value is not None)
        check_bounds(self.draft, dict(given), "FSM810", test.name.span)
        case = ir.TestCase(
            test.name.text,
            given,
            self.facts(test.given),
            tuple(self._item(item) for item in test.when),
            self._expectations(test.expect),
            test.span,
        )
        self._must_expect(test)
        return case

    def _parameter(self, word: written.Word, expression: written.Expression) -> tuple[int, ir.Value] | None:
        names = {p.name: p for p in self.draft.parameters}
        if word.text not in names:
            self.draft.vocabulary.provide(self.draft, word.text)
            names = {p.name: p for p in self.draft.parameters}
        if word.text not in names:
            guess = closest(word.text, names)
            self.findings.error(
                "FSM802",
                word.span,
                f"there is no parameter {word.text}",
                expected="a parameter",
                hint=f"did you mean {guess}?" if guess else "declare it under parameters",
            )
            return None
        slot = self.draft.slots[names[word.text].slot]
        if not is_among(self.draft, names[word.text], expression, "FSM810"):
            return None
        value = self.fitting(expression, slot.type, self.draft.top)
        return None if value is None else (slot.index, value)

    def _must_expect(self, test: written.Test) -> None:
        """A test without an expectation passes whatever the strategy does."""
        said = (found.span for found in self.findings.items if found.severity is Severity.ERROR)
        is_misread = any(is_within(span, (test.span,)) for span in said)
        if not is_misread and not test.expect and not any(item.expect for item in test.when):
            self.findings.warn(
                "FSM811",
                test.name.span,
                f"the test {test.name.text!r} expects nothing",
                expected="`expect`, in an item of `when` or at the end",
                hint="add e.g. `expect: {mode: …, orders: 0}`",
            )

    # -- items -------------------------------------------------------------------------------------------------------

    def _item(self, item: written.WhenItem) -> ir.TestItem:
        advance = 0
        if item.at is not None:
            moved = self.typer.number(item.at, self.draft.top, SECONDS)
            if moved is not None:
                advance = self._advance_us(moved)
        event, words = self._event(item.event) if item.event is not None else ("", ())
        refuse = []
        for word in item.refuse:
            if isinstance(self.draft.top.find(word.text), LegSymbol):
                refuse.append(word.text)
            else:
                self.findings.error(
                    "FSM306",
                    word.span,
                    f"{word.text} is not a leg",
                    expected="a leg",
                    hint=f"the legs are {', '.join(leg.name for leg in self.draft.legs)}",
                )
        return ir.TestItem(
            self.facts(item.facts),
            advance,
            item.at is not None,
            event,
            words,
            item.times,
            tuple(refuse),
            self._expectations(item.expect),
            item.span,
        )

    def _advance_us(self, moved: ir.Value) -> int:
        seconds = self._constant(moved)
        if 0 <= seconds <= FARTHEST_S:
            return round(seconds * 1e6)
        self.findings.error(
            "FSM406",
            moved.span,
            f"time can't move by {moved.text}",
            expected="a duration of zero or more" if not seconds > 0 else "ten years at most",
            hint="write e.g. `at: +5m`",
        )
        return 0

    def _event(self, pattern: written.EventPattern) -> tuple[str, tuple[str, ...]]:
        name = pattern.name.text
        if name in (*events.ORDER, *events.ACTION):
            return name, tuple(word.text for word in pattern.arguments)
        found = events.trigger(self.draft, pattern, self.draft.top)
        return (found[0], found[1].words) if found is not None else ("", ())

    # -- expectations ------------------------------------------------------------------------------------------------

    def _expectations(self, expected: tuple[written.Expected, ...]) -> tuple[ir.Expectation, ...]:
        return tuple(found for entry in expected for found in self._expectation(entry.path, entry.value))

    def _expectation(self, path: written.Word, node: Node) -> list[ir.Expectation]:
        head, *rest = path.text.split(".")
        if path.text == "orders":
            count = self._number(node, number(None))
            return [] if count is None else [self._entry("orders", path, number_=count)]
        region = next((r for r in self.draft.regions if r.name == path.text), None)
        if region is not None:
            return self._mode(path, region, node)
        quote = next((i for i, q in enumerate(self.draft.quotes) if q.name == path.text), -1)
        if quote >= 0:
            return self._quote(path, quote, node)
        if rest and rest[-1] in QUOTE_FIELDS:
            owner = ".".join((head, *rest[:-1]))
            quote = next((i for i, q in enumerate(self.draft.quotes) if q.name == owner), -1)
            if quote >= 0:
                return self._quote_field(path, quote, rest[-1], node)
        return self._value(path, head, tuple(rest), node)

    def _mode(self, path: written.Word, region: RegionDraft, node: Node) -> list[ir.Expectation]:
        wanted = node.text if isinstance(node, Scalar) else ""
        leaves = tuple(leaf.name for leaf in region.leaves if wanted in leaf.path)
        if not leaves:
            guess = closest(wanted, (leaf.name for leaf in region.leaves))
            self.findings.error(
                "FSM501",
                node.span,
                f"{region.name} has no state {wanted}",
                expected="a state",
                hint=f"did you mean {guess}?" if guess else "name a declared state",
            )
            return []
        return [self._entry("mode", path, region=region.index, words=leaves, span=node.span)]

    def _quote(self, path: written.Word, quote: int, node: Node) -> list[ir.Expectation]:
        if isinstance(node, Mapping):
            return [e for entry in node for e in self._quote_field(path, quote, entry.key.text, entry.value)]
        if isinstance(node, Scalar) and node.text == "none":
            return [self._entry("slot", path, quote=quote, words=("none",), span=node.span)]
        self.findings.error(
            "FSM804",
            node.span,
            f"{path.text} is a slot",
            expected="none, or {price, quantity}",
            hint=f"write `{path.text}: none` or `{path.text}: {{price: …}}`",
        )
        return []

    def _quote_field(self, path: written.Word, quote: int, field: str, node: Node) -> list[ir.Expectation]:
        if field not in QUOTE_FIELDS:
            guess = closest(field, QUOTE_FIELDS)
            self.findings.error(
                "FSM804",
                node.span,
                f"a slot has no {field}",
                expected=", ".join(QUOTE_FIELDS),
                hint=f"did you mean {guess}?" if guess else "ask for price or quantity",
            )
            return []
        if isinstance(node, Scalar) and node.text in ("true", "false", "buy", "sell"):
            return [self._entry("slot_field", path, quote=quote, field=field, words=(node.text,), span=node.span)]
        value = self._number(node, number(None))
        return (
            []
            if value is None
            else [
                self._entry(
                    "slot_field",
                    path,
                    quote=quote,
                    field=field,
                    number_=value,
                    span=node.span,
                    decimals=_decimals(node),
                )
            ]
        )

    def _value(self, path: written.Word, head: str, keys: tuple[str, ...], node: Node) -> list[ir.Expectation]:
        scope = self.draft.top
        if keys:
            found = next((r for r in self.draft.regions if r.keys == keys and head in r.scope.names), None)
            if found is None:
                self._unknown(path, head)
                return []
            scope = found.scope
        symbol = self.typer.names.find(head, scope)
        if isinstance(symbol, ObservableSymbol):
            symbol.used = True
            typed = self.typer.names.observable(symbol, path.span)
            if typed is None:
                return []
            return self._compared(path, typed.type, node, observable=symbol.index)
        if isinstance(symbol, SlotSymbol):
            self.typer.names.settle(symbol)
            return self._compared(path, self.draft.slots[symbol.slot].type, node, slot=symbol.slot)
        if isinstance(symbol, ModeSymbol) and len(symbol.regions) == 1:
            return self._mode(path, self.draft.regions[symbol.regions[0]], node)
        self._unknown(path, head)
        return []

    def _compared(
        self, path: written.Word, type_: Type, node: Node, *, slot: int = -1, observable: int = -1
    ) -> list[ir.Expectation]:
        if type_.kind is Kind.WORD and isinstance(node, Scalar):
            if node.text not in type_.words:
                guess = closest(node.text, type_.words)
                self.findings.error(
                    "FSM403",
                    node.span,
                    f"{path.text} is never {node.text}",
                    expected=str(type_),
                    hint=f"did you mean {guess}?" if guess else f"use one of {type_.words}",
                )
                return []
            return [
                self._entry(
                    "value",
                    path,
                    slot=slot,
                    observable=observable,
                    words=(node.text,),
                    span=node.span,
                    number_=float(self.draft.word(node.text)),
                )
            ]
        value = self._number(node, type_)
        return (
            []
            if value is None
            else [
                self._entry(
                    "value",
                    path,
                    slot=slot,
                    observable=observable,
                    number_=value,
                    span=node.span,
                    decimals=_decimals(node),
                )
            ]
        )

    def _number(self, node: Node, type_: Type) -> float | None:
        expression = expression_of(node, self.findings)
        value = None if expression is None else self.fitting(expression, type_, self.draft.top)
        return None if value is None else self._constant(value)

    def _constant(self, value: ir.Value) -> float:
        """What a value is before anything runs: literals only."""
        if any(isinstance(part, Read | Observed | Asked) for part in walk(value.tree)):
            self.findings.error(
                "FSM405",
                value.span,
                f"{value.text} is not known before the test runs",
                expected="a literal",
                hint="write the number that you expect",
            )
            return 0.0
        found = evaluate(value.tree, (), (), unasked)
        if math.isfinite(found):
            return found
        self.findings.error(
            "FSM406",
            value.span,
            f"{value.text} is no finite number",
            expected="a finite number",
            hint="write the number that you expect",
        )
        return 0.0

    def _unknown(self, path: written.Word, head: str) -> None:
        known = {
            *self.draft.top.all_names(),
            *(r.name for r in self.draft.regions),
            *(q.name for q in self.draft.quotes),
            *self.draft.vocabulary.names(self.draft),
            "orders",
        }
        guess = closest(path.text, known) or closest(head, known)
        self.findings.error(
            "FSM301",
            path.span,
            f"{path.text} is not known here",
            expected="a name, a region, a slot, or orders",
            hint=f"did you mean {guess}?" if guess else "name something that the spec declares",
        )

    def _entry(
        self,
        subject: str,
        path: written.Word,
        *,
        slot: int = -1,
        observable: int = -1,
        region: int = -1,
        quote: int = -1,
        field: str = "",
        words: tuple[str, ...] = (),
        number_: float = 0.0,
        decimals: int = 0,
        span: Span | None = None,
    ) -> ir.Expectation:
        return ir.Expectation(
            subject, path.text, slot, observable, region, quote, field, words, number_, decimals, span or path.span
        )


def _decimals(node: Node) -> int:
    """Digits after the point of a plain number as it is written."""
    text = node.text if isinstance(node, Scalar) else ""
    _, point, digits = text.partition(".")
    return len(digits) if point and digits.isdigit() else 0

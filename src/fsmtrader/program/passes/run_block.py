"""Pass: the defaults of a run. What `fsm run` would stumble over is found here, at its place in the text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from fsmtrader.catalog.markets import SYNTHETIC
from fsmtrader.diagnostics import closest
from fsmtrader.domain.units import RATIO, SECONDS, Unit
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.expressions import expression_of
from fsmtrader.program.facts import FactReader
from fsmtrader.program.passes.given_values import check_bounds, is_among
from fsmtrader.program.spans import span_us
from fsmtrader.spec.document import Entry, Mapping, Node, Scalar, Sequence
from fsmtrader.spec.expression import parse_text
from fsmtrader.spec.expression.tree import Boolean, Negate, Number
from fsmtrader.spec.spec import Expression

MOST_FEE = 0.1
"""a fee above a tenth of the value is a slip of the unit"""
SUFFIXES: dict[Unit | None, tuple[str, ...]] = {
    None: ("",),
    RATIO: ("", "%", "bp"),
    SECONDS: ("", "ms", "s", "m", "h", "d"),
}
"""how a literal of a unit may end"""
QUEUES = ("risk_averse", "log")
MOST_POWER = 100.0
LATENCIES = ("feed", "order", "response")
_AMOUNT = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)(?:\s+[A-Za-z][A-Za-z0-9.]*)?\s*")


def run(draft: Draft) -> None:
    """Unknown keys and values of a wrong shape are found before, by the schema; here it is what they say."""
    blocks = {setting.name.text: setting.value for setting in draft.spec.run}
    reader = _Reader(draft)
    reader.market(blocks.get("market"))
    reader.capital(blocks.get("capital"))
    reader.fees(blocks.get("fees"))
    reader.latency(blocks.get("latency"))
    reader.periods(blocks.get("periods"))
    reader.sweep(blocks.get("sweep"))


class _Reader(FactReader):
    """Judges one block after the other; nothing of it is kept, since a run reads the settings themselves."""

    def market(self, node: Node | None) -> None:
        for entry in _entries(node):
            match entry.key.text:
                case "synthetic":
                    self._known(entry.value, SYNTHETIC, "a made-up market")
                case "needs":
                    self._known(entry.value, ("queue",), "a thing that data can have")
                case "queue":
                    self._queue(entry.value)
                case "touched":
                    self._number(entry, RATIO, "a chance from 0 to 1, e.g. 0.5", least=0.0, most=1.0)
                case "vol":
                    self._number(entry, RATIO, "a share of 0 or more, e.g. 0.6 for 60 % a year", least=0.0, most=100.0)
                case "days" | "price" | "tick":
                    self._number(entry, None, "a number above zero", above=0.0)
                case "interval":
                    self._number(entry, SECONDS, "a duration above zero, e.g. 1m", above=0.0)

    def _queue(self, node: Node) -> None:
        if isinstance(node, Mapping):
            for entry in node:
                self._number(entry, None, "a power above zero, e.g. 2", above=0.0, most=MOST_POWER)
        else:
            self._known(node, QUEUES, "a model of a queue; a power is `queue: {power: 2}`")

    def capital(self, node: Node | None) -> None:
        accounts = tuple(account.name.text for account in self.draft.spec.accounts)
        for entry in _entries(node):
            self._known(entry.key, accounts, "an account of this spec")
            text = entry.value.text if isinstance(entry.value, Scalar) else ""
            amount = _AMOUNT.fullmatch(text)
            if text.strip() != "unlimited" and (amount is None or not math.isfinite(float(amount[1]))):
                self._wrong(entry.value, f"`{text}` is no amount", "an amount, or unlimited", "write e.g. `10000 USDT`")

    def fees(self, node: Node | None) -> None:
        accounts = tuple(account.name.text for account in self.draft.spec.accounts)
        for entry in _entries(node):
            if entry.key.text not in ("maker", "taker"):
                self._known(entry.key, (*accounts, "maker", "taker"), "an account, maker or taker")
            for fee in entry.value if isinstance(entry.value, Mapping) else (entry,):
                text = fee.value.text if isinstance(fee.value, Scalar) else ""
                if text not in {parameter.name for parameter in self.draft.parameters}:
                    say = "a share of the value such as 0.05%, or the name of a parameter"
                    self._number(fee, RATIO, say, least=-MOST_FEE, most=MOST_FEE)

    def latency(self, node: Node | None) -> None:
        if isinstance(node, Mapping):
            for entry in node:
                self._known(entry.key, LATENCIES, "a kind of latency")
                self._number(entry, SECONDS, "a duration of zero or more", least=0.0)
        elif isinstance(node, Scalar):
            self._value("latency", node, SECONDS, "a duration of zero or more", least=0.0)

    def periods(self, node: Node | None) -> None:
        for entry in _entries(node):
            text = entry.value.text if isinstance(entry.value, Scalar) else ""
            span = span_us(text)
            hint = "write e.g. `2023-04-12..2023-04-15` or `2023041208..2023041508`"
            if span is None:
                self._wrong(entry.value, f"`{text}` is no span of time", "two days or hours with `..` between", hint)
            elif span[0] >= span[1]:
                self._wrong(entry.value, f"`{text}` ends before it begins", "the earlier one first", hint)

    def sweep(self, node: Node | None) -> None:
        for entry in _entries(node):
            name = entry.key.text
            known = {parameter.name: parameter for parameter in self.draft.parameters}
            if name not in known:
                self.draft.vocabulary.provide(self.draft, name)
                known = {parameter.name: parameter for parameter in self.draft.parameters}
            if self._known(entry.key, tuple(known), "a parameter of this spec"):
                for item in entry.value.items if isinstance(entry.value, Sequence) else ():
                    self._case(known[name], item)

    def _case(self, parameter: ir.Parameter, node: Node) -> None:
        expression = expression_of(node, self.findings)
        if expression is None or not is_among(self.draft, parameter, expression, "FSM902"):
            return
        value = self.fitting(expression, self.draft.slots[parameter.slot].type, self.draft.top)
        if value is None:
            return
        if not parameter.words and not _is_literal(expression):
            say = f"a plain value of {parameter.name}"
            self._wrong(node, f"`{expression.text}` is worked out", say, "write the number, as `--set` takes it")
        check_bounds(self.draft, {parameter.slot: value}, "FSM902", value.span)

    # -- one value ---------------------------------------------------------------------------------------------------

    def _number(self, entry: Entry, unit: Unit | None, say: str, **bounds: float) -> None:
        self._value(entry.key.text, entry.value, unit, say, **bounds)

    def _value(
        self,
        name: str,
        node: Node,
        unit: Unit | None,
        say: str,
        *,
        least: float = -math.inf,
        above: float = -math.inf,
        most: float = math.inf,
    ) -> None:
        """A literal within its bounds: a run reads these before it knows any other value."""
        text = node.text if isinstance(node, Scalar) else ""
        tree, _ = parse_text(text)
        sign = -1.0 if isinstance(tree, Negate) else 1.0
        number = tree.operand if isinstance(tree, Negate) else tree
        if isinstance(number, Number) and number.suffix in SUFFIXES[unit]:
            value = sign * number.value
            if least <= value <= most and value > above:
                return
        self._wrong(node, f"{name} is `{text}`", say, f"give {say}")

    def _known(self, node: Node, names: tuple[str, ...], what: str) -> bool:
        """Whether a word is one of the names; FSM901 if not."""
        if not isinstance(node, Scalar) or node.text in names:
            return True
        guess = closest(node.text, names)
        listed = ", ".join(names) if names and len(names) <= 12 else what
        self.findings.error(
            "FSM901",
            node.span,
            f"`{node.text}` is not {what}",
            expected=listed if names else "nothing: the spec declares none",
            hint=f"did you mean `{guess}`?" if guess else f"name {what}",
        )
        return False

    def _wrong(self, node: Node, message: str, expected: str, hint: str) -> None:
        self.findings.error("FSM902", node.span, message, expected=expected, hint=hint)


def _entries(node: Node | None) -> Iterator[Entry]:
    yield from node if isinstance(node, Mapping) else ()


def _is_literal(expression: Expression) -> bool:
    """A number or a truth as it stands: what a case of a sweep is kept and made again by."""
    tree = expression.tree
    return isinstance(tree.operand if isinstance(tree, Negate) else tree, Number | Boolean)

"""Typed trees become lines of a function's body: every value is given a name once and never changed.

Truth has two sides here. A condition is emitted as "is true" or as "is false", `not` turns one into the other until it
meets a comparison, and there IEEE does the rest: a comparison with NaN is neither. So three-valued logic costs nothing.
What is emitted is total (no input makes it raise) and gives the same bits as `evaluate`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from fsmtrader.program.emit_text import (
    ATOM,
    CHOICE,
    COMPARE,
    NEGATED,
    NOT,
    OR,
    PLAIN,
    PRODUCT,
    ROUNDING,
    SUM,
    UNARY,
    Text,
    comparison,
    equals,
    extreme,
    joined,
    known,
    literal,
)
from fsmtrader.program.evaluate import MICROSECONDS
from fsmtrader.program.ir import Observable, Slot
from fsmtrader.program.typed import (
    Arithmetic,
    Asked,
    AtLeast,
    Choice,
    Comparison,
    Constant,
    Either,
    Every,
    Formula,
    Function,
    Inverse,
    Kind,
    Negative,
    Observed,
    Power,
    Read,
    Ready,
    Typed,
)
from fsmtrader.spec.expression.tree import Operator

_LONGEST = 100
"""characters in a line before a part of it gets a name of its own"""
_START = -1
"""the epoch of everything that is read as it was at the start"""
_LEVELS = {Operator.ADD: SUM, Operator.SUBTRACT: SUM, Operator.MULTIPLY: PRODUCT, Operator.DIVIDE: PRODUCT}
_HALF_ENDLESS = frozenset({"min", "max", "clamp"})


def slot_text(slot: int) -> str:
    return f"x[{slot}]"


def ask_text(query: int, arguments: Sequence[str]) -> str:
    return f"ask({query}, ({''.join(f'{a}, ' for a in arguments).strip()}))"


class Emitter:
    """Emits into `lines` (without indentation) for one function body.

    `slots` gives locals their readable names; `read` says how a slot is written (the kernel keeps slots in locals),
    `ask` how a question is put; `pinned` maps an observable to the slot that is read in its place.
    What has no name of its own is called `letter` and a number.
    """

    def __init__(
        self,
        observables: Sequence[Observable],
        *,
        slots: Sequence[Slot] = (),
        pinned: Mapping[int, int] | None = None,
        read: Callable[[int], str] = slot_text,
        ask: Callable[[int, Sequence[str]], str] = ask_text,
        letter: str = "v",
    ) -> None:
        self.lines: list[str] = []
        self._letter = letter
        self._observables = observables
        self._slots = slots
        self._pinned = pinned or {}
        self._read = read
        self._ask = ask
        self._locals: dict[str, str] = {}
        self._epoch = 0
        self._written: dict[int, Text] = {}
        self._reads: dict[int, Text] = {}
        self._observed: dict[int, Text] = {}
        self._observed_truth: dict[tuple[int, bool], Text] = {}
        self._numbers: dict[tuple[int, int], tuple[Typed, Text]] = {}
        self._truths: dict[tuple[int, bool, int], tuple[Typed, Text]] = {}

    # -- what others call --------------------------------------------------------------------------------------------

    def number(self, tree: Typed) -> str:
        """The value as a double, NaN when it is not ready; truths as 1.0, 0.0, NaN."""
        return self._settled(self._number(tree)).text

    def named(self, tree: Typed) -> str:
        """The value under a name (or a literal): computed at this point, whatever is written later."""
        return self._operand(tree).text

    def truth(self, tree: Typed) -> str:
        """Whether the condition is known to be true."""
        return self._truth(tree, True).text

    def falsity(self, tree: Typed) -> str:
        """Whether the condition is known to be false."""
        return self._truth(tree, False).text

    def write(self, slot: int, name: str) -> None:
        """From here on `Read(slot)` is the value called `name`; observables keep what was at the start."""
        self._written[slot] = Text(name, endless=True)
        self._epoch += 1

    def return_truth(self, tree: Typed, want: bool = True) -> None:
        """Lines that return whether the condition is true (`want` False: false), and leave as soon as that is known."""
        if isinstance(tree, Observed) and tree.observable not in self._pinned:
            with self._at_start():
                self.return_truth(self._observables[tree.observable].value.tree, want)
            return
        every, goals = _goals(tree, want)
        for goal, side in goals[:-1]:
            text = self._truth(goal, side)
            self.lines.append(f"if not {text.at(COMPARE)}:" if every else f"if {text.text}:")
            self.lines.append(f"    return {not every}")
        last = self._truth(*goals[-1]) if goals else joined("and" if every else "or", ())
        self.lines.append(f"return {last.text}")

    # -- names -------------------------------------------------------------------------------------------------------

    def _bind(self, text: Text, name: str) -> Text:
        self.lines.append(f"{name} = {text.text}")
        return Text(name, ATOM, text.raw, text.endless)

    def _local(self, text: Text) -> Text:
        """The text under a name; the same text has the same name, for what is named never changes."""
        if text.text not in self._locals:
            self._locals[text.text] = self._bind(text, f"{self._letter}{len(self._locals) + 1}").text
        return Text(self._locals[text.text], ATOM, text.raw, text.endless)

    def _short(self, text: Text) -> Text:
        return self._local(text) if len(text.text) > _LONGEST else text

    def _atom(self, text: Text) -> Text:
        return text if text.constant is not None or text.text.isidentifier() else self._local(text)

    def _settled(self, text: Text) -> Text:
        """An infinite result becomes NaN: v - (v - v) is v, unless v is infinite."""
        if not text.raw:
            return text
        v = self._atom(text).text
        return Text(f"{v} - ({v} - {v})", SUM)

    def _operand(self, node: Typed) -> Text:
        """The settled value under a name, so that it can be used several times."""
        key = (id(node), self._epoch)
        if key not in self._numbers:
            self._numbers[key] = (node, self._atom(self._settled(self._number(node))))
        return self._numbers[key][1]

    @contextmanager
    def _at_start(self) -> Iterator[None]:
        """Everything inside reads slots as they were before the function wrote any."""
        epoch, written = self._epoch, self._written
        self._epoch, self._written = _START, {}
        yield
        self._epoch, self._written = epoch, written

    def _slot(self, slot: int) -> Text:
        if slot in self._written:
            return self._written[slot]
        if slot not in self._reads:
            text = Text(self._read(slot), endless=True)
            name = self._slots[slot].name if slot < len(self._slots) else ""
            self._reads[slot] = text if text.text.isidentifier() else self._bind(text, _safe(name, "s", slot))
        return self._reads[slot]

    def _observe(self, index: int) -> Text:
        """An observable's number, computed once in a function."""
        if index not in self._observed:
            with self._at_start():
                if index in self._pinned:
                    text = self._slot(self._pinned[index])
                else:
                    text = self._settled(self._number(self._observables[index].value.tree))
                    if text.constant is None and not text.text.isidentifier():
                        text = self._bind(text, _safe(self._observables[index].name, "o", index))
            self._observed[index] = text
        return self._observed[index]

    def _observe_truth(self, index: int, want: bool) -> Text:
        if index in self._pinned:
            return equals(self._observe(index), want)
        if (index, want) not in self._observed_truth:
            with self._at_start():
                text = self._truth(self._observables[index].value.tree, want)
                name = f"{_safe(self._observables[index].name, 'o', index)}_{'true' if want else 'false'}"
                self._observed_truth[index, want] = self._bind(text, name)
        return self._observed_truth[index, want]

    # -- numbers -----------------------------------------------------------------------------------------------------

    def _number(self, node: Typed) -> Text:
        """The value, perhaps still raw."""
        key = (id(node), self._epoch)
        if key in self._numbers:
            return self._numbers[key][1]
        match node:
            case Constant(value=value):
                return literal(value)
            case Read(slot=slot):
                return self._slot(slot)
            case Observed(observable=index):
                return self._observe(index)
            case Asked(query=query, arguments=arguments):
                given = [self._settled(self._number(a)).text for a in arguments]
                asked = self._local(Text(self._ask(query, given), endless=True))
                self._numbers[key] = (node, asked)
                return asked
            case Negative(operand=operand):
                inner = self._number(operand)
                return Text(f"-{inner.at(UNARY)}", UNARY, inner.raw, inner.endless)
            case Arithmetic():
                return self._short(self._arithmetic(node))
            case Power(operand=operand, halves=halves):
                return self._power(self._operand(operand), halves)
            case Choice():
                return self._choice(node)
            case Function(name=name, arguments=arguments):
                return self._short(self._function(name, arguments))
            case Formula(name=name, arguments=arguments, part=part):
                call = Text(f"{name}({', '.join(self._operand(a).text for a in arguments)})")
                return Text(f"{self._local(call).text}[{part}]", ATOM, raw=True)
            case Comparison() | Inverse() | Every() | Either() | AtLeast() | Ready():
                yes = self._named_truth(node, True)
                otherwise = self._otherwise(node)
                unknown = "0.0" if otherwise is None else f"0.0 if {otherwise.at(OR)} else nan"
                return Text(f"1.0 if {yes.at(OR)} else {unknown}", CHOICE)

    def _arithmetic(self, node: Arithmetic) -> Text:
        level = _LEVELS[node.operator]
        left = self._number(node.left)
        if node.operator is Operator.DIVIDE:
            below = self._operand(node.right)
            if below.constant is None:
                return Text(f"{left.at(PRODUCT)} / {below.text} if {below.text} != 0.0 else nan", CHOICE, raw=True)
            return Text(f"{left.at(PRODUCT)} / {below.text}" if below.constant else "nan", PRODUCT, raw=True)
        right = self._number(node.right)
        return Text(f"{left.at(level)} {node.operator.value} {right.at(level + 1)}", level, raw=True)

    def _power(self, value: Text, halves: int) -> Text:
        """Squares from the lowest bit up, then a square root for the half, then the inverse: as `evaluate` does."""
        left, square = abs(halves) // 2, value
        factors: list[str] = []
        while left:
            if left & 1:
                factors.append(square.text)
            left >>= 1
            if left:
                square = self._local(Text(f"{square.text} * {square.text}", PRODUCT, raw=True))
        if halves % 2:
            root = self._local(Text(f"sqrt({value.text}) if {value.text} >= 0.0 else nan", CHOICE, raw=True))
            factors.append(root.text)
        if not factors:
            return Text(f"1.0 if {value.text} == {value.text} else nan", CHOICE)
        result = Text(" * ".join(factors), PRODUCT if len(factors) > 1 else ATOM, raw=True)
        if halves > 0:
            return result
        below = self._atom(self._settled(result)).text
        return Text(f"1.0 / {below} if {below} != 0.0 else nan", CHOICE, raw=True)

    def _choice(self, node: Choice) -> Text:
        yes = self._named_truth(node.condition, True)
        otherwise = self._otherwise(node.condition)
        then, other = self._number(node.then), self._number(node.other)
        endless = then.endless or other.endless
        if endless:
            then, other = self._settled(then), self._settled(other)
        tail = other.at(OR) if otherwise is None else f"{other.at(OR)} if {otherwise.at(OR)} else nan"
        text = Text(f"{then.at(OR)} if {yes.at(OR)} else {tail}", CHOICE, then.raw or other.raw, endless)
        return self._short(text)

    def _function(self, name: str, arguments: tuple[Typed, ...]) -> Text:
        if name in _HALF_ENDLESS:
            first, *rest = [self._operand(a) for a in arguments]
            words = ("max", "min") if name == "clamp" else (name,) * len(rest)
            for word, operand in zip(words, rest, strict=True):
                first = extreme(word, self._atom(first), operand)
            return first
        if name == "elapsed":
            later, earlier = (self._settled(self._number(a)) for a in arguments)
            return Text(f"({later.at(SUM)} - {earlier.at(PRODUCT)}) / {MICROSECONDS}", PRODUCT, endless=True)
        if name == "abs":
            inner = self._number(arguments[0])
            return Text(f"abs({inner.text})", ATOM, inner.raw, inner.endless)
        v = self._operand(arguments[0])
        return Text(PLAIN[name].format(v=v.text), CHOICE, name in ("sqrt", "log"), v.endless and name in ROUNDING)

    # -- truths ------------------------------------------------------------------------------------------------------

    def _named_truth(self, node: Typed, want: bool) -> Text:
        """One side of a condition under a name, for where both sides are asked for."""
        key = (id(node), want, self._epoch)
        if key not in self._truths:
            text = self._truth(node, want)
            self._truths[key] = (node, text if text.text.isidentifier() or text.level == COMPARE else self._local(text))
        return self._truths[key][1]

    def _otherwise(self, node: Typed) -> Text | None:
        """Whether a condition that is not true is false. None: always."""
        if isinstance(node, Ready):
            return None
        if isinstance(node, Inverse) and isinstance(node.operand, Comparison):
            return self._otherwise(node.operand)
        if isinstance(node, Observed) and node.observable not in self._pinned:
            with self._at_start():
                return self._otherwise(self._observables[node.observable].value.tree)
        if isinstance(node, Comparison):
            text = known(self._operand(node.left), self._operand(node.right))
            return None if text.text == "True" else self._local(text)
        return self._named_truth(node, False)

    def _truth(self, node: Typed, want: bool) -> Text:
        """Whether the condition is true (`want` False: whether it is false)."""
        key = (id(node), want, self._epoch)
        if key in self._truths:
            return self._truths[key][1]
        match node:
            case Constant(value=value):
                return Text(str(value == (1.0 if want else 0.0)))
            case Observed(observable=index):
                return self._observe_truth(index, want)
            case Inverse(operand=operand):
                return self._truth(operand, not want)
            case Every(operands=operands) | Either(operands=operands):
                word = "and" if isinstance(node, Every) is want else "or"
                return joined(word, [self._short(self._truth(o, want)) for o in operands])
            case Comparison(operator=operator, left=left, right=right, exact=exact):
                a, b = self._operand(left), self._operand(right)
                return comparison(operator if want else NEGATED[operator], a, b, exact, self._local)
            case AtLeast():
                return self._at_least(node, want)
            case Ready(operand=operand):
                return self._ready(operand, want)
            case Choice(condition=condition, then=then, other=other):
                sides = ((self._named_truth(condition, True), then), (self._named_truth(condition, False), other))
                both = [joined("and", (side, self._short(self._truth(branch, want)))) for side, branch in sides]
                return joined("or", both)
            case _:
                return equals(self._operand(node), want)

    def _at_least(self, node: AtLeast, want: bool) -> Text:
        """True: as many are true as are asked for. False: too many are false."""
        count = self._operand(node.count)
        counted = [f"(1.0 if {self._truth(o, want).at(OR)} else 0.0)" for o in node.operands]
        total = Text(" + ".join(counted) or "0.0", SUM)
        if want:
            return comparison(Operator.GREATER_EQUAL, self._local(total), count, False, self._local)
        left = self._local(Text(f"{float(len(node.operands))} - ({total.text})", SUM))
        return comparison(Operator.LESS, left, count, False, self._local)

    def _ready(self, operand: Typed, want: bool) -> Text:
        if operand.type.kind is Kind.TRUTH:
            ready = joined("or", [self._named_truth(operand, side) for side in (True, False)])
            return ready if want else Text(f"not {ready.at(NOT)}", NOT)
        value = self._operand(operand).text
        return Text(f"{value} {'==' if want else '!='} {value}", COMPARE)


def _goals(tree: Typed, want: bool) -> tuple[bool, list[tuple[Typed, bool]]]:
    """What a condition comes down to: all of these (True) or one of these (False), each with the side that counts."""
    if isinstance(tree, Inverse):
        return _goals(tree.operand, not want)
    if not isinstance(tree, Every | Either):
        return True, [(tree, want)]
    every = isinstance(tree, Every) is want
    goals: list[tuple[Typed, bool]] = []
    for operand in tree.operands:
        inner, parts = _goals(operand, want)
        goals += parts if inner is every or len(parts) == 1 else [(operand, want)]
    return every, goals


def _safe(name: str, letter: str, index: int) -> str:
    """A local's name: what the spec calls it, as far as Python allows, and its number."""
    readable = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:32]
    if not readable or readable[0].isdigit():
        readable = f"n{readable}" if readable else ""
    return f"{readable}_{letter}{index}".lstrip("_")

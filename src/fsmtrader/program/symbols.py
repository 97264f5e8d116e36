"""What a name can mean, and where it is looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fsmtrader.diagnostics import Span
from fsmtrader.program.typed import Constant, Type
from fsmtrader.spec.spec import Expression


@dataclass(slots=True)
class SlotSymbol:
    """A parameter, variable, quantity, average price, event field or local: one slot."""

    slot: int
    type: Type
    what: str
    span: Span
    used: bool = False
    pending: Callable[[], None] | None = None
    """types the slot from its first value; called once, before the slot is first read"""


@dataclass(slots=True)
class ObservableSymbol:
    """A named expression; typed when it is first asked for (`index` then says which observable it became)."""

    name: str
    expression: Expression
    scope: Scope
    span: Span
    index: int = -1
    type: Type | None = None
    in_progress: bool = False
    failed: bool = False
    used: bool = False


@dataclass(slots=True)
class ConstantSymbol:
    """A field of a `for_each` row that is a number, a truth or an enumerator."""

    constant: Constant
    span: Span
    word: str = ""
    used: bool = False


@dataclass(slots=True)
class LegSymbol:
    index: int
    name: str
    span: Span
    used: bool = False


@dataclass(slots=True)
class AccountSymbol:
    name: str
    span: Span
    used: bool = False


@dataclass(slots=True)
class ModeSymbol:
    """The present state of a region. `regions` has one index, or one for each row of its `for_each`."""

    base: str
    regions: tuple[int, ...]
    span: Span
    used: bool = False


@dataclass(slots=True)
class QuoteSymbol:
    name: str
    span: Span
    used: bool = False


@dataclass(slots=True)
class LotsSymbol:
    name: str
    span: Span
    used: bool = False


Symbol = (
    SlotSymbol | ObservableSymbol | ConstantSymbol | LegSymbol | AccountSymbol | ModeSymbol | QuoteSymbol | LotsSymbol
)


@dataclass(slots=True)
class Scope:
    """Names of one place; what is not here is looked up in the parent. `region` -1: no region."""

    parent: Scope | None = None
    region: int = -1
    names: dict[str, Symbol] = field(default_factory=dict)

    def find(self, name: str) -> Symbol | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def all_names(self) -> Iterator[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names
            scope = scope.parent

    def inner(self, region: int | None = None) -> Scope:
        return Scope(self, self.region if region is None else region)


def described(symbol: Symbol, article: bool = False) -> str:
    """What kind of thing a symbol is, in a user's words."""
    if article:
        plain = described(symbol)
        if plain == "lots" or plain.startswith("the "):
            return plain
        return f"an {plain}" if plain[0] in "aeo" else f"a {plain}"
    match symbol:
        case SlotSymbol(what=what):
            return what
        case ObservableSymbol():
            return "observable"
        case ConstantSymbol():
            return "field of the row"
        case LegSymbol():
            return "leg"
        case AccountSymbol():
            return "account"
        case ModeSymbol():
            return "region"
        case QuoteSymbol():
            return "slot"
        case LotsSymbol():
            return "lots"

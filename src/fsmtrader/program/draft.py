"""The draft: what the passes have found out so far. The last pass freezes it into a Program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from fsmtrader.catalog import declarations
from fsmtrader.catalog.declaration import Declaration
from fsmtrader.diagnostics import Findings, Span
from fsmtrader.program import ir
from fsmtrader.program.ir import Slot, SlotRole
from fsmtrader.program.symbols import LegSymbol, Scope, SlotSymbol, Symbol, described
from fsmtrader.program.typed import INSTANT, Type
from fsmtrader.spec.expression import is_name
from fsmtrader.spec.spec import Dialect, ForEach, Quote, Region, Spec, State, Steps, Word

BUILT_IN_WORDS: tuple[str, ...] = ("buy", "sell", "long", "short")
RESERVED: frozenset[str] = frozenset({"buy", "sell", "time_in_state"})
"""Words that have their meaning in every expression, so that nothing else can be called so."""
REASONS: tuple[str, ...] = (
    "post_only",
    "reduce_only",
    "margin",
    "filter",
    "duplicate",
    "risk",
    "permission",
    "venue",
    "unknown",
)
"""Why an order was rejected or refused: the words of `reason` and of the filters of `rejected` and `refused`."""


class Vocabulary(Protocol):
    """Names that stand behind a spec's own."""

    def names(self, draft: Draft) -> frozenset[str]: ...

    def wrote(self, span: Span) -> bool:
        """Whether a place is in the vocabulary's own text."""
        ...

    def provide(self, draft: Draft, name: str) -> Symbol | None: ...


@dataclass(slots=True)
class RegionDraft:
    """One region after its `for_each` was unrolled."""

    index: int
    base: str
    keys: tuple[str, ...]
    spec: Region
    scope: Scope
    mode: int = -1
    entered: int = -1
    leaves: list[ir.Leaf] = field(default_factory=list)
    tree: list[StateDraft] = field(default_factory=list)
    row_order: int = 0
    spelled: dict[str, str] = field(default_factory=dict)
    """every state's name by how it may be written"""

    @property
    def name(self) -> str:
        return ".".join((self.base, *self.keys))


@dataclass(slots=True)
class StateDraft:
    """A state of the tree; a leaf has `leaf` >= 0."""

    name: str
    spec: State | None
    parent: StateDraft | None
    span: Span
    children: list[StateDraft] = field(default_factory=list)
    leaf: int = -1
    entered: int = -1
    enter: int = -1
    exit: int = -1
    rows: list[int] = field(default_factory=list)
    orders: ir.Orders = ir.Orders.ANY

    def lineage(self) -> list[StateDraft]:
        """From the outermost parent to this state."""
        found: list[StateDraft] = []
        state: StateDraft | None = self
        while state is not None:
            found.append(state)
            state = state.parent
        return found[::-1]

    def first_leaf(self) -> StateDraft:
        state = self
        while state.children:
            marked = [c for c in state.children if c.spec is not None and c.spec.initial]
            state = (marked or state.children)[0]
        return state


@dataclass(slots=True)
class Draft:
    """Tables that grow while the passes run; indices into them are final."""

    spec: Spec
    prelude: Spec
    vocabulary: Vocabulary
    findings: Findings
    catalog: dict[str, Declaration] = field(default_factory=declarations)
    words: list[str] = field(default_factory=list)
    word_index: dict[str, int] = field(default_factory=dict)
    state_words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """a parent state's name: the leaves below it"""
    slots: list[Slot] = field(default_factory=list)
    top: Scope = field(default_factory=Scope)
    now: int = -1
    legs: list[ir.Leg] = field(default_factory=list)
    parameters: list[ir.Parameter] = field(default_factory=list)
    row_fields: list[str] = field(default_factory=list)
    family: ir.Family | None = None
    variables: list[ir.Variable] = field(default_factory=list)
    observables: list[ir.Observable] = field(default_factory=list)
    queries: list[ir.Query] = field(default_factory=list)
    query_index: dict[tuple[object, ...], int] = field(default_factory=dict)
    indicators: list[ir.Indicator] = field(default_factory=list)
    indicator_index: dict[tuple[object, ...], int] = field(default_factory=dict)
    regions: list[RegionDraft] = field(default_factory=list)
    rows: list[ir.Row] = field(default_factory=list)
    actions: list[ir.Action] = field(default_factory=list)
    action_index: dict[tuple[int, int], tuple[Steps, Scope, int]] = field(default_factory=dict)
    """by the identities of steps and scope, which are kept so that no other ones can come to have them"""
    named_actions: dict[str, Steps] = field(default_factory=dict)
    used_actions: set[str] = field(default_factory=set)
    sources: list[ir.Source] = field(default_factory=list)
    events: list[ir.NamedEvent] = field(default_factory=list)
    quotes: list[ir.Quote] = field(default_factory=list)
    quote_specs: list[tuple[Quote, Scope, str]] = field(default_factory=list)
    checks: list[ir.Check] = field(default_factory=list)
    lots: list[ir.Lots] = field(default_factory=list)
    invariants: list[ir.Invariant] = field(default_factory=list)
    alerts: list[ir.Alert] = field(default_factory=list)
    reports: list[ir.Report] = field(default_factory=list)
    metrics: list[tuple[str, ir.Value]] = field(default_factory=list)
    stop: tuple[tuple[str, object], ...] = ()
    limits: list[ir.Limit] = field(default_factory=list)
    ranges: list[ir.Range] = field(default_factory=list)
    tests: list[ir.TestCase] = field(default_factory=list)
    afters: dict[int, list[ir.After]] = field(default_factory=dict)
    depth: int = 0
    """how many definitions are being typed, each because the one before it reads it"""
    nesting: int = 0
    """how many operators and calls stand around what is being typed, those of the definitions before it too"""
    place: Span | None = None
    """the last name of the spec's own text: where a finding about what stands behind it belongs"""
    place_name: str = ""
    """that name"""
    read_for: dict[str, str] = field(default_factory=dict)
    """parameters of the prelude, with the name of the spec's own text that each was first needed for"""
    program: ir.Program | None = None

    @property
    def is_seed(self) -> bool:
        return self.spec.dialect is Dialect.SEED

    @property
    def for_each(self) -> ForEach | None:
        return self.spec.for_each

    def word(self, text: str) -> int:
        """The index of an enumerator, made known if it is new."""
        if text not in self.word_index:
            self.word_index[text] = len(self.words)
            self.words.append(text)
        return self.word_index[text]

    def slot(self, name: str, role: SlotRole, type_: Type) -> int:
        index = len(self.slots)
        self.slots.append(Slot(index, name, role, type_))
        return index

    def retype(self, slot: int, type_: Type) -> None:
        """Give a slot the type that its first value turned out to have."""
        old = self.slots[slot]
        self.slots[slot] = Slot(old.index, old.name, old.role, type_)

    def declare(self, scope: Scope, word: Word, symbol: Symbol) -> None:
        """Enter a name; a name twice is an error, and so is one that no expression could read."""
        self.must_be_sayable(word)
        old = scope.find(word.text) if scope.parent is None or word.text in scope.names else None
        if old is None and scope.parent is not None:
            old = self.top.names.get(word.text)
        if old is not None:
            self._taken(word, old)
            return
        scope.names[word.text] = symbol

    def must_be_free(self, word: Word, scope: Scope) -> None:
        """A local may take the place of an earlier local, but not hide what has the name everywhere."""
        self.must_be_sayable(word)
        old = scope.find(word.text)
        if old is not None and not (isinstance(old, SlotSymbol) and old.what == "local"):
            self._taken(word, old)

    def _taken(self, word: Word, old: Symbol) -> None:
        self.findings.error(
            "FSM302",
            word.span,
            f"the name {word.text!r} is taken: it is {described(old, article=True)} already",
            expected="a name that stands for one thing only",
            hint=f"rename one of the two, e.g. {word.text}_2",
            related=((old.span, "first here"),),
        )

    def must_be_sayable(self, word: Word) -> None:
        """A finding for a name that is a word of the language."""
        if not is_name(word.text) or word.text in RESERVED:
            self.findings.error(
                "FSM310",
                word.span,
                f"{word.text} is a word of the language, so nothing could read it",
                expected="a name that is no word of the language",
                hint=f"rename it, e.g. {word.text.strip('_')}_2",
            )

    def slot_symbol(self, name: str, role: SlotRole, type_: Type, what: str, span: Span) -> SlotSymbol:
        return SlotSymbol(self.slot(name, role, type_), type_, what, span)

    def leg_named(self, name: str, scope: Scope) -> ir.Leg | None:
        symbol = scope.find(name)
        if isinstance(symbol, LegSymbol):
            symbol.used = True
            return self.legs[symbol.index]
        return None


def new_draft(spec: Spec, prelude: Spec, vocabulary: Vocabulary, findings: Findings) -> Draft:
    draft = Draft(spec, prelude, vocabulary, findings)
    for text in (*BUILT_IN_WORDS, *REASONS):
        draft.word(text)
    draft.now = draft.slot("now", SlotRole.NOW, INSTANT)
    nowhere = Span(spec.file, 1, 1, 1, 2)
    draft.top.names["now"] = SlotSymbol(draft.now, INSTANT, "the clock", nowhere, used=True)
    return draft

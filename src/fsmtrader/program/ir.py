"""Program: the checked strategy. It can only come out of the compiler, and backends read nothing else.

Everything is flat and numbered: slots hold every value, expressions are typed trees over slots, states are leaves,
`for_each` is unrolled, rows are ordered, actions are phases.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from fsmtrader.diagnostics import Span
from fsmtrader.program.typed import Type, Typed


class SlotRole(enum.Enum):
    PARAMETER = "parameter"
    VARIABLE = "variable"
    QUANTITY = "quantity"
    AVERAGE = "average price"
    INPUT = "input"
    """asked of market, venue or ledger before each event"""
    INDICATOR = "indicator"
    MODE = "mode"
    """the present leaf of a region: index of its enumerator"""
    ENTERED = "entered"
    """the instant at which a state of a region was entered"""
    NOW = "now"
    FIELD = "field"
    """fill_price, fill_quantity, reason of the order event in hand"""
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Slot:
    index: int
    name: str
    role: SlotRole
    type: Type


@dataclass(frozen=True, slots=True)
class Value:
    """An expression where it stands: the typed tree, its text and its place."""

    tree: Typed
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    settings: tuple[tuple[str, object], ...]

    def setting(self, name: str) -> object:
        return dict(self.settings).get(name)


class Side(enum.Enum):
    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Leg:
    """`side` None: the quantity is signed. `initial` is opened by the engine before the first step."""

    name: str
    account: str
    symbol: str
    side: Side | None
    quantity: int
    average: int
    initial: Value | None
    adopt: str
    how: tuple[tuple[str, object], ...]
    settings: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` None: a value must be given at the start. Bounds are (kind, limit) with kind min, max, above, below."""

    name: str
    slot: int
    default: Value | None
    bounds: tuple[tuple[str, Value], ...]
    words: tuple[str, ...]
    scale: float
    """what one written unit of a bare override is in the slot's unit (`unit: hours`: 3600)"""
    env: str
    doc: str
    group: str
    span: Span


@dataclass(frozen=True, slots=True)
class Check:
    is_error: bool
    condition: Value
    because: str


@dataclass(frozen=True, slots=True)
class Observable:
    name: str
    value: Value
    region: int
    """-1: global"""


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the catalog. With `slot` >= 0 it is asked before each event, else with its arguments."""

    function: str
    legs: tuple[str, ...]
    words: tuple[str, ...]
    """accounts, slots, lots and enumerators among the arguments"""
    slot: int
    text: str


@dataclass(frozen=True, slots=True)
class Clock:
    """When an indicator takes a sample: each change of its inputs, an interval, or an event."""

    every_seconds: float = 0.0
    event: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    function: str
    input: Value
    slot: int
    window: Value | None
    count: Value | None
    ready: Value | None
    quantile: Value | None
    clock: Clock
    region: int
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    slot: int
    initial: Value
    region: int


@dataclass(frozen=True, slots=True)
class Set:
    """Write a variable's slot."""

    slot: int
    value: Value


@dataclass(frozen=True, slots=True)
class Target:
    """Wanted quantity of a leg. `how` overrides the leg's own way of working."""

    leg: int
    value: Value
    how: str = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """Entries that are read together, then written together."""

    entries: tuple[Set | Target, ...]


@dataclass(frozen=True, slots=True)
class Let:
    entries: tuple[Set, ...]


@dataclass(frozen=True, slots=True)
class Primitive:
    """A catalog primitive that is carried out by the engine."""

    name: str
    legs: tuple[str, ...]
    values: tuple[tuple[str, Value], ...]
    words: tuple[tuple[str, str], ...]
    trades: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Alarm:
    """Raise an alert by name."""

    alert: str


@dataclass(frozen=True, slots=True)
class Record:
    kind: str
    columns: tuple[tuple[str, Value], ...]


Step = Assign | Let | Primitive | Alarm | Record


@dataclass(frozen=True, slots=True)
class Phase:
    """Steps up to a `wait`: planned whole, sent together, complete when its orders are."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """`trades` False: done at once. `on_fail` is an action's index, -1 for none."""

    name: str
    phases: tuple[Phase, ...]
    within: Value | None
    on_fail: int
    net: bool
    trades: bool
    span: Span


class EventKind(enum.Enum):
    MARKET = "market"
    TIME = "time"
    ORDER = "order"
    ACTION = "action"
    OPERATOR = "operator"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Source:
    """Something that happens: `price(L)`, `every(1s)`, `daily(...)`, `done`, `filled`, `exit`."""

    name: str
    kind: EventKind
    leg: str = ""
    interval: Value | None = None
    daily: str = ""


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """A name for a set of sources, by index into `Program.sources`."""

    name: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """What an order or action event must be about: words of slot, action, reason or leg."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A guarded row as written. `action` -1: none. `order` is its place in the region (above = smaller)."""

    index: int
    region: int
    trigger: str
    filter: Filter
    guard: Value | None
    action: int
    target: str
    """the leaf it moves to; empty: none"""
    because: str
    order: int
    written_in: str
    """the state (leaf or parent) under which it stands"""
    span: Span


@dataclass(frozen=True, slots=True)
class Move:
    """A row in one leaf: where it leads, which actions run on the way, and whose entry times are renewed."""

    row: int
    leaf: int
    destination: int
    """leaf index in the region; -1: no move"""
    exits: tuple[int, ...]
    enters: tuple[int, ...]
    entered: tuple[int, ...]
    """ENTERED slots to set"""


class Orders(enum.Enum):
    NONE = "none"
    REDUCE = "reduce"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Leaf:
    index: int
    name: str
    word: int
    """the enumerator's index, as the region's MODE slot holds it"""
    path: tuple[str, ...]
    """parents from the outside in, then itself"""
    description: str
    final: bool
    orders: Orders
    declared: bool
    span: Span


def is_leaving(leaf: Leaf) -> bool:
    """Whether positions are only wound down there: `orders: reduce`, a final state, or the documents' EXIT."""
    return leaf.orders is Orders.REDUCE or leaf.final or leaf.name == "EXIT"


@dataclass(frozen=True, slots=True)
class After:
    """A row that fires once the time since `entered` reaches the delay."""

    trigger: str
    delay: Value
    entered: int
    leaves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A slot for a working order. `every`, `beyond`, `keep` say when it is replaced."""

    name: str
    leg: str
    side: Value
    price: Value
    quantity: Value
    when: Value | None
    post_only: Value | None
    reduce_only: Value | None
    ttl: Value | None
    every: Value | None
    beyond: Value | None
    keep: Value | None
    most: Value | None
    region: int


@dataclass(frozen=True, slots=True)
class Region:
    """A machine of its own: leaves, rows in order, and per leaf its moves."""

    index: int
    name: str
    """with the keys of its `for_each` row: `maker.A.buy`"""
    base: str
    keys: tuple[str, ...]
    mode: int
    entered: int
    """ENTERED slot of the present leaf"""
    leaves: tuple[Leaf, ...]
    initial: int
    start: tuple[int, ...]
    """enter actions of the initial leaf and its parents"""
    rows: tuple[int, ...]
    moves: tuple[Move, ...]
    afters: tuple[After, ...]
    triggers: tuple[str, ...]
    runs: tuple[tuple[str, int, int], ...] = ()
    """(state, its enter action, its exit action) of every state and parent that has either; -1 for none"""


@dataclass(frozen=True, slots=True)
class Lots:
    name: str
    legs: tuple[str, ...]
    match: str
    when: Value | None
    book_partial_after: Value | None


@dataclass(frozen=True, slots=True)
class Invariant:
    """`condition` None: a check of the catalog by name."""

    name: str
    condition: Value | None
    on_order: bool
    region: int
    leaf: int


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    instance: str
    condition: Value | None
    event: str
    repeat: Value | None
    text: tuple[str | Value, ...]


@dataclass(frozen=True, slots=True)
class Report:
    name: str
    at: str
    rows: Value | None
    show: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """A rule of `risk`: what is limited, for which leg or account, and the limit."""

    kind: str
    subject: str
    value: Value | None
    settings: tuple[tuple[str, object], ...]


class Bounds(enum.Enum):
    """Ranges that places of the language have."""

    POSITIVE = "above zero"
    NOT_NEGATIVE = "of zero or more"
    SHARE = "above zero and below 100%"
    COUNT = "that is a whole number, 1 or more"
    SLOT = "that is a whole number from 1 to 8"


@dataclass(frozen=True, slots=True)
class Range:
    """A value that must be in a range whatever a run sets its parameters to. `what` names the place for a user."""

    value: Value
    what: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Fact:
    """A test's fact: an observable, an input or a quantity that is held at a value."""

    slot: int
    observable: int
    query: int
    value: Value
    text: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """`subject` is one of: mode, value, orders, slot, slot_field."""

    subject: str
    path: str
    slot: int
    observable: int
    region: int
    quote: int
    field: str
    words: tuple[str, ...]
    number: float
    decimals: int
    """digits after the point as written; the tolerance when six or more"""
    span: Span


@dataclass(frozen=True, slots=True)
class TestItem:
    facts: tuple[Fact, ...]
    advance_us: int
    has_advance: bool
    event: str
    event_words: tuple[str, ...]
    times: int
    refuse: tuple[str, ...]
    expect: tuple[Expectation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TestCase:
    name: str
    parameters: tuple[tuple[int, Value], ...]
    given: tuple[Fact, ...]
    items: tuple[TestItem, ...]
    expect: tuple[Expectation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Family:
    """The top `for_each`: a machine for each row. `rows` are cells as written, by field; or `file` holds them."""

    key: tuple[str, ...]
    file: str
    env: str
    condition: Value | None
    rows: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    version: str
    description: str
    file: str
    is_seed: bool
    words: tuple[str, ...]
    """every enumerator; a WORD value is an index into it"""
    slots: tuple[Slot, ...]
    now: int
    accounts: tuple[Account, ...]
    legs: tuple[Leg, ...]
    parameters: tuple[Parameter, ...]
    row_fields: tuple[str, ...]
    """parameters that a row of the top `for_each` gives"""
    family: Family | None
    checks: tuple[Check, ...]
    observables: tuple[Observable, ...]
    queries: tuple[Query, ...]
    indicators: tuple[Indicator, ...]
    variables: tuple[Variable, ...]
    regions: tuple[Region, ...]
    rows: tuple[Row, ...]
    actions: tuple[Action, ...]
    quotes: tuple[Quote, ...]
    sources: tuple[Source, ...]
    events: tuple[NamedEvent, ...]
    lots: tuple[Lots, ...]
    invariants: tuple[Invariant, ...]
    alerts: tuple[Alert, ...]
    reports: tuple[Report, ...]
    metrics: tuple[tuple[str, Value], ...]
    limits: tuple[Limit, ...]
    ranges: tuple[Range, ...]
    stop: tuple[tuple[str, object], ...]
    run: tuple[tuple[str, object], ...]
    tests: tuple[TestCase, ...]
    digest: str

    def slot_named(self, name: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)

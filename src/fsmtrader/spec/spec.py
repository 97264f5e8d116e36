"""Spec: the strategy as it is written, still by name, each thing with its place.

The reader makes one from a document; nothing is resolved or checked here beyond its shape. Two dialects give the same
Spec: `fsm: 1` documents and the seed's two blocks (no `fsm:` key).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from fsmtrader.diagnostics import Span
from fsmtrader.spec.document import Node, Scalar
from fsmtrader.spec.expression.tree import Tree


@dataclass(frozen=True, slots=True)
class Word:
    """A name as written. `$field` words of `for_each` keep their `$`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written. `tree` is None when its text was refused (a finding says why)."""

    text: str
    span: Span
    tree: Tree | None


Named = tuple[tuple[Word, Expression], ...]
"""Entries `name: expression` in document order."""


class Dialect(enum.Enum):
    FSM_1 = "fsm: 1"
    SEED = "seed"


@dataclass(frozen=True, slots=True)
class Setting:
    """A plain `key: value` of an account, a leg, `how`, `risk`, `run` ...: kept as a node, read where it is used."""

    name: Word
    value: Node


@dataclass(frozen=True, slots=True)
class Account:
    name: Word
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    name: Word
    account: Word | None
    symbol: Scalar | None
    side: Word | None
    initial: Expression | None
    adopt: Word | None
    how: tuple[Setting, ...]
    settings: tuple[Setting, ...]
    """what else stands there (a pool's `bin_step`, `bins`)"""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: Word
    value: Expression | None
    """None: `required`, or given as `one_of` only"""
    required: bool
    unit: Word | None
    minimum: Expression | None
    maximum: Expression | None
    above: Expression | None
    below: Expression | None
    one_of: tuple[Word, ...]
    doc: str
    env: Word | None
    group: Word | None


@dataclass(frozen=True, slots=True)
class Check:
    """An entry of `checks:`; `is_error` tells `error:` from `warn:`."""

    is_error: bool
    condition: Expression
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Variable:
    name: Word
    initial: Expression | None
    unit: Word | None


@dataclass(frozen=True, slots=True)
class EventPattern:
    """`price(L)`, `every(1s)`, `rejected(bid, post_only)`, `monitor`, `maker.A.buy` paths inside the brackets.

    `arguments` are words; a duration or expression argument (`every(expr)`) is in `expression` instead. `daily` holds
    the text of `{daily: "09:00 Asia/Shanghai"}`.
    """

    name: Word
    arguments: tuple[Word, ...]
    expression: Expression | None
    daily: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class EventSet:
    """An entry of `events:`: a name for a set of sources."""

    name: Word
    sources: tuple[EventPattern, ...]


@dataclass(frozen=True, slots=True)
class AssignStep:
    """`{a: expr, b: expr}`: read together, then written together. A key may be a variable or `qX`."""

    entries: Named
    span: Span


@dataclass(frozen=True, slots=True)
class LetStep:
    entries: Named
    span: Span


@dataclass(frozen=True, slots=True)
class CallStep:
    """An action or primitive by name, with the arguments as written (`cancel_side: opposite(x)` has one unnamed)."""

    name: Word
    arguments: tuple[tuple[Word | None, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class WaitStep:
    span: Span


@dataclass(frozen=True, slots=True)
class AlertStep:
    name: Word
    span: Span


@dataclass(frozen=True, slots=True)
class RecordStep:
    kind: Word
    columns: Named
    span: Span


Step = AssignStep | LetStep | CallStep | WaitStep | AlertStep | RecordStep


@dataclass(frozen=True, slots=True)
class Steps:
    """What `do`, `enter`, `exit`, `on_fail` and an action hold: the steps, and the long form's settings."""

    steps: tuple[Step, ...]
    span: Span
    within: Expression | None = None
    on_fail: Steps | None = None
    net: bool = True
    parameters: tuple[Word, ...] = ()
    """names that the action takes by `with`"""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row under `on` or `after`, in evaluation order (`if_exit` became a row of its own, before `if`)."""

    condition: Expression | None
    do: Steps | None
    target: Word | None
    because: str
    span: Span
    from_if_exit: bool = False


@dataclass(frozen=True, slots=True)
class OnEntry:
    pattern: EventPattern
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class AfterEntry:
    delay: Expression
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class State:
    name: Word
    description: str
    initial: bool
    final: bool
    orders: Word | None
    enter: Steps | None
    exit: Steps | None
    on: tuple[OnEntry, ...]
    after: tuple[AfterEntry, ...]
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A slot of `quotes:`."""

    name: Word
    fields: Named
    """leg, side, price, quantity, post_only, reduce_only, ttl, when, every, beyond, keep, most"""


@dataclass(frozen=True, slots=True)
class ForEach:
    """`for_each`: rows of plain cells by field name, or a file of them."""

    rows: tuple[tuple[tuple[Word, Scalar], ...], ...]
    file: Scalar | None
    key: tuple[Word, ...]
    condition: Expression | None
    fields: tuple[tuple[Word, tuple[Setting, ...]], ...]
    env: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Region:
    name: Word
    """`mode` for a spec that has only `states`"""
    for_each: ForEach | None
    variables: tuple[Variable, ...]
    observe: Named
    quotes: tuple[Quote, ...]
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Lots:
    name: Word
    legs: tuple[Word, ...]
    match: Word | None
    when: Expression | None
    book_partial_after: Expression | None


@dataclass(frozen=True, slots=True)
class Invariant:
    """By catalog name alone (`condition` None), or `name: expr`, or with `on: order` and `in: STATE`."""

    name: Word
    condition: Expression | None
    on_order: bool
    state: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Alert:
    name: Word
    condition: Expression | None
    on: EventPattern | None
    each: Word | None
    repeat: Expression | None
    say: Scalar | None


@dataclass(frozen=True, slots=True)
class Report:
    name: Word
    at: Scalar | None
    rows: Expression | None
    show: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """`name: expr` or `call(args): expr` in `given` and `when` (the left side as an expression too)."""

    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Expected:
    """One entry of `expect`. `path` is the key as written (`maker.A.buy.base.price`), `value` its node."""

    path: Word
    value: Node


@dataclass(frozen=True, slots=True)
class WhenItem:
    facts: tuple[Fact, ...]
    at: Expression | None
    """how far time moves first (written `+3s`)"""
    event: EventPattern | None
    times: int
    refuse: tuple[Word, ...]
    expect: tuple[Expected, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Test:
    name: Word
    with_parameters: Named
    row: tuple[tuple[Word, Scalar], ...]
    given: tuple[Fact, ...]
    when: tuple[WhenItem, ...]
    expect: tuple[Expected, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SeedDescription:
    """Document 000 §11, the JSON block: a description that the machine is checked against (R000-49)."""

    parameters: Named
    triggers: tuple[tuple[Word, tuple[Expression, ...]], ...]
    actions: tuple[tuple[Word, tuple[Word, ...]], ...]
    modes: tuple[Word, ...]
    names: tuple[tuple[Word, Word], ...]
    """(role, name) of `state`, e.g. ('reference_price', 'P_ref')"""
    span: Span


@dataclass(frozen=True, slots=True)
class Spec:
    dialect: Dialect
    file: str
    name: str
    version: str
    description: str
    accounts: tuple[Account, ...] = ()
    legs: tuple[Leg, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    checks: tuple[Check, ...] = ()
    observe: Named = ()
    variables: tuple[Variable, ...] = ()
    events: tuple[EventSet, ...] = ()
    for_each: ForEach | None = None
    quotes: tuple[Quote, ...] = ()
    """the slots at the top, which belong to no region"""
    regions: tuple[Region, ...] = ()
    actions: tuple[tuple[Word, Steps], ...] = ()
    lots: tuple[Lots, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reports: tuple[Report, ...] = ()
    metrics: tuple[Word, ...] = ()
    risk: tuple[Setting, ...] = ()
    stop: tuple[Setting, ...] = ()
    run: tuple[Setting, ...] = ()
    tests: tuple[Test, ...] = ()
    seed: SeedDescription | None = None
    sources: tuple[tuple[str, str], ...] = field(default=(), repr=False)

"""What an expression looks at, through the observables that it names."""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.program.ir import Program, SlotRole
from fsmtrader.program.typed import Asked, Observed, Read, Typed, walk

POSITIONS = (SlotRole.QUANTITY, SlotRole.AVERAGE)
MOVING = (SlotRole.INPUT, SlotRole.INDICATOR, SlotRole.NOW)
"""roles of slots that change while nobody decides anything"""


def deep(program: Program, tree: Typed, inner: dict[int, Typed] | None = None) -> Iterator[Typed]:
    """The nodes of a tree and of every observable that it names, each observable once.

    `inner`: slots behind which another tree is looked at too (the input of an indicator).
    """
    behind = inner or {}
    seen: set[int] = set()
    open_trees = [tree]
    while open_trees:
        for node in walk(open_trees.pop()):
            yield node
            if isinstance(node, Read) and node.slot in behind:
                open_trees.append(behind[node.slot])
            elif isinstance(node, Observed) and node.observable not in seen:
                seen.add(node.observable)
                open_trees.append(program.observables[node.observable].value.tree)


def legs_of(program: Program, tree: Typed) -> frozenset[str]:
    """The legs whose market an expression looks at, through observables and inner indicators."""
    by_slot = {query.slot: query for query in program.queries if query.slot >= 0}
    inputs = {indicator.slot: indicator.input.tree for indicator in program.indicators}
    found: set[str] = set()
    for node in deep(program, tree, inputs):
        if isinstance(node, Read) and node.slot in by_slot:
            found.update(by_slot[node.slot].legs)
        elif isinstance(node, Asked):
            found.update(program.queries[node.query].legs)
    return frozenset(found)


def legs_with_news(program: Program, sources: tuple[int, ...]) -> frozenset[str]:
    """The legs whose market has news when some raw events happen."""
    named = {program.sources[i].leg for i in sources}
    places = {(leg.account, leg.symbol) for leg in program.legs if leg.name in named}
    return frozenset(leg.name for leg in program.legs if leg.name in named or (leg.account, leg.symbol) in places)


def reads_positions(program: Program, tree: Typed) -> bool:
    """Whether an expression reads a leg's quantity or average."""
    return any(isinstance(n, Read) and program.slots[n.slot].role in POSITIONS for n in deep(program, tree))


def trees_of_quotes(program: Program) -> list[Typed]:
    """Everything that working quotes ask."""
    values = [
        value
        for q in program.quotes
        for value in (q.side, q.price, q.quantity, q.when, q.post_only, q.reduce_only, q.ttl, q.every, q.beyond, q.keep,
                      q.most)
    ]  # fmt: skip
    return [value.tree for value in values if value is not None]


def watches_fields(program: Program) -> bool:
    """Whether working quotes, invariants or alerts read a value of the event in hand (`fill_price`, say)."""
    values = [entry.condition for entry in program.invariants]
    values += [value for alert in program.alerts for value in (alert.condition, alert.repeat)]
    trees = [*trees_of_quotes(program), *(value.tree for value in values if value is not None)]
    fields = {slot.index for slot in program.slots if slot.role is SlotRole.FIELD}
    return any(isinstance(n, Read) and n.slot in fields for tree in trees for n in deep(program, tree))


def is_fixed(program: Program, tree: Typed) -> bool:
    """Whether an expression hangs on parameters alone, so that it keeps its value through a run."""
    return not any(
        isinstance(n, Asked) or (isinstance(n, Read) and program.slots[n.slot].role is not SlotRole.PARAMETER)
        for n in deep(program, tree)
    )


def moving_slots(program: Program, tree: Typed) -> tuple[int, ...]:
    """The slots that an expression reads and that change while nobody decides anything."""
    read = {node.slot for node in deep(program, tree) if isinstance(node, Read)}
    return tuple(sorted(slot for slot in read if program.slots[slot].role in MOVING))

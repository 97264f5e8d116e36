"""States, rows, regions, slots."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fsmtrader.spec.document import Entry, Mapping, Node, Sequence
from fsmtrader.spec.reader_events import event_pattern
from fsmtrader.spec.reader_steps import read_steps
from fsmtrader.spec.reader_things import read_for_each, read_variables
from fsmtrader.spec.reader_values import Reading, entries, expression, get, key, named, text, truth, word
from fsmtrader.spec.spec import AfterEntry, OnEntry, Quote, Region, Row, State, Word
from fsmtrader.spec.structure_hints import ROW_KEYS

ONLY_REGION = "mode"
"""The name of the region of a spec that has only `states`."""
_NO_EVENTS = frozenset({*ROW_KEYS, "because", "after"})


def read_states(node: Node | None, reading: Reading) -> tuple[State, ...]:
    """States in document order; one without content (`HALT:`) is a state too."""
    return tuple(_state(entry, reading) for entry in entries(node))


def read_regions(root: Mapping, reading: Reading) -> tuple[Region, ...]:
    """`regions:`, or the only region, whose states stand at the top."""
    states = root.entry("states")
    if states is None:
        return tuple(_region(key(entry), entry.value, reading) for entry in entries(root.get("regions")))
    inside = read_states(states.value, reading)
    return (Region(Word(ONLY_REGION, states.key.span), None, (), (), (), inside),)


def read_quotes(node: Node | None, reading: Reading) -> tuple[Quote, ...]:
    return tuple(Quote(key(entry), named(entry.value, reading)) for entry in entries(node))


def _region(name: Word, node: Node, reading: Reading) -> Region:
    return Region(
        name=name,
        for_each=read_for_each(get(node, "for_each"), reading),
        variables=read_variables(get(node, "variables"), reading),
        observe=named(get(node, "observe"), reading),
        quotes=read_quotes(get(node, "quotes"), reading),
        states=read_states(get(node, "states"), reading),
    )


def _state(entry: Entry, reading: Reading) -> State:
    node = entry.value
    return State(
        name=key(entry),
        description=text(get(node, "description")),
        initial=truth(get(node, "initial"), False),
        final=truth(get(node, "final"), False),
        orders=word(get(node, "orders")),
        enter=read_steps(get(node, "enter"), reading),
        exit=read_steps(get(node, "exit"), reading),
        on=tuple(_on(get(node, "on"), reading)),
        after=tuple(_after(get(node, "after"), reading)),
        states=read_states(get(node, "states"), reading),
    )


def _on(node: Node | None, reading: Reading) -> Iterator[OnEntry]:
    """The rows by event, without the keys of a row that stand in an event's place."""
    inside = node.entries if isinstance(node, Mapping) else ()
    is_mixed = any(entry.key.span in reading.misplaced for entry in inside)
    for entry in inside:
        if is_mixed and entry.key.text in _NO_EVENTS:
            continue
        pattern = event_pattern(entry.key, reading)
        if pattern is not None:
            yield OnEntry(pattern, _rows(entry.value, reading))


def _after(node: Node | None, reading: Reading) -> Iterator[AfterEntry]:
    for entry in node if isinstance(node, Mapping) else ():
        delay = expression(entry.key, reading)
        if delay is not None:
            yield AfterEntry(delay, _rows(entry.value, reading))


def _rows(node: Node, reading: Reading) -> tuple[Row, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(chain.from_iterable(_row(item, reading) for item in items if isinstance(item, Mapping)))


def _row(node: Mapping, reading: Reading) -> Iterator[Row]:
    """A mapping's rows: `if_exit` stands before `if` (R000-47)."""
    leaving = node.get("if_exit")
    if isinstance(leaving, Mapping):
        yield _one_row(leaving, leaving.get("condition") or leaving.get("if"), True, reading)
    if leaving is None or any(entry.key.text != "if_exit" for entry in node):
        yield _one_row(node, node.get("if"), False, reading)


def _one_row(node: Mapping, condition: Node | None, from_if_exit: bool, reading: Reading) -> Row:
    return Row(
        condition=expression(condition, reading),
        do=read_steps(node.get("do"), reading),
        target=word(node.get("transition_to")),
        because=text(node.get("because")),
        span=node.span,
        from_if_exit=from_if_exit,
    )

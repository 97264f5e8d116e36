"""What the kernel does not do: every reason why a program, its venue or its data need the machine engine.

The list is complete: a program without a reason is compiled, and then does what the machine does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from fsmtrader.domain.market import Kind
from fsmtrader.kernel.emit_book import ASKED_OF_BOOKS
from fsmtrader.kernel.emit_market import OF_BOOKS, OF_LEG, OF_MARKET, OF_PROFIT
from fsmtrader.kernel.emit_questions import can_ask
from fsmtrader.kernel.layout import Layout
from fsmtrader.program.ir import Alarm, Assign, Let, Program, SlotRole, Step, Value
from fsmtrader.program.reach import deep, is_fixed, trees_of_quotes, watches_fields
from fsmtrader.program.typed import Asked, Read, Typed, walk

ASKED = frozenset({*OF_MARKET, *OF_LEG, *OF_BOOKS, "mid", "book_spread"})
LOOKED_AT = frozenset({*ASKED, *ASKED_OF_BOOKS, *OF_PROFIT, "open_orders", "open_notional", "lots", "worst_match"})
"""questions that a scout knows the answers to; some change with orders only, and stay as the machine has asked them"""
LIMITS = frozenset({"max_slippage", "position"})
MOST_PATH = 30
MOST_MARKETS = 8


def refusals(program: Program, layout: Layout) -> tuple[str, ...]:
    """Everything that stands against compiling, each in a user's words; empty: it can be compiled."""
    found = [
        *_parts(program),
        *_questions(program),
        *_actions(program),
        *_rows(program),
        *_timers(program),
        *_risk(program),
        *_legs(program, layout),
    ]
    return tuple(dict.fromkeys(found))


def scout_refusals(program: Program, layout: Layout) -> tuple[str, ...]:
    """What stands against a scout, which only has to know when nothing happens; empty: it can look ahead."""
    found = [*_seen_by_scout(program)]
    if not program.legs or not program.regions:
        found.append("there is no leg, or no state")
    if any(limit.kind == "loss" for limit in program.limits):
        found.append("`risk: loss` is watched at every instant")
    if layout.markets > MOST_MARKETS:
        found.append(f"more than {MOST_MARKETS} markets")
    return tuple(dict.fromkeys(found))


def _seen_by_scout(program: Program) -> Iterator[str]:
    """Questions in guards, alerts, invariants and inputs that change with the market, and that it cannot answer."""
    trees = [i.input.tree for i in program.indicators]
    trees += [row.guard.tree for row in program.rows if row.guard is not None]
    trees += [value.tree for alert in program.alerts for value in (alert.condition, alert.repeat) if value is not None]
    trees += [entry.condition.tree for entry in program.invariants if entry.condition is not None]
    trees += [source.interval.tree for source in program.sources if source.interval is not None]
    trees += trees_of_quotes(program)
    queries = {query.slot: query for query in program.queries if query.slot >= 0}
    if watches_fields(program):
        yield "a working quote, an invariant or an alert reads fill_price, fill_quantity or reason"
    for tree in trees:
        for node in deep(program, tree):
            if isinstance(node, Asked):
                query = program.queries[node.query]
                if not can_ask(query):
                    yield f"{query.text or query.function} is asked with values that are known only then"
            elif isinstance(node, Read) and node.slot in queries:
                query = queries[node.slot]
                if query.function not in LOOKED_AT:
                    yield f"{query.text or query.function} is answered by the machine only"


def _parts(program: Program) -> Iterator[str]:
    """Blocks of a spec that need what the kernel has not."""
    if program.family is not None:
        yield "`for_each` at the top makes several machines"
    if program.quotes:
        yield "working quotes (`quotes`) rest in a book"
    if program.lots:
        yield "`lots` are matched by the machine"
    if program.reports:
        yield "`reports` are written by the machine"
    if dict(program.stop).get("after") is not None:
        yield "`stop: {after}` is the machine's"
    of_events = {slot.index for slot in program.slots if slot.role is SlotRole.FIELD}
    if any(isinstance(node, Read) and node.slot in of_events for tree in _trees(program) for node in walk(tree)):
        yield "fill_price, fill_quantity and reason are known to the machine only"
    if not program.legs or not program.regions:
        yield "there is no leg, or no state"
    for indicator in program.indicators:
        if indicator.clock.every_seconds > 0:
            yield f"{indicator.text}: an indicator with `every` has a clock of its own"


def _questions(program: Program) -> Iterator[str]:
    for query in program.queries:
        if query.slot < 0:
            yield f"{query.text or query.function} is asked with values that are known only then"
        elif query.function not in ASKED:
            yield f"{query.text or query.function} is answered by the machine only"


def _actions(program: Program) -> Iterator[str]:
    for action in program.actions:
        for phase in action.phases:
            yield from (reason for step in phase.steps for reason in _step(program, action.name, step))
            if sum(isinstance(step, Assign) for step in phase.steps) > MOST_PATH:
                yield f"{action.name} has more than {MOST_PATH} steps in a phase"
    for region in program.regions:
        for enters in (region.start, *(move.enters for move in region.moves)):
            if any(program.actions[action].trades for action in enters[:-1]):
                yield f"{region.name}: several entry actions after one that trades wait for it"
        exits = [action for move in region.moves for action in move.exits]
        if any(program.actions[action].trades for action in exits):
            yield f"{region.name}: an exit that trades"


def _step(program: Program, name: str, step: Step) -> Iterator[str]:
    if isinstance(step, Assign):
        if any(getattr(entry, "how", "") for entry in step.entries):
            yield f"{name}: a target with a `how` of its own"
    elif not isinstance(step, Let | Alarm):
        what = getattr(step, "name", "record")
        yield f"{name}: the step {what} is the machine's"


def _rows(program: Program) -> Iterator[str]:
    """A filter may name a leg or an action; reasons and slots are the machine's."""
    known = {leg.name for leg in program.legs} | {action.name for action in program.actions}
    for row in program.rows:
        for word in row.filter.words:
            if word not in known:
                yield f"the row {row.trigger}({', '.join(row.filter.words)}) asks for {word}"


def _timers(program: Program) -> Iterator[str]:
    for source in program.sources:
        if source.daily:
            yield f"{source.name} is a time of day"
        if source.interval is not None and not is_fixed(program, source.interval.tree):
            yield f"{source.name} changes during the run"


def _risk(program: Program) -> Iterator[str]:
    for limit in program.limits:
        if limit.kind not in LIMITS:
            yield f"`risk: {limit.kind}` is watched by the machine"
    if sum(limit.kind == "max_slippage" for limit in program.limits) > 1:
        yield "several limits of `max_slippage`"


def _legs(program: Program, layout: Layout) -> Iterator[str]:
    for index, leg in enumerate(program.legs):
        if dict(leg.how):
            yield f"the leg {leg.name} has a `how` of its own"
        if leg.side is None and layout.hedged[index]:
            yield f"the leg {leg.name} has no side, on an account that has two"
    if layout.markets > MOST_MARKETS:
        yield f"more than {MOST_MARKETS} markets"
    if any(Kind.DEPTH in kinds for kinds in layout.kinds):
        yield "orders meet the levels of a book, which the machine keeps"


def _trees(thing: object) -> Iterator[Typed]:
    """Every expression of a program, or of a part of it."""
    if isinstance(thing, Value):
        yield thing.tree
    elif isinstance(thing, tuple):
        for entry in thing:
            yield from _trees(entry)
    elif is_dataclass(thing):
        for entry in fields(thing):
            yield from _trees(getattr(thing, entry.name))

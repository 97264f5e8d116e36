"""Pass: what happens, and the names for it."""

from __future__ import annotations

from fsmtrader.diagnostics import Span, closest
from fsmtrader.domain.units import SECONDS
from fsmtrader.program import ir
from fsmtrader.program.draft import REASONS, Draft
from fsmtrader.program.hours import check_hour
from fsmtrader.program.ir import EventKind
from fsmtrader.program.symbols import LegSymbol, Scope
from fsmtrader.program.typed import Constant, number
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written

MARKET = ("price", "book", "trade", "bar", "funding", "swap")
ORDER = ("accepted", "filled", "rejected", "expired", "cancelled", "refused", "below_min")
ACTION = ("done", "failed")
OPERATOR = ("stop", "halt", "resume", "flatten", "exit")
TIME = ("every", "daily")


def run(draft: Draft) -> None:
    """Names first: an interval may be an expression over indicators that are clocked by an event's name."""
    if not draft.spec.events:
        _seed_table(draft)
        return
    for entry in draft.spec.events:
        known = draft.top.find(entry.name.text)
        builtin = (*MARKET, *ORDER, *ACTION, *OPERATOR, *TIME)
        if known is not None or entry.name.text in builtin:
            related = ((known.span, "first here"),) if known is not None else ()
            draft.findings.error(
                "FSM302",
                entry.name.span,
                f"the name {entry.name.text!r} is taken",
                expected="a name of its own for the event",
                hint="rename the event",
                related=related,
            )
        draft.events.append(ir.NamedEvent(entry.name.text, ()))
    for i, entry in enumerate(draft.spec.events):
        sources = tuple(s for s in (source(draft, p, draft.top) for p in entry.sources) if s is not None)
        draft.events[i] = ir.NamedEvent(entry.name.text, sources)


def _seed_table(draft: Draft) -> None:
    """Without `events:` the seed's own table holds: monitor, price_update, terminate on the first leg's price."""
    if not draft.legs:
        return
    leg = next((leg.name for leg in draft.legs if leg.name == "L"), draft.legs[0].name)
    price = add(draft, ir.Source(f"price({leg})", EventKind.MARKET, leg))
    second = ir.Value(Constant(1.0, number(SECONDS)), "1s", Span(draft.spec.file, 1, 1, 1, 2))
    timer = add(draft, ir.Source("every(1s)", EventKind.TIME, interval=second))
    done = add(draft, ir.Source("done", EventKind.ACTION))
    draft.events += [
        ir.NamedEvent("monitor", (price, timer)),
        ir.NamedEvent("price_update", (price,)),
        ir.NamedEvent("terminate", (price, done)),
    ]


def add(draft: Draft, found: ir.Source) -> int:
    for i, known in enumerate(draft.sources):
        if known.name == found.name:
            return i
    draft.sources.append(found)
    return len(draft.sources) - 1


def source(draft: Draft, pattern: written.EventPattern, scope: Scope) -> int | None:
    """The source that a pattern names, entered into the table; None after a finding."""
    name = pattern.name.text
    if name == "daily":
        return _daily(draft, pattern)
    if name == "every":
        value = Typer(draft).number(pattern.expression, scope, SECONDS)
        if value is None:
            if pattern.expression is None:
                draft.findings.error(
                    "FSM503",
                    pattern.span,
                    "every() needs an interval",
                    expected="every(1s)",
                    hint="write e.g. every(1s)",
                )
            return None
        return add(draft, ir.Source(f"every({value.text})", EventKind.TIME, interval=value))
    if name in MARKET:
        leg = _leg(draft, pattern, scope)
        return None if leg is None else add(draft, ir.Source(f"{name}({leg})", EventKind.MARKET, leg))
    if name in ORDER:
        return add(draft, ir.Source(name, EventKind.ORDER))
    if name in ACTION:
        return add(draft, ir.Source(name, EventKind.ACTION))
    if name in OPERATOR:
        return add(draft, ir.Source(name, EventKind.OPERATOR))
    known = (*(event.name for event in draft.events), *MARKET, *ORDER, *ACTION, *OPERATOR, *TIME)
    guess = closest(name, known)
    draft.findings.error(
        "FSM307",
        pattern.name.span,
        f"there is no event {name}",
        expected="a source (price(L), book(L), every(1s), filled, done, exit, ...) or a name of `events`",
        hint=f"did you mean {guess}?" if guess else f"declare it: `events: {{{name}: price(L)}}`",
    )
    return None


def _daily(draft: Draft, pattern: written.EventPattern) -> int | None:
    hour = pattern.daily
    if hour is None:
        draft.findings.error(
            "FSM503",
            pattern.span,
            "daily needs an hour of the day",
            expected='{daily: "09:00 Asia/Shanghai"}',
            hint='write e.g. `{daily: "09:00 UTC"}`',
        )
    elif check_hour(hour, draft.findings):
        return add(draft, ir.Source(f"daily({hour.text})", EventKind.TIME, daily=hour.text))
    return None


def _leg(draft: Draft, pattern: written.EventPattern, scope: Scope) -> str | None:
    name = pattern.name.text
    legs = [leg.name for leg in draft.legs]
    if not pattern.arguments and len(legs) == 1:
        return legs[0]
    if len(pattern.arguments) == 1:
        word = pattern.arguments[0]
        symbol = scope.find(word.text)
        if isinstance(symbol, LegSymbol):
            symbol.used = True
            return symbol.name
        guess = closest(word.text, legs)
        draft.findings.error(
            "FSM306",
            word.span,
            f"{word.text} is not a leg",
            expected="a leg",
            hint=f"did you mean {guess}?" if guess else f"the legs are {', '.join(legs) or 'none: declare `legs`'}",
        )
        return None
    shown = f"{name}({legs[0] if legs else 'X'})"
    draft.findings.error(
        "FSM503",
        pattern.span,
        f"{name} is an event of a leg; it is not said of which",
        expected=shown,
        hint=f"write {shown}",
    )
    return None


def trigger(draft: Draft, pattern: written.EventPattern, scope: Scope) -> tuple[str, ir.Filter] | None:
    """What a key under `on` waits for: the trigger's name and the words it filters by."""
    name = pattern.name.text
    if any(event.name == name for event in draft.events):
        if pattern.arguments:
            draft.findings.error(
                "FSM503", pattern.span, f"the event {name} takes no filter", expected=name, hint=f"write {name}"
            )
            return None
        return name, ir.Filter()
    if name in (*ORDER, *ACTION):
        words = []
        for word in pattern.arguments:
            resolved = _filter_word(draft, word, scope)
            if resolved is None:
                return None
            words.append(resolved)
        add(draft, ir.Source(name, EventKind.ORDER if name in ORDER else EventKind.ACTION))
        return name, ir.Filter(tuple(words))
    index = source(draft, pattern, scope)
    return None if index is None else (draft.sources[index].name, ir.Filter())


def _filter_word(draft: Draft, word: written.Word, scope: Scope) -> str | None:
    """A slot, leg, action, primitive or reason by which order and action events are told apart."""
    symbol = scope.find(word.text)
    if isinstance(symbol, LegSymbol):
        return symbol.name
    slots = {quote.name.text for quote, _, _ in draft.quote_specs}
    known = {*slots, *REASONS, *draft.named_actions, *(n for n, d in draft.catalog.items() if d.trades)}
    if word.text in known:
        return word.text
    guess = closest(word.text, {*known, *(leg.name for leg in draft.legs)})
    draft.findings.error(
        "FSM307",
        word.span,
        f"{word.text} is no slot, action, leg or reason",
        expected="something that an order or action event is about",
        hint=f"did you mean {guess}?" if guess else f"reasons are {', '.join(REASONS)}",
    )
    return None

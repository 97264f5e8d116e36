"""Pass: checks, lots, invariants, alerts, reports, metrics and risk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from fsmtrader.catalog import invariants as known_invariants
from fsmtrader.diagnostics import Span, closest
from fsmtrader.domain.units import BASE, PER_TIME, PRICE, QUOTE, RATIO, SECONDS, Unit
from fsmtrader.program import ir
from fsmtrader.program.draft import Draft
from fsmtrader.program.expressions import expression_of
from fsmtrader.program.hours import check_hour
from fsmtrader.program.passes import events
from fsmtrader.program.passes.things import plain
from fsmtrader.program.symbols import AccountSymbol, LegSymbol, Scope, SlotSymbol
from fsmtrader.program.typed import Asked, Observed, Read, number, walk
from fsmtrader.program.typer import Typer
from fsmtrader.spec import spec as written
from fsmtrader.spec.document import Mapping, Scalar, ScalarKind
from fsmtrader.spec.expression import names, parse


def run(draft: Draft) -> None:
    typer = Typer(draft)
    _checks(draft, typer)
    for lots in draft.spec.lots:
        _lots(draft, typer, lots)
    promised: dict[str, Span] = {}
    for invariant in draft.spec.invariants:
        _named_once(draft, invariant.name, promised)
        _invariant(draft, typer, invariant)
    for alert in draft.spec.alerts:
        _alert(draft, typer, alert)
    for report in draft.spec.reports:
        _report(draft, typer, report)
    _metrics(draft, typer)
    for setting in draft.spec.risk:
        _limit(draft, typer, setting)


def _checks(draft: Draft, typer: Typer) -> None:
    """The spec's own checks, and those of the vocabulary whose names are all in use here (C000-06, C000-08)."""
    for check in draft.spec.checks:
        value = typer.truth(check.condition, draft.top)
        if value is not None and _is_settled(draft, value, check.is_error):
            draft.checks.append(ir.Check(check.is_error, value, check.because))
    own = {check.condition.tree for check in draft.checks}
    for check in draft.prelude.checks if draft.vocabulary.names(draft) else ():
        used = [node.text for node in names(check.condition.tree)] if check.condition.tree is not None else []
        if not used or not all(_is_in_use(draft, name) for name in used):
            continue
        before = len(draft.findings.items)
        value = typer.truth(check.condition, draft.top)
        del draft.findings.items[before:]  # a spec may give the vocabulary's names another meaning
        if value is not None and value.tree not in own:
            value = replace(value, span=draft.top.names[used[0]].span)
            draft.checks.append(ir.Check(check.is_error, value, check.because))


def _is_settled(draft: Draft, value: ir.Value, is_error: bool) -> bool:
    """A check is tested before there is a market: over parameters only. A finding names what changes in a run; of a
    check that would only warn, it is a warning too."""
    tell = draft.findings.error if is_error else draft.findings.warn
    for part in walk(value.tree):
        changes = ""
        if isinstance(part, Observed):
            changes = draft.observables[part.observable].name
        elif isinstance(part, Asked):
            changes = draft.queries[part.query].function
        elif isinstance(part, Read) and draft.slots[part.slot].role is not ir.SlotRole.PARAMETER:
            changes = draft.slots[part.slot].name
        if changes:
            tell(
                "FSM405",
                value.span,
                f"the check `{value.text}` reads {changes}, which changes in a run",
                expected="a condition over parameters",
                hint=f"make it a promise, which is tested at every decision: `invariants: {{name: {value.text}}}`",
            )
            return False
    return True


def _is_in_use(draft: Draft, name: str) -> bool:
    """Whether something reads a parameter of this name, be it the spec's own or the vocabulary's."""
    symbol = draft.top.names.get(name)
    return isinstance(symbol, SlotSymbol) and symbol.used and draft.slots[symbol.slot].role is ir.SlotRole.PARAMETER


def _lots(draft: Draft, typer: Typer, lots: written.Lots) -> None:
    scope = draft.top.inner()
    for name in ("sell_price", "buy_price"):
        slot = draft.slot(name, ir.SlotRole.FIELD, number(PRICE))
        scope.names[name] = SlotSymbol(slot, number(PRICE), "price of a lot", lots.name.span, used=True)
    legs = tuple(leg.name for leg in (draft.leg_named(w.text, draft.top) for w in lots.legs) if leg is not None)
    for word in lots.legs:
        if draft.leg_named(word.text, draft.top) is None:
            draft.findings.error(
                "FSM306",
                word.span,
                f"{word.text} is not a leg",
                expected="a leg",
                hint=f"the legs are {', '.join(leg.name for leg in draft.legs)}",
            )
    when = typer.truth(lots.when, scope) if lots.when else None
    wait = typer.number(lots.book_partial_after, draft.top, SECONDS) if lots.book_partial_after else None
    draft.lots.append(ir.Lots(lots.name.text, legs, lots.match.text if lots.match else "", when, wait))


def _named_once(draft: Draft, name: written.Word, known: dict[str, Span]) -> None:
    """A summary says of each promise whether it was kept, by its name."""
    if name.text in known:
        draft.findings.error(
            "FSM302",
            name.span,
            f"the name {name.text!r} is taken: it is an invariant already",
            expected="a name of its own for each invariant",
            hint=f"rename one of the two, e.g. {name.text}_2",
            related=((known[name.text], "first here"),),
        )
    known.setdefault(name.text, name.span)


def _invariant(draft: Draft, typer: Typer, invariant: written.Invariant) -> None:
    if invariant.condition is None:
        if invariant.name.text not in known_invariants.NAMES:
            guess = closest(invariant.name.text, known_invariants.NAMES)
            draft.findings.error(
                "FSM505",
                invariant.name.span,
                f"the catalog has no invariant {invariant.name.text}",
                expected="an invariant of the catalog, or `name: condition`",
                hint=f"did you mean {guess}?" if guess else f"write `{invariant.name.text}: condition`",
            )
            return
        meant = list(_meant(draft, typer, invariant.name.text))
        draft.invariants += meant or [ir.Invariant(invariant.name.text, None, invariant.on_order, -1, -1)]
        return
    value = typer.truth(invariant.condition, draft.top)
    region, leaf = _place(draft, invariant.state) if invariant.state is not None else (-1, -1)
    if value is not None:
        draft.invariants.append(ir.Invariant(invariant.name.text, value, invariant.on_order, region, leaf))


def _meant(draft: Draft, typer: Typer, name: str) -> Iterator[ir.Invariant]:
    """What the vocabulary says that a name means, for the states of its names; nothing where it speaks of others."""
    if not draft.vocabulary.names(draft):
        return
    for entry in draft.prelude.invariants:
        leaves = [(r.index, leaf.index) for r in draft.regions for leaf in r.leaves if _is(leaf, entry.state)]
        if entry.name.text != name or not leaves or entry.condition is None:
            continue
        before = len(draft.findings.items)
        value = typer.truth(entry.condition, draft.regions[leaves[0][0]].scope)
        del draft.findings.items[before:]  # a spec may give the vocabulary's names another meaning
        if value is not None:
            yield from (ir.Invariant(name, value, entry.on_order, region, leaf) for region, leaf in leaves)


def _is(leaf: ir.Leaf, state: written.Word | None) -> bool:
    return state is not None and leaf.name == state.text


def _place(draft: Draft, word: written.Word) -> tuple[int, int]:
    """(region, leaf) of a state's name; a parent's first leaf stands for it when it has only one."""
    for region in draft.regions:
        for leaf in region.leaves:
            if word.text in leaf.path:
                return region.index, leaf.index
    known = [leaf.name for region in draft.regions for leaf in region.leaves]
    guess = closest(word.text, known)
    draft.findings.error(
        "FSM501",
        word.span,
        f"there is no state {word.text}",
        expected="a declared state",
        hint=f"did you mean {guess}?" if guess else f"the states are {', '.join(known)}",
    )
    return -1, -1


def _instances(draft: Draft, each: written.Word | None) -> list[tuple[str, Scope]]:
    """One scope for each account or leg, in which its kind's name is that thing."""
    if each is None:
        return [("", draft.top)]
    found: list[tuple[str, Scope]] = []
    if each.text == "leg":
        for i, leg in enumerate(draft.legs):
            scope = draft.top.inner()
            scope.names["leg"] = LegSymbol(i, leg.name, each.span, used=True)
            found.append((leg.name, scope))
    elif each.text == "account":
        for account in draft.spec.accounts:
            scope = draft.top.inner()
            scope.names["account"] = AccountSymbol(account.name.text, each.span, used=True)
            found.append((account.name.text, scope))
    return found


def _alert(draft: Draft, typer: Typer, alert: written.Alert) -> None:
    event = ""
    if alert.on is not None:
        trigger = events.trigger(draft, alert.on, draft.top)
        event = trigger[0] if trigger is not None else ""
    repeat = typer.number(alert.repeat, draft.top, SECONDS) if alert.repeat is not None else None
    used_in = _regions_that_raise(draft, alert.name.text) if alert.condition is None and alert.on is None else []
    for name, scope in _instances(draft, alert.each):
        condition = typer.truth(alert.condition, scope) if alert.condition is not None else None
        places = used_in or [scope]
        for place in places:
            text = _said(draft, typer, alert.say, place)
            keys = draft.regions[place.region].keys if place.region >= 0 else ()
            instance = ".".join((name, *keys)) if name else ".".join(keys)
            draft.alerts.append(ir.Alert(alert.name.text, instance, condition, event, repeat, text))


def _regions_that_raise(draft: Draft, name: str) -> list[Scope]:
    """An alert that rows raise speaks of names of the region that raises it."""
    found = []
    for region in draft.regions:
        mine = [draft.rows[i].action for i in range(len(draft.rows)) if draft.rows[i].region == region.index]
        steps = [s for a in mine if a >= 0 for p in draft.actions[a].phases for s in p.steps]
        if any(isinstance(step, ir.Alarm) and step.alert == name for step in steps):
            found.append(region.scope)
    return found


def _said(draft: Draft, typer: Typer, say: Scalar | None, scope: Scope) -> tuple[str | ir.Value, ...]:
    """The text of an alert cut into words and `{expressions}`."""
    if say is None:
        return ()
    pieces: list[str | ir.Value] = []
    at = 0
    _braces(draft, say)
    for match in re.finditer(r"\{([^{}]*)\}", say.text):
        pieces.append(say.text[at : match.start()])
        at = match.end()
        inner = Scalar(
            match.group(1),
            say.kind,
            True,
            say.part(match.start(1), match.end(1)),
            say.offsets[match.start(1) : match.end(1) + 1],
        )
        name = match.group(1).strip()
        symbol = scope.find(name)
        if isinstance(symbol, LegSymbol | AccountSymbol):
            pieces.append(symbol.name)
            continue
        if match.group(1).strip().startswith("symbol("):
            pieces.append(_symbol_of(draft, inner, scope))
            continue
        tree = parse(inner, draft.findings)
        value = typer.any(written.Expression(inner.text, inner.span, tree), scope)
        if value is not None:
            pieces.append(value)
    pieces.append(say.text[at:])
    return tuple(piece for piece in pieces if piece != "")


def _braces(draft: Draft, say: Scalar) -> None:
    """A finding for each brace of a text that has no partner."""
    rest = re.sub(r"\{[^{}]*\}", lambda match: " " * len(match.group()), say.text)
    for match in re.finditer(r"[{}]", rest):
        is_open = match.group() == "{"
        draft.findings.error(
            "FSM313",
            say.part(match.start(), match.end()),
            f"`{match.group()}` is never {'closed' if is_open else 'opened'}",
            expected="an expression in braces: `{expression}`",
            hint="add the `}`" if is_open else "add the `{`, or delete this one",
        )


def _symbol_of(draft: Draft, inner: Scalar, scope: Scope) -> str:
    """`symbol(X)` in a text: the symbol of a leg."""
    name = inner.text.strip()[len("symbol(") : -1].strip()
    leg = scope.find(name)
    if isinstance(leg, LegSymbol):
        return draft.legs[leg.index].symbol
    legs = [entry.name for entry in draft.legs]
    guess = closest(name, legs)
    draft.findings.error(
        "FSM306",
        inner.span,
        f"{name} is not a leg",
        expected="a leg",
        hint=f"did you mean {guess}?" if guess else f"the legs are {', '.join(legs) or 'none'}",
    )
    return ""


def _named_value(draft: Draft, typer: Typer, word: written.Word, scope: Scope) -> ir.Value | None:
    scalar = Scalar(
        word.text,
        ScalarKind.TEXT,
        False,
        word.span,
        tuple((word.span.line, word.span.column + i) for i in range(len(word.text) + 1)),
    )
    return typer.any(expression_of(scalar, draft.findings), scope)


def _report(draft: Draft, typer: Typer, report: written.Report) -> None:
    rows = typer.truth(report.rows, draft.top) if report.rows is not None else None
    show = tuple(
        (word.text, value)
        for word, value in ((w, _named_value(draft, typer, w, draft.top)) for w in report.show)
        if value is not None
    )
    if report.at is not None:
        check_hour(written.Word(report.at.text, report.at.span), draft.findings)
    draft.reports.append(ir.Report(report.name.text, report.at.text if report.at else "", rows, show))


def _metrics(draft: Draft, typer: Typer) -> None:
    """A metric that lives in a region has one value for each of its rows."""
    for word in draft.spec.metrics:
        inside = [r for r in draft.regions if word.text in r.scope.names]
        for scope, keys in [(r.scope, r.keys) for r in inside] or [(draft.top, ())]:
            value = _named_value(draft, typer, word, scope)
            if value is not None:
                draft.metrics.append((".".join((word.text, *keys)), value))


def _limit(draft: Draft, typer: Typer, setting: written.Setting) -> None:
    """A rule of `risk`: what the engine refuses, whatever the spec decides."""
    name, node = setting.name.text, setting.value
    if isinstance(node, Scalar):
        unit = RATIO if name == "max_slippage" else None
        value = typer.number(expression_of(node, draft.findings), draft.top, unit)
        draft.limits.append(ir.Limit(name, "", value, plain((setting,)) if value is None else ()))
    elif isinstance(node, Mapping) and name == "position":
        _positions(draft, typer, node)
    elif isinstance(node, Mapping) and name == "notional":
        each, most = node.get("each"), node.get("max")
        word = written.Word(each.text, each.span) if isinstance(each, Scalar) else None
        for instance, scope in _instances(draft, word):
            value = typer.number(expression_of(most, draft.findings), scope, QUOTE) if most is not None else None
            draft.limits.append(ir.Limit(name, instance, value, ()))
    elif isinstance(node, Mapping) and name in _LIMIT_ENTRIES:
        for entry in node:
            if entry.key.text in _LIMIT_ENTRIES[name]:
                unit = _LIMIT_ENTRIES[name][entry.key.text]
                value = typer.number(expression_of(entry.value, draft.findings), draft.top, unit)
                if name == "rate" and value is not None and value.tree.type.unit is None:
                    typer.mixture(value.span, f"{value.text} is a bare number", "a rate", "write e.g. orders: 50/10s")
                subject = "" if len(_LIMIT_ENTRIES[name]) == 1 else entry.key.text
                draft.limits.append(ir.Limit(name, subject, value, plain((setting,))))


_LIMIT_ENTRIES: dict[str, dict[str, Unit]] = {
    "max_age": {"book": SECONDS, "account": SECONDS},
    "rate": {"orders": PER_TIME},
    "loss": {"max": QUOTE},
}
"""rules with entries of their own: which of them are values, and of what unit"""


def _positions(draft: Draft, typer: Typer, node: Mapping) -> None:
    for entry in node:
        leg = draft.leg_named(entry.key.text, draft.top)
        if leg is None:
            draft.findings.error(
                "FSM306",
                entry.key.span,
                f"{entry.key.text} is not a leg",
                expected="a leg",
                hint=f"the legs are {', '.join(leg.name for leg in draft.legs)}",
            )
            continue
        value = typer.number(expression_of(entry.value, draft.findings), draft.top, BASE)
        draft.limits.append(ir.Limit("position", leg.name, value, ()))

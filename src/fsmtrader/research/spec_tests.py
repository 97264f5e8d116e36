"""A spec's own tests: run with virtual time on a market that is what they say.

Each test runs twice: answers of the venue within the instant, and after all its events. What differs between the two,
or from what is expected, is a finding at the line of the expectation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsmtrader.diagnostics import Diagnostic, Severity, Span
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver, TooManyTimers
from fsmtrader.engine.events import (
    ActionEnded,
    AlertRaised,
    Fault,
    InvariantBroken,
    Market,
    Note,
    Operation,
    Operator,
    Raised,
    RowTaken,
)
from fsmtrader.engine.state import Status
from fsmtrader.program.emit_module import Compiled, load
from fsmtrader.program.evaluate import evaluate, unasked
from fsmtrader.program.ir import EventKind, Expectation, Fact, Program, SlotRole, TestCase, TestItem
from fsmtrader.program.parameters import missing_values, parameter_values
from fsmtrader.program.passes.moved_time import TIMER_LIMIT
from fsmtrader.program.typed import Kind, Read, Type
from fsmtrader.research.coverage import Coverage
from fsmtrader.research.explain import Decisions, said_trigger, why
from fsmtrader.research.given_market import GivenMarket

START_US = 1_700_000_000_000_000
"""when the virtual time of a test begins: some day or other"""
TOLERANCE = 1e-9
WRITTEN_OUT = 6
"""decimals from which on the number as written is what counts"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test: what was found wrong, nothing if it passed."""

    file: str
    name: str
    span: Span
    findings: tuple[Diagnostic, ...]

    @property
    def passed(self) -> bool:
        return not self.findings


def run_tests(program: Program, coverage: Coverage | None = None, name: str = "") -> Iterator[Outcome]:
    """Every test of a program whose name contains `name`, in order."""
    for case in program.tests:
        if name.lower() in case.name.lower():
            yield run_test(program, case, coverage)


def run_test(program: Program, case: TestCase, coverage: Coverage | None = None) -> Outcome:
    """One test, both ways; the same finding of both is made once."""
    found: dict[tuple[Span, str], Diagnostic] = {}
    prompt = _Trial(program, case, True, coverage).run()
    is_too_long = any(diagnostic.code == "FSM812" for diagnostic in prompt)
    later = [] if is_too_long else _Trial(program, case, False, coverage).run()
    for diagnostic in prompt:
        found[diagnostic.span, diagnostic.code] = diagnostic
    for diagnostic in later:
        if (diagnostic.span, diagnostic.code) not in found:
            message = f"{diagnostic.message} (when answers come after all events of the instant)"
            found[diagnostic.span, diagnostic.code] = Diagnostic(
                diagnostic.code, diagnostic.severity, message, diagnostic.span, diagnostic.expected, diagnostic.hint
            )
    return Outcome(program.file, case.name, case.span, tuple(found.values()))


class _Trial:
    """One way through one test."""

    def __init__(self, program: Program, case: TestCase, prompt: bool, coverage: Coverage | None) -> None:
        self._program = program
        self._case = case
        self._coverage = coverage
        self._findings: list[Diagnostic] = []
        self._market = GivenMarket(program)
        facts = [*case.given, *(fact for item in case.items for fact in item.facts)]
        pinned = sorted({fact.observable for fact in facts if fact.observable >= 0})
        self._pinned = {index: len(program.slots) + place for place, index in enumerate(pinned)}
        self._decisions = Decisions(coverage)
        self._noted = 0
        self._core = Core(
            program,
            self._parameters(),
            self._market,
            pinned=self._pinned,
            extra=len(pinned),
            observer=self._decisions,
        )
        self._decisions.x = self._core.x
        self._driver = Driver(self._core, self._market, prompt=prompt)
        self._shown: Compiled = load(program, self._pinned, self._core.ask)
        free: Compiled = load(program, {}, self._core.ask)
        for index, slot in self._pinned.items():
            self._core.inputs.computed[slot] = free.observable(index)
        self._all_market = tuple(i for i, s in enumerate(program.sources) if s.kind is EventKind.MARKET)

    def _parameters(self) -> dict[int, float]:
        """The test's own values; they may be expressions over other parameters."""
        program = self._program
        x = parameter_values(program.parameters, len(program.slots), {})
        return {slot: evaluate(value.tree, x, (), unasked) for slot, value in self._case.parameters}

    # -- the course of a test ----------------------------------------------------------------------------------------

    def run(self) -> list[Diagnostic]:
        missing = missing_values(self._program, self._core.x)
        if missing:
            names = ", ".join(missing)
            self._fail(
                "FSM806",
                self._case.span,
                f"the test {self._case.name!r} leaves {names} without a value",
                "a value for every parameter",
                f"add `with: {{{missing[0]}: …}}`",
            )
            return self._findings
        self._core.state.set_now(START_US)
        self._set(self._case.given)
        self._driver.deliver(Market(START_US, ()))
        self._driver.ring(START_US)
        self._set(tuple(f for f in self._case.given if f.slot >= 0 and f.query < 0))
        self._cover_start()
        self._driver.orders.clear()
        for item in self._case.items:
            try:
                self._item(item)
            except TooManyTimers:
                return self._too_long(item)
        if not self._case.items and self._case.given:
            self._driver.deliver(Market(self._core.state.now_us, self._all_market))
            self._driver.ring(self._core.state.now_us)
            self._cover()
        self._check(self._case.expect, len(self._driver.orders))
        self._promises()
        return self._findings

    def _item(self, item: TestItem) -> None:
        core, driver = self._core, self._driver
        driver.orders.clear()
        self._decisions.asked.clear()
        self._noted = len(driver.notes)
        self._set(item.facts)
        self._market.refusing = item.refuse
        if item.has_advance:
            until = core.state.now_us + item.advance_us
            driver.advance(until, TIMER_LIMIT)
            core.state.set_now(until)
        if item.event:
            for _ in range(max(item.times, 1)):
                driver.deliver(self._event(item))
        elif item.facts:
            driver.deliver(Market(core.state.now_us, self._all_market))
        driver.ring(core.state.now_us)
        self._market.refusing = ()
        self._check(item.expect, len(driver.orders))
        self._cover()

    def _too_long(self, item: TestItem) -> list[Diagnostic]:
        self._fail(
            "FSM812",
            item.span,
            f"in the test {self._case.name!r} more than {TIMER_LIMIT:,} timers fire in one item",
            f"at most {TIMER_LIMIT:,}",
            "move time less far, or test with a longer interval",
        )
        return self._findings

    def _event(self, item: TestItem) -> Raised | Operator:
        now_us = self._core.state.now_us
        operations = {operation.value: operation for operation in Operation}
        if item.event in operations:
            return Operator(now_us, operations[item.event])
        return Raised(now_us, item.event, item.event_words)

    def _set(self, facts: tuple[Fact, ...]) -> None:
        """Facts hold until they are set again."""
        core = self._core
        for fact in facts:
            value = self._shown.number(fact.value)(core.x)
            if fact.observable >= 0:
                self._pin(fact.observable, value)
            elif fact.query >= 0:
                self._answer(fact.query, value)
            else:
                core.x[fact.slot] = value

    def _pin(self, observable: int, value: float) -> None:
        slot = self._pinned[observable]
        self._core.inputs.computed.pop(slot, None)
        self._core.x[slot] = value
        tree = self._program.observables[observable].value.tree
        if isinstance(tree, Read):
            for index, query in enumerate(self._program.queries):
                if query.slot == tree.slot:
                    self._answer(index, value)

    def _answer(self, query: int, value: float) -> None:
        core = self._core
        self._market.set(query, value)
        core.inputs.answers[query] = value
        slot = self._program.queries[query].slot
        if slot >= 0:
            core.inputs.held.add(slot)
            core.x[slot] = value

    # -- what is found -----------------------------------------------------------------------------------------------

    def _check(self, expectations: tuple[Expectation, ...], orders: int) -> None:
        self._core.inputs.refresh()
        for expectation in expectations:
            if self._core.state.status in (Status.WAITING, Status.OPENING):
                self._not_started(expectation.span)
                return
            got = self._got(expectation, orders)
            if got is not None:
                wanted = _wanted(expectation)
                self._fail(
                    "FSM805", expectation.span, f"{expectation.path} is {got}, expected {wanted}", wanted, self._why()
                )

    def _got(self, expectation: Expectation, orders: int) -> str | None:
        """What stands there in words, if it is not what is expected."""
        match expectation.subject:
            case "orders":
                return None if orders == expectation.number else str(orders)
            case "mode":
                place = self._core.regions.places[expectation.region]
                name = place.region.leaves[place.leaf].name
                return None if name in expectation.words else name
            case "slot" | "slot_field":
                return self._got_slot(expectation)
            case _:
                return self._got_value(expectation)

    def _got_value(self, expectation: Expectation) -> str | None:
        if expectation.slot >= 0:
            value, type_ = self._core.x[expectation.slot], self._program.slots[expectation.slot].type
        else:
            observable = self._program.observables[expectation.observable]
            value, type_ = self._shown.observable(expectation.observable)(self._core.x), observable.value.tree.type
        if expectation.words:
            word = self._said(value, type_)
            return None if word in expectation.words else word
        if type_.kind is Kind.NUMBER and expectation.slot >= 0 and value != value:
            is_average = self._program.slots[expectation.slot].role is SlotRole.AVERAGE
            return "not ready (the leg is flat)" if is_average else "not ready"
        return None if _agree(value, expectation.number, expectation.decimals) else self._said(value, type_)

    def _got_slot(self, expectation: Expectation) -> str | None:
        slot = self._core.quotes.slots[expectation.quote]
        live = [order for order in slot.orders if not order.cancelling]
        if expectation.subject == "slot":
            first = live[0].wish if live else None
            return None if first is None else f"{first.side} {first.quantity:g} at {first.price:g}"
        if not live:
            return "none"
        wish = live[-1].wish
        words = {
            "side": wish.side,
            "leg": slot.quote.leg,
            "post_only": str(wish.post_only).lower(),
            "reduce_only": str(wish.reduce_only).lower(),
        }
        if expectation.field in words:
            return None if words[expectation.field] in expectation.words else words[expectation.field]
        value = wish.price if expectation.field == "price" else wish.quantity
        return None if _agree(value, expectation.number, expectation.decimals) else f"{value:.12g}"

    def _said(self, value: float, type_: Type) -> str:
        if value != value:
            return "not ready"
        if type_.kind is Kind.WORD:
            return self._program.words[int(value)]
        if type_.kind is Kind.TRUTH:
            return "true" if value == 1.0 else "false"
        return f"{value:.12g}"

    def _why(self) -> str:
        """What was decided since the item began, in the values of that moment; before any event, what stands now."""
        notes = self._driver.notes[self._noted :]
        taken = [note for note in notes if isinstance(note, RowTaken)]
        told = why(self._program, self._shown, self._decisions.asked, taken)
        return "; ".join(dict.fromkeys((told or self._no_event(), *_mishaps(notes))))

    def _no_event(self) -> str:
        """No row was even looked at: say what the present states wait for."""
        waits: list[str] = []
        for place in self._core.regions.places:
            rows = sorted({move.row for move in place.region.moves if move.leaf == place.leaf})
            events = dict.fromkeys(said_trigger(place.region, self._program.rows[row].trigger) for row in rows)
            leaf = place.region.leaves[place.leaf].name
            waits.append(f"{leaf} waits for {', '.join(events)}" if events else f"{leaf} waits for nothing")
        return "no guard was asked: " + "; ".join(waits)

    def _not_started(self, span: Span) -> None:
        x, number = self._core.x, self._core.state.compiled.number
        legs = (leg.initial for leg in self._program.legs if leg.initial is not None)
        values = [*legs, *(variable.initial for variable in self._program.variables)]
        unready = [value.text for value in values if number(value)(x) != number(value)(x)]
        what = f"{unready[0]} is not ready" if unready else "no fact says what its legs are worth"
        self._fail(
            "FSM808",
            span,
            f"the machine has not started: {what}",
            "first values that are ready",
            "say it under `given`, e.g. `given: {P_t: 100}`",
        )

    def _promises(self) -> None:
        """Faults, broken invariants, and orders for which there was no price."""
        for note in self._driver.notes:
            if isinstance(note, InvariantBroken | Fault):
                text = note.text if isinstance(note, InvariantBroken) else note.reason
                self._fail(
                    "FSM809",
                    self._case.span,
                    f"in the test {self._case.name!r}: {text}",
                    "a run that keeps the spec's promises",
                    self._why(),
                )
        for leg in sorted(self._market.without_price):
            self._fail(
                "FSM807",
                self._case.span,
                f"the leg {leg} trades, but no fact says what it is worth",
                "a price for every leg that trades",
                f"give one, e.g. `mark({leg}): 100`",
            )

    def _fail(self, code: str, span: Span, message: str, expected: str, hint: str) -> None:
        self._findings.append(Diagnostic(code, Severity.ERROR, message, span, expected, hint))

    # -- coverage ----------------------------------------------------------------------------------------------------

    def _cover_start(self) -> None:
        if self._coverage is not None and self._core.state.status not in (Status.WAITING, Status.OPENING):
            for region in self._program.regions:
                self._coverage.entered(region.index, region.initial)
            self._cover()

    def _cover(self) -> None:
        if self._coverage is not None:
            self._coverage.notes(self._driver.notes)


def _mishaps(notes: Sequence[Note]) -> Iterator[str]:
    """Orders that the engine refused, and actions that failed: why a row that was taken did not do what it says."""
    for note in notes:
        if isinstance(note, AlertRaised) and note.name == "refused":
            yield f"refused: {note.text}"
        elif isinstance(note, ActionEnded) and note.outcome == "failed":
            yield f"the action {note.action} failed, so its row led nowhere"


def _wanted(expectation: Expectation) -> str:
    if expectation.words:
        return " or ".join(expectation.words)
    return f"{expectation.number:.12g}"


def _agree(value: float, wanted: float, decimals: int) -> bool:
    """Equal to 1e-9, or to the decimals written if six or more."""
    if value == wanted:
        return True
    if decimals >= WRITTEN_OUT:
        return abs(value - wanted) <= 0.500001 * 10.0**-decimals
    return abs(value - wanted) <= TOLERANCE * max(1.0, abs(wanted))

"""The beginning of a run: the legs' initial quantities are opened, the variables read, the first states entered."""

from __future__ import annotations

from collections.abc import Sequence

from fsmtrader.kernel.emit_flights import Flights
from fsmtrader.kernel.emit_timers import Timers
from fsmtrader.kernel.scope import FLOAT, Scope
from fsmtrader.program.ir import Variable
from fsmtrader.program.reach import reads_positions


def emit_start(scope: Scope, timers: Timers, flights: Sequence[Flights]) -> None:
    """As soon as all of it is ready. What is not, is asked again with the next event."""
    out = scope.out
    with out.block("if status == 0:"):
        _can_open(scope)
        with out.block("if is_ready:"):
            out.add("status = 1")
            _open(scope)
        with out.block("else:"):
            out.add("starting, at = False, 0")
        with out.block("if n_orders > 0:"):
            out.add("look = False")
    with out.block("if status == 1 and n_orders == 0 and why == GOES_ON:"):
        out.add("starting, look, is_ready = False, True, True")
        _read(scope, list(scope.program.variables))
        with out.block("if is_ready:"):
            out.add("status = 2", f"{scope.keep('started', FLOAT)} = float(now)")
            timers.begin()
            for flight in flights:
                flight.stand_first()
            for flight in flights:
                out.add(f"go_{flight.r} = {flight.start}")
            out.add("continue")
        with out.block("else:"):
            out.add("at = 0")
    with out.block("if why != GOES_ON:"):
        out.add("break")


def _can_open(scope: Scope) -> None:
    """Every first quantity, the legs' prices, and every first value that does not hang on a position."""
    out, program = scope.out, scope.program
    out.add("is_ready = True")
    for index, leg in enumerate(program.legs):
        if leg.initial is None:
            continue
        price = f"price_{scope.layout.market_of_leg[index]}"
        out.add(f"wanted = {scope.number(leg.initial.tree)}")
        out.add(f"is_ready = is_ready and wanted == wanted and {price} == {price}")
    early = [v for v in program.variables if not reads_positions(program, v.initial.tree)]
    _read(scope, early)


def _read(scope: Scope, variables: list[Variable]) -> None:
    """First values one after the other, until one is not ready."""
    out = scope.out
    for variable in variables:
        with out.block("if is_ready:"):
            out.add(f"value = {scope.number(variable.initial.tree)}")
            if variable.initial.text:
                out.add("is_ready = value == value")
            with out.block("if is_ready:"):
                out.add(f"{scope.slot(variable.slot)} = value")


def _open(scope: Scope) -> None:
    """Orders for the first quantities, in whole lots, at the market; what the venue would not take is the machine's."""
    out = scope.out
    for index, leg in enumerate(scope.program.legs):
        if leg.initial is None:
            continue
        price = f"price_{scope.layout.market_of_leg[index]}"
        out.add(f"wanted = {scope.number(leg.initial.tree)}", f"change = floor_quantity(wanted, legs[{index}, LOT])")
        out.add(f"least = least_of(legs, {index}, {price}) * WHOLE")
        refused = ["wanted != 0.0 and (change == 0.0 or abs(change) < least)"]
        if leg.side is not None:
            refused.append("wanted < 0.0")
        for limit in scope.program.limits:
            if limit.kind == "position" and limit.subject == leg.name and limit.value is not None:
                refused.append(f"is_refused(0.0, abs(change), {scope.number(limit.value.tree)})")
        with out.block(f"if {' or '.join(f'({text})' for text in refused)}:"):
            out.add("why = OPENING")
        with out.block("elif change != 0.0:"):
            out.add(f"write_order(orders, n_orders, now, {index}, change, nan, 0.0, -1, 0, -2)")
            out.add("n_orders += 1")
            if any(e.condition is None and e.name == "maker_only" for e in scope.program.invariants):
                out.add("broken += 1  # maker_only")

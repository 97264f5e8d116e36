"""Program -> one Python module: the loop over events, with guards, observables and actions inlined (design §8).

What is touched at every event is in locals, named as in the spec; what is rare is kept in arrays. The module runs as it
is, or through numba. `run` is the whole kernel; a scout's module has the quiet part only.
"""

from __future__ import annotations

from functools import partial

from fsmtrader.kernel.emit_ahead import ARGUMENTS as OF_AHEAD
from fsmtrader.kernel.emit_ahead import emit_ahead_lines
from fsmtrader.kernel.emit_book import declare_books, is_booked
from fsmtrader.kernel.emit_calm import Calm
from fsmtrader.kernel.emit_cold import ARGUMENTS as OF_COLD
from fsmtrader.kernel.emit_cold import Cold
from fsmtrader.kernel.emit_flights import Flights, judge
from fsmtrader.kernel.emit_hot import ARGUMENTS as OF_HOT
from fsmtrader.kernel.emit_hot import Hot, declare_equity
from fsmtrader.kernel.emit_market import chain_text, declare
from fsmtrader.kernel.emit_moments import Moments
from fsmtrader.kernel.emit_plans import Plans
from fsmtrader.kernel.emit_questions import asked_late
from fsmtrader.kernel.emit_regions import Rows
from fsmtrader.kernel.emit_slots import ORDERED
from fsmtrader.kernel.emit_timers import Timers
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.scope import FLOAT, TRUE, WHOLE, Scope, plain
from fsmtrader.numeric.registry import JITABLE
from fsmtrader.program.ir import Orders, Program

TABLES = (
    "books", "legs", "held", "positions", "accounts", "book", "tiers", "orders", "sent", "moves", "kept", "works",
    "gathered", "dues", "series", "blocks", "box",
)  # fmt: skip
HEADER = '''"""{name}: the loop over market events, made of the spec. `fsm compile` shows it, nobody edits it.

i, n: the first event and their number; end_us: what timers are let run until afterwards (0: no further than the last
event). time, kinds, market, a..d: the events. x: the slots, s: the scalars that are kept from call to call (`STATE`
has their names), memory: windows, constants: what these are made with. samples: equity over time, an output. Of the
rare part: books, legs, held, positions, accounts, book, tiers: tables of kernel/columns.py; orders, sent, works,
gathered, dues: room to work in; moves, kept: what comes out. series, blocks: what was worked out ahead, box: what
is known to be calm (kernel/emit_calm.py). The loop gives why it ended (kernel/columns.py), the next event, how many
samples are written, and how many events of the instant in hand have begun.
"""

from math import ceil, exp, floor, inf, log, nan, sqrt

from fsmtrader.kernel.columns import *
from fsmtrader.kernel.runtime import *
from fsmtrader.kernel.runtime_calm import *
from fsmtrader.kernel.runtime_orders import *
from fsmtrader.kernel.runtime_slots import *
from fsmtrader.kernel.runtime_venue import *
from fsmtrader.numeric.indicators import LAST_US

index = int  # compiled: an unsigned number, which never counts from an array's end
'''
PERMISSIONS = {Orders.NONE: 0, Orders.REDUCE: 1, Orders.ANY: 2}
SCALARS = {"now": WHOLE, "status": WHOLE, "alerts": WHOLE, "broken": WHOLE, "n_moves": WHOLE, "n_kept": WHOLE,
           "outcome": WHOLE}  # fmt: skip


def emit_module(program: Program, layout: Layout) -> str:
    """The whole kernel's text. The program must be one that `supports.refusals` has nothing against."""
    module = _Module(program, layout)
    plans = Plans(module.scope)
    flights = [Flights(module.scope, plans, region) for region in program.regions]
    rows = [Rows(module.scope, plans, entry, region) for entry, region in zip(flights, program.regions, strict=True)]
    rare = Cold(module.scope, module.timers, flights, rows).lines()
    hot = Hot(module.scope, module.timers, is_scout=False).lines()
    for name in plans.numbers():
        module.scope.keep(name, FLOAT)
    rare = module.scope.in_arrays(rare, OF_COLD)
    act = _function("act", OF_COLD, ["# the rare part: from where the loop has left off until all is quiet", *rare])
    run = _function("run", (*OF_HOT, *TABLES), ["s[N_MOVES], s[N_KEPT] = 0.0, 0.0", *hot])
    calm = Calm(module.scope).source() if layout.leaps else ()
    return module.text(*plans.source, *judge(module.scope), act, *calm, run)


def emit_scout(program: Program, layout: Layout) -> str:
    """A scout's text. The program must be one that `supports.scout_refusals` has nothing against."""
    module = _Module(program, layout, is_scout=True)
    return module.text(_function("run", OF_HOT, Hot(module.scope, module.timers, is_scout=True).lines()))


def emit_ahead(program: Program, layout: Layout) -> str:
    """The text of the loop that works out `layout.shared`."""
    module = _Module(program, layout)
    return module.text(_function("run", OF_AHEAD, emit_ahead_lines(module.scope)))


def _function(name: str, arguments: tuple[str, ...], lines: list[str]) -> str:
    return "\n".join([f"def {name}({', '.join(arguments)}):", *(f"    {line}" if line else "" for line in lines)])


class _Module:
    """What a module begins with."""

    def __init__(self, program: Program, layout: Layout, *, is_scout: bool = False) -> None:
        self.scope = scope = Scope(program, layout)
        for name, kind in SCALARS.items():
            scope.keep(name, kind)
        declare(scope)
        declare_equity(scope)
        for region in program.regions:
            scope.keep(f"leaf_{region.index}", WHOLE)
        for index, alert in enumerate(program.alerts):
            if alert.condition is not None:
                scope.keep(f"rung_{index}", FLOAT)
        for name in self._watched():
            scope.keep(f"broken_{name}", TRUE)
        if is_scout and is_booked(program, frozenset().union(*layout.kinds)):
            scope.is_booked, scope.ask = True, partial(asked_late, scope)
            declare_books(scope)
            scope.keep(ORDERED, TRUE)
        self.timers = Moments(scope) if is_scout else Timers(scope)

    def text(self, *functions: str) -> str:
        """The module with some functions."""
        scope = self.scope
        program = scope.program
        names = ", ".join(f'"{name}:{kind}"' for name, kind in scope.state.items())
        lines = [f"STATE = ({names},)", *scope.constants(), chain_text(scope), f"NAMES = ({', '.join(self._names())},)"]
        for region in program.regions:
            orders = ", ".join(str(PERMISSIONS[leaf.orders]) for leaf in region.leaves)
            lines.append(f"PERMISSION_{region.index} = ({orders},)")
        used = "".join(functions)
        numeric = "".join(f"from {f.__module__} import {f.__name__}\n" for f in JITABLE if f"{f.__name__}(" in used)
        head = HEADER.format(name=plain(program.name)) + numeric
        return "\n\n".join([head, "\n".join(lines), *functions]) + "\n"

    def _names(self) -> list[str]:
        actions = range(len(self.scope.program.actions))
        return [str(self.scope.action_number(action)) for action in actions] or ["0"]

    def _watched(self) -> list[str]:
        """Names of the invariants that are looked at after events, as locals."""
        entries = [e for e in self.scope.program.invariants if not e.on_order and e.condition is not None]
        return [str(number) for number, _ in enumerate(dict.fromkeys(e.name for e in entries))]

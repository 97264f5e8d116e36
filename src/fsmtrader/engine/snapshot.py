"""Where a core stands, as plain data, and a core that goes on from there.

Taken between two instants: states, variables, timers, indicators, the ledger, actions in flight and working quotes.
A restored core answers to the same orders; `enter` does not run again.
"""

from __future__ import annotations

from typing import Any

from fsmtrader.diagnostics import RunError
from fsmtrader.engine.core import Core
from fsmtrader.engine.plain import plain, unplain
from fsmtrader.engine.regions import Place
from fsmtrader.engine.state import Status
from fsmtrader.machine import Snapshot

VERSION = 2


def snapshot(core: Core) -> dict[str, Any]:
    """The whole core. RunError in the middle of an instant, whose rest it could not hold."""
    state = core.state
    if state.work or state.out.wants_answers or not core.can_be_kept:
        raise RunError("a snapshot is taken between two instants, not while events or the engine's own orders wait")
    books = state.books
    data = {
        "status": state.status.value,
        "now_us": state.now_us,
        "sequence": state.sequence,
        "x": list(core.x),
        "books": [books.realised, books.fees, books.funding, books.turnover, books.fills, books.cash],
        "carried": core.orders.carried,
        "exposure": core.exposure.snapshot(),
        "risk": core.risk.snapshot(),
        "stop": core.desk.snapshot(),
        "lots": core.lots.snapshot(),
        "reports": core.reports.snapshot(),
        "places": [_place(place) for place in core.regions.places],
        "indicators": core.indicators.snapshot(),
        "timers": core.timers.snapshot(),
        "alerts": core.alerts.snapshot(),
        "quotes": [[slot.orders, slot.flags, slot.next_us, slot.replacing] for slot in core.quotes.slots],
    }
    return {"version": VERSION, "program": core.program.digest, **{name: plain(item) for name, item in data.items()}}


def _place(place: Place) -> list[object]:
    stands = place.machine.snapshot()
    return [stands.state, stands.shape, place.flight, place.waiting, place.blocked, place.operands]


def restore(core: Core, taken: dict[str, Any]) -> None:
    """Bring a fresh core of the same program to where another one stood."""
    if taken["version"] != VERSION or taken["program"] != core.program.digest:
        raise RunError("the snapshot is of another program, or of another version of this one")
    data = {name: unplain(item) for name, item in taken.items()}
    state = core.state
    state.status = Status(data["status"])
    state.set_now(data["now_us"])
    state.sequence = data["sequence"]
    core.x[:] = data["x"]
    books = state.books
    books.realised, books.fees, books.funding, books.turnover, books.fills, books.cash = data["books"]
    core.orders.carried = data["carried"]
    core.exposure.restore(data["exposure"])
    core.risk.restore(data["risk"])
    core.desk.restore(data["stop"])
    core.lots.restore(data["lots"])
    core.reports.restore(data["reports"])
    for place, entry in zip(core.regions.places, data["places"], strict=True):
        _restore_place(core, place, entry)
    core.indicators.restore(data["indicators"])
    core.timers.restore(data["timers"])
    core.alerts.restore(data["alerts"])
    for slot, entry in zip(core.quotes.slots, data["quotes"], strict=True):
        slot.orders, slot.flags, slot.next_us, slot.replacing = entry
        core.quotes.by_id.update({order.client_id: slot for order in slot.orders})


def _restore_place(core: Core, place: Place, entry: list[Any]) -> None:
    state, shape, place.flight, place.waiting, place.blocked, place.operands = entry
    place.machine.restore(Snapshot(state, shape))
    if place.flight is not None:
        core.phases.flights.update(dict.fromkeys(place.flight.orders, place.flight))

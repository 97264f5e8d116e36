"""Actions carried out: planned phase by phase, sent wave by wave, booked, committed or compensated.

A phase is planned whole before its first order. Its variables after a trade are written when the wave is filled and
dropped when it is not. An action that fails runs its `on_fail`, planned on the ledger as it then is.
"""

from __future__ import annotations

from collections.abc import Callable

from fsmtrader.domain.orders import CancelIntent, Cancelled, CancelRefused, Expired, Filled, PoolIntent, Rejected
from fsmtrader.engine.events import ActionEnded, AlertRaised, Rebooked, RecordRow
from fsmtrader.engine.flight import NEVER, Flight, Sent, Stage
from fsmtrader.engine.orders import Orders
from fsmtrader.engine.plan import Deed, Planned, Planner, RaiseAlert, SetSlot, Wave, WriteRecord, needs
from fsmtrader.engine.state import State
from fsmtrader.engine.ways import Way

SECOND_US = 1_000_000
CANCEL_AGAIN_US = SECOND_US
"""until a cancellation that a busy venue has refused is sent again"""
WAVE_LIMIT = 1_000
"""waves of one action; `emergency_close` is the only step that makes new ones"""


class Phases:
    """Carries out actions. `ended(flight, outcome)` hears of every end, `judge(flight)` of every decision to trade."""

    def __init__(
        self,
        state: State,
        orders: Orders,
        ended: Callable[[Flight, str], None],
        judge: Callable[[Flight], None],
        alert: Callable[[str, int], None],
        cancel_quotes: Callable[[str], None],
    ) -> None:
        self._state = state
        self._orders = orders
        self._ended = ended
        self._judge = judge
        self._alert = alert
        self._cancel_quotes = cancel_quotes
        self._planner = Planner(state.program)
        self._needs: dict[int, tuple[int, ...] | None] = {}
        """by action: which values of its first phase must be known"""
        self.flights: dict[str, Flight] = {}
        """by the id of each order that is out"""

    # -- planning ----------------------------------------------------------------------------------------------------

    def planned(self, action: int, phase: int) -> Planned:
        """A phase as it would be carried out now."""
        values = self._state.compiled.plan(action, phase)(self._state.x)
        return self._planner.plan(self._state.program.actions[action], phase, values)

    def is_ready(self, action: int) -> bool:
        """Whether the first phase knows every value that it writes or sends."""
        entry = self._state.program.actions[action]
        if not entry.phases:
            return True
        if action not in self._needs:
            self._needs[action] = needs(entry, 0)
        needed = self._needs[action]
        if needed is None:
            return self.planned(action, 0).is_ready
        values = self._state.compiled.plan(action, 0)(self._state.x)
        return all([values[place] == values[place] for place in needed])

    def do_now(self, action: int, region: int) -> None:
        """Carry out an action that does not trade."""
        for phase in range(len(self._state.program.actions[action].phases)):
            planned = self.planned(action, phase)
            for deed in planned.at_once:
                self._deed(deed, region)
            for wave in planned.waves:
                for deed in wave.kept:
                    self._deed(deed, region)

    # -- flying ------------------------------------------------------------------------------------------------------

    def begin(self, flight: Flight) -> None:
        """Start an action that trades."""
        within = self._state.program.actions[flight.action].within
        if within is not None and flight.stage is Stage.DOING:
            limit = self._state.compiled.number(within)(self._state.x)
            flight.deadline_us = self._state.now_us + limit * SECOND_US if limit == limit else NEVER
        self._begin_phase(flight)

    def _begin_phase(self, flight: Flight) -> None:
        if flight.phase >= len(self._state.program.actions[flight.action].phases):
            self._end(flight, "failed" if flight.stage is Stage.COMPENSATING else "done")
            return
        self._state.refresh()
        planned = self.planned(flight.action, flight.phase)
        if not planned.is_ready:
            self._fail(flight)
            return
        if not flight.exempt and flight.stage is Stage.DOING and self._would_trade(planned):
            self._judge(flight)
        for deed in planned.at_once:
            self._deed(deed, flight.region)
        flight.waves.extend(planned.waves)
        self._next_wave(flight)

    def _would_trade(self, planned: Planned) -> bool:
        held = self._state.books.quantity
        return any(
            wave.limits or wave.calls or wave.closes or any(path[-1] != held(leg) for leg, path in wave.paths.items())
            for wave in planned.waves
        )

    def _next_wave(self, flight: Flight) -> None:
        """Send what comes next; without orders to wait for go on to what follows."""
        for _ in range(WAVE_LIMIT):
            if not flight.waves:
                flight.phase += 1
                if flight.action < 0:
                    self._end(flight, "done")
                else:
                    self._begin_phase(flight)
                return
            wave = flight.waves.popleft()
            if wave.delay_us > 0:
                flight.resume_us = self._state.now_us + wave.delay_us
                wave.delay_us = 0.0
                flight.waves.appendleft(wave)
                return
            flight.wave = wave
            if not self._send(flight, wave):
                self._after_failure(flight)
                return
            if flight.orders:
                return
            self._commit(flight)

    def send_waves(self, flight: Flight) -> None:
        """Send what a flight without an action of its own has been given (the operator's)."""
        self._next_wave(flight)

    def _send(self, flight: Flight, wave: Wave) -> bool:
        """Send a wave; False if one of its orders was refused."""
        for sent in self._orders.of_wave(flight, wave):
            if sent is None:
                flight.failed = True
                continue
            assert sent.intent is not None
            flight.orders[sent.intent.client_id] = sent
            self.flights[sent.intent.client_id] = flight
        for call in wave.calls:
            leg = self._state.program.legs[call.leg].name
            client_id = self._state.client_id(leg)
            self._state.out.orders.append(PoolIntent(client_id, call.call, leg, call.amount, call.words))
            flight.orders[client_id] = Sent(None, call.leg, 0.0, (), self._state.books.mark(call.leg))
            self.flights[client_id] = flight
        return not flight.failed

    def _commit(self, flight: Flight) -> None:
        """A wave is filled: what was kept back is done."""
        assert flight.wave is not None
        for deed in flight.wave.kept:
            self._deed(deed, flight.region)
        flight.wave = None

    # -- answers -----------------------------------------------------------------------------------------------------

    def answered(self, answer: Filled | Rejected | Expired | Cancelled) -> Flight:
        """Book what an account says about an order of a flight, and go on."""
        flight = self.flights[answer.client_id]
        sent = flight.orders[answer.client_id]
        if isinstance(answer, Filled):
            self._filled(sent, answer)
            if not sent.is_order_filled:
                return flight
            if sent.is_filled:
                self._rebook(answer.client_id, sent)
            elif not flight.failed:
                self._retry(flight, answer.client_id, sent, sent.way)
                return flight
        else:
            way = sent.way.after(answer, impatient=sent.until_us <= self._state.now_us)
            if way is not None and not flight.failed:
                self._retry(flight, answer.client_id, sent, way)
                return flight
            flight.failed = True
        self._forget(flight, answer.client_id)
        self._settle(flight)
        return flight

    def _filled(self, sent: Sent, fill: Filled) -> None:
        if sent.intent is None:
            sent.filled = sent.change
            return
        sign = 1.0 if sent.change > 0 else -1.0
        self._orders.book(sent.intent, sent.leg, sign * fill.quantity, fill)
        sent.filled += sign * fill.quantity
        sent.value += fill.quantity * fill.price
        sent.fills += 1

    def _rebook(self, client_id: str, sent: Sent) -> None:
        """Put the planned steps in place of their net, if nothing else has touched the leg since."""
        books = self._state.books
        if len(sent.steps) > 1 and books.fills[sent.leg] == sent.since.fills + sent.fills:
            price = sent.value / abs(sent.filled)
            more = books.rebook(sent.leg, sent.since, sent.steps, sent.filled, price)
            now = books.mark(sent.leg)
            leg = self._state.program.legs[sent.leg].name
            self._state.note(Rebooked(self._state.now_us, client_id, leg, more, now.quantity, now.average))

    def _retry(self, flight: Flight, client_id: str, sent: Sent, way: Way) -> None:
        """Send the rest, in the way that now follows."""
        self._forget(flight, client_id)
        again = self._orders.again(flight, sent, way)
        if again is None:
            flight.failed = True
            self._settle(flight)
            return
        assert again.intent is not None
        flight.orders[again.intent.client_id] = again
        self.flights[again.intent.client_id] = flight

    def _forget(self, flight: Flight, client_id: str) -> None:
        del flight.orders[client_id]
        del self.flights[client_id]

    def _settle(self, flight: Flight) -> None:
        """Go on once nothing of the wave is out any more."""
        if flight.failed and flight.orders:
            return
        if not flight.orders:
            if flight.failed:
                self._after_failure(flight)
            else:
                self._commit(flight)
                self._next_wave(flight)

    # -- ends --------------------------------------------------------------------------------------------------------

    def interrupt(self, flight: Flight) -> None:
        """A move has overtaken the action: its orders are cancelled and awaited, fills are kept."""
        if flight.interrupted:
            return
        flight.interrupted = True
        if flight.stage is Stage.DOING:
            self._fail(flight)

    def forbid(self, flight: Flight) -> None:
        """The machine may send no more orders: what is out is cancelled, and the action fails."""
        if not flight.interrupted:
            self._fail(flight)

    def on_time(self, flight: Flight) -> None:
        """Its deadline, or the time of its next wave, has come."""
        now_us = self._state.now_us
        if flight.deadline_us <= now_us:
            flight.deadline_us = NEVER
            self._fail(flight)
            return
        self._cancel([(name, sent) for name, sent in flight.orders.items() if sent.until_us <= now_us])
        if flight.resume_us <= now_us:
            flight.resume_us = NEVER
            if flight.failed:
                self._cancel(list(flight.orders.items()))
            else:
                self._next_wave(flight)

    def _fail(self, flight: Flight) -> None:
        flight.failed = True
        self._cancel(list(flight.orders.items()))
        if not flight.orders:
            self._after_failure(flight)

    def _cancel(self, orders: list[tuple[str, Sent]]) -> None:
        for client_id, sent in orders:
            if not sent.cancelling:
                sent.cancelling = True
                self._state.out.cancels.append(CancelIntent(client_id))

    def cancel_refused(self, answer: CancelRefused) -> None:
        """The order is filled or gone, and that is told apart (V-20); a venue that was only busy is asked again."""
        flight = self.flights[answer.client_id]
        if answer.reason != "unknown_order":
            flight.orders[answer.client_id].cancelling = False
            flight.resume_us = self._state.now_us + CANCEL_AGAIN_US

    def _after_failure(self, flight: Flight) -> None:
        """Nothing is out any more: compensate, or end."""
        if flight.orders:
            return
        flight.waves.clear()
        flight.wave = None
        flight.resume_us = flight.deadline_us = NEVER
        remedy = self._state.program.actions[flight.action].on_fail if flight.action >= 0 else -1
        if flight.stage is Stage.DOING and remedy >= 0:
            flight.stage = Stage.COMPENSATING
            flight.action, flight.phase, flight.failed = remedy, 0, False
            self._begin_phase(flight)
            return
        if flight.stage is Stage.COMPENSATING:
            self._state.note(
                AlertRaised(self._state.now_us, "rollback_failed", flight.name, f"on_fail of {flight.name} failed")
            )
        self._end(flight, "failed")

    def _end(self, flight: Flight, outcome: str) -> None:
        outcome = "interrupted" if flight.interrupted else outcome
        region = self._state.program.regions[flight.region].name if flight.region >= 0 else ""
        self._state.note(ActionEnded(self._state.now_us, region, flight.name, outcome))
        self._ended(flight, outcome)

    # -- deeds -------------------------------------------------------------------------------------------------------

    def _deed(self, deed: Deed, region: int) -> None:
        match deed:
            case SetSlot(slot=slot, value=value):
                self._state.x[slot] = value
            case RaiseAlert(alert=alert):
                self._alert(alert, region)
            case WriteRecord(kind=kind, columns=columns):
                self._state.note(RecordRow(self._state.now_us, kind, columns))
            case _:
                self._cancel_quotes(deed.side)

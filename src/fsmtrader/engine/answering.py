"""What accounts say, into the ledger and to whom it is about: an action in flight, a working quote, the beginning."""

from __future__ import annotations

from collections.abc import Callable

from fsmtrader.domain.orders import Accepted, Answer, CancelRefused, Filled, Funded, Liquidated
from fsmtrader.engine.events import AlertRaised, FundingBooked, Told
from fsmtrader.engine.exposure import Exposure, Out
from fsmtrader.engine.lots import LotQueues
from fsmtrader.engine.orders import Orders
from fsmtrader.engine.phases import Phases
from fsmtrader.engine.quotes import Quotes
from fsmtrader.engine.raising import Raising
from fsmtrader.engine.start import Start
from fsmtrader.engine.state import State


class Answering:
    """Hands every answer on, once. `fault` is told what ends all decisions."""

    def __init__(
        self,
        state: State,
        exposure: Exposure,
        start: Start,
        orders: Orders,
        phases: Phases,
        quotes: Quotes,
        lots: LotQueues,
        raising: Raising,
        fault: Callable[[str], None],
    ) -> None:
        self._state = state
        self._exposure = exposure
        self._start = start
        self._orders = orders
        self._phases = phases
        self._quotes = quotes
        self._lots = lots
        self._raising = raising
        self._fault = fault

    def tell(self, items: tuple[Told, ...]) -> None:
        """Everything that accounts say."""
        state = self._state
        for item in items:
            match item:
                case Funded():
                    state.books.fund(item.leg, item.amount)
                    state.note(FundingBooked(state.now_us, item.leg, item.amount, item.rate, item.mark))
                case Liquidated():
                    self._liquidated(item)
                case _:
                    self.answer(item)

    def answer(self, answer: Answer) -> None:
        """What an account says about one order, once. A fill is the leg's whatever was thought of its order."""
        out = self._exposure.of(answer.client_id)
        if not self._exposure.is_new(answer):
            if isinstance(answer, Filled):
                self._alert("duplicate_fill", answer, "was told twice, or is more than was ordered: not booked")
        elif isinstance(answer, CancelRefused):
            self._cancel_refused(answer)
        elif self._start.knows(answer.client_id):
            self._start.answered(answer)
        elif answer.client_id in self._phases.flights:
            flight = self._phases.flights[answer.client_id]
            self._raising.order_event(answer, flight.orders[answer.client_id].leg, flight, None)
            if not isinstance(answer, Accepted):
                self._phases.answered(answer)
        elif answer.client_id in self._quotes.by_id:
            self._slot_answer(answer)
        elif isinstance(answer, Filled):
            self._late_fill(answer, out)
        if out is not None and out.ended:
            self._lots.ended(answer.client_id)

    def _liquidated(self, told: Liquidated) -> None:
        """The venue has closed a leg by force: into the ledger, and nothing is decided any more."""
        index = next(i for i, leg in enumerate(self._state.program.legs) if leg.name == told.leg)
        fill = Filled("liquidation", abs(told.change), told.price, told.fee)
        self._orders.book_slot(fill, told.leg, index, told.change)
        self._fault(f"the venue has liquidated {abs(told.change):g} of the leg {told.leg} at {told.price:g}")

    def _late_fill(self, fill: Filled, out: Out | None) -> None:
        """A fill after its order's end (B1, B7) is booked all the same; one of an order that is not ours is not."""
        if out is None:
            self._alert("unknown_fill", fill, "is of an order that is not known here: not booked")
            return
        self._alert("late_fill", fill, "came after the order's end, and is booked")
        change = fill.quantity if out.change > 0 else -fill.quantity
        self._orders.book_slot(fill, self._state.program.legs[out.leg].name, out.leg, change)
        self._raising.order_event(fill, out.leg, None, None)

    def _cancel_refused(self, answer: CancelRefused) -> None:
        if answer.client_id in self._phases.flights:
            self._phases.cancel_refused(answer)
        elif answer.client_id in self._quotes.by_id:
            self._quotes.cancel_refused(answer.client_id, answer.reason)

    def _alert(self, name: str, fill: Filled, what: str) -> None:
        text = f"{fill.client_id}: a fill of {fill.quantity:.10g} at {fill.price:.10g} {what}"
        self._state.note(AlertRaised(self._state.now_us, name, fill.client_id, text))

    def _slot_answer(self, answer: Answer) -> None:
        slot = self._quotes.by_id[answer.client_id]
        self._raising.order_event(answer, slot.leg, None, slot)
        if isinstance(answer, Filled):
            change = self._quotes.change(slot, self._quotes.order(answer.client_id).wish)
            quantity = answer.quantity if change > 0 else -answer.quantity
            self._orders.book_slot(answer, slot.quote.leg, slot.leg, quantity)
            self._quotes.filled(answer.client_id, answer.quantity)
        elif not isinstance(answer, Accepted):
            self._quotes.gone(answer.client_id)

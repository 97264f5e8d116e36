"""Risk: what the engine refuses, whatever the spec decides. It stands between every decision and the venue (design §7).

Judged is the worst case: the position, everything that is out, and the order in question (I6). What only reduces is
never refused, but for the rate of orders, of which a tenth is kept for it. A refused order is not sent: that is event
`refused` and an alert. The arithmetic is `numeric.limits`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from fsmtrader.domain.orders import OrderIntent
from fsmtrader.engine.events import AlertRaised, Operation
from fsmtrader.engine.exposure import Exposure
from fsmtrader.engine.ports import Ages
from fsmtrader.engine.state import State, Status
from fsmtrader.numeric.limits import is_beyond, is_refused, opening_budget, slippage_limit, worst_quantity
from fsmtrader.program.ir import Limit, Side
from fsmtrader.spec.expression.literals import FACTORS, scaled

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
RATE_WINDOW_SECONDS = 10.0
"""over which a rate is counted that names no time of its own"""
ALERT_AGAIN_US = 60 * SECOND_US
"""at most one alert a minute about the same leg and rule"""
WHISKER = 1e-9
Read = Callable[[list[float]], float]


@dataclass(slots=True)
class _Loss:
    """A limit on what may be lost. `start` is the equity that the present period began with."""

    most: Read
    per_day: bool
    then: Operation
    period: int = -1
    start: float = float("nan")
    tripped: bool = False


@dataclass(slots=True)
class _Rate:
    """So many orders within a time; `sent` holds the moments of those that count."""

    per_second: Read
    window_seconds: float
    sent: deque[int] = field(default_factory=deque)


class Risk:
    """All rules of one core. Every order of its own goes out through `send`."""

    def __init__(self, state: State, exposure: Exposure, ages: Ages | None) -> None:
        self._state = state
        self._exposure = exposure
        self._ages = ages
        legs = state.program.legs
        self._short = [leg.side is Side.SHORT for leg in legs]
        numbers = [(limit, state.compiled.number(limit.value)) for limit in state.program.limits if limit.value]
        self._position = [(i, read) for i, leg in enumerate(legs) for limit, read in numbers if _is_of(limit, leg.name)]
        self._notional = [(self._covered(limit), read) for limit, read in numbers if limit.kind == "notional"]
        self._slippage = [read for limit, read in numbers if limit.kind == "max_slippage"]
        self._ages_of = [(limit.subject, read) for limit, read in numbers if limit.kind == "max_age"]
        self._rates = [_Rate(read, _window(limit)) for limit, read in numbers if limit.kind == "rate"]
        self._losses = [_loss(limit, read) for limit, read in numbers if limit.kind == "loss"]
        self._alerted: dict[tuple[str, str], int] = {}
        self.refusals: Counter[tuple[str, str]] = Counter()
        """orders that were not sent, by leg and rule"""

    def _covered(self, limit: Limit) -> tuple[int, ...]:
        """The legs whose value a rule adds up: one, an account's, or all."""
        legs = list(enumerate(self._state.program.legs))
        return tuple(i for i, leg in legs if limit.subject in ("", leg.name, leg.account))

    # -- orders ------------------------------------------------------------------------------------------------------

    def why_not(self, leg: int, change: float, reduces_only: bool, exempt: bool = False) -> str:
        """The rule that refuses an order, by its name; empty if none does. `exempt`: the operator closes."""
        if exempt:
            return ""
        if not self._is_within_rate(reduces_only):
            return "rate"
        if reduces_only:
            return ""
        if self._state.status is Status.HALTED:
            return "halt"
        held = self._state.books.quantity(leg)
        plus, minus = self._exposure.open_of(leg)
        before = worst_quantity(held, plus, minus)
        after = worst_quantity(held, plus + max(change, 0.0), minus + max(-change, 0.0))
        for index, read in self._position:
            if index == leg and is_refused(before, after, read(self._state.x)):
                return "position"
        for legs, read in self._notional:
            if leg in legs and is_refused(self._value(legs), self._value(legs, leg, after), read(self._state.x)):
                return "notional"
        if after > before and self._is_old(leg):
            return "max_age"
        return ""

    def _value(self, legs: tuple[int, ...], changed: int = -1, size: float = 0.0) -> float:
        """Worst value of some legs at their present prices, in quote currency; one leg may be taken at another size."""
        total = 0.0
        for leg in legs:
            worst = size if leg == changed else self._worst(leg)
            if worst != 0.0:
                total += worst * self._state.market.price(self._state.program.legs[leg].name)
        return total

    def _worst(self, leg: int) -> float:
        return worst_quantity(self._state.books.quantity(leg), *self._exposure.open_of(leg))

    def worst_price(self, leg: int, change: float) -> float:
        """How far an order of this change may reach by `max_slippage`; NaN without such a rule, or without a price."""
        is_buy = (change > 0) != self._short[leg]
        reference = self._state.market.price(self._state.program.legs[leg].name)
        shares = [read(self._state.x) for read in self._slippage]
        return slippage_limit(reference, min(shares, default=float("nan")), is_buy)

    @property
    def limits_losses(self) -> bool:
        return bool(self._losses)

    @property
    def limits_slippage(self) -> bool:
        return bool(self._slippage)

    def _is_old(self, leg: int) -> bool:
        if self._ages is None:
            return False
        entry, now_us = self._state.program.legs[leg], self._state.now_us
        for subject, read in self._ages_of:
            seen = self._ages.book_us(entry.name) if subject == "book" else self._ages.account_us(entry.account)
            if not now_us - seen <= read(self._state.x) * SECOND_US:
                return True
        return False

    def _is_within_rate(self, reduces_only: bool) -> bool:
        for rate in self._rates:
            most = rate.per_second(self._state.x) * rate.window_seconds
            while rate.sent and rate.sent[0] <= self._state.now_us - rate.window_seconds * SECOND_US:
                rate.sent.popleft()
            if not len(rate.sent) + 1 <= (most if reduces_only else opening_budget(most)) * (1.0 + WHISKER):
                return False
        return True

    def rate_until_us(self, reduces_only: bool) -> float:
        """Until when every order is refused by a `rate`, if none is sent meanwhile; minus infinity if none is."""
        found = float("-inf")
        for rate in self._rates:
            most = rate.per_second(self._state.x) * rate.window_seconds
            budget = (most if reduces_only else opening_budget(most)) * (1.0 + WHISKER)
            too_many = len(rate.sent) - max(int(budget), 0) if budget == budget else 0
            if too_many >= 0 and len(rate.sent) > too_many:
                found = max(found, rate.sent[too_many] + rate.window_seconds * SECOND_US)
        return found

    def send(self, intent: OrderIntent, leg: int) -> None:
        """Reserve what the order may do, and let it go out."""
        self._exposure.add(intent, leg)
        for rate in self._rates:
            rate.sent.append(self._state.now_us)
        self._state.out.orders.append(intent)

    def alert(self, leg: str, rule: str, text: str) -> None:
        """An order was refused: it is counted, and said, but not again and again."""
        self.refusals[leg, rule] += 1
        last = self._alerted.get((leg, rule))
        if last is None or self._state.now_us - last >= ALERT_AGAIN_US:
            self._alerted[leg, rule] = self._state.now_us
            self._state.note(AlertRaised(self._state.now_us, "refused", leg, text))

    # -- losses ------------------------------------------------------------------------------------------------------

    def watch(self) -> Operation | None:
        """Look at what was lost; what is to be done about it, once for each period."""
        if not self._losses:
            return None
        equity = self._equity()
        for loss in self._losses:
            period = self._state.now_us // DAY_US if loss.per_day else 0
            if (period != loss.period or loss.start != loss.start) and equity == equity:
                loss.start, loss.tripped = (equity if loss.period >= 0 else 0.0), False
                loss.period = period
            if loss.tripped or self._state.status is not Status.RUNNING:
                continue
            lost, most = loss.start - equity, loss.most(self._state.x)
            if lost == lost and lost >= most * (1.0 - WHISKER) and is_beyond(lost, 0.0):
                loss.tripped = True
                span = "today" if loss.per_day else "in this run"
                text = f"{lost:.10g} was lost {span}, the limit is {most:.10g}: {loss.then.value}"
                self._state.note(AlertRaised(self._state.now_us, "loss", "", text))
                return loss.then
        return None

    def _equity(self) -> float:
        """What the strategy has made so far: cash, and what closing everything would realise."""
        books, market = self._state.books, self._state.market
        legs = enumerate(self._state.program.legs)
        made = sum(books.cash.values())
        return made + sum(books.unrealised(i, market.price(leg.name)) for i, leg in legs if books.quantity(i) != 0.0)

    # -- restart -----------------------------------------------------------------------------------------------------

    def snapshot(self) -> list[object]:
        return [
            [list(rate.sent) for rate in self._rates],
            [[loss.period, loss.start, loss.tripped] for loss in self._losses],
        ]

    def restore(self, snapshot: list[list[list[int]]]) -> None:
        sent, losses = snapshot
        for rate, moments in zip(self._rates, sent, strict=True):
            rate.sent = deque(moments)
        for loss, (period, start, tripped) in zip(self._losses, losses, strict=True):
            loss.period, loss.start, loss.tripped = period, start, bool(tripped)


def _is_of(limit: Limit, leg: str) -> bool:
    return limit.kind == "position" and limit.subject == leg


def _settings(limit: Limit) -> dict[str, object]:
    """The entries of a rule as written."""
    found: dict[str, object] = {}
    for _, entries in limit.settings:
        if isinstance(entries, tuple):
            found.update(entries)
    return found


def _loss(limit: Limit, read: Read) -> _Loss:
    settings = _settings(limit)
    return _Loss(read, settings.get("per", "day") == "day", Operation(str(settings.get("then", "halt"))))


def _window(limit: Limit) -> float:
    """The time in `50/10s`, in seconds."""
    _, _, time = str(_settings(limit).get("orders", "")).replace(" ", "").partition("/")
    digits = time.rstrip("dhms")
    suffix = time[len(digits) :]
    if not digits.replace(".", "", 1).isdigit() or suffix not in FACTORS:
        return RATE_WINDOW_SECONDS
    return scaled(digits, suffix) or RATE_WINDOW_SECONDS

"""An instant written out as one Python function: the steps that `Core` takes at a piece of news, as long as nothing
comes of it.

`Core` goes through queues, loops and enquiries that are empty at most instants. For one set of raw events it is known
beforehand which questions are asked, which indicators take a sample and which events are raised, so here the loops are
unrolled and every call is bound. The order is the core's own; the function does nothing that the core would not do.

    instant(now_us, disturbed, asked) -> None | (done, is_in_hand, is_news)

`disturbed(x)`: whether invariants or alerts have something to say. `asked[i](x)`: whether a row may be taken at the
event `i`. None: all is done, and nothing came of it. Else the core goes on with what `Resumed` says of these three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsmtrader.engine.core import Core
from fsmtrader.engine.indicators import Gauge
from fsmtrader.engine.ports import Slots
from fsmtrader.program.ir import Query

Judge = Callable[[Slots], bool]
Instant = Callable[[int, Judge | None, Sequence[Judge | None]], tuple[int, bool, bool] | None]
Bound = Callable[[Query], Callable[[], float]]
"""a question to the market as a call without arguments"""


def instant_of(core: Core, bound: Bound, sources: tuple[int, ...], legs: frozenset[str], *, is_deaf: bool) -> Instant:
    """The function for raw events that come together. `legs` have news; `is_deaf`: no region hears anything more."""
    writer = _Writer(core, bound)
    writer.begin(legs)
    if not is_deaf:
        writer.look()
        for place, work in enumerate(core.raising.of_sources(sources)):
            writer.event(place, work.name)
    return writer.made(" ".join(core.program.sources[index].name for index in sources))


class _Writer:
    """Lines of one function, and what its names stand for."""

    def __init__(self, core: Core, bound: Bound) -> None:
        self._core = core
        self._bound = bound
        self._lines: list[str] = []
        self._scope: dict[str, object] = {"x": core.x, "state": core.state, "refresh_own": core.inputs.refresh_own}
        self._numbers = {id(gauge): number for number, gauge in enumerate(core.indicators.gauges)}

    def begin(self, legs: frozenset[str]) -> None:
        """Ask the market again, and sample what hangs on it (`Inputs.refresh`, `Indicators.on_market`)."""
        core = self._core
        self._lines += ["state.now_us = now_us", f"x[{core.program.now}] = float(now_us)"]
        for number, query in enumerate(core.inputs.of_market):
            self._scope[f"ask_{number}"] = self._bound(query)
            self._lines.append(f"x[{query.slot}] = ask_{number}()")
        if core.inputs.has_own:
            self._lines.append("refresh_own()")
        for gauge in core.indicators.changing:
            self._change(gauge, is_news=not gauge.legs.isdisjoint(legs))
        for gauge in core.indicators.clocked:
            self._lines.append(f"x[{gauge.slot}] = value_{self._number(gauge)}(now_us)")

    def look(self) -> None:
        """Invariants and alerts, once the market is known (`Core._look`)."""
        self._lines += ["if disturbed is not None and disturbed(x):", "    return 0, False, False"]

    def event(self, place: int, name: str) -> None:
        """One event: its indicators' samples, the rows that stand under it, and what hangs on a change."""
        gauges = self._core.indicators.by_event.get(name, ())
        for count, gauge in enumerate(gauges):
            self._sample(gauge, "is_news = " if count == 0 else "is_news |= ")
        news = "is_news" if gauges else "False"
        if name in self._core.alerts.events:
            self._lines.append(f"return {place}, True, {news}")
            return
        self._lines += [f"ask = asked[{place}]", "if ask is not None and ask(x):", f"    return {place}, True, {news}"]
        if gauges:
            self._lines += ["if is_news and disturbed is not None and disturbed(x):", f"    return {place}, True, True"]

    def _change(self, gauge: Gauge, *, is_news: bool) -> None:
        """An indicator without a clock: a sample when its market has news, or its input has changed."""
        n = self._number(gauge)
        self._lines.append(f"v = read_{n}(x)")
        sample = [f"gauge_{n}.last = v", f"update_{n}(v, now_us)"]
        if is_news:
            self._lines += sample
        else:
            self._lines.append(f"if gauge_{n}.has_changed(v):")
            self._lines += [f"    {line}" for line in sample]
        self._lines.append(f"x[{gauge.slot}] = value_{n}(now_us)")

    def _sample(self, gauge: Gauge, then: str) -> None:
        """`Gauge.sample`, and whether the value is another one (what is not ready counts as another)."""
        n, slot = self._number(gauge), gauge.slot
        self._lines += [
            f"before = x[{slot}]",
            f"gauge_{n}.last = v = read_{n}(x)",
            f"update_{n}(v, now_us)",
            f"x[{slot}] = after = value_{n}(now_us)",
            f"{then}before != after",
        ]

    def _number(self, gauge: Gauge) -> int:
        """The indicator's number; from now on its parts are known by it."""
        n = self._numbers[id(gauge)]
        update, value = gauge.memory.update, gauge.memory.value
        self._scope.update({f"gauge_{n}": gauge, f"read_{n}": gauge.read, f"update_{n}": update, f"value_{n}": value})
        return n

    def made(self, name: str) -> Instant:
        """The function. Its text holds numbers and names of ours, nothing of a user's."""
        body = "\n    ".join(self._lines)
        text = f"def instant(now_us, disturbed, asked):\n    {body}\n"
        exec(compile(text, f"<instant of {name}>", "exec", dont_inherit=True), self._scope)
        instant: Instant = self._scope["instant"]  # type: ignore[assignment]  # that is what the text defines
        return instant

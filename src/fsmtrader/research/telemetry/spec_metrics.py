"""The names that a spec lists under `metrics`, with their present values: for gauges, and for the fields of a log."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.domain.units import BASE, PER_TIME, PRICE, QUOTE, RATIO, SECONDS, Unit
from fsmtrader.engine.core import Core
from fsmtrader.program.ir import Value
from fsmtrader.program.typed import Kind, Read, Type

MICRO = 1e-6
_SUFFIXES: dict[Unit, str] = {RATIO: "ratio", SECONDS: "seconds", PER_TIME: "per_second"}
_SAID: dict[Unit, str] = {BASE: "in base currency", QUOTE: "in quote currency", PRICE: "in quote currency per base"}


@dataclass(frozen=True, slots=True)
class SpecMetric:
    """One listed name, of one instance if it lives in a region with `for_each`. `region`: whose state it is."""

    name: str
    instance: str
    type: Type
    region: str
    read: Callable[[], float]

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.instance}" if self.instance else self.name

    @property
    def gauge(self) -> str:
        """The name in Prometheus' form, with the unit behind it where that is one of its base units."""
        return gauge_name(self.name, self.type)

    def help(self) -> str:
        unit = self.type.unit if self.type.kind is Kind.NUMBER else None
        return " ".join(("The spec's", self.name, *((_SAID[unit],) if unit in _SAID else ()))) + "."


def spec_metrics(core: Core) -> tuple[SpecMetric, ...]:
    """All of them, in the order of the spec."""
    return tuple(_metric(core, name, value) for name, value in core.program.metrics)


def _metric(core: Core, name: str, value: Value) -> SpecMetric:
    compute, x, type_ = core.state.compiled.number(value), core.x, value.tree.type
    modes = {region.mode: region.name for region in core.program.regions}
    region = modes.get(value.tree.slot, "") if isinstance(value.tree, Read) else ""
    base, _, instance = name.partition(".")
    if type_.kind is Kind.INSTANT:
        return SpecMetric(base, instance, type_, region, lambda: compute(x) * MICRO)
    return SpecMetric(base, instance, type_, region, lambda: compute(x))


def plain_value(metric: SpecMetric, words: tuple[str, ...]) -> float | str | bool | None:
    """The present value as JSON can say it; None: not ready, or never."""
    found = metric.read()
    if not math.isfinite(found):
        return None
    if metric.type.kind is Kind.WORD:
        return words[int(found)]
    return bool(found) if metric.type.kind is Kind.TRUTH else found


def gauge_name(name: str, type_: Type) -> str:
    """`volatilityFactor` of a ratio is `volatility_factor_ratio`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    suffix = "timestamp_seconds" if type_.kind is Kind.INSTANT else ""
    if type_.kind is Kind.NUMBER and type_.unit is not None:
        suffix = _SUFFIXES.get(type_.unit, "")
    return snake if not suffix or snake.endswith(f"_{suffix}") else f"{snake}_{suffix}"

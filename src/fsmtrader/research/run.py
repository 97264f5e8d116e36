"""A run over bars: a program, its parameters, a market, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fsmtrader.data.bars import BarSeries, read_bars
from fsmtrader.data.synthetic import KINDS, generate
from fsmtrader.diagnostics import RunError, UsageError
from fsmtrader.engine.core import Core
from fsmtrader.engine.drive import Driver
from fsmtrader.engine.events import Market
from fsmtrader.program.emit_module import Compiled, load
from fsmtrader.program.evaluate import evaluate
from fsmtrader.program.ir import Parameter, Program, Source
from fsmtrader.program.parameters import missing_values, overrides_from_text, parameter_values
from fsmtrader.program.ranges import broken, shown
from fsmtrader.research.bar_market import BarMarket, bar_sources, refusals
from fsmtrader.research.costs import starting_capital, taker_fee
from fsmtrader.research.hooks import Hooks
from fsmtrader.research.settings import number_of, plain_mapping
from fsmtrader.research.summary import Log, Summary

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
SPREAD = 0.0001
DAYS, VOLATILITY, START_PRICE, INTERVAL_US = 30.0, 0.6, 60_000.0, 60 * SECOND_US
SAMPLES_LIMIT = 1_000_000
"""samples that one indicator may keep"""
WOULD_SERVE = (
    "\nIt needs recorded books and trades, which this version does not run on; "
    "`fsm test SPEC` shows what it decides, with the facts that its tests give."
)
UNHEEDED = frozenset({"patience", "then", "band", "slice"})
"""settings of `how` that need a book"""
PROGRESS_EVERY = 1_000
"""bars between two words about progress"""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is given besides the spec. `fee` None: what the spec says, else the exchange's (`costs`)."""

    data: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    bars: int = 0
    spread: float = SPREAD
    fee: float | None = None


def run(program: Program, settings: Settings, progress: Progress | None = None) -> Summary:
    """Run a program over bars; UsageError and RunError say what is missing or cannot be served."""
    return run_over(market_of(program, settings), program, settings, progress)


def run_over(
    series: BarSeries,
    program: Program,
    settings: Settings,
    progress: Progress | None = None,
    hooks: Hooks | None = None,
) -> Summary:
    """Run a program over a market that is there already, while somebody looks on."""
    why_not = refusals(program)
    if why_not:
        raise RunError("bars cannot serve this spec: " + "; ".join(why_not) + WOULD_SERVE)
    capital, overrides = starting_capital(program, overrides_from_text(program, settings.overrides))
    overrides = checked_parameters(program, overrides)
    x = parameter_values(program.parameters, len(program.slots), overrides)
    fee = taker_fee(program, x, settings.fee)
    market = BarMarket(program, settings.spread, fee.rate, capital.accounts)
    hooks = hooks or Hooks()
    core = Core(
        program,
        overrides,
        market,
        witness=hooks.witness,
        heard=lambda source: _is_heard(program, source, x, series.interval_us),
    )
    hooks.attach(core)
    log = Log(program, core, fee.rate)
    _drive(hooks.driver(core, market), market, series, log, progress, hooks.after)
    chosen = tuple(note for note in (fee.note, capital.note) if note)
    return log.summary(series.source, settings.spread, (*series.notes, *chosen, *_left_out(program)))


def _left_out(program: Program) -> tuple[str, ...]:
    """What the spec asks for and this run does not do: said, so that nobody relies on it."""
    notes = ["funding is not paid"] if program.legs else []
    kinds = list(dict.fromkeys(limit.kind for limit in program.limits))
    if kinds:
        notes.append(f"the rules {', '.join(kinds)} of `risk` are not enforced in a run over bars")
    for what, is_there in (("reports", program.reports), ("metrics", program.metrics)):
        if is_there:
            notes.append(f"{what} are not written")
    unheeded = sorted({key for leg in program.legs for key, _ in leg.how} & UNHEEDED)
    if unheeded:
        notes.append(f"{', '.join(unheeded)} of `how` without effect over bars")
    if dict(program.stop).get("after") is not None:
        notes.append("`stop: after` does not end the run")
    return tuple(notes)


def _drive(
    driver: Driver,
    market: BarMarket,
    series: BarSeries,
    log: Log,
    progress: Progress | None,
    after: Callable[[int], None],
) -> None:
    """One market event per bar, at its close; timers in between at their moments."""
    sources = bar_sources(driver.core.program)
    total = len(series)
    for done, (time_us, close) in enumerate(zip(series.time_us.tolist(), series.close.tolist(), strict=True)):
        driver.advance(time_us)
        market.set(close)
        driver.deliver(Market(time_us, sources))
        driver.ring(time_us)
        log.after(time_us, close, driver)
        after(time_us)
        if progress is not None and done % PROGRESS_EVERY == 0:
            progress(done, total)
    if progress is not None:
        progress(total, total)


def _is_heard(program: Program, source: Source, x: list[float], interval_us: int) -> bool:
    """A timer finer than the bars is left out where its events come with every bar anyway (C000-29)."""
    if source.interval is None:
        return True
    seconds = evaluate(source.interval.tree, x, program.observables, _nothing)
    if not seconds * SECOND_US < interval_us:
        return True
    index = program.sources.index(source)
    bars = set(bar_sources(program))
    named = [event for event in program.events if index in event.sources]
    raw = any(source.name in region.triggers for region in program.regions)
    return raw or any(bars.isdisjoint(event.sources) for event in named)


# -- parameters ------------------------------------------------------------------------------------------------------


def checked_parameters(program: Program, overrides: dict[int, float]) -> dict[int, float]:
    """Overrides as they are, if every parameter then has a value within its bounds and every check holds."""
    x = parameter_values(program.parameters, len(program.slots), overrides)
    missing = missing_values(program, x)
    if missing:
        sets = " ".join(f"--set {name}=…" for name in missing)
        rows = "; `for_each` makes a machine for each row, and a run takes the values of one" if program.family else ""
        raise UsageError(f"no value for {', '.join(missing)}{rows}: add {sets}")
    compiled = load(program, {}, _nothing)
    for parameter in program.parameters:
        _check_bounds(parameter, compiled, x)
    for indicator in program.indicators:
        if indicator.window is not None and not compiled.number(indicator.window)(x) > 0:
            raise UsageError(f"the window of {indicator.text} is not above zero")
        if indicator.count is not None and not 1 <= compiled.number(indicator.count)(x) <= SAMPLES_LIMIT:
            raise UsageError(f"n of {indicator.text} is not between 1 and {SAMPLES_LIMIT:,}")
    for entry in program.ranges:
        value = broken(entry, x, program.observables)
        if value is not None:
            text = entry.value.text
            raise UsageError(f"{entry.what}, {text}, is {shown(entry, value)}: it must be a value {entry.bounds.value}")
    for check in program.checks:
        if check.is_error and compiled.falsity(check.condition)(x):
            raise UsageError(f"the check `{check.condition.text}` does not hold" + _reason(check.because))
    return overrides


def _check_bounds(parameter: Parameter, compiled: Compiled, x: list[float]) -> None:
    value = x[parameter.slot]
    for kind, bound in parameter.bounds:
        limit = compiled.number(bound)(x)
        inside = {
            "min": value >= limit or math.isclose(value, limit),
            "max": value <= limit or math.isclose(value, limit),
            "above": value > limit,
            "below": value < limit,
        }[kind]
        if not inside:
            raise UsageError(f"{parameter.name} is {value:g}, but its {kind} is {bound.text}")


def _reason(because: str) -> str:
    return f": {because}" if because else ""


# -- market ----------------------------------------------------------------------------------------------------------


def market_of(program: Program, settings: Settings) -> BarSeries:
    """The bars of a run: the file that was given, else the market that the spec asks for, else a made-up one."""
    wanted = plain_mapping(program.run, "market")
    if wanted.get("needs") == "queue":
        raise RunError("the spec says `needs: queue`, and bars show no queue: it needs an order book with trades")
    path = settings.data or str(wanted.get("data", ""))
    if path:
        return _first(read_bars(path), settings.bars)
    kind = str(wanted.get("synthetic", "regimes"))
    if kind not in KINDS:
        raise RunError(f"there is no synthetic market {kind}; known are {', '.join(KINDS)}, or give --data FILE")
    interval_us = round(number_of(wanted.get("interval"), INTERVAL_US / SECOND_US) * SECOND_US)
    days = number_of(wanted.get("days"), DAYS)
    made = generate(
        kind,
        seed=settings.seed,
        start_price=number_of(wanted.get("price"), START_PRICE),
        interval_us=interval_us,
        bars=max(1, round(days * DAY_US / interval_us)),
        annual_volatility=number_of(wanted.get("vol"), VOLATILITY),
    )
    return _first(made, settings.bars)


def _first(series: BarSeries, bars: int) -> BarSeries:
    """Its first bars, all of them if there are no more (a note says so); 0: all."""
    if bars > len(series):
        return replace(series, notes=(*series.notes, f"the market has {len(series):,} bars, not {bars:,}"))
    if bars in (0, len(series)):
        return series
    cut = {name: getattr(series, name)[:bars] for name in ("time_us", "open", "high", "low", "close", "volume")}
    return BarSeries(series.source, series.interval_us, notes=series.notes, **cut)


def _nothing(query: int, arguments: tuple[float, ...]) -> float:
    return math.nan

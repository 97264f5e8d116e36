"""A prepared run on the kernel instead of the machine: the same settings and data, as the kernel's plain values."""

from __future__ import annotations

from dataclasses import dataclass

from fsmtrader.diagnostics import RunError
from fsmtrader.domain.instruments import Instrument
from fsmtrader.domain.market import Kind
from fsmtrader.kernel.cache import compiled_loop, source_loop
from fsmtrader.kernel.emit_loop import emit_module
from fsmtrader.kernel.layout import Layout
from fsmtrader.kernel.run import Given, KernelStopped, Outcome
from fsmtrader.kernel.run import run as run_kernel
from fsmtrader.kernel.supports import refusals
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import is_heard, venue_accounts
from fsmtrader.research.markets import Markets
from fsmtrader.research.run import Prepared, prepare
from fsmtrader.research.run_settings import Settings
from fsmtrader.venues.simulated.profiles import exact_instrument, known_instrument
from fsmtrader.venues.simulated.terms import VenueAccount


@dataclass(frozen=True, slots=True)
class Compilable:
    """A run as the kernel takes it; with `why_not`, why it does not."""

    program: Program
    layout: Layout
    given: Given
    why_not: tuple[str, ...]


def layout_of(prepared: Prepared, sampled: tuple[int, ...] = ()) -> Layout:
    """What the emitter has to know of a run besides its program; `sampled` are slots beside the equity."""
    program, settings, stream = prepared.program, prepared.settings, prepared.stream
    markets = Markets(program)
    by_name = {account.name: account for account in venue_accounts(program, settings, prepared.terms)}
    positions: dict[tuple[str, int, object], int] = {}
    for leg in program.legs:
        hedge = by_name[leg.account].hedge
        positions.setdefault((leg.account, markets.of_leg[leg.name], leg.side if hedge else None), len(positions))
    return Layout(
        len(markets),
        tuple(markets.of_leg[leg.name] for leg in program.legs),
        tuple(
            positions[leg.account, markets.of_leg[leg.name], leg.side if by_name[leg.account].hedge else None]
            for leg in program.legs
        ),
        {(kind, m): markets.sources(kind, m) for kind in Kind for m in range(len(markets)) if kind in stream.kinds(m)},
        tuple(stream.kinds(m) for m in range(len(markets))),
        frozenset(i for i, s in enumerate(program.sources) if is_heard(program, s, prepared.terms.x, stream, markets)),
        frozenset(m for m in range(len(markets)) if Kind.MARK in stream.kinds(m)),
        tuple(by_name[leg.account].hedge for leg in program.legs),
        sampled,
    )


def kernel_of(prepared: Prepared) -> Compilable:
    """What the kernel has to know of a run, and everything that it cannot do of it."""
    program, settings, layout = prepared.program, prepared.settings, layout_of(prepared)
    accounts = tuple(venue_accounts(program, settings, prepared.terms))
    by_name = {account.name: account for account in accounts}
    instruments = [_instrument(by_name[leg.account], leg.symbol) for leg in program.legs]
    why_not = [*refusals(program, layout), *_of_the_run(prepared)]
    why_not += [
        f"the contract {leg.symbol} is not known: its filters follow from its first price"
        for leg, instrument in zip(program.legs, instruments, strict=True)
        if instrument is None
    ]
    known = tuple(i or exact_instrument(leg.symbol) for leg, i in zip(program.legs, instruments, strict=True))
    return Compilable(program, layout, Given(prepared.terms.x, accounts, known, settings.spread / 2), tuple(why_not))


def _instrument(account: VenueAccount, symbol: str) -> Instrument | None:
    profile = account.profile
    known = known_instrument(profile.instruments, symbol)
    return known if known is not None or profile.derives else exact_instrument(symbol)


def _of_the_run(prepared: Prepared) -> list[str]:
    """What the run itself asks for that the kernel has not."""
    found = []
    if prepared.settings.operations:
        found.append("the operator's events come to the machine")
    if not prepared.terms.latency.is_none:
        found.append("with latency orders are on their way")
    accounts = venue_accounts(prepared.program, prepared.settings, prepared.terms)
    for name in sorted({account.profile.name for account in accounts if account.profile.rules.holds}):
        found.append(f"{name} holds orders before they are matched")
    return found


def compilable(program: Program, settings: Settings) -> Compilable:
    """The same from a program and its settings; UsageError, DataError and RunError as for a run."""
    return kernel_of(prepare(program, settings))


def loop_text(found: Compilable) -> str:
    """The loop as Python."""
    return emit_module(found.program, found.layout)


def run_compiled(prepared: Prepared, *, plain: bool = False) -> Outcome:
    """A run on the kernel; `plain`: its loop as Python, not compiled.

    RunError where only the machine engine can do it: what stands against it beforehand, or what came up in the run.
    """
    found = kernel_of(prepared)
    if found.why_not:
        raise RunError("only the machine engine can do this run: " + "; ".join(found.why_not))
    make = source_loop if plain else compiled_loop
    loop, stream = make(found.program, found.layout), prepared.stream
    try:
        return run_kernel(found.program, found.layout, found.given, stream, stream.last_us, loop, plain=plain)
    except KernelStopped as stopped:
        raise RunError(f"only the machine engine can do this run: {stopped}") from stopped

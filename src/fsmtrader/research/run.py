"""A run on the simulated venue: a program, its settings, a market, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.data.stream import EventStream
from fsmtrader.domain.market import Kind
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import Assembly, Terms, assemble, terms_of
from fsmtrader.research.audit import Audit
from fsmtrader.research.hooks import Hooks, heard_by
from fsmtrader.research.run_market import stream_for, with_own_data
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.service import doubts
from fsmtrader.research.summary import Log, Summary

PROGRESS_EVERY = 2_000
"""events between two words about progress"""
SIMULATED = ("binanceusdm", "exact")
"""venues whose own rules are known"""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A run before its first event: all that could be wrong with what it was given has been found."""

    program: Program
    settings: Settings
    terms: Terms
    stream: EventStream
    market: str


def prepare(program: Program, settings: Settings) -> Prepared:
    """Judge the settings and open the data; UsageError, DataError and RunError say what is missing or wrong."""
    terms = terms_of(program, settings)
    settings = with_own_data(program, settings)
    stream, market = stream_for(program, settings)
    return Prepared(program, settings, terms, stream, market)


def run(program: Program, settings: Settings, progress: Progress | None = None) -> Summary:
    """Run a program and give the summary; nothing is kept."""
    return carry_out(prepare(program, settings), progress)


def carry_out(
    prepared: Prepared, progress: Progress | None = None, hooks: Hooks | None = None, log: Log | None = None
) -> Summary:
    """Step a run through its market while somebody looks on; `log` is for who needs it if the run is cut short."""
    log = log or Log(prepared.program, prepared.terms.fee.rate)
    hooks = heard_by(hooks or Hooks(), log.attach, log.heard, log.told)
    assembly = assemble(prepared.program, prepared.settings, prepared.stream, prepared.terms, hooks)
    assert hooks.recorder is not None, "there is always one who hears"
    audit = Audit(assembly, hooks.recorder)
    log.also = lambda: assembly.venue.notes
    _step_through(prepared.stream, assembly, progress, (log.after, audit.after, hooks.after))
    log.reconciled(tuple(difference.text for difference in audit.differences()))
    return summary_of(prepared, log)


def summary_of(prepared: Prepared, log: Log, *more: str) -> Summary:
    """What has come of a run so far; `more` are further notes."""
    notes = (*prepared.stream.notes, *_notes(prepared), *log.also(), *more)
    return log.summary(prepared.market, spread=prepared.settings.spread, notes=notes)


def _step_through(
    stream: EventStream, assembly: Assembly, progress: Progress | None, after: tuple[Callable[[int], None], ...]
) -> None:
    """Each event, and what comes of it. The run begins when every market has a price: what is told before (old funding,
    a mark from before the first bar) is taken in, and nobody decides on it."""
    simulation, total, done = assembly.simulation, len(stream), 0
    silent = set(range(len(assembly.markets)))
    for batch in stream:
        for event in batch:
            if silent and event.kind > Kind.MARK:
                silent.discard(event.market)
            if silent:
                simulation.prime(event)
            else:
                simulation.step(event)
                for look in after:
                    look(event.time_us)
            done += 1
            if progress is not None and done % PROGRESS_EVERY == 0:
                progress(done, total)
    simulation.finish(stream.last_us)
    if progress is not None:
        progress(total, total)


def _notes(prepared: Prepared) -> tuple[str, ...]:
    """What was chosen for the user, and what is not carried out: said, so that nobody relies on it."""
    program = prepared.program
    chosen = [note for note in (prepared.terms.fee.note, prepared.terms.capital.note) if note]
    exchanges = sorted({str(account.setting("exchange") or "") for account in program.accounts})
    strange = [name for name in exchanges if name not in ("", *SIMULATED)]
    if strange and not prepared.settings.profile:
        chosen.append(f"{', '.join(strange)}: simulated with the rules of binanceusdm")
    if "" in exchanges and not prepared.settings.profile:
        chosen.append("no exchange is named: any quantity and price can be traded, and no margin is asked for")
    if program.metrics:
        chosen.append("metrics are not written")
    return (*chosen, *doubts(program, prepared.stream))

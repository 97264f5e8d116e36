"""A run on the simulated venue: a program, its settings, a market, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsmtrader.data.events import EventBatch
from fsmtrader.data.stream import EventStream
from fsmtrader.domain.instruments import Fees
from fsmtrader.domain.market import Kind
from fsmtrader.program.ir import Program
from fsmtrader.research.assembly import Assembly, Terms, assemble, profile_name, profile_of, terms_of
from fsmtrader.research.audit import Audit
from fsmtrader.research.hooks import Hooks, heard_by, seen_by
from fsmtrader.research.run_market import stream_for, with_own_data
from fsmtrader.research.run_settings import Settings
from fsmtrader.research.scouted import Scout, Scouted, Through
from fsmtrader.research.service import doubts
from fsmtrader.research.summary import Log, Summary
from fsmtrader.research.walked import PROGRESS_EVERY, Walked
from fsmtrader.venues.simulated.profiles import PROFILES

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
    prepared: Prepared,
    progress: Progress | None = None,
    hooks: Hooks | None = None,
    log: Log | None = None,
    scout: Scout | None = None,
) -> Summary:
    """Step a run through its market while somebody looks on; `log` is for who needs it if the run is cut short.

    `scout` looks ahead for the machine. `hooks.after` hears only of events of which something may have come.
    """
    log = log or Log(prepared.program, prepared.terms.fee.rate)
    hooks = heard_by(hooks or Hooks(), log.attach, log.heard, log.told)
    if log.quoting is not None:
        hooks = seen_by(hooks, log.quoting)
    program, settings, stream, terms = prepared.program, prepared.settings, prepared.stream, prepared.terms
    assembly = assemble(program, settings, stream, terms, hooks, is_scouted=scout is not None)
    assert hooks.recorder is not None, "there is always one who hears"
    audit = Audit(assembly, hooks.recorder)
    log.also = assembly.notes
    if log.quoting is not None:
        for book in assembly.venue.books:
            book.seated = log.quoting.rested
    after = (log.after, audit.after, hooks.after)
    through = Walked(assembly, log, after).through
    if scout is not None:
        through = Scouted(scout, assembly, stream, log, after, through).through
    _step_through(stream, assembly, progress, through)
    log.reconciled(tuple(difference.text for difference in audit.differences()))
    return summary_of(prepared, log)


def summary_of(prepared: Prepared, log: Log, *more: str) -> Summary:
    """What has come of a run so far; `more` are further notes."""
    notes = (*prepared.stream.notes, *_notes(prepared), *log.also(), *more)
    return log.summary(prepared.market, spread=prepared.settings.spread, notes=notes)


def _step_through(stream: EventStream, assembly: Assembly, progress: Progress | None, through: Through) -> None:
    """Each event, and what comes of it. The run begins when every market has a price: what is told before (old funding,
    a mark from before the first bar) is taken in, and nobody decides on it."""
    simulation, total, count = assembly.simulation, len(stream), 0
    silent = set(range(len(assembly.markets)))

    def done(events: int) -> None:
        nonlocal count
        before, count = count, count + events
        if progress is not None and count // PROGRESS_EVERY != before // PROGRESS_EVERY:
            progress(count, total)

    for batch in stream:
        begin = _begin(batch, silent) if silent else 0
        for event in batch.part(slice(begin)):
            simulation.prime(event)
        done(begin)
        through(batch.part(slice(begin, None)) if begin else batch, done)
    simulation.finish(stream.last_us)
    if progress is not None:
        progress(total, total)


def _begin(batch: EventBatch, silent: set[int]) -> int:
    """The first event of a batch with which every market has had a price; how many there are, if none is."""
    for place, (kind, market) in enumerate(zip(batch.kind.tolist(), batch.market.tolist(), strict=True)):
        if kind > Kind.MARK:
            silent.discard(market)
        if not silent:
            return place
    return len(batch)


def _notes(prepared: Prepared) -> tuple[str, ...]:
    """What was chosen for the user, and what is not carried out: said, so that nobody relies on it."""
    program = prepared.program
    chosen = [note for note in (prepared.terms.fee.note, prepared.terms.capital.note) if note]
    venues = sorted({profile_name(account, prepared.settings) for account in program.accounts})
    strange = [name for name in venues if name and name not in PROFILES]
    if strange:
        chosen.append(f"{', '.join(strange)}: simulated with the rules of binanceusdm")
    profiles = [profile_of(name, Fees(0.0, 0.0), prepared.terms.latency) for name in venues if name in PROFILES]
    chosen.extend(profile.note for profile in profiles if profile.note)
    if "" in venues:
        chosen.append("no exchange is named: any quantity and price can be traded, and no margin is asked for")
    return (*chosen, *doubts(program, prepared.stream))

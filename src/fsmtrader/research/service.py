"""Whether market data can serve a program honestly: what it asks, waits for and works, against what the data tells.

A result that looks like one but is not would be worse than none: what cannot be served is refused before the run, with
the reason; what can be served, but not believed to the last cent, is a note of the summary.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsmtrader.data.stream import EventStream
from fsmtrader.domain.market import Kind
from fsmtrader.engine.inputs import OWN
from fsmtrader.engine.seen import SERVED
from fsmtrader.program.ir import EventKind, Program
from fsmtrader.research.markets import RAISES, Markets
from fsmtrader.research.settings import plain_mapping

NEEDS_BOOK = ("depth", "available", "worst_price", "vwap")
SECOND_US = 1_000_000
BOOKS = frozenset({Kind.BOOK, Kind.DEPTH})
NEEDS_FUNDING = ("funding_rate", "funding_interval", "time_to_funding")


def refusals(program: Program, stream: EventStream) -> tuple[str, ...]:
    """Why the data cannot serve the program; none: they can."""
    return tuple(dict.fromkeys(_refusals(program, stream)))


def _refusals(program: Program, stream: EventStream) -> Iterator[str]:
    markets = Markets(program)
    kinds = {leg: stream.kinds(index) for leg, index in markets.of_leg.items()}
    if not program.legs:
        yield "it has no legs, so there is nothing that it could trade"
    for account in program.accounts:
        if account.setting("pool") is not None:
            yield f"the account {account.name} is a liquidity pool, and the data has no pool"
    needs_queue = plain_mapping(program.run, "market").get("needs") == "queue"
    for quote in program.quotes:
        if not kinds[quote.leg] & BOOKS and (quote.post_only is not None or needs_queue):
            yield f"the slot {quote.name} waits in a queue, and the data shows no book"
    for query in program.queries:
        if query.function not in SERVED and query.function not in OWN:
            yield f"it asks for {query.text or query.function}, which the data does not tell"
    for source in program.sources:
        word = source.name.partition("(")[0]
        if source.kind is EventKind.MARKET and source.leg:
            told = {raised for kind in kinds.get(source.leg, frozenset()) for raised in RAISES[kind]}
            if word not in told and word != "funding":
                yield f"it waits for {source.name}, which the data does not have"


def doubts(program: Program, stream: EventStream) -> tuple[str, ...]:
    """What a reader of the result should know about how it was simulated."""
    return tuple(dict.fromkeys(_doubts(program, stream)))


def _doubts(program: Program, stream: EventStream) -> Iterator[str]:
    markets = Markets(program)
    kinds = {leg: stream.kinds(index) for leg, index in markets.of_leg.items()}
    rests = [quote.leg for quote in program.quotes]
    rests += [leg.name for leg in program.legs if dict(leg.how).get("style") == "passive"]
    if any(not kinds[leg] & BOOKS for leg in rests):
        yield "orders rest on data without a book: they fill when the price goes through them, whatever stood ahead"
    if not any(stream.overlaps(Kind.FUNDING, index) for index in markets.of_leg.values()):
        yield "no funding is in the data: none is paid"
    for index, place in enumerate(markets.places):
        told_us = stream.told_us(Kind.DEPTH, index)
        first_us, last_us = stream.prices_us
        if Kind.DEPTH in kinds[place.legs[0]] and told_us < (last_us - first_us) / 2:
            yield (
                f"the levels of {place.symbol}'s book are told for {told_us / SECOND_US:.0f} s of "
                f"{(last_us - first_us) / SECOND_US:.0f}: is a file of their changes missing, or of another time?"
            )
    for query in program.queries:
        found = kinds.get(query.legs[0], frozenset()) if query.legs else frozenset()
        if query.function in NEEDS_BOOK and not found & BOOKS:
            yield f"{query.text or query.function} has no value: the data shows no book"
        if query.function in NEEDS_FUNDING and Kind.FUNDING not in found:
            yield f"{query.text or query.function} has no value: the data has no funding"

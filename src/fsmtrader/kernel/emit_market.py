"""The beginning of an instant: which comes next, a timer or the market; what the market tells, and what samples it."""

from __future__ import annotations

from collections.abc import Container
from contextlib import nullcontext

from fsmtrader.domain.market import Kind
from fsmtrader.kernel.emit_book import ASKED_OF_BOOKS, match_booked, tell_booked, tell_price, tell_quote
from fsmtrader.kernel.emit_questions import answer_of_book
from fsmtrader.kernel.scope import FLOAT, TRUE, WHOLE, Scope, plain
from fsmtrader.numeric.indicators_objects import STANDING
from fsmtrader.program.ir import Indicator, Query, Side, Source
from fsmtrader.program.reach import legs_of, legs_with_news

AT_ENTRY = ("entered", "anchored")
OF_MARKET = {"mark": "price", "last": "last", "bid": "seen_bid", "ask": "seen_ask", "funding_rate": "rate"}
"""what a question reads, a local of its market"""
OF_LEG = {"tick": "TICK", "lot": "LOT", "min_notional": "LEAST_NOTIONAL"}
OF_BOOKS = {"quantity": "QUANTITY", "average_price": "AVERAGE"}
OF_PROFIT = ("unrealized", "equity")
"""questions about own positions that change with prices; a scout is told `cash_k`, what else an account has"""
IN_BOOK = ("bid", "ask", "bid_size", "ask_size", "bid_used", "ask_used", "mark", "traded", "safe_low", "safe_high")
FLOATS = ("price", "last", "seen_bid", "seen_ask", "rate", "funding_mark", *IN_BOOK)


def declare(scope: Scope) -> None:
    """The scalars of every market."""
    for m in range(scope.layout.markets):
        for name in FLOATS:
            scope.keep(f"{name}_{m}", FLOAT)
        scope.keep(f"grain_{m}", WHOLE)
        scope.keep(f"bar_us_{m}", WHOLE)
        for name in ("has_book", "has_mark", "has_marks"):
            scope.keep(f"{name}_{m}", TRUE)
    for index, entry in enumerate(scope.program.indicators):
        if entry.function not in AT_ENTRY:
            scope.keep(f"last_g{index}", FLOAT)
        if _ticks_on_change(entry):
            scope.keep(f"fresh_g{index}", TRUE)


def emit_market(scope: Scope, *, is_scout: bool) -> None:
    """One event of the market: what is seen, what the venue knows of it, and which works follow.

    `where` becomes EVENT where more is due: funding, or a look at the margins. A scout has no tables: filters of legs
    stay as the machine has asked them.
    """
    out = scope.out
    out.add("kind, m = kinds[j], market[j]", "va, vb, vc, vd = a[j], b[j], c[j], d[j]", "i += 1")
    for m in range(scope.layout.markets):
        with out.block(f"{'if' if m == 0 else 'elif'} m == {m}:"):
            kinds = [kind for kind in (Kind.BOOK, Kind.BAR, Kind.TRADE, Kind.DEPTH, Kind.MARK, Kind.FUNDING)
                     if kind in scope.layout.kinds[m]]  # fmt: skip
            for place, kind in enumerate(kinds):
                with out.block(f"{'if' if place == 0 else 'elif'} kind == {int(kind)}:  # {kind.name}"):
                    _told(scope, kind, m)
                    with out.block("if whole:") if kind is Kind.DEPTH else nullcontext():
                        _news(scope, kind, m)
            is_whole = " and whole" if scope.is_booked else ""
            with out.block(
                f"if kind != {int(Kind.FUNDING)}{is_whole} and not safe_low_{m} < mark_{m} < safe_high_{m}:"
            ):
                out.add("where = EVENT")
            for place, kind in enumerate(kinds if scope.is_booked else ()):
                with out.block(f"{'if' if place == 0 else 'elif'} kind == {int(kind)}:"):
                    match_booked(scope, kind, m)
    more = () if scope.is_ahead else OF_PROFIT if is_scout else OF_LEG
    with out.block("if whole:") if scope.is_booked else nullcontext():
        _inputs(scope, {*OF_MARKET, *more, *ASKED_OF_BOOKS})


def emit_rare_market(scope: Scope) -> None:
    """What an event of the market is seldom: a payment of funding, or a move that asks for a look at the margins."""
    out = scope.out
    for m in range(scope.layout.markets):
        with out.block(f"{'if' if m == 0 else 'elif'} m == {m}:"):
            with out.block(f"if kind == {int(Kind.FUNDING)}:"):
                out.add(*to_book(scope))
                out.add(f"mark = funding_mark(vb, funding_mark(funding_mark_{m}, mark_{m}))")
                with out.block("if pay_funding(m, mark, va, books, legs, held, accounts, book) > 0:"):
                    out.add("changed = True")
                out.add(*from_book(scope))
            with out.block(f"elif not safe_low_{m} < mark_{m} < safe_high_{m}:"):
                out.add(*to_book(scope))
                with out.block("if is_liquidated(m, positions, accounts, book, tiers):"):
                    out.add("return LIQUIDATION")
                out.add(*from_book(scope))


def to_book(scope: Scope) -> list[str]:
    """Lines that hand the markets over to the venue."""
    return [f"hand_over(book, {m}, s, BID_{m})" for m in range(scope.layout.markets)]


def from_book(scope: Scope) -> list[str]:
    """Lines that take back what own orders may have changed of them."""
    return [f"take_back(book, {m}, s, BID_{m})" for m in range(scope.layout.markets)]


def _told(scope: Scope, kind: Kind, m: int) -> None:
    """What an event of a kind says, to us and to the venue."""
    out = scope.out
    if scope.is_booked and kind in (Kind.BOOK, Kind.BAR, Kind.TRADE, Kind.DEPTH):
        tell_booked(scope, kind, m)
    elif kind is Kind.BOOK:
        _book(scope, m)
    elif kind in (Kind.BAR, Kind.TRADE):
        tell_price(scope, kind, m)
    elif kind is Kind.MARK:
        if m in scope.layout.marked:
            out.add(f"has_mark_{m} = True", f"price_{m} = va")
        out.add(f"funding_mark_{m} = va", f"mark_{m} = va", f"has_marks_{m} = True")
    else:
        out.add(f"rate_{m} = va", "where = EVENT")


def _book(scope: Scope, m: int) -> None:
    out = scope.out
    out.add(f"has_book_{m} = True", f"seen_bid_{m}, seen_ask_{m} = va, vc")
    with out.block(f"if last_{m} != last_{m} and not has_mark_{m}:"):
        out.add("middle = (va + vc) / 2.0", f"price_{m} = middle if middle == middle else last_{m}")
    tell_quote(scope, m)


def _news(scope: Scope, kind: Kind, m: int) -> None:
    """Which indicators an event is news for, and which works follow from it."""
    sources = scope.layout.sources.get((kind, m), ())
    legs = legs_with_news(scope.program, sources)
    for index, entry in enumerate(scope.program.indicators):
        if index in scope.layout.shared and not scope.is_ahead:
            continue
        if _ticks_on_change(entry) and not legs.isdisjoint(legs_of(scope.program, entry.input.tree)):
            scope.out.add(f"fresh_g{index} = True")
    works = scope.works_of(sources)
    if works:
        scope.out.add(heard(scope, works))


def heard(scope: Scope, works: list[int]) -> str:
    """The line that says which events follow: where they begin in `CHAIN`, and a bit for each."""
    bits = sum(1 << work for work in works)
    return f"at, heard = {chain_place(scope, works)}, {bits}  # {', '.join(name_of(scope, work) for work in works)}"


def name_of(scope: Scope, event: int) -> str:
    return plain(next(name for name, number in scope.events.items() if number == event))


def chains(scope: Scope) -> list[list[int]]:
    """Every list of works that an event of the market or a timer may be."""
    found: list[list[int]] = []
    for kind, m in sorted(scope.layout.sources):
        works = scope.works_of(scope.layout.sources[kind, m])
        if works and works not in found:
            found.append(works)
    for index in sorted(scope.layout.heard):
        works = scope.works_of((index,))
        if scope.program.sources[index].interval is not None and works and works not in found:
            found.append(works)
    return found


def chain_place(scope: Scope, works: list[int]) -> int:
    """Where a list of works begins in `CHAIN`, which begins with an end."""
    place = 1
    for found in chains(scope):
        if found == works:
            return place
        place += len(found) + 1
    raise AssertionError("every list of works has its place")


def chain_text(scope: Scope) -> str:
    """`CHAIN`: lists of works, each ended by -1."""
    numbers = [-1]
    for works in chains(scope):
        numbers += [*works, -1]
    return f"CHAIN = ({', '.join(map(str, numbers))},)"


def _inputs(scope: Scope, asked: Container[str]) -> None:
    """The answers to questions that the market changes."""
    for query in scope.program.queries:
        if query.slot < 0 or not (query.function in asked or query.function in ("mid", "book_spread")):
            continue
        scope.out.add(f"{scope.slot(query.slot)} = {answer(scope, query)}")


def answer(scope: Scope, query: Query) -> str:
    """What the market answers to a question, as a local or a few of them."""
    if query.function == "equity":
        return _equity(scope, query.words[0])
    leg = next(i for i, entry in enumerate(scope.program.legs) if entry.name == query.legs[0])
    m = scope.layout.market_of_leg[leg]
    if query.function in OF_LEG:
        return f"legs[{leg}, {OF_LEG[query.function]}]"
    if query.function == "unrealized":
        return _unrealized(scope, leg)
    if query.function in ASKED_OF_BOOKS:
        return answer_of_book(scope, query)
    if query.function == "book_spread":
        return f"seen_ask_{m} - seen_bid_{m}"
    if query.function == "mid":
        middle = f"(seen_bid_{m} + seen_ask_{m}) / 2.0"
        return f"{middle} if has_book_{m} and {middle} == {middle} else last_{m}"
    return f"{OF_MARKET[query.function]}_{m}"


def _unrealized(scope: Scope, leg: int) -> str:
    """What closing a leg would realise."""
    entry = scope.program.legs[leg]
    quantity, average = scope.slot(entry.quantity), scope.slot(entry.average)
    return f"unrealized({quantity}, {average}, price_{scope.layout.market_of_leg[leg]}, {entry.side is Side.SHORT})"


def _equity(scope: Scope, account: str) -> str:
    """Cash given and made, and what closing everything would realise."""
    place = next(k for k, entry in enumerate(scope.program.accounts) if entry.name == account)
    legs = [leg for leg, entry in enumerate(scope.program.legs) if entry.account == account]
    profits = " + ".join(["0.0", *(_unrealized(scope, leg) for leg in legs)])
    return f"{scope.keep(f'cash_{place}', FLOAT)} + ({profits})"


def own_inputs(scope: Scope) -> list[str]:
    """Lines that ask the own books again."""
    lines = []
    for query in scope.program.queries:
        if query.slot >= 0 and query.function in OF_BOOKS:
            leg = next(i for i, entry in enumerate(scope.program.legs) if entry.name == query.legs[0])
            lines.append(f"{scope.slot(query.slot)} = books[{leg}, {OF_BOOKS[query.function]}]")
    return lines


# -- indicators --------------------------------------------------------------------------------------------------------


def _ticks_on_change(entry: Indicator) -> bool:
    return entry.function not in AT_ENTRY and not entry.clock.event and not entry.clock.every_seconds > 0


def indicator_lines(scope: Scope) -> list[str]:
    """Lines that name the windows, and what their indicators are made with."""
    lines = []
    for index, entry in enumerate(scope.program.indicators):
        lines.append(f"g{index} = memory[{index}]  # {plain(entry.text)}")
        lines.append(
            f"window_g{index}, n_g{index}, ready_g{index} = int(constants[{index}, 0]), "
            f"int(constants[{index}, 1]), int(constants[{index}, 2])"
        )
        lines.append(f"quantile_g{index} = constants[{index}, 3]")
    return lines


def emit_samples(scope: Scope) -> None:
    """Indicators without a clock of their own take a sample of news and of changes; the others only age."""
    out = scope.out
    for index, entry in enumerate(scope.program.indicators):
        if not _ticks_on_change(entry) or index in scope.layout.shared:
            continue
        value = scope.number(entry.input.tree)
        out.add(f"value = {value}")
        last = f"last_g{index}"
        with out.block(f"if fresh_g{index} or (value != {last} and (value == value or {last} == {last})):"):
            out.add(f"{last} = value", update(index, entry))
        out.add(f"{scope.slot(entry.slot)} = {value_of(index, entry)}", f"fresh_g{index} = False")
    for index, entry in enumerate(scope.program.indicators):
        if (entry.clock.event or entry.clock.every_seconds > 0) and entry.function not in (*STANDING, *AT_ENTRY):
            out.add(f"{scope.slot(entry.slot)} = {value_of(index, entry)}")


def sample(scope: Scope, index: int) -> None:
    """One sample of an indicator, whatever makes it tick."""
    entry = scope.program.indicators[index]
    scope.out.add(f"value = {scope.number(entry.input.tree)}")
    if entry.function not in AT_ENTRY:
        scope.out.add(f"last_g{index} = value")
    scope.out.add(update(index, entry), f"{scope.slot(entry.slot)} = {value_of(index, entry)}")


def update(index: int, entry: Indicator) -> str:
    """The call that gives an indicator a sample."""
    return f"{entry.function}_update(g{index}, value, now, window_g{index}, n_g{index})"


def value_of(index: int, entry: Indicator) -> str:
    """The call that asks for its value."""
    return f"{entry.function}_value(g{index}, now, window_g{index}, n_g{index}, ready_g{index}, quantile_g{index})"


def is_timer(source: Source) -> bool:
    return source.interval is not None

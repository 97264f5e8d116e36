"""A market with own orders in it, or with the levels of its book: what an event tells of it to a scout.

As `emit_market`, and more: levels go into the very arrays of the venue's book, own orders have their queues
(`runtime_orders`), and what would fill one is handed over. `whole_m` is False within a message about levels: nobody is
told of such a row.
"""

from __future__ import annotations

from fsmtrader.domain.market import Kind
from fsmtrader.kernel.scope import FLOAT, TRUE, Scope
from fsmtrader.program.ir import Program

ASKED_OF_BOOKS = ("touch", "depth", "available", "worst_price", "vwap", "book_age")
"""questions that need more of a book than its best prices"""
SIDES = ("bids", "asks", "own")
"""rows of a market in `memory`, after the windows"""


def is_booked(program: Program, kinds: frozenset[Kind]) -> bool:
    """Whether a scout has to know more of its markets than prices."""
    asked = any(query.function in ASKED_OF_BOOKS for query in program.queries)
    return bool(program.quotes) or Kind.DEPTH in kinds or asked


def declare_books(scope: Scope) -> None:
    """The scalars of every market."""
    for m in range(scope.layout.markets):
        for name in ("seen_bid_size", "seen_ask_size", "booked"):
            scope.keep(f"{name}_{m}", FLOAT)
        for name in ("has_depth", "in_snapshot", "renewed", "deferred"):
            scope.keep(f"{name}_{m}", TRUE)


def book_lines(scope: Scope) -> list[str]:
    """Lines that name the rows of `memory`: levels and own orders of each market, then the slots."""
    first = len(scope.program.indicators)
    names = [f"{name}_{m}" for m in range(scope.layout.markets) for name in SIDES]
    names += [f"slot_{k}" for k in range(len(scope.program.quotes))]
    return [f"{name} = memory[{first + place}]" for place, name in enumerate(names)]


def tell_booked(scope: Scope, kind: Kind, m: int) -> None:
    """What an event of a book, a trade or a bar says, to us and to the venue; own orders come afterwards."""
    if kind is Kind.DEPTH:
        _levels(scope, m)
    elif kind is Kind.BOOK:
        _touch(scope, m)
    else:
        tell_price(scope, kind, m)


def match_booked(scope: Scope, kind: Kind, m: int) -> None:
    """What it means for own orders, if it is not the machine's for another reason."""
    out = scope.out
    if kind is Kind.DEPTH:
        with out.block("if not whole:"), out.block(f"if va == va and not in_snapshot_{m}:"):
            _move(scope, m)
        with out.block(f"elif is_reached(own_{m}, bid_{m}, ask_{m}):"):
            out.add("where = EVENT")
        with out.block("elif where == GOES_ON:"):
            with out.block("if va == va:"):
                _move(scope, m)
            with out.block(f"if own_{m}[N_RESTING] > 0.0 and (renewed_{m} or deferred_{m}):"):
                out.add(f"deferred_{m} = settle_queues(own_{m}, bids_{m}, asks_{m}, renewed_{m})")
    elif kind is Kind.BOOK:
        out.add("low, high = vc if vc < va else va, vc if vc > va else va")
        with out.block(f"if grain_{m} == {int(Kind.BOOK)} and is_near(own_{m}, low, high):"):
            with out.block(f"if is_reached(own_{m}, bid_{m}, ask_{m}):"):
                out.add("where = EVENT")
            with out.block("elif where == GOES_ON:"):
                out.add(f"note_touch(own_{m}, bid_{m}, bid_size_{m}, ask_{m}, ask_size_{m})")
    elif kind is Kind.TRADE:
        out.add("size = inf if vb != vb else vb")
        with out.block(f"if would_fill(own_{m}, grain_{m}, va, size, vc):"):
            out.add("where = EVENT")
        with out.block("elif where == GOES_ON:"):
            out.add(f"note_trade(own_{m}, va, size, vc)")
    elif kind is Kind.BAR:
        with out.block(f"if own_{m}[N_RESTING] > 0.0 and (vc <= own_{m}[BUY_REACH] or vb >= own_{m}[SELL_REACH]):"):
            out.add("where = EVENT")


def _move(scope: Scope, m: int) -> None:
    with scope.out.block(f"if not renewed_{m}:"):
        scope.out.add(f"note_level(own_{m}, va, vb, vc > 0.0)")


def _levels(scope: Scope, m: int) -> None:
    """One level; the last of a message makes the book whole."""
    out = scope.out
    out.add(f"has_depth_{m}, renewed_{m} = True, False", "whole = vd == 1.0 or vd == 3.0")
    with out.block("if vd >= 2.0:"):
        out.add(f"clear(bids_{m})", f"clear(asks_{m})", f"in_snapshot_{m} = True")
    with out.block("if va == va:"):
        with out.block("if vc > 0.0:"):
            out.add(f"tell_level(bids_{m}, va, vb, True)")
        with out.block("else:"):
            out.add(f"tell_level(asks_{m}, va, vb, False)")
    with out.block("if whole:"):
        with out.block(f"if in_snapshot_{m}:"):
            out.add(f"in_snapshot_{m}, renewed_{m} = False, True")
        out.add(f"grain_{m} = {int(Kind.DEPTH)}")
        out.add(f"bid_{m}, bid_size_{m} = best_price(bids_{m}), best_size(bids_{m})")
        out.add(f"ask_{m}, ask_size_{m} = best_price(asks_{m}), best_size(asks_{m})")
        with out.block(f"if not has_marks_{m}:"):
            out.add(f"mark_{m} = {_middle(f'bid_{m}', f'ask_{m}')}")
        _seen_touch(scope, m, f"bid_{m}", f"bid_size_{m}", f"ask_{m}", f"ask_size_{m}")


def _touch(scope: Scope, m: int) -> None:
    """Quotes beside levels say nothing new."""
    out = scope.out
    with out.block(f"if not has_depth_{m}:"):
        _seen_touch(scope, m, "va", "vb", "vc", "vd")
    with out.block(f"if grain_{m} != {int(Kind.DEPTH)}:"):
        tell_quote(scope, m)


def tell_quote(scope: Scope, m: int) -> None:
    """What a quote says to the venue."""
    out = scope.out
    out.add(f"grain_{m} = {int(Kind.BOOK)}")
    for side, price, size in (("bid", "va", "vb"), ("ask", "vc", "vd")):
        out.add(f"size = inf if {size} != {size} else {size}")
        with out.block(f"if {price} != {side}_{m} or size != {side}_size_{m}:"):
            out.add(f"{side}_{m}, {side}_size_{m}, {side}_used_{m} = {price}, size, 0.0")
    with out.block(f"if not has_marks_{m}:"):
        out.add(f"mark_{m} = {_middle('va', 'vc')}")


def _seen_touch(scope: Scope, m: int, bid: str, bid_size: str, ask: str, ask_size: str) -> None:
    """What we see of a touch, and when."""
    out = scope.out
    out.add(f"has_book_{m}, booked_{m} = True, float(now)")
    out.add(f"seen_bid_{m}, seen_bid_size_{m}, seen_ask_{m}, seen_ask_size_{m} = {bid}, {bid_size}, {ask}, {ask_size}")
    with out.block(f"if last_{m} != last_{m} and not has_mark_{m}:"):
        out.add(f"price_{m} = ({bid} + {ask}) / 2.0")


def _middle(bid: str, ask: str) -> str:
    return f"({bid} + {ask}) / 2.0 if {bid} == {bid} and {ask} == {ask} else {ask} if {bid} != {bid} else {bid}"


def tell_price(scope: Scope, kind: Kind, m: int) -> None:
    """A bar's close or a trade."""
    out = scope.out
    price = "vd" if kind is Kind.BAR else "va"
    out.add(f"last_{m} = {price}")
    with out.block(f"if not has_book_{m}:"):
        out.add(f"half = {price} * half_spread", f"seen_bid_{m}, seen_ask_{m} = {price} - half, {price} + half")
    with out.block(f"if not has_mark_{m}:"):
        out.add(f"price_{m} = {price}")
    coarser = [Kind.MARK, Kind.BAR] if kind is Kind.BAR else [Kind.MARK, Kind.BAR, Kind.TRADE]
    out.add(f"bar_us_{m} = now" if kind is Kind.BAR else f"traded_{m} = va")
    with out.block(f"if {' or '.join(f'grain_{m} == {int(grain)}' for grain in coarser)}:"):
        out.add(f"grain_{m} = {int(kind)}", f"traded_{m} = {price}", f"bid_{m}, ask_{m} = {price}, {price}")
        with out.block("if half_spread != 0.0:"):
            out.add(f"bid_{m}, ask_{m} = spread_around({price}, half_spread)")
        with out.block(f"if not has_marks_{m}:"):
            out.add(f"mark_{m} = {price}")

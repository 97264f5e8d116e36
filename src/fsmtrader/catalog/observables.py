"""What a spec can ask of the market, the venue, its own ledger and the clock."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Capability, Declaration, Gives, Parameter, Role, Takes
from fsmtrader.domain.units import BASE, PRICE, QUOTE, RATIO, SECONDS, Unit

_LEG = Parameter("leg", Takes.LEG)
_SIDE = Parameter("side", Takes.SIDE)
_QUANTITY = Parameter("quantity", Takes.NUMBER, BASE)


def _of_leg(name: str, unit: Unit | None, doc: str, *more: Parameter, needs: Capability | None = None) -> Declaration:
    """An observable whose first argument is a leg."""
    given = ", ".join(["L", *("buy" if p is _SIDE else "1" for p in more if p.required)])
    return Declaration(
        name,
        Role.OBSERVABLE,
        doc,
        (_LEG, *more),
        unit=unit,
        requires=(needs,) if needs else (),
        examples=(f"{name}({given})",),
    )


_MARKET = (
    _of_leg("mark", PRICE, "Mark price; the last price where the data has no mark."),
    _of_leg("last", PRICE, "Price of the last trade or the last bar's close."),
    _of_leg("mid", PRICE, "Half-way between best bid and best ask; the last price where there is no book."),
    _of_leg("bid", PRICE, "Best bid."),
    _of_leg("ask", PRICE, "Best ask."),
    _of_leg("touch", PRICE, "The own side's best price: the bid to buy, the ask to sell.", _SIDE),
    _of_leg("book_spread", PRICE, "Best ask minus best bid."),
    _of_leg("depth", BASE, "Quantity shown at the own side's best price.", _SIDE),
    _of_leg(
        "available",
        BASE,
        "Quantity in the book that an order of this side could take; within a limit price, if one is given.",
        _SIDE,
        Parameter("limit", Takes.NUMBER, PRICE, required=False),
    ),
    _of_leg("worst_price", PRICE, "Worst level that an order of this side and size would reach.", _SIDE, _QUANTITY),
    _of_leg("vwap", PRICE, "Average price that an order of this side and size would get.", _SIDE, _QUANTITY),
    _of_leg("book_age", SECONDS, "Time since the book was heard last."),
    _of_leg("funding_rate", RATIO, "The rate of the next funding payment, for its own interval."),
    _of_leg("funding_interval", SECONDS, "Time between two funding payments."),
    _of_leg("time_to_funding", SECONDS, "Time until the next funding payment."),
)
_VENUE = (
    _of_leg("tick", PRICE, "The venue's price step."),
    _of_leg("lot", BASE, "The venue's quantity step."),
    _of_leg("min_notional", QUOTE, "The venue's least order value."),
    Declaration(
        "margin_ratio",
        Role.OBSERVABLE,
        "Maintenance margin over equity of an account.",
        (Parameter("account", Takes.ACCOUNT),),
        unit=RATIO,
        examples=("margin_ratio(main)",),
    ),
    Declaration(
        "equity",
        Role.OBSERVABLE,
        "Equity of an account: cash and unrealised profit.",
        (Parameter("account", Takes.ACCOUNT),),
        unit=QUOTE,
        examples=("equity(main)",),
    ),
    _of_leg("liquidation_distance", RATIO, "How far the mark price is from the liquidation price, as a share of it."),
)
_OWN = (
    _of_leg("quantity", BASE, "The leg's filled quantity, where the leg is a name itself (qX of leg X)."),
    _of_leg("average_price", PRICE, "The leg's average price, where the leg is a name itself (pX of leg X)."),
    _of_leg("unrealized", QUOTE, "Unrealised profit at the mark price."),
    _of_leg(
        "open_orders",
        None,
        "How many own orders are live, of the leg or one slot.",
        Parameter("slot", Takes.SLOT, required=False),
    ),
    _of_leg(
        "open_notional",
        QUOTE,
        "Remaining value of own live orders, of the leg or one slot.",
        Parameter("slot", Takes.SLOT, required=False),
    ),
    _of_leg("lots", BASE, "Unmatched quantity of the leg's lots, signed."),
    _of_leg(
        "lot_guard", PRICE, "Worst price over the lots that an order covers, else the average entry.", _SIDE, _QUANTITY
    ),
    Declaration(
        "worst_match",
        Role.OBSERVABLE,
        "The least (sell price - buy price) over all matched lots.",
        (Parameter("lots", Takes.LOTS),),
        unit=PRICE,
        examples=("worst_match(pair)",),
    ),
)
_POOL = (
    _of_leg("pool_price", PRICE, "Price of the pool.", needs=Capability.POOL),
    _of_leg("pool_fee", RATIO, "Fee of a swap in the pool.", needs=Capability.POOL),
    _of_leg("lp_x", BASE, "Base held by the pool position.", needs=Capability.POOL),
    _of_leg("lp_y", QUOTE, "Quote held by the pool position.", needs=Capability.POOL),
    _of_leg(
        "lp_x_at",
        BASE,
        "Base that the position would hold with the pool at a price.",
        Parameter("price", Takes.NUMBER, PRICE),
        needs=Capability.POOL,
    ),
    _of_leg("removed_x", BASE, "Base that the last removal returned.", needs=Capability.POOL),
    Declaration(
        "in_range",
        Role.OBSERVABLE,
        "Whether the pool's price is inside the position's range.",
        (_LEG,),
        gives=Gives.TRUTH,
        requires=(Capability.POOL,),
        examples=("in_range(P)",),
    ),
)
_CLOCK = (
    Declaration(
        "since",
        Role.FUNCTION,
        "Time since an instant; without end for `never`.",
        (Parameter("instant", Takes.INSTANT),),
        unit=SECONDS,
        examples=("since(now)",),
    ),
)
OBSERVABLES: tuple[Declaration, ...] = (*_MARKET, *_VENUE, *_OWN, *_POOL, *_CLOCK)

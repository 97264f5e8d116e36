"""Indicators: each call in a spec is one instance that is updated once per tick of its clock."""

from __future__ import annotations

from fsmtrader.catalog.declaration import Declaration, Gives, Parameter, Role, Takes
from fsmtrader.domain.units import RATIO, SECONDS, Unit

_CLOCK = (
    Parameter("every", Takes.DURATION, required=False, keyword_only=True, doc="sample at this interval"),
    Parameter("on", Takes.EVENT, required=False, keyword_only=True, doc="sample at this event"),
)
_READY = Parameter("ready", Takes.CONSTANT, required=False, keyword_only=True, doc="the least number of samples")
_N = Parameter("n", Takes.CONSTANT, keyword_only=True, doc="number of samples; needs every= or on=")
_WINDOW = Parameter("window", Takes.DURATION, keyword_only=True, doc="length of the window in time")
_X = Parameter("x", Takes.NUMBER)
_C = Parameter("condition", Takes.TRUTH)


def _indicator(
    name: str,
    doc: str,
    *parameters: Parameter,
    gives: Gives = Gives.SAME,
    unit: Unit | None = None,
    source: str = "",
    example: str,
) -> Declaration:
    return Declaration(
        name, Role.INDICATOR, doc, (*parameters, *_CLOCK), gives=gives, unit=unit, source=source, examples=(example,)
    )


INDICATORS: tuple[Declaration, ...] = (
    _indicator(
        "realized_variance",
        "Sum of squared log returns over the window.",
        _X,
        _WINDOW,
        _READY,
        gives=Gives.NUMBER,
        unit=RATIO,
        source="C000-04",
        example="realized_variance(mark(L), window=6h)",
    ),
    _indicator(
        "realized_vol",
        "Realised volatility over the window, a year's worth.",
        _X,
        _WINDOW,
        _READY,
        gives=Gives.NUMBER,
        unit=RATIO,
        source="C003-21",
        example="realized_vol(mark(L), every=1m, window=24h)",
    ),
    _indicator(
        "change",
        "Change since the sample before, as a share of it.",
        _X,
        gives=Gives.NUMBER,
        unit=RATIO,
        source="R001-03",
        example="change(mark(L), every=100ms)",
    ),
    _indicator(
        "highest", "The greatest value in the window.", _X, _WINDOW, _READY, example="highest(mark(L), window=10s)"
    ),
    _indicator("lowest", "The least value in the window.", _X, _WINDOW, _READY, example="lowest(mark(L), window=10s)"),
    _indicator(
        "ema",
        "Exponential moving average with weight 2/(n+1), from the first sample.",
        _X,
        _N,
        _READY,
        source="R003-34",
        example="ema(mark(L), n=21, every=1m)",
    ),
    _indicator("mean", "Mean of the last n samples.", _X, _N, _READY, example="mean(mark(L), n=60, every=1s)"),
    _indicator(
        "std",
        "Population standard deviation of the last n samples.",
        _X,
        _N,
        _READY,
        source="C003-13",
        example="std(mark(L), n=60, every=1s)",
    ),
    _indicator(
        "quantile",
        "Quantile of the last n samples, linear between neighbours.",
        _X,
        Parameter("q", Takes.CONSTANT),
        _N,
        _READY,
        source="C003-13",
        example="quantile(mark(L), 0.2, n=60, every=1s)",
    ),
    _indicator(
        "streak",
        "How many times in a row the condition was true; a false one resets it.",
        _C,
        gives=Gives.NUMBER,
        source="R000-27",
        example="streak(mark(L) > 0, on=monitor)",
    ),
    _indicator(
        "held",
        "For how long the condition has been true without a break.",
        _C,
        gives=Gives.NUMBER,
        unit=SECONDS,
        source="R002-11",
        example="held(mark(L) > 0)",
    ),
    Declaration(
        "entered",
        Role.INDICATOR,
        "The value that x had when the present state was entered.",
        (_X,),
        gives=Gives.SAME,
        examples=("entered(mark(L))",),
    ),
    Declaration(
        "anchored",
        Role.INDICATOR,
        "The value that x had when the present state was entered, renewed when an action completes in it.",
        (_X,),
        gives=Gives.SAME,
        source="C000-19",
        examples=("anchored(mark(L))",),
    ),
)

"""Invariants that a spec can select by name; the engine knows how to check each."""

from __future__ import annotations

NAMES: dict[str, str] = {
    "no_direction_prediction": "Nothing decides but prices of the moment, positions, realised variance and "
    "parameters (R000-51).",
    "exit_not_price_stop": "No row that leaves asks on which side of a level the price is, or what was won or lost; "
    "while leaving nothing is opened (R000-39).",
    "no_trade_within_MES_band": "In ACTIVE a trade is decided at a distance of at least MES from P_ref, in EXIT of at "
    "least MES_exit from P_ref_exit (R000-45).",
    "risk_exposure_growth_is_linear": "A rebalance moves the net position by at most the share beta of the larger "
    "leg, and adds no more to both than the profit buys, or than restores their size (R000-46).",
    "exit_cost_is_bounded": "Fees of each exit stay below f * Q0 * the highest price of its fills (R000-41).",
    "maker_only": "Every order is post-only (R002-05).",
}

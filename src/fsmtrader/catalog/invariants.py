"""Invariants that a spec can select by name; the engine knows how to check each."""

from __future__ import annotations

NAMES: dict[str, str] = {
    "no_direction_prediction": "No guard reads anything but prices, positions, realised variance and parameters "
    "(R000-51).",
    "no_trade_within_MES_band": "Every order is decided at a distance of at least MES from the reference price "
    "(R000-45).",
    "risk_exposure_growth_is_linear": "The net exposure grows by at most one rebalance's share a trigger (R000-46).",
    "exit_cost_is_bounded": "Fees of an exit stay below f * Q0 * the highest price (R000-41).",
    "maker_only": "Every order is post-only (R002-05).",
}

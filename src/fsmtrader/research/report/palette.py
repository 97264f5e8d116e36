"""Colours of the report: told apart on a light and a dark page, also by those who see red and green alike."""

from __future__ import annotations

PRICE = "#8b93a1"
EQUITY = "#2f81f7"
CAPTURED = "#1f9d6b"
FEES = "#d9622b"
FUNDING = "#9a6ee0"
EXIT_COST = "#c94f7c"
BUY = "#12a58c"
SELL = "#e5602a"
REFERENCE = "#b97f0c"
EXPOSURE = "#2f81f7"
LIMIT = "#d1495b"
DRAWDOWN = "#d1495b"
STATES = ("#2f81f7", "#d29a1e", "#c94f7c", "#1f9d6b", "#9a6ee0", "#d9622b", "#17a2b8", "#8a9a2b", "#b35ac4", "#5b6fd8")
FINALS = ("#7c8694", "#a08f80", "#6b7f78")
"""of states in which all is over"""
LEGS = ("#2f81f7", "#c94f7c", "#1f9d6b", "#d29a1e", "#9a6ee0", "#d9622b", "#17a2b8", "#8a9a2b")


def translucent(colour: str, opacity: float) -> str:
    """`#rrggbb` as `rgba(...)`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"

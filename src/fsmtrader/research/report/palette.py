"""Colours of the report: told apart on a light and a dark page, also by those who see red and green alike."""

from __future__ import annotations

PRICE = "#8b93a1"
EQUITY = "#2f81f7"
CAPTURED = "#1f9d6b"
FEES = "#d9622b"
FUNDING = "#9a6ee0"
EXIT_COST = "#c94f7c"
BUY = "#1f9d8f"
SELL = "#d9622b"
REFERENCE = "#c69026"
EXPOSURE = "#2f81f7"
LIMIT = "#d1495b"
DRAWDOWN = "#d1495b"
STATES = ("#2f81f7", "#c69026", "#c94f7c", "#6e7681", "#1f9d6b", "#9a6ee0", "#d9622b", "#1f9d8f", "#8250df", "#bf8700")
BAND_OPACITY = 0.13


def translucent(colour: str, opacity: float) -> str:
    """`#rrggbb` as `rgba(...)`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"

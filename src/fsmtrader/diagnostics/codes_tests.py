"""Codes of the group `tests`."""

from __future__ import annotations

from fsmtrader.diagnostics.codes import Code

CODES: tuple[Code, ...] = ()

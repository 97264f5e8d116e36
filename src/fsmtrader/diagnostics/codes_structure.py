"""Codes of the group `structure`."""

from __future__ import annotations

from fsmtrader.diagnostics.codes import Code

CODES: tuple[Code, ...] = ()

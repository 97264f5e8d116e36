"""Codes of the group `names`."""

from __future__ import annotations

from fsmtrader.diagnostics.codes import Code

CODES: tuple[Code, ...] = ()

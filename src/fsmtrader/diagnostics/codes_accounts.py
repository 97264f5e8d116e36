"""Codes of the group `accounts`."""

from __future__ import annotations

from fsmtrader.diagnostics.codes import Code

CODES: tuple[Code, ...] = ()

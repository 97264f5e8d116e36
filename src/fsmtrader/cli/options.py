"""Options that several commands read alike."""

from __future__ import annotations

from fsmtrader.diagnostics import UsageError


def pairs(option: str, form: str, given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE`, given any number of times; UsageError for what is no pair."""
    found: dict[str, str] = {}
    for entry in given:
        name, is_pair, value = entry.partition("=")
        if not is_pair or not name.strip() or not value.strip():
            raise UsageError(f"{option} takes {form}, not {entry!r}")
        found[name.strip()] = value.strip()
    return found

"""An hour of the day as it is written: `09:00 Asia/Shanghai`, or `09:00` for UTC."""

from __future__ import annotations

import re

from fsmtrader.diagnostics import Findings, closest
from fsmtrader.spec.spec import Word

_SHAPE = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})(?:\s+(\S+))?\s*")
_EXAMPLE = '"09:00 Asia/Shanghai"'


def check_hour(word: Word, findings: Findings) -> bool:
    """Whether it is an hour that a clock shows, in a zone that there is; FSM523 if not."""
    found = _SHAPE.fullmatch(word.text)
    if found is None:
        message, hint = f"{word.text!r} is no hour of the day", f"write e.g. {_EXAMPLE}, or 09:00 for UTC"
    elif int(found[1]) > 23 or int(found[2]) > 59:
        message, hint = f"there is no hour {found[1]}:{found[2]}", "hours are 00:00 to 23:59"
    else:
        known, guess = _zone(found[3] or "UTC")
        if known:
            return True
        message = f"there is no time zone {found[3]}"
        hint = f"did you mean {guess}?" if guess else "write a zone of the IANA database, e.g. Europe/Berlin, or UTC"
    findings.error("FSM523", word.span, message, expected="an hour and its zone, or the hour in UTC", hint=hint)
    return False


def _zone(name: str) -> tuple[bool, str | None]:
    """Whether there is such a zone, else the nearest one. The list of them all is read for a mistake only."""
    if name == "UTC":
        return True, None
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # unknown, a path, a folder such as `America`
        zones = zoneinfo.available_timezones()
        cities = {zone.rpartition("/")[2]: zone for zone in sorted(zones)}
        city = closest(name, cities)
        return False, closest(name, zones) or (cities[city] if city else None)
    return True, None

"""Findings as text for people and as data for tools.

Every renderer is a pure function from findings, and the sources they point into, to one text that ends in a line
break (or is empty). `FORMATS` is the table that `--format` offers.
"""

from __future__ import annotations

import enum

from fsmtrader.cli.render.github import render_github
from fsmtrader.cli.render.json_report import render_json
from fsmtrader.cli.render.junit import render_junit
from fsmtrader.cli.render.sarif import render_sarif
from fsmtrader.cli.render.text import render_text


class Format(enum.Enum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"


__all__ = ["Format", "render_github", "render_json", "render_junit", "render_sarif", "render_text"]

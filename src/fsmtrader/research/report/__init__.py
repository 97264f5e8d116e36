"""The report of a run: one HTML file that opens offline, made from the run's own files."""

from __future__ import annotations

from fsmtrader.research.report.page import write_report

__all__ = ["write_report"]

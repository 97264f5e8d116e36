"""The report of a sweep: one HTML file that opens offline, made from the sweep's own files."""

from __future__ import annotations

from fsmtrader.research.sweep.report.page import write_sweep_report

__all__ = ["write_sweep_report"]

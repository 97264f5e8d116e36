"""Runs put together: replay, sweeps, metrics and reports."""

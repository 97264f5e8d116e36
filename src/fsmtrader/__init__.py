"""fsmtrader: trading strategies as checked state machines, written in YAML."""

__version__ = "0.1.0"

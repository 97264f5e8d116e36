"""Venues: the simulated one, and the doors to real ones."""

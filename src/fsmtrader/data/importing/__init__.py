"""Recordings of venues made into files of events: what `fsm data import` does."""

"""The checked program: the typed tree of a strategy, and the passes that build it."""

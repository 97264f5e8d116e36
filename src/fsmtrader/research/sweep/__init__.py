"""Many sets of parameters over the same market: grids, draws and searches; what is kept of them, and their report."""

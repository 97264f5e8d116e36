"""A program as one generated module for numba."""

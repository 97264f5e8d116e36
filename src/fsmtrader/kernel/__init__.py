"""The kernel: a Program as one readable Python module, which numba compiles (design §8)."""

"""The numeric heart: plain functions, no I/O, no numba, written once for both engines.

Every function here stays in the subset that numba compiles: scalars in, scalars or tuples out; an array only where
there is a window, and then it is the argument called `state`. `registry.JITABLE` lists them all; the kernel registers
them as jitable, the machine engine calls them as they are. Results are the same to the last bit.
"""

"""What torch is slow at on a CPU, compiled by numba when a module of this package is imported.

All arrays are C-contiguous (N, H, W, C), float32 unless said otherwise: channels lie side by side, so inner loops run
over them. Every row is computed by one thread, in a fixed order, so the same input gives the same bytes on any number
of threads.
"""

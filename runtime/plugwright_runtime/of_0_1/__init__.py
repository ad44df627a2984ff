"""Where do pickles of 0.1 find what they hold? Modules by the paths they had; all goes in 0.3.

A part of the `__path__` of the runtime: `of_0_1/wkt_any.py` is found as
`plugwright_runtime.wkt_any`.
"""

"""A QContact to run locally: both of its dialects over a real socket, with switches for what is
not known about the real one and a board for its faults. See docs/sandbox.md.

It imports nothing of the package that it bears witness about.
"""

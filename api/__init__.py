"""Sine Qua Non: who demands what, of whom, as a condition of what; since when, and how we know.

`api/README.md` is the map of this package.
"""

__version__ = "0.2.0.dev0"

"""The HTTP kernel: how any noun is read and written over the web, once for all ten.

Only this package knows flask-smorest, webargs and apispec. A request takes one of two straight
lines, each shown by one file: a GET `api/web/reading.py`, a write `api/web/writing.py`.
"""

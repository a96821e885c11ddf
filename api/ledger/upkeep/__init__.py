"""Upkeep: what operators run on a database: check, rebuild, compact.

- `check`: checks the truth against its hash chain and guards, the projections against the truth
- `rebuild`: rebuilds the projections from the truth, compares them with that, and has the class to
  which long work reports its progress
- `compact`: rewrites the database in the order in which it is read
"""

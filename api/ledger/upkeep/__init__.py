"""Upkeep: what operators run on a database: check, rebuild, compact.

- `check`: checks the truth against its hash chain and guards, the projections against the truth
- `rebuild`: rebuilds the projections from the truth, compares them with that, and has the class to
  which long work reports its progress
- `compact`: rewrites the database in the order in which it is read

Decisions:

- The projections are checked by a rebuild in a transaction that is rolled back (`check`).
- A large registry is rewritten in reading order by a command, not by each import, because that
  takes time and disk space (`compact`).
- An upgrade of the schema rebuilds the projections, unless the migration leaves them as they are
  (`api/migrations`).
"""

"""The store: one database, its connections and transactions, and its tables.

- `database`: opens read snapshots and the one write, with one SQLAlchemy engine for each
- `engines`: makes the engines of SQLite and PostgreSQL, with their pragmas and pools
- `transactions`: a read-only snapshot, the write, and statements that are compiled once
- `tables`: the tables of truth and projections; how indexes follow the default order
- `state`: a value that changes with every commit and every day; SQLite's commit barrier, which
  makes readers of an instant wait for a commit in progress
- `lease`: the state on PostgreSQL, trusted for 5 ms, which writers wait out before they commit
"""

"""The store: one database, its connections and transactions, and its tables.

- `database`: opens read snapshots and the one write, with one SQLAlchemy engine for each
- `engines`: makes the engines of SQLite and PostgreSQL, with their pragmas and pools
- `transactions`: a read-only snapshot, the write, and statements that are compiled once
- `tables`: the tables of truth and projections; how indexes follow the default order
- `state`: a value that changes with every commit and every day; SQLite's commit barrier, which
  makes readers of an instant wait for a commit in progress
- `lease`: the state on PostgreSQL, trusted for 5 ms, which writers wait out before they commit

Decisions:

- Readers never wait and writers run one at a time, so no acknowledged write is lost (`database`).
- Statements of every request are compiled once and run on the driver, because SQLAlchemy takes
  longer to build and wrap a statement than SQLite takes to answer it (`transactions`).
- Pages and records are read without a transaction: what was known at a changeset never changes
  (`transactions`).
- A time stamp is taken while the commit barrier is closed, so that an instant that was read during
  a slow write keeps its answer (`database`).
- A cached response is replayed only in the same state of the database in which it was made. The
  engine is asked for it only if the commit barrier has moved, or after 5 ms (`state`, `lease`).
- Records with a period of validity are listed from the newest start back, all others in the order
  in which they were first recorded. Both orders are unique and stable under writes, and indexes
  follow them (`tables`).
"""

"""Writing: a changeset is one transaction, all or nothing.

- `append`: a change of one record, and the steps of a write, from what its author expects to the
  commit

Decisions:

- Rules run inside the one write transaction and see the state at the end of the changeset, so the
  order of its records does not matter, and no acknowledged write is lost (`append`).
- A change that would break a dependent record is refused (409), not passed on silently (`append`).
- A dry run takes the steps of a write over a snapshot, so nobody waits for it (`append`). Several
  changesets in a row are laid over it (`versions.overlay`).
- A write returns the served form of its record, so that its answer needs no second read
  (`append`).
"""

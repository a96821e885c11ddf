"""The truth: insert-only changesets and revisions, chained by hash.

- `canonical`: canonical bytes
- `revisions`: the hash chain, the newest changeset, the newest and next revision of a record, and
  entity tags
- `audit`: administrative acts, chained like changesets, though no part of what the registry says
- `guards`: triggers of the database that refuse every change of the truth except an insert

Decisions:

- Canonical bytes hold what an author wrote and what follows from that alone, so the same record
  always has the same bytes (`canonical`).
- Source texts are outside of the hash chain, because a text must be deletable (`versions.texts`).
- If-Match compares the revision alone, whatever was rendered again or compressed (`revisions`).
"""

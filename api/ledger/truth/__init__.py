"""The truth: insert-only changesets and revisions, chained by hash.

- `canonical`: canonical bytes
- `revisions`: the hash chain, the newest changeset, the newest and next revision of a record, and
  entity tags
- `audit`: administrative acts, chained like changesets, though no part of what the registry says
- `guards`: triggers of the database that refuse every change of the truth except an insert
"""

"""Versions: materialised revisions with their derived facts, from which everything is read.

- `as_of`: the one as-of predicate, and the one join of versions and facets
- `lookup`: reads records by id, inside a write or as known at a changeset
- `overlay`: changesets laid over a snapshot, for whatever must not be stored
- `rendering`: the served form of a record, version templates, which make versions from revisions,
  and identical batches, whose records are checked and rendered once
- `texts`: the store of source texts, which of them are public, and who may publish them
- `names`: finds records by names as they are typed; `duplicates`: written records that are on
  record already
- `referrers`: the live records that refer to another one, or derive facts from it
- `projection`: writes the versions of one changeset
- `search_index`: the documents of versions, and the full-text index of each engine
"""

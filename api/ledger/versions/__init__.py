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

Decisions:

- When a record changes, the records that read one of the changed fields (`Reference.reads`) are
  derived and checked again in the same changeset (`referrers`, `projection`).
- A version is rendered once. Number, time and author of its changeset are appended on reading,
  because they are known only at commit (`rendering`).
- A body stays as it is when a field or a link is added to its noun: an answer that was given does
  not change (`projection`).
- Votes on one motion have the same faults and facts, so they are checked once, and rendered by
  filling in who casts them (`rendering`).
- Words are split by our own code, so that both engines find the same (`search_index`).
- A vote has no words of its own and costs the search nothing: it is found through its proposition
  (`search_index`).
"""

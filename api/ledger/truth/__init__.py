"""The truth: insert-only changesets and revisions, chained by hash, and the source texts.

- `canonical`: canonical bytes, and the hash chain over them
- `changesets`: the newest changeset, which a write follows and from which a reader starts
- `revisions`: reads the newest revision of a record, makes the next one
- `guards`: triggers of the database that refuse every change of the truth except an insert
- `texts`: the store of source texts, which can be deleted
- `tags`: entity tags, which name a revision and its rendering

Decisions:

- Canonical bytes hold what an author wrote and what follows from that alone, so the same record
  always has the same bytes (`canonical`).
- Source texts are outside of the hash chain, because a text must be deletable (`texts`).
- If-Match compares the revision alone, whatever was rendered again or compressed (`tags`).
"""
